import type { Timers } from '../../src/core/common/timers';

interface Entry {
  readonly at: number;
  readonly callback: () => void;
}

/** A clock that stands still until a test advances it. */
export class ManualTimers {
  private readonly entries = new Set<Entry>();
  private time = 0;

  /** Pass it as the `timers` option. */
  readonly create: Timers = (callback, delayMs) => {
    const entry: Entry = { at: this.time + delayMs, callback };
    this.entries.add(entry);
    return { dispose: () => this.entries.delete(entry) };
  };

  /** The time on this clock, in milliseconds. */
  get now(): number {
    return this.time;
  }

  /** The number of running timers. A number other than 0 at the end is a leak. */
  get pending(): number {
    return this.entries.size;
  }

  /** When the next timer is due, in milliseconds on this clock; `undefined` if none is running. */
  get nextAt(): number | undefined {
    return this.nextDue(Infinity)?.at;
  }

  /** Advances the clock, and calls the timers that are due in the order of their times. */
  advance(ms: number): void {
    const end = this.time + ms;
    for (let next = this.nextDue(end); next !== undefined; next = this.nextDue(end)) {
      this.time = next.at;
      this.entries.delete(next);
      next.callback();
    }
    this.time = end;
  }

  private nextDue(end: number): Entry | undefined {
    let next: Entry | undefined;
    for (const entry of this.entries) {
      if (entry.at <= end && (next === undefined || entry.at < next.at)) {
        next = entry;
      }
    }
    return next;
  }
}

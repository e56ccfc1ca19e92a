import type { Timers } from '../../src/core/common/timers';

interface Entry {
  readonly at: number;
  readonly callback: () => void;
}

/** Time that stands still until a test moves it. */
export class ManualTimers {
  private readonly entries = new Set<Entry>();
  private time = 0;

  /** To be passed where a `timers` option is taken. */
  readonly create: Timers = (callback, delayMs) => {
    const entry: Entry = { at: this.time + delayMs, callback };
    this.entries.add(entry);
    return { dispose: () => this.entries.delete(entry) };
  };

  /** How many timers run: 0 at the end, or something leaks. */
  get pending(): number {
    return this.entries.size;
  }

  /** When the next one is due, by the time that has passed; `undefined` if none runs. */
  get nextAt(): number | undefined {
    return this.nextDue(Infinity)?.at;
  }

  /** Lets time pass; what is due is called in the order of its time. */
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

import { createHash, randomUUID } from 'node:crypto';

/** Milliseconds since the epoch. */
export type Clock = () => number;

/** Makes the ids of an emulator: UUIDs, in the same order for the same seed. */
export class IdSource {
  private count = 0;

  /** The default seed is random, because a `COPILOT_HOME` that outlives an emulator may know its ids. */
  constructor(private readonly seed: string = randomUUID()) {}

  readonly next = (): string => {
    this.count++;
    const hash = createHash('sha256').update(`${this.seed}:${this.count}`).digest('hex');
    // Version 4, variant 1, as parsers of UUIDs expect.
    return `${hash.slice(0, 8)}-${hash.slice(8, 12)}-4${hash.slice(13, 16)}-8${hash.slice(17, 20)}-${hash.slice(20, 32)}`;
  };
}

/** A clock that stands still unless it is moved, for events that are dated in the past. */
export class ManualClock {
  constructor(private time: number) {}

  readonly now: Clock = () => this.time;

  advance(milliseconds: number): void {
    this.time += milliseconds;
  }
}

import { setTimeout as delay } from 'node:timers/promises';
import type { Clock } from './identity';

/** How many times faster than a person the agent works. `full` has no pauses. */
export type Speed = 'human' | 'full' | number;

/**
 * The time in which an agent works. An agent that was started in the past catches up first: its pauses take no time but
 * advance its clock, until the clock reaches the present. A task can so be created as if it had been started two hours
 * ago.
 */
export class Timeline {
  private readonly factor: number;
  /** `undefined` once the present is reached. */
  private past: number | undefined;

  constructor(
    private readonly clock: Clock,
    speed: Speed,
    beganMsAgo = 0,
  ) {
    this.factor = speed === 'human' ? 1 : speed === 'full' ? Infinity : speed;
    this.past = beganMsAgo > 0 ? clock() - beganMsAgo : undefined;
  }

  readonly now: Clock = () => this.past ?? this.clock();

  /** Whether events are still dated in the past. */
  get isPast(): boolean {
    return this.past !== undefined;
  }

  /** Moves the agent to the present, because somebody takes part. */
  arrive(): void {
    this.past = undefined;
  }

  /**
   * @param milliseconds at human speed, before the speed is applied
   * @throws `AbortError` once the signal is aborted
   */
  async pause(milliseconds: number, signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    let left = milliseconds;
    if (this.past !== undefined) {
      this.past += milliseconds;
      left = this.past - this.clock();
      if (left < 0) {
        return;
      }
      this.past = undefined;
    }
    if (left / this.factor > 0) {
      // A pause must not keep the process alive.
      await delay(left / this.factor, undefined, { ref: false, ...(signal === undefined ? {} : { signal }) });
    }
  }
}

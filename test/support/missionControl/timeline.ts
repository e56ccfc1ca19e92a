import { setTimeout as delay } from 'node:timers/promises';
import type { Clock } from './identity';

/** How many times faster than a person would work; `full` is without any pause. */
export type Speed = 'human' | 'full' | number;

/**
 * The time in which an agent works. One that began earlier catches up first: its pauses take no time but move its
 * clock, until that has reached the present. So a task can be created that was begun two hours ago.
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

  /** Is what happens now told as something that happened earlier? */
  get isPast(): boolean {
    return this.past !== undefined;
  }

  /** Somebody takes part: the rest happens in the present. */
  arrive(): void {
    this.past = undefined;
  }

  /**
   * @param milliseconds as a person would perceive them, before the speed is applied
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
      // Nobody is kept from ending by an agent that thinks.
      await delay(left / this.factor, undefined, { ref: false, ...(signal === undefined ? {} : { signal }) });
    }
  }
}

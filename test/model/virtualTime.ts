import type { Disposable } from 'vscode-jsonrpc/node';
import { ManualTimers } from '../support/manualTimers';
import { seeded } from '../support/seeded';
import type { Timers } from '../../src/core/common/timers';

/** The start of every run, in milliseconds of the wall clock. */
const EPOCH = Date.parse('2026-03-01T09:00:00.000Z');
/** With more turns of the event loop than this before it is idle, something is in an endless loop. */
const MAX_TURNS = 20_000;

const real = {
  setTimeout: globalThis.setTimeout,
  clearTimeout: globalThis.clearTimeout,
  setInterval: globalThis.setInterval,
  clearInterval: globalThis.clearInterval,
  setImmediate: globalThis.setImmediate,
  clearImmediate: globalThis.clearImmediate,
  Date: globalThis.Date,
  now: performance.now.bind(performance),
  random: Math.random,
};

/**
 * Time that moves only when the model moves it, for injected timers and the platform's own: while it is installed,
 * `setTimeout`, `setInterval`, `Date` and `performance.now` follow it. So nothing sleeps, and every timer without an
 * owner is counted, wherever it was started.
 *
 * `setImmediate` stays real, but is counted: a moment is over when no microtask and no immediate is left.
 */
export class VirtualTime {
  /** Timers of the extension: none may be left at the end. */
  readonly client = new ManualTimers();
  /** Timers of the scripted runtime and the service. */
  readonly script = new ManualTimers();
  /** The difference of the user's clock, in milliseconds. */
  private offset = 0;
  private elapsed = 0;
  private immediates = 0;

  readonly timers: Timers = (callback, delayMs) => this.client.create(callback, delayMs);
  /** The user's clock. */
  readonly now = (): Date => new real.Date(this.wallClock());

  /** The service's clock, which never jumps. */
  get serviceNow(): number {
    return EPOCH + this.elapsed;
  }

  /** Milliseconds since the beginning of the run. */
  get sinceStart(): number {
    return this.elapsed;
  }

  /** Changes the user's clock. */
  jump(ms: number): void {
    this.offset += ms;
  }

  wallClock(): number {
    return EPOCH + this.elapsed + this.offset;
  }

  /** Resolves when nothing more happens without time. */
  async settle(): Promise<void> {
    for (let turns = 0; turns < MAX_TURNS; turns++) {
      await new Promise<void>((resolve) => real.setImmediate(resolve));
      if (this.immediates === 0) {
        return;
      }
    }
    throw new Error(`The event loop did not come to rest in ${MAX_TURNS} turns.`);
  }

  /** Advances the time. Everything that one timer caused is done before the next one. */
  async advance(ms: number): Promise<void> {
    const end = this.elapsed + ms;
    await this.settle();
    for (;;) {
      const next = Math.min(this.client.nextAt ?? Infinity, this.script.nextAt ?? Infinity);
      if (next > end) {
        break;
      }
      this.moveTo(next);
      await this.settle();
    }
    this.moveTo(end);
    await this.settle();
  }

  /** Replaces the platform's timers and clocks, until the result is disposed. */
  install(): Disposable {
    const wallClock = (): number => this.wallClock();
    const start = this.timers;
    const clear = (handle: unknown): void => {
      if (handle instanceof Handle) {
        handle.dispose();
      } else {
        real.clearTimeout(handle as NodeJS.Timeout);
      }
    };
    class VirtualDate extends real.Date {
      constructor(...given: readonly unknown[]) {
        super(...((given.length === 0 ? [wallClock()] : given) as [number]));
      }

      static override now(): number {
        return wallClock();
      }

      /** Dates that were created before the installation are dates too. */
      static override [Symbol.hasInstance](value: unknown): boolean {
        return Object.prototype.toString.call(value) === '[object Date]';
      }
    }
    Object.assign(globalThis, {
      setTimeout: (callback: (...given: unknown[]) => void, ms = 0, ...given: unknown[]) =>
        new Handle(start, () => callback(...given), ms, false),
      setInterval: (callback: (...given: unknown[]) => void, ms = 0, ...given: unknown[]) =>
        new Handle(start, () => callback(...given), ms, true),
      clearTimeout: clear,
      clearInterval: clear,
      setImmediate: (callback: (...given: unknown[]) => void, ...given: unknown[]) => {
        this.immediates++;
        const pending = { done: false };
        const handle = real.setImmediate(() => {
          this.settled(pending);
          callback(...given);
        });
        cancelled.set(handle, pending);
        return handle;
      },
      clearImmediate: (handle: NodeJS.Immediate) => {
        const pending = cancelled.get(handle);
        if (pending !== undefined) {
          this.settled(pending);
        }
        real.clearImmediate(handle);
      },
      Date: VirtualDate,
    });
    performance.now = () => this.elapsed;
    // Random delays are the same in each run of a counterexample.
    Math.random = seeded(1);
    return {
      dispose: () => {
        const { now, random, ...globals } = real;
        Object.assign(globalThis, globals);
        performance.now = now;
        Math.random = random;
      },
    };
  }

  private moveTo(at: number): void {
    const ms = at - this.elapsed;
    this.elapsed = at;
    this.script.advance(ms);
    this.client.advance(ms);
  }

  private settled(pending: { done: boolean }): void {
    if (!pending.done) {
      pending.done = true;
      this.immediates--;
    }
  }
}

const cancelled = new WeakMap<object, { done: boolean }>();

/** The part of Node.js's timers that is used here. */
class Handle implements Disposable {
  private timer: Disposable;

  constructor(
    private readonly start: Timers,
    private readonly callback: () => void,
    private readonly ms: number,
    private readonly repeats: boolean,
  ) {
    this.timer = this.run();
  }

  dispose(): void {
    this.timer.dispose();
  }

  refresh(): this {
    this.timer.dispose();
    this.timer = this.run();
    return this;
  }

  ref(): this {
    return this;
  }

  unref(): this {
    return this;
  }

  hasRef(): boolean {
    return true;
  }

  private run(): Disposable {
    return this.start(
      () => {
        if (this.repeats) {
          this.timer = this.run();
        }
        this.callback();
      },
      Math.max(1, this.ms),
    );
  }
}

import type { Disposable } from 'vscode-jsonrpc/node';
import type { VirtualTime } from './virtualTime';

/**
 * The handling of the next call of a method. slow: done at once, answered after a while. late: both after a while.
 * held: answered when released. never: not answered. refused: an error, nothing done. lost: done, but an error.
 * crashed: done, and the process ends before the answer. crashedBefore: the process ends, nothing done.
 */
export type Mode = 'slow' | 'late' | 'held' | 'never' | 'refused' | 'lost' | 'crashed' | 'crashedBefore';

export interface CallHandling {
  readonly work: () => unknown;
  /** Sends the result or the error of `work`. */
  readonly answer: (work: () => unknown) => () => void;
  readonly refuse: (message: string) => never;
  /** Reverts the runtime's own state: it keeps nothing of a failed call, whatever the cloud has. */
  readonly undo: (result: unknown) => void;
}

interface Crashable {
  crash(): void;
}

interface Held {
  readonly runtime: Crashable;
  readonly method: string;
  readonly release: () => void;
}

/** How the next session begins. */
export interface Birth {
  readonly startsAtOnce: boolean;
  /** Its first events are sent before the answer that names it. */
  readonly eventsFirst: boolean;
  /** The batch with the agent's start is only in the history (measured on 1.0.102). */
  readonly losesBatch: boolean;
}

export type Cut = 'half' | 'end' | 'empty';

const SLOW_MS = 8_000;
/**
 * The time after which the runtime gives up on the service (1.0.102), in milliseconds. None is known for
 * `session.send`.
 */
const RUNTIME_GIVES_UP_MS = 600_000;

/** Disturbances of calls, as the commands of each run order them. */
export class Weather {
  readonly held: Held[] = [];
  birth: Birth = { startsAtOnce: true, eventsFirst: false, losesBatch: false };
  onAbort: 'confirmed' | 'refused' | 'unconfirmed' = 'confirmed';
  /** The runtime shows a prompt even if the service refuses it. */
  showsSwallowed = false;
  /** The runtime also lists the attached cloud sessions as local ones. */
  mirrors = false;
  nextMessage = 1;
  /** The work in progress was requested a while ago. */
  isLate = false;
  private cut: Cut | undefined;
  private renames = false;
  private replays = false;
  private readonly orders = new Map<string, Mode[]>();
  private readonly timers = new Map<Crashable, Set<Disposable>>();

  constructor(private readonly time: VirtualTime) {}

  /** Orders the mode for the next call of the method that has none yet. */
  order(method: string, mode: Mode): void {
    this.orders.set(method, [...(this.orders.get(method) ?? []), mode]);
  }

  /** Whether no delayed call is pending. */
  get isCalm(): boolean {
    return this.held.length === 0 && [...this.timers.values()].every(({ size }) => size === 0);
  }

  /** Cuts the next history in this way. */
  cutNext(cut: Cut): void {
    this.cut = cut;
  }

  takeCut(): Cut | undefined {
    const { cut } = this;
    this.cut = undefined;
    return cut;
  }

  /** Gives the next connected task a new session id. */
  renameNext(): void {
    this.renames = true;
  }

  takeRenaming(): boolean {
    const { renames } = this;
    this.renames = false;
    return renames;
  }

  /** Sends the whole history as events before the answer to the next connect (1.0.55). */
  replayNext(): void {
    this.replays = true;
  }

  takeReplay(): boolean {
    const { replays } = this;
    this.replays = false;
    return replays;
  }

  /** Answers every call at once from now on, and the held ones too. */
  clear(): void {
    this.orders.clear();
    this.birth = { startsAtOnce: true, eventsFirst: false, losesBatch: false };
    this.onAbort = 'confirmed';
    this.cut = undefined;
    this.renames = false;
    this.replays = false;
    while (this.held.length > 0) {
      this.release(0);
    }
  }

  release(index: number): void {
    this.held.splice(index, 1)[0]?.release();
  }

  /** Drops the calls of a runtime that has ended. */
  forget(runtime: Crashable): void {
    for (let index = this.held.length - 1; index >= 0; index--) {
      if (this.held[index]?.runtime === runtime) {
        this.held.splice(index, 1);
      }
    }
    this.timers.get(runtime)?.forEach((timer) => timer.dispose());
    this.timers.delete(runtime);
  }

  pass(runtime: Crashable, method: string, { work, answer, refuse, undo }: CallHandling): void {
    switch (this.orders.get(method)?.shift()) {
      case undefined:
        answer(work)();
        break;
      case 'slow':
        this.after(runtime, SLOW_MS, answer(done(work)));
        break;
      case 'late':
        this.after(
          runtime,
          SLOW_MS,
          answer(() => this.asLate(work)),
        );
        break;
      case 'held':
        this.held.push({ runtime, method, release: answer(done(work)) });
        break;
      case 'never':
        if (method === 'session.send') {
          done(work);
        } else {
          this.after(
            runtime,
            RUNTIME_GIVES_UP_MS,
            answer(() => refuse(`Request ${method} failed with message: the service did not answer`)),
          );
        }
        break;
      case 'refused':
        answer(() => refuse(`Request ${method} failed with message: 500 Internal Server Error`))();
        break;
      case 'lost':
        answer(() => {
          undo(work());
          refuse(`Request ${method} failed with message: error sending request for url`);
        })();
        break;
      case 'crashed':
        done(work);
        runtime.crash();
        break;
      case 'crashedBefore':
        runtime.crash();
        break;
    }
  }

  private asLate(work: () => unknown): unknown {
    this.isLate = true;
    try {
      return work();
    } finally {
      this.isLate = false;
    }
  }

  private after(runtime: Crashable, ms: number, callback: () => void): void {
    const all = this.timers.get(runtime) ?? new Set();
    this.timers.set(runtime, all);
    const timer = this.time.script.create(() => {
      all.delete(timer);
      callback();
    }, ms);
    all.add(timer);
  }
}

/** Does the work now. @returns a function that reports its outcome later */
function done(work: () => unknown): () => unknown {
  try {
    const result = work();
    return () => result;
  } catch (error) {
    return () => {
      throw error;
    };
  }
}

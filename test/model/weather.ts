import type { Disposable } from 'vscode-jsonrpc/node';
import type { VirtualTime } from './virtualTime';

/**
 * What becomes of the next call of a method. slow: the work at once, the answer after a while. late: both after a while.
 * held: the answer when it is released. never: no answer. refused: an error, nothing done. lost: done, and an error all
 * the same. crashed: done, and the process ends before the answer. crashedBefore: ends, and nothing is done.
 */
export type Mode = 'slow' | 'late' | 'held' | 'never' | 'refused' | 'lost' | 'crashed' | 'crashedBefore';

export interface CallHandling {
  readonly work: () => unknown;
  /** Sends what `work` returns, or throws. */
  readonly answer: (work: () => unknown) => () => void;
  readonly refuse: (message: string) => never;
  /** Takes back what the runtime itself has of it: of what failed it keeps nothing, whatever the cloud has. */
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

/** How the next session comes into the world. */
export interface Birth {
  readonly startsAtOnce: boolean;
  /** Its first events come before the answer that names it. */
  readonly eventsFirst: boolean;
  /** The batch with the agent's start is in the history only (measured on 1.0.102). */
  readonly losesBatch: boolean;
}

export type Cut = 'half' | 'end' | 'empty';

const SLOW_MS = 8_000;
/** After this the runtime itself gives up on the service (1.0.102); of `session.send` no time is known. */
const RUNTIME_GIVES_UP_MS = 600_000;

/** What calls meet on their way: in each run, as the commands order it. */
export class Weather {
  readonly held: Held[] = [];
  birth: Birth = { startsAtOnce: true, eventsFirst: false, losesBatch: false };
  onAbort: 'confirmed' | 'refused' | 'unconfirmed' = 'confirmed';
  /** A prompt that the service refuses is shown by the runtime all the same. */
  showsSwallowed = false;
  /** The runtime lists the cloud sessions that it is attached to as local ones too. */
  mirrors = false;
  nextMessage = 1;
  /** What is done now was asked for a while ago. */
  isLate = false;
  private cut: Cut | undefined;
  private renames = false;
  private replays = false;
  private readonly orders = new Map<string, Mode[]>();
  private readonly timers = new Map<Crashable, Set<Disposable>>();

  constructor(private readonly time: VirtualTime) {}

  /** Orders it for the next call of the method, after those that are ordered already. */
  order(method: string, mode: Mode): void {
    this.orders.set(method, [...(this.orders.get(method) ?? []), mode]);
  }

  /** Nothing is on its way that was held up. */
  get isCalm(): boolean {
    return this.held.length === 0 && [...this.timers.values()].every(({ size }) => size === 0);
  }

  /** The next history is answered so. */
  cutNext(cut: Cut): void {
    this.cut = cut;
  }

  takeCut(): Cut | undefined {
    const { cut } = this;
    this.cut = undefined;
    return cut;
  }

  /** The next task that is connected to has another session id than before. */
  renameNext(): void {
    this.renames = true;
  }

  takeRenaming(): boolean {
    const { renames } = this;
    this.renames = false;
    return renames;
  }

  /** The next connect tells the whole history as events, before its answer (1.0.55). */
  replayNext(): void {
    this.replays = true;
  }

  takeReplay(): boolean {
    const { replays } = this;
    this.replays = false;
    return replays;
  }

  /** From here on, every call is answered at once, and so are those that are held. */
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

  /** Its calls are gone with it. */
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

/** Does the work now, and says later what came of it. */
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

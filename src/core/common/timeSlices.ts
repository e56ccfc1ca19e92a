import type { Disposable } from 'vscode-jsonrpc/node';

/** Work that can be interrupted wherever it yields. */
export type SlicedWork<Result> = Generator<undefined, Result, undefined>;

/** Decides how long work may run, and waits until it may continue. */
export interface Turns {
  /** Begins a slice. The returned function says whether the slice is over. */
  begin(): () => boolean;
  /** Resolves when it is this work's turn again. */
  next(): Promise<void>;
}

/** How long work runs before other work gets its turn, in milliseconds. */
const SLICE_MS = 8;

/**
 * Gives one waiting piece of work a slice in each turn of the event loop. Node.js runs all callbacks of `setImmediate`
 * in a row: with one callback for each session, thirty sessions would block the event loop for thirty slices.
 */
class SharedTurns implements Turns {
  private readonly waiting: (() => void)[] = [];

  constructor(private readonly sliceMs: number) {}

  begin(): () => boolean {
    const end = performance.now() + this.sliceMs;
    return () => performance.now() > end;
  }

  next(): Promise<void> {
    return new Promise((resolve) => {
      this.waiting.push(resolve);
      if (this.waiting.length === 1) {
        setImmediate(() => this.resume());
      }
    });
  }

  private resume(): void {
    this.waiting.shift()?.();
    if (this.waiting.length > 0) {
      setImmediate(() => this.resume());
    }
  }
}

/** The turns of this process's event loop. */
export const sharedTurns: Turns = new SharedTurns(SLICE_MS);

/** Runs the work without a pause. */
export function atOnce<Result>(work: SlicedWork<Result>): Result {
  for (;;) {
    const { done, value } = work.next();
    if (done === true) {
      return value;
    }
  }
}

/** How many items are visited in one step. */
const ITEMS_PER_STEP = 64;

/**
 * Visits `count` items, in steps. `visit` is a plain function, because the engine optimises that at once, and a generator
 * with a long loop only after several runs.
 */
export function* inSteps(count: number, visit: (index: number) => void): SlicedWork<void> {
  for (let from = 0; from < count; from += ITEMS_PER_STEP) {
    visitRange(from, Math.min(count, from + ITEMS_PER_STEP), visit);
    yield;
  }
}

function visitRange(from: number, to: number, visit: (index: number) => void): void {
  for (let index = from; index < to; index++) {
    visit(index);
  }
}

/** Runs the work in slices; the first slice is done before this returns. */
export async function inSlices<Result>(work: SlicedWork<Result>, turns: Turns = sharedTurns): Promise<Result> {
  for (;;) {
    const isOver = turns.begin();
    while (!isOver()) {
      const { done, value } = work.next();
      if (done === true) {
        return value;
      }
    }
    await turns.next();
  }
}

/** Runs pieces of work one after another, each in slices. */
export class SliceQueue implements Disposable {
  private last: Promise<unknown> | undefined;
  private disposed = false;

  constructor(private readonly turns: Turns = sharedTurns) {}

  /**
   * Begins at once if the queue is empty: work that fits into one slice is done before this returns.
   * @returns the result; `undefined` if the queue was disposed before the work was done
   */
  run<Result>(begin: () => SlicedWork<Result>): Promise<Result | undefined> {
    const running = this.last === undefined ? this.work(begin) : this.last.then(() => this.work(begin));
    const settled = running
      .then(
        () => undefined,
        () => undefined,
      )
      .then(() => {
        if (this.last === settled) {
          this.last = undefined;
        }
      });
    this.last = settled;
    return running;
  }

  dispose(): void {
    this.disposed = true;
  }

  private async work<Result>(begin: () => SlicedWork<Result>): Promise<Result | undefined> {
    return inSlices(this.untilDisposed(begin), this.turns);
  }

  private *untilDisposed<Result>(begin: () => SlicedWork<Result>): SlicedWork<Result | undefined> {
    let work: SlicedWork<Result> | undefined;
    while (!this.disposed) {
      work ??= begin();
      const { done, value } = work.next();
      if (done === true) {
        return value;
      }
      yield;
    }
    work?.return(undefined as Result);
    return undefined;
  }
}

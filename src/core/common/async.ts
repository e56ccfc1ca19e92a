import type { Disposable } from 'vscode-jsonrpc/node';
import { realTimers, type Timers } from './timers';

/** An event of VS Code or vscode-jsonrpc, without its value. */
type Signal = (listener: () => void) => { dispose(): unknown };

const always = (): boolean => true;

/** The promise's value, or `undefined` if it takes longer. A rejection is passed on. */
export async function within<T>(
  promise: Promise<T>,
  milliseconds: number,
  timers: Timers = realTimers,
): Promise<T | undefined> {
  const deadline = new Deadline(milliseconds, timers);
  try {
    return await deadline.race(promise);
  } finally {
    deadline.dispose();
  }
}

/**
 * The promise's value, if it comes in time. The promise is not cancelled.
 *
 * @param late called when the time is up
 * @throws what `late` returns
 */
export async function withTimeout<T>(
  promise: Promise<T>,
  milliseconds: number,
  late: () => Error,
  timers: Timers = realTimers,
): Promise<T> {
  let timer: Disposable | undefined;
  const passed = new Promise<never>((_resolve, reject) => {
    timer = timers(() => reject(late()), milliseconds);
  });
  try {
    return await Promise.race([promise, passed]);
  } finally {
    timer?.dispose();
  }
}

/** Waits until the signal comes while the condition holds; `false` if it takes longer. */
export async function nextSignal(
  signal: Signal,
  milliseconds: number,
  condition: () => boolean = always,
): Promise<boolean> {
  const deadline = new Deadline(milliseconds);
  try {
    return await deadline.next(signal, condition);
  } finally {
    deadline.dispose();
  }
}

/** Resolves when the signal comes while the condition holds, unless it is disposed before. */
export function whenSignalled(
  signal: Signal,
  condition: () => boolean = always,
): Disposable & { readonly promise: Promise<void> } {
  let subscription: { dispose(): unknown } | undefined;
  const promise = new Promise<void>((resolve) => {
    subscription = signal(() => {
      if (condition()) {
        resolve();
      }
    });
  });
  return { promise, dispose: () => void subscription?.dispose() };
}

export function isCancelled(token: { readonly isCancellationRequested: boolean } | undefined): boolean {
  return token?.isCancellationRequested === true;
}

/** Rejects with the reason when the token is cancelled, unless it is disposed before; the rejection may stay unhandled. */
export function whenCancelled(
  token: { readonly onCancellationRequested: Signal } | undefined,
  reason: () => Error,
): Disposable & { readonly promise: Promise<never> } {
  let subscription: { dispose(): unknown } | undefined;
  const promise = new Promise<never>((_resolve, reject) => {
    subscription = token?.onCancellationRequested(() => reject(reason()));
  });
  promise.catch(() => undefined);
  return { promise, dispose: () => void subscription?.dispose() };
}

/** One time limit for several waits. */
export class Deadline {
  private readonly waiting = new Set<() => void>();
  private hasPassed = false;
  private readonly timer: Disposable;

  constructor(milliseconds: number, timers: Timers = realTimers) {
    this.timer = timers(() => this.dispose(), milliseconds);
  }

  /** The promise's value, or `undefined` if the time is up before. */
  async race<T>(promise: Promise<T>): Promise<T | undefined> {
    let end = (): void => undefined;
    const passed = new Promise<undefined>((resolve) => {
      end = () => resolve(undefined);
    });
    if (this.hasPassed) {
      end();
    }
    this.waiting.add(end);
    try {
      return await Promise.race([promise, passed]);
    } finally {
      this.waiting.delete(end);
    }
  }

  /** Waits until the signal comes while the condition holds; `false` if the time is up before. */
  async next(signal: Signal, condition: () => boolean = always): Promise<boolean> {
    const came = whenSignalled(signal, condition);
    try {
      return (await this.race(came.promise.then(() => true))) ?? false;
    } finally {
      came.dispose();
    }
  }

  /** Ends all waits now. */
  dispose(): void {
    this.timer.dispose();
    this.hasPassed = true;
    for (const end of this.waiting) {
      end();
    }
  }
}

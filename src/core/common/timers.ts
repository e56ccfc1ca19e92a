import type { Disposable } from 'vscode-jsonrpc/node';

export type Timers = (callback: () => void, delayMs: number) => Disposable;

/** Timers of the platform; tests pass their own. */
export const realTimers: Timers = (callback, delayMs) => {
  const handle = setTimeout(callback, delayMs);
  return { dispose: () => clearTimeout(handle) };
};

/** As `realTimers`, but they do not keep the process running. */
export const unrefTimers: Timers = (callback, delayMs) => {
  const handle = setTimeout(callback, delayMs).unref();
  return { dispose: () => clearTimeout(handle) };
};

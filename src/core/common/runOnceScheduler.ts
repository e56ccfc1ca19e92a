import type { Disposable } from 'vscode-jsonrpc/node';
import { realTimers, type Timers } from './timers';

/**
 * Runs something once for many calls: with `schedule`, a delay after the first of them; with `restart`, a delay after the
 * last (a debounce). Once it has run, the next call begins anew.
 */
export class RunOnceScheduler implements Disposable {
  private timer: Disposable | undefined;
  private isDisposed = false;

  /** @param delayMs in milliseconds */
  constructor(
    private readonly run: () => void,
    private readonly delayMs: number,
    private readonly timers: Timers = realTimers,
  ) {}

  /** Leaves a delay that runs already as it is. */
  schedule(delayMs = this.delayMs): void {
    if (this.isDisposed || this.timer !== undefined) {
      return;
    }
    this.timer = this.timers(() => {
      this.timer = undefined;
      this.run();
    }, delayMs);
  }

  restart(delayMs = this.delayMs): void {
    this.cancel();
    this.schedule(delayMs);
  }

  /** What is scheduled does not run. */
  cancel(): void {
    this.timer?.dispose();
    this.timer = undefined;
  }

  /** As `cancel`, for good: what is asked for later does not run either. */
  dispose(): void {
    this.isDisposed = true;
    this.cancel();
  }
}

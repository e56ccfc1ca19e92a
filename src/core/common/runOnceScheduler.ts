import type { Disposable } from 'vscode-jsonrpc/node';
import { realTimers, type Timers } from './timers';

/**
 * Runs something once for many calls: with `schedule`, a delay after the first of them; with `restart`, a delay after the
 * last (a debounce). After the run, the next call starts a new delay.
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

  /** Does not change a delay that is running. */
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

  /** Cancels the scheduled run. */
  cancel(): void {
    this.timer?.dispose();
    this.timer = undefined;
  }

  /** As `cancel`, for good: later calls schedule nothing. */
  dispose(): void {
    this.isDisposed = true;
    this.cancel();
  }
}

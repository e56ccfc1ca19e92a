import type { Disposable } from 'vscode-jsonrpc/node';
import type { Timers } from './pendingRouting';

/** How long after the one before the history is read again, in milliseconds. */
const REREAD_MS = [2_000, 5_000, 10_000, 20_000, 40_000] as const;

/** Reads a session's history again, a few times, until nothing is missing that only the history may tell. */
export class HistoryRereads {
  private timer: Disposable | undefined;

  constructor(
    /** Must not reject. */
    private readonly read: () => Promise<void>,
    private readonly isComplete: () => boolean,
    private readonly timers: Timers,
  ) {}

  /** Starts anew. @param atLeast so often it is read in any case */
  start(atLeast = 0): void {
    this.schedule(0, atLeast);
  }

  stop(): void {
    this.timer?.dispose();
    this.timer = undefined;
  }

  private schedule(attempt: number, atLeast: number): void {
    this.stop();
    const delay = REREAD_MS[attempt];
    const isDone = (): boolean => this.isComplete() && attempt >= atLeast;
    if (delay === undefined || isDone()) {
      return;
    }
    const timer = this.timers(() => {
      if (!isDone()) {
        void this.read().then(() => {
          if (this.timer === timer) {
            this.schedule(attempt + 1, atLeast);
          }
        });
      }
    }, delay);
    this.timer = timer;
  }
}

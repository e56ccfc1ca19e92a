import type { Disposable } from 'vscode-jsonrpc/node';
import type { Retries, RetryTask } from '../errors/retry';

/** How long after the one before the history is read again, in milliseconds; the last one is used again after that. */
const POLL_MS = [2_000, 5_000, 10_000, 20_000, 40_000, 60_000] as const;

export interface HistoryPollerOptions {
  /** What the log calls it, as in "read the history of session X". */
  readonly name: string;
  /** Reads the history once. */
  readonly read: () => Promise<void>;
  /** Nothing is missing that only the history may tell. */
  readonly isComplete: () => boolean;
}

/**
 * Reads a session's history for one attachment: once at the beginning, again after a failure, and again until it tells
 * what its notifications may not have (1.0.102 loses first batches, the agent's start among them).
 */
export class HistoryPoller implements Disposable {
  private readonly task: RetryTask;
  private timer: Disposable | undefined;
  /** Reads that succeeded since `start`. */
  private polls = 0;
  private atLeast: number | undefined;
  private isReading = false;
  /** The history that is being read may be older than what is looked for. */
  private isWantedAgain = false;
  private disposed = false;

  constructor(
    private readonly retries: Retries,
    private readonly options: HistoryPollerOptions,
  ) {
    this.task = retries.task({
      name: options.name,
      run: async () => {
        this.isReading = true;
        this.isWantedAgain = false;
        try {
          await options.read();
        } finally {
          this.isReading = false;
        }
        this.onRead();
      },
      isWanted: () => !this.disposed,
    });
  }

  /** Reads it now. @throws what that failed with; it is read again by itself */
  read(): Promise<void> {
    return this.task.run();
  }

  /** Reads it from now on: once more, if it is being read. Failures are told as those of `start` are. */
  readAgain(): void {
    if (this.isReading) {
      this.isWantedAgain = true;
    } else {
      this.task.run().catch(() => undefined);
    }
  }

  /** From now on it is read until it is complete. @param atLeast so often it is read in any case */
  start(atLeast = 0): void {
    this.atLeast = atLeast;
    this.polls = 0;
    this.schedule();
  }

  /** What was missing may have come by itself. */
  stopIfComplete(): void {
    if (this.timer !== undefined && this.isDone()) {
      this.timer.dispose();
      this.timer = undefined;
    }
  }

  dispose(): void {
    this.disposed = true;
    this.timer?.dispose();
    this.timer = undefined;
    this.task.dispose();
  }

  private onRead(): void {
    if (this.atLeast !== undefined && this.timer === undefined) {
      this.polls++;
      this.schedule();
    } else if (this.isWantedAgain) {
      this.schedule();
    }
  }

  private schedule(): void {
    this.timer?.dispose();
    this.timer = undefined;
    if (this.disposed || this.isDone()) {
      return;
    }
    const delay = this.isWantedAgain ? 0 : (POLL_MS[Math.min(this.polls, POLL_MS.length - 1)] ?? 0);
    this.timer = this.retries.timers(() => {
      this.timer = undefined;
      // A read that fails is scheduled by the task, and goes on here once it has succeeded.
      if (!this.isDone()) {
        this.task.hint();
      }
    }, delay);
  }

  private isDone(): boolean {
    return !this.isWantedAgain && this.options.isComplete() && this.polls >= (this.atLeast ?? 0);
  }
}

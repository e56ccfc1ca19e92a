import type { Disposable } from 'vscode-jsonrpc/node';
import type { Retries, RetryTask } from '../errors/retry';

/** Delays between two reads, in milliseconds; the last one repeats. */
const POLL_MS = [2_000, 5_000, 10_000, 20_000, 40_000, 60_000] as const;

export interface HistoryPollerOptions {
  /** What the log calls it, as an infinitive: "read the history of session X". */
  readonly name: string;
  /** Reads the history once. */
  readonly read: () => Promise<void>;
  /** Nothing is missing that only the history may have. */
  readonly isComplete: () => boolean;
}

/**
 * Reads a session's history for one attachment: once at the beginning, again after a failure, and again until it is
 * complete: notifications may be missing (1.0.102 drops first batches, which may include the agent's start).
 */
export class HistoryPoller implements Disposable {
  private readonly task: RetryTask;
  private timer: Disposable | undefined;
  /** Reads that succeeded since `start`. */
  private polls = 0;
  private atLeast: number | undefined;
  private isReading = false;
  /** The history that is being read may be too old: it is to be read once more. */
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

  /** Reads it now. @throws what the read failed with; it is retried by itself */
  read(): Promise<void> {
    return this.task.run();
  }

  /** Reads it in the background, after the read that is running, if there is one. Failures are logged and retried. */
  readAgain(): void {
    if (this.isReading) {
      this.isWantedAgain = true;
    } else {
      this.task.run().catch(() => undefined);
    }
  }

  /** Reads it repeatedly until it is complete. @param atLeast how often it is read in any case */
  start(atLeast = 0): void {
    this.atLeast = atLeast;
    this.polls = 0;
    this.schedule();
  }

  /** Ends the polling if nothing is missing any more. */
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
      // The task retries a read that fails; polling continues once it has succeeded.
      if (!this.isDone()) {
        this.task.hint();
      }
    }, delay);
  }

  private isDone(): boolean {
    return !this.isWantedAgain && this.options.isComplete() && this.polls >= (this.atLeast ?? 0);
  }
}

import type { Disposable } from 'vscode-jsonrpc/node';
import type { CloudSessionsError, ErrorCode } from './cloudSessionsError';
import { asCloudSessionsError, isOwnCancellation } from './cloudSessionsError';
import type { Timers } from '../common/timers';

/** The wait after the first failure, in milliseconds; it doubles with each further one. */
const FIRST_DELAY_MS = 1_000;
/** Longest wait after a failure that passes by itself (no network, a service that is down), in milliseconds. */
const MAX_DELAY_MS = 60_000;
/** Longest wait after a failure that somebody has to fix (no access, signed out), in milliseconds. */
const MAX_SLOW_DELAY_MS = 300_000;
/** Random part of a delay: windows that failed together must not retry together. */
const JITTER = 0.25;

/** The part of a service's message that differs each time: the id of a request, a time. */
const SERIAL = /(?<![\w-])(?=[\w:.-]*\d)[\da-f]{4,}(?:[:.-][\w:.-]+)?(?![\w-])/gi;

/** Failures that do not pass by themselves. */
const SLOW: ReadonlySet<ErrorCode> = new Set(['forbidden', 'invalid-argument', 'not-signed-in', 'session-not-found']);

export interface RetryTaskOptions {
  /** An infinitive for the log, as in "read the list of sessions"; not translated. */
  readonly name: string;
  readonly run: () => Promise<void>;
  /** False: it is not retried. */
  readonly isWanted: () => boolean;
  /** It ends with its first success, or when it is no longer wanted. */
  readonly once?: boolean;
}

/**
 * Work that is retried until it succeeds: after a failure with growing delays, and at once when another task of the
 * same `Retries` succeeds. An explicit `run` does not wait for the delay; a `hint` does.
 */
export class RetryTask implements Disposable {
  private current: Promise<void> | undefined;
  private timer: Disposable | undefined;
  private failures = 0;
  /** It was woken since its last scheduled try, so that the next success elsewhere does not wake it again. */
  private woken = false;
  /** What was reported last: see `kindOfFailure`. */
  private lastFailure: string | undefined;
  private disposed = false;

  constructor(
    private readonly retries: Retries,
    private readonly options: RetryTaskOptions,
  ) {}

  /** True from a failure until the next success. */
  get isFailing(): boolean {
    return this.failures > 0;
  }

  /** The run that is under way. */
  get running(): Promise<void> | undefined {
    return this.current;
  }

  /**
   * Runs the work now, or joins the run that is under way.
   * @throws what the work failed with; it is retried nevertheless
   */
  run(): Promise<void> {
    this.current ??= this.attempt().finally(() => {
      this.current = undefined;
    });
    return this.current;
  }

  /** Runs the work because something may have changed, unless its next try is scheduled after a failure. */
  hint(): void {
    if (this.timer === undefined && !this.disposed) {
      this.runInBackground();
    }
  }

  /** Forgets earlier failures and the scheduled try. */
  reset(): void {
    this.cancelTimer();
    this.failures = 0;
    this.woken = false;
    this.lastFailure = undefined;
  }

  /** Called by `Retries`: something else has succeeded. */
  wake(): void {
    if (this.timer !== undefined && !this.woken) {
      this.woken = true;
      this.cancelTimer();
      this.runInBackground();
    }
  }

  dispose(): void {
    this.disposed = true;
    this.cancelTimer();
    this.retries.forget(this);
  }

  private runInBackground(): void {
    // `attempt` has reported the failure and scheduled the next try.
    this.run().catch(() => undefined);
  }

  private async attempt(): Promise<void> {
    this.cancelTimer();
    try {
      await this.options.run();
    } catch (error) {
      this.onFailure(asCloudSessionsError(error));
      throw error;
    }
    this.onSuccess();
  }

  private onSuccess(): void {
    const { failures } = this;
    this.reset();
    if (failures > 0 && !this.disposed) {
      this.retries.report(
        // eslint-disable-next-line texts/localized -- for the log
        `Could ${this.options.name} again after ${failures} failed ${failures === 1 ? 'try' : 'tries'}.`,
      );
    }
    this.retries.succeeded(this);
    this.endIfOnce();
  }

  private onFailure(error: CloudSessionsError): void {
    if (this.disposed || isOwnCancellation(error)) {
      return;
    }
    this.failures++;
    // A run of the same failure is one line in the log.
    const kind = kindOfFailure(error);
    if (kind !== this.lastFailure) {
      this.lastFailure = kind;
      // eslint-disable-next-line texts/localized -- for the log
      this.retries.report(`Could not ${this.options.name}: ${error.message}`);
    }
    if (!this.options.isWanted()) {
      this.endIfOnce();
      return;
    }
    this.timer = this.retries.timers(
      () => {
        this.timer = undefined;
        this.woken = false;
        if (this.options.isWanted()) {
          this.runInBackground();
        } else {
          this.endIfOnce();
        }
      },
      delayAfter(this.failures, SLOW.has(error.code) ? MAX_SLOW_DELAY_MS : MAX_DELAY_MS, this.retries.random()),
    );
  }

  private endIfOnce(): void {
    if (this.options.once === true) {
      this.dispose();
    }
  }

  private cancelTimer(): void {
    this.timer?.dispose();
    this.timer = undefined;
  }
}

/** Tasks that depend on the same service: when one succeeds, the others try at once. */
export class Retries implements Disposable {
  private readonly tasks = new Set<RetryTask>();
  private disposed = false;

  constructor(
    readonly timers: Timers,
    /** Gets one line of the log for a run of the same failure, and one when it is over. */
    readonly report: (message: string) => void,
    /** 0 to 1 */
    readonly random: () => number = Math.random,
  ) {}

  task(options: RetryTaskOptions): RetryTask {
    const task = new RetryTask(this, options);
    this.tasks.add(task);
    if (this.disposed) {
      task.dispose();
    }
    return task;
  }

  /**
   * Does something once, and retries it while it fails and is wanted. Failures are reported.
   * @returns when the first try is over; never rejects
   */
  async keepTrying(options: Omit<RetryTaskOptions, 'once'>): Promise<void> {
    await this.task({ ...options, once: true })
      .run()
      .catch(() => undefined);
  }

  /** Something that needs the service has worked. */
  succeeded(by?: RetryTask): void {
    for (const task of [...this.tasks]) {
      if (task !== by) {
        task.wake();
      }
    }
  }

  forget(task: RetryTask): void {
    this.tasks.delete(task);
  }

  dispose(): void {
    this.disposed = true;
    for (const task of [...this.tasks]) {
      task.dispose();
    }
  }
}

/** A key that is equal for failures whose messages differ only in the id of a request or a time. */
export function kindOfFailure({ message }: CloudSessionsError): string {
  return message.replaceAll(SERIAL, '#');
}

/**
 * @param failures in a row, 1 for the first
 * @param random 0 to 1
 * @returns milliseconds
 */
export function delayAfter(failures: number, maxMs: number, random: number): number {
  const delay = Math.min(maxMs, FIRST_DELAY_MS * 2 ** Math.min(failures - 1, 20));
  return Math.round(delay * (1 - JITTER * random));
}

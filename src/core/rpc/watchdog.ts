import type { Disposable } from 'vscode-jsonrpc/node';
import { realTimers, type Timers } from '../common/timers';

/** A client of a runtime, as the watchdog sees it. */
export interface Watched {
  /** How many calls wait for an answer. */
  readonly pendingCalls: number;
  /** How many calls have been answered so far, with a result or an error. */
  readonly answeredCalls: number;
  /** Resolves or rejects with the answer, and when the connection ends. */
  ping(): Promise<unknown>;
}

/** Time between two checks, in milliseconds. */
const PERIOD_MS = 5_000;
/** A hang is reported after this many consecutive periods with an unanswered ping. */
const SILENT_PERIODS = 3;
/** How long a runtime with pending calls may leave a ping unanswered, in milliseconds. */
export const HANG_MS = PERIOD_MS * SILENT_PERIODS;
/** A busy runtime without pending calls is pinged after this many periods without an answer. */
const QUIET_PERIODS = 8;

/**
 * Reports once that a runtime hangs: a call is pending, and for 15 s neither a ping nor any other call was answered.
 *
 * A frozen runtime sends no events, and may have no pending call: while a session is working, or something else is expected
 * of the runtime, it is pinged every 40 s.
 *
 * Some calls take minutes, so their own duration does not count. Time is counted in periods and not by a clock: after the
 * machine slept, its runtime, which slept as well, must not count as hanging.
 */
export class Watchdog implements Disposable {
  private timer: Disposable;
  private pinging = false;
  private silent = 0;
  /** Periods since the last answer, without a ping. */
  private quiet = 0;
  private answered = 0;

  /** @param isBusy whether something besides answers is expected of the runtime: a session is working, say */
  constructor(
    private readonly watched: Watched,
    private readonly onHang: () => void,
    private readonly timers: Timers = realTimers,
    private readonly isBusy: () => boolean = () => false,
  ) {
    this.timer = timers(() => this.check(), PERIOD_MS);
  }

  dispose(): void {
    this.timer.dispose();
  }

  private check(): void {
    const { pendingCalls, answeredCalls } = this.watched;
    const isAwaited = pendingCalls > 0 || this.isBusy();
    this.quiet++;
    if (!isAwaited || answeredCalls !== this.answered) {
      if (answeredCalls !== this.answered) {
        this.quiet = 0;
      }
      this.answered = answeredCalls;
      this.silent = 0;
    } else if (this.pinging && ++this.silent >= SILENT_PERIODS) {
      this.dispose();
      this.onHang();
      return;
    }
    if (isAwaited && !this.pinging && (pendingCalls > 0 || this.quiet >= QUIET_PERIODS)) {
      this.ping();
    }
    this.timer = this.timers(() => this.check(), PERIOD_MS);
  }

  private ping(): void {
    this.pinging = true;
    this.silent = 0;
    const answered = (): void => {
      this.pinging = false;
      this.silent = 0;
      this.quiet = 0;
    };
    // A runtime that does not know the method answers as well.
    this.watched.ping().then(answered, answered);
  }
}

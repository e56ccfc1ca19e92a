import type { Disposable } from 'vscode-jsonrpc/node';
import { realTimers, type Timers } from '../common/timers';

/** What is watched: a client of a runtime. */
export interface Watched {
  /** Calls that wait for their answers. */
  readonly pendingCalls: number;
  /** How many calls have been answered so far, with a result or an error. */
  readonly answeredCalls: number;
  /** Resolves or rejects with the answer, and when the connection ends. */
  ping(): Promise<unknown>;
}

/** How often it is looked, in milliseconds. */
const PERIOD_MS = 5_000;
/** Of so many periods in a row without any answer, a hang is made. */
const SILENT_PERIODS = 3;
/** How long a runtime that owes an answer may leave a ping unanswered, in milliseconds. */
export const HANG_MS = PERIOD_MS * SILENT_PERIODS;
/** After so many periods without an answer, a runtime that owes none is asked all the same while somebody waits for it. */
const QUIET_PERIODS = 8;

/**
 * Tells, once, that a runtime hangs: it owes an answer, and for 15 s has answered neither a ping nor anything else.
 *
 * A runtime that is frozen sends no events, and may owe nothing but a ping: while a session is at work, or something is
 * expected of it, it is asked for a sign of life every 40 s.
 *
 * Some calls take minutes by their nature, so their own time says nothing. The time is counted in periods and not by a
 * clock: a machine that slept must not take its runtime, which slept as well, for one that hangs.
 */
export class Watchdog implements Disposable {
  private timer: Disposable;
  private pinging = false;
  private silent = 0;
  /** Periods since the last answer, without a ping. */
  private quiet = 0;
  private answered = 0;

  /** @param isBusy whether something is expected of the runtime beside answers: a session is at work, say */
  constructor(
    private readonly watched: Watched,
    private readonly onHang: () => void,
    private readonly timers: Timers = realTimers,
    private readonly isBusy: () => boolean = () => false,
  ) {
    this.timer = timers(() => this.look(), PERIOD_MS);
  }

  dispose(): void {
    this.timer.dispose();
  }

  private look(): void {
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
    this.timer = this.timers(() => this.look(), PERIOD_MS);
  }

  private ping(): void {
    this.pinging = true;
    this.silent = 0;
    const answered = (): void => {
      this.pinging = false;
      this.silent = 0;
      this.quiet = 0;
    };
    // A runtime that does not know the method answers, too.
    this.watched.ping().then(answered, answered);
  }
}

import type { Disposable } from 'vscode-jsonrpc/node';
import { BoundedMap } from '../common/bounded';
import { realTimers, type Timers } from '../common/timers';
import { RequestBudget } from './requestBudget';

/**
 * How soon the pull request of a session may differ: `active` while its checks run or its agent works, `settled`
 * otherwise, `ended` once it is merged or closed.
 */
export type PollPace = 'active' | 'settled' | 'ended';

export interface PollResult {
  /** How many HTTP requests it took, those that were answered by 304 included. */
  readonly requests: number;
  readonly pace: PollPace;
}

export interface PollPlanOptions {
  /**
   * Reads the pull request of a session, with at most `MOST_REQUESTS`. One is read at a time. A rejection counts as that
   * many requests, and the session is read again later and later.
   */
  readonly refresh: (sessionId: string) => Promise<PollResult>;
  readonly timers?: Timers;
  /** Milliseconds of a clock that never goes back. */
  readonly now?: () => number;
}

/** The most requests in any hour, for all sessions together. */
export const HOURLY_REQUESTS = 60;
/** The most requests of one refresh: pull request, checks, statuses, reviews. */
export const MOST_REQUESTS = 4;

/** The time from one refresh of a session to the next, in milliseconds, where the budget allows it. */
const INTERVALS: Readonly<Record<Exclude<PollPace, 'ended'>, number>> = { active: 120_000, settled: 900_000 };
/** The same after a hint: an agent may push every few seconds. */
const HINTED_MS = 60_000;
/** The least time from one refresh to the next that somebody asks for: keys repeat. */
const RENEWED_MS = 5_000;
const LONGEST_MS = 3_600_000;
/** Sessions whose last refresh is remembered. */
const MOST_SESSIONS = 1_000;

interface Polled {
  pace: PollPace;
  /** Since when it is wanted, if it has never been read; otherwise when it was read last. */
  since: number;
  isNew: boolean;
  isHinted: boolean;
  failures: number;
}

/**
 * Decides when the pull requests of the sessions in view are read again: the one that is due first, within the budget. What
 * was never read is read as soon as the budget allows; all else is spread over the hour.
 */
export class PollPlan implements Disposable {
  private readonly budget = new RequestBudget(HOURLY_REQUESTS, MOST_REQUESTS);
  private readonly sessions = new BoundedMap<string, Polled>(MOST_SESSIONS);
  private view: ReadonlySet<string> = new Set();
  private timer: Disposable | undefined;
  private isRunning = false;
  private isDisposed = false;

  constructor(private readonly options: PollPlanOptions) {}

  /** The sessions in view; no others are read. */
  setView(sessionIds: Iterable<string>): void {
    this.view = new Set(sessionIds);
    this.schedule();
  }

  /** Something has happened in a session: its pull request is read soon, if it is in view, or else when it comes into view. */
  hint(sessionId: string, pace: PollPace = 'active'): void {
    const session = this.session(sessionId);
    session.pace = pace;
    session.isHinted = true;
    this.schedule();
  }

  /** Somebody asks for it: what is in view is read as soon as the budget allows. */
  renew(): void {
    for (const id of this.view) {
      const session = this.session(id);
      if (!session.isNew) {
        const since = Math.max(this.now(), session.since + RENEWED_MS);
        Object.assign(session, { isNew: true, since, failures: 0 });
        session.pace = session.pace === 'ended' ? 'settled' : session.pace;
      }
    }
    this.schedule();
  }

  dispose(): void {
    this.isDisposed = true;
    this.timer?.dispose();
  }

  private session(sessionId: string): Polled {
    const known = this.sessions.get(sessionId);
    if (known !== undefined) {
      return known;
    }
    const session: Polled = { pace: 'settled', since: this.now(), isNew: true, isHinted: false, failures: 0 };
    this.sessions.set(sessionId, session);
    return session;
  }

  /** Starts what is due, or sets the timer for what is due next. */
  private schedule(): void {
    this.timer?.dispose();
    this.timer = undefined;
    if (this.isRunning || this.isDisposed) {
      return;
    }
    const now = this.now();
    const next = this.next(now);
    if (next === undefined) {
      return;
    }
    if (next.at <= now) {
      void this.run(next.id);
    } else {
      // Long timers of the platform are not exact; what is early is scheduled again.
      this.timer = (this.options.timers ?? realTimers)(() => this.schedule(), Math.ceil(next.at - now));
    }
  }

  /** The session to read next, and when: of those that could start at the same time, the one that was due first. */
  private next(now: number): { readonly id: string; readonly at: number } | undefined {
    const free = this.budget.freeAt(now);
    const spread = this.budget.spreadAt(now);
    let next: { readonly id: string; readonly at: number; readonly due: number } | undefined;
    for (const id of this.view) {
      const session = this.session(id);
      const due = dueAt(session);
      const at = Math.max(due, session.isNew ? free : spread);
      if (due < Infinity && (next === undefined || at < next.at || (at === next.at && due < next.due))) {
        next = { id, at, due };
      }
    }
    return next;
  }

  private async run(sessionId: string): Promise<void> {
    const session = this.session(sessionId);
    this.isRunning = true;
    session.isHinted = false;
    let requests = MOST_REQUESTS;
    try {
      const result = await this.options.refresh(sessionId);
      ({ requests } = result);
      session.failures = 0;
      // A hint that came meanwhile knows better.
      if (!this.session(sessionId).isHinted) {
        session.pace = result.pace;
      }
    } catch {
      // Reported by whoever refreshes.
      session.failures++;
    }
    session.since = this.now();
    session.isNew = false;
    // Counted when they are over: a little late, so that no hour has more.
    this.budget.spend(requests, session.since);
    this.isRunning = false;
    this.schedule();
  }

  private now(): number {
    return (this.options.now ?? (() => performance.now()))();
  }
}

function dueAt({ pace, since, isNew, isHinted, failures }: Polled): number {
  if (pace === 'ended') {
    return Infinity;
  }
  if (isNew) {
    return since;
  }
  const interval = Math.min(LONGEST_MS, INTERVALS[pace] * 2 ** Math.min(failures, 10));
  return since + (isHinted ? Math.min(HINTED_MS, interval) : interval);
}

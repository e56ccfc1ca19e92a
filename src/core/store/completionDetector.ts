import type { Disposable } from 'vscode-jsonrpc/node';
import type { CloudSession } from '../session/session';
import type { SessionRow } from './sessionRow';
import { isFinal } from '../activity/taskStatus';
import { RunOnceScheduler } from '../common/runOnceScheduler';
import type { Timers } from '../common/timers';
import { isBusy } from '../activity/activity';

/** How long a session must rest before its end is announced, in milliseconds: it also rests between two turns. */
export const SETTLE_MS = 1_500;

export type Completion = 'finished' | 'failed';

/** The parts of a row that show whether the work of its session has ended. */
export type WatchedRow = Pick<SessionRow, 'status'> & {
  readonly session: Pick<CloudSession, 'activity' | 'isCaughtUp'> | undefined;
};

/**
 * Detects that the work of one session has ended: each end once, and none from before the session's history was first
 * read. An aborted end is not announced, for a person requested it.
 */
export class CompletionDetector implements Disposable {
  /** How many ends need no announcement; `undefined` until the history was read. */
  private known: number | undefined;
  private readonly settling: RunOnceScheduler;

  constructor(
    private readonly row: () => WatchedRow | undefined,
    private readonly notify: (ending: Completion) => void,
    timers: Timers,
  ) {
    this.settling = new RunOnceScheduler(() => this.onSettled(), SETTLE_MS, timers);
  }

  /** To be called when the row may have changed; cheap if it has not. */
  look(): void {
    const row = this.row();
    if (row?.session === undefined) {
      return;
    }
    if (this.known === undefined) {
      this.known = row.session.isCaughtUp ? countOf(row) : undefined;
      return;
    }
    const count = countOf(row);
    if (count > this.known && !isAtWork(row)) {
      this.settling.restart();
    }
    this.known = count;
  }

  dispose(): void {
    this.settling.dispose();
  }

  private onSettled(): void {
    const row = this.row();
    // The work has continued: the next end is announced.
    if (row?.session === undefined || isAtWork(row)) {
      return;
    }
    const { activity } = row.session;
    if (row.status === 'failed' || activity.status === 'failed') {
      this.notify('failed');
    } else if (!activity.aborted) {
      this.notify('finished');
    }
  }
}

/**
 * An end that only the list has counts in addition to those in the events. So does a failure after an end, for the end was
 * announced as finished.
 */
function countOf({ status, session }: WatchedRow): number {
  const { endings = 0, status: seen = 'idle' } = session?.activity ?? {};
  const isListed = (isBusy(seen) && isAtRest(status)) || (status === 'failed' && seen !== 'failed');
  return endings + (isListed ? 1 : 0);
}

/** By the session's events, unless the service says that the work has ended; also for a disconnected session. */
function isAtWork({ status, session }: WatchedRow): boolean {
  return !isAtRest(status) && session !== undefined && isBusy(session.activity.status);
}

/** If the events say that the session works, its row is only at rest if the list says so. */
function isAtRest(status: SessionRow['status']): boolean {
  return status === 'idle' || isFinal(status);
}

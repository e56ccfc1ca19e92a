import type { Disposable } from 'vscode-jsonrpc/node';
import type { CloudSession } from '../session/session';
import type { SessionRow } from './sessionRow';
import { isFinal } from '../activity/taskStatus';
import { RunOnceScheduler } from '../common/runOnceScheduler';
import type { Timers } from '../common/timers';
import { isBusy } from '../activity/activity';

/** How long a session has to rest before its end is told: between two turns it rests for a moment, too. */
export const SETTLE_MS = 1_500;

export type Completion = 'finished' | 'failed';

/** Of a row, what tells that the work of its session has come to an end. */
export type WatchedRow = Pick<SessionRow, 'status'> & {
  readonly session: Pick<CloudSession, 'activity' | 'isCaughtUp'> | undefined;
};

/**
 * Notices that the work of one session ends: each end once, and none that was there before the session's history was
 * first read. An end that was aborted is not told: somebody wanted it.
 */
export class CompletionDetector implements Disposable {
  /** Ends that need not be told: seen before, or told. */
  private known: number | undefined;
  private readonly settling: RunOnceScheduler;

  constructor(
    private readonly row: () => WatchedRow | undefined,
    private readonly tell: (ending: Completion) => void,
    timers: Timers,
  ) {
    this.settling = new RunOnceScheduler(() => this.onSettled(), SETTLE_MS, timers);
  }

  /** To be called when anything about the row may have changed; cheap if nothing has. */
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
    // Gone on in the meantime: the next end is told.
    if (row?.session === undefined || isAtWork(row)) {
      return;
    }
    const { activity } = row.session;
    if (row.status === 'failed' || activity.status === 'failed') {
      this.tell('failed');
    } else if (!activity.aborted) {
      this.tell('finished');
    }
  }
}

/**
 * An end that only the list knows of is one more than those in the events. A failure is one after an end, too: that the
 * work has finished was told, and is not so.
 */
function countOf({ status, session }: WatchedRow): number {
  const { endings = 0, status: seen = 'idle' } = session?.activity ?? {};
  const isListed = (isBusy(seen) && isAtRest(status)) || (status === 'failed' && seen !== 'failed');
  return endings + (isListed ? 1 : 0);
}

/** By its events, unless the service says that it is over: also of a session that is disconnected. */
function isAtWork({ status, session }: WatchedRow): boolean {
  return !isAtRest(status) && session !== undefined && isBusy(session.activity.status);
}

/** The row of a session whose events say that it works is only at rest if the list says so. */
function isAtRest(status: SessionRow['status']): boolean {
  return status === 'idle' || isFinal(status);
}

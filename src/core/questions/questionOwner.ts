import type { CloudSession } from '../session/session';
import type { PendingQuestion, QuestionOrigin, Resolution } from './pendingQuestion';
import type { Timers } from '../common/timers';

/** What the question service does for the questions of a session. */
export interface QuestionOwner {
  readonly timers: Timers;
  add(session: CloudSession, requestId: string, source: QuestionOrigin): PendingQuestion;
  /** Does nothing for a question that is closed. */
  close(entry: PendingQuestion, how: Resolution): void;
  /** Stops waiting for the session to show the answer to it. */
  stopWaiting(entry: PendingQuestion): void;
  changed(): void;
  asked(entries: readonly PendingQuestion[]): void;
  warn(message: string): void;
}

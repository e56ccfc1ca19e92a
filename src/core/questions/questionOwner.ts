import type { CloudSession } from '../session/session';
import type { DeskEntry, EntrySource, Closing } from './pendingQuestion';
import type { Timers } from '../common/timers';

/** What the desk does for the questions of each session. */
export interface QuestionKeeper {
  readonly timers: Timers;
  add(session: CloudSession, requestId: string, source: EntrySource): DeskEntry;
  /** Does nothing for one that is closed. */
  close(entry: DeskEntry, how: Closing): void;
  /** Nobody waits any longer for the session to show the answer to it. */
  stopWaiting(entry: DeskEntry): void;
  changed(): void;
  asked(entries: readonly DeskEntry[]): void;
  /** Nothing of the session is open. */
  emptied(session: CloudSession): void;
  warn(message: string): void;
}

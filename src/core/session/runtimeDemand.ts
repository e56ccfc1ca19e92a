import type { CloudSession } from './session';
import type { SessionStatus } from '../activity/activity';

/** Statuses in which nothing is expected to arrive. */
const RESTING: ReadonlySet<SessionStatus> = new Set(['idle', 'done', 'failed', 'disconnected']);

/** Whether anything beside answers is expected of the runtime: an agent works, or a prompt is pending. */
export function awaitsRuntime(sessions: Iterable<CloudSession>): boolean {
  for (const { isAttached, status, outbox } of sessions) {
    if (isAttached && (!RESTING.has(status) || outbox.pending.length > 0)) {
      return true;
    }
  }
  return false;
}

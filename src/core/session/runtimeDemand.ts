import type { CloudSession } from './session';
import type { SessionStatus } from '../activity/activity';

/** What a session rests in: nothing comes by itself. */
const RESTING: ReadonlySet<SessionStatus> = new Set(['idle', 'done', 'failed', 'disconnected']);

/** Whether anything is expected of the runtime beside answers: an agent is at work, or a prompt is under way. */
export function awaitsRuntime(sessions: Iterable<CloudSession>): boolean {
  for (const { isAttached, status, outbox } of sessions) {
    if (isAttached && (!RESTING.has(status) || outbox.pending.length > 0)) {
      return true;
    }
  }
  return false;
}

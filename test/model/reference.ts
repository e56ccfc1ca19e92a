import type { CloudSession } from '../../src/core/session/session';
import type { Window } from './driver';
import type { Task } from './scriptedService';
import type { World } from './world';
import type { SessionStatus } from '../../src/core/activity/activity';

/** For this long after a restored session was attached, only its history can tell its state. In milliseconds. */
const UNKNOWN_MS = 1_500;

/** The states that the row of an unwatched session may show, once the list has been read. */
export function expectedListed(task: Task): readonly SessionStatus[] {
  switch (task.ended) {
    case 'completed':
      return ['done'];
    case 'failed':
      return ['failed'];
    case undefined:
      return [task.status];
  }
}

/**
 * The states that a watched session's row may show; `undefined` where the client cannot know, and may show any state
 * that was true.
 */
export function expectedOf(
  world: World,
  window: Window,
  session: CloudSession,
  task: Task,
  atRest: boolean,
): readonly SessionStatus[] | undefined {
  if (!session.isAttached) {
    return ['disconnected'];
  }
  const { runtime } = window;
  const attachment = runtime?.sessionOf(task);
  if (runtime === undefined || attachment === undefined || runtime.frozen || !world.service.up) {
    return undefined;
  }
  const isFresh = world.time.sinceStart - attachment.attachedAt < UNKNOWN_MS;
  if (attachment.isMissing && !attachment.wasRead && isFresh && window.restored.has(session.sessionId)) {
    // A request is open now, whatever happened before.
    const isAsked = runtime.requests.some((request) => request.session === attachment && request.answers === 0);
    return isAsked ? ['needs input'] : ['disconnected'];
  }
  const isKnown = session.isCaughtUp && !attachment.isMissing && attachment.isCurrent && !attachment.isTainted;
  // At rest, the history has been read again, so everything is known.
  if (!isKnown || (!atRest && (attachment.wasCut || !world.weather.isCalm))) {
    return undefined;
  }
  const { status } = task;
  const byEvents: SessionStatus[] = [status];
  if (session.stopState === 'stopping' && status !== 'idle' && status !== 'failed') {
    byEvents.push('stopping');
  }
  const asksHere = [...task.questions.values()].some(
    ({ byEvent, requestId }) =>
      byEvent || runtime.requests.some((request) => request.requestId === requestId && request.answers === 0),
  );
  if (status === 'needs input' && !asksHere) {
    // Another window's runtime asks.
    byEvents.push('working');
  }
  if (task.isPaused && attachment.toldPauses !== task.pauses) {
    // The pause was notified before the session was attached, and is in no history.
    byEvents.push('idle');
  }
  if (task.ended === undefined) {
    return byEvents;
  }
  // Only the list reports the end, and it may be out of date.
  return atRest ? expectedListed(task) : [...byEvents, 'done', 'failed'];
}

import type { CloudSession } from '../../src/core/session/session';
import type { Window } from './driver';
import type { Task } from './scriptedService';
import type { World } from './world';
import type { SessionStatus } from '../../src/core/activity/activity';

/** So soon after a restored session was attached, nothing but its history can say what it is, in milliseconds. */
const UNKNOWN_MS = 1_500;

/** What a row of a session that nobody watches may show, once the list has been read. */
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
 * What a watched session's row may show; `undefined` where the client cannot know, and may claim anything that was true.
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
    // A request is asked now, whatever was before.
    const isAsked = runtime.requests.some((request) => request.session === attachment && request.answers === 0);
    return isAsked ? ['needs input'] : ['disconnected'];
  }
  const isKnown = session.isCaughtUp && !attachment.isMissing && attachment.isCurrent && !attachment.isTainted;
  // It is read again: at rest, all of it is known.
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
    // Only another window's runtime asks.
    byEvents.push('working');
  }
  if (task.isPaused && attachment.toldPauses !== task.pauses) {
    // That it goes on was told before the session was attached, and is in no history.
    byEvents.push('idle');
  }
  if (task.ended === undefined) {
    return byEvents;
  }
  // The list tells it, and may be old.
  return atRest ? expectedListed(task) : [...byEvents, 'done', 'failed'];
}

import type { SessionEvent } from '@github/copilot-sdk';
import { identityHash } from '../events/eventIdentity';
import { isRecord, readText } from '../common/json';
import type { SessionHistory } from './sessionHistory';
import type { HeldTraffic, InboundItem } from '../routing/traffic';
import { isAgentStart } from '../activity/eventRoles';

/** A session has one of each: a second identical one means that the history was sent twice. */
const BEGINNINGS: ReadonlySet<string> = new Set(['session.requested', 'session.start']);

/**
 * The messages that were held for a session that existed before it was attached, without the events that `history` has.
 * Before it answers a connect, 1.0.55 sends the session's whole history under other ids: known events are left out. Other
 * runtimes send nothing old.
 */
export function withoutReplay({ items, droppedEvents }: HeldTraffic, history: SessionHistory): readonly InboundItem[] {
  const replayed = new Map<InboundItem, SessionEvent>();
  for (const item of items) {
    const event: unknown = item.kind === 'event' ? item.notification.params['event'] : undefined;
    // An event that is in no history is not sent again, and must not be taken for one that looks the same.
    if (isRecord(event) && event['ephemeral'] !== true && readText(event, 'id') !== undefined) {
      replayed.set(item, event as unknown as SessionEvent);
    }
  }
  const events = [...replayed.values()];
  const beginnings = events.filter(({ type }: { type: string }) => BEGINNINGS.has(type)).map(identityHash);
  const isRepeated = new Set(beginnings).size < beginnings.length;
  if (history.events.length === 0 && !isRepeated) {
    return items;
  }
  // Before the agent has started, a replay has no start to be recognised by.
  const isUnclear = isRepeated || ![...events, ...history.events].some(isAgentStart);
  if (droppedEvents.length > 0 || isUnclear) {
    // Identical events cannot be told apart in a part of a history, or in what two attachments sent. The whole history is
    // about to be read.
    history.expectMissing(events.map(({ id }) => id));
  } else if (events.some(isAgentStart)) {
    history.mergeAtOnce(events);
  } else {
    return items;
  }
  return items.filter((item) => !replayed.has(item));
}

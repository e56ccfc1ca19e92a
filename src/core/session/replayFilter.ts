import type { SessionEvent } from '@github/copilot-sdk';
import { identityHash } from '../events/eventIdentity';
import { isRecord, readText } from '../common/json';
import type { SessionHistory } from './sessionHistory';
import type { HeldTraffic, InboundItem } from '../routing/traffic';
import { isAgentStart } from '../activity/eventRoles';

/** Of what a session has once, the same twice means that its history was told twice. */
const BEGINNINGS: ReadonlySet<string> = new Set(['session.requested', 'session.start']);

/**
 * What was held for a session that existed before it was attached, without what `history` has. Before it answers a connect, 1.0.55
 * tells the session's whole history, under other ids than before: what is known of that is not told again. Other
 * runtimes tell nothing old.
 */
export function withoutReplay({ items, droppedEvents }: HeldTraffic, history: SessionHistory): readonly InboundItem[] {
  const replayed = new Map<InboundItem, SessionEvent>();
  for (const item of items) {
    const event: unknown = item.kind === 'event' ? item.notification.params['event'] : undefined;
    // What is in no history is not told again, and is never taken for what it is like.
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
  // Before the agent has started, a replay has no start to be known by.
  const isUnclear = isRepeated || ![...events, ...history.events].some(isAgentStart);
  if (droppedEvents.length > 0 || isUnclear) {
    // What is alike cannot be told apart in a part of a history, or in what two attachments told: the whole is about to be
    // read.
    history.expectMissing(events.map(({ id }) => id));
  } else if (events.some(isAgentStart)) {
    history.mergeAtOnce(events);
  } else {
    return items;
  }
  return items.filter((item) => !replayed.has(item));
}

import type { SessionEvent } from '@github/copilot-sdk';
import { isRecord, readString } from './json';

/** The member of `data` that tells events of a type apart, where there is one. */
const KEYS = new Map<string, string>([
  // The runtime's own copy of a prompt and the service's echo of it differ in all but the text.
  ['user.message', 'content'],
  ['assistant.message', 'messageId'],
  ['tool.execution_start', 'toolCallId'],
  ['tool.execution_complete', 'toolCallId'],
  ['permission.requested', 'requestId'],
  ['permission.completed', 'requestId'],
  ['session.start', 'sessionId'],
]);

/** What a runtime adds to a live event, and lacks in the history that it reads later (measured on 1.0.102). */
const ADDED = new Map<string, string>([['assistant.usage', 'accounting']]);

/**
 * What an event is, whatever its id. The runtime gives live events ids of its own, and those of the service after it
 * has been connected anew (measured on 1.0.85 and 1.0.102): the same event then has another id and another time.
 */
export function eventIdentity(event: SessionEvent): string {
  const key = KEYS.get(event.type);
  const data: unknown = event.data;
  const told = key === undefined ? undefined : readString(data, key);
  return `${event.type} ${told ?? (data === undefined ? '' : JSON.stringify(withoutAdded(event.type, data)))}`;
}

function withoutAdded(type: string, data: unknown): unknown {
  const added = ADDED.get(type);
  if (added === undefined || !isRecord(data)) {
    return data;
  }
  return Object.fromEntries(Object.entries(data).filter(([key]) => key !== added));
}

/** Finds in a list, for one event after another, the first that is the same and was not found before. */
export class IdentityIndex {
  private readonly places = new Map<string, number[]>();

  /** @param others the events that will be looked for: what has an id of theirs is known by that already */
  constructor(events: readonly SessionEvent[], others: readonly SessionEvent[] = []) {
    const ids = new Set(others.map(({ id }) => id));
    // From the last to the first, so that the first can be taken from the end: a session has thousands that are alike.
    for (let index = events.length - 1; index >= 0; index--) {
      const event = events[index];
      if (event === undefined || ids.has(event.id)) {
        continue;
      }
      const identity = eventIdentity(event);
      const places = this.places.get(identity);
      if (places === undefined) {
        this.places.set(identity, [index]);
      } else {
        places.push(index);
      }
    }
  }

  take(event: SessionEvent): number | undefined {
    return this.places.get(eventIdentity(event))?.pop();
  }
}

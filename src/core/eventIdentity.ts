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

interface Place {
  readonly index: number;
  readonly section: number;
  taken: boolean;
}

/**
 * Which of `events` each event of `history` is, by what they say, each at most once; those that are in both under one
 * id are known by that and are left out.
 *
 * Events that are alike (a session has thousands of `session.idle`) are told apart by what they stand between: what
 * both lists have exactly once divides them into sections, and the same section is looked at first. Otherwise, where
 * one of them is missing, all that follow would be taken for the one before.
 *
 * @returns the index in `events`, for each event of `history` that is there
 */
export function matchByIdentity(
  events: readonly SessionEvent[],
  history: readonly SessionEvent[],
): ReadonlyMap<SessionEvent, number> {
  const sections = sectionsOf(events, history);
  const ids = new Set(history.map(({ id }) => id));
  const known = new Set(events.map(({ id }) => id));
  const places = new Map<string, Place[]>();
  walk(events, sections, (event, identity, section, index) => {
    if (!ids.has(event.id)) {
      const same = places.get(identity);
      const place = { index, section, taken: false };
      if (same === undefined) {
        places.set(identity, [place]);
      } else {
        same.push(place);
      }
    }
  });
  const matches = new Map<SessionEvent, number>();
  const left: [SessionEvent, string][] = [];
  const bySection = new Map([...places].map(([identity, all]) => [identity, groupBySection(all)]));
  walk(history, sections, (event, identity, section) => {
    if (known.has(event.id)) {
      return;
    }
    const place = bySection.get(identity)?.get(section)?.pop();
    if (place === undefined) {
      left.push([event, identity]);
    } else {
      place.taken = true;
      matches.set(event, place.index);
    }
  });
  const rest = new Map([...places].map(([identity, all]) => [identity, all.filter(({ taken }) => !taken).reverse()]));
  for (const [event, identity] of left) {
    const place = rest.get(identity)?.pop();
    if (place !== undefined) {
      matches.set(event, place.index);
    }
  }
  return matches;
}

/** What both lists have exactly once, numbered as it stands in the second. */
function sectionsOf(events: readonly SessionEvent[], history: readonly SessionEvent[]): ReadonlyMap<string, number> {
  const counts = countIdentities(events);
  const sections = new Map<string, number>();
  for (const [identity, count] of countIdentities(history)) {
    if (count === 1 && counts.get(identity) === 1) {
      sections.set(identity, sections.size + 1);
    }
  }
  return sections;
}

function countIdentities(events: readonly SessionEvent[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const event of events) {
    const identity = eventIdentity(event);
    counts.set(identity, (counts.get(identity) ?? 0) + 1);
  }
  return counts;
}

function walk(
  events: readonly SessionEvent[],
  sections: ReadonlyMap<string, number>,
  visit: (event: SessionEvent, identity: string, section: number, index: number) => void,
): void {
  let section = 0;
  events.forEach((event, index) => {
    const identity = eventIdentity(event);
    section = sections.get(identity) ?? section;
    visit(event, identity, section, index);
  });
}

/** The last of each section first, to be taken from the end. */
function groupBySection(places: readonly Place[]): ReadonlyMap<number, Place[]> {
  const groups = new Map<number, Place[]>();
  for (const place of [...places].reverse()) {
    const group = groups.get(place.section);
    if (group === undefined) {
      groups.set(place.section, [place]);
    } else {
      group.push(place);
    }
  }
  return groups;
}

import type { SessionEvent } from '@github/copilot-sdk';
import { eventAt } from '../events/eventAt';
import { identityHash } from '../events/eventIdentity';
import { matching } from './identityMatching';
import { readString } from '../common/json';
import { hasId, type EventIds } from '../events/eventIds';
import { findJoints, timeOf, UNKNOWN } from './mergeJoints';
import { isReadAgain, planFirst } from './mergeShortcuts';
import { shareStrings } from '../events/sharedStrings';
import { inSteps, type SlicedWork } from '../common/timeSlices';
import type { LogSnapshot, MergeOptions, MergePlan, PlannedGap, Recognised } from './mergeTypes';
import { isOwnCopy } from '../events/ownPrompt';

/** The event of the history is already planned to be added. */
const ADDED = -2;

/** Plans which events of `history` are added to the log, and at which places. */
export function* planMerge(
  log: LogSnapshot,
  history: readonly SessionEvent[],
  {
    recognised = 'none',
    truncated = false,
    isHistory = false,
    isRead = false,
    isSuperseded = () => false,
  }: MergeOptions,
): SlicedWork<MergePlan> {
  if (log.length === 0 && !truncated && (recognised === 'kept' || recognised === 'all')) {
    return yield* planFirst(log, history, isSuperseded);
  }
  if (isHistory && isRead && !truncated && (yield* isReadAgain(log.ids, history))) {
    const none = { added: [], identities: [], places: [], aliases: [], gaps: [] };
    return { ...none, refuted: undefined, hasId: (id) => log.ids.has(id) };
  }
  const isInHistory = new Uint8Array(log.length);
  const known = yield* placesById(log, history, isInHistory);
  const identities = new Float64Array(history.length).fill(Number.NaN);
  const identity = (index: number): number => {
    let found = identities[index] ?? Number.NaN;
    if (Number.isNaN(found)) {
      found = identityHash(eventAt(history, index));
      identities[index] = found;
    }
    return found;
  };
  /** For each event of the history, its index in the log. */
  const at = new Int32Array(history.length).fill(UNKNOWN);
  const open = { any: false };
  yield* inSteps(history.length, (index) => {
    const event = eventAt(history, index);
    at[index] = hasId(event) ? (known.get(event.id) ?? UNKNOWN) : UNKNOWN;
    open.any ||= at[index] === UNKNOWN && (recognised !== 'none' || !hasId(event));
  });
  const isRecognised = recognition(log, recognised);
  if (open.any) {
    const isPart = (event: SessionEvent): boolean => recognised !== 'none' || !hasId(event);
    const matches = yield* matching(
      {
        length: log.length,
        identity: (index) => log.identity(index),
        isPart: (index) => isRecognised(index) || !hasId(eventAt(log.events, index)),
        isOpen: (index) => isInHistory[index] === 0,
        isEarly: (index) => isOwnCopy(eventAt(log.events, index)),
      },
      {
        length: history.length,
        identity,
        isPart: (index) => isPart(eventAt(history, index)),
        isOpen: (index) => at[index] === UNKNOWN,
        isEarly: (index) => isOwnCopy(eventAt(history, index)),
      },
    );
    for (let index = 0; index < at.length; index++) {
      at[index] = Math.max(at[index] ?? UNKNOWN, matches[index] ?? UNKNOWN);
    }
  }
  const joints = yield* findJoints(log, history, at, known, isRecognised, { recognised, truncated });
  const added: SessionEvent[] = [];
  const addedIdentities: number[] = [];
  const places: number[] = [];
  const aliases: string[] = [];
  const gaps: PlannedGap[] = [];
  /** Places of events that the history has: no added event moves past those. */
  const taken = placesTaken(at, log.length);
  let position = Math.max(joints.start, (at[0] ?? 0) < 0 ? yield* placeBehindParent(log, history) : 0);
  yield* inSteps(history.length, (index) => {
    const event = eventAt(history, index);
    const place = at[index] ?? UNKNOWN;
    const hole = joints.holes.get(index);
    if (hole !== undefined) {
      position = Math.max(position, hole.position);
    }
    if (place >= 0) {
      if (hole !== undefined) {
        gaps.push({ ...hole, before: place + countUpTo(places, place) });
      }
      position = Math.max(position, place + 1);
      if (hasId(event) && known.get(event.id) === UNKNOWN) {
        aliases.push(event.id);
      }
    } else if (isNew(event, known, log.ids) && !isSuperseded(event)) {
      position = behindOlder(log, position, event, taken, recognised === 'kept');
      if (hole !== undefined) {
        gaps.push({ ...hole, before: position + added.length });
      }
      if (hasId(event)) {
        known.set(event.id, ADDED);
      }
      places.push(position);
      added.push(shareStrings(event, history[index - 1]));
      addedIdentities.push(identities[index] ?? Number.NaN);
    }
  });
  if (joints.endsUnrelated && added.length > 0) {
    gaps.push({ reason: 'unrelated', before: position + added.length });
  }
  const refuted = isHistory
    ? yield* findRefuted(log, taken)
    : recognised === 'kept' && isRead
      ? yield* findRefutedKept(history, at, added)
      : [];
  return { added, identities: addedIdentities, places, aliases, gaps, refuted, hasId: (id) => known.has(id) };
}

function placesTaken(at: Int32Array, length: number): Uint8Array {
  const taken = new Uint8Array(length);
  for (const place of at) {
    if (place >= 0) {
      taken[place] = 1;
    }
  }
  return taken;
}

/**
 * Finds copies of prompts that an earlier runtime made and that did not reach the service: its history would have them.
 * A truncated history says nothing of what is before the first event that both have.
 */
function* findRefuted(log: LogSnapshot, taken: Uint8Array): SlicedWork<readonly SessionEvent[]> {
  const refuted: SessionEvent[] = [];
  let isCovered = false;
  yield* inSteps(log.length, (index) => {
    isCovered ||= taken[index] === 1;
    if (isCovered && taken[index] !== 1 && log.isEarlier(index) && isOwnCopy(eventAt(log.events, index))) {
      refuted.push(eventAt(log.events, index));
    }
  });
  return refuted;
}

/** As `findRefuted`, for a transcript that is merged after the history. */
function* findRefutedKept(
  kept: readonly SessionEvent[],
  at: Int32Array,
  added: readonly SessionEvent[],
): SlicedWork<readonly SessionEvent[]> {
  const refuted: SessionEvent[] = [];
  let isCovered = false;
  let next = 0;
  yield* inSteps(kept.length, (index) => {
    const event = eventAt(kept, index);
    isCovered ||= (at[index] ?? UNKNOWN) >= 0;
    if (event === added[next]) {
      next++;
      if (isCovered && isOwnCopy(event)) {
        refuted.push(event);
      }
    }
  });
  return refuted;
}

/**
 * The place of a new event among those that the history does not have, by time: an idle from before the connection
 * broke must not end work that was missed after it, and being added later makes an event of a transcript no older.
 * Events that came live over this connection are newer than all that was missed.
 */
function behindOlder(log: LogSnapshot, from: number, event: SessionEvent, taken: Uint8Array, isKept: boolean): number {
  const time = timeOf(event);
  let position = from;
  while (position < log.length) {
    const next = eventAt(log.events, position);
    if (taken[position] === 1 || !(isKept || log.isEarlier(position)) || !(timeOf(next) < time)) {
      break;
    }
    position++;
  }
  return position;
}

function isNew(event: SessionEvent, known: ReadonlyMap<string, number>, ids: EventIds): boolean {
  return !hasId(event) || (known.get(event.id) === UNKNOWN && !ids.has(event.id));
}

/** How many of the ascending numbers are not greater than `place`. */
function countUpTo(places: readonly number[], place: number): number {
  let count = places.length;
  while (count > 0 && (places[count - 1] ?? 0) > place) {
    count--;
  }
  return count;
}

function recognition(log: LogSnapshot, recognised: Recognised): (index: number) => boolean {
  switch (recognised) {
    case 'none':
      return () => false;
    case 'earlier':
      return (index) => log.isEarlier(index);
    case 'kept':
      return (index) => log.isEarlier(index) || log.events[index]?.ephemeral !== true;
    case 'all':
      return () => true;
  }
}

/** The place of a history that begins in the middle: behind the parent of its first event. */
function* placeBehindParent(log: LogSnapshot, [first]: readonly SessionEvent[]): SlicedWork<number> {
  const parentId = readString(first, 'parentId') ?? '';
  let place = 0;
  yield* inSteps(log.ids.has(parentId) ? log.length : 0, (index) => {
    if (eventAt(log.events, index).id === parentId) {
      place = index + 1;
    }
  });
  return place;
}

/**
 * All ids of the history, with their places in the log.
 * @param isInHistory set to 1 at those places
 */
function* placesById(
  log: LogSnapshot,
  history: readonly SessionEvent[],
  isInHistory: Uint8Array,
): SlicedWork<Map<string, number>> {
  const places = new Map<string, number>();
  yield* inSteps(history.length, (index) => {
    const event = eventAt(history, index);
    if (hasId(event)) {
      places.set(event.id, UNKNOWN);
    }
  });
  // An empty answer in the middle of a burst must not cost a pass over the log.
  yield* inSteps(places.size > 0 ? log.length : 0, (index) => {
    const { id } = eventAt(log.events, index);
    if (places.has(id)) {
      places.set(id, index);
      isInHistory[index] = 1;
    }
  });
  return places;
}

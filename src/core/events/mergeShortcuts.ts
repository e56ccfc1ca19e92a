import type { SessionEvent } from '@github/copilot-sdk';
import { eventAt } from './eventAt';
import { readString } from '../common/json';
import { hasId, type EventIds } from './eventIds';
import { inSteps, type SlicedWork } from '../common/timeSlices';
import type { LogSnapshot, MergePlan } from './mergeTypes';

/** A transcript that is read first is taken as it is: there is nothing to compare it with, and no gap to be found. */
export function* planFirst(
  { ids }: LogSnapshot,
  history: readonly SessionEvent[],
  isSuperseded: (event: SessionEvent) => boolean,
): SlicedWork<MergePlan> {
  const known = new Set<string>();
  const added: SessionEvent[] = [];
  const identities: number[] = [];
  const places: number[] = [];
  yield* inSteps(history.length, (index) => {
    const event = eventAt(history, index);
    const isKnown = hasId(event) && (known.has(event.id) || ids.has(event.id));
    if (hasId(event)) {
      known.add(event.id);
    }
    if (!isKnown && !isSuperseded(event)) {
      added.push(event);
      identities.push(Number.NaN);
      places.push(0);
    }
  });
  return { added, identities, places, aliases: [], gaps: [], refuted: undefined, hasId: (id) => known.has(id) };
}

/**
 * All of it is known by its ids, and some under ids of this connection's that only a history can have told: it was
 * compared before, and whatever was missing in it was noted then.
 */
export function* isReadAgain(ids: EventIds, history: readonly SessionEvent[]): SlicedWork<boolean> {
  const found = { isStrange: false, isCompared: false };
  yield* inSteps(history.length, (index) => {
    if (found.isStrange) {
      return;
    }
    const event = eventAt(history, index);
    found.isStrange = !hasId(event) || !ids.has(event.id) || !isParentKnown(history, index, ids);
    found.isCompared ||= ids.isAlias(event.id);
  });
  return found.isCompared && !found.isStrange;
}

function isParentKnown(history: readonly SessionEvent[], index: number, ids: EventIds): boolean {
  const parentId = readString(history[index], 'parentId') ?? '';
  return parentId === '' || parentId === history[index - 1]?.id || ids.has(parentId);
}

import type { SessionEvent } from '@github/copilot-sdk';
import { eventAt } from '../events/eventAt';
import { hasId, type EventIds } from '../events/eventIds';
import { sentParentOf } from './mergeJoints';
import { inSteps, type SlicedWork } from '../common/timeSlices';
import type { LogSnapshot, MergePlan } from './mergeTypes';

/** Plans the merge into an empty log: a transcript is taken as it is, without a comparison and without gaps. */
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
 * Whether this history was merged before: all ids are known, and some are ids of this connection that only a history can
 * have added. Gaps in it were noted then.
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
  const parentId = sentParentOf(eventAt(history, index));
  return parentId === '' || parentId === history[index - 1]?.id || ids.has(parentId);
}

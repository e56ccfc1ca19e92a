import type { SessionEvent } from '@github/copilot-sdk';
import { eventAt } from './eventAt';
import { type EventIds, IdsToBe } from './eventIds';
import { planMerge } from './mergePlan';
import { EARLIER, StoredEvents } from './storedEvents';
import { inSteps, type SlicedWork } from '../common/timeSlices';
import type { LogSnapshot, MergeOptions, MergePlan } from './mergeTypes';

/** The log that a history is to be merged into. */
export interface MergeTarget {
  readonly stored: StoredEvents;
  readonly ids: EventIds;
  /** The connection of the history. */
  readonly connection: number;
  /** How often the indices of the log's events have changed. */
  readonly moves: number;
  readonly isRead: boolean;
  readonly isSuperseded: (event: SessionEvent) => boolean;
}

/** The log after the merge. */
export interface PreparedMerge {
  readonly plan: MergePlan;
  readonly isHistory: boolean;
  readonly ids: IdsToBe;
  readonly moves: number;
  /** How many of the log's own events are in it. */
  taken: number;
  readonly stored: StoredEvents;
}

/** Does all of a merge that takes long, and changes nothing. */
export function* prepareMerge(
  target: MergeTarget,
  history: readonly SessionEvent[],
  options: MergeOptions,
): SlicedWork<PreparedMerge> {
  const { stored, connection, moves, isRead, isSuperseded } = target;
  const snapshot: LogSnapshot = {
    events: stored.all,
    length: stored.length,
    ids: target.ids,
    identity: (index) => stored.identityOf(index),
    isEarlier: (index) => stored.originOf(index) < connection,
  };
  const plan = yield* planMerge(snapshot, history, { ...options, isRead, isSuperseded });
  const { recognised = 'none', isHistory = false } = options;
  // In a transcript, and in what a runtime tells before it is asked, may be events of other connections.
  const origin = isHistory || recognised === 'none' ? connection : EARLIER;
  const ids = new IdsToBe();
  const prepared: PreparedMerge = { plan, isHistory, ids, moves, taken: 0, stored: new StoredEvents() };
  yield* inSteps(plan.aliases.length, (index) => {
    const id = plan.aliases[index] ?? '';
    // It is known when the history is read again over the same connection.
    if (!target.ids.has(id)) {
      ids.aliases.add(id);
    }
  });
  yield* inSteps(plan.added.length, (index) => ids.add(eventAt(plan.added, index)));
  yield* inSteps(plan.added.length > 0 ? snapshot.length + plan.added.length : 0, () => {
    const next = prepared.stored.length - prepared.taken;
    const place = plan.places[next];
    if (place === undefined || prepared.taken < place) {
      prepared.stored.pushFrom(stored, prepared.taken++);
    } else {
      prepared.stored.push(eventAt(plan.added, next), plan.identities[next] ?? Number.NaN, origin);
    }
  });
  return prepared;
}

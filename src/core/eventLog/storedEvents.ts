import type { SessionEvent } from '@github/copilot-sdk';
import { eventAt } from '../events/eventAt';
import { identityHash } from '../events/eventIdentity';
import { type EventIds, IdsToBe } from '../events/eventIds';
import { planMerge } from './mergePlan';
import { inSteps, type SlicedWork } from '../common/timeSlices';
import type { LogSnapshot, MergeOptions, MergePlan } from './mergeTypes';

/** Origin of events of earlier or unknown connections. */
export const EARLIER = 0;

export interface Removal {
  /** Where the events stood; ascending. */
  readonly indices: readonly number[];
  /** For each event, the one behind which it stood. */
  readonly removed: ReadonlyMap<SessionEvent, SessionEvent | undefined>;
}

/** Events in their order, each with its identity hash and its origin, the connection over which it came. */
export class StoredEvents {
  readonly all: SessionEvent[] = [];
  /** By index; `NaN` until it is needed. */
  private readonly identities: number[] = [];
  /** By index. */
  private readonly origins: number[] = [];

  get length(): number {
    return this.all.length;
  }

  /** @param identity `NaN` if it is not computed */
  push(event: SessionEvent, identity: number, origin: number): void {
    this.all.push(event);
    this.identities.push(identity);
    this.origins.push(origin);
  }

  /** Appends the event of `other` at `index`. */
  pushFrom(other: StoredEvents, index: number): void {
    this.push(eventAt(other.all, index), other.identities[index] ?? Number.NaN, other.originOf(index));
  }

  identityOf(index: number): number {
    let identity = this.identities[index] ?? Number.NaN;
    if (Number.isNaN(identity)) {
      identity = identityHash(eventAt(this.all, index));
      this.identities[index] = identity;
    }
    return identity;
  }

  originOf(index: number): number {
    return this.origins[index] ?? EARLIER;
  }

  /** Makes the last events that came over `connection` events of an earlier one. */
  makeEarlier(connection: number): void {
    for (let index = this.length - 1; index >= 0 && this.origins[index] === connection; index--) {
      this.origins[index] = EARLIER;
    }
  }

  /** @param gone are searched for from the end */
  remove(gone: ReadonlySet<SessionEvent>): Removal {
    const indices: number[] = [];
    for (let index = this.length - 1; index >= 0 && indices.length < gone.size; index--) {
      if (gone.has(eventAt(this.all, index))) {
        indices.push(index);
      }
    }
    indices.reverse();
    const [first = this.length] = indices;
    const removed = new Map<SessionEvent, SessionEvent | undefined>();
    let end = first;
    for (let index = first; index < this.length; index++) {
      const event = eventAt(this.all, index);
      if (gone.has(event)) {
        removed.set(event, this.all[end - 1]);
        continue;
      }
      this.all[end] = event;
      this.identities[end] = this.identities[index] ?? Number.NaN;
      this.origins[end] = this.originOf(index);
      end++;
    }
    this.all.length = this.identities.length = this.origins.length = end;
    return { indices, removed };
  }
}

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

/** The events after the merge. */
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

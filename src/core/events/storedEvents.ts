import type { SessionEvent } from '@github/copilot-sdk';
import { eventAt } from './eventAt';
import { identityHash } from './eventIdentity';

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

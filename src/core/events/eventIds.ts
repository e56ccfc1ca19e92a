import type { SessionEvent } from '@github/copilot-sdk';
import { RecentSet } from '../common/bounded';

/** How many ids of ephemeral events are remembered at least; twice as many at most. */
const EPHEMERAL_IDS = 10_000;

/** A larger set of ids is not copied into another, which would take long, but kept beside it. */
const ADDED_ONE_BY_ONE = 512;

/** Ids that are collected in slices, and added in one step. */
export class IdsToBe {
  readonly lasting = new Set<string>();
  readonly ephemeral = new Set<string>();
  readonly aliases = new Set<string>();

  add(event: SessionEvent): void {
    if (hasId(event)) {
      (event.ephemeral === true ? this.ephemeral : this.lasting).add(event.id);
    }
  }
}

/** The ids under which the events of a log are known. */
export class EventIds {
  /** Ids of events that a history may have. */
  private readonly lasting = new IdSets();
  /** Ids of the current connection for events that are known under other ids. */
  private aliases = new IdSets();
  /** Ids of ephemeral events, which are in no history. A runtime may send one several times: only the last ones matter. */
  private readonly ephemeral = new RecentSet<string>(EPHEMERAL_IDS);

  has(id: string): boolean {
    return this.lasting.has(id) || this.aliases.has(id) || this.ephemeral.has(id);
  }

  /** Whether it is the id of an event that is known under another one, from an earlier connection. */
  isAlias(id: string): boolean {
    return this.aliases.has(id);
  }

  /** The ids of another connection mean nothing in this one. */
  beginConnection(): void {
    this.aliases = new IdSets();
  }

  /** @returns false if the id is known already; an event without an id is always new */
  add(event: SessionEvent): boolean {
    if (!hasId(event)) {
      return true;
    }
    if (this.has(event.id)) {
      return false;
    }
    if (event.ephemeral !== true) {
      this.lasting.add(event.id);
      return true;
    }
    this.ephemeral.add(event.id);
    return true;
  }

  /** Adds ids, none of which may be known yet. @param isCurrent whether they are of the current connection */
  join({ lasting, ephemeral, aliases }: IdsToBe, isCurrent: boolean): void {
    this.lasting.join(lasting);
    ephemeral.forEach((id) => this.ephemeral.add(id));
    if (isCurrent) {
      this.aliases.join(aliases);
    }
  }
}

/** A set to which large sets are added in one step. */
class IdSets {
  private readonly parts: Set<string>[] = [new Set()];

  has(id: string): boolean {
    for (const part of this.parts) {
      if (part.has(id)) {
        return true;
      }
    }
    return false;
  }

  add(id: string): void {
    this.parts[0]?.add(id);
  }

  /** Takes over the set. */
  join(ids: Set<string>): void {
    if (ids.size > ADDED_ONE_BY_ONE) {
      this.parts.push(ids);
    } else {
      ids.forEach((id) => this.add(id));
    }
  }
}

export function hasId(event: SessionEvent): boolean {
  return typeof event.id === 'string' && event.id !== '';
}

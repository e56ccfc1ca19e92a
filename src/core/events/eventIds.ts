import type { SessionEvent } from '@github/copilot-sdk';
import { RecentSet } from '../common/bounded';

/** How many ids of ephemeral events are remembered at least; twice as many at most. */
const EPHEMERAL_IDS = 10_000;

/** More ids than these are not put into another set, which would take long: their own set is kept beside it. */
const ADDED_ONE_BY_ONE = 512;

/** Ids that are collected in slices, to be known in one step. */
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
  /** Of events that a history may have. */
  private readonly lasting = new IdSets();
  /** Ids that the connection there is now has for events that are known under other ids. */
  private aliases = new IdSets();
  /** Ephemeral events are in no history, and a runtime may tell one several times: only the last ones matter. */
  private readonly ephemeral = new RecentSet<string>(EPHEMERAL_IDS);

  has(id: string): boolean {
    return this.lasting.has(id) || this.aliases.has(id) || this.ephemeral.has(id);
  }

  /** Is it the id of an event that is known under another one, from an earlier connection? */
  isAlias(id: string): boolean {
    return this.aliases.has(id);
  }

  /** The ids of another connection mean nothing in this one. */
  beginConnection(): void {
    this.aliases = new IdSets();
  }

  /** @returns false if it is known already; an event without an id is always new */
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

  /** None of them may be known yet. @param isCurrent they are of the connection that there is now */
  join({ lasting, ephemeral, aliases }: IdsToBe, isCurrent: boolean): void {
    this.lasting.join(lasting);
    ephemeral.forEach((id) => this.ephemeral.add(id));
    if (isCurrent) {
      this.aliases.join(aliases);
    }
  }
}

/** A set, of which large parts are added in one step. */
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

  /** The set is this one's from now on. */
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

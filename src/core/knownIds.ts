import type { SessionEvent } from '@github/copilot-sdk';

/** How many ids of ephemeral events are remembered at least; twice as many at most. */
const EPHEMERAL_IDS = 10_000;

/** The ids under which the events of a log are known. */
export class KnownIds {
  /** Of events that a history may have. */
  private readonly lasting = new Set<string>();
  /** Ids that the connection there is now has for events that are known under other ids. */
  private aliases = new Set<string>();
  /** Ephemeral events are in no history, and a runtime may tell one several times: only the last ones matter. */
  private recent = new Set<string>();
  private older = new Set<string>();

  has(id: string): boolean {
    return this.lasting.has(id) || this.aliases.has(id) || this.recent.has(id) || this.older.has(id);
  }

  /** The ids of another connection mean nothing in this one. */
  beginConnection(): void {
    this.aliases = new Set();
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
    this.recent.add(event.id);
    if (this.recent.size >= EPHEMERAL_IDS) {
      this.older = this.recent;
      this.recent = new Set();
    }
    return true;
  }

  addAlias(id: string): void {
    if (!this.has(id)) {
      this.aliases.add(id);
    }
  }
}

export function hasId(event: SessionEvent): boolean {
  return typeof event.id === 'string' && event.id !== '';
}

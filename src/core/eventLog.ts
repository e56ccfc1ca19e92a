import type { SessionEvent } from '@github/copilot-sdk';
import type { Disposable } from 'vscode-jsonrpc/node';
import { matchByIdentity } from './eventIdentity';

export type EventListener = (event: SessionEvent) => void;

interface Registration {
  readonly listener: EventListener;
  /** Index of the next event that it is to be given. */
  next: number;
  active: boolean;
}

export interface MergeResult {
  /** Events that had not been seen, in their order. */
  readonly added: readonly SessionEvent[];
  /** True if any of them belongs before an event that listeners have been given already. */
  readonly reordered: boolean;
}

/**
 * All events of one session, each once, in the session's order.
 *
 * Two sources fill it: notifications as they come, and `session.getMessages`, which repairs what the notifications
 * lacked. Both use the same event ids (measured on 1.0.55 and 1.0.102), so an id that is known is not added again.
 */
export class EventLog {
  private events: SessionEvent[] = [];
  private readonly ids = new Set<string>();
  private readonly listeners = new Set<Registration>();
  private delivering = false;
  private rewriteCount = 0;
  /** How many of the events are of an earlier connection, or may be: they stand first. */
  private earlier = 0;

  constructor(private readonly onListenerError: (error: unknown) => void) {}

  get all(): readonly SessionEvent[] {
    return this.events;
  }

  /** How often something came to stand before the end: what was derived from `all` until then is to be derived anew. */
  get rewrites(): number {
    return this.rewriteCount;
  }

  has(id: string): boolean {
    return this.ids.has(id);
  }

  /** What is known until now has the ids of another connection than what follows. */
  beginConnection(): void {
    this.earlier = this.events.length;
  }

  /** Adds an event that has just arrived; `false` if its id is known already. */
  append(event: SessionEvent): boolean {
    if (!this.remember(event)) {
      return false;
    }
    this.events.push(event);
    this.deliver();
    return true;
  }

  /**
   * Adds those of `history` that are not known, each behind the event that it follows in `history`. Events that
   * `history` lacks (ephemeral ones) keep their places. Listeners are given the added ones, in their order.
   *
   * @param recognised whose ids are those of another connection, and are known by what they say: nothing's; what came
   * over earlier connections; or all that is known. What came over this one is not to be among them where `history` is
   * this connection's: one that was written before it arrived has none of it, only what is like it.
   */
  merge(history: readonly SessionEvent[], recognised: 'none' | 'earlier' | 'all' = 'none'): MergeResult {
    const known = this.placesOf(history);
    const same =
      recognised === 'none'
        ? undefined
        : matchByIdentity(recognised === 'all' ? this.events : this.events.slice(0, this.earlier), history);
    const added: SessionEvent[] = [];
    /** For each added event, the index of the event that it stands before; ascending. */
    const places: number[] = [];
    let position = 0;
    for (const event of history) {
      const index = (hasId(event) ? known.get(event.id) : undefined) ?? same?.get(event);
      if (index !== undefined) {
        // Under this id, too, it is known from now on.
        this.remember(event);
        position = Math.max(position, index + 1);
      } else if (hasId(event) && this.remember(event)) {
        places.push(position);
        added.push(event);
      }
    }
    if (added.length === 0) {
      return { added, reordered: false };
    }
    const reordered = (places[0] ?? 0) < this.events.length;
    if (reordered) {
      this.rewriteCount++;
    }
    this.events = interleave(this.events, added, places);
    this.earlier += places.filter((place) => place < this.earlier).length;
    this.deliverPassed(added, places);
    return { added, reordered };
  }

  /** Where those of `history` stand whose ids are known. */
  private placesOf(history: readonly SessionEvent[]): ReadonlyMap<string, number> {
    const places = new Map<string, number>();
    const wanted = new Set(history.map(({ id }) => id));
    // The answer may come in the middle of a burst, with nothing in it: then the burst is not gone through.
    if (wanted.size > 0) {
      this.events.forEach((event, index) => {
        if (hasId(event) && wanted.has(event.id)) {
          places.set(event.id, index);
        }
      });
    }
    return places;
  }

  /** The listener is first given every event so far, in order, then each new one. */
  listen(listener: EventListener): Disposable {
    const registration: Registration = { listener, next: 0, active: true };
    this.listeners.add(registration);
    if (this.delivering) {
      this.catchUp(registration);
    } else {
      this.deliver();
    }
    return {
      dispose: () => {
        registration.active = false;
        this.listeners.delete(registration);
      },
    };
  }

  /** An event that a listener causes while it is being called waits its turn. */
  private deliver(): void {
    if (this.delivering) {
      return;
    }
    this.delivering = true;
    let delivered: number;
    do {
      delivered = this.events.length;
      for (const registration of this.listeners) {
        this.catchUp(registration);
      }
    } while (this.events.length > delivered);
    this.delivering = false;
  }

  /** What came to stand before the place that a listener has reached is given to it first, the rest in its turn. */
  private deliverPassed(added: readonly SessionEvent[], places: readonly number[]): void {
    const nested = this.delivering;
    this.delivering = true;
    for (const registration of [...this.listeners]) {
      const ahead = places.findIndex((place) => place >= registration.next);
      const passed = ahead < 0 ? added : added.slice(0, ahead);
      registration.next += passed.length;
      for (const event of passed) {
        if (registration.active) {
          this.call(registration.listener, event);
        }
      }
    }
    this.delivering = nested;
    this.deliver();
  }

  private catchUp(registration: Registration): void {
    while (registration.next < this.events.length && registration.active) {
      const event = this.events[registration.next++];
      if (event !== undefined) {
        this.call(registration.listener, event);
      }
    }
  }

  private call(listener: EventListener, event: SessionEvent): void {
    try {
      listener(event);
    } catch (error) {
      this.onListenerError(error);
    }
  }

  /**
   * False if the event is known already. Ephemeral ones come once and are in no history, and those without an id
   * cannot be told apart: there is nothing to remember of either.
   */
  private remember(event: SessionEvent): boolean {
    if (event.ephemeral === true || !hasId(event)) {
      return true;
    }
    if (this.ids.has(event.id)) {
      return false;
    }
    this.ids.add(event.id);
    return true;
  }
}

function hasId(event: SessionEvent): boolean {
  return typeof event.id === 'string' && event.id !== '';
}

/** `added[i]` comes to stand before `events[places[i]]`. Loops, as a history may be longer than an argument list. */
function interleave(
  events: readonly SessionEvent[],
  added: readonly SessionEvent[],
  places: readonly number[],
): SessionEvent[] {
  const merged: SessionEvent[] = [];
  let taken = 0;
  added.forEach((event, index) => {
    for (const place = places[index] ?? 0; taken < place; taken++) {
      const before = events[taken];
      if (before !== undefined) {
        merged.push(before);
      }
    }
    merged.push(event);
  });
  for (const event of events.slice(taken)) {
    merged.push(event);
  }
  return merged;
}

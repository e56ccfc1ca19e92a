import type { SessionEvent } from '@github/copilot-sdk';
import type { Disposable } from 'vscode-jsonrpc/node';

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

  constructor(private readonly onListenerError: (error: unknown) => void) {}

  get all(): readonly SessionEvent[] {
    return this.events;
  }

  has(id: string): boolean {
    return this.ids.has(id);
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
   */
  merge(history: readonly SessionEvent[]): MergeResult {
    const known = new Map<string, number>();
    this.events.forEach((event, index) => {
      if (hasId(event)) {
        known.set(event.id, index);
      }
    });
    const insertions = new Map<number, SessionEvent[]>();
    const added: SessionEvent[] = [];
    let position = 0;
    for (const event of history) {
      const index = hasId(event) ? known.get(event.id) : undefined;
      if (index !== undefined) {
        position = Math.max(position, index + 1);
      } else if (hasId(event) && this.remember(event)) {
        const at = insertions.get(position);
        if (at === undefined) {
          insertions.set(position, [event]);
        } else {
          at.push(event);
        }
        added.push(event);
      }
    }
    if (added.length === 0) {
      return { added, reordered: false };
    }
    const reordered = [...insertions.keys()].some((at) => at < this.events.length);
    const merged: SessionEvent[] = [];
    for (let index = 0; index <= this.events.length; index++) {
      merged.push(...(insertions.get(index) ?? []));
      const event = this.events[index];
      if (event !== undefined) {
        merged.push(event);
      }
    }
    this.events = merged;
    if (reordered) {
      // Listeners are beyond those places: they get the added events now, and go on at the end.
      const listeners = [...this.listeners];
      for (const registration of listeners) {
        registration.next = merged.length;
      }
      for (const registration of listeners) {
        for (const event of added) {
          this.call(registration.listener, event);
        }
      }
    } else {
      this.deliver();
    }
    return { added, reordered };
  }

  /** The listener is first given every event so far, in order, then each new one. */
  listen(listener: EventListener): Disposable {
    const registration: Registration = { listener, next: 0, active: true };
    this.listeners.add(registration);
    this.catchUp(registration);
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

import type { SessionEvent } from '@github/copilot-sdk';
import { eventAt } from './eventAt';
import type { Disposable } from 'vscode-jsonrpc/node';
import type { SlicedWork } from '../common/timeSlices';

export type EventListener = (event: SessionEvent) => void;

interface Registration {
  readonly listener: EventListener;
  /** Index of the next event to deliver. */
  next: number;
  active: boolean;
}

/** Up to this many events are delivered without a pause, so that nothing else happens in between. */
export const CALLS_AT_ONCE = 2_500;
const CALLS_PER_STEP = 64;

/** The listeners of a log: each gets every event once, in the order in which they were added to the log. */
export class Listeners {
  private readonly registrations = new Set<Registration>();
  private isDelivering = false;

  constructor(
    private readonly events: () => readonly SessionEvent[],
    private readonly onError: (error: unknown) => void,
  ) {}

  /** Adds a listener. It first gets every event so far, in order, then each new one. */
  add(listener: EventListener): Disposable {
    const registration: Registration = { listener, next: 0, active: true };
    this.registrations.add(registration);
    if (this.isDelivering) {
      this.catchUpAtOnce(registration);
    } else {
      this.deliver();
    }
    return {
      dispose: () => {
        registration.active = false;
        this.registrations.delete(registration);
      },
    };
  }

  /** Delivers what has been appended. An event that a listener causes during its call is delivered after it. */
  deliver(): void {
    if (this.isDelivering) {
      return;
    }
    this.isDelivering = true;
    try {
      do {
        for (const registration of this.registrations) {
          this.catchUpAtOnce(registration);
        }
      } while (this.isAnyBehind());
    } finally {
      this.isDelivering = false;
    }
  }

  /**
   * Delivers what was inserted into the log. What stands before the place that a listener has reached is delivered first,
   * the rest in its turn.
   *
   * @param places for each added event, the index of the event that it stood before when it was added; ascending
   */
  *delivering(added: readonly SessionEvent[], places: readonly number[]): SlicedWork<void> {
    const isNested = this.isDelivering;
    const pauses = added.length > CALLS_AT_ONCE;
    this.isDelivering = true;
    try {
      // For all listeners before the first is called, because the places are those in the log as it was.
      const passed = [...this.registrations].map((registration) => {
        const ahead = places.findIndex((place) => place >= registration.next);
        const count = ahead < 0 ? added.length : ahead;
        registration.next += count;
        return [registration, count] as const;
      });
      for (const [registration, count] of passed) {
        for (let index = 0; index < count && registration.active; index++) {
          if (pauses && index % CALLS_PER_STEP === 0) {
            yield;
          }
          this.call(registration.listener, eventAt(added, index));
        }
      }
      while (!isNested && this.isAnyBehind()) {
        for (const registration of this.registrations) {
          if (pauses) {
            yield* this.catchUp(registration);
          } else {
            this.catchUpAtOnce(registration);
          }
        }
      }
    } finally {
      this.isDelivering = isNested;
    }
  }

  /** Events were removed from the log. @param indices ascending */
  onDidRemove(indices: readonly number[]): void {
    for (const registration of this.registrations) {
      registration.next -= countBelow(indices, registration.next);
    }
  }

  dispose(): void {
    for (const registration of this.registrations) {
      registration.active = false;
    }
    this.registrations.clear();
  }

  private isAnyBehind(): boolean {
    const { length } = this.events();
    for (const { next } of this.registrations) {
      if (next < length) {
        return true;
      }
    }
    return false;
  }

  private catchUpAtOnce(registration: Registration): void {
    while (registration.active && this.giveNext(registration)) {
      // Until none is left.
    }
  }

  private *catchUp(registration: Registration): SlicedWork<void> {
    for (let call = 1; registration.active && this.giveNext(registration); call++) {
      if (call % CALLS_PER_STEP === 0) {
        yield;
      }
    }
  }

  /** @returns false if there is none */
  private giveNext(registration: Registration): boolean {
    const event = this.events()[registration.next];
    if (event === undefined) {
      return false;
    }
    registration.next++;
    this.call(registration.listener, event);
    return true;
  }

  private call(listener: EventListener, event: SessionEvent): void {
    try {
      listener(event);
    } catch (error) {
      this.onError(error);
    }
  }
}

/** @param indices ascending */
export function countBelow(indices: readonly number[], end: number): number {
  const count = indices.findIndex((index) => index >= end);
  return count < 0 ? indices.length : count;
}

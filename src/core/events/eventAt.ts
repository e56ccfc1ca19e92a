import type { SessionEvent } from '@github/copilot-sdk';

/** The event at an index of the list. @throws `RangeError` for other indices */
export function eventAt(events: readonly SessionEvent[], index: number): SessionEvent {
  const event = events[index];
  if (event === undefined) {
    // eslint-disable-next-line texts/localized -- a fault of this code, for the log
    throw new RangeError(`No event ${index} among ${events.length}`);
  }
  return event;
}

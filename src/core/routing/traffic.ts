import type { InboundRequest } from '../rpc/inboundRequest';

export interface InboundNotification {
  readonly method: string;
  readonly params: Readonly<Record<string, unknown>>;
}

/** One message for a session, in the order of arrival. */
export type InboundItem =
  | { readonly kind: 'event' | 'notification'; readonly notification: InboundNotification }
  | { readonly kind: 'request'; readonly request: InboundRequest };

/** What was held for an id when it was registered, and what was dropped of it. */
export interface HeldTraffic {
  /** First to last. Requests that were answered in the meantime (timeout, cancellation) are not among them. */
  readonly items: readonly InboundItem[];
  /** Notifications that were dropped because a limit was reached. */
  readonly dropped: number;
  /** The ids of dropped events, to be searched in the session's history; `undefined` for an event without one. */
  readonly droppedEvents: readonly (string | undefined)[];
  /** Parked requests that were answered with an error because a limit, or their time, was reached. */
  readonly rejected: number;
}

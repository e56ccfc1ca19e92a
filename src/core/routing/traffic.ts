import type { InboundRequest } from '../rpc/inboundRequest';

export interface InboundNotification {
  readonly method: string;
  readonly params: Readonly<Record<string, unknown>>;
}

/** One message for a session, in the order of arrival. */
export type InboundItem =
  | { readonly kind: 'event' | 'notification'; readonly notification: InboundNotification }
  | { readonly kind: 'request'; readonly request: InboundRequest };

/** What was held for an id when it was registered, and what of it was lost on the way. */
export interface HeldTraffic {
  /** First to last. Requests that were answered in the meantime (timeout, cancellation) are not among them. */
  readonly items: readonly InboundItem[];
  /** Notifications that were dropped because a limit was reached. */
  readonly dropped: number;
  /** The ids of the events among them, to be looked for in the session's history; `undefined` for one without. */
  readonly droppedEvents: readonly (string | undefined)[];
  /** Parked requests that were answered with an error because a limit, or their time, was reached. */
  readonly rejected: number;
}

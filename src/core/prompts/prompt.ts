import type { CloudSessionsError } from '../errors/cloudSessionsError';

/**
 * queued: the agent has not started, the session is not connected, or the previous prompt is not answered yet.
 * sending: given to the runtime. sent: the runtime answered with a message id, which proves nothing. delivered: the
 * session's `user.message` was seen. undelivered: sent, and not confirmed in time. failed: refused, or the connection
 * broke before an answer.
 */
export type PromptState = 'queued' | 'sending' | 'sent' | 'delivered' | 'undelivered' | 'failed';

export type SendMode = 'enqueue' | 'immediate';

export interface Prompt {
  /** Unique in this process. */
  readonly id: number;
  readonly text: string;
  readonly mode: SendMode;
  readonly state: PromptState;
  readonly messageId?: string;
  readonly error?: CloudSessionsError;
  /** It may have arrived, though nothing shows it: if it is sent again, the agent may get it twice. */
  readonly uncertain?: boolean;
  /** It has been queued for `STALLED_AFTER_MS`. */
  readonly stalled: boolean;
}

import type { CloudSessionsError } from '../errors/cloudSessionsError';

/**
 * queued: the agent has not started, the session is not connected, or the prompt before it is not answered yet.
 * sending: the runtime has it. sent: the runtime gave it a message id, which proves nothing. delivered: the session's
 * `user.message` was seen. undelivered: sent, and not confirmed in time. failed: refused, or the connection broke before
 * an answer.
 */
export type PromptState = 'queued' | 'sending' | 'sent' | 'delivered' | 'undelivered' | 'failed';

export type SendMode = 'enqueue' | 'immediate';

export interface Prompt {
  /** Unique in this process, whichever outbox has it. */
  readonly id: number;
  readonly text: string;
  readonly mode: SendMode;
  readonly state: PromptState;
  readonly messageId?: string;
  readonly error?: CloudSessionsError;
  /** It may have arrived, though nothing shows it: sent again, the agent may get it twice. */
  readonly uncertain?: boolean;
  /** True once it has been queued for `STALLED_AFTER_MS`. */
  readonly stalled: boolean;
}

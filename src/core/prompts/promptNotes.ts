import type { Prompt } from './prompt';

export interface PromptNote {
  readonly level: 'info' | 'warning' | 'error';
  readonly text: string;
}

/**
 * What a queued prompt waits for: the agent's start, what was chosen for the agent (its model), a connection, or the
 * answer to the prompt before it.
 */
export type PromptHold = 'agent' | 'choices' | 'connection' | 'earlier prompt';

/** Why a prompt that has been queued for a minute is still queued, as a sentence. */
export const STALL_REASONS: Readonly<Record<PromptHold, string>> = {
  agent: 'The agent has not started yet.',
  choices: 'The agent has not taken the model that was chosen yet.',
  connection: 'The session is not connected.',
  'earlier prompt': 'The prompt before it has no answer yet.',
};

/** What the log says of a prompt, as far as its own `user.message` does not; `undefined` where there is nothing to say. */
export function noteOfPrompt({ state, stalled, error }: Prompt, hold: PromptHold): PromptNote | undefined {
  switch (state) {
    case 'failed':
      return {
        level: 'error',
        text: `A prompt could not be sent: ${error?.message ?? 'no reason was given'} It is kept, to send again or copy.`,
      };
    case 'undelivered':
      return {
        level: 'warning',
        text:
          error === undefined
            ? 'A prompt was sent, but the session does not show it. It is kept, to send again or copy.'
            : `A prompt is not confirmed. ${error.message} It is kept, to send again or copy.`,
      };
    case 'queued':
      if (stalled) {
        return {
          level: 'warning',
          text: `${STALL_REASONS[hold]} The prompt is still queued, and goes out as soon as that changes.`,
        };
      }
      return hold === 'agent' ? { level: 'info', text: 'A prompt is queued until the agent has started.' } : undefined;
    case 'sending':
    case 'sent':
    case 'delivered':
      return undefined;
  }
}

import type { Prompt } from './outbox';

export interface PromptNote {
  readonly level: 'info' | 'warning' | 'error';
  readonly text: string;
}

/** What the log says of a prompt, as far as its own `user.message` does not; `undefined` where there is nothing to say. */
export function noteOfPrompt({ state, stalled, error }: Prompt, agentStarted: boolean): PromptNote | undefined {
  switch (state) {
    case 'failed':
      return {
        level: 'error',
        text: `A prompt could not be sent: ${error?.message ?? 'no reason was given'} It is kept, to send again or copy.`,
      };
    case 'undelivered':
      return {
        level: 'warning',
        text: 'A prompt was sent, but the session does not show it. It is kept, to send again or copy.',
      };
    case 'queued':
      if (!agentStarted) {
        return stalled
          ? {
              level: 'warning',
              text: 'The agent has not started yet. The prompt is still queued, and goes out as soon as it has.',
            }
          : { level: 'info', text: 'A prompt is queued until the agent has started.' };
      }
      return stalled
        ? {
            level: 'warning',
            text: 'A prompt is still queued: the session is not connected, or the prompt before it has no answer yet.',
          }
        : undefined;
    case 'sending':
    case 'sent':
    case 'delivered':
      return undefined;
  }
}

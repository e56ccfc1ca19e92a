import * as l10n from '@vscode/l10n';
import type { Prompt } from './prompt';

export interface PromptNote {
  readonly level: 'info' | 'warning' | 'error';
  readonly text: string;
}

/**
 * What a queued prompt waits for: the agent's start, the model that was chosen for the agent, a connection, or the answer
 * to the previous prompt.
 */
export type PromptHold = 'agent' | 'choices' | 'connection' | 'earlier prompt';

/** Why a prompt that has been queued for a minute is still queued, as a sentence. */
export const STALL_REASONS: Readonly<Record<PromptHold, string>> = {
  agent: l10n.t('The agent has not started yet.'),
  choices: l10n.t('The agent has not applied the chosen model yet.'),
  connection: l10n.t('The session is not connected.'),
  'earlier prompt': l10n.t('The previous prompt has not been answered yet.'),
};

/** What the session's log says of a prompt beside its own `user.message`; `undefined` for nothing. */
export function noteOfPrompt({ state, stalled, error }: Prompt, hold: PromptHold): PromptNote | undefined {
  switch (state) {
    case 'failed':
      return {
        level: 'error',
        text: kept(
          error === undefined
            ? l10n.t('A prompt could not be sent.')
            : l10n.t('A prompt could not be sent: {0}', error.message),
        ),
      };
    case 'undelivered':
      return {
        level: 'warning',
        text:
          error === undefined
            ? kept(l10n.t('A prompt was sent, but the session does not show it.'))
            : kept(`${l10n.t('A prompt is not confirmed.')} ${error.message}`),
      };
    case 'queued':
      if (stalled) {
        return {
          level: 'warning',
          text: `${STALL_REASONS[hold]} ${l10n.t('The prompt is still queued, and is sent as soon as this changes.')}`,
        };
      }
      return hold === 'agent'
        ? { level: 'info', text: l10n.t('A prompt is queued until the agent has started.') }
        : undefined;
    case 'sending':
    case 'sent':
    case 'delivered':
      return undefined;
  }
}

function kept(whatHappened: string): string {
  return `${whatHappened} ${l10n.t('It is kept: you can send it again or copy it.')}`;
}

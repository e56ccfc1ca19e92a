import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import { STALL_REASONS, type PromptHold } from '../../core/prompts/promptNotes';
import { sanitizeLine } from '../../core/common/sanitize';
import type { SessionRow } from '../../core/store/sessionRow';
import type { SessionStore } from '../../core/store/sessionStore';
import { Command } from '../../manifest';
import { describeError, showMessage, type Action } from '../common/errors';
import { plainLabel } from '../common/plainMessage';
import { toVSCodeDisposable } from '../common/vscodeEvents';
import type { Prompt } from '../../core/prompts/prompt';

const STATE_NAMES: Readonly<Record<Prompt['state'], string>> = {
  queued: l10n.t({ message: 'queued', comment: ['The state of a prompt'] }),
  sending: l10n.t({ message: 'being sent', comment: ['The state of a prompt'] }),
  sent: l10n.t({ message: 'sent, not confirmed yet', comment: ['The state of a prompt'] }),
  delivered: l10n.t({ message: 'delivered', comment: ['The state of a prompt'] }),
  undelivered: l10n.t('sent, but the session does not show it'),
  failed: l10n.t('could not be sent'),
};

/** When a queued prompt is sent. */
const WAITS: Readonly<Record<PromptHold, string>> = {
  agent: l10n.t('It is sent when the agent has started.'),
  choices: l10n.t('It is sent when the agent has taken the model that was chosen.'),
  connection: l10n.t('It is sent when the session is connected.'),
  'earlier prompt': l10n.t('It is sent when the prompt before it is answered.'),
};

/** Lets the user retry, copy or discard an undelivered prompt of a session, which need not be watched. */
export async function choosePrompt(store: SessionStore, row: SessionRow): Promise<void> {
  const prompts = store.outboxOf(row.sessionId ?? row.key)?.pending ?? [];
  const chosen =
    prompts.length === 1
      ? prompts[0]
      : (
          await vscode.window.showQuickPick(
            prompts.map((prompt) => ({
              label: plainLabel(excerpt(prompt)),
              description: STATE_NAMES[prompt.state],
              prompt,
            })),
            {
              title: l10n.t('Undelivered Prompts: {0}', sanitizeLine(row.title)),
              placeHolder: l10n.t('Choose a prompt'),
            },
          )
        )?.prompt;
  if (chosen !== undefined) {
    await offerPrompt(store, row.sessionId ?? row.key, chosen, 'info');
  }
}

/** Notifies once of each prompt that is stalled, failed or is not confirmed, with the actions for it. */
export function watchPrompts(store: SessionStore): vscode.Disposable {
  const notified = new Map<number, string>();
  return toVSCodeDisposable(
    store.onDidChangePrompt(({ sessionId, prompt }) => {
      const trouble = prompt.stalled ? 'stalled' : prompt.state;
      // A discarded prompt is in no outbox.
      if (!['stalled', 'undelivered', 'failed'].includes(trouble) || store.outboxWith(prompt.id) === undefined) {
        notified.delete(prompt.id);
      } else if (notified.get(prompt.id) !== trouble) {
        notified.set(prompt.id, trouble);
        void offerPrompt(store, sessionId, prompt, 'warning');
      }
    }),
  );
}

/**
 * The buttons read the prompt's state again when they are pressed: by then it may be delivered, or its session may no
 * longer be watched.
 */
async function offerPrompt(
  store: SessionStore,
  sessionId: string,
  prompt: Prompt,
  level: 'info' | 'warning',
): Promise<void> {
  const copy: Action = {
    title: l10n.t({ message: 'Copy', comment: ['A button: copies the prompt'] }),
    run: () => vscode.env.clipboard.writeText(prompt.text),
  };
  const discard: Action = {
    title: l10n.t({ message: 'Discard', comment: ['A button: discards the prompt'] }),
    run: () => discardPrompt(store, prompt),
  };
  const retry: Action = { title: l10n.t('Send Again'), run: () => retryPrompt(store, prompt) };
  const again = prompt.state === 'queued' || prompt.state === 'failed' || prompt.state === 'undelivered' ? [retry] : [];
  await showMessage(
    level,
    messageOf(prompt, store.getSession(sessionId)?.promptHold ?? 'connection'),
    ...again,
    copy,
    discard,
  );
}

function discardPrompt(store: SessionStore, prompt: Prompt): void {
  if (store.outboxWith(prompt.id)?.outbox.discard(prompt.id) !== true) {
    notifyGone(prompt);
  }
}

/** A prompt that was sent without confirmation may have arrived: the user decides whether to send it twice. */
async function retryPrompt(store: SessionStore, { id, text }: Prompt): Promise<void> {
  const now = store.outboxWith(id)?.outbox.pending.find((prompt) => prompt.id === id);
  if (now?.uncertain === true) {
    const sendAgain = l10n.t('Send Again');
    const answer = await vscode.window.showWarningMessage(
      l10n.t('Send this prompt again?'),
      { modal: true, detail: l10n.t('It was sent once. If the agent has received it, the agent will get it twice.') },
      sendAgain,
    );
    if (answer !== sendAgain) {
      return;
    }
  }
  const place = store.outboxWith(id);
  if (place?.outbox.retry(id) !== true) {
    const state = place?.outbox.pending.find((prompt) => prompt.id === id)?.state;
    notifyGone({ text }, state);
    return;
  }
  if (store.getSession(place.sessionId) === undefined) {
    // It is queued and sent once its session is watched.
    await vscode.commands.executeCommand(Command.connect, place.sessionId);
  }
}

/** @param state the state that does not allow what the user asked for; `undefined` if the prompt is gone */
function notifyGone({ text }: Pick<Prompt, 'text'>, state?: Prompt['state']): void {
  const message =
    state === undefined
      ? l10n.t('The prompt “{0}” was delivered or discarded meanwhile.', excerpt({ text }))
      : stateText(excerpt({ text }), state);
  void showMessage('info', message);
}

function messageOf(prompt: Prompt, hold: PromptHold): string {
  const text = excerpt(prompt);
  const { state, error } = prompt;
  switch (state) {
    case 'failed':
      return error === undefined ? stateText(text, state) : `${stateText(text, state)} ${describeError(error)}`;
    case 'undelivered':
      return error === undefined
        ? stateText(text, state)
        : `${l10n.t('The prompt “{0}” is not confirmed.', text)} ${describeError(error)}`;
    case 'queued':
      return prompt.stalled
        ? `${STALL_REASONS[hold]} ${l10n.t('The prompt “{0}” is still queued after a minute.', text)}`
        : `${stateText(text, state)} ${WAITS[hold]}`;
    case 'sending':
    case 'sent':
    case 'delivered':
      return stateText(text, state);
  }
}

function stateText(text: string, state: Prompt['state']): string {
  switch (state) {
    case 'queued':
      return l10n.t('The prompt “{0}” is queued.', text);
    case 'sending':
      return l10n.t('The prompt “{0}” is being sent.', text);
    case 'sent':
      return l10n.t('The prompt “{0}” was sent and is not confirmed yet.', text);
    case 'delivered':
      return l10n.t('The prompt “{0}” was delivered.', text);
    case 'undelivered':
      return l10n.t('The prompt “{0}” was sent, but the session does not show it.', text);
    case 'failed':
      return l10n.t('The prompt “{0}” could not be sent.', text);
  }
}

function excerpt({ text }: Pick<Prompt, 'text'>): string {
  const line = sanitizeLine(text);
  return line.length > 60 ? `${line.slice(0, 59)}…` : line;
}

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

const STATE_WORDS: Readonly<Record<Prompt['state'], string>> = {
  queued: 'queued',
  sending: 'being sent',
  sent: 'sent, not confirmed yet',
  delivered: 'delivered',
  undelivered: 'sent, but the session does not show it',
  failed: 'could not be sent',
};

const WAITS: Readonly<Record<PromptHold, string>> = {
  agent: 'It goes out when the agent has started.',
  choices: 'It goes out when the agent has taken the model that was chosen.',
  connection: 'It goes out when the session is connected.',
  'earlier prompt': 'It goes out when the prompt before it is answered.',
};

/** Lets the user retry, copy or discard what has not been delivered, of a session that is watched or not. */
export async function choosePrompt(store: SessionStore, row: SessionRow): Promise<void> {
  const prompts = store.outboxOf(row.sessionId ?? row.key)?.pending ?? [];
  const chosen =
    prompts.length === 1
      ? prompts[0]
      : (
          await vscode.window.showQuickPick(
            prompts.map((prompt) => ({
              label: plainLabel(excerpt(prompt)),
              description: STATE_WORDS[prompt.state],
              prompt,
            })),
            { title: `Undelivered Prompts: ${row.title}`, placeHolder: 'Choose a prompt' },
          )
        )?.prompt;
  if (chosen !== undefined) {
    await offerPrompt(store, row.sessionId ?? row.key, chosen, 'info');
  }
}

/** Tells the user of prompts that wait, failed or went unseen: once for each, with what can be done. */
export function watchPrompts(store: SessionStore): vscode.Disposable {
  const told = new Map<number, string>();
  return toVSCodeDisposable(
    store.onDidChangePrompt(({ sessionId, prompt }) => {
      const trouble = prompt.stalled ? 'stalled' : prompt.state;
      // One that was discarded is in no outbox any more.
      if (!['stalled', 'undelivered', 'failed'].includes(trouble) || store.outboxWith(prompt.id) === undefined) {
        told.delete(prompt.id);
      } else if (told.get(prompt.id) !== trouble) {
        told.set(prompt.id, trouble);
        void offerPrompt(store, sessionId, prompt, 'warning');
      }
    }),
  );
}

/**
 * The buttons act on the prompt as it is when they are pressed, which may be long after the message was shown: the
 * prompt may have been delivered meanwhile, or its session may be watched no longer.
 */
async function offerPrompt(
  store: SessionStore,
  sessionId: string,
  prompt: Prompt,
  level: 'info' | 'warning',
): Promise<void> {
  const copy: Action = { title: 'Copy', run: () => vscode.env.clipboard.writeText(prompt.text) };
  const discard: Action = { title: 'Discard', run: () => discardPrompt(store, prompt) };
  const retry: Action = { title: 'Send Again', run: () => retryPrompt(store, prompt) };
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
    sayGone(prompt);
  }
}

/** What was sent and not seen may have arrived all the same: sending it twice is the user's decision. */
async function retryPrompt(store: SessionStore, { id, text }: Prompt): Promise<void> {
  const now = store.outboxWith(id)?.outbox.pending.find((prompt) => prompt.id === id);
  if (now?.uncertain === true) {
    const answer = await vscode.window.showWarningMessage(
      'Send this prompt again?',
      { modal: true, detail: 'It was sent once. If the agent has it after all, it gets it twice.' },
      'Send Again',
    );
    if (answer !== 'Send Again') {
      return;
    }
  }
  const place = store.outboxWith(id);
  if (place?.outbox.retry(id) !== true) {
    const state = place?.outbox.pending.find((prompt) => prompt.id === id)?.state;
    sayGone({ text }, state);
    return;
  }
  if (store.getSession(place.sessionId) === undefined) {
    // It is queued; it goes out once its session is watched.
    await vscode.commands.executeCommand(Command.connect, place.sessionId);
  }
}

function sayGone({ text }: Pick<Prompt, 'text'>, state?: Prompt['state']): void {
  const what = state === undefined ? 'was delivered or discarded meanwhile' : `is ${STATE_WORDS[state]}`;
  void showMessage('info', `The prompt “${excerpt({ text })}” ${what}.`);
}

function messageOf(prompt: Prompt, hold: PromptHold): string {
  const text = excerpt(prompt);
  switch (prompt.state) {
    case 'failed':
      return `The prompt “${text}” could not be sent. ${prompt.error === undefined ? '' : describeError(prompt.error)}`.trim();
    case 'undelivered':
      return prompt.error === undefined
        ? `The prompt “${text}” was sent, but the session does not show it.`
        : `The prompt “${text}” is not confirmed. ${describeError(prompt.error)}`;
    case 'queued':
      return prompt.stalled
        ? `${STALL_REASONS[hold]} The prompt “${text}” is still queued after a minute.`
        : `The prompt “${text}” is queued. ${WAITS[hold]}`;
    case 'sending':
    case 'sent':
    case 'delivered':
      return `The prompt “${text}” is ${STATE_WORDS[prompt.state]}.`;
  }
}

function excerpt({ text }: Pick<Prompt, 'text'>): string {
  const line = sanitizeLine(text);
  return line.length > 60 ? `${line.slice(0, 59)}…` : line;
}

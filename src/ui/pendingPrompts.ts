import * as vscode from 'vscode';
import type { Prompt } from '../core/outbox';
import { sanitizeLine } from '../core/sanitize';
import type { CloudSession } from '../core/session';
import type { SessionRow } from '../core/sessionRow';
import { describeError, showMessage, type Action } from './errors';
import { plainLabel } from './plainMessage';

const STATE_WORDS: Readonly<Record<Prompt['state'], string>> = {
  queued: 'queued until the agent has started',
  sending: 'being sent',
  sent: 'sent, not confirmed yet',
  delivered: 'delivered',
  undelivered: 'sent, but the session does not show it',
  failed: 'could not be sent',
};

/** Lets the user retry, copy or discard what has not been delivered. */
export async function choosePrompt(row: SessionRow): Promise<void> {
  const session = row.session;
  const prompts = session?.outbox.pending ?? [];
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
  if (session !== undefined && chosen !== undefined) {
    await offerPrompt(session, chosen, 'info');
  }
}

/** Tells the user of prompts that wait, failed or went unseen: once for each, with what can be done. */
export function watchPrompts(session: CloudSession): vscode.Disposable {
  const told = new Map<number, string>();
  return session.outbox.onDidChange((prompt) => {
    const trouble = prompt.stalled ? 'stalled' : prompt.state;
    if (!['stalled', 'undelivered', 'failed'].includes(trouble)) {
      told.delete(prompt.id);
    } else if (told.get(prompt.id) !== trouble) {
      told.set(prompt.id, trouble);
      void offerPrompt(session, prompt, 'warning');
    }
  });
}

async function offerPrompt(session: CloudSession, prompt: Prompt, level: 'info' | 'warning'): Promise<void> {
  const { outbox } = session;
  const copy: Action = { title: 'Copy', run: () => vscode.env.clipboard.writeText(prompt.text) };
  const discard: Action = { title: 'Discard', run: () => outbox.discard(prompt.id) };
  const retry: Action = { title: 'Send Again', run: () => retryPrompt(session, prompt) };
  const again = prompt.state === 'queued' || prompt.state === 'failed' || prompt.state === 'undelivered' ? [retry] : [];
  await showMessage(level, messageOf(prompt), ...again, copy, discard);
}

/** What was sent and not seen may have arrived all the same: sending it twice is the user's decision. */
async function retryPrompt(session: CloudSession, prompt: Prompt): Promise<void> {
  if (prompt.uncertain === true) {
    const answer = await vscode.window.showWarningMessage(
      'Send this prompt again?',
      { modal: true, detail: 'It was sent once. If the agent has it after all, it gets it twice.' },
      'Send Again',
    );
    if (answer !== 'Send Again') {
      return;
    }
  }
  session.outbox.retry(prompt.id);
}

function messageOf(prompt: Prompt): string {
  const text = excerpt(prompt);
  switch (prompt.state) {
    case 'failed':
      return `The prompt “${text}” could not be sent. ${prompt.error === undefined ? '' : describeError(prompt.error)}`.trim();
    case 'undelivered':
      return `The prompt “${text}” was sent, but the session does not show it.`;
    case 'queued':
      return prompt.stalled
        ? `The agent has not started for a minute. The prompt “${text}” is still queued.`
        : `The prompt “${text}” is queued until the agent has started.`;
    case 'sending':
    case 'sent':
    case 'delivered':
      return `The prompt “${text}” is ${STATE_WORDS[prompt.state]}.`;
  }
}

function excerpt({ text }: Prompt): string {
  const line = sanitizeLine(text);
  return line.length > 60 ? `${line.slice(0, 59)}…` : line;
}

import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import { whenSignalled, within } from '../../core/common/async';
import { asCloudSessionsError, CloudSessionsError } from '../../core/errors/cloudSessionsError';
import { sanitizeLine } from '../../core/common/sanitize';
import type { CloudSession } from '../../core/session/session';
import type { SessionRow } from '../../core/store/sessionRow';
import type { SessionStore } from '../../core/store/sessionStore';
import { Command, ContextKey, PROMPT_LANGUAGE } from '../../manifest';
import { namesSession, readComposeArgument } from '../commands/commandArguments';
import { discardDocument } from '../common/documents';
import { showMessage } from '../common/errors';
import type { DocumentTargets } from '../common/documentTargets';
import { never, registerCommand } from '../commands/registerCommand';
import { askMode, logsInView, sessionOfLog } from './sendPrompt';
import { pickRow, rowOfArgument } from '../commands/sessionArgument';
import { toVSCodeDisposable } from '../common/vscodeEvents';
import { isPromptWithBranch } from '../../core/prompts/branchPrompt';
import type { SendMode } from '../../core/prompts/prompt';
import { plainLabel } from '../common/plainMessage';

/** How long the editor waits for a prompt to be sent before it may report it as queued, in milliseconds. */
const QUEUED_MS = 1_000;

export interface PromptEditorsServices {
  readonly store: SessionStore;
  ready(): Promise<void>;
}

/**
 * Editors for prompts of several lines: untitled documents with a language of their own. VS Code restores such documents
 * after a reload; `DocumentTargets` stores their sessions, and a code lens shows them.
 */
export class PromptEditors implements vscode.CodeLensProvider {
  private readonly lenses = new vscode.EventEmitter<void>();
  private readonly sending = new Set<string>();
  readonly onDidChangeCodeLenses = this.lenses.event;

  constructor(
    private readonly services: PromptEditorsServices,
    private readonly targets: DocumentTargets,
  ) {}

  register(): vscode.Disposable {
    const updateContext = (): void =>
      void vscode.commands.executeCommand('setContext', ContextKey.logInView, logsInView().length > 0);
    updateContext();
    return vscode.Disposable.from(
      this.lenses,
      registerCommand(Command.composePrompt, (argument: unknown) => this.compose(argument)),
      registerCommand(
        Command.composeFromLog,
        () => this.compose(sessionOfLog(this.services.store)?.sessionId, true),
        never,
      ),
      registerCommand(Command.sendComposed, (argument: unknown) => this.sendDocument(argument), never),
      vscode.languages.registerCodeLensProvider({ language: PROMPT_LANGUAGE }, this),
      vscode.window.onDidChangeVisibleTextEditors(updateContext),
      vscode.workspace.onDidCloseTextDocument((document) => {
        if (document.languageId === PROMPT_LANGUAGE) {
          void this.targets.delete(document.uri.toString());
        }
      }),
      toVSCodeDisposable(this.services.store.onDidChange(() => this.lenses.fire())),
    );
  }

  /** @param text the initial text */
  async open(sessionId: string, text = ''): Promise<vscode.TextDocument> {
    const document = await vscode.workspace.openTextDocument({ language: PROMPT_LANGUAGE, content: text });
    // Before the user can type: without a target, the text would have no session after a reload.
    await this.targets.set(document.uri.toString(), sessionId);
    const editor = await vscode.window.showTextDocument(document, { preview: false });
    const end = document.lineAt(document.lineCount - 1).range.end;
    editor.selection = new vscode.Selection(end, end);
    this.lenses.fire();
    return document;
  }

  provideCodeLenses(document: vscode.TextDocument): vscode.CodeLens[] {
    const range = new vscode.Range(0, 0, 0, 0);
    const row = this.rowOf(document);
    const title =
      row === undefined
        ? l10n.t('Send… (to a session that you choose)')
        : l10n.t('Send to “{0}”', plainLabel(sanitizeLine(row.title, 80)));
    return [
      new vscode.CodeLens(range, {
        title: `$(send) ${title}`,
        command: Command.sendComposed,
        arguments: [document.uri],
      }),
    ];
  }

  /** By code, with a session's id (and `text`), it returns the document's Uri and rejects on failure. */
  private async compose(argument: unknown, fromLog = false): Promise<vscode.Uri | undefined> {
    const { store } = this.services;
    if (!fromLog && (typeof argument === 'string' || !namesSession(argument, Command.composePrompt))) {
      const { sessionId, text } = readComposeArgument(argument);
      const row = rowOfArgument(store, sessionId);
      return (await this.open(row?.sessionId ?? '', text)).uri;
    }
    const row = rowOfArgument(store, argument) ?? (await pickRow(store, l10n.t('Write Prompt'), isCloud));
    return row?.sessionId === undefined ? undefined : (await this.open(row.sessionId)).uri;
  }

  /** Sends the document of the editor's title, or of the active editor. */
  private async sendDocument(argument: unknown): Promise<void> {
    const uri = argument instanceof vscode.Uri ? argument : vscode.window.activeTextEditor?.document.uri;
    const document = vscode.workspace.textDocuments.find((each) => each.uri.toString() === uri?.toString());
    if (document?.languageId !== PROMPT_LANGUAGE) {
      void showMessage('info', l10n.t('There is no prompt to send: open one with “Cloud Sessions: Write Prompt…”.'));
      return;
    }
    const key = document.uri.toString();
    // A second key press while the first one is handled does not send a second prompt.
    if (this.sending.has(key)) {
      return;
    }
    this.sending.add(key);
    try {
      await this.send(document);
    } finally {
      this.sending.delete(key);
    }
  }

  private async send(document: vscode.TextDocument): Promise<void> {
    const text = document.getText();
    if (text.trim() === '') {
      throw new CloudSessionsError('invalid-argument', l10n.t('The prompt is empty.'), {
        nextStep: l10n.t('Write what the agent should do.'),
      });
    }
    const row = this.rowOf(document) ?? (await pickRow(this.services.store, l10n.t('Send Prompt To'), isCloud));
    const mode = row && (await askMode(row));
    if (row?.sessionId === undefined || mode === undefined) {
      return;
    }
    await this.targets.set(document.uri.toString(), row.sessionId);
    if (row.session?.isAttached !== true) {
      await this.services.ready();
    }
    const session = row.session ?? (await this.services.store.connect(row.taskId ?? row.sessionId));
    const earlier = failedBefore(session, text);
    if (earlier !== undefined && !(await mayReplace(session, earlier))) {
      return;
    }
    const fate = await submit(session, text, mode);
    // The editor is closed only after the outbox was written to disk.
    await this.services.store.beforeSend();
    // Text that was written in the meantime is another prompt.
    if (document.getText() === text) {
      await discardDocument(document);
    }
    const title = sanitizeLine(row.title, 60);
    vscode.window.setStatusBarMessage(
      fate === 'sent' ? `$(check) ${l10n.t('Sent to “{0}”', title)}` : `$(clock) ${l10n.t('Queued for “{0}”', title)}`,
      5_000,
    );
  }

  private rowOf(document: vscode.TextDocument): SessionRow | undefined {
    const sessionId = this.targets.get(document.uri.toString());
    return sessionId === undefined ? undefined : this.services.store.find(sessionId);
  }
}

/** The failed prompt in the outbox with the text of the editor: the new prompt replaces it. */
function failedBefore(session: CloudSession, text: string) {
  return session.outbox.pending.find((prompt) => prompt.state === 'failed' && isPromptWithBranch(prompt.text, text));
}

async function mayReplace(session: CloudSession, prompt: { id: number; uncertain?: boolean }): Promise<boolean> {
  if (prompt.uncertain === true) {
    const sendAgain = l10n.t('Send Again');
    const answer = await vscode.window.showWarningMessage(
      l10n.t('This prompt may have arrived already. Send it again?'),
      {
        modal: true,
        detail: l10n.t('The connection was lost before there was an answer. The agent might get the prompt twice.'),
      },
      sendAgain,
    );
    if (answer !== sendAgain) {
      return false;
    }
  }
  session.outbox.discard(prompt.id);
  return true;
}

/**
 * Adds a prompt to the session's outbox, which owns it from then on.
 * @returns `queued` if the agent cannot take it yet
 * @throws {CloudSessionsError} if it was refused
 */
async function submit(session: CloudSession, text: string, mode: SendMode): Promise<'sent' | 'queued'> {
  const sent = session.send(text, mode).then(() => 'sent' as const);
  const id = session.outbox.pending.at(-1)?.id;
  const isQueued = (): boolean =>
    session.outbox.pending.some((prompt) => prompt.id === id && prompt.state === 'queued');
  let queued: ReturnType<typeof whenSignalled> | undefined;
  try {
    // Every prompt is queued at first; one that is sent at once is not reported as queued.
    const fate = await within(sent, QUEUED_MS);
    if (fate !== undefined || isQueued()) {
      return fate ?? 'queued';
    }
    queued = whenSignalled(session.outbox.onDidChange, isQueued);
    return await Promise.race([sent, queued.promise.then(() => 'queued' as const)]);
  } catch (error) {
    const reason = asCloudSessionsError(error);
    throw new CloudSessionsError(reason.code, `${l10n.t('The prompt was not sent.')} ${reason.message}`, {
      nextStep: reason.nextStep ?? l10n.t('Its text is still in the editor.'),
      cause: error,
    });
  } finally {
    queued?.dispose();
    // Once it is queued, the row and “Undelivered Prompts” show its outcome.
    sent.catch(() => undefined);
  }
}

const isCloud = (row: SessionRow): boolean => row.isRemote && row.creation === undefined;

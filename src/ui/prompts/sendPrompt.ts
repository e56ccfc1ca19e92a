import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import { CloudSessionsError } from '../../core/errors/cloudSessionsError';
import { sanitizeLine } from '../../core/common/sanitize';
import type { CloudSession } from '../../core/session/session';
import type { SessionRow } from '../../core/store/sessionRow';
import type { SessionStore } from '../../core/store/sessionStore';
import { Command, LOG_LANGUAGE } from '../../manifest';
import { namesSession, readSendArgument } from '../commands/commandArguments';
import { showError } from '../common/errors';
import { showInput } from '../common/inputs';
import { never, registerCommand } from '../commands/registerCommand';
import { pickRow, rowOfArgument } from '../commands/sessionArgument';
import { isBusy } from '../../core/activity/activity';
import type { SendMode } from '../../core/prompts/prompt';

/** Opens an editor for a prompt, with the text so far. */
export type Compose = (sessionId: string, text: string) => Promise<unknown>;

/** The command `cloudSessions.send`: by code it takes all from its argument, by a person it shows an input box. */
export class SendPrompt {
  constructor(
    private readonly store: SessionStore,
    private readonly compose: Compose,
  ) {}

  register(): vscode.Disposable {
    return vscode.Disposable.from(
      registerCommand(Command.send, (argument: unknown) => this.run(argument)),
      registerCommand(Command.sendFromLog, () => this.ask(sessionOfLog(this.store)?.sessionId), never),
    );
  }

  private async run(argument: unknown): Promise<{ messageId: string } | undefined> {
    if (typeof argument !== 'string' && namesSession(argument, Command.send)) {
      await this.ask(argument);
      return undefined;
    }
    const { sessionId, prompt, mode } = readSendArgument(argument);
    const row = rowOfArgument(this.store, sessionId);
    return { messageId: await watched(row).send(prompt, mode) };
  }

  private async ask(argument: unknown): Promise<void> {
    const row = rowOfArgument(this.store, argument) ?? (await pickRow(this.store, l10n.t('Send Prompt'), isCloud));
    if (row === undefined) {
      return;
    }
    const answer = await askPrompt(row);
    if (answer === undefined) {
      return;
    }
    if (answer.inEditor) {
      await this.compose(row.sessionId ?? row.key, answer.text);
      return;
    }
    // The agent may have begun or finished a turn while the user was typing.
    const mode = await askMode(this.store.find(row.key) ?? row);
    if (mode === undefined) {
      // The user dismissed the question; the text must not be lost.
      await this.compose(row.sessionId ?? row.key, answer.text);
      return;
    }
    const session = row.session ?? (await this.connect(row, answer.text));
    // The row and the log show the progress; only a failure needs a message.
    session.send(answer.text, mode).catch((error: unknown) => {
      void showError(error, {
        title: l10n.t('Show Prompts'),
        run: () => vscode.commands.executeCommand(Command.pendingPrompts, session.sessionId),
      });
    });
  }

  /** An unwatched session has no outbox: if it cannot be opened, the text is moved to an editor. */
  private async connect(row: SessionRow, text: string): Promise<CloudSession> {
    try {
      return await vscode.window.withProgress(
        { location: vscode.ProgressLocation.Window, title: l10n.t('Opening {0}', sanitizeLine(row.title, 60)) },
        () => this.store.connect(row.taskId ?? row.sessionId ?? row.key),
      );
    } catch (error) {
      await this.compose(row.sessionId ?? row.key, text);
      throw error;
    }
  }
}

const IN_EDITOR: vscode.QuickInputButton = {
  iconPath: new vscode.ThemeIcon('edit'),
  tooltip: l10n.t('Write in Editor'),
};

/** Asks for a prompt of one line; a button moves the text to an editor. */
function askPrompt(row: SessionRow): Promise<{ text: string; inEditor: boolean } | undefined> {
  const input = vscode.window.createInputBox();
  input.prompt = isBusy(row.status)
    ? l10n.t('The agent is working. In the next step, choose whether it gets the prompt now or after its turn.')
    : l10n.t('What should the agent do?');
  input.buttons = [IN_EDITOR];
  return showInput<{ text: string; inEditor: boolean }>(
    input,
    { title: l10n.t('Send Prompt: {0}', sanitizeLine(row.title)) },
    (end) => {
      input.onDidTriggerButton(() => end({ text: input.value, inEditor: true }));
      input.onDidAccept(() => {
        if (input.value.trim() !== '') {
          end({ text: input.value, inEditor: false });
        }
      });
    },
  );
}

/** While the agent works, asks whether the prompt steers it or waits; `undefined` if the user dismissed the question. */
export async function askMode(row: SessionRow): Promise<SendMode | undefined> {
  if (row.status !== 'working' && row.status !== 'needs input') {
    return 'enqueue';
  }
  const choices: readonly (vscode.QuickPickItem & { readonly mode: SendMode })[] = [
    {
      label: `$(history) ${l10n.t('Send When It Has Finished')}`,
      description: l10n.t('the agent gets it after its turn'),
      mode: 'enqueue',
    },
    {
      label: `$(zap) ${l10n.t('Send Now')}`,
      description: l10n.t('steers the agent in the middle of its turn'),
      mode: 'immediate',
    },
  ];
  const chosen = await vscode.window.showQuickPick(choices, {
    title: l10n.t('The agent of “{0}” is working', sanitizeLine(row.title, 60)),
    placeHolder: l10n.t('When should it get the prompt?'),
    ignoreFocusOut: true,
  });
  return chosen?.mode;
}

/** The session whose log is visible. */
export function sessionOfLog(store: SessionStore): CloudSession | undefined {
  const heads = logsInView().map(({ document }) => document.lineAt(0).text);
  // The first line of the log has the session's id.
  return store.openSessions.find(({ sessionId }) => heads.some((head) => head.includes(sessionId)));
}

export function logsInView(): readonly vscode.TextEditor[] {
  return vscode.window.visibleTextEditors.filter(({ document }) => document.languageId === LOG_LANGUAGE);
}

function watched(row: SessionRow | undefined): CloudSession {
  if (row?.session === undefined) {
    throw new CloudSessionsError(
      'session-not-found',
      l10n.t('“{0}” is not watched in this window.', sanitizeLine(row?.title ?? '')),
      { nextStep: l10n.t('Run “Cloud Sessions: Watch Session” first.') },
    );
  }
  return row.session;
}

const isCloud = (row: SessionRow): boolean => row.isRemote && row.creation === undefined;

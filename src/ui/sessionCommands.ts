import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import { sanitizeLine } from '../core/common/sanitize';
import { defined } from '../core/common/defined';
import { CloudSessionsError } from '../core/errors/cloudSessionsError';
import type { SessionRow } from '../core/store/sessionRow';
import type { SessionStore } from '../core/store/sessionStore';
import { Command } from '../manifest';
import { choosePrompt } from './prompts/pendingPrompts';
import { readSessionArgument } from './commands/commandArguments';
import { CreateCommand } from './create/createCommand';
import type { CreateSessionWizard } from './create/createSessionWizard';
import { showMessage } from './common/errors';
import type { RuntimeController } from './runtime/runtimeController';
import { registerCommands, type CommandHandler } from './commands/registerCommand';
import { rowCommand } from './commands/rowCommand';
import { rowOfArgument } from './commands/sessionArgument';
import type { SessionOutputs } from './transcripts/sessionOutput';

/** The commands for the list and for opening sessions; `registerCommand.ts` handles their results and failures. */
export class SessionCommands {
  private readonly creator: CreateCommand;

  constructor(
    private readonly store: SessionStore,
    private readonly controller: Pick<RuntimeController, 'ready'>,
    private readonly outputs: SessionOutputs,
    wizard: () => CreateSessionWizard,
    /** Called after somebody has had the list read again. */
    private readonly refreshed: () => void,
  ) {
    this.creator = new CreateCommand(store, controller, wizard);
  }

  register(): vscode.Disposable {
    const table: Record<string, CommandHandler> = {
      [Command.create]: (argument) => this.creator.run(argument),
      [Command.refresh]: () => this.refresh(),
      [Command.openRemote]: this.onRow(l10n.t('Open on the Web'), isCloud, (row) => this.openRemote(row)),
      [Command.copyRemoteUrl]: this.onRow(l10n.t('Copy Link'), isCloud, (row) => this.copyRemoteUrl(row)),
      [Command.showLog]: this.onRow(
        l10n.t('Show Log'),
        () => true,
        (row) => this.showLog(row),
      ),
      [Command.connect]: (argument) => this.connect(argument),
      [Command.retryCreate]: this.onCreation(l10n.t('Try Again'), hasFailed, (row) => this.creator.retry(row)),
      [Command.changeCreate]: this.onCreation(l10n.t('Change and Try Again'), hasFailed, (row) =>
        this.creator.change(row),
      ),
      [Command.dismiss]: this.onCreation(DISMISS, hasFailed, (row) => this.dismiss(row)),
      [Command.pendingPrompts]: this.onRow(
        l10n.t('Undelivered Prompts'),
        (row) => row.pendingPrompts > 0,
        (row) => choosePrompt(this.store, row),
      ),
    };
    return registerCommands(table);
  }

  private onRow(
    title: string,
    isApplicable: (row: SessionRow) => boolean,
    run: (row: SessionRow) => unknown,
  ): CommandHandler {
    return rowCommand({ store: this.store, title, isApplicable, run });
  }

  private onCreation(
    title: string,
    isApplicable: (row: SessionRow) => boolean,
    run: (row: SessionRow) => unknown,
  ): CommandHandler {
    return rowCommand({ store: this.store, title, isApplicable, run, ofCreations: true });
  }

  private rowOf(argument: unknown): SessionRow {
    const row = rowOfArgument(this.store, argument);
    if (row === undefined) {
      throw new CloudSessionsError('invalid-argument', l10n.t('This command needs the id of a session.'));
    }
    return row;
  }

  private async refresh(): Promise<void> {
    await this.controller.ready();
    await this.store.refresh();
    this.refreshed();
  }

  private async openRemote(row: SessionRow): Promise<string> {
    const url = await this.remoteUrl(row);
    await vscode.env.openExternal(vscode.Uri.parse(url, true));
    return url;
  }

  private async copyRemoteUrl(row: SessionRow): Promise<string> {
    const url = await this.remoteUrl(row);
    await vscode.env.clipboard.writeText(url);
    vscode.window.setStatusBarMessage(`$(check) ${l10n.t('Link copied')}`, 3_000);
    return url;
  }

  /** The link is known only for sessions that were watched once. For others, watching the session provides it. */
  private async remoteUrl(row: SessionRow): Promise<string> {
    if (row.remoteUrl !== undefined) {
      return row.remoteUrl;
    }
    const id = row.sessionId;
    if (id !== undefined && row.isRemote && row.session === undefined) {
      const session = await this.store.connect(row.taskId ?? id);
      if (session.remoteUrl !== undefined) {
        return session.remoteUrl;
      }
    }
    throw row.isRemote
      ? new CloudSessionsError('request-failed', l10n.t('“{0}” has no link yet.', sanitizeLine(row.title)), {
          nextStep: l10n.t('The link comes with the session’s first events. Try again in a moment.'),
        })
      : new CloudSessionsError(
          'request-failed',
          l10n.t('“{0}” has no link: it is a local session.', sanitizeLine(row.title)),
          {
            nextStep: l10n.t('Only cloud sessions have a link.'),
          },
        );
  }

  private async showLog(row: SessionRow): Promise<void> {
    if (row.session === undefined) {
      if (!row.isRemote || row.sessionId === undefined) {
        throw new CloudSessionsError(
          'invalid-argument',
          l10n.t('“{0}” is a local session. Only cloud sessions have a log.', sanitizeLine(row.title)),
        );
      }
      await vscode.window.withProgress(
        { location: vscode.ProgressLocation.Window, title: l10n.t('Opening {0}', sanitizeLine(row.title)) },
        () => this.store.connect(row.taskId ?? row.sessionId ?? row.key),
      );
    }
    const session = this.store.getSession(row.sessionId ?? row.key) ?? this.store.find(row.key)?.session;
    if (session !== undefined) {
      this.outputs.open(session).show(true);
    }
  }

  private async connect(argument: unknown): Promise<{ sessionId: string; remoteUrl?: string } | undefined> {
    const attach = async (id: string): Promise<{ sessionId: string; remoteUrl?: string }> => {
      await this.controller.ready();
      const { sessionId, remoteUrl } = await this.store.connect(id);
      return { sessionId, ...defined({ remoteUrl }) };
    };
    const given = readSessionArgument(argument, Command.connect);
    if (given.kind === 'id') {
      return attach(given.id);
    }
    const run = this.onRow(
      l10n.t('Watch Session'),
      (row) => row.isRemote && row.session?.isAttached !== true,
      async (row) => {
        const result = await attach(row.taskId ?? row.sessionId ?? row.key);
        await this.showLog(this.rowOf(result.sessionId));
        return result;
      },
    );
    return (await run(argument)) as { sessionId: string; remoteUrl?: string } | undefined;
  }

  private dismiss(row: SessionRow): void {
    this.store.dismiss(row.key);
    const prompt = row.creation?.options.prompt;
    if (prompt !== undefined) {
      // The prompt would be lost with the row.
      void showMessage('info', l10n.t('The failed session was dismissed.'), {
        title: l10n.t('Copy Its Prompt'),
        run: () => vscode.env.clipboard.writeText(prompt),
      });
    }
  }
}

const DISMISS = l10n.t({ message: 'Dismiss', comment: ['A command: removes the row of a failed session'] });
const isCloud = (row: SessionRow): boolean => row.isRemote;
const hasFailed = (row: SessionRow): boolean => row.status === 'failed';

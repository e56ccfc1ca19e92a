import * as vscode from 'vscode';
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

/** The commands about the list, and the opening of sessions; how they end is in `registerCommand.ts`. */
export class SessionCommands {
  private readonly creator: CreateCommand;

  constructor(
    private readonly store: SessionStore,
    private readonly controller: Pick<RuntimeController, 'ready'>,
    private readonly outputs: SessionOutputs,
    wizard: () => CreateSessionWizard,
  ) {
    this.creator = new CreateCommand(store, () => controller.ready(), wizard);
  }

  register(): vscode.Disposable {
    const table: Record<string, CommandHandler> = {
      [Command.create]: (argument) => this.creator.run(argument),
      [Command.refresh]: () => this.refresh(),
      [Command.openRemote]: this.onRow('Open on the Web', isCloud, (row) => this.openRemote(row)),
      [Command.copyRemoteUrl]: this.onRow('Copy Link', isCloud, (row) => this.copyRemoteUrl(row)),
      [Command.showLog]: this.onRow(
        'Show Log',
        () => true,
        (row) => this.showLog(row),
      ),
      [Command.connect]: (argument) => this.connect(argument),
      [Command.retryCreate]: this.onCreation('Try Again', hasFailed, (row) => this.creator.retry(row)),
      [Command.changeCreate]: this.onCreation('Change and Try Again', hasFailed, (row) => this.creator.change(row)),
      [Command.dismiss]: this.onCreation('Dismiss', hasFailed, (row) => this.dismiss(row)),
      [Command.pendingPrompts]: this.onRow(
        'Undelivered Prompts',
        (row) => row.pendingPrompts > 0,
        (row) => choosePrompt(this.store, row),
      ),
    };
    return registerCommands(table);
  }

  private onRow(title: string, suits: (row: SessionRow) => boolean, run: (row: SessionRow) => unknown): CommandHandler {
    return rowCommand({ store: this.store, title, suits, run });
  }

  private onCreation(
    title: string,
    suits: (row: SessionRow) => boolean,
    run: (row: SessionRow) => unknown,
  ): CommandHandler {
    return rowCommand({ store: this.store, title, suits, run, ofCreations: true });
  }

  private rowOf(argument: unknown): SessionRow {
    const row = rowOfArgument(this.store, argument);
    if (row === undefined) {
      throw new CloudSessionsError('invalid-argument', 'This command needs the id of a session.');
    }
    return row;
  }

  private async refresh(): Promise<void> {
    await this.controller.ready();
    await this.store.refresh();
  }

  private async openRemote(row: SessionRow): Promise<string> {
    const url = await this.remoteUrl(row);
    await vscode.env.openExternal(vscode.Uri.parse(url, true));
    return url;
  }

  private async copyRemoteUrl(row: SessionRow): Promise<string> {
    const url = await this.remoteUrl(row);
    await vscode.env.clipboard.writeText(url);
    vscode.window.setStatusBarMessage('$(check) Link copied', 3_000);
    return url;
  }

  /** The link is only known of sessions that were watched once: of another it is learnt by watching it. */
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
    throw new CloudSessionsError(
      'request-failed',
      `“${row.title}” has no link${row.isRemote ? ' yet' : ': it is a local session'}.`,
      {
        nextStep: row.isRemote
          ? 'It comes with the session’s first events; try again in a moment.'
          : 'Only cloud sessions have one.',
      },
    );
  }

  private async showLog(row: SessionRow): Promise<void> {
    if (row.session === undefined) {
      if (!row.isRemote || row.sessionId === undefined) {
        throw new CloudSessionsError(
          'invalid-argument',
          `“${row.title}” is a local session; only cloud sessions have a log here.`,
        );
      }
      await vscode.window.withProgress(
        { location: vscode.ProgressLocation.Window, title: `Opening ${row.title}` },
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
      'Watch Session',
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
      // The prompt was somebody's work: it goes with the row only if they let it.
      void showMessage('info', 'The session that could not be created was dismissed.', {
        title: 'Copy Its Prompt',
        run: () => vscode.env.clipboard.writeText(prompt),
      });
    }
  }
}

const isCloud = (row: SessionRow): boolean => row.isRemote;
const hasFailed = (row: SessionRow): boolean => row.status === 'failed';

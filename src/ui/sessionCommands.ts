import * as vscode from 'vscode';
import { defined } from '../core/common/defined';
import { CloudSessionsError } from '../core/errors/cloudSessionsError';
import type { SessionRow } from '../core/store/sessionRow';
import { Command, USER_TWINS } from '../manifest';
import { choosePrompt } from './prompts/pendingPrompts';
import { byHand, readDiagnoseArgument, readSessionArgument, readWord } from './commands/commandArguments';
import { CreateCommand } from './create/createCommand';
import type { CreateSessionWizard } from './create/createSessionWizard';
import type { Diagnosis } from './runtime/diagnoseCommand';
import { showMessage } from './common/errors';
import type { RuntimeHost } from './runtime/runtimeHost';
import { always, never, registerCommand, type CommandHandler } from './commands/registerCommand';
import { rowCommand } from './commands/rowCommand';
import { rowOfArgument } from './commands/sessionArgument';
import type { SessionOutputs } from './transcripts/sessionOutput';
import { signIn } from './runtime/signIn';

/** The commands about the runtime, the list, and the opening of sessions; how they end is in `registerCommand.ts`. */
export class SessionCommands {
  private readonly creator: CreateCommand;

  constructor(
    private readonly host: RuntimeHost,
    private readonly outputs: SessionOutputs,
    wizard: () => CreateSessionWizard,
    private readonly diagnosis: Diagnosis,
  ) {
    this.creator = new CreateCommand(host.store, () => host.ready(), wizard);
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
      [Command.restartRuntime]: () => this.host.restart(),
      [Command.showRuntimeLog]: () => this.host.log.show(),
      [Command.diagnose]: (argument) => this.diagnose(argument),
      [Command.setServerToken]: () => this.host.askServerToken(),
      [Command.retryCreate]: this.onCreation('Try Again', hasFailed, (row) => this.creator.retry(row)),
      [Command.changeCreate]: this.onCreation('Change and Try Again', hasFailed, (row) => this.creator.change(row)),
      [Command.dismiss]: this.onCreation('Dismiss', hasFailed, (row) => this.dismiss(row)),
      [Command.pendingPrompts]: this.onRow(
        'Undelivered Prompts',
        (row) => row.pendingPrompts > 0,
        (row) => choosePrompt(this.host.store, row),
      ),
    };
    const withTwins = new Map(USER_TWINS);
    const registrations = Object.entries(table).flatMap(([id, handler]) => {
      const twin = withTwins.get(id);
      return twin === undefined
        ? [registerCommand(id, handler)]
        : [registerCommand(id, handler, always), registerCommand(twin, () => handler(), never)];
    });
    // The links of the welcome views name the way to sign in.
    const signingIn = registerCommand(
      Command.signIn,
      (how) =>
        signIn(
          this.host,
          byHand(how) ? undefined : readWord(how, Command.signIn, ['vscode', 'runtime', 'again', 'other']),
        ),
      never,
    );
    return vscode.Disposable.from(...registrations, signingIn);
  }

  private onRow(title: string, suits: (row: SessionRow) => boolean, run: (row: SessionRow) => unknown): CommandHandler {
    return rowCommand({ store: this.host.store, title, suits, run });
  }

  private onCreation(
    title: string,
    suits: (row: SessionRow) => boolean,
    run: (row: SessionRow) => unknown,
  ): CommandHandler {
    return rowCommand({ store: this.host.store, title, suits, run, ofCreations: true });
  }

  private async diagnose(argument: unknown): Promise<string> {
    const shows = byHand(argument);
    if (!shows) {
      readDiagnoseArgument(argument);
    }
    return this.diagnosis.run(shows);
  }

  private rowOf(argument: unknown): SessionRow {
    const row = rowOfArgument(this.host.store, argument);
    if (row === undefined) {
      throw new CloudSessionsError('invalid-argument', 'This command needs the id of a session.');
    }
    return row;
  }

  private async refresh(): Promise<void> {
    await this.host.ready();
    await this.host.store.refresh();
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
      const session = await this.host.store.connect(row.taskId ?? id);
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
        () => this.host.store.connect(row.taskId ?? row.sessionId ?? row.key),
      );
    }
    const session = this.host.store.getSession(row.sessionId ?? row.key) ?? this.host.store.find(row.key)?.session;
    if (session !== undefined) {
      this.outputs.open(session).show(true);
    }
  }

  private async connect(argument: unknown): Promise<{ sessionId: string; remoteUrl?: string } | undefined> {
    const attach = async (id: string): Promise<{ sessionId: string; remoteUrl?: string }> => {
      await this.host.ready();
      const { sessionId, remoteUrl } = await this.host.store.connect(id);
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
    this.host.store.dismiss(row.key);
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

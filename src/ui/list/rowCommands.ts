import * as vscode from 'vscode';
import { CloudSessionsError } from '../../core/errors/cloudSessionsError';
import type { CloudSession } from '../../core/session/session';
import type { SessionRow } from '../../core/store/sessionRow';
import type { RuntimeGitHub } from '../account/runtimeGitHub';
import { isSameRepository } from '../../core/github/repository';
import { sanitizeLine } from '../../core/common/sanitize';
import type { SessionStore } from '../../core/store/sessionStore';
import { Command } from '../../manifest';
import { readSessionArgument, readSessionName } from '../commands/commandArguments';
import { showError, showMessage, type Action } from '../common/errors';
import type { GitRepositories } from '../git/gitExtension';
import { judgeEntries } from '../git/gitRepositories';
import { registerCommand } from '../commands/registerCommand';
import { rowCommand } from '../commands/rowCommand';
import { canDelete } from '../rows/rowPresentation';
import type { SessionsTree } from './sessionsTree';
import { isBusy } from '../../core/activity/activity';

/** The user was told once that to stop watching does not stop the agent. */
const TOLD_KEY = 'toldThatTheAgentGoesOn';
/** Longest name that the runtime's protocol allows, in characters. */
const MAX_NAME = 100;

export interface RowCommandsServices {
  readonly store: SessionStore;
  readonly gitHub: Pick<RuntimeGitHub, 'current'>;
}

/** What can be done with one row, beside opening and prompting it. */
export class RowCommands {
  constructor(
    private readonly services: RowCommandsServices,
    private readonly tree: Pick<SessionsTree, 'selected'>,
    private readonly git: Pick<GitRepositories, 'listRepositories'>,
    private readonly memento: vscode.Memento,
  ) {}

  register(): vscode.Disposable {
    return vscode.Disposable.from(
      registerCommand(
        Command.stop,
        rowCommand({
          store: this.services.store,
          title: 'Stop Agent',
          suits: canStop,
          run: (row) => this.stop(row),
          remedies: (row) => openOnTheWeb(row),
          selected: () => this.tree.selected(),
        }),
      ),
      this.command(Command.disconnect, 'Stop Watching', isWatched, (row) => this.disconnect(row)),
      this.command(
        Command.copySessionId,
        'Copy Session ID',
        () => true,
        (row) => this.copySessionId(row),
      ),
      registerCommand(Command.rename, (argument: unknown, name: unknown) => {
        // Behind a row, VS Code passes all rows that are selected.
        const given = typeof argument === 'string' ? readSessionName(name) : name;
        return this.onRow('Rename Session', isCloud, (row) => this.rename(row, given))(argument);
      }),
      this.command(
        Command.revealRepository,
        'Reveal Repository',
        (row) => row.repository !== undefined,
        (row) => this.revealRepository(row),
      ),
      registerCommand(Command.delete, (argument: unknown) =>
        readSessionArgument(argument, Command.delete).kind === 'id' && typeof argument === 'string'
          ? this.services.store.delete(argument)
          : this.onRow('Delete Session', canDelete, (row) => this.delete(row))(argument),
      ),
    );
  }

  private command(
    id: string,
    title: string,
    suits: (row: SessionRow) => boolean,
    run: (row: SessionRow) => unknown,
  ): vscode.Disposable {
    return registerCommand(id, this.onRow(title, suits, run));
  }

  private onRow(title: string, suits: (row: SessionRow) => boolean, run: (row: SessionRow) => unknown) {
    return rowCommand({ store: this.services.store, title, suits, run, selected: () => this.tree.selected() });
  }

  /** The row says the rest: stopping, then idle, or that nothing has confirmed it. */
  private async stop(row: SessionRow): Promise<void> {
    const session = await this.watched(row);
    await session.abort();
  }

  private async disconnect(row: SessionRow): Promise<void> {
    const busy = isBusy(row.status);
    await this.services.store.disconnect(row.sessionId ?? row.key);
    if (busy && this.memento.get(TOLD_KEY) !== true) {
      await this.memento.update(TOLD_KEY, true);
      void showMessage(
        'info',
        `“${sanitizeLine(row.title)}” is no longer watched here. The agent goes on with its work.`,
        {
          title: 'Watch Again',
          run: () => vscode.commands.executeCommand(Command.connect, row.taskId ?? row.sessionId),
        },
        { title: 'Stop Agent', run: () => this.stopByButton(row.key) },
      );
    }
  }

  private async stopByButton(key: string): Promise<void> {
    try {
      const row = this.services.store.find(key);
      if (row !== undefined) {
        await this.stop(row);
      }
    } catch (error) {
      await showError(error, ...openOnTheWeb(this.services.store.find(key)));
    }
  }

  private async copySessionId(row: SessionRow): Promise<string> {
    if (row.sessionId === undefined) {
      throw new CloudSessionsError('invalid-argument', `“${row.title}” has no id yet: it is still being created.`);
    }
    await vscode.env.clipboard.writeText(row.sessionId);
    vscode.window.setStatusBarMessage('$(check) Session ID copied', 3_000);
    return row.sessionId;
  }

  /** @param given the name, if code calls */
  private async rename(row: SessionRow, given: unknown): Promise<void> {
    const problem = typeof given === 'string' ? problemOfName(given) : undefined;
    if (problem !== undefined) {
      throw new CloudSessionsError('invalid-argument', problem);
    }
    const name =
      typeof given === 'string'
        ? given
        : await vscode.window.showInputBox({
            title: `Rename Session: ${sanitizeLine(row.title)}`,
            value: sanitizeLine(row.title),
            prompt: 'Everybody who sees the session sees this name.',
            ignoreFocusOut: true,
            validateInput: problemOfName,
          });
    if (name === undefined || name.trim() === row.title) {
      return;
    }
    const session = await this.watched(row);
    await session.rename(name.trim());
  }

  /** The repository among the open folders; else its page on the web. */
  private async revealRepository(row: SessionRow): Promise<void> {
    const [, owner, name] = /^([\w.-]+)\/([\w.-]+)$/.exec(row.repository ?? '') ?? [];
    if (owner === undefined || name === undefined) {
      throw new CloudSessionsError('invalid-argument', `“${row.title}” works on no repository that is known here.`);
    }
    const gitHub = this.services.gitHub.current;
    const { here } = judgeEntries((await this.git.listRepositories()).entries, gitHub);
    const places = here.find((entry) => isSameRepository(entry, { owner, name }))?.places ?? [];
    const folder = places.map(({ root }) => openFolder(vscode.Uri.parse(root))).find((uri) => uri !== undefined);
    if (folder !== undefined) {
      await vscode.commands.executeCommand('revealInExplorer', folder);
      return;
    }
    if (gitHub.host === undefined) {
      throw new CloudSessionsError('invalid-argument', gitHub.problem);
    }
    await vscode.env.openExternal(vscode.Uri.parse(`${gitHub.host.webBase}/${owner}/${name}`));
  }

  private async delete(row: SessionRow): Promise<void> {
    const answer = await vscode.window.showWarningMessage(
      `Delete the local session “${sanitizeLine(row.title)}”?`,
      {
        modal: true,
        detail: `Its history is removed from this machine. This cannot be undone.${row.isRemote ? ' What GitHub has of it stays.' : ''}`,
      },
      'Delete',
    );
    if (answer === 'Delete') {
      for (const id of row.localIds ?? [row.sessionId ?? row.key]) {
        await this.services.store.delete(id);
      }
    }
  }

  /** Attached, or attached now: an agent at work can be stopped and renamed only through its session. */
  private async watched(row: SessionRow): Promise<CloudSession> {
    if (row.session?.isAttached === true) {
      return row.session;
    }
    return this.services.store.connect(row.taskId ?? row.sessionId ?? row.key);
  }
}

/** There an agent can be stopped as well. */
function openOnTheWeb(row: SessionRow | undefined): readonly Action[] {
  return row?.remoteUrl === undefined
    ? []
    : [{ title: 'Open on the Web', run: () => vscode.commands.executeCommand(Command.openRemote, row.key) }];
}

function problemOfName(name: string): string | undefined {
  return name.trim() === ''
    ? 'The name is empty.'
    : name.trim().length > MAX_NAME
      ? `The name is longer than ${MAX_NAME} characters.`
      : undefined;
}

/** The root of a working tree if it is in the workspace; else the open folder that is inside of it. */
function openFolder(root: vscode.Uri): vscode.Uri | undefined {
  return vscode.workspace.getWorkspaceFolder(root) === undefined
    ? vscode.workspace.workspaceFolders?.find(({ uri }) => uri.toString().startsWith(`${root.toString()}/`))?.uri
    : root;
}

const isCloud = (row: SessionRow): boolean => row.isRemote;
const isWatched = (row: SessionRow): boolean => row.session?.isAttached === true;
const canStop = (row: SessionRow): boolean =>
  row.isRemote && (isBusy(row.status) || row.status === 'queued') && row.creation === undefined;

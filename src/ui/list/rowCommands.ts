import * as l10n from '@vscode/l10n';
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

/** Set once the user was told that the agent goes on after “Stop Watching”. */
const TOLD_KEY = 'toldThatTheAgentGoesOn';
/** Longest name that the runtime's protocol allows, in characters. */
const MAX_NAME = 100;

export interface RowCommandsServices {
  readonly store: SessionStore;
  readonly gitHub: Pick<RuntimeGitHub, 'current'>;
}

/** The commands on one row, except those that open it or send prompts. */
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
          title: l10n.t('Stop Agent'),
          isApplicable: canStop,
          run: (row) => this.stop(row),
          remedies: (row) => openOnTheWeb(row),
          selected: () => this.tree.selected(),
        }),
      ),
      this.command(Command.disconnect, l10n.t('Stop Watching'), isWatched, (row) => this.disconnect(row)),
      this.command(
        Command.copySessionId,
        l10n.t('Copy Session ID'),
        () => true,
        (row) => this.copySessionId(row),
      ),
      registerCommand(Command.rename, (...args: readonly unknown[]) => {
        const [argument, name] = args;
        // For a row of the tree, the second argument is the list of selected rows.
        const given = typeof argument === 'string' ? readSessionName(name) : name;
        return this.onRow(l10n.t('Rename Session'), isCloud, (row) => this.rename(row, given))(...args);
      }),
      this.command(
        Command.revealRepository,
        l10n.t('Reveal Repository'),
        (row) => row.repository !== undefined,
        (row) => this.revealRepository(row),
      ),
      registerCommand(Command.delete, (...args: readonly unknown[]) => {
        const [argument] = args;
        return readSessionArgument(argument, Command.delete).kind === 'id' && typeof argument === 'string'
          ? this.services.store.delete(argument)
          : this.onRow(l10n.t('Delete Session'), canDelete, (row) => this.delete(row))(...args);
      }),
    );
  }

  private command(
    id: string,
    title: string,
    isApplicable: (row: SessionRow) => boolean,
    run: (row: SessionRow) => unknown,
  ): vscode.Disposable {
    return registerCommand(id, this.onRow(title, isApplicable, run));
  }

  private onRow(title: string, isApplicable: (row: SessionRow) => boolean, run: (row: SessionRow) => unknown) {
    return rowCommand({ store: this.services.store, title, isApplicable, run, selected: () => this.tree.selected() });
  }

  /** The row shows the outcome: stopping, then idle, or that the stop is not confirmed. */
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
        l10n.t('“{0}” is no longer watched here. The agent goes on with its work.', sanitizeLine(row.title)),
        {
          title: l10n.t('Watch Again'),
          run: () => vscode.commands.executeCommand(Command.connect, row.taskId ?? row.sessionId),
        },
        { title: l10n.t('Stop Agent'), run: () => this.stopByButton(row.key) },
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
      throw new CloudSessionsError(
        'invalid-argument',
        l10n.t('“{0}” has no id yet: it is still being created.', sanitizeLine(row.title)),
      );
    }
    await vscode.env.clipboard.writeText(row.sessionId);
    vscode.window.setStatusBarMessage(`$(check) ${l10n.t('Session ID copied')}`, 3_000);
    return row.sessionId;
  }

  /** @param given the name, if the command was called by code */
  private async rename(row: SessionRow, given: unknown): Promise<void> {
    const problem = typeof given === 'string' ? problemOfName(given) : undefined;
    if (problem !== undefined) {
      throw new CloudSessionsError('invalid-argument', problem);
    }
    const name =
      typeof given === 'string'
        ? given
        : await vscode.window.showInputBox({
            title: l10n.t('Rename Session: {0}', sanitizeLine(row.title)),
            value: sanitizeLine(row.title),
            prompt: l10n.t('Everybody who can see the session sees this name.'),
            ignoreFocusOut: true,
            validateInput: problemOfName,
          });
    if (name === undefined || name.trim() === row.title) {
      return;
    }
    const session = await this.watched(row);
    await session.rename(name.trim());
  }

  /** Reveals the repository in the Explorer if it is in an open folder; else opens its page on the web. */
  private async revealRepository(row: SessionRow): Promise<void> {
    const [, owner, name] = /^([\w.-]+)\/([\w.-]+)$/.exec(row.repository ?? '') ?? [];
    if (owner === undefined || name === undefined) {
      throw new CloudSessionsError(
        'invalid-argument',
        l10n.t('The repository of “{0}” is not known.', sanitizeLine(row.title)),
      );
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
    const remove = l10n.t({ message: 'Delete', comment: ['A button: deletes the session'] });
    const detail = row.isRemote
      ? l10n.t('Its history is removed from this machine. This cannot be undone. Its data on GitHub is kept.')
      : l10n.t('Its history is removed from this machine. This cannot be undone.');
    const answer = await vscode.window.showWarningMessage(
      l10n.t('Delete the local session “{0}”?', sanitizeLine(row.title)),
      { modal: true, detail },
      remove,
    );
    if (answer === remove) {
      for (const id of row.localIds ?? [row.sessionId ?? row.key]) {
        await this.services.store.delete(id);
      }
    }
  }

  /** The attached session; attaches it if necessary. Stop and rename need it. */
  private async watched(row: SessionRow): Promise<CloudSession> {
    if (row.session?.isAttached === true) {
      return row.session;
    }
    return this.services.store.connect(row.taskId ?? row.sessionId ?? row.key);
  }
}

/** An agent can be stopped on the web as well. */
function openOnTheWeb(row: SessionRow | undefined): readonly Action[] {
  return row?.remoteUrl === undefined
    ? []
    : [{ title: l10n.t('Open on the Web'), run: () => vscode.commands.executeCommand(Command.openRemote, row.key) }];
}

function problemOfName(name: string): string | undefined {
  return name.trim() === ''
    ? l10n.t('The name is empty.')
    : name.trim().length > MAX_NAME
      ? l10n.t('The name is longer than {0} characters.', MAX_NAME)
      : undefined;
}

/** The root of a working tree if it is in the workspace; else an open folder inside it. */
function openFolder(root: vscode.Uri): vscode.Uri | undefined {
  return vscode.workspace.getWorkspaceFolder(root) === undefined
    ? vscode.workspace.workspaceFolders?.find(({ uri }) => uri.toString().startsWith(`${root.toString()}/`))?.uri
    : root;
}

const isCloud = (row: SessionRow): boolean => row.isRemote;
const isWatched = (row: SessionRow): boolean => row.session?.isAttached === true;
const canStop = (row: SessionRow): boolean =>
  row.isRemote && (isBusy(row.status) || row.status === 'queued') && row.creation === undefined;

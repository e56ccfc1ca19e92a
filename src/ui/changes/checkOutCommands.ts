import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import { sanitizeLine } from '../../core/common/sanitize';
import { asCloudSessionsError } from '../../core/errors/cloudSessionsError';
import type { SessionRow } from '../../core/store/sessionRow';
import type { SessionStore } from '../../core/store/sessionStore';
import { addWorktree } from '../../git/addWorktree';
import { checkOut, type CheckedOut } from '../../git/checkOut';
import { Command } from '../../manifest';
import { readCheckOutArgument } from '../commands/commandArguments';
import { isCallByCode, registerCommand } from '../commands/registerCommand';
import { rowCommand } from '../commands/rowCommand';
import { rowOfArgument } from '../commands/sessionArgument';
import { showMessage } from '../common/errors';
import type { Clone } from '../git/clone';
import { unsavedFiles } from '../git/unsavedFiles';
import type { SelectedNode } from '../rows/treeModel';
import { fetchPushed, pushedBranchOf, type SessionClones } from './sessionClone';
import { openFolderAction, openInNewWindow, reportFailure } from './tryItRemedies';

/** Checks out the branches of sessions, in the clone that is open here or in a new worktree. */
export class CheckOutCommands {
  constructor(
    private readonly store: SessionStore,
    private readonly clones: SessionClones,
    private readonly selected: () => Promise<SelectedNode | undefined>,
  ) {}

  register(): vscode.Disposable {
    return vscode.Disposable.from(
      this.command(Command.checkOut, l10n.t('Check Out'), false),
      this.command(Command.checkOutInWorktree, l10n.t('Check Out in New Worktree'), true),
    );
  }

  /** For a person; a failure is shown. */
  async forPerson(row: SessionRow, inWorktree: boolean, chosen?: Clone): Promise<void> {
    let clone = chosen;
    try {
      clone ??= await this.clones.find(row, true);
      if (clone !== undefined) {
        await this.announce(await this.run(row, clone, inWorktree), inWorktree);
      }
    } catch (error) {
      reportFailure(error, inWorktree, {
        worktree: () => this.forPerson(row, true, clone),
        tryAgain: () => this.forPerson(row, inWorktree, clone),
        ...this.elsewhere(row),
      });
    }
  }

  /** What helps where nothing in a clone does. */
  elsewhere(row: SessionRow): Readonly<Record<'clone' | 'openRemote' | 'askToPush', () => unknown>> {
    const sessionId = row.sessionId ?? row.key;
    return {
      askToPush: () =>
        // eslint-disable-next-line texts/localized -- for the agent
        vscode.commands.executeCommand(Command.composePrompt, { sessionId, text: 'Commit and push all your changes.' }),
      clone: () => vscode.commands.executeCommand('git.clone', this.clones.urlOf(row)),
      openRemote: () => vscode.commands.executeCommand(Command.openRemote, sessionId),
    };
  }

  private command(id: string, title: string, inWorktree: boolean): vscode.Disposable {
    const { store, selected } = this;
    const byPerson = rowCommand({
      ...{ store, title, selected },
      isApplicable: (row) => row.isRemote && row.creation === undefined,
      run: (row) => this.forPerson(row, inWorktree),
    });
    return registerCommand(id, (...args) =>
      isCallByCode(args) ? this.forCode(readCheckOutArgument(args[0]), inWorktree) : byPerson(...args),
    );
  }

  private async forCode(
    { sessionId, worktree }: ReturnType<typeof readCheckOutArgument>,
    inWorktree: boolean,
  ): Promise<CheckedOut | undefined> {
    const row = rowOfArgument(this.store, sessionId);
    const clone = row && (await this.clones.find(row, false));
    return clone && this.run(row, clone, worktree ?? inWorktree);
  }

  private async run(row: SessionRow, clone: Clone, inWorktree: boolean): Promise<CheckedOut> {
    const branch = await this.branchOf(row, clone);
    await fetchPushed(clone, branch);
    try {
      return await vscode.window.withProgress(
        {
          location: vscode.ProgressLocation.Window,
          title: l10n.t('Checking out the branch “{0}”…', sanitizeLine(branch, 80)),
        },
        () => {
          const { git, remote } = clone;
          // The files of a new worktree are in no editor yet.
          return inWorktree
            ? addWorktree(git, { remote, branch })
            : checkOut(git, { remote, branch }, () => unsavedFiles(git.root));
        },
      );
    } finally {
      await clone.refresh();
    }
  }

  private async branchOf(row: SessionRow, clone: Clone): Promise<string> {
    // The row may be of a message that has been open for hours.
    const current = (): SessionRow => this.store.find(row.key) ?? row;
    try {
      return await pushedBranchOf(current(), clone);
    } catch (error) {
      if (asCloudSessionsError(error).code !== 'branch-not-found') {
        throw error;
      }
    }
    // It may have been pushed since the list was read.
    await this.store.refresh().catch(() => undefined);
    return pushedBranchOf(current(), clone);
  }

  private async announce({ branch, folder, warning }: CheckedOut, inWorktree: boolean): Promise<void> {
    if (inWorktree) {
      await openInNewWindow(folder);
    }
    void showMessage(
      warning === undefined ? 'info' : 'warning',
      warning ?? l10n.t('The branch “{0}” is checked out in {1}.', sanitizeLine(branch, 80), sanitizeLine(folder)),
      ...(inWorktree ? [openFolderAction(folder)] : []),
    );
  }
}

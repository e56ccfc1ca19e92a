import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import { AgentChangeSet } from '../../core/changes/agentChanges';
import { wholeFiles } from '../../core/changes/agentFiles';
import type { ChangeSet } from '../../core/changes/changeSet';
import { defined } from '../../core/common/defined';
import { sanitizeLine } from '../../core/common/sanitize';
import { CloudSessionsError } from '../../core/errors/cloudSessionsError';
import type { SessionRow } from '../../core/store/sessionRow';
import type { SessionStore } from '../../core/store/sessionStore';
import { appliedChanges } from '../../git/apply/appliedChanges';
import { applyChanges, type ApplyResult } from '../../git/apply/applyChanges';
import { commitChange } from '../../git/apply/commitChange';
import type { Git } from '../../git/git';
import { named } from '../../core/common/namedPaths';
import { ObstacleError } from '../../git/gitErrors';
import type { Change } from '../../git/apply/mergeChange';
import { Command } from '../../manifest';
import { readApplyArgument } from '../commands/commandArguments';
import { isCallByCode, registerCommand } from '../commands/registerCommand';
import { rowCommand } from '../commands/rowCommand';
import { rowOfArgument } from '../commands/sessionArgument';
import { describeError, showMessage } from '../common/errors';
import type { Clone } from '../git/clone';
import { unsavedFiles } from '../git/unsavedFiles';
import type { SelectedNode } from '../rows/treeModel';
import type { AppliedHere } from './appliedHere';
import type { CheckOutCommands } from './checkOutCommands';
import { fetchPushed, whileCancellable, type SessionClones } from './sessionClone';
import type { SessionChangesService } from './sessionChangesService';
import { reportFailure, SHOW_CHANGES } from './tryItRemedies';
import { appliedText, type UndoApply } from './undoApply';

interface Applied extends ApplyResult {
  /** Whether a check-out of the branch has the same changes. */
  readonly isPushed: boolean;
  readonly isEmpty: boolean;
}

/** Applies what a session has changed to the files of the clone that is open here, without a commit. */
export class ApplyCommand {
  constructor(
    private readonly store: SessionStore,
    private readonly clones: Pick<SessionClones, 'find'>,
    private readonly changes: Pick<SessionChangesService, 'read'>,
    private readonly checkOuts: Pick<CheckOutCommands, 'forPerson' | 'elsewhere'>,
    private readonly undoing: Pick<UndoApply, 'undoAction' | 'keepPartAction'>,
    private readonly applied: Pick<AppliedHere, 'read'>,
    private readonly selected: () => Promise<SelectedNode | undefined>,
  ) {}

  register(): vscode.Disposable {
    const { store, selected } = this;
    const byPerson = rowCommand({
      ...{ store, selected },
      title: l10n.t('Apply Changes'),
      isApplicable: (row) => row.isRemote && row.creation === undefined,
      run: (row) => this.forPerson(row),
    });
    return registerCommand(Command.applyChanges, (...args) =>
      isCallByCode(args) ? this.forCode(readApplyArgument(args[0]).sessionId) : byPerson(...args),
    );
  }

  private async forCode(id: string): Promise<Pick<ApplyResult, 'files' | 'conflicts'> | undefined> {
    const row = rowOfArgument(this.store, id);
    const clone = row && (await this.clones.find(row, false));
    if (row === undefined || clone === undefined) {
      return undefined;
    }
    const { files, conflicts } = await this.run(row, clone);
    return { files, conflicts };
  }

  private async forPerson(row: SessionRow, chosen?: Clone): Promise<void> {
    let clone = chosen;
    try {
      clone ??= await this.clones.find(row, true);
      if (clone !== undefined) {
        this.announce(row, clone, await this.run(row, clone));
      }
    } catch (error) {
      await this.report(error, row, clone);
    }
  }

  private async run(row: SessionRow, clone: Clone): Promise<Applied> {
    const title = sanitizeLine(row.title, 60);
    const { set, root } = await whileCancellable(l10n.t('Reading the changes of “{0}”…', title), () =>
      this.changes.read(row, { fetches: true }),
    );
    const { head, files } = set.changes;
    const isPushed = !(set instanceof AgentChangeSet);
    if (isPushed && head !== undefined && root?.toString() !== clone.root.toString()) {
      // They were read in another clone, or on GitHub.
      await fetchPushed(clone, head);
    }
    const progress = {
      location: vscode.ProgressLocation.Window,
      title: l10n.t('Applying the changes of “{0}”…', title),
    };
    try {
      const result = await vscode.window.withProgress(progress, async () =>
        applyChanges(clone.git, await changeOf(clone.git, set), {
          origin: { sessionId: row.sessionId ?? row.key, title, ...defined({ taskId: row.taskId }) },
          unsaved: () => unsavedFiles(clone.git.root),
        }),
      );
      return { ...result, isPushed, isEmpty: files.length === 0 };
    } finally {
      await this.applied.read(clone.git.root);
      await clone.refresh();
    }
  }

  private announce(row: SessionRow, clone: Clone, { files, conflicts, undo, isPushed, isEmpty }: Applied): void {
    const title = sanitizeLine(row.title, 60);
    if (conflicts.length > 0) {
      const inWorktree = { title: l10n.t('Check Out in a Worktree'), run: () => this.checkOuts.forPerson(row, true) };
      const text = l10n.t('Nothing was applied, because these files do not merge with yours: {0}', named(conflicts));
      void showMessage('warning', text, ...(isPushed ? [inWorktree] : []));
    } else if (undo === undefined) {
      void showMessage(
        'info',
        isEmpty
          ? l10n.t('“{0}” has changed nothing yet.', title)
          : l10n.t('The files here have the changes of “{0}” already.', title),
      );
    } else {
      const place = { root: clone.git.root, id: undo };
      void showMessage('info', appliedText(title, files.length), this.undoing.undoAction(place), SHOW_CHANGES);
    }
  }

  private async report(error: unknown, row: SessionRow, clone: Clone | undefined): Promise<void> {
    if (clone !== undefined && error instanceof ObstacleError && error.obstacle === 'unfinished') {
      const partial = (await appliedChanges(clone.git)).find(({ state }) => state === 'partial');
      if (partial !== undefined) {
        const place = { root: clone.git.root, id: partial.id };
        const { undoing } = this;
        void showMessage('error', describeError(error), undoing.undoAction(place), undoing.keepPartAction(place));
        return;
      }
    }
    reportFailure(error, false, this.own(row, clone));
  }

  private own(row: SessionRow, clone: Clone | undefined) {
    return {
      worktree: () => this.checkOuts.forPerson(row, true, clone),
      // By then, the session may have a branch, or be watched.
      tryAgain: () => this.forPerson(this.store.find(row.key) ?? row, clone),
      ...this.checkOuts.elsewhere(row),
    };
  }
}

async function changeOf(git: Git, set: ChangeSet): Promise<Change> {
  if (set instanceof AgentChangeSet) {
    return commitChange(git, await wholeFiles(set));
  }
  const { baseCommit, headCommit } = set.changes;
  if (baseCommit === undefined || headCommit === undefined) {
    throw new CloudSessionsError('session-not-ready', l10n.t('It is not known which commits have the changes.'), {
      nextStep: l10n.t('Try again once the agent has pushed its branch.'),
    });
  }
  return { base: baseCommit, head: headCommit };
}

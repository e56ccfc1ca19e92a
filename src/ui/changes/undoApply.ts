import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import { named } from '../../core/common/namedPaths';
import { sanitizeLine } from '../../core/common/sanitize';
import { asCloudSessionsError, CloudSessionsError } from '../../core/errors/cloudSessionsError';
import type { SessionRow } from '../../core/store/sessionRow';
import type { SessionStore } from '../../core/store/sessionStore';
import { appliedFiles, keepChanges, keepPart, undoChanges } from '../../git/apply/appliedChanges';
import { ObstacleError } from '../../git/gitErrors';
import { Command } from '../../manifest';
import { readUndoApplyArgument } from '../commands/commandArguments';
import { isCallByCode, registerCommand } from '../commands/registerCommand';
import { rowOfArgument } from '../commands/sessionArgument';
import { describeError, showMessage, type Action } from '../common/errors';
import { plainLabel } from '../common/plainMessage';
import { relativeTime } from '../common/relativeTime';
import type { Clone } from '../git/clone';
import type { GitRepositories } from '../git/gitExtension';
import { unsavedFiles } from '../git/unsavedFiles';
import type { AppliedHere, AppliedIn } from './appliedHere';
import { SHOW_CHANGES } from './tryItRemedies';

/** One apply, wherever it was done. */
export type AppliedPlace = Pick<AppliedIn, 'id' | 'root'>;

/** Takes back what was applied here, at any time after it, and deals with what was interrupted. */
export class UndoApply {
  constructor(
    private readonly store: Pick<SessionStore, 'find'>,
    private readonly applied: Pick<AppliedHere, 'all' | 'of' | 'read' | 'refresh' | 'onDidFindInterrupted'>,
    private readonly git: Pick<GitRepositories, 'at'>,
  ) {}

  register(): vscode.Disposable {
    return vscode.Disposable.from(
      this.applied.onDidFindInterrupted((found) => void this.announceInterrupted(found)),
      registerCommand(Command.undoApply, (...args) =>
        isCallByCode(args) ? this.forCode(readUndoApplyArgument(args[0]).sessionId) : this.forPerson(args[0]),
      ),
    );
  }

  /** The button that takes it back. */
  undoAction(place: AppliedPlace): Action {
    return {
      title: l10n.t({ message: 'Undo', comment: ['A button: undoes the changes that were applied'] }),
      run: () => this.undoByPerson(place),
    };
  }

  /** The button that leaves an interrupted apply as it is. */
  keepPartAction(place: AppliedPlace): Action {
    return {
      title: l10n.t('Keep Changes'),
      run: async () => {
        await this.withClone(place, ({ git }) => keepPart(git, place.id));
        const text = l10n.t('The files stay as they are. “Undo Apply Changes” can still take the changes back.');
        void showMessage('info', text);
      },
    };
  }

  private async forCode(sessionId: string): Promise<{ readonly files: readonly string[] } | undefined> {
    const row = rowOfArgument(this.store, sessionId);
    await this.applied.refresh();
    const [last] = row === undefined ? [] : this.applied.of(row);
    if (row === undefined || last === undefined) {
      throw new CloudSessionsError('invalid-argument', nothingToUndo(row));
    }
    return { files: await this.undo(last) };
  }

  private async forPerson(argument: unknown): Promise<void> {
    const row = rowOfArgument(this.store, argument);
    // Another window may have undone it.
    await this.applied.refresh();
    const found = row === undefined ? this.applied.all : this.applied.of(row);
    if (found.length === 0) {
      void showMessage('info', nothingToUndo(row));
      return;
    }
    const chosen = found.length === 1 ? found[0] : await this.choose(found);
    if (chosen !== undefined) {
      await this.undoByPerson(chosen);
    }
  }

  private async choose(found: readonly AppliedIn[]): Promise<AppliedIn | undefined> {
    const items = found.map((applied) => {
      const { at, files, root, state } = applied;
      const age = relativeTime(at, new Date(), vscode.env.language);
      const paths = named(files.map(({ path }) => path));
      return {
        label: `$(discard) ${plainLabel(this.titleOf(applied))}`,
        description: state === 'partial' ? l10n.t('{0}, interrupted', age) : age,
        detail: plainLabel([sanitizeLine(root), paths].join(': ')),
        applied,
      };
    });
    const chosen = await vscode.window.showQuickPick(items, {
      title: l10n.t('Undo Apply Changes'),
      placeHolder: l10n.t('Choose what to take back'),
      matchOnDetail: true,
    });
    return chosen?.applied;
  }

  private async undoByPerson(place: AppliedPlace): Promise<void> {
    try {
      const files = await this.undo(place);
      void showMessage(
        'info',
        files.length === 1
          ? l10n.t('Undone: 1 file is as it was before.')
          : l10n.t('Undone: {0} files are as they were before.', files.length),
      );
    } catch (thrown) {
      const error = asCloudSessionsError(thrown);
      const isEdited = error instanceof ObstacleError && error.obstacle === 'edited';
      const actions: readonly Action[] =
        error.code === 'invalid-argument'
          ? [SHOW_CHANGES]
          : [
              ...(isEdited ? [SHOW_CHANGES] : []),
              { title: l10n.t('Try Again'), run: () => this.undoByPerson(place) },
              ...(isEdited ? [this.keepAction(place)] : []),
            ];
      void showMessage('error', describeError(error), ...actions);
    }
  }

  private keepAction(place: AppliedPlace): Action {
    return {
      title: l10n.t('Keep Changes'),
      run: () => this.withClone(place, ({ git }) => keepChanges(git, place.id)),
    };
  }

  private async announceInterrupted(found: AppliedIn): Promise<void> {
    const done = await appliedFiles(found.root, found).catch(() => found.files.map(({ path }) => path));
    const title = this.titleOf(found);
    if (done.length === 0) {
      // It had changed nothing yet.
      await this.withClone(found, ({ git }) => keepChanges(git, found.id)).catch(() => undefined);
    } else if (done.length === found.files.length) {
      await this.withClone(found, ({ git }) => keepPart(git, found.id)).catch(() => undefined);
      void showMessage('info', appliedText(title, done.length), this.undoAction(found), SHOW_CHANGES);
    } else {
      void showMessage(
        'warning',
        l10n.t('Applying the changes of “{0}” was interrupted. Only these files have them: {1}', title, named(done)),
        this.undoAction(found),
        this.keepPartAction(found),
        SHOW_CHANGES,
      );
    }
  }

  private undo({ root, id }: AppliedPlace): Promise<string[]> {
    return this.withClone({ root, id }, ({ git }) => undoChanges(git, id, () => unsavedFiles(root)));
  }

  private async withClone<T>(
    { root }: AppliedPlace,
    work: (clone: Pick<Clone, 'git' | 'refresh'>) => Promise<T>,
  ): Promise<T> {
    const clone = await this.git.at(root);
    if (clone === undefined) {
      throw new CloudSessionsError('request-failed', l10n.t('The folder {0} is not open here.', sanitizeLine(root)), {
        nextStep: l10n.t('Open it, and try again.'),
      });
    }
    try {
      return await work(clone);
    } finally {
      await this.applied.read(root);
      await clone.refresh();
    }
  }

  private titleOf({ origin }: Pick<AppliedIn, 'origin'>): string {
    const row = origin && (this.store.find(origin.sessionId) ?? this.store.find(origin.taskId ?? ''));
    return sanitizeLine(row?.title ?? origin?.title ?? '?', 60);
  }
}

/** @param title sanitized */
export function appliedText(title: string, files: number): string {
  return files === 1
    ? l10n.t('The changes of “{0}” are applied to 1 file.', title)
    : l10n.t('The changes of “{0}” are applied to {1} files.', title, files);
}

function nothingToUndo(row: SessionRow | undefined): string {
  return row === undefined
    ? l10n.t('Nothing that was applied here can be undone.')
    : l10n.t('Nothing of “{0}” that was applied here can be undone.', sanitizeLine(row.title, 60));
}

import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import { asCloudSessionsError, isOwnCancellation, type CloudSessionsError } from '../../core/errors/cloudSessionsError';
import { UnpushedError } from '../../core/changes/agentFiles';
import { ObstacleError } from '../../git/gitErrors';
import { describeError, showError, showMessage, type Action } from '../common/errors';
import { NoCloneError } from '../git/noClone';

/** What helps after a session's work could not be tried. */
export type Remedy =
  | 'worktree'
  | 'openFolder'
  | 'showChanges'
  | 'tryAgain'
  | 'clone'
  | 'askToPush'
  | 'openRemote'
  | 'trust'
  | 'gitSettings'
  | 'gitExtension';

const NO_CLONE: Readonly<Record<NoCloneError['reason'], readonly Remedy[]>> = {
  'not-open': ['clone', 'openRemote'],
  untrusted: ['trust', 'openRemote'],
  absent: ['gitExtension', 'openRemote'],
  disabled: ['gitSettings', 'openRemote'],
  starting: ['tryAgain', 'openRemote'],
  failed: ['tryAgain', 'openRemote'],
};

/**
 * The buttons for a failure, the best one first; none where those of the failure's code are the right ones.
 * @param inWorktree it was tried in a worktree already
 */
export function remediesOf(error: CloudSessionsError, inWorktree: boolean): readonly Remedy[] {
  if (error instanceof NoCloneError) {
    return NO_CLONE[error.reason];
  }
  if (error instanceof ObstacleError) {
    if (error.folder !== undefined) {
      return ['openFolder'];
    }
    // Source Control does not show what is not saved.
    const seen: readonly Remedy[] =
      error.obstacle === 'unsaved' ? ['tryAgain'] : error.paths.length > 0 ? ['showChanges'] : [];
    return error.worktreeHelps && !inWorktree ? ['worktree', ...seen] : [...seen, 'tryAgain'];
  }
  if (error instanceof UnpushedError) {
    return ['askToPush', 'tryAgain'];
  }
  switch (error.code) {
    case 'branch-not-found':
      return ['openRemote', 'tryAgain'];
    // What showError has for these is about the Copilot runtime, and it is Git that took too long, or is too old.
    case 'request-failed':
    case 'timeout':
    case 'not-supported':
    case 'invalid-argument':
      return ['tryAgain'];
    default:
      return [];
  }
}

export function openFolderAction(folder: string): Action {
  return { title: l10n.t('Open Folder'), run: () => openInNewWindow(folder) };
}

/** @param folder absolute path */
export async function openInNewWindow(folder: string): Promise<void> {
  await vscode.commands.executeCommand('vscode.openFolder', vscode.Uri.file(folder), { forceNewWindow: true });
}

export const SHOW_CHANGES: Action = {
  title: l10n.t('Show Changes'),
  run: () => vscode.commands.executeCommand('workbench.view.scm'),
};

/**
 * Shows a failure to a person, with the buttons that help.
 * @param own the buttons that depend on what was tried
 */
export function reportFailure(
  thrown: unknown,
  inWorktree: boolean,
  own: Readonly<Record<'worktree' | 'tryAgain' | 'clone' | 'openRemote' | 'askToPush', () => unknown>>,
): void {
  const error = asCloudSessionsError(thrown);
  if (isOwnCancellation(error)) {
    return;
  }
  const actions: Readonly<Record<Remedy, Action>> = {
    worktree: { title: l10n.t('Use a Worktree'), run: own.worktree },
    tryAgain: { title: l10n.t('Try Again'), run: own.tryAgain },
    clone: { title: l10n.t('Clone Repository'), run: own.clone },
    askToPush: { title: l10n.t('Ask the Agent'), run: own.askToPush },
    openRemote: { title: l10n.t('Open on the Web'), run: own.openRemote },
    openFolder: openFolderAction(error instanceof ObstacleError ? (error.folder ?? '') : ''),
    showChanges: SHOW_CHANGES,
    trust: command(l10n.t('Manage Workspace Trust'), 'workbench.trust.manage'),
    gitSettings: command(l10n.t('Open Settings'), 'workbench.action.openSettings', 'git.enabled'),
    gitExtension: command(l10n.t('Show Extension'), 'workbench.extensions.search', '@id:vscode.git'),
  };
  const chosen = remediesOf(error, inWorktree).map((remedy) => actions[remedy]);
  void (chosen.length > 0 ? showMessage('error', describeError(error), ...chosen) : showError(error));
}

function command(title: string, id: string, argument?: string): Action {
  return { title, run: () => vscode.commands.executeCommand(id, ...(argument === undefined ? [] : [argument])) };
}

import * as l10n from '@vscode/l10n';
import { unlink } from 'node:fs/promises';
import path from 'node:path';
import type { Git, GitEnd } from './git';
import { gitError, gitLine, gitOutput, isSuccess, ObstacleError, reasonOf, takingBack } from './gitErrors';
import { removeEmptyFolders, statOf } from './inTheWay';
import { overwrittenFiles } from './overwrittenFiles';
import { fetchedCommit, localBranch, moveBranch, setUpstream, worktrees, type RemoteBranch } from './localBranch';
import {
  ABSENT,
  changesBetween,
  commitOf,
  currentBranch,
  readyCommit,
  refuseUncommitted,
  uncommittedFiles,
  unwatchedFiles,
  type TreeChange,
} from './workingTreeState';
import { refuseUnsaved, type UnsavedFiles } from './unsavedWork';

export interface CheckedOut {
  /** The local branch. */
  readonly branch: string;
  /** Absolute path of the working tree that has it. */
  readonly folder: string;
  /** A hook failed after the branch had been checked out. */
  readonly warning?: string;
}

/** Time limit of a call that writes a whole working tree, in milliseconds: filters may download files. */
export const WRITE_PATIENCE_MS = 10 * 60_000;

/**
 * Checks out a remote branch that was fetched as a local branch of the same name, which is created or fast-forwarded.
 *
 * @param unsaved files with edits that are not saved: those that differ between the two commits are in the way
 * @throws {@link ObstacleError} before anything is changed, if uncommitted work, other commits or an unfinished
 * operation are in the way; {@link CloudSessionsError} if Git fails, after what it had done was taken back
 */
export async function checkOut(git: Git, remoteBranch: RemoteBranch, unsaved?: UnsavedFiles): Promise<CheckedOut> {
  const { branch } = remoteBranch;
  const target = await fetchedCommit(git, remoteBranch);
  const head = await readyCommit(git);
  const current = await currentBranch(git);
  const local = await localBranch(git, branch, remoteBranch, target);
  const done = { branch, folder: git.root };
  if (current === branch && local.kind === 'same') {
    return done;
  }
  const other = current === branch ? undefined : (await worktrees(git)).find((worktree) => worktree.branch === branch);
  if (other !== undefined) {
    throw new ObstacleError('elsewhere', l10n.t('{0} is checked out in {1}.', branch, other.folder), {
      nextStep: other.exists
        ? l10n.t('Open that folder.')
        : l10n.t('That folder is gone: run “git worktree prune”, and try again.'),
      ...(other.exists ? { folder: other.folder } : {}),
    });
  }
  if (local.kind === 'ahead' || local.kind === 'diverged' || local.kind === 'other-upstream') {
    throw new ObstacleError(
      'local-branch',
      local.kind === 'other-upstream'
        ? l10n.t('A branch {0} that does not follow {1} is here already.', branch, `${remoteBranch.remote}/${branch}`)
        : l10n.t('The local branch {0} has commits of its own.', branch),
      { nextStep: l10n.t('Use a new worktree, where the branch gets another name, or rename yours.') },
    );
  }
  if (current === undefined) {
    await refuseUnreachable(git, target);
  }
  const changes = await changesBetween(git, head, target);
  refuseUncommitted(await uncommittedFiles(git));
  refuseUncommitted(await overwrittenFiles(git, changes, await unwatchedFiles(git)));
  await refuseUnsaved(
    changes.map(({ path: file }) => file),
    unsaved,
  );

  const isCurrent = current === branch;
  const takeBack = isCurrent ? undefined : await moveBranch(git, branch, local, target);
  const end = await git.run({
    args: [
      ...['checkout', '--quiet', '--no-overwrite-ignore', '--no-recurse-submodules'],
      ...(isCurrent ? ['--no-track', '-B', branch, target] : [branch]),
      '--',
    ],
    changes: true,
    patienceMs: WRITE_PATIENCE_MS,
  });
  // Git ends with the code of the hook `post-checkout`.
  if (!isSuccess(end) && ((await currentBranch(git)) !== branch || (await commitOf(git, 'HEAD')) !== target)) {
    await takingBack(gitError(end), async () => {
      await restoreFiles(git, target, head, changes);
      await takeBack?.();
    });
  }
  if (local.kind === 'absent') {
    await setUpstream(git, branch, remoteBranch);
  }
  return { ...done, ...warningOf(end) };
}

/** For a Git that did what it should, and failed nevertheless. */
export function warningOf(end: GitEnd): { readonly warning?: string } {
  return isSuccess(end) ? {} : { warning: l10n.t('The branch is checked out, but a hook failed: {0}', reasonOf(end)) };
}

async function refuseUnreachable(git: Git, target: string): Promise<void> {
  const lost = await gitLine(git, {
    args: ['rev-list', '--max-count=1', 'HEAD', '--not', target, '--branches', '--tags', '--remotes'],
  });
  if (lost !== '') {
    throw new ObstacleError(
      'on-no-branch',
      l10n.t('The commit {0} is on no branch: it would be hard to find again.', lost.slice(0, 10)),
      { nextStep: l10n.t('Create a branch for it, or use a new worktree.') },
    );
  }
}

/**
 * Takes back what a check-out did before it failed, such as for want of disk space. All tracked files were as committed,
 * and nothing was in the place of the new ones.
 */
async function restoreFiles(git: Git, target: string, head: string, changes: readonly TreeChange[]): Promise<void> {
  const run = { changes: true, patienceMs: WRITE_PATIENCE_MS } as const;
  // Where only the refs could not be written, index and files are those of the new branch already.
  await git.run({ args: ['read-tree', '-m', '-u', target, head], ...run });
  const concerned = new Set(changes.map((change) => change.path));
  for (const { path: file, oldMode } of changes) {
    const at = path.join(git.root, file);
    const stat = oldMode === ABSENT ? await statOf(at) : undefined;
    if (stat?.isDirectory() === false) {
      await unlink(at);
    }
    if (stat !== undefined) {
      await removeEmptyFolders(git.root, stat.isDirectory() ? file : path.dirname(file));
    }
  }
  const broken = (await uncommittedFiles(git)).filter((file) => concerned.has(file));
  await gitOutput(git, { args: ['checkout-index', '--force', '-z', '--stdin'], input: broken.join('\0'), ...run });
}

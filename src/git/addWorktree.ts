import * as l10n from '@vscode/l10n';
import path from 'node:path';
import { CloudSessionsError } from '../core/errors/cloudSessionsError';
import { warningOf, WRITE_PATIENCE_MS, type CheckedOut } from './checkOut';
import type { Git } from './git';
import { gitError, isSuccess, takingBack } from './gitErrors';
import { statOf } from './inTheWay';
import {
  fetchedCommit,
  isUpstream,
  localBranch,
  moveBranch,
  setUpstream,
  worktrees,
  type LocalBranch,
  type RemoteBranch,
  type Worktree,
} from './localBranch';

const MOST_TRIED = 100;
const SLUG_LENGTH = 60;

/**
 * Checks out a remote branch that was fetched in a new folder beside the repository, `<repository>-<branch>`. Where a
 * local branch of that name has other commits, the new one is called `<branch>-2`. A working tree that has the branch
 * already is the answer as it is.
 *
 * @throws {@link CloudSessionsError}; what had been done was taken back
 */
export async function addWorktree(git: Git, remoteBranch: RemoteBranch): Promise<CheckedOut> {
  const target = await fetchedCommit(git, remoteBranch);
  const existing = await worktrees(git);
  const found = await usableBranch(git, remoteBranch, target, existing);
  if (found.folder !== undefined) {
    return { branch: found.name, folder: found.folder };
  }
  const { name, local } = found;
  const folder = await freeFolder(git, remoteBranch.branch, existing);
  const takeBack = await moveBranch(git, name, local, target);
  const end = await git.run({
    args: ['worktree', 'add', folder, name],
    changes: true,
    patienceMs: WRITE_PATIENCE_MS,
  });
  if (!isSuccess(end) && !(await worktrees(git)).some(({ branch, exists }) => branch === name && exists)) {
    await takingBack(gitError(end), takeBack);
  }
  if (local.kind === 'absent') {
    await setUpstream(git, name, remoteBranch);
  }
  return { branch: name, folder, ...warningOf(end) };
}

type Usable =
  | { readonly name: string; readonly folder: string }
  | { readonly name: string; readonly folder?: undefined; readonly local: LocalBranch };

/** The first of `x`, `x-2`, `x-3`... that is free, stands for the remote branch, or can be moved forward to it. */
async function usableBranch(
  git: Git,
  remoteBranch: RemoteBranch,
  target: string,
  existing: readonly Worktree[],
): Promise<Usable> {
  for (let count = 1; count <= MOST_TRIED; count++) {
    const name = count === 1 ? remoteBranch.branch : `${remoteBranch.branch}-${count}`;
    const local = await localBranch(git, name, remoteBranch, target);
    const worktree = existing.find(({ branch }) => branch === name);
    if (worktree?.exists === true && (local.kind === 'same' || (await isUpstream(git, name, remoteBranch)))) {
      return { name, folder: worktree.folder };
    }
    if (worktree === undefined && (local.kind === 'absent' || local.kind === 'same' || local.kind === 'behind')) {
      return { name, local };
    }
  }
  throw noFreeName(remoteBranch.branch);
}

/** A folder that does not exist, beside the main working tree; for a submodule, beside the repository around it. */
async function freeFolder(git: Git, branch: string, existing: readonly Worktree[]): Promise<string> {
  const root = await mainRoot(git);
  const around = await git.text({
    args: ['rev-parse', '--show-superproject-working-tree'],
    env: { GIT_CEILING_DIRECTORIES: '' },
  });
  const slug = branch
    .replace(/[^\p{L}\p{N}._-]+/gu, '-')
    .slice(0, SLUG_LENGTH)
    .replace(/[-.]+$/, '');
  const folder = path.join(
    path.dirname(around === undefined || around === '' ? root : around),
    `${path.basename(root)}-${slug}`,
  );
  for (let count = 1; count <= MOST_TRIED; count++) {
    const free = count === 1 ? folder : `${folder}-${count}`;
    if ((await statOf(free)) === undefined && !existing.some((worktree) => worktree.folder === free)) {
      return free;
    }
  }
  throw noFreeName(folder);
}

/** The main working tree, for a linked one; but that of a bare repository has none. */
async function mainRoot(git: Git): Promise<string> {
  const [own, common = ''] =
    (await git.text({ args: ['rev-parse', '--absolute-git-dir', '--git-common-dir'] }))?.split(/\r?\n/) ?? [];
  const shared = path.resolve(git.root, common);
  return own === undefined || path.resolve(own) === shared || path.basename(shared) !== '.git'
    ? git.root
    : path.dirname(shared);
}

function noFreeName(name: string): CloudSessionsError {
  return new CloudSessionsError(
    'request-failed',
    l10n.t('{0} and {1} names like it are taken.', name, MOST_TRIED - 1),
    {
      nextStep: l10n.t('Remove worktrees and branches that you do not need any more.'),
    },
  );
}

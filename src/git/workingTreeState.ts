import * as l10n from '@vscode/l10n';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { CloudSessionsError } from '../core/errors/cloudSessionsError';
import type { Git } from './git';
import { named } from '../core/common/namedPaths';
import { gitLine, gitList, lockedError, ObstacleError, worktreeInstead } from './gitErrors';

/** What the git folder has while an operation of several steps is not finished. */
const UNFINISHED: readonly (readonly [file: string, command: string])[] = [
  ['MERGE_HEAD', 'merge'],
  ['rebase-merge', 'rebase'],
  ['rebase-apply', 'rebase'],
  ['CHERRY_PICK_HEAD', 'cherry-pick'],
  ['REVERT_HEAD', 'revert'],
  ['sequencer', 'cherry-pick'],
  ['BISECT_LOG', 'bisect'],
];

/** Absolute path of a name in the git folder of this working tree. */
export async function gitPath(git: Git, name: string): Promise<string> {
  return path.resolve(git.root, await gitLine(git, { args: ['rev-parse', '--git-path', name] }));
}

/**
 * The commit that is checked out.
 * @throws {@link ObstacleError} or {@link CloudSessionsError} if nothing can be checked out or applied here: there is no
 * working tree or no commit, an operation is not finished, or another Git is running
 */
export async function readyCommit(git: Git): Promise<string> {
  const names = ['index.lock', ...UNFINISHED.map(([file]) => file)];
  const args = ['rev-parse', '--is-inside-work-tree', ...names.flatMap((name) => ['--git-path', name])];
  const [isInside, lock = '', ...files] = (await git.text({ args }))?.split(/\r?\n/) ?? [];
  if (isInside !== 'true') {
    throw new CloudSessionsError('not-supported', l10n.t('{0} is not a working tree of a Git repository.', git.root), {
      nextStep: l10n.t('Open a folder that has a clone of the repository.'),
    });
  }
  const running = UNFINISHED[files.findIndex((file) => existsSync(path.resolve(git.root, file)))]?.[1];
  if (running !== undefined) {
    throw new ObstacleError('unfinished', l10n.t('“git {0}” is not finished here.', running), {
      nextStep: l10n.t('Finish or abort it, or use a new worktree.'),
    });
  }
  if (existsSync(path.resolve(git.root, lock))) {
    throw lockedError(path.resolve(git.root, lock));
  }
  const head = await commitOf(git, 'HEAD');
  if (head === undefined) {
    throw new ObstacleError('unborn', l10n.t('The branch that is checked out has no commit yet.'), {
      nextStep: l10n.t('Commit something first, or use a new worktree.'),
    });
  }
  return head;
}

/** The id of the commit that a revision names; `undefined` if there is none. */
export async function commitOf(git: Git, revision: string): Promise<string | undefined> {
  return git.text({ args: ['rev-parse', '--verify', '--quiet', `${revision}^{commit}`] });
}

/** The short name of the branch that is checked out; `undefined` for a detached HEAD. */
export async function currentBranch(git: Git): Promise<string | undefined> {
  return (await git.text({ args: ['symbolic-ref', '--quiet', 'HEAD'] }))?.replace(/^refs\/heads\//, '');
}

/** Tracked files with staged or unstaged changes, conflicts and submodules with changes of their own included. */
export async function uncommittedFiles(git: Git): Promise<string[]> {
  const entries = await gitList(git, {
    args: ['status', '--porcelain=v2', '-z', '--untracked-files=no', '--ignore-submodules=none', '--no-renames'],
  });
  return entries.flatMap((entry) => {
    const [kind, changes, submodule, ...rest] = entry.split(' ');
    // Untracked files in a submodule are in nobody's way.
    return kind === '?' || kind === '#' || (changes === '.M' && submodule === 'S..U')
      ? []
      : [rest.slice(kind === 'u' ? 7 : 5).join(' ')];
  });
}

/** Files that Git is told not to look at: it says “assume unchanged”, or “skip worktree” as in a sparse checkout. */
export async function unwatchedFiles(git: Git): Promise<ReadonlyMap<string, 'assumed' | 'skipped'>> {
  const entries = await gitList(git, { args: ['ls-files', '-v', '-z'] });
  return new Map(
    entries
      .filter((entry) => /^[a-zS]/.test(entry))
      .map((entry) => [entry.slice(2), entry.startsWith('S') || entry.startsWith('s') ? 'skipped' : 'assumed']),
  );
}

/** @throws {@link ObstacleError} if there are such files */
export function refuseUncommitted(files: Iterable<string>): void {
  const paths = Array.from(new Set(files)).sort();
  if (paths.length > 0) {
    throw new ObstacleError(
      'uncommitted',
      l10n.t('Uncommitted work is in the way, and nothing was changed: {0}', named(paths)),
      { nextStep: worktreeInstead(), paths },
    );
  }
}

/** How a file differs between two trees. The modes are Git's, in octal; `000000` for a file that is not there. */
export interface TreeChange {
  readonly path: string;
  readonly oldMode: string;
  readonly newMode: string;
}

export const ABSENT = '000000';
export const SUBMODULE = '160000';

/** The files that differ between two trees, renames as a deletion and an addition. */
export async function changesBetween(git: Git, from: string, to: string): Promise<TreeChange[]> {
  const parts = await gitList(git, { args: ['diff-tree', '-r', '-z', '--raw', '--no-renames', from, to] });
  return parts.flatMap((meta, index) => {
    const [oldMode, newMode] = meta.slice(1).split(' ');
    const file = parts[index + 1];
    return index % 2 === 1 || oldMode === undefined || newMode === undefined || file === undefined
      ? []
      : [{ path: file, oldMode, newMode }];
  });
}

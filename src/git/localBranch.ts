import * as l10n from '@vscode/l10n';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { defined } from '../core/common/defined';
import { CloudSessionsError } from '../core/errors/cloudSessionsError';
import { branchNameProblem } from '../core/github/branchName';
import type { Git } from './git';
import { gitError, gitLine, gitOutput } from './gitErrors';

/** A branch of a remote, as of the last fetch: `refs/remotes/<remote>/<branch>` exists. */
export interface RemoteBranch {
  /** The name of the remote in this repository. */
  readonly remote: string;
  readonly branch: string;
}

/** How a local branch relates to a remote one. Only one that is `absent`, `same` or `behind` may stand for it. */
export type LocalBranch =
  | { readonly kind: 'absent'; readonly commit?: undefined }
  | { readonly kind: 'same' | 'behind' | 'ahead' | 'diverged' | 'other-upstream'; readonly commit: string };

/**
 * The commit of a remote branch.
 * @throws {@link CloudSessionsError} `invalid-argument` if that is no name, `branch-not-found` if it was not fetched
 */
export async function fetchedCommit(git: Git, { remote, branch }: RemoteBranch): Promise<string> {
  const problem = branchNameProblem(branch);
  if (problem !== undefined) {
    throw new CloudSessionsError('invalid-argument', problem, { nextStep: l10n.t('Pass the name of a branch.') });
  }
  const end = await git.run({ args: ['show-ref', '--verify', '--hash', `refs/remotes/${remote}/${branch}`] });
  if (end.kind !== 'exited') {
    throw gitError(end);
  }
  if (end.code !== 0) {
    throw new CloudSessionsError(
      'branch-not-found',
      l10n.t('The branch {0} of {1} is not in the repository {2}.', branch, remote, git.root),
      { nextStep: l10n.t('Fetch it, and check that it still exists on GitHub.') },
    );
  }
  return end.output.toString('utf8').trim();
}

export async function localBranch(
  git: Git,
  name: string,
  remoteBranch: RemoteBranch,
  target: string,
): Promise<LocalBranch> {
  const commit = await git.text({ args: ['show-ref', '--verify', '--hash', `refs/heads/${name}`] });
  if (commit === undefined) {
    return { kind: 'absent' };
  }
  if (commit === target) {
    return { kind: 'same', commit };
  }
  if (!(await isUpstream(git, name, remoteBranch))) {
    return { kind: 'other-upstream', commit };
  }
  return (await isAncestor(git, commit, target))
    ? { kind: 'behind', commit }
    : { kind: (await isAncestor(git, target, commit)) ? 'ahead' : 'diverged', commit };
}

export async function isUpstream(git: Git, name: string, { remote, branch }: RemoteBranch): Promise<boolean> {
  const value = (key: string): Promise<string | undefined> =>
    git.text({ args: ['config', '--get', `branch.${name}.${key}`] });
  return (await value('remote')) === remote && (await value('merge')) === `refs/heads/${branch}`;
}

async function isAncestor(git: Git, one: string, other: string): Promise<boolean> {
  return (await git.text({ args: ['merge-base', '--is-ancestor', one, other] })) !== undefined;
}

/**
 * Creates a local branch, or moves it forward, unless somebody else has moved it in the meantime.
 * @returns takes it back
 */
export async function moveBranch(
  git: Git,
  name: string,
  { commit: from }: LocalBranch,
  to: string,
): Promise<() => Promise<void>> {
  const ref = `refs/heads/${name}`;
  const update = (...args: readonly string[]): Promise<Buffer> =>
    gitOutput(git, { args: ['update-ref', '-m', 'cloud-sessions', ...args], changes: true });
  if (from === to) {
    return () => Promise.resolve();
  }
  // An empty value stands for a branch that must not exist.
  await update(ref, to, from ?? '');
  return async () => {
    await (from === undefined ? update('-d', ref, to) : update(ref, from, to));
  };
}

/** Makes a remote branch the upstream of a new local one. */
export async function setUpstream(git: Git, name: string, { remote, branch }: RemoteBranch): Promise<void> {
  const set = await git.text({
    args: ['branch', `--set-upstream-to=refs/remotes/${remote}/${branch}`, name],
    changes: true,
  });
  if (set === undefined) {
    // In the clone of a single branch, Git does not take the ref for one of the remote's.
    await gitOutput(git, { args: ['config', `branch.${name}.remote`, remote], changes: true });
    await gitOutput(git, { args: ['config', `branch.${name}.merge`, `refs/heads/${branch}`], changes: true });
  }
}

/** A working tree of a repository, as its list has it. */
export interface Worktree {
  /** Absolute path. */
  readonly folder: string;
  readonly exists: boolean;
  /** The branch that is checked out; absent for a detached HEAD. */
  readonly branch?: string;
}

export async function worktrees(git: Git): Promise<Worktree[]> {
  const list = await gitLine(git, { args: ['worktree', 'list', '--porcelain'] });
  return list.split(/\n\n/).map((entry) => {
    const folder = path.resolve(/^worktree (.*)/.exec(entry)?.[1] ?? '');
    return {
      folder,
      exists: existsSync(folder),
      ...defined({ branch: /^branch refs\/heads\/(.*)/m.exec(entry)?.[1] }),
    };
  });
}

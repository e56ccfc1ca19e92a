import * as l10n from '@vscode/l10n';
import { sanitizeLine } from '../core/common/sanitize';
import { CloudSessionsError, type ErrorContext } from '../core/errors/cloudSessionsError';
import { textOf } from '../core/redaction/secrets';
import type { Git, GitCall, GitEnd } from './git';

/** Why a repository's state does not allow an operation, for code to test. */
export type Obstacle =
  /** A check-out or an earlier apply is not finished, or a merge, a rebase, a cherry-pick, a revert or a bisect. */
  | 'unfinished'
  /** The branch has no commit yet. */
  | 'unborn'
  /** Another Git works on the index, or has left its lock file. */
  | 'locked'
  /** Uncommitted work in files, or untracked files, that would be overwritten. */
  | 'uncommitted'
  /** Edits in an editor that are not saved, in files that would be changed. */
  | 'unsaved'
  /** The branch of this name has other commits, or another upstream. */
  | 'local-branch'
  /** The branch is checked out in another working tree, at `folder`. */
  | 'elsewhere'
  /** The commit that is checked out has commits that are on no branch. */
  | 'on-no-branch'
  /** The change has submodules, or files outside of a sparse checkout. */
  | 'partial'
  /** What was applied has been edited since. */
  | 'edited';

interface ObstacleContext extends ErrorContext {
  /** The files concerned, relative to the root, with `/`. */
  readonly paths?: readonly string[];
  /** Absolute path of the working tree that has the branch. */
  readonly folder?: string;
}

/** The repository's state does not allow the operation. Nothing has been changed. */
export class ObstacleError extends CloudSessionsError {
  readonly paths: readonly string[];
  readonly folder: string | undefined;

  constructor(
    readonly obstacle: Obstacle,
    message: string,
    { paths = [], folder, ...context }: ObstacleContext,
  ) {
    super(obstacle === 'partial' ? 'not-supported' : 'request-failed', message, context);
    this.paths = paths;
    this.folder = folder;
  }

  /** Whether the branch can be had in a new worktree nevertheless. */
  get worktreeHelps(): boolean {
    return this.obstacle !== 'elsewhere' && this.obstacle !== 'edited';
  }
}

const QUOTE_LENGTH = 300;

/** The next step where a new worktree helps. */
export function worktreeInstead(): string {
  return l10n.t('Use a new worktree, or commit or stash your work first.');
}

/** Why a call of Git did not succeed. */
export function gitError(end: GitEnd): CloudSessionsError {
  switch (end.kind) {
    case 'exited':
      return exitError(end.errors, reasonOf(end));
    case 'cancelled':
      return new CloudSessionsError('cancelled', l10n.t('Git was cancelled.'));
    case 'took-too-long':
      return new CloudSessionsError('timeout', l10n.t('Git did not finish in time.'), {
        nextStep: l10n.t('Try again, or run Git in a terminal to see what it waits for.'),
      });
    case 'not-started':
    case 'wrote-too-much':
      return new CloudSessionsError('request-failed', l10n.t('Git could not be run.'), {
        nextStep: l10n.t('Check that Git works in a terminal.'),
        details: end.kind,
      });
  }
}

/** What Git itself says about why it failed, on one line. */
export function reasonOf(end: GitEnd): string {
  const lines = end.kind === 'exited' ? end.errors.split(/[\r\n]+/).filter((line) => line.trim() !== '') : [];
  const reasons = lines.filter((line) => /^(fatal|error):/.test(line));
  const reason = textOf((reasons.length > 0 ? reasons : lines.slice(-3)).join(' '));
  return reason === '' ? '?' : sanitizeLine(reason, QUOTE_LENGTH);
}

export function isSuccess(end: GitEnd): end is Extract<GitEnd, { kind: 'exited' }> & { readonly code: 0 } {
  return end.kind === 'exited' && end.code === 0;
}

function exitError(errors: string, reason: string): CloudSessionsError {
  const lock = /Unable to create '(.+\.lock)': File exists/.exec(errors)?.[1];
  if (lock !== undefined) {
    return lockedError(lock);
  }
  return new CloudSessionsError('request-failed', l10n.t('Git failed: {0}', reason), {
    nextStep: /No space left on device|Permission denied/.test(errors)
      ? l10n.t('Free disk space, or correct the permissions.')
      : l10n.t('Run Git in a terminal to see more, and try again.'),
    details: textOf(errors),
  });
}

export function lockedError(file: string): ObstacleError {
  return new ObstacleError('locked', l10n.t('Another Git is working here: {0} exists.', file), {
    nextStep: l10n.t('Wait until it has finished. If no Git is running, delete that file.'),
  });
}

/**
 * Runs Git and returns its output.
 * @throws {@link CloudSessionsError} if it does not succeed
 */
export async function gitOutput(git: Git, call: GitCall): Promise<Buffer> {
  const end = await git.run(call);
  if (!isSuccess(end)) {
    throw gitError(end);
  }
  return end.output;
}

/** As {@link gitOutput}, as text without the line end. */
export async function gitLine(git: Git, call: GitCall): Promise<string> {
  return (await gitOutput(git, call)).toString('utf8').replace(/\r?\n$/, '');
}

/** As {@link gitOutput}, for output of texts that end with NUL. */
export async function gitList(git: Git, call: GitCall): Promise<string[]> {
  return (await gitOutput(git, call)).toString('utf8').split('\0').slice(0, -1);
}

/** Throws this error after everything was taken back, or another one if that failed too. */
export async function takingBack(error: CloudSessionsError, takeBack: () => Promise<void>): Promise<never> {
  try {
    await takeBack();
  } catch (cause) {
    throw new CloudSessionsError(
      error.code,
      l10n.t('It failed, and not everything could be taken back: {0}', error.message),
      { nextStep: l10n.t('Compare the working tree with the last commit in the Source Control view.'), cause },
    );
  }
  throw error;
}

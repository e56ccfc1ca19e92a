import type * as vscode from 'vscode';
import { within, withTimeout } from '../../core/common/async';
import { realTimers, type Timers } from '../../core/common/timers';
import { readText } from '../../core/common/json';
import { sanitizeLine } from '../../core/common/sanitize';
import { textOf } from '../../core/redaction/secrets';
import type { Git } from '../../git/git';
import type { GitRepository } from './gitExtensionApi';

/** Time limit of a fetch, in milliseconds. It may ask for credentials, and then goes on without being waited for. */
const FETCH_MS = 30_000;
/** How long what was done waits for the Git extension to see it, in milliseconds, before the person is told of it. */
const REFRESH_MS = 5_000;

/** A repository that is open in this window, in a trusted workspace. */
export interface Clone {
  readonly git: Git;
  /** The remote that is the repository on GitHub. */
  readonly remote: string;
  readonly root: vscode.Uri;
  /** The user is working in it. */
  readonly isCurrent: boolean;
  /** Makes the Git extension read the repository again, after it was changed by other means. Never rejects or hangs. */
  refresh(): Promise<void>;
  /**
   * Fetches one branch, and neither merges nor checks out anything.
   * @returns why it could not be fetched, in the words of Git; `undefined` if it was
   */
  fetch(branch: string): Promise<string | undefined>;
}

/** See `Clone.fetch`. */
export async function fetchBranch(
  repository: GitRepository,
  remote: string,
  branch: string,
): Promise<string | undefined> {
  // A clone of a single branch has no other ones in its configuration.
  const ref = `+refs/heads/${branch}:refs/remotes/${remote}/${branch}`;
  try {
    await withTimeout(repository.fetch({ remote, ref }), FETCH_MS, () => new Error(`${FETCH_MS / 1_000} s`));
    return undefined;
  } catch (error) {
    const stderr = readText(error, 'stderr');
    return sanitizeLine(textOf(stderr ?? error), 200);
  }
}

/** See `Clone.refresh`. */
export async function refreshStatus(
  repository: Pick<GitRepository, 'status'>,
  timers: Timers = realTimers,
): Promise<void> {
  await within(
    repository.status().catch(() => undefined),
    REFRESH_MS,
    timers,
  );
}

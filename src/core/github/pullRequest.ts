import { readRepository, type RepositoryName } from './repository';

/** A draft is open, too; GitHub keeps the two apart everywhere. */
export type PullRequestState = 'draft' | 'open' | 'merged' | 'closed';

/** A check or a commit status that did not pass. */
export interface FailedCheck {
  readonly name: string;
  /** Its page; `https:`. */
  readonly url?: string;
}

/** The checks and commit statuses of one commit. */
export interface Checks {
  /**
   * `failed` as soon as one has failed, `passed` when all have ended without a failure. `running` includes what was not
   * read, and what GitHub calls by a word that is not known here.
   */
  readonly state: 'none' | 'running' | 'passed' | 'failed';
  readonly total: number;
  readonly running: number;
  readonly failed: readonly FailedCheck[];
  /** GitHub has more than were read: there may be further failures. */
  readonly isIncomplete?: true;
}

/** What the reviewers say, by the latest verdict of each. */
export type ReviewState = 'none' | 'commented' | 'approved' | 'changes-requested';

export interface PullRequest {
  readonly number: number;
  /** Its page; `https:`. */
  readonly url: string;
  readonly title: string;
  readonly state: PullRequestState;
  /** The name of the branch that it goes into. */
  readonly base: string;
  /** The name of its branch, which may be one of a fork. */
  readonly head: string;
  /** The last commit of its branch. */
  readonly headCommit: string;
  /** Absent if they have not been read. */
  readonly checks?: Checks;
  readonly review?: ReviewState;
}

/** Whether it can still be merged: as a draft, once it is ready. */
export function isOpen({ state }: Pick<PullRequest, 'state'>): boolean {
  return state === 'open' || state === 'draft';
}

/** The repository that it goes into, under the name that it has now; `undefined` if its page has another address. */
export function repositoryOfPullRequest({ url }: Pick<PullRequest, 'url'>): RepositoryName | undefined {
  return readRepository(/^https?:\/\/[^/]+\/([^/]+\/[^/]+)\/pull\/\d+/.exec(url)?.[1]);
}

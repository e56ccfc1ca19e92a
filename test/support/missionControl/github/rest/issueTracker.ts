import { git } from '../git';
import type { HostedRepository } from '../repository';

/** A pull request's state as people name it. The API says `open` with `draft`, or `closed` with `merged`. */
export type PullState = 'draft' | 'open' | 'merged' | 'closed';

export interface Review {
  readonly login: string;
  readonly state: 'APPROVED' | 'CHANGES_REQUESTED' | 'COMMENTED' | 'DISMISSED' | 'PENDING';
  readonly body?: string;
}

export interface CheckRun {
  readonly name: string;
  readonly status: 'queued' | 'in_progress' | 'completed';
  readonly conclusion?:
    'success' | 'failure' | 'neutral' | 'cancelled' | 'skipped' | 'timed_out' | 'action_required' | 'stale';
  readonly title?: string;
  readonly summary?: string;
  readonly detailsUrl?: string;
}

/** A status of a commit, as older services set it. */
export interface CommitStatus {
  readonly context: string;
  readonly state: 'error' | 'failure' | 'pending' | 'success';
  readonly description?: string;
  readonly targetUrl?: string;
}

/** An issue, or a pull request with its branches. */
export interface Issue {
  readonly repository: HostedRepository;
  /** Unique in the repository, also among pull requests. */
  readonly number: number;
  /** GitHub's id of it, unique everywhere. */
  readonly id: number;
  title: string;
  body: string | null;
  readonly login: string;
  readonly createdAt: number;
  updatedAt: number;
  isClosed: boolean;
  readonly pull?: Pull;
}

export interface Pull {
  readonly head: string;
  readonly base: string;
  state: PullState;
  /** The last known commit of its branch, which may be deleted. */
  headSha: string;
  mergeSha: string | undefined;
  reviews: readonly Review[];
}

export interface NewIssue {
  readonly title: string;
  readonly body?: string | null;
  readonly login?: string;
}

export interface NewPull extends NewIssue {
  readonly head: string;
  /** Default: the default branch. */
  readonly base?: string;
  readonly draft?: boolean;
}

const FIRST_ISSUE_ID = 3_100_000_001;

/** Issues, pull requests and checks: what GitHub knows beside Git. */
export class IssueTracker {
  private readonly issues: Issue[] = [];
  /** By repository and commit. */
  private readonly checkRuns = new Map<string, readonly CheckRun[]>();
  private readonly statuses = new Map<string, readonly CommitStatus[]>();

  constructor(
    private readonly now: () => number,
    /** The account to which the token belongs. */
    private readonly login: string,
  ) {}

  /** Of all repositories, oldest first. */
  get all(): readonly Issue[] {
    return this.issues;
  }

  find(repository: HostedRepository, number: number): Issue | undefined {
    return this.issues.find((each) => each.repository === repository && each.number === number);
  }

  addIssue(repository: HostedRepository, { title, body = null, login = this.login }: NewIssue): Issue {
    return this.add(repository, { title, body, login });
  }

  /** @throws if the branch does not exist */
  async addPull(repository: HostedRepository, options: NewPull): Promise<Issue> {
    const { title, body = null, login = this.login, head, base = repository.defaultBranch, draft = false } = options;
    const headSha = await repository.commit(head);
    if (headSha === undefined) {
      throw new Error(`${repository.fullName} has no branch ${head}`);
    }
    const pull: Pull = { head, base, state: draft ? 'draft' : 'open', headSha, mergeSha: undefined, reviews: [] };
    return this.add(repository, { title, body, login, pull });
  }

  /**
   * Closes, merges, reopens, or marks as draft or ready. Merging makes a merge commit on the base branch.
   *
   * @throws if the branches cannot be merged
   */
  async setState(issue: Issue, state: PullState): Promise<void> {
    const { pull, repository } = issue;
    if (pull === undefined) {
      throw new Error(`#${issue.number} is no pull request`);
    }
    if (state === 'merged' && pull.state !== 'merged') {
      pull.mergeSha = await this.merge(repository, issue.number, pull);
    }
    pull.state = state;
    issue.isClosed = state === 'merged' || state === 'closed';
    this.touch(issue);
  }

  setReviews(issue: Issue, reviews: readonly Review[]): void {
    if (issue.pull !== undefined) {
      issue.pull.reviews = reviews;
    }
    this.touch(issue);
  }

  /** Sets the checks of the commit that a branch has now; its next commit has none. */
  async setCheckRuns(repository: HostedRepository, ref: string, runs: readonly CheckRun[]): Promise<void> {
    this.checkRuns.set(await keyOf(repository, ref), runs);
  }

  async setStatuses(repository: HostedRepository, ref: string, statuses: readonly CommitStatus[]): Promise<void> {
    this.statuses.set(await keyOf(repository, ref), statuses);
  }

  checkRunsOf(repository: HostedRepository, sha: string): readonly CheckRun[] {
    return this.checkRuns.get(`${repository.id}/${sha}`) ?? [];
  }

  statusesOf(repository: HostedRepository, sha: string): readonly CommitStatus[] {
    return this.statuses.get(`${repository.id}/${sha}`) ?? [];
  }

  /** The head of a pull request: that of its branch while it is open and has one. */
  async headOf({ repository, pull, isClosed }: Issue): Promise<string> {
    if (pull === undefined) {
      return '';
    }
    pull.headSha = (isClosed ? undefined : await repository.commit(pull.head)) ?? pull.headSha;
    return pull.headSha;
  }

  private add(
    repository: HostedRepository,
    given: Pick<Issue, 'title' | 'body' | 'login'> & { readonly pull?: Pull },
  ): Issue {
    const number = 1 + this.issues.filter((each) => each.repository === repository).length;
    const now = this.now();
    const id = FIRST_ISSUE_ID + this.issues.length;
    const issue: Issue = { repository, number, id, createdAt: now, updatedAt: now, isClosed: false, ...given };
    this.issues.push(issue);
    return issue;
  }

  private touch(issue: Issue): void {
    issue.updatedAt = Math.max(issue.updatedAt + 1_000, this.now());
  }

  private async merge(repository: HostedRepository, number: number, { head, base }: Pull): Promise<string> {
    const cwd = await repository.ready();
    const time = this.now();
    const tree = await git(['merge-tree', '--write-tree', base, head], { cwd });
    const message = `Merge pull request #${number} from ${repository.owner}/${head}`;
    const commit = await git(['commit-tree', tree, '-p', base, '-p', head, '-m', message], { cwd, time });
    await git(['update-ref', `refs/heads/${base}`, commit], { cwd });
    return commit;
  }
}

async function keyOf(repository: HostedRepository, ref: string): Promise<string> {
  const sha = await repository.commit(ref);
  if (sha === undefined) {
    throw new Error(`${repository.fullName} has no commit ${ref}`);
  }
  return `${repository.id}/${sha}`;
}

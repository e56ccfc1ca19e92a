import * as l10n from '@vscode/l10n';
import { defined } from '../core/common/defined';
import { isRecord, readRecord, readText } from '../core/common/json';
import type { SessionChanges } from '../core/changes/sessionChanges';
import { CloudSessionsError, mayHaveArrived } from '../core/errors/cloudSessionsError';
import { parseSessionUrl } from '../core/events/sessionUrl';
import type { Checks, PullRequest, ReviewState } from '../core/github/pullRequest';
import type { RepositoryName } from '../core/github/repository';
import { judgeBinaries } from './binaryFiles';
import { readChecks } from './checks';
import { MOST_COMPARED_FILES, MOST_PULL_REQUEST_FILES, readComparison, readFiles } from './comparison';
import { FileReader, type FileContent } from './fileReader';
import { wrongShape } from './gitHubErrors';
import { GitHubRequests, type Asked, type GitHubRequestsOptions } from './gitHubRequests';
import { pullRequestOf, readPullRequest, readReviews } from './pullRequests';
import { requestOf, slug, type CallOptions, type RepositoryRequestOptions } from './repositoryRequest';

/** A repository as GitHub has it. */
export interface GitHubRepository extends RepositoryName {
  /** Its page; `https:`. */
  readonly url?: string;
  readonly defaultBranch: string;
  /** It has this name now, and was asked for by a former one. */
  readonly isRenamed: boolean;
  /** Whether the account may push to it; absent if GitHub does not say. */
  readonly canPush?: boolean;
}

/** The parameters of GitHub. */
export interface NewPullRequest {
  readonly title: string;
  /** A branch, or `owner:branch` for one of a fork. */
  readonly head: string;
  readonly base: string;
  readonly body: string;
  readonly draft: boolean;
}

export interface ListOptions extends CallOptions {
  /** The most entries of each list that are read. Up to 100, it takes one request. */
  readonly most?: number | undefined;
}

const PER_PAGE = 100;
/** The most entries of a list that are read: checks, statuses, reviews. */
const MOST_ENTRIES = 1_000;

/**
 * GitHub's REST API, as far as sessions need it. Each method rejects with a CloudSessionsError: `not-signed-in`,
 * `forbidden`, `repository-not-found`, `branch-not-found`, `invalid-argument`, `rate-limited`, `service-unavailable`,
 * `response-too-large`, `request-failed`, or `cancelled` by the signal. Renamed repositories are followed.
 */
export class GitHubClient {
  readonly requests: GitHubRequests;
  private readonly files: FileReader;
  private readonly now: () => number;

  constructor(options: GitHubRequestsOptions) {
    this.requests = new GitHubRequests(options);
    this.files = new FileReader(
      this.requests,
      async (repository, signal) => await this.repository(repository, { signal }),
    );
    this.now = options.now ?? Date.now;
  }

  async repository(repository: RepositoryName, { signal }: CallOptions = {}): Promise<GitHubRepository> {
    const value = await this.requests.json(requestOf(repository, 'GET /repos/{owner}/{name}', { signal }));
    const owner = readText(readRecord(value, 'owner'), 'login');
    const name = readText(value, 'name');
    const defaultBranch = readText(value, 'default_branch');
    if (owner === undefined || name === undefined || defaultBranch === undefined) {
      throw wrongShape('repository');
    }
    const canPush = readRecord(value, 'permissions')?.['push'];
    return {
      owner,
      name,
      defaultBranch,
      isRenamed: `${owner}/${name}`.toLowerCase() !== slug(repository).toLowerCase(),
      ...defined({
        url: parseSessionUrl(isRecord(value) ? value['html_url'] : undefined),
        canPush: typeof canPush === 'boolean' ? canPush : undefined,
      }),
    };
  }

  /**
   * What a branch has changed since it left its base.
   * @param head a branch, `owner:branch` for one of a fork, or a commit
   * @param pullRequest the number of the branch's pull request, which lists more files
   */
  async compare(
    repository: RepositoryName,
    base: string,
    head: string,
    { pullRequest, signal }: CallOptions & { readonly pullRequest?: number | undefined } = {},
  ): Promise<SessionChanges> {
    const value = await this.requests.json(
      requestOf(repository, 'GET /repos/{owner}/{name}/compare/{range}', {
        parameters: { range: `${base}...${head}` },
        about: { base, head },
        signal,
      }),
    );
    const { baseCommit, headCommit, ...compared } = readComparison(value);
    let { files, isCut } = compared;
    if (isCut && files.length >= MOST_COMPARED_FILES && pullRequest !== undefined) {
      const all = await this.pages('GET /repos/{owner}/{name}/pulls/{number}/files', repository, {
        ...{ parameters: { number: pullRequest }, about: { pullRequest }, signal, most: MOST_PULL_REQUEST_FILES },
      });
      const { list, lacks } = readFiles(all.entries);
      // A pull request into another base may have fewer.
      if (list.length >= files.length) {
        files = list;
        isCut = lacks || all.isCut;
      }
    }
    return {
      source: 'github',
      base,
      head,
      files: await judgeBinaries(files, async (path) => await this.blobBefore(repository, path, baseCommit, signal)),
      baseCommit,
      headCommit,
      ...(isCut ? { isIncomplete: true } : {}),
      readAt: new Date(this.now()),
    };
  }

  /**
   * A file at a commit or a branch.
   * @param maxBytes larger files are not read; 100 MB, which is GitHub's own limit, by default
   */
  async readFile(
    repository: RepositoryName,
    path: string,
    ref: string,
    options: CallOptions & { readonly maxBytes?: number } = {},
  ): Promise<FileContent> {
    return await this.files.read(repository, path, ref, options);
  }

  /**
   * The pull request of a branch, an open one before others, the newest before older ones; `undefined` if there is none.
   * @param headOwner the owner of the repository that has the branch
   */
  async findPullRequest(
    repository: RepositoryName,
    headOwner: string,
    branch: string,
    { signal }: CallOptions = {},
  ): Promise<PullRequest | undefined> {
    const entries = await this.requests.json(
      requestOf(repository, 'GET /repos/{owner}/{name}/pulls', {
        parameters: { head: `${headOwner}:${branch}`, state: 'all', sort: 'created', direction: 'desc', per_page: 30 },
        signal,
      }),
    );
    return pullRequestOf(arrayOf(entries), headOwner, branch);
  }

  async getPullRequest(repository: RepositoryName, number: number, { signal }: CallOptions = {}): Promise<PullRequest> {
    const about = { pullRequest: number };
    return readPullRequest(
      await this.requests.json(
        requestOf(repository, 'GET /repos/{owner}/{name}/pulls/{number}', { parameters: { number }, about, signal }),
      ),
    );
  }

  /** @throws CloudSessionsError `invalid-argument` with GitHub's reason, as for a branch that has a pull request already */
  async createPullRequest(
    repository: RepositoryName,
    { title, head, base, body, draft }: NewPullRequest,
    { signal }: CallOptions = {},
  ): Promise<PullRequest> {
    try {
      return readPullRequest(
        await this.requests.json(
          requestOf(repository, 'POST /repos/{owner}/{name}/pulls', {
            parameters: { title, head, base, body, draft },
            signal,
          }),
        ),
      );
    } catch (error) {
      throw error instanceof CloudSessionsError ? mayBeCreated(error, slug(repository)) : error;
    }
  }

  /**
   * The checks and statuses of a commit.
   * @param ref a commit or a branch
   */
  async checks(repository: RepositoryName, ref: string, { signal, most }: ListOptions = {}): Promise<Checks> {
    const parameters = { ref };
    const about = { ref };
    const [runs, statuses] = await Promise.all([
      this.pages('GET /repos/{owner}/{name}/commits/{ref}/check-runs', repository, {
        ...{ parameters, about, signal, most, key: 'check_runs' },
      }),
      this.pages('GET /repos/{owner}/{name}/commits/{ref}/status', repository, {
        ...{ parameters, about, signal, most, key: 'statuses' },
      }),
    ]);
    return readChecks(runs.entries, statuses.entries, runs.isCut || statuses.isCut);
  }

  async reviews(repository: RepositoryName, number: number, { signal, most }: ListOptions = {}): Promise<ReviewState> {
    const { entries } = await this.pages('GET /repos/{owner}/{name}/pulls/{number}/reviews', repository, {
      ...{ parameters: { number }, about: { pullRequest: number }, signal, most },
    });
    return readReviews(entries);
  }

  /** What the kind of a file depends on is no reason to show no changes at all. */
  private async blobBefore(
    repository: RepositoryName,
    path: string,
    commit: string,
    signal: AbortSignal | undefined,
  ): Promise<string | undefined> {
    try {
      return await this.files.blobId(repository, path, commit, signal);
    } catch (error) {
      if (signal?.aborted === true) {
        throw error;
      }
      return undefined;
    }
  }

  /**
   * All entries of a list.
   * @param options `key`: the member of the answer that has them; without, the answer is the list
   * @returns `isCut`: there may be more than the most
   */
  private async pages(
    route: Asked['route'],
    repository: RepositoryName,
    options: RepositoryRequestOptions & { readonly key?: string; readonly most?: number | undefined },
  ): Promise<{ readonly entries: readonly unknown[]; readonly isCut: boolean }> {
    const { key, most = MOST_ENTRIES, parameters, ...rest } = options;
    const all: unknown[] = [];
    for (let page = 1; all.length < most; page++) {
      const value = await this.requests.json(
        requestOf(repository, route, { ...rest, parameters: { ...parameters, per_page: PER_PAGE, page } }),
      );
      const entries = arrayOf(key === undefined ? value : isRecord(value) ? value[key] : undefined);
      all.push(...entries);
      if (entries.length < PER_PAGE) {
        return { entries: all, isCut: false };
      }
    }
    return { entries: all, isCut: true };
  }
}

function arrayOf(value: unknown): readonly unknown[] {
  if (!Array.isArray(value)) {
    throw wrongShape('list');
  }
  return value as readonly unknown[];
}

/** After a failure that leaves the outcome open, the next step is to look. */
function mayBeCreated(error: CloudSessionsError, repository: string): CloudSessionsError {
  return !mayHaveArrived(error)
    ? error
    : new CloudSessionsError(error.code, error.message, {
        ...defined({ details: error.details, cause: error.cause }),
        nextStep: l10n.t(
          'Look at the pull requests of {0} first: it may have been created nevertheless. Then try again.',
          repository,
        ),
      });
}

import * as l10n from '@vscode/l10n';
import { defined } from '../core/common/defined';
import { isRecord, readRecord, readText } from '../core/common/json';
import type { SessionChanges } from '../core/changes/sessionChanges';
import { CloudSessionsError } from '../core/errors/cloudSessionsError';
import { parseSessionUrl } from '../core/events/sessionUrl';
import { repositoryOf, type RepositoryName } from '../core/github/repository';
import { MOST_COMPARED_FILES, MOST_PULL_REQUEST_FILES, readComparison, readFiles } from './comparison';
import { FileReader, type FileContent } from './fileReader';
import { wrongShape } from './gitHubErrors';
import { GitHubRequests, type Asked, type GitHubRequestsOptions } from './gitHubRequests';

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

export interface CallOptions {
  readonly signal?: AbortSignal | undefined;
}

const PER_PAGE = 100;

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
    const value = await this.requests.json(asked('GET /repos/{owner}/{name}', repository, { signal }));
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
      asked('GET /repos/{owner}/{name}/compare/{range}', repository, {
        parameters: { range: `${base}...${head}` },
        about: { base, head },
        signal,
      }),
    );
    const { baseCommit, headCommit, ...compared } = readComparison(value);
    let { files, isCut } = compared;
    if (isCut && files.length >= MOST_COMPARED_FILES && pullRequest !== undefined) {
      const all = await this.pages('GET /repos/{owner}/{name}/pulls/{number}/files', repository, pullRequest, signal);
      const { list, lacks } = readFiles(all);
      // A pull request into another base may have fewer.
      if (list.length >= files.length) {
        files = list;
        isCut = lacks || all.length >= MOST_PULL_REQUEST_FILES;
      }
    }
    return {
      source: 'github',
      base,
      head,
      files,
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
    checked(repository);
    return await this.files.read(repository, path, ref, options);
  }

  /** All entries of a list about a pull request. */
  private async pages(
    route: Asked['route'],
    repository: RepositoryName,
    number: number,
    signal: AbortSignal | undefined,
  ): Promise<readonly unknown[]> {
    const all: unknown[] = [];
    for (let page = 1; all.length < MOST_PULL_REQUEST_FILES; page++) {
      const entries = await this.requests.json(
        asked(route, repository, {
          parameters: { number, per_page: PER_PAGE, page },
          about: { pullRequest: number },
          signal,
        }),
      );
      if (!Array.isArray(entries)) {
        throw wrongShape(route);
      }
      all.push(...(entries as readonly unknown[]));
      if (entries.length < PER_PAGE) {
        break;
      }
    }
    return all;
  }
}

function asked(
  route: Asked['route'],
  repository: RepositoryName,
  rest: { readonly parameters?: Asked['parameters']; readonly about?: Partial<Asked['about']> } & CallOptions,
): Asked {
  const { owner, name } = checked(repository);
  return {
    route,
    parameters: { owner, name, ...rest.parameters },
    about: { ...rest.about, repository: slug(repository) },
    signal: rest.signal,
  };
}

function slug({ owner, name }: RepositoryName): string {
  return `${owner}/${name}`;
}

/** Other names would be other paths of the API. */
function checked(repository: RepositoryName): RepositoryName {
  const reading = repositoryOf(repository.owner, repository.name);
  if ('problem' in reading) {
    throw new CloudSessionsError(
      'invalid-argument',
      l10n.t('“{0}” is not the name of a repository: {1}', slug(repository), reading.problem),
      { nextStep: l10n.t('Write it as owner/name.') },
    );
  }
  return reading;
}

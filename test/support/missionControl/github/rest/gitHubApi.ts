import type { Answer } from '../../httpAnswer';
import type { ServiceRequest } from '../../routes';
import type { Task } from '../../task';
import type { GitHost } from '../gitHost';
import type { HostedRepository } from '../repository';
import { conditional, notFound } from './answers';
import { checkRuns, combinedStatus } from './checks';
import { compare } from './compare';
import { blob, contents } from './contents';
import { repositoryJson, type Addresses } from './entities';
import { IssueTracker, type Issue, type NewPull } from './issueTracker';
import { isPull, pullId, Pulls } from './pulls';
import { RateLimit, type RateResource } from './rateLimit';
import { issue, searchIssues, searchRepositories } from './search';

/** Handles a request for a repository. `rest` are the groups of the path behind `owner/name`. */
export type RepositoryHandler = (
  repository: HostedRepository,
  request: ServiceRequest,
  rest: readonly string[],
) => Answer | Promise<Answer>;

/**
 * How a task's artifact names a pull request. The service says `pull`, with which no runtime has a `pullRequestNumber`
 * in `sessions.list`. With `pull_request`, 1.0.85 and 1.0.102 have one, but it is the artifact's `id`: GitHub's id of the
 * pull request, not its number (both measured; further members, such as `number` or `url`, have no effect).
 */
export type PullArtifactType = 'pull' | 'pull_request';

export interface GitHubApiOptions {
  readonly host: GitHost;
  /** The service's own address. */
  readonly url: () => string;
  /** The account to which the token belongs. */
  readonly login: string;
  readonly now: () => number;
  readonly tasks: () => readonly Task[];
}

/** GitHub's REST API, answered from the repositories of the host. */
export class GitHubApi {
  readonly rateLimits: Readonly<Record<RateResource, RateLimit>>;
  /** Issues, pull requests and checks, for tests to change. */
  readonly tracker: IssueTracker;
  /** For pull requests that are created from now on. */
  pullArtifactType: PullArtifactType = 'pull';
  private readonly pulls: Pulls;
  private readonly host: GitHost;
  private readonly url: () => string;

  constructor(private readonly options: GitHubApiOptions) {
    const { host, url, login, now } = options;
    this.host = host;
    this.url = url;
    this.rateLimits = { core: new RateLimit('core', now()), search: new RateLimit('search', now()) };
    this.tracker = new IssueTracker(now, login);
    this.pulls = new Pulls(
      this.tracker,
      () => this.addresses,
      (created) => this.addArtifact(created),
    );
  }

  get addresses(): Addresses {
    return { api: this.url() };
  }

  /** A path by a repository's number, to which GitHub redirects, as the path by its name. */
  named(pathname: string): string {
    const [, id, rest] = /^\/repositories\/(\d+)(\/.+)$/.exec(pathname) ?? [];
    const repository = id === undefined ? undefined : this.host.byId(Number(id));
    return repository === undefined ? pathname : `/repos/${repository.fullName}${rest ?? ''}`;
  }

  repository(repository: HostedRepository): Answer {
    return { status: 200, body: repositoryJson(repository, this.addresses) };
  }

  /** Handles a request whose first two groups are owner and name. */
  async inRepository(request: ServiceRequest, handle: RepositoryHandler): Promise<Answer> {
    const [owner = '', name = '', ...rest] = request.ids;
    return await this.answer('core', request, async () => {
      const repository = this.host.find(owner, name);
      if (repository === undefined) {
        return notFound();
      }
      return repository.fullName.toLowerCase() === `${owner}/${name}`.toLowerCase()
        ? await handle(repository, request, rest)
        : this.moved(repository, request);
    });
  }

  /** Counts a request, and answers 304 where the client has the answer already. */
  async answer(resource: RateResource, request: ServiceRequest, handle: () => Promise<Answer>): Promise<Answer> {
    return await this.rateLimits[resource].take(async () =>
      conditional(await handle(), request.method === 'GET' ? request.headers['if-none-match'] : undefined),
    );
  }

  readonly compare: RepositoryHandler = (repository, { query }, [basehead = '']) =>
    compare(repository, this.addresses, basehead, query);

  readonly contents: RepositoryHandler = (repository, { query, headers }, [file = '']) =>
    contents(repository, this.addresses, file, query.get('ref'), headers.accept ?? '');

  readonly blob: RepositoryHandler = (repository, { headers }, [sha = '']) =>
    blob(repository, this.addresses, sha, headers.accept ?? '');

  readonly listPulls: RepositoryHandler = (repository, { query }) => this.pulls.list(repository, query);

  readonly createPull: RepositoryHandler = (repository, { body }) => this.pulls.create(repository, body);

  readonly pull: RepositoryHandler = (repository, _request, [number = '']) => this.pulls.get(repository, number);

  readonly pullFiles: RepositoryHandler = (repository, { query }, [number = '']) =>
    this.pulls.files(repository, number, query);

  readonly pullReviews: RepositoryHandler = (repository, { query }, [number = '']) =>
    this.pulls.reviews(repository, number, query);

  readonly checkRuns: RepositoryHandler = (repository, { query }, [ref = '']) =>
    checkRuns(this.tracker, this.addresses, repository, ref, query);

  readonly combinedStatus: RepositoryHandler = (repository, { query }, [ref = '']) =>
    combinedStatus(this.tracker, this.addresses, repository, ref, query);

  readonly issue: RepositoryHandler = (repository, _request, [number]) =>
    issue(this.tracker.find(repository, Number(number)), this.addresses);

  searchIssues(request: ServiceRequest): Promise<Answer> {
    const handle = (): Answer => searchIssues(this.tracker.all, this.addresses, request.query);
    return this.answer('search', request, () => Promise.resolve(handle()));
  }

  searchRepositories(request: ServiceRequest): Promise<Answer> {
    const handle = (): Answer => searchRepositories(this.host.all, this.addresses, request.query);
    return this.answer('search', request, () => Promise.resolve(handle()));
  }

  /** Creates a pull request as if somebody had done it on the web. */
  async addPull(repository: HostedRepository, pull: NewPull): Promise<Issue> {
    const created = await this.tracker.addPull(repository, pull);
    this.addArtifact(created);
    return created;
  }

  /** Names a pull request in the artifacts of the task whose branch it is. */
  private addArtifact(created: Issue): void {
    const task = this.options
      .tasks()
      .find(
        (each) =>
          isPull(created) &&
          each.pushedBranch === created.pull.head &&
          each.repository !== undefined &&
          this.host.find(each.repository.owner, each.repository.name) === created.repository,
      );
    const id = pullId(created);
    task?.setArtifact('github_resource', { type: this.pullArtifactType, id, global_id: `PR_${id}` });
  }

  private moved({ id }: HostedRepository, { method, pathname, query }: ServiceRequest): Answer {
    const rest = pathname.replace(/^(?:\/api\/v3)?\/repos\/[^/]+\/[^/]+/, '');
    const parameters = query.toString();
    const url = `${this.url()}/repositories/${id}${rest}${parameters === '' ? '' : `?${parameters}`}`;
    return {
      status: method === 'GET' ? 301 : 307,
      body: {
        message: method === 'GET' ? 'Moved Permanently' : 'Temporary Redirect',
        url,
        documentation_url: 'https://docs.github.com/rest/guides/best-practices-for-using-the-rest-api#follow-redirects',
      },
      headers: { location: url },
    };
  }
}

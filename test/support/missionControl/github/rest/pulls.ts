import type { Answer } from '../../httpAnswer';
import { tryGit } from '../git';
import type { HostedRepository } from '../repository';
import { failed, invalid, notFound, ok, pageOf } from './answers';
import { changedFiles } from './changedFiles';
import { fileJson } from './compare';
import { apiAddress, commitsJson, repositoryJson, user, webAddress, type Addresses, type Json } from './entities';
import type { Issue, IssueTracker, Pull } from './issueTracker';

/** The API lists no more files of a pull request. */
const MOST_FILES = 3_000;

type PullIssue = Issue & { readonly pull: Pull };

/** Pull requests of a repository, as the API has them. */
export class Pulls {
  constructor(
    private readonly tracker: IssueTracker,
    private readonly addresses: () => Addresses,
    /** Called with each one that was created over the API, before it is answered. */
    private readonly onCreated: (issue: PullIssue) => void,
  ) {}

  async list(repository: HostedRepository, query: URLSearchParams): Promise<Answer> {
    const state = query.get('state') ?? 'open';
    const base = query.get('base');
    // Without an owner, GitHub ignores it.
    const head = query.get('head')?.includes(':') === true ? query.get('head') : null;
    const found = this.tracker.all
      .filter(isPull)
      .filter((each) => each.repository === repository)
      .filter(({ isClosed }) => state === 'all' || (state === 'closed') === isClosed)
      .filter(({ pull }) => base === null || pull.base === base)
      .filter(({ pull }) => head === null || head.toLowerCase() === `${repository.owner}:${pull.head}`.toLowerCase())
      .reverse();
    const page = pageOf(found, query, this.url(repository, 'pulls'));
    return ok(await Promise.all(page.items.map((issue) => this.short(issue))), page.headers);
  }

  async get(repository: HostedRepository, number: string): Promise<Answer> {
    const issue = this.find(repository, number);
    return issue === undefined ? notFound() : ok(await this.long(issue));
  }

  async files(repository: HostedRepository, number: string, query: URLSearchParams): Promise<Answer> {
    const issue = this.find(repository, number);
    if (issue === undefined) {
      return notFound();
    }
    const files = (await this.changes(issue)).slice(0, MOST_FILES);
    const page = pageOf(files, query, this.url(repository, 'pulls', number, 'files'));
    const head = await this.tracker.headOf(issue);
    return ok(
      page.items.map((file) => fileJson(repository, this.addresses(), file, head)),
      page.headers,
    );
  }

  async reviews(repository: HostedRepository, number: string, query: URLSearchParams): Promise<Answer> {
    const issue = this.find(repository, number);
    if (issue === undefined) {
      return notFound();
    }
    const head = await this.tracker.headOf(issue);
    const page = pageOf(issue.pull.reviews, query, this.url(repository, 'pulls', number, 'reviews'));
    const all = page.items.map(({ login, state, body = '' }, index) => ({
      id: issue.id * 100 + index,
      user: user(login),
      body,
      state,
      html_url: webAddress(repository, 'pull', `${number}#pullrequestreview-${index}`),
      submitted_at: time(issue.updatedAt),
      commit_id: head,
    }));
    return ok(all, page.headers);
  }

  /** `POST .../pulls {title, head, base, body?, draft?}` */
  async create(repository: HostedRepository, body: Json): Promise<Answer> {
    const { title, head, base } = body;
    for (const [field, value] of Object.entries({ title, head, base })) {
      if (typeof value !== 'string' || value.trim() === '') {
        return invalid({ resource: 'PullRequest', field, code: 'missing_field' });
      }
    }
    const [headRef, baseRef] = [ownBranch(repository, String(head)), String(base)];
    for (const [field, ref] of [
      ['head', headRef],
      ['base', baseRef],
    ] as const) {
      if (ref === undefined || (await branch(repository, ref)) === undefined) {
        return invalid({ resource: 'PullRequest', field, code: 'invalid' });
      }
    }
    const custom = (message: string): Answer => invalid({ resource: 'PullRequest', code: 'custom', message });
    const taken = this.tracker.all
      .filter(isPull)
      .some(
        (each) =>
          each.repository === repository && !each.isClosed && each.pull.head === headRef && each.pull.base === baseRef,
      );
    if (taken) {
      return custom(`A pull request already exists for ${repository.owner}:${headRef}.`);
    }
    const cwd = await repository.ready();
    if ((await tryGit(['rev-list', '--count', `${baseRef}..${headRef}`], { cwd })) === '0') {
      return custom(`No commits between ${baseRef} and ${headRef}`);
    }
    if ((await tryGit(['merge-base', baseRef, String(headRef)], { cwd })) === undefined) {
      return custom(`The ${headRef} branch has no history in common with ${baseRef}`);
    }
    const issue = await this.tracker.addPull(repository, {
      title: String(title),
      body: typeof body['body'] === 'string' ? body['body'] : null,
      head: String(headRef),
      base: baseRef,
      draft: body['draft'] === true,
    });
    if (!isPull(issue)) {
      return failed(500, 'Server Error');
    }
    this.onCreated(issue);
    const json = await this.long(issue);
    return { status: 201, body: json, headers: { location: String(json['url']) } };
  }

  private find(repository: HostedRepository, number: string): PullIssue | undefined {
    const issue = this.tracker.find(repository, Number(number));
    return issue !== undefined && isPull(issue) ? issue : undefined;
  }

  private async changes(issue: PullIssue) {
    const cwd = await issue.repository.ready();
    const [base, head] = await this.range(issue);
    return await changedFiles(cwd, base, head);
  }

  /** The merge base, and the head. A merged one is compared with what its base was before. */
  private async range(issue: PullIssue): Promise<readonly [base: string, head: string]> {
    const { repository, pull } = issue;
    const head = await this.tracker.headOf(issue);
    const base = pull.mergeSha === undefined ? pull.base : `${pull.mergeSha}^1`;
    const cwd = await repository.ready();
    return [(await tryGit(['merge-base', base, head], { cwd })) ?? head, head];
  }

  private url(repository: HostedRepository, ...rest: readonly string[]): string {
    return apiAddress(this.addresses(), repository, ...rest);
  }

  private async short(issue: PullIssue): Promise<Json> {
    const { repository, number, pull } = issue;
    const side = async (ref: string, sha: string | undefined): Promise<Json> => ({
      label: `${repository.owner}:${ref}`,
      ref,
      sha: sha ?? (await repository.commit(ref)) ?? '',
      user: user(repository.owner),
      repo: repositoryJson(repository, this.addresses()),
    });
    return {
      url: this.url(repository, 'pulls', String(number)),
      ...issueFields(issue),
      id: pullId(issue),
      node_id: `PR_${pullId(issue)}`,
      html_url: webAddress(repository, 'pull', String(number)),
      merged_at: pull.state === 'merged' ? time(issue.updatedAt) : null,
      merge_commit_sha: pull.mergeSha ?? null,
      draft: pull.state === 'draft',
      head: await side(pull.head, await this.tracker.headOf(issue)),
      base: await side(pull.base, undefined),
      requested_reviewers: [],
    };
  }

  private async long(issue: PullIssue): Promise<Json> {
    const { repository, pull } = issue;
    const [base, head] = await this.range(issue);
    const files = await this.changes(issue);
    const sum = (key: 'additions' | 'deletions'): number => files.reduce((all, file) => all + file[key], 0);
    return {
      ...(await this.short(issue)),
      merged: pull.state === 'merged',
      mergeable: issue.isClosed ? null : true,
      mergeable_state: issue.isClosed ? 'unknown' : pull.state === 'draft' ? 'draft' : 'clean',
      merged_by: pull.state === 'merged' ? user(issue.login) : null,
      comments: 0,
      review_comments: 0,
      commits: (await commitsJson(repository, this.addresses(), [`${base}..${head}`])).length,
      additions: sum('additions'),
      deletions: sum('deletions'),
      changed_files: files.length,
    };
  }
}

export function isPull(issue: Issue): issue is PullIssue {
  return issue.pull !== undefined;
}

/** GitHub's id of the pull request, which is another one than that of its issue. */
export function pullId({ id }: Issue): number {
  return id - 1_000_000_000;
}

/** What issues and pull requests have in common. */
export function issueFields(issue: Issue): Json {
  const { number, title, body, login, createdAt, updatedAt, isClosed } = issue;
  return {
    number,
    state: isClosed ? 'closed' : 'open',
    locked: false,
    title,
    user: user(login),
    body,
    labels: [],
    assignees: [],
    created_at: time(createdAt),
    updated_at: time(updatedAt),
    closed_at: isClosed ? time(updatedAt) : null,
    author_association: 'MEMBER',
  };
}

/** ISO 8601 in seconds, as GitHub writes it. */
export function time(milliseconds: number): string {
  return new Date(milliseconds).toISOString().replace(/\.\d{3}Z$/, 'Z');
}

function ownBranch({ owner }: HostedRepository, ref: string): string | undefined {
  const [first = '', second] = ref.split(':');
  return second === undefined ? first : first.toLowerCase() === owner.toLowerCase() ? second : undefined;
}

async function branch(repository: HostedRepository, ref: string): Promise<string | undefined> {
  const cwd = await repository.ready();
  return await tryGit(['rev-parse', '--verify', '--quiet', `refs/heads/${ref}`], { cwd });
}

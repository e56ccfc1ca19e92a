import type { Answer } from '../../httpAnswer';
import type { HostedRepository } from '../repository';
import { invalid, notFound, ok, pageOf } from './answers';
import { apiAddress, repositoryJson, webAddress, type Addresses, type Json } from './entities';
import type { Issue } from './issueTracker';
import { isPull, issueFields } from './pulls';

export function issue(found: Issue | undefined, addresses: Addresses): Answer {
  return found === undefined ? notFound() : ok(issueJson(found, addresses));
}

/** `GET /search/issues?q=`: words of title and body, `repo:`, `is:`, `state:`, `author:`, `head:`, `base:`. */
export function searchIssues(all: readonly Issue[], addresses: Addresses, query: URLSearchParams): Answer {
  return search(query, `${addresses.api}/search/issues`, ({ words, qualifiers }) =>
    all
      .filter((each) => qualifiers.every(([key, value]) => issueIs(each, key, value.toLowerCase())))
      .filter(({ title, body }) => hasWords(words, `${title} ${body ?? ''}`))
      .reverse()
      .map((each): Json => ({ ...issueJson(each, addresses), score: 1 })),
  );
}

/** `GET /search/repositories?q=`: words of name and description, `user:`, `org:`, `repo:`. */
export function searchRepositories(
  all: readonly HostedRepository[],
  addresses: Addresses,
  query: URLSearchParams,
): Answer {
  return search(query, `${addresses.api}/search/repositories`, ({ words, qualifiers }) =>
    all
      .filter((each) =>
        qualifiers.every(([key, value]) => {
          const wanted = value.toLowerCase();
          return key === 'user' || key === 'org'
            ? each.owner.toLowerCase() === wanted
            : key !== 'repo' || each.fullName.toLowerCase() === wanted;
        }),
      )
      .filter(({ fullName, description }) => hasWords(words, `${fullName} ${description}`))
      .map((each): Json => ({ ...repositoryJson(each, addresses), score: 1 })),
  );
}

interface Terms {
  readonly words: readonly string[];
  readonly qualifiers: readonly (readonly [key: string, value: string])[];
}

/** The search API answers with the first 1,000 matches. */
const MOST = 1_000;

function search(query: URLSearchParams, url: string, find: (terms: Terms) => readonly Json[]): Answer {
  const q = query.get('q')?.trim() ?? '';
  if (q === '') {
    return invalid({ resource: 'Search', field: 'q', code: 'missing' });
  }
  const terms = q.match(/(?:[\w-]+:)?(?:"[^"]*"|\S+)/g) ?? [];
  const words: string[] = [];
  const qualifiers: (readonly [string, string])[] = [];
  for (const term of terms) {
    const [, key, value = ''] = /^(?:([\w-]+):)?"?(.*?)"?$/.exec(term) ?? [];
    if (key === undefined) {
      words.push(value.toLowerCase());
    } else {
      qualifiers.push([key, value]);
    }
  }
  const found = find({ words, qualifiers });
  const page = pageOf(found.slice(0, MOST), query, url);
  return ok({ total_count: found.length, incomplete_results: false, items: page.items }, page.headers);
}

function issueIs(each: Issue, key: string, value: string): boolean {
  switch (key) {
    case 'repo':
      return each.repository.fullName.toLowerCase() === value;
    case 'user':
    case 'org':
      return each.repository.owner.toLowerCase() === value;
    case 'author':
      return each.login.toLowerCase() === value || value === '@me';
    case 'head':
      return each.pull?.head.toLowerCase() === value;
    case 'base':
      return each.pull?.base.toLowerCase() === value;
    case 'is':
    case 'type':
    case 'state':
      return stateIs(each, value);
    default:
      return true;
  }
}

function stateIs(each: Issue, value: string): boolean {
  switch (value) {
    case 'pr':
      return isPull(each);
    case 'issue':
      return !isPull(each);
    case 'open':
    case 'closed':
      return each.isClosed === (value === 'closed');
    case 'merged':
    case 'draft':
      return each.pull?.state === value;
    default:
      return true;
  }
}

function hasWords(words: readonly string[], text: string): boolean {
  const lower = text.toLowerCase();
  return words.every((word) => lower.includes(word));
}

function issueJson(each: Issue, addresses: Addresses): Json {
  const { repository, id, number } = each;
  const isPullRequest = isPull(each);
  return {
    url: apiAddress(addresses, repository, 'issues', String(number)),
    repository_url: apiAddress(addresses, repository),
    id,
    node_id: `I_${id}`,
    html_url: webAddress(repository, isPullRequest ? 'pull' : 'issues', String(number)),
    ...issueFields(each),
    comments: 0,
    ...(isPullRequest
      ? {
          draft: each.pull.state === 'draft',
          pull_request: {
            url: apiAddress(addresses, repository, 'pulls', String(number)),
            html_url: webAddress(repository, 'pull', String(number)),
            merged_at: each.pull.state === 'merged' ? issueFields(each)['closed_at'] : null,
          },
        }
      : {}),
  };
}

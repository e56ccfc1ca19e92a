import { git } from '../git';
import type { HostedRepository } from '../repository';

export type Json = Readonly<Record<string, unknown>>;

/** What all entities need to name themselves. */
export interface Addresses {
  /** The API's own address. */
  readonly api: string;
}

const WEB = 'https://github.com';

export function user(login: string): Json {
  return { login, id: login === 'octocat' ? 583_231 : idOf(login), type: 'User', html_url: `${WEB}/${login}` };
}

/** A number that depends on a text only. */
export function idOf(text: string): number {
  return Buffer.from(text).reduce((sum, byte) => (sum * 31 + byte) % 1_000_003, 7);
}

export function webAddress({ fullName }: HostedRepository, ...rest: readonly string[]): string {
  return [WEB, fullName, ...rest].join('/');
}

export function apiAddress({ api }: Addresses, { fullName }: HostedRepository, ...rest: readonly string[]): string {
  return [api, 'repos', fullName, ...rest].join('/');
}

export function repositoryJson(repository: HostedRepository, addresses: Addresses): Json {
  const { id, name, fullName, owner, defaultBranch, description } = repository;
  return {
    id,
    node_id: `R_${id}`,
    name,
    full_name: fullName,
    owner: { login: owner, id: idOf(owner), type: 'Organization' },
    private: false,
    html_url: webAddress(repository),
    description,
    fork: false,
    url: apiAddress(addresses, repository),
    clone_url: `${webAddress(repository)}.git`,
    ssh_url: `git@github.com:${fullName}.git`,
    archived: false,
    disabled: false,
    visibility: 'public',
    default_branch: defaultBranch,
    permissions: { admin: false, maintain: false, push: true, triage: true, pull: true },
  };
}

const FIELDS = ['%H', '%T', '%P', '%an', '%ae', '%aI', '%cn', '%ce', '%cI', '%B'].join('%x1f');

/** Commits as the API lists them, oldest first. `range` are arguments of `git log`. */
export async function commitsJson(
  repository: HostedRepository,
  addresses: Addresses,
  range: readonly string[],
): Promise<readonly Json[]> {
  const cwd = await repository.ready();
  const text = await git(['log', '-z', '--reverse', '--topo-order', `--format=${FIELDS}`, ...range], { cwd });
  return text
    .split('\0')
    .filter((each) => each !== '')
    .map((each): Json => {
      const [sha = '', tree = '', parents = '', author, email, date, committer, mail, committed, message = ''] =
        each.split('\x1f');
      const address = (commit: string): Json => ({
        sha: commit,
        url: apiAddress(addresses, repository, 'commits', commit),
        html_url: webAddress(repository, 'commit', commit),
      });
      return {
        ...address(sha),
        node_id: `C_${sha}`,
        commit: {
          author: { name: author, email, date },
          committer: { name: committer, email: mail, date: committed },
          message: message.trimEnd(),
          tree: { sha: tree },
          comment_count: 0,
          verification: { verified: false, reason: 'unsigned' },
        },
        author: null,
        committer: null,
        parents: parents
          .split(' ')
          .filter((parent) => parent !== '')
          .map(address),
      };
    });
}

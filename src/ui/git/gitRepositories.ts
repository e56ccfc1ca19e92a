/** Makes a list of repositories on GitHub from Git's data about the open folders. Pure; `gitExtension.ts` reads the data. */
import * as l10n from '@vscode/l10n';
import type { GitHubHost, GitHubHostReading } from '../../core/github/gitHubHost';
import {
  hostOfRemote,
  isForeign,
  readRemote,
  sshQuestion,
  type RemoteOptions,
  type RemoteRepository,
  type SshTarget,
} from '../../core/github/gitRemote';
import { isSameRepository, type RepositoryName } from '../../core/github/repository';

/** A working tree that VS Code's Git extension knows. */
export interface WorkingTree {
  /** Its identity: its root as a URI. */
  readonly root: string;
  /** The name of its folder. */
  readonly folder: string;
  /** The user is working in it. */
  readonly isCurrent: boolean;
  readonly head: Head | undefined;
  readonly remotes: readonly Remote[];
}

export interface Head {
  /** The branch; `undefined` while HEAD is detached. */
  readonly name: string | undefined;
  readonly commit: string | undefined;
  readonly upstream: { readonly remote: string; readonly name: string } | undefined;
  /** Number of commits that the upstream branch lacks; `undefined` if unknown. */
  readonly ahead: number | undefined;
}

export interface Remote {
  readonly name: string;
  /** The fetch URL, which names its repository; then push URLs, which may name another one. */
  readonly urls: readonly string[];
}

/** A repository, and all the remotes that lead to it, the preferred one first. */
export interface RepositoryEntry extends RepositoryName {
  /** Its usual name: `github.com` for a remote with an SSH alias or `ssh.github.com`. */
  readonly host: string;
  /** `host` is a name for SSH that could not be resolved. */
  readonly isUnresolved?: true;
  readonly places: readonly Place[];
}

export interface Place {
  readonly root: string;
  readonly folder: string;
  readonly isCurrent: boolean;
  readonly remote: string;
  /** The remote's name of the host, if that is not its usual name. */
  readonly alias?: string;
  readonly isSsh?: true;
}

/**
 * The state of VS Code's Git extension. `absent`: there is none; `disabled`: by the user, or Git is not installed;
 * `starting`: it did not become ready in time, and the list may be incomplete.
 */
export type GitState = 'ready' | 'starting' | 'absent' | 'disabled' | 'untrusted' | 'failed';

export interface RepositoryList {
  readonly git: GitState;
  readonly entries: readonly RepositoryEntry[];
  /** The hosts of remotes that are not on GitHub. */
  readonly foreignHosts: readonly string[];
}

/** The host that a name for SSH stands for; `undefined` if SSH could not be asked. */
export type SshAnswers = (target: SshTarget) => string | undefined;

/** The names that SSH has to resolve before the list can be made. */
export function sshQuestions(trees: readonly WorkingTree[], options?: RemoteOptions): SshTarget[] {
  const questions = trees
    .flatMap(({ remotes }) => remotes.flatMap(({ urls }) => urls))
    .map((url) => readRemote(url, options))
    .flatMap((remote) => (remote.kind === 'repository' ? (sshQuestion(remote.repository) ?? []) : []));
  return [...new Map(questions.map((target) => [JSON.stringify(target), target])).values()];
}

/** Each repository once: those of the current working tree first, and within a tree those of the preferred remote. */
export function repositoryEntries(
  trees: readonly WorkingTree[],
  answers: SshAnswers = () => undefined,
  options?: RemoteOptions,
): Pick<RepositoryList, 'entries' | 'foreignHosts'> {
  const entries: (RepositoryEntry & { places: Place[] })[] = [];
  const foreignHosts = new Set<string>();
  for (const tree of [...trees].sort((a, b) => Number(b.isCurrent) - Number(a.isCurrent))) {
    for (const remote of byPreference(tree)) {
      for (const url of remote.urls) {
        const reading = readRemote(url, options);
        if (reading.kind === 'repository') {
          const entry = entryOf(reading.repository, answers, tree, remote.name);
          if (entry.isUnresolved === undefined && isForeign(entry.host)) {
            foreignHosts.add(entry.host);
          } else {
            add(entries, entry);
          }
        } else if (reading.kind === 'foreign') {
          foreignHosts.add(reading.host);
        }
      }
    }
  }
  return { entries, foreignHosts: [...foreignHosts] };
}

function entryOf(
  repository: RemoteRepository,
  answers: SshAnswers,
  { root, folder, isCurrent }: WorkingTree,
  remote: string,
): RepositoryEntry & { places: Place[] } {
  const { owner, name, ssh } = repository;
  const question = sshQuestion(repository);
  const answer = question && answers(question);
  const host = hostOfRemote(repository, answer);
  const place: Place = {
    root,
    folder,
    isCurrent,
    remote,
    ...(question === undefined || host === repository.host ? {} : { alias: question.host }),
    ...(ssh === undefined ? {} : { isSsh: true }),
  };
  const isUnresolved = question !== undefined && answer === undefined;
  return { owner, name, host, ...(isUnresolved ? { isUnresolved } : {}), places: [place] };
}

function add(entries: (RepositoryEntry & { places: Place[] })[], entry: RepositoryEntry & { places: Place[] }): void {
  const known = entries.find(
    (other) => other.host === entry.host && other.isUnresolved === entry.isUnresolved && isSameRepository(other, entry),
  );
  if (known === undefined) {
    entries.push(entry);
    return;
  }
  const isNew = ({ root, remote }: Place): boolean =>
    !known.places.some((place) => place.root === root && place.remote === remote);
  known.places.push(...entry.places.filter(isNew));
}

/** Repositories that a session can work on, and those that it cannot, each with the reason as a sentence. */
export interface JudgedEntries {
  readonly here: readonly RepositoryEntry[];
  readonly elsewhere: readonly { readonly entry: RepositoryEntry; readonly reason: string }[];
}

/** Divides repositories into those that the runtime can work on, each once, and the others. */
export function judgeEntries(entries: readonly RepositoryEntry[], gitHub: GitHubHostReading): JudgedEntries {
  const here: (RepositoryEntry & { places: readonly Place[] })[] = [];
  const elsewhere: { entry: RepositoryEntry; reason: string }[] = [];
  for (const entry of entries) {
    const reason = whyNot(
      entry,
      entry.places.some(({ isSsh }) => isSsh === true),
      gitHub,
    );
    const index = here.findIndex((other) => isSameRepository(other, entry));
    const known = here[index];
    if (reason !== undefined) {
      elsewhere.push({ entry, reason });
    } else if (known === undefined) {
      here.push(entry);
    } else {
      // An Enterprise Server on a non-default port has another name in SSH remotes.
      here[index] = { ...known, places: [...known.places, ...entry.places] };
    }
  }
  return { here, elsewhere };
}

/** Why a session cannot work on repositories of a host, as a sentence; `undefined` if it can. */
export function whyNot(
  { host, isUnresolved }: Pick<RepositoryEntry, 'host' | 'isUnresolved'>,
  isSsh: boolean,
  { host: runtimeHost, problem }: GitHubHostReading,
): string | undefined {
  if (runtimeHost === undefined) {
    return problem;
  }
  if (isServedBy(host, isSsh, runtimeHost)) {
    return undefined;
  }
  return isUnresolved === true
    ? l10n.t('“{0}” is a host alias for SSH, and ssh could not be asked which host it means.', host)
    : l10n.t('The runtime works with {0} (GH_HOST changes that).', runtimeHost.name);
}

function isServedBy(host: string, isSsh: boolean, gitHub: GitHubHost): boolean {
  return host === gitHub.name || (isSsh && host === gitHub.hostname);
}

/** The repositories of the open folders, for the diagnosis. */
export interface RepositoryFindings {
  /** `owner/name` of each that a session can work on. */
  readonly usable: readonly string[];
  /** The other remotes, each with the reason: items of a list. */
  readonly others: readonly string[];
}

/** @returns `undefined` if Git did not answer */
export function repositoryFindings(
  { git, entries, foreignHosts }: RepositoryList,
  gitHub: GitHubHostReading,
): RepositoryFindings | undefined {
  const { here, elsewhere } = judgeEntries(entries, gitHub);
  if (git !== 'ready' && entries.length + foreignHosts.length === 0) {
    return undefined;
  }
  return {
    usable: here.map(({ owner, name }) => `${owner}/${name}`),
    others: [
      ...elsewhere.map(({ entry: { owner, name, host }, reason }) =>
        l10n.t('{0} on {1} ({2})', `${owner}/${name}`, host, reason),
      ),
      ...foreignHosts.map((host) => l10n.t('a repository on {0} (not GitHub)', host)),
    ],
  };
}

/** The current branch's remote, then `origin`, then `upstream`, then the others in Git's order. */
function byPreference({ head, remotes }: WorkingTree): Remote[] {
  const preferred = [head?.upstream?.remote, 'origin', 'upstream'];
  const rank = ({ name }: Remote): number => {
    const index = preferred.indexOf(name);
    return index === -1 ? preferred.length : index;
  };
  return [...remotes].sort((a, b) => rank(a) - rank(b));
}

/** A branch of a remote, as of the last fetch. */
export interface RemoteBranch {
  readonly name: string;
  readonly commit: string | undefined;
}

/** The branch that a working tree is on, in relation to one of its remotes. */
export interface CurrentBranch {
  /** Its name on the remote, or the name that it would get there. */
  readonly name: string;
  readonly localName: string;
  readonly folder: string;
  /** `absent`: the remote has no such branch. A number: the commits that the remote lacks. All as of the last fetch. */
  readonly remoteState: 'absent' | 'unknown' | number;
}

export function currentBranch(
  head: Head | undefined,
  folder: string,
  remote: string,
  branches: readonly RemoteBranch[],
): CurrentBranch | undefined {
  if (head?.name === undefined) {
    return undefined;
  }
  const tracks = head.upstream?.remote === remote ? head.upstream.name : undefined;
  const name = tracks ?? head.name;
  const onRemote = branches.find((branch) => branch.name === name);
  const result = { name, localName: head.name, folder };
  if (onRemote === undefined) {
    // Nothing is known of a remote that was never fetched.
    return { ...result, remoteState: branches.length === 0 ? 'unknown' : 'absent' };
  }
  if (onRemote.commit !== undefined && onRemote.commit === head.commit) {
    return { ...result, remoteState: 0 };
  }
  return { ...result, remoteState: (tracks === undefined ? undefined : head.ahead) ?? 'unknown' };
}

/** Each branch once, with the most precise state, even if two folders are on it or two remotes lead to it. */
export function mergeCurrentBranches(branches: readonly CurrentBranch[]): CurrentBranch[] {
  const rank = ({ remoteState }: CurrentBranch): number =>
    remoteState === 'unknown' ? 0 : remoteState === 'absent' ? 1 : 2;
  const merged: CurrentBranch[] = [];
  for (const branch of branches) {
    const index = merged.findIndex(({ name }) => name === branch.name);
    const other = merged[index];
    if (other === undefined) {
      merged.push(branch);
    } else if (rank(branch) > rank(other)) {
      merged[index] = branch;
    }
  }
  return merged;
}

/** The branches of one repository that Git knows. */
export interface KnownBranches {
  /** The branches on the remote as of the last fetch, the latest commit first. Empty if unknown. */
  readonly names: readonly string[];
  readonly current: readonly CurrentBranch[];
}

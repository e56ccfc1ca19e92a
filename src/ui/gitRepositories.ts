/** What Git says of the open folders, made into a list of repositories on GitHub. Pure; `gitExtension.ts` asks. */
import { isSameRepository, parseRemoteUrl, type RemoteRepository } from '../core/repository';

/** A working tree that the editor's Git knows. */
export interface WorkingTree {
  /** What it is found by again: its root as a URI. */
  readonly root: string;
  /** The name of its folder. */
  readonly folder: string;
  /** It is the one that the user is working in. */
  readonly isCurrent: boolean;
  readonly head: Head | undefined;
  readonly remotes: readonly Remote[];
}

export interface Head {
  /** The branch; `undefined` while HEAD is detached. */
  readonly name: string | undefined;
  readonly commit: string | undefined;
  readonly upstream: { readonly remote: string; readonly name: string } | undefined;
  /** How many commits the upstream branch does not have, as far as known. */
  readonly ahead: number | undefined;
}

export interface Remote {
  readonly name: string;
  /** Where it fetches from, and where it pushes to. */
  readonly urls: readonly string[];
}

/** A repository, and all the places that it is known from; the preferred one comes first. */
export interface RepositoryEntry extends RemoteRepository {
  readonly places: readonly Place[];
}

export interface Place {
  readonly root: string;
  readonly folder: string;
  readonly isCurrent: boolean;
  readonly remote: string;
}

/**
 * How far Git could be asked. `absent`: there is no Git extension; `disabled`: by the user, or Git is not installed;
 * `starting`: it did not become ready in time, and the list may lack something.
 */
export type GitState = 'ready' | 'starting' | 'absent' | 'disabled' | 'untrusted' | 'failed';

export interface RepositoryList {
  readonly git: GitState;
  readonly entries: readonly RepositoryEntry[];
}

/** Every repository once: those of the current working tree first, and of each one its preferred remote first. */
export function repositoryEntries(trees: readonly WorkingTree[]): RepositoryEntry[] {
  const entries: (RemoteRepository & { places: Place[] })[] = [];
  for (const tree of [...trees].sort((a, b) => Number(b.isCurrent) - Number(a.isCurrent))) {
    for (const remote of byPreference(tree)) {
      for (const url of remote.urls) {
        const repository = parseRemoteUrl(url);
        if (repository !== undefined) {
          const { root, folder, isCurrent } = tree;
          add(entries, repository, { root, folder, isCurrent, remote: remote.name });
        }
      }
    }
  }
  return entries;
}

function add(entries: (RemoteRepository & { places: Place[] })[], repository: RemoteRepository, place: Place): void {
  const known = entries.find((entry) => entry.host === repository.host && isSameRepository(entry, repository));
  if (known === undefined) {
    entries.push({ ...repository, places: [place] });
  } else if (!known.places.some(({ root, remote }) => root === place.root && remote === place.remote)) {
    known.places.push(place);
  }
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

/** A branch of a remote, as it was when it was last fetched. */
export interface RemoteBranch {
  readonly name: string;
  readonly commit: string | undefined;
}

/** The branch that a working tree is on, seen from one of its remotes. */
export interface CurrentBranch {
  /** Its name on the remote, or the one that it would have there. */
  readonly name: string;
  readonly localName: string;
  readonly folder: string;
  /** `absent`: the remote has no such branch. A number: as many commits are not there. All as of the last fetch. */
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
    // Of a remote that was never fetched nothing is known, and so not what it lacks.
    return { ...result, remoteState: branches.length === 0 ? 'unknown' : 'absent' };
  }
  if (onRemote.commit !== undefined && onRemote.commit === head.commit) {
    return { ...result, remoteState: 0 };
  }
  return { ...result, remoteState: (tracks === undefined ? undefined : head.ahead) ?? 'unknown' };
}

/** Each branch once, though two folders are on it, or two remotes lead there: as the one sees it that knows most. */
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

/** The branches of one repository, as far as Git knows them. */
export interface KnownBranches {
  /** Those on the remote as of the last fetch, the latest commit first. Empty: nothing is known. */
  readonly names: readonly string[];
  readonly current: readonly CurrentBranch[];
}

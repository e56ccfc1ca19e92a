import * as vscode from 'vscode';
import { Git } from '../../git/git';
import { GitTools } from '../../git/gitTools';
import type { GitHubHostReading } from '../../core/github/gitHubHost';
import type { SshTarget } from '../../core/github/gitRemote';
import { isSameRepository, type RepositoryName } from '../../core/github/repository';
import { Deadline } from '../../core/common/async';
import {
  currentBranch,
  judgeEntries,
  mergeCurrentBranches,
  repositoryEntries,
  sshQuestions,
  type CurrentBranch,
  type GitState,
  type Head,
  type KnownBranches,
  type Place,
  type Remote,
  type RemoteBranch,
  type RepositoryEntry,
  type RepositoryList,
  type SshAnswers,
  type WorkingTree,
} from './gitRepositories';
import { workspaceFolders } from '../common/workspaceFolders';
import { fetchBranch, refreshStatus, type Clone } from './clone';
import type { GitApi, GitBranch, GitExtension } from './gitExtensionApi';
import { NoCloneError } from './noClone';

/** Time limit for Git's answers, in milliseconds. Repositories can always be typed instead. */
const TIMEOUT_MS = 5_000;
/** A repository may have thousands of remotes with different hosts, and resolving a host takes a process. */
const MAX_SSH_TARGETS = 32;
/** Number of items that are processed concurrently. */
const CONCURRENCY = 4;
const OPTIONS = { drives: process.platform === 'win32' };

/** Finds the GitHub repositories of the open folders through VS Code's Git extension. Never rejects, never hangs. */
export class GitRepositories {
  constructor(
    private readonly find: () => vscode.Extension<unknown> | undefined = () =>
      vscode.extensions.getExtension('vscode.git'),
    private readonly timeoutMs = TIMEOUT_MS,
    private readonly tools: Pick<GitTools, 'remotes' | 'sshHost'> = new GitTools({ strangers: workspaceFolders }),
  ) {}

  async listRepositories(): Promise<RepositoryList> {
    const deadline = new Deadline(this.timeoutMs);
    try {
      return await this.list(deadline);
    } catch {
      return { git: 'failed', entries: [], foreignHosts: [] };
    } finally {
      deadline.dispose();
    }
  }

  /** The host that SSH connects to by a name; `undefined` if SSH does not answer in time. */
  async sshHost(target: SshTarget): Promise<string | undefined> {
    const deadline = new Deadline(this.timeoutMs);
    try {
      return (await this.askSsh([target], deadline))(target);
    } finally {
      deadline.dispose();
    }
  }

  /** The current branches of a listed repository. */
  async branchesOf(entry: RepositoryEntry): Promise<KnownBranches> {
    const deadline = new Deadline(this.timeoutMs);
    try {
      const api = await this.api(deadline);
      const parts =
        typeof api === 'string' ? [] : await Promise.all(entry.places.map((place) => readPlace(api, place, deadline)));
      const known = parts.filter((part) => part !== undefined);
      return {
        names: [...new Set(known.flatMap(({ branches }) => branches.map(({ name }) => name)))],
        current: mergeCurrentBranches(known.flatMap(({ current }) => current ?? [])),
      };
    } catch {
      return { names: [], current: [] };
    } finally {
      deadline.dispose();
    }
  }

  /**
   * A clone of a repository that is open in this window; of several, the one that the user is in.
   * @param gitHub the host that has the repository
   * @throws {@link NoCloneError} if there is none, with the reason
   */
  async cloneOf(repository: RepositoryName, gitHub: GitHubHostReading): Promise<Clone> {
    return (await this.clonesOf(repository, gitHub))[0];
  }

  /** As {@link cloneOf}: all of them. */
  async clonesOf(repository: RepositoryName, gitHub: GitHubHostReading): Promise<readonly [Clone, ...Clone[]]> {
    const { git, entries } = await this.listRepositories();
    const places = judgeEntries(entries, gitHub).here.find((entry) => isSameRepository(entry, repository))?.places;
    const deadline = new Deadline(this.timeoutMs);
    try {
      const api = await this.api(deadline).catch(() => 'failed' as const);
      if (typeof api === 'string' || !vscode.workspace.isTrusted) {
        throw new NoCloneError(typeof api === 'string' ? api : 'untrusted', repository);
      }
      // Of several remotes of one clone, the first is the preferred one.
      const roots = new Map<string, Place>();
      places?.forEach((place) => roots.set(place.root, roots.get(place.root) ?? place));
      const [first, ...others] = [...roots.values()].flatMap((place) => openClone(api, place) ?? []);
      if (first === undefined) {
        // Of a clone that is open, it is Git itself that may not be run.
        const reason = roots.size > 0 ? 'disabled' : git === 'ready' ? 'not-open' : git;
        throw new NoCloneError(reason, repository, gitHub.problem);
      }
      return [first, ...others];
    } finally {
      deadline.dispose();
    }
  }

  /** The working tree with this root, whatever its remotes are; `undefined` if it is not open here (any more). */
  async at(root: string): Promise<Pick<Clone, 'git' | 'refresh'> | undefined> {
    const deadline = new Deadline(this.timeoutMs);
    try {
      const api = await this.api(deadline);
      return typeof api === 'string' || !vscode.workspace.isTrusted
        ? undefined
        : openClone(api, { root: vscode.Uri.file(root).toString(), folder: '', isCurrent: false, remote: '' });
    } finally {
      deadline.dispose();
    }
  }

  private async list(deadline: Deadline): Promise<RepositoryList> {
    const api = await this.api(deadline);
    if (typeof api === 'string') {
      return { git: api, entries: [], foreignHosts: [] };
    }
    const isScanned = (): boolean => api.state === 'initialized';
    const scanned = isScanned() || (await deadline.next(api.onDidChangeState, isScanned));
    const repositories = api.repositories;
    // The extension announces a repository before it has read it.
    const read = await Promise.all(
      repositories.map(async ({ state }) => state.HEAD !== undefined || deadline.next(state.onDidChange)),
    );
    const current = currentRoot(api);
    const trees: WorkingTree[] = await mapInBatches(repositories, async ({ rootUri, state }) => ({
      root: rootUri.toString(),
      folder: rootUri.path.split('/').at(-1) ?? '',
      isCurrent: rootUri.toString() === current,
      head: headOf(state.HEAD),
      remotes:
        (await this.gitRemotes(api, rootUri, deadline)) ??
        state.remotes.map(({ name, fetchUrl, pushUrl }) => ({
          name,
          urls: [fetchUrl, pushUrl].filter((url) => url !== undefined),
        })),
    }));
    const answers = await this.askSsh(sshQuestions(trees, OPTIONS), deadline);
    return {
      git: scanned && read.every(Boolean) ? 'ready' : 'starting',
      ...repositoryEntries(trees, answers, OPTIONS),
    };
  }

  /** The remotes as Git resolves them: the Git extension reads only the repository's own configuration file. */
  private async gitRemotes(api: GitApi, root: vscode.Uri, deadline: Deadline): Promise<Remote[] | undefined> {
    const git = api.git?.path;
    if (git === undefined || root.scheme !== 'file' || !vscode.workspace.isTrusted) {
      return undefined;
    }
    const remotes = await deadline.race(this.tools.remotes(git, root.fsPath));
    return remotes?.map(({ name, fetchUrls, pushUrls }) => ({ name, urls: [...new Set([...fetchUrls, ...pushUrls])] }));
  }

  private async askSsh(targets: readonly SshTarget[], deadline: Deadline): Promise<SshAnswers> {
    const answers = new Map<string, string | undefined>();
    if (vscode.workspace.isTrusted) {
      await mapInBatches(targets.slice(0, MAX_SSH_TARGETS), async (target) => {
        answers.set(JSON.stringify(target), await deadline.race(this.tools.sshHost(target)));
      });
    }
    return (target) => answers.get(JSON.stringify(target));
  }

  private async api(deadline: Deadline): Promise<GitApi | Exclude<GitState, 'ready' | 'failed'>> {
    const extension = this.find();
    if (extension === undefined) {
      return vscode.workspace.isTrusted ? 'absent' : 'untrusted';
    }
    const git = (await deadline.race(Promise.resolve(extension.activate()))) as GitExtension | undefined;
    if (git === undefined) {
      return 'starting';
    }
    // When it is disabled later, the extension closes its repositories, but still reports that it is enabled.
    const isEnabled = git.enabled && vscode.workspace.getConfiguration('git', null).get('enabled') !== false;
    return isEnabled ? git.getAPI(1) : 'disabled';
  }
}

function openClone(api: GitApi, { root, remote, isCurrent }: Place): Clone | undefined {
  const opened = api.repositories.find(({ rootUri }) => rootUri.toString() === root);
  if (opened?.rootUri.scheme !== 'file') {
    return undefined;
  }
  const { rootUri } = opened;
  const git = Git.open(rootUri.fsPath, { command: api.git?.path ?? 'git', strangers: workspaceFolders() });
  return (
    git && {
      ...{ git, remote, root: rootUri, isCurrent },
      refresh: () => refreshStatus(opened),
      fetch: (branch) => fetchBranch(opened, remote, branch),
    }
  );
}

/** Maps a few items at a time: each may start a process. */
async function mapInBatches<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  for (let start = 0; start < items.length; start += CONCURRENCY) {
    results.push(...(await Promise.all(items.slice(start, start + CONCURRENCY).map(work))));
  }
  return results;
}

async function readPlace(
  api: GitApi,
  place: Place,
  deadline: Deadline,
): Promise<{ branches: readonly RemoteBranch[]; current: CurrentBranch | undefined } | undefined> {
  const repository = api.repositories.find(({ rootUri }) => rootUri.toString() === place.root);
  if (repository === undefined) {
    return undefined;
  }
  const prefix = `${place.remote}/`;
  const query = { remote: true, pattern: `refs/remotes/${place.remote}`, sort: 'committerdate' } as const;
  const [refs] = await Promise.all([
    deadline.race(repository.getBranches(query)),
    // The extension sometimes misses changes from outside of the editor.
    deadline.race(repository.status()).catch(() => undefined),
  ]);
  if (refs === undefined) {
    return undefined;
  }
  const branches = refs
    .filter(({ name }) => name?.startsWith(prefix) === true && name !== `${prefix}HEAD`)
    .map(({ name = '', commit }) => ({ name: name.slice(prefix.length), commit }));
  return { branches, current: currentBranch(headOf(repository.state.HEAD), place.folder, place.remote, branches) };
}

function headOf(head: GitBranch | undefined): Head | undefined {
  return head && { name: head.name, commit: head.commit, upstream: head.upstream, ahead: head.ahead };
}

/** The working tree that the user is in: the active editor's, else the first folder's. */
function currentRoot(api: GitApi): string | undefined {
  const folders = vscode.workspace.workspaceFolders ?? [];
  const places = [vscode.window.activeTextEditor?.document.uri, ...folders.map(({ uri }) => uri)];
  for (const uri of places) {
    const repository = uri && api.getRepository(uri);
    if (repository) {
      return repository.rootUri.toString();
    }
  }
  return undefined;
}

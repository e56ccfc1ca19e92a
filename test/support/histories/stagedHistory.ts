import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { ChangeStatus } from '../../../src/core/changes/sessionChanges';
import type { AgentMachine } from '../missionControl/github/agentMachine';
import { git, gitBytes } from '../missionControl/github/git';
import type { MissionControl } from '../missionControl/missionControl';
import { BASE_REF, TOPIC_REF, type History } from './history';
import { importStream, START, type Commit } from './tree';

/** An object of Git; `undefined` where there is none. */
interface GitObject {
  readonly id: string;
  /** `160000` for a submodule. */
  readonly mode: string;
}

/** A file as `git diff --name-status -M` and `git diff --numstat -M` have it. */
export interface GitFile {
  readonly path: string;
  readonly oldPath: string | undefined;
  readonly status: ChangeStatus;
  /** `undefined` for a binary file. */
  readonly additions: number | undefined;
  readonly deletions: number | undefined;
  /** A file, a link or a submodule became another of these. */
  readonly isTypeChange: boolean;
  readonly before: GitObject | undefined;
  readonly after: GitObject | undefined;
}

/** A history as GitHub, an agent's machine and a clone on this machine have it. */
export interface StagedHistory {
  readonly repository: { readonly owner: string; readonly name: string };
  /** The branch that the agent has pushed. */
  readonly branch: string;
  readonly agent: AgentMachine;
  /** The clone on this machine, with what was fetched since. */
  readonly root: string;
  /** In Git's order. */
  readonly files: readonly GitFile[];
  /** The ids of all that the base has at its end, by path. */
  readonly base: ReadonlyMap<string, string>;
  /** What `git show` has for the objects. */
  show(objects: readonly GitObject[]): Promise<readonly Buffer[]>;
  dispose(): Promise<void>;
}

/** The agent works as the history says, and pushes; then the clone, which is older, fetches. */
export async function stageHistory(service: MissionControl, history: History, name: string): Promise<StagedHistory> {
  const repository = { owner: 'octo-org', name };
  const task = service.createTask({ repository });
  const hosted = service.github.repository(repository.owner, name);
  const bare = await hosted.folder();
  const load = async (commits: readonly Commit[], start: string): Promise<void> => {
    await git(['fast-import', '--quiet', '--force'], { cwd: bare, input: importStream(commits, start) });
  };
  await load([{ mark: 1, ref: BASE_REF, parents: [START], tree: history.start }], `${BASE_REF}^0`);
  const start = await git(['rev-parse', BASE_REF], { cwd: bare });

  const folder = await mkdtemp(path.join(tmpdir(), 'history-'));
  const root = path.join(folder, name);
  await git(['clone', '--quiet', '--no-checkout', bare, root], { cwd: folder });
  const fetch = (): Promise<string> => git(['fetch', '--quiet', 'origin'], { cwd: root });

  const agent = service.agentFiles(task.id);
  const cwd = await agent.folder();
  const work = async (commits: readonly Commit[], force: boolean): Promise<void> => {
    await load(commits, start);
    await git(['fetch', '--quiet', 'origin', ...(history.isMerged ? ['main'] : []), TOPIC_REF], { cwd });
    await git(['reset', '--quiet', '--hard', await git(['rev-parse', TOPIC_REF], { cwd: bare })], { cwd });
    await agent.push({ force });
  };
  if (history.replaced !== undefined) {
    await work(history.replaced, false);
    await fetch();
  }
  await work(history.commits, true);
  await fetch();

  const head = `refs/remotes/origin/${task.branch}`;
  const mergeBase = await git(['merge-base', 'refs/remotes/origin/main', head], { cwd: root });
  return {
    repository,
    branch: task.branch,
    agent,
    root,
    files: await gitFiles(root, `${mergeBase}..${head}`),
    base: await idsIn(root, 'refs/remotes/origin/main'),
    show: (objects) => showAll(root, objects),
    dispose: () => rm(folder, { recursive: true, force: true, maxRetries: 5 }),
  };
}

const STATUSES: Readonly<Record<string, ChangeStatus>> = { A: 'added', D: 'deleted', R: 'renamed' };

async function gitFiles(cwd: string, range: string): Promise<readonly GitFile[]> {
  const [statuses, numbers, objects] = (await Promise.all(
    ['--name-status', '--numstat', '--raw'].map(async (what) =>
      (await git(['diff', what, '-M', '-z', '--no-abbrev', range], { cwd })).split('\0').slice(0, -1),
    ),
  )) as [string[], string[], string[]];
  const files: GitFile[] = [];
  while (statuses.length > 0) {
    const letter = statuses.shift()!.charAt(0);
    const oldPath = letter === 'R' ? statuses.shift() : undefined;
    // `1 <tab> 2 <tab> name`; for a renamed file, the name is empty, and both names follow.
    const counts = numbers.shift()!.split('\t', 2);
    const [additions, deletions] = counts.map((text) => (text === '-' ? undefined : Number(text)));
    const [mode = '', newMode = '', id = '', newId = ''] = objects.shift()!.slice(1).split(' ');
    const names = oldPath === undefined ? 1 : 2;
    numbers.splice(0, names === 1 ? 0 : names);
    objects.splice(0, names);
    files.push({
      ...{ path: statuses.shift()!, oldPath, status: STATUSES[letter] ?? 'modified', additions, deletions },
      isTypeChange: letter === 'T',
      before: letter === 'A' ? undefined : { id, mode },
      after: letter === 'D' ? undefined : { id: newId, mode: newMode },
    });
  }
  return files;
}

async function idsIn(cwd: string, commit: string): Promise<ReadonlyMap<string, string>> {
  const lines = (await git(['ls-tree', '-r', '-z', commit], { cwd })).split('\0').slice(0, -1);
  return new Map(lines.map((line) => [line.slice(line.indexOf('\t') + 1), line.split(/[ \t]/, 3)[2] ?? '']));
}

async function showAll(cwd: string, objects: readonly GitObject[]): Promise<readonly Buffer[]> {
  const blobs = objects.filter(({ mode }) => mode !== '160000');
  const output = await gitBytes(['cat-file', '--batch'], { cwd, input: blobs.map(({ id }) => `${id}\n`).join('') });
  let at = 0;
  return objects.map(({ id, mode }) => {
    if (mode === '160000') {
      // As Git shows a submodule in a diff.
      return Buffer.from(`Subproject commit ${id}\n`);
    }
    const end = output.indexOf('\n', at);
    const size = Number(output.subarray(at, end).toString().split(' ')[2]);
    at = end + 1 + size + 1;
    return output.subarray(end + 1, end + 1 + size);
  });
}

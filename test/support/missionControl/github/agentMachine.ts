import { chmod, mkdir, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Task } from '../task';
import { git, GitError } from './git';
import type { HostedRepository } from './repository';
import { workspaceDiff, type DiffMode, type WorkspaceDiff } from './workspaceDiff';

/** The new content of a file; `null` deletes it. Objects are for what JSON cannot say, and for modes. */
export type FileContent =
  | string
  | null
  | { readonly base64: string }
  | { readonly text: string; readonly executable: boolean }
  | { readonly link: string };

/** How the machine fails to answer `session.workspaces.diff`. */
export type DiffFault =
  /** It is no longer there: the call fails with this text. */
  | { readonly kind: 'gone'; readonly message?: string }
  /** The call stays pending. */
  | { readonly kind: 'hang' }
  /** Every diff, or that of these paths, is over the limit. */
  | { readonly kind: 'truncated'; readonly paths?: readonly string[] };

/** What an agent does to its clone, and when (in milliseconds since the epoch). */
interface Step {
  readonly time: number;
  readonly perform: (folder: string, time: number) => Promise<unknown>;
}

/**
 * The machine of a task's agent: a clone of the task's repository, on a branch of its own. The clone is made when it is
 * first needed.
 *
 * Stories work with {@link note}: as long as nobody can look, their steps are only noted down, and cost nothing. They are
 * carried out, with the dates that they had, as soon as somebody asks for the repository or for the clone.
 */
export class AgentMachine {
  /** See {@link DiffFault}. */
  fault: DiffFault | undefined;
  private readonly notes: Step[] = [];
  private queue: Promise<unknown> = Promise.resolve();
  private clone: Promise<string> | undefined;

  constructor(
    private readonly task: Task,
    readonly repository: HostedRepository,
    /** Resolves with the folder in which the clone is made. */
    private readonly home: () => Promise<string>,
    private readonly log: (line: string) => void,
  ) {
    repository.addAgent(() => this.settled());
  }

  /** Absolute path of the clone, in which all work so far is done. */
  async folder(): Promise<string> {
    return await this.do((folder) => Promise.resolve(folder));
  }

  /** Writes, or with `null` deletes, files by their path in the repository. */
  async edit(files: Readonly<Record<string, FileContent>>): Promise<void> {
    await this.do((folder) => writeFiles(folder, files));
  }

  async rename(from: string, to: string): Promise<void> {
    await this.do((folder) => renameFile(folder, from, to));
  }

  /** Commits everything. Resolves with the hash of the commit; that of the last one if there is nothing to commit. */
  async commit(message: string): Promise<string> {
    return await this.do((folder, time) => commitAll(folder, time, message));
  }

  /** Pushes the branch, and names it in the task's artifacts. */
  async push({ force = false }: { readonly force?: boolean } = {}): Promise<void> {
    await this.do((folder) => this.pushFrom(folder, force));
    this.announce();
  }

  /** Runs Git in the clone, and resolves with its output. */
  async run(args: readonly string[]): Promise<string> {
    return await this.do((folder, time) => git(args, { cwd: folder, time }));
  }

  /** What the machine answers to `session.workspaces.diff`, without its faults. */
  async diff(mode: DiffMode, ignoreWhitespace: boolean): Promise<WorkspaceDiff> {
    return await this.do((folder) => workspaceDiff(folder, mode, ignoreWhitespace));
  }

  /** Replaces a text in a file, as the agent's tool `edit` does; creates the file if there is nothing to replace. */
  noteEdit(file: string, before: string, after: string): Promise<void> {
    return this.note(async (folder) => {
      const target = inside(folder, file);
      const content = before === '' ? '' : await readFile(target, 'utf8');
      if (!content.includes(before)) {
        throw new Error(`${file} does not have the text that is to be replaced`);
      }
      await writeFiles(folder, { [file]: content.replace(before, () => after) });
    });
  }

  noteRename(from: string, to: string): Promise<void> {
    return this.note((folder) => renameFile(folder, from, to));
  }

  /** Commits and pushes everything. */
  async notePush(message: string): Promise<void> {
    await this.note(async (folder, time) => {
      await commitAll(folder, time, message);
      await this.pushFrom(folder, false);
    });
    this.announce();
  }

  /** Resolves when everything that was begun is done. Never rejects. */
  async settled(): Promise<void> {
    if (this.notes.length > 0) {
      await this.folder().catch(() => undefined);
    }
    await this.queue.catch(() => undefined);
  }

  /** Resolves at once if nobody can look, otherwise when it is done. A step that fails is logged: the story goes on. */
  private async note(perform: Step['perform']): Promise<void> {
    this.notes.push({ time: this.task.clock(), perform });
    if (this.repository.isMade) {
      await this.settled();
    }
  }

  /** Does one thing after all that was noted and begun before. */
  private async do<T>(perform: (folder: string, time: number) => Promise<T>): Promise<T> {
    const done = this.queue
      .catch(() => undefined)
      .then(async () => {
        const folder = await (this.clone ??= this.make());
        for (const step of this.notes.splice(0)) {
          await step.perform(folder, step.time).catch((error: unknown) => {
            this.log(`Task ${this.task.id}: on the agent's machine: ${String(error)}`);
          });
        }
        return await perform(folder, this.task.clock());
      });
    this.queue = done;
    return await done;
  }

  private async make(): Promise<string> {
    const bare = await this.repository.folder();
    const { baseBranch: base, branch } = this.task;
    // A branch that somebody has chosen is there. It has the content of the default branch.
    await git(['branch', base, this.repository.defaultBranch], { cwd: bare }).catch((error: unknown) => {
      if (!(error instanceof GitError)) {
        throw error;
      }
    });
    const folder = path.join(await this.home(), this.repository.name);
    await git(['clone', '--quiet', '--branch', base, bare, folder], { cwd: path.dirname(folder) });
    await git(['switch', '--quiet', '--no-track', '--create', branch], { cwd: folder });
    return folder;
  }

  private async pushFrom(folder: string, force: boolean): Promise<void> {
    const { branch } = this.task;
    await git(
      ['push', '--quiet', '--set-upstream', ...(force ? ['--force'] : []), 'origin', `HEAD:refs/heads/${branch}`],
      {
        cwd: folder,
      },
    );
  }

  private announce(): void {
    const { branch, baseBranch } = this.task;
    this.task.setArtifact('branch', { head_ref: branch, base_ref: baseBranch });
  }
}

async function commitAll(folder: string, time: number, message: string): Promise<string> {
  await git(['add', '--all'], { cwd: folder });
  if ((await git(['status', '--porcelain'], { cwd: folder })) !== '') {
    await git(['commit', '--quiet', '--message', message], { cwd: folder, time });
  }
  return await git(['rev-parse', 'HEAD'], { cwd: folder });
}

async function writeFiles(folder: string, files: Readonly<Record<string, FileContent>>): Promise<void> {
  for (const [file, content] of Object.entries(files)) {
    const target = inside(folder, file);
    // A file may become a link or the other way round, and must not be written through a link.
    await rm(target, { force: true, recursive: true });
    if (content === null) {
      continue;
    }
    await mkdir(path.dirname(target), { recursive: true });
    if (typeof content === 'string') {
      await writeFile(target, content);
    } else if ('link' in content) {
      await symlink(content.link, target);
    } else if ('base64' in content) {
      await writeFile(target, Buffer.from(content.base64, 'base64'));
    } else {
      await writeFile(target, content.text);
      await chmod(target, content.executable ? 0o755 : 0o644);
    }
  }
}

async function renameFile(folder: string, from: string, to: string): Promise<void> {
  const target = inside(folder, to);
  await mkdir(path.dirname(target), { recursive: true });
  await rename(inside(folder, from), target);
}

/** @throws if the path leads out of the folder, or into its `.git` */
function inside(folder: string, file: string): string {
  const target = path.resolve(folder, file);
  const relative = path.relative(folder, target);
  if (relative === '' || /^(\.\.|\.git)([/\\]|$)/.test(relative) || path.isAbsolute(relative)) {
    throw new Error(`${JSON.stringify(file)} is not a path in the repository`);
  }
  return target;
}

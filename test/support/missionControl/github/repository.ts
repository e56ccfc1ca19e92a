import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { git, SEED_TIME, tryGit } from './git';
import { seedFor } from './seeds';

const SEED_AUTHOR = 'Mona <mona@example.com>';

/**
 * A repository as GitHub has it: a bare one on this machine. It is made when somebody first asks for {@link ready}.
 * Until then, what agents did to it is only noted down (see `AgentMachine`).
 */
export class HostedRepository {
  readonly defaultBranch: string;
  readonly description: string;
  private made: Promise<string> | undefined;
  /** Each resolves when one agent's work so far is done. */
  private readonly agents: (() => Promise<void>)[] = [];

  constructor(
    /** GitHub's number of it. */
    readonly id: number,
    public owner: string,
    public name: string,
    /** Resolves with the folder for all bare repositories. */
    private readonly root: () => Promise<string>,
  ) {
    const { defaultBranch, description } = seedFor(name);
    this.defaultBranch = defaultBranch;
    this.description = description;
  }

  /** `owner/name` */
  get fullName(): string {
    return `${this.owner}/${this.name}`;
  }

  /** Whether it is on the disk, so that somebody may look at it at any time. */
  get isMade(): boolean {
    return this.made !== undefined;
  }

  /**
   * Makes it if it is not there yet. Resolves with the absolute path of the bare repository when the agents' work so far
   * is done, so that whoever looks at it sees what the events say.
   */
  async ready(): Promise<string> {
    const folder = await this.folder();
    await Promise.all(this.agents.map((settled) => settled()));
    return folder;
  }

  /** As {@link ready}, without the wait: for the agents themselves. */
  async folder(): Promise<string> {
    this.made ??= this.make();
    return await this.made;
  }

  /** @param settled resolves when the agent's work so far is done */
  addAgent(settled: () => Promise<void>): void {
    this.agents.push(settled);
  }

  /** Runs Git in the bare repository. */
  async git(...args: readonly string[]): Promise<string> {
    return await git(args, { cwd: await this.ready() });
  }

  /** The commit that a branch, tag or abbreviated hash names; `undefined` if there is none. */
  async commit(ref: string): Promise<string | undefined> {
    if (ref === '' || ref.startsWith('-')) {
      return undefined;
    }
    const cwd = await this.ready();
    return (
      (await tryGit(['rev-parse', '--verify', '--quiet', `refs/heads/${ref}^{commit}`], { cwd })) ??
      (await tryGit(['rev-parse', '--verify', '--quiet', `${ref}^{commit}`], { cwd }))
    );
  }

  private async make(): Promise<string> {
    const folder = path.join(await this.root(), this.owner, `${this.name}.git`);
    const seed = seedFor(this.name);
    await mkdir(path.dirname(folder), { recursive: true });
    await git(['init', '--quiet', '--bare', `--initial-branch=${seed.defaultBranch}`, folder], {
      cwd: path.dirname(folder),
    });
    const date = `${SEED_TIME / 1_000} +0000`;
    const commit = [
      `commit refs/heads/${seed.defaultBranch}`,
      `author ${SEED_AUTHOR} ${date}`,
      `committer ${SEED_AUTHOR} ${date}`,
      data(`${seed.subject}\n`),
      ...Object.entries(seed.files).map(([file, content]) => `M 100644 inline ${file}\n${data(content)}`),
      '',
    ].join('\n');
    await git(['fast-import', '--quiet'], { cwd: folder, input: commit });
    return folder;
  }
}

/** A value in the stream of `git fast-import`. */
function data(text: string): string {
  return `data ${Buffer.byteLength(text)}\n${text}`;
}

import { homedir } from 'node:os';
import { BoundedMap } from '../core/common/bounded';
import type { SshTarget } from '../core/github/gitRemote';
import { gitEnvironment, Git } from './git';
import { thisPlatform, type Platform } from '../runtime/platform/platform';
import { findTool, runTool } from '../runtime/platform/tool';

/** A remote as Git uses it, with everything that its configuration makes of the URL. */
export interface GitRemote {
  readonly name: string;
  readonly fetchUrls: readonly string[];
  readonly pushUrls: readonly string[];
}

export interface GitToolsOptions {
  /** Absolute paths of folders from which nothing may be run: those of the workspace. */
  readonly strangers: () => readonly string[];
  readonly host?: Platform;
  /** Arguments before those of SSH; tests use another configuration. */
  readonly sshArguments?: readonly string[];
  /** Time limit for one answer, in milliseconds. */
  readonly patience?: number;
}

/** `ssh -G` takes 10 ms and `git remote -v` 5 ms; a `Match exec` may take longer. */
const PATIENCE_MS = 3_000;
const MAX_BYTES = 256 * 1024;
/** How long an answer of SSH is cached, in milliseconds: its configuration may be edited. */
const MEMORY_MS = 60_000;
const MOST_REMEMBERED = 1_000;

/**
 * Asks Git and SSH for the remotes of a repository. Both read configuration that names programs, so this is for trusted
 * workspaces only. `git remote -v` runs none of them; `ssh -G` runs those of `Match exec` in the user's configuration.
 */
export class GitTools {
  private readonly host: Platform;
  private readonly answers = new BoundedMap<
    string,
    { readonly at: number; readonly answer: Promise<string | undefined> }
  >(MOST_REMEMBERED);

  constructor(private readonly options: GitToolsOptions) {
    this.host = options.host ?? thisPlatform();
  }

  /**
   * `git remote -v`.
   * @param git absolute path of Git, or `git` for the one on the PATH (all that the editor says on Linux)
   * @param root absolute path of the working tree
   * @returns `undefined` if Git fails or may not be run
   */
  async remotes(git: string, root: string): Promise<readonly GitRemote[] | undefined> {
    const output = await Git.open(root, { command: git, strangers: this.options.strangers(), host: this.host })?.text({
      args: ['remote', '-v'],
      patienceMs: this.options.patience ?? PATIENCE_MS,
      maxBytes: MAX_BYTES,
    });
    return output === undefined ? undefined : readRemotes(output);
  }

  /** The host name that SSH connects to for a target; `undefined` if SSH does not say. */
  async sshHost(target: SshTarget): Promise<string | undefined> {
    // An IP address is its own name. (It comes in brackets.)
    if (target.host.startsWith('[')) {
      return target.host;
    }
    const key = JSON.stringify(target);
    const known = this.answers.get(key);
    if (known !== undefined && Date.now() - known.at < MEMORY_MS) {
      return await known.answer;
    }
    const answer = this.askSsh(target);
    this.answers.set(key, { at: Date.now(), answer });
    const host = await answer;
    if (host === undefined) {
      this.answers.delete(key);
    }
    return host;
  }

  private async askSsh({ host, user, port }: SshTarget): Promise<string | undefined> {
    const command = findTool('ssh', this.host, this.options.strangers());
    // `Match exec` passes these to a shell.
    if (command === undefined || !/^[a-z\d_][a-z\d_.-]{0,252}$/i.test(host)) {
      return undefined;
    }
    const output = await runTool({
      command,
      args: [
        ...(this.options.sshArguments ?? []),
        '-G',
        ...(user !== undefined && /^[a-z\d_][a-z\d_.-]{0,63}$/i.test(user) ? ['-l', user] : []),
        ...(port !== undefined && /^\d{1,5}$/.test(port) ? ['-p', port] : []),
        '--',
        host,
      ],
      env: gitEnvironment(this.host),
      cwd: homedir(),
      patience: this.options.patience ?? PATIENCE_MS,
      maxBytes: MAX_BYTES,
    });
    return /^hostname (\S+)\r?$/m.exec(output ?? '')?.[1];
  }
}

function readRemotes(output: string): GitRemote[] {
  const remotes = new Map<string, { name: string; fetchUrls: string[]; pushUrls: string[] }>();
  for (const line of output.split('\n')) {
    const [, name, url, kind] = /^([^\t]+)\t(.+) \((fetch|push)\)(?: \[[^\]]*\])?\r?$/.exec(line) ?? [];
    if (name === undefined || url === undefined) {
      continue;
    }
    const remote = remotes.get(name) ?? { name, fetchUrls: [], pushUrls: [] };
    remotes.set(name, remote);
    (kind === 'fetch' ? remote.fetchUrls : remote.pushUrls).push(url);
  }
  return [...remotes.values()];
}

import { homedir } from 'node:os';
import path from 'node:path';
import { runtimeEnvironment } from '../runtime/platform/environment';
import { thisPlatform, type Platform } from '../runtime/platform/platform';
import { findTool, mayRun, runToEnd } from '../runtime/platform/tool';

/** One call of Git in a working tree. */
export interface GitCall {
  /** The command and its arguments: `['merge-base', a, b]`. */
  readonly args: readonly string[];
  readonly input?: string | Uint8Array;
  /**
   * The call may change the repository or the working tree, and the configuration's hooks and filters run, as they do
   * when the user calls Git. Without it, nothing that the repository names is run.
   */
  readonly changes?: true;
  /** Additional variables, such as `GIT_INDEX_FILE`. */
  readonly env?: Readonly<Record<string, string>>;
  /** Time limit in milliseconds. */
  readonly patienceMs?: number;
  /** The most output, in bytes. */
  readonly maxBytes?: number;
  readonly signal?: AbortSignal | undefined;
}

/** How a call ended: Git's exit code (0 for success) with its output, or why there is none. */
export type GitEnd =
  | { readonly kind: 'exited'; readonly code: number; readonly output: Buffer; readonly errors: string }
  | { readonly kind: 'not-started' | 'took-too-long' | 'wrote-too-much' | 'cancelled' };

export interface GitOptions {
  /** Absolute path of Git, or `git` for the one on the PATH (all that the editor says on Linux). */
  readonly command: string;
  /** Absolute paths of folders from which nothing may be run: those of the workspace. */
  readonly strangers: readonly string[];
  readonly host?: Platform;
}

const PATIENCE_MS = 30_000;
const MAX_BYTES = 64 * 1024 * 1024;

/** The variables of Git's configuration. Those that say where a repository is and what to run are not passed on. */
const GIT_CONFIG = /^GIT_CONFIG_(GLOBAL|SYSTEM|NOSYSTEM|COUNT|KEY_\d+|VALUE_\d+)$/;
/** Runs no program that the repository's configuration names. */
const RUN_NOTHING = [
  ...['-c', 'core.fsmonitor=false', '-c', `core.hooksPath=${process.platform === 'win32' ? 'NUL' : '/dev/null'}`],
  ...['-c', 'protocol.allow=never'],
];

/**
 * Git in one working tree. It reads configuration that names programs, so this is for trusted workspaces only. It never
 * asks for anything: what would need credentials fails.
 */
export class Git {
  private constructor(
    private readonly command: string,
    /** Absolute path of the working tree. */
    readonly root: string,
    private readonly host: Platform,
  ) {}

  /** @returns `undefined` if there is no Git that may be run, or the root is no absolute path */
  static open(root: string, { command, strangers, host = thisPlatform() }: GitOptions): Git | undefined {
    const file = command === 'git' ? findTool('git', host, strangers) : command;
    return file === undefined || !mayRun(file, host, strangers) || !path.isAbsolute(root)
      ? undefined
      : new Git(file, root, host);
  }

  /** The same Git in another working tree. */
  at(root: string): Git {
    return new Git(this.command, root, this.host);
  }

  /** Runs it to its end. Never rejects. */
  async run({ args, input, changes, env = {}, patienceMs, maxBytes, signal }: GitCall): Promise<GitEnd> {
    const end = await runToEnd({
      command: this.command,
      args: [
        ...['-C', this.root, '--no-pager', '-c', 'color.ui=false', '-c', 'core.quotePath=false'],
        ...(changes === true ? [] : ['--no-optional-locks', ...RUN_NOTHING]),
        ...args,
      ],
      env: {
        ...gitEnvironment(this.host),
        GIT_TERMINAL_PROMPT: '0',
        GIT_PAGER: 'cat',
        // A root that is no repository any more must not be taken for a folder of the repository around it.
        GIT_CEILING_DIRECTORIES: path.dirname(this.root),
        LC_ALL: 'C',
        ...(changes === true ? {} : { GIT_OPTIONAL_LOCKS: '0', GIT_NO_LAZY_FETCH: '1' }),
        ...env,
      },
      cwd: homedir(),
      patience: patienceMs ?? PATIENCE_MS,
      maxBytes: maxBytes ?? MAX_BYTES,
      signal,
      ...(input === undefined ? {} : { input }),
    });
    // A signal that ended Git was not ours: as little is known as if it had not run.
    return end.kind !== 'exited'
      ? end
      : end.code === null
        ? { kind: 'not-started' }
        : { kind: 'exited', code: end.code, output: end.output, errors: end.errors };
  }

  /** The output of a call as text, without the line end; `undefined` if it did not succeed. */
  async text(call: GitCall): Promise<string | undefined> {
    const end = await this.run(call);
    return end.kind === 'exited' && end.code === 0 ? end.output.toString('utf8').replace(/\r?\n$/, '') : undefined;
  }
}

/** The environment in which Git and SSH run. */
export function gitEnvironment({ env }: Platform): Record<string, string> {
  const config = Object.entries(env).filter(
    (entry): entry is [string, string] => entry[1] !== undefined && GIT_CONFIG.test(entry[0]),
  );
  return { ...runtimeEnvironment(env, { ownSignIn: false }), ...Object.fromEntries(config) };
}

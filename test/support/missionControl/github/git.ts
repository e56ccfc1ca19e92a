import { spawn } from 'node:child_process';

export interface GitOptions {
  readonly cwd: string;
  readonly input?: string | Buffer;
  /** Milliseconds since the epoch, for author and committer. Default: {@link SEED_TIME}. */
  readonly time?: number;
  /** Exit codes that are no failure. Default: 0 only. */
  readonly accept?: readonly number[];
}

/** A call of Git that failed. */
export class GitError extends Error {
  constructor(
    args: readonly string[],
    readonly code: number | null,
    stderr: string,
  ) {
    super(`git ${args.join(' ')} ended with ${code ?? 'a signal'}: ${stderr.trim()}`);
    this.name = 'GitError';
  }
}

/** The date of everything that is in a repository from the start: 2025-11-03 08:00 UTC. */
export const SEED_TIME = Date.UTC(2025, 10, 3, 8);

/** The agent, as commits name it. */
const AGENT = { name: 'Copilot', email: '198982749+Copilot@users.noreply.github.com' } as const;

/**
 * An environment in which neither the user's Git configuration (signing, hooks, templates, `core.quotePath`) nor a Git
 * that runs this process (`GIT_DIR` in a hook) has an effect.
 */
export function neutralGitEnvironment(): NodeJS.ProcessEnv {
  return {
    ...Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('GIT_'))),
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_CONFIG_SYSTEM: '/dev/null',
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_TERMINAL_PROMPT: '0',
    LC_ALL: 'C',
  };
}

/** The environment of {@link neutralGitEnvironment}, for commits of the agent at this time. */
function agentEnvironment(time: number = SEED_TIME): NodeJS.ProcessEnv {
  const date = `${Math.floor(time / 1_000)} +0000`;
  return {
    ...neutralGitEnvironment(),
    GIT_AUTHOR_NAME: AGENT.name,
    GIT_AUTHOR_EMAIL: AGENT.email,
    GIT_AUTHOR_DATE: date,
    GIT_COMMITTER_NAME: AGENT.name,
    GIT_COMMITTER_EMAIL: AGENT.email,
    GIT_COMMITTER_DATE: date,
  };
}

/** Nothing may still write into a folder that is being removed. */
const NO_BACKGROUND = ['-c', 'gc.auto=0', '-c', 'maintenance.auto=false'];

/**
 * Runs Git to its end, and resolves with its stdout.
 *
 * @throws {@link GitError}
 */
export async function gitBytes(args: readonly string[], options: GitOptions): Promise<Buffer> {
  const { cwd, input, time, accept = [0] } = options;
  const child = spawn('git', [...NO_BACKGROUND, ...args], {
    cwd,
    env: agentEnvironment(time),
    stdio: 'pipe',
    windowsHide: true,
  });
  const stdout: Buffer[] = [];
  const stderr: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => stdout.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => stderr.push(chunk));
  // Git may end before it has read everything.
  child.stdin.on('error', () => undefined);
  child.stdin.end(input);
  return await new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => {
      if (code !== null && accept.includes(code)) {
        resolve(Buffer.concat(stdout));
      } else {
        reject(new GitError(args, code, Buffer.concat(stderr).toString('utf8')));
      }
    });
  });
}

/** The output of {@link gitBytes} as text, without the last line end. */
export async function git(args: readonly string[], options: GitOptions): Promise<string> {
  return (await gitBytes(args, options)).toString('utf8').replace(/\n$/, '');
}

/** The output of {@link git}; `undefined` if Git fails. */
export async function tryGit(args: readonly string[], options: GitOptions): Promise<string | undefined> {
  try {
    return await git(args, options);
  } catch (error) {
    if (error instanceof GitError) {
      return undefined;
    }
    throw error;
  }
}

import { spawn, type ChildProcess } from 'node:child_process';

export interface CommandOptions {
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
  /** Time limit in milliseconds. After it, the command is killed and the promise rejects. */
  readonly timeout?: number;
}

/** A command that could not be started, timed out, or ended with a code other than 0. */
export class CommandError extends Error {
  constructor(
    message: string,
    /** The last lines of its output. */
    readonly output: string,
  ) {
    super(output.trim() === '' ? message : `${message}\n${output.trim()}`);
    this.name = 'CommandError';
  }
}

/** Killed when this process ends. */
const running = new Set<ChildProcess>();
process.on('exit', () => running.forEach((child) => child.kill('SIGTERM')));

/**
 * Runs a command without a shell, and resolves with its stdout.
 *
 * @throws {@link CommandError}
 */
export async function run(command: string, args: readonly string[], options: CommandOptions = {}): Promise<string> {
  const { timeout = 10 * 60_000, cwd, env } = options;
  const shown = [command, ...args].join(' ');
  const child = spawn(command, args, { cwd, env: env ?? process.env, stdio: ['ignore', 'pipe', 'pipe'] });
  running.add(child);
  child.once('close', () => running.delete(child));
  let stdout = '';
  let both = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
    both += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => (both += text));
  return new Promise((resolve, reject) => {
    const fail = (message: string) => reject(new CommandError(message, both.split('\n').slice(-20).join('\n')));
    const timer = setTimeout(() => {
      child.kill('SIGKILL');
      fail(`"${shown}" did not end within ${timeout / 1000} s.`);
    }, timeout);
    child.once('error', (error) => {
      clearTimeout(timer);
      fail(`"${shown}" could not be started: ${error.message}`);
    });
    child.once('close', (code, signal) => {
      clearTimeout(timer);
      if (code === 0) {
        resolve(stdout);
      } else {
        fail(`"${shown}" ended with ${signal ?? code ?? 'no code'}.`);
      }
    });
  });
}

/** Runs npm, by preference the one that runs this script. */
export async function npm(args: readonly string[], options: CommandOptions = {}): Promise<string> {
  const cli = process.env['npm_execpath'];
  return cli?.endsWith('npm-cli.js')
    ? run(process.execPath, [cli, ...args], options)
    : run(process.platform === 'win32' ? 'npm.cmd' : 'npm', args, options);
}

import { spawn, type ChildProcess } from 'node:child_process';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { descendantsOf, processTable, type ProcessEntry } from './processTable';

/** Time limit for the guard, including its own grace of 3 s, in milliseconds. Then it is killed. */
const GUARD_MS = 4_000;

/** Time limit for processes outside the group to notice that their parent has ended, in milliseconds. */
const GRACE_MS = 5_000;

export interface OwnedProcessOptions {
  readonly cwd?: string;
  readonly env: NodeJS.ProcessEnv;
  /** Each line of stdout and stderr. */
  readonly onLine: (line: string) => void;
}

/** A process that ends with this one, together with everything that it started. Linux and macOS. */
export class OwnedProcess {
  /** The exit code; `undefined` if a signal ended it. */
  readonly exited: Promise<number | undefined>;

  private readonly child: ChildProcess;

  private readonly seen = new Map<number, ProcessEntry>();

  private running = true;

  constructor(command: string, args: readonly string[], options: OwnedProcessOptions) {
    const guard = path.join(import.meta.dirname, 'guard.mjs');
    this.child = spawn(process.execPath, [guard, command, ...args], {
      cwd: options.cwd,
      env: options.env,
      stdio: ['pipe', 'pipe', 'pipe'],
      detached: true,
    });
    // The guard may end while its stdin is being closed; that is not an error.
    this.child.stdin?.on('error', () => undefined);
    for (const stream of [this.child.stdout, this.child.stderr]) {
      readLines(stream, options.onLine);
    }
    this.exited = new Promise((resolve) => {
      const finish = (code: number | undefined) => {
        this.running = false;
        resolve(code);
      };
      this.child.once('error', (error) => {
        options.onLine(error.message);
        finish(undefined);
      });
      this.child.once('exit', (code) => finish(code ?? undefined));
    });
  }

  /** The running descendants of the process, including those that lost their parent since the last call. */
  async descendants(): Promise<readonly ProcessEntry[]> {
    const table = await processTable();
    const guard = this.child.pid;
    if (this.running && guard !== undefined) {
      for (const entry of descendantsOf(guard, table)) {
        this.seen.set(entry.pid, entry);
      }
    }
    return table.filter(({ pid, started }) => this.seen.get(pid)?.started === started);
  }

  /**
   * Ends the process and everything that it started; none of it runs when this resolves. Resolves with the processes
   * that did not end within {@link GRACE_MS} and had to be killed. Starting such a process is a fault.
   */
  async stop(): Promise<readonly ProcessEntry[]> {
    await this.descendants();
    if (this.running) {
      this.child.stdin?.end();
      await Promise.race([this.exited, delay(GUARD_MS, undefined, { ref: false })]);
      if (this.child.pid !== undefined) {
        signal(-this.child.pid, 'SIGKILL');
      }
      await this.exited;
    }
    const deadline = Date.now() + GRACE_MS;
    let left = await this.descendants();
    while (left.length > 0 && Date.now() < deadline) {
      await delay(50);
      left = await this.descendants();
    }
    const killed = left;
    while (left.length > 0) {
      left.forEach(({ pid }) => signal(pid, 'SIGKILL'));
      await delay(20);
      left = await this.descendants();
    }
    return killed;
  }
}

/**
 * The environment of this process without variables that would change the behaviour of a VS Code, a Copilot runtime or
 * npm started from it.
 */
export function neutralEnvironment(): NodeJS.ProcessEnv {
  const personal = /^(VSCODE_|ELECTRON_|NODE_OPTIONS$|NODE_DEBUG$|npm_|COPILOT_|GH_|GITHUB_)/i;
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !personal.test(name)));
}

/** Calls back with each line, without its line end. */
function readLines(stream: NodeJS.ReadableStream | null, onLine: (line: string) => void): void {
  let rest = '';
  stream?.setEncoding('utf8');
  stream?.on('data', (text: string) => {
    const lines = (rest + text).split(/\r?\n/);
    rest = lines.pop() ?? '';
    lines.forEach(onLine);
  });
  stream?.on('end', () => {
    if (rest !== '') {
      onLine(rest);
    }
  });
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // The process has ended already.
  }
}

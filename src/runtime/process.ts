import { spawn, spawnSync, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { CloudSessionsError } from '../core/errors';
import { LineSplitter } from './lines';

export interface RuntimeCommand {
  readonly command: string;
  /** All arguments, ready to use. */
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly cwd?: string;
}

export interface ProcessExit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** The last lines of stderr, oldest first. */
  readonly lastLines: readonly string[];
}

/** What ended the process. */
export type StopStep = 'exited' | 'shutdown' | 'end of stdin' | 'SIGTERM' | 'SIGKILL';

/** How long each step of the stop ladder may take, in milliseconds. */
const STEP_MS = 2_000;
const LAST_LINES = 50;

/** The arguments that make the runtime a server on its standard streams. */
export function serverArguments(extra: readonly string[], tokenVariable?: string): string[] {
  return [
    '--headless',
    '--no-auto-update',
    '--log-level',
    'info',
    '--stdio',
    ...(tokenVariable === undefined ? [] : ['--auth-token-env', tokenVariable, '--no-auto-login']),
    ...extra,
  ];
}

/** A runtime that runs as our child, with all that it starts in a process group of its own. */
export class RuntimeProcess {
  /** Resolves once the process has ended; never rejects. */
  readonly exited: Promise<ProcessExit>;
  private readonly lastLines: string[] = [];
  private hasExited = false;
  private stopping: Promise<StopStep> | undefined;

  private constructor(
    private readonly child: ChildProcessWithoutNullStreams,
    onLine: (line: string) => void,
  ) {
    const lines = new LineSplitter((line) => {
      this.lastLines.push(line);
      if (this.lastLines.length > LAST_LINES) {
        this.lastLines.shift();
      }
      onLine(line);
    });
    child.stderr.on('data', (chunk: Buffer) => lines.write(chunk));
    this.exited = new Promise((resolve) => {
      // `close` comes after the last of stderr, but only when nobody else holds the pipe: a grandchild may.
      let ended = false;
      const end = (code: number | null, signal: NodeJS.Signals | null): void => {
        if (!ended) {
          ended = true;
          lines.end();
          resolve({ code, signal, lastLines: [...this.lastLines] });
        }
      };
      child.once('exit', (code, signal) => {
        this.hasExited = true;
        setTimeout(() => end(code, signal), 50).unref();
      });
      child.once('close', end);
    });
    // Writing to a process that has ended must not end ours: its exit says what there is to say.
    child.stdin.on('error', () => undefined);
    child.stdout.on('error', () => undefined);
    child.stderr.on('error', () => undefined);
  }

  /**
   * Starts it; resolves when the operating system has.
   * @throws `runtime-start-failed` if it cannot be started.
   */
  static start({ command, args, env, cwd }: RuntimeCommand, onLine: (line: string) => void): Promise<RuntimeProcess> {
    return new Promise((resolve, reject) => {
      const fail = (error: NodeJS.ErrnoException): void => reject(startError(command, error));
      let child: ChildProcessWithoutNullStreams;
      try {
        child = spawn(command, [...args], {
          env: { ...env },
          cwd,
          stdio: 'pipe',
          windowsHide: true,
          // A group of its own, so that it can be ended with all that it has started.
          detached: process.platform !== 'win32',
        });
      } catch (error) {
        fail(error as NodeJS.ErrnoException);
        return;
      }
      child.once('error', fail);
      child.once('spawn', () => {
        child.off('error', fail);
        child.on('error', () => undefined);
        resolve(new RuntimeProcess(child, onLine));
      });
    });
  }

  get pid(): number | undefined {
    return this.child.pid;
  }

  /** What it says: JSON-RPC frames. */
  get output(): NodeJS.ReadableStream {
    return this.child.stdout;
  }

  get input(): NodeJS.WritableStream {
    return this.child.stdin;
  }

  /**
   * Ends it: `shutdown`, then the end of its stdin, then SIGTERM, then SIGKILL of its whole group, each with its time.
   * Calls at the same time share one ladder.
   *
   * @param shutdown asks the runtime to end itself; may hang or fail
   * @returns the step that ended it
   */
  stop(shutdown?: () => Promise<void>): Promise<StopStep> {
    this.stopping ??= this.descend(shutdown);
    return this.stopping;
  }

  private async descend(shutdown: (() => Promise<void>) | undefined): Promise<StopStep> {
    if (this.hasExited) {
      this.signalGroup('SIGKILL');
      return 'exited';
    }
    const steps: readonly (readonly [StopStep, () => void])[] = [
      ...(shutdown === undefined ? [] : [['shutdown', () => void shutdown().catch(() => undefined)] as const]),
      ['end of stdin', () => this.child.stdin.end()],
      ['SIGTERM', () => this.signalGroup('SIGTERM')],
      ['SIGKILL', () => this.signalGroup('SIGKILL')],
    ];
    for (const [step, act] of steps) {
      act();
      if (await this.exitsWithin(STEP_MS)) {
        // Its children may have outlived it; the group is still theirs.
        this.signalGroup('SIGKILL');
        return step;
      }
    }
    return 'SIGKILL';
  }

  private async exitsWithin(milliseconds: number): Promise<boolean> {
    let timer: NodeJS.Timeout | undefined;
    const patience = new Promise<false>((resolve) => {
      timer = setTimeout(() => resolve(false), milliseconds);
    });
    try {
      return await Promise.race([this.exited.then(() => true), patience]);
    } finally {
      clearTimeout(timer);
    }
  }

  private signalGroup(signal: 'SIGTERM' | 'SIGKILL'): void {
    const { pid } = this.child;
    if (pid === undefined) {
      return;
    }
    if (process.platform === 'win32') {
      if (!this.hasExited) {
        // Windows has no signals: the tree is ended as a whole, or not at all.
        spawnSync('taskkill', ['/pid', String(pid), '/T', ...(signal === 'SIGKILL' ? ['/F'] : [])], {
          windowsHide: true,
        });
      }
      return;
    }
    try {
      // A group's id is not used again while any process of the group lives, so this never hits a stranger.
      process.kill(-pid, signal);
    } catch {
      // Nobody is left in it.
    }
  }
}

/** How a process ended, in words. */
export function describeExit({ code, signal }: ProcessExit): string {
  return signal === null ? `exit code ${code ?? 'unknown'}` : `signal ${signal}`;
}

function startError(command: string, error: NodeJS.ErrnoException): CloudSessionsError {
  const reasons: Readonly<Record<string, string>> = {
    ENOENT: 'it does not exist (or its interpreter does not)',
    EACCES: 'it is not executable',
    ENOEXEC: 'it is not a program for this machine',
    EPERM: 'the system does not allow it',
  };
  return new CloudSessionsError(
    'runtime-start-failed',
    `The Copilot runtime could not be started: ${reasons[error.code ?? ''] ?? error.message}: ${command}`,
    { nextStep: 'Check cloudSessions.runtime.path.', details: error.message, cause: error },
  );
}

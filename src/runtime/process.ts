import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { secrets } from '../core/redaction/secrets';
import { LineSplitter } from './lines';
import { killTree, signalGroup } from './processTree';
import { secretsInArguments, secretsOf } from './secretSources';
import { spawnError } from './runtimeErrors';

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
  /** The last lines of stderr, oldest first, without secrets. */
  readonly lastLines: readonly string[];
}

/** What ended a process; `exited`: it had ended before. */
export type StopStep = 'exited' | 'shutdown' | 'end of stdin' | 'SIGTERM' | 'SIGKILL';

export interface StopReport {
  /** `undefined`: not even SIGKILL has, so it still runs. */
  readonly endedBy: StopStep | undefined;
  readonly milliseconds: number;
}

/** How long each step of the stop ladder may take, in milliseconds. */
export interface StopLimits {
  /** For the answer to the request to shut down. */
  readonly shutdownMs: number;
  /** For the end after that answer: 1.0.102 takes 0.1 s, and 1.0.85 answers but goes on until its stdin ends. */
  readonly answeredMs: number;
  readonly stdinMs: number;
  readonly sigtermMs: number;
  readonly sigkillMs: number;
  /** For the rest of its output after its exit, if others hold its streams. */
  readonly restMs: number;
}

/** VS Code waits 5 s for `deactivate()`: SIGKILL must come before that, or the runtime would be left behind. */
export const DEFAULT_STOP_LIMITS: StopLimits = {
  shutdownMs: 2_000,
  answeredMs: 500,
  stdinMs: 1_000,
  sigtermMs: 1_000,
  sigkillMs: 1_000,
  restMs: 50,
};

/** The arguments that make the runtime a server on its standard streams. */
export function serverArguments(
  extra: readonly string[],
  { tokenVariable, ownSignIn = true }: { readonly tokenVariable?: string; readonly ownSignIn?: boolean } = {},
): string[] {
  return [
    '--headless',
    '--no-auto-update',
    '--log-level',
    'info',
    '--stdio',
    ...(tokenVariable === undefined ? [] : ['--auth-token-env', tokenVariable]),
    ...(tokenVariable === undefined && ownSignIn ? [] : ['--no-auto-login']),
    ...extra,
  ];
}

/**
 * A runtime that runs as our child, with all that it starts in a process group of its own (POSIX).
 *
 * When our own process is killed, nothing here can act any more: the runtimes then end because their stdin does (all
 * that were measured do, also when started through npm's loader). Another program named as the runtime must do so too.
 */
export class RuntimeProcess {
  /** Resolves once the process has ended; never rejects. */
  readonly exited: Promise<ProcessExit>;
  private hasExited = false;
  private stopping: Promise<StopReport> | undefined;

  private constructor(
    private readonly child: ChildProcessWithoutNullStreams,
    /** Its number, which is its group's as well. */
    readonly pid: number,
    onLine: (line: string) => void,
    private readonly limits: StopLimits,
  ) {
    const lines = new LineSplitter(onLine);
    child.stderr.on('data', (chunk: Buffer) => lines.write(chunk));
    owned.add(pid);
    this.exited = new Promise((resolve) => {
      let ended = false;
      const end = (code: number | null, signal: NodeJS.Signals | null): void => {
        if (!ended) {
          ended = true;
          clearTimeout(rest);
          lines.end();
          resolve({ code, signal, lastLines: lines.lastLines });
        }
      };
      let rest: NodeJS.Timeout | undefined;
      child.once('exit', (code, signal) => {
        this.hasExited = true;
        owned.delete(pid);
        // What it has started does not outlive it. Now, and never later: its number may soon be another's.
        if (process.platform !== 'win32') {
          signalGroup(pid, 'SIGKILL');
        }
        // `close` comes after the last of its output, but only when nobody else holds the pipes.
        rest = setTimeout(() => end(code, signal), limits.restMs);
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
   *
   * @param onLine given the lines of stderr, bounded in length and number, without secrets
   * @throws {RuntimeStartError} if it cannot be started.
   */
  static start(
    command: RuntimeCommand,
    onLine: (line: string) => void,
    limits: Partial<StopLimits> = {},
  ): Promise<RuntimeProcess> {
    // Before it can say anything.
    secrets.add(...secretsOf(command.env), ...secretsInArguments(command.args));
    return new Promise((resolve, reject) => {
      const fail = (error: NodeJS.ErrnoException): void => reject(spawnError(command, error));
      let child: ChildProcessWithoutNullStreams;
      try {
        child = spawn(command.command, [...command.args], {
          env: { ...command.env },
          cwd: command.cwd,
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
        const { pid } = child;
        if (pid === undefined) {
          fail(new Error('it has no process id'));
          return;
        }
        resolve(new RuntimeProcess(child, pid, onLine, { ...DEFAULT_STOP_LIMITS, ...limits }));
      });
    });
  }

  /** What it says: JSON-RPC frames. */
  get output(): NodeJS.ReadableStream {
    return this.child.stdout;
  }

  get input(): NodeJS.WritableStream {
    return this.child.stdin;
  }

  /**
   * Ends it: `shutdown`, then the end of its stdin, then SIGTERM, then SIGKILL of all its tree, each with its time.
   * Calls at the same time share one ladder.
   *
   * @param shutdown asks the runtime to end itself; may hang or fail
   */
  stop(shutdown?: () => Promise<void>): Promise<StopReport> {
    this.stopping ??= this.descend(shutdown);
    return this.stopping;
  }

  private async descend(shutdown: (() => Promise<void>) | undefined): Promise<StopReport> {
    const begin = performance.now();
    const endedBy = await this.firstStepThatEnds(shutdown);
    return { endedBy, milliseconds: Math.round(performance.now() - begin) };
  }

  private async firstStepThatEnds(shutdown: (() => Promise<void>) | undefined): Promise<StopStep | undefined> {
    const { answeredMs, stdinMs, sigtermMs, sigkillMs } = this.limits;
    if (this.hasExited) {
      return 'exited';
    }
    if (shutdown !== undefined) {
      const answered = await this.isAnswered(shutdown);
      if (await this.exitsWithin(answered ? answeredMs : 0)) {
        return 'shutdown';
      }
    }
    this.child.stdin.end();
    if (await this.exitsWithin(stdinMs)) {
      return 'end of stdin';
    }
    // Windows has no signals: its processes are killed, or not at all.
    if (process.platform !== 'win32') {
      signalGroup(this.pid, 'SIGTERM');
      if (await this.exitsWithin(sigtermMs)) {
        return 'SIGTERM';
      }
    }
    killTree(this.pid);
    return (await this.exitsWithin(sigkillMs)) ? 'SIGKILL' : undefined;
  }

  /** Whether the request to shut down is answered, and in time. A refusal leaves the rest of that time unused. */
  private async isAnswered(shutdown: () => Promise<void>): Promise<boolean> {
    const answer = (async () => shutdown())().then(
      () => true,
      () => false,
    );
    return (await within(Promise.race([answer, this.exited.then(() => true)]), this.limits.shutdownMs)) ?? false;
  }

  private async exitsWithin(milliseconds: number): Promise<boolean> {
    // It may have, and only the rest of its output is still waited for: then nothing may be signalled any more.
    return (await within(this.exited, milliseconds)) !== undefined || this.hasExited;
  }
}

/** Resolves with `undefined` if it takes longer. */
export async function within<T>(promise: Promise<T>, milliseconds: number): Promise<T | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const patience = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), milliseconds);
  });
  try {
    return await Promise.race([promise, patience]);
  } finally {
    clearTimeout(timer);
  }
}

/** The children that run: when our own process ends before it has ended them, they are killed at once. */
const owned = {
  pids: new Set<number>(),
  kill: (): void => owned.pids.forEach((pid) => killTree(pid)),
  add(pid: number): void {
    if (this.pids.size === 0) {
      process.once('exit', this.kill);
    }
    this.pids.add(pid);
  },
  delete(pid: number): void {
    this.pids.delete(pid);
    if (this.pids.size === 0) {
      process.off('exit', this.kill);
    }
  },
};

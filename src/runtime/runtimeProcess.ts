import * as l10n from '@vscode/l10n';
import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { within } from '../core/common/async';
import { secrets } from '../core/redaction/secrets';
import { LineSplitter } from './lineSplitter';
import { RuntimeRun, type RunRecords } from './processes/runtimeRun';
import { signalGroup } from '../system/processTree';
import { secretsInArguments, secretsOf } from './platform/secretSources';
import { spawnError } from './runtimeErrors';
import type { ProcessExit } from './processExit';
import type { RuntimeCommand } from './runtimeCommand';

/** The step that ended a process; `exited`: it had ended before. */
export type StopStep = 'exited' | 'shutdown' | 'end of stdin' | 'SIGTERM' | 'SIGKILL';

export interface StopReport {
  /** `undefined`: not even SIGKILL did, so it is still running. */
  readonly endedBy: StopStep | undefined;
  /** Process ids of its descendants that could not be ended, such as processes of another user. */
  readonly left: readonly number[];
  readonly milliseconds: number;
}

/** The time limit of each step of a stop, in milliseconds. */
export interface StopLimits {
  /** For the answer to the shutdown request. */
  readonly shutdownMs: number;
  /** For the exit after that answer: 1.0.102 takes 0.1 s; 1.0.85 answers, but runs until its stdin ends. */
  readonly answeredMs: number;
  readonly stdinMs: number;
  readonly sigtermMs: number;
  /**
   * For killing the whole tree, whose processes are stopped first, and for killing what is left of it after its exit.
   */
  readonly sigkillMs: number;
  /** For the rest of its output after its exit, if other processes hold its streams. */
  readonly restMs: number;
}

/** VS Code waits 5 s for `deactivate()`: the sum is less, or the runtime would be left behind. */
export const DEFAULT_STOP_LIMITS: StopLimits = {
  shutdownMs: 1_250,
  answeredMs: 500,
  stdinMs: 750,
  sigtermMs: 500,
  sigkillMs: 800,
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
 * A runtime that runs as a child process. Its descendants are ended with it (`processes/runtimeRun.ts`).
 *
 * If this process is killed, the runtime ends because its stdin does (measured for all known runtimes, also those
 * started through npm's loader). What is left then is ended by means of the record of the run.
 */
export class RuntimeProcess {
  /** Resolves once the process has ended; never rejects. */
  readonly exited: Promise<ProcessExit>;
  private hasExited = false;
  private stopping: Promise<StopReport> | undefined;
  /** Set once it has exited: resolves with the process ids of descendants that could not be ended. */
  private cleaning: Promise<readonly number[]> = Promise.resolve([]);

  private constructor(
    private readonly child: ChildProcessWithoutNullStreams,
    private readonly run: RuntimeRun,
    /** Its process id, which is also that of its group. */
    readonly pid: number,
    onLine: (line: string) => void,
    private readonly limits: StopLimits,
  ) {
    const lines = new LineSplitter(onLine);
    child.stderr.on('data', (chunk: Buffer) => lines.write(chunk));
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
        this.cleaning = run.exited(limits.sigkillMs);
        // `close` comes after the last output, but only when no other process holds the pipes.
        rest = setTimeout(() => end(code, signal), limits.restMs);
      });
      child.once('close', end);
    });
    // A write to a process that has ended must not crash this one; the exit is reported instead.
    child.stdin.on('error', () => undefined);
    child.stdout.on('error', () => undefined);
    child.stderr.on('error', () => undefined);
  }

  /**
   * Starts it; resolves when the operating system has started the process.
   *
   * @param onLine receives the lines of stderr, limited in length and number, without secrets
   * @param records where the run is recorded until none of its processes is left. Without it, processes that do not end
   * with their stdin outlive a killed owner.
   * @throws {RuntimeStartError} if it cannot be started
   */
  static async start(
    command: RuntimeCommand,
    onLine: (line: string) => void,
    limits: Partial<StopLimits> = {},
    records?: RunRecords,
  ): Promise<RuntimeProcess> {
    const run = RuntimeRun.begin(records);
    let runtime: RuntimeProcess;
    try {
      runtime = await RuntimeProcess.spawn(command, run, onLine, { ...DEFAULT_STOP_LIMITS, ...limits });
    } catch (error) {
      run.close();
      throw error;
    }
    await run.mark();
    return runtime;
  }

  private static spawn(
    command: RuntimeCommand,
    run: RuntimeRun,
    onLine: (line: string) => void,
    limits: StopLimits,
  ): Promise<RuntimeProcess> {
    // Before its first output.
    secrets.add(...secretsOf(command.env), ...secretsInArguments(command.args));
    return new Promise((resolve, reject) => {
      const fail = (error: NodeJS.ErrnoException): void => reject(spawnError(command, error));
      let child: ChildProcessWithoutNullStreams;
      try {
        child = spawn(command.command, [...command.args], {
          env: { ...command.env, ...run.env },
          cwd: command.cwd,
          stdio: 'pipe',
          windowsHide: true,
          // A group and session of its own, so that it can be ended with its descendants.
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
          fail(new Error(l10n.t('it has no process ID')));
          return;
        }
        run.started(pid);
        resolve(new RuntimeProcess(child, run, pid, onLine, limits));
      });
    });
  }

  /** Its JSON-RPC frames. */
  get output(): NodeJS.ReadableStream {
    return this.child.stdout;
  }

  get input(): NodeJS.WritableStream {
    return this.child.stdin;
  }

  /**
   * Ends it: `shutdown`, then the end of its stdin, then SIGTERM, then SIGKILL, each with its time limit. When this
   * resolves, none of its descendants is left unless the report says so. Concurrent calls share one stop.
   *
   * @param shutdown asks the runtime to exit; may hang or fail
   */
  stop(shutdown?: () => Promise<void>): Promise<StopReport> {
    this.stopping ??= this.runStop(shutdown);
    return this.stopping;
  }

  private async runStop(shutdown: (() => Promise<void>) | undefined): Promise<StopReport> {
    const begin = performance.now();
    const endedBy = await this.firstStepThatEnds(shutdown);
    const left = await this.cleaning;
    return { endedBy, left, milliseconds: Math.round(performance.now() - begin) };
  }

  private async firstStepThatEnds(shutdown: (() => Promise<void>) | undefined): Promise<StopStep | undefined> {
    const { answeredMs, stdinMs, sigtermMs, sigkillMs } = this.limits;
    if (this.hasExited) {
      return 'exited';
    }
    this.run.remember();
    if (shutdown !== undefined) {
      const answered = await this.isAnswered(shutdown);
      if (await this.exitsWithin(answered ? answeredMs : 0)) {
        return 'shutdown';
      }
    }
    this.child.stdin.end();
    if (await this.exitsWithin(stdinMs)) {
      // eslint-disable-next-line texts/localized -- a code; only the log shows it
      return 'end of stdin';
    }
    // Windows has no SIGTERM: processes can only be killed.
    if (process.platform !== 'win32') {
      signalGroup(this.pid, 'SIGTERM');
      if (await this.exitsWithin(sigtermMs)) {
        return 'SIGTERM';
      }
    }
    void this.run.end(sigkillMs);
    return (await this.exitsWithin(sigkillMs)) ? 'SIGKILL' : undefined;
  }

  /** Whether the shutdown request is answered in time. An error ends the wait. */
  private async isAnswered(shutdown: () => Promise<void>): Promise<boolean> {
    const answer = (async () => shutdown())().then(
      () => true,
      () => false,
    );
    return (await within(Promise.race([answer, this.exited.then(() => true)]), this.limits.shutdownMs)) ?? false;
  }

  private async exitsWithin(milliseconds: number): Promise<boolean> {
    // After the exit, `exited` still waits for the rest of the output; nothing may be signalled then.
    return (await within(this.exited, milliseconds)) !== undefined || this.hasExited;
  }
}

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

/** What ended a process; `exited`: it had ended before. */
export type StopStep = 'exited' | 'shutdown' | 'end of stdin' | 'SIGTERM' | 'SIGKILL';

export interface StopReport {
  /** `undefined`: not even SIGKILL has, so it still runs. */
  readonly endedBy: StopStep | undefined;
  /** What it had started and could not be ended either, by process id: another user's, for example. */
  readonly left: readonly number[];
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
  /** For the end of the whole tree by SIGKILL, which begins with stopping it; and for that of what it has left behind. */
  readonly sigkillMs: number;
  /** For the rest of its output after its exit, if others hold its streams. */
  readonly restMs: number;
}

/** VS Code waits 5 s for `deactivate()`: all of this together takes less, or the runtime would be left behind. */
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
 * A runtime that runs as our child, with all that it starts (`processes/runtimeRun.ts`): none of that outlives it.
 *
 * When our own process is killed, nothing here can act any more: the runtimes then end because their stdin does (all
 * that were measured do, also when started through npm's loader), and what does not end by that is ended by what its record
 * is for.
 */
export class RuntimeProcess {
  /** Resolves once the process has ended; never rejects. */
  readonly exited: Promise<ProcessExit>;
  private hasExited = false;
  private stopping: Promise<StopReport> | undefined;
  /** Set once it has exited: resolves with those that could not be ended. */
  private cleaning: Promise<readonly number[]> = Promise.resolve([]);

  private constructor(
    private readonly child: ChildProcessWithoutNullStreams,
    private readonly run: RuntimeRun,
    /** Its number, which is its group's as well. */
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
   * @param records where the run is noted down until nobody of it is left; without, a killed owner leaves behind what does
   * not end with its stdin
   * @throws {RuntimeStartError} if it cannot be started.
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
    // Before it can say anything.
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
          // A group and session of its own, so that it can be ended with all that it has started.
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

  /** What it says: JSON-RPC frames. */
  get output(): NodeJS.ReadableStream {
    return this.child.stdout;
  }

  get input(): NodeJS.WritableStream {
    return this.child.stdin;
  }

  /**
   * Ends it: `shutdown`, then the end of its stdin, then SIGTERM, then SIGKILL, each with its time. Whichever it is, nothing
   * of what it has started is left when this resolves, unless the report says so. Calls at the same time share one ladder.
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
    // Windows has no signals: its processes are killed, or not at all.
    if (process.platform !== 'win32') {
      signalGroup(this.pid, 'SIGTERM');
      if (await this.exitsWithin(sigtermMs)) {
        return 'SIGTERM';
      }
    }
    void this.run.end(sigkillMs);
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

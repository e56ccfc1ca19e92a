import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { promisify } from 'node:util';
import { defined } from '../core/common/defined';
import { CloudSessionsError, type ErrorContext } from '../core/errors/cloudSessionsError';
import { HANG_MS } from '../core/rpc/watchdog';
import { majorOf } from '../core/common/versions';
import { sanitizeLine } from '../core/common/sanitize';
import { isScript, OLDEST_NODE } from './runtimeProgram';
import { textOf } from '../core/redaction/secrets';
import { describeExit, type ProcessExit } from './processExit';
import type { RuntimeCommand } from './runtimeCommand';

/** Longest piece of stderr within a message, in UTF-16 units; the log has all of it. */
const QUOTE_LENGTH = 300;

/** The runtime could not be started, or ended before it had answered. */
export class RuntimeStartError extends CloudSessionsError {
  constructor(
    message: string,
    context: ErrorContext,
    /** How it ended; `undefined` if it never ran. */
    readonly exit?: ProcessExit,
  ) {
    super('runtime-start-failed', message, context);
  }
}

const CHECK_PATH = 'Check cloudSessions.runtime.path.';

/** The operating system would not start it. */
export function spawnError({ command, cwd }: RuntimeCommand, error: NodeJS.ErrnoException): RuntimeStartError {
  const [reason, nextStep] = spawnReason(command, cwd, error);
  return new RuntimeStartError(`The Copilot runtime could not be started: ${reason}: ${command}`, {
    nextStep,
    details: textOf(error),
    cause: error,
  });
}

function spawnReason(
  command: string,
  cwd: string | undefined,
  error: NodeJS.ErrnoException,
): readonly [string, string] {
  const { code } = error;
  switch (code) {
    case 'ENOENT':
    case 'ENOTDIR':
      if (cwd !== undefined && !existsSync(cwd)) {
        return [`its working folder ${cwd} does not exist`, 'Create that folder, or open another one.'];
      }
      return existsSync(command)
        ? [
            'the interpreter or the loader that it names is not on this machine',
            'Install the runtime of this platform.',
          ]
        : ['it does not exist', CHECK_PATH];
    case 'EACCES':
    case 'EPERM':
      return ['the system does not allow it to be executed', `Check its permissions. ${CHECK_PATH}`];
    case 'ENOEXEC':
    case 'UNKNOWN':
    case 'EFTYPE':
      return ['it is not a program for this machine', 'Install the runtime of this platform.'];
    case 'EAGAIN':
    case 'ENOMEM':
    case 'EMFILE':
    case 'ENFILE':
      return [`the system has no resources left (${code})`, 'Close what is not needed, then restart the runtime.'];
    case 'E2BIG':
      return ['its arguments and environment are too large', 'Shorten cloudSessions.runtime.args and .env.'];
    case 'EINVAL':
    case 'ERR_INVALID_ARG_VALUE':
      return [
        'its path, an argument or a variable is not valid',
        'Check cloudSessions.runtime.path, .args and .env for stray characters.',
      ];
    default:
      return [textOf(error), CHECK_PATH];
  }
}

/** It ended before it had answered for the first time. */
export async function startExitError(command: RuntimeCommand, exit: ProcessExit): Promise<RuntimeStartError> {
  const oldNode = await oldNodeOf(command);
  return new RuntimeStartError(
    `The Copilot runtime ended while it was being started (${describeExit(exit)})${quoteLast(exit)}`,
    {
      nextStep:
        oldNode === undefined
          ? 'Check cloudSessions.runtime.path, .args and .env; the log has all that it said.'
          : `It was run with Node ${oldNode} (${command.command}). Runtimes that are scripts need Node ${OLDEST_NODE} or newer: install that, or name the native program in cloudSessions.runtime.path.`,
      details: detailsOf(exit),
    },
    exit,
  );
}

/** It ended without having been asked to. */
export function crashError(exit: ProcessExit): CloudSessionsError {
  return new CloudSessionsError(
    'runtime-exited',
    `The Copilot runtime has ended unexpectedly (${describeExit(exit)})${quoteLast(exit)}`,
    { nextStep: 'Restart it; its log has the details.', details: detailsOf(exit) },
  );
}

/** Its stream has ended, and it has not. */
export function streamError(cause?: Error): CloudSessionsError {
  return new CloudSessionsError('runtime-exited', 'The Copilot runtime closed its connection without ending.', {
    nextStep: 'Restart it; its log has the details.',
    ...(cause === undefined ? {} : { details: textOf(cause), cause }),
  });
}

export function serverClosedError(address: string, cause?: Error): CloudSessionsError {
  return new CloudSessionsError(
    'connection-closed',
    `The Copilot runtime at ${address} closed the connection${cause === undefined ? '' : ` (${textOf(cause)})`}.`,
    { nextStep: 'Check that it still runs there.', ...defined({ cause }) },
  );
}

/** It runs, and answers nothing any more. */
export function hangError(where: string, isServer = false): CloudSessionsError {
  const silence = `has answered nothing for ${HANG_MS / 1_000} s`;
  return isServer
    ? new CloudSessionsError('timeout', `The Copilot runtime at ${where} ${silence}.`, {
        nextStep: 'Check that it still runs there, and that the way to it is open.',
      })
    : new CloudSessionsError('timeout', `The Copilot runtime (${where}) hangs: it ${silence}.`, {
        nextStep: 'It is started again by itself; if that happens again, update the runtime.',
      });
}

export function handshakeTimeout(milliseconds: number, where: string, isServer = false): CloudSessionsError {
  return new CloudSessionsError(
    'timeout',
    `The Copilot runtime (${where}) did not answer within ${milliseconds / 1_000} s.`,
    {
      nextStep: isServer
        ? 'Check that a Copilot runtime listens there.'
        : 'Check that this is a Copilot runtime, then restart; its log has what it said.',
    },
  );
}

/** It has been asked and made to end, and still runs. */
export function survivedError(pid: number): CloudSessionsError {
  return new CloudSessionsError('runtime-exited', `The Copilot runtime (process ${pid}) could not be ended.`, {
    nextStep: 'End that process by hand.',
  });
}

/** A start, or a wait for one, that a stop or a later start has put an end to. */
export function superseded(): CloudSessionsError {
  return new CloudSessionsError('cancelled', 'The start of the runtime was given up.');
}

function quoteLast({ lastLines }: ProcessExit): string {
  const last = lastLines.at(-1);
  return last === undefined ? '. It said nothing.' : `: ${sanitizeLine(last, QUOTE_LENGTH)}`;
}

function detailsOf({ lastLines }: ProcessExit): string {
  return lastLines.length === 0 ? 'It wrote nothing to stderr.' : `The last of its stderr:\n${lastLines.join('\n')}`;
}

/** The version of the Node that runs a script, if it is too old for a runtime; asked only when something has failed. */
async function oldNodeOf({ command, args, env, cwd }: RuntimeCommand): Promise<string | undefined> {
  if (args[0] === undefined || !isScript(args[0])) {
    return undefined;
  }
  try {
    const { stdout } = await promisify(execFile)(command, ['--version'], { env: { ...env }, cwd, timeout: 2_000 });
    const version = /^v\d+\.\S+/.exec(stdout.trim())?.[0];
    return version !== undefined && majorOf(version) < OLDEST_NODE ? version : undefined;
  } catch {
    return undefined;
  }
}

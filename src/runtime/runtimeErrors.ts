import * as l10n from '@vscode/l10n';
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

/** The longest quote of stderr in a message, in UTF-16 units; the log has all of it. */
const QUOTE_LENGTH = 300;

/** The runtime could not be started, or ended before it had answered. */
export class RuntimeStartError extends CloudSessionsError {
  constructor(
    message: string,
    context: ErrorContext,
    /** How it ended; `undefined` if it never started. */
    readonly exit?: ProcessExit,
  ) {
    super('runtime-start-failed', message, context);
  }
}

/** The operating system refused to start it. */
export function spawnError({ command, cwd }: RuntimeCommand, error: NodeJS.ErrnoException): RuntimeStartError {
  const [reason, nextStep] = spawnReason(command, cwd, error);
  return new RuntimeStartError(l10n.t('The Copilot runtime “{0}” could not be started: {1}', command, reason), {
    nextStep,
    details: textOf(error),
    cause: error,
  });
}

function spawnReason(
  command: string,
  cwd: string | undefined,
  error: NodeJS.ErrnoException,
): readonly [reason: string, nextStep: string] {
  const { code } = error;
  switch (code) {
    case 'ENOENT':
    case 'ENOTDIR':
      if (cwd !== undefined && !existsSync(cwd)) {
        return [
          l10n.t('its working folder {0} does not exist', cwd),
          l10n.t('Create that folder, or open another one.'),
        ];
      }
      return existsSync(command)
        ? [l10n.t('its interpreter or loader is not on this machine'), installForPlatform()]
        : [l10n.t('it does not exist'), checkPath()];
    case 'EACCES':
    case 'EPERM':
      return [
        l10n.t('the operating system does not allow it to be executed'),
        l10n.t('Check its permissions and cloudSessions.runtime.path.'),
      ];
    case 'ENOEXEC':
    case 'UNKNOWN':
    case 'EFTYPE':
      return [l10n.t('it is not a program for this machine'), installForPlatform()];
    case 'EAGAIN':
    case 'ENOMEM':
    case 'EMFILE':
    case 'ENFILE':
      return [
        l10n.t('the operating system is out of resources ({0})', code),
        l10n.t('Close programs that are not needed, then restart the runtime.'),
      ];
    case 'E2BIG':
      return [
        l10n.t('its arguments and environment are too large'),
        l10n.t('Shorten cloudSessions.runtime.args and cloudSessions.runtime.env.'),
      ];
    case 'EINVAL':
    case 'ERR_INVALID_ARG_VALUE':
      return [
        l10n.t('its path, an argument or a variable is not valid'),
        l10n.t(
          'Check cloudSessions.runtime.path, cloudSessions.runtime.args and cloudSessions.runtime.env for stray characters.',
        ),
      ];
    default:
      return [textOf(error), checkPath()];
  }
}

function checkPath(): string {
  return l10n.t('Check cloudSessions.runtime.path.');
}

function installForPlatform(): string {
  return l10n.t('Install the runtime for this platform.');
}

/** It ended before its first answer. */
export async function startExitError(command: RuntimeCommand, exit: ProcessExit): Promise<RuntimeStartError> {
  const oldNode = await oldNodeOf(command);
  const how = describeExit(exit);
  const last = lastWords(exit);
  return new RuntimeStartError(
    last === undefined
      ? l10n.t('The Copilot runtime ended while it was being started ({0}). It wrote nothing to stderr.', how)
      : l10n.t('The Copilot runtime ended while it was being started ({0}): {1}', how, last),
    {
      nextStep:
        oldNode === undefined
          ? l10n.t(
              'Check cloudSessions.runtime.path, cloudSessions.runtime.args and cloudSessions.runtime.env. The log has all of its output.',
            )
          : l10n.t(
              'It was run with Node.js {0} ({1}). Runtimes that are scripts need Node.js {2} or newer: install that, or set cloudSessions.runtime.path to the native program.',
              oldNode,
              command.command,
              OLDEST_NODE,
            ),
      details: detailsOf(exit),
    },
    exit,
  );
}

/** It ended without having been asked to. */
export function crashError(exit: ProcessExit): CloudSessionsError {
  const how = describeExit(exit);
  const last = lastWords(exit);
  return new CloudSessionsError(
    'runtime-exited',
    last === undefined
      ? l10n.t('The Copilot runtime has ended unexpectedly ({0}). It wrote nothing to stderr.', how)
      : l10n.t('The Copilot runtime has ended unexpectedly ({0}): {1}', how, last),
    { nextStep: restartIt(), details: detailsOf(exit) },
  );
}

/** Its stream ended, but the process did not. */
export function streamError(cause?: Error): CloudSessionsError {
  return new CloudSessionsError('runtime-exited', l10n.t('The Copilot runtime closed its connection without ending.'), {
    nextStep: restartIt(),
    ...(cause === undefined ? {} : { details: textOf(cause), cause }),
  });
}

function restartIt(): string {
  return l10n.t('Restart the runtime. Its log has the details.');
}

export function serverClosedError(address: string, cause?: Error): CloudSessionsError {
  return new CloudSessionsError(
    'connection-closed',
    cause === undefined
      ? l10n.t('The Copilot runtime at {0} closed the connection.', address)
      : l10n.t('The Copilot runtime at {0} closed the connection ({1}).', address, textOf(cause)),
    { nextStep: l10n.t('Check that it is still running there.'), ...defined({ cause }) },
  );
}

/** It is running, but has stopped answering. */
export function hangError(where: string, isServer = false): CloudSessionsError {
  const seconds = HANG_MS / 1_000;
  return isServer
    ? new CloudSessionsError(
        'timeout',
        l10n.t('The Copilot runtime at {0} has not answered for {1} s.', where, seconds),
        {
          nextStep: l10n.t('Check that it is still running there, and that the network connection to it works.'),
        },
      )
    : new CloudSessionsError(
        'timeout',
        l10n.t('The Copilot runtime ({0}) hangs: it has not answered for {1} s.', where, seconds),
        { nextStep: l10n.t('It is restarted automatically. If it hangs again, update the runtime.') },
      );
}

export function handshakeTimeout(milliseconds: number, where: string, isServer = false): CloudSessionsError {
  return new CloudSessionsError(
    'timeout',
    l10n.t('The Copilot runtime ({0}) did not answer within {1} s.', where, milliseconds / 1_000),
    {
      nextStep: isServer
        ? l10n.t('Check that a Copilot runtime listens there.')
        : l10n.t('Check that this is a Copilot runtime, then restart it. Its log has its output.'),
    },
  );
}

/** It was asked to end and killed, and is still running. */
export function survivedError(pid: number): CloudSessionsError {
  return new CloudSessionsError(
    'runtime-exited',
    l10n.t('The Copilot runtime (process {0}) could not be ended.', pid),
    {
      nextStep: l10n.t('End that process manually.'),
    },
  );
}

/** A start, or a wait for one, that a stop or a later start has superseded. */
export function superseded(): CloudSessionsError {
  return new CloudSessionsError('cancelled', l10n.t('The start of the Copilot runtime was cancelled.'));
}

/** The last line of stderr, clipped; `undefined` if there is none. */
function lastWords({ lastLines }: ProcessExit): string | undefined {
  const last = lastLines.at(-1);
  return last === undefined ? undefined : sanitizeLine(last, QUOTE_LENGTH);
}

function detailsOf({ lastLines }: ProcessExit): string {
  return lastLines.length === 0
    ? l10n.t('It wrote nothing to stderr.')
    : `${l10n.t('Its last lines on stderr:')}\n${lastLines.join('\n')}`;
}

/** The version of the Node.js that runs a script, if it is too old. It is only asked after a failure. */
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

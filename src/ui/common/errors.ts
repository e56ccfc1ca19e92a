import * as vscode from 'vscode';
import {
  asCloudSessionsError,
  isOwnCancellation,
  type CloudSessionsError,
  type ErrorCode,
} from '../../core/errors/cloudSessionsError';
import { secrets } from '../../core/redaction/secrets';
import type { AccessDenial } from '../../core/errors/accessDenial';
import { Command, Setting } from '../../manifest';
import { plainMessage } from './plainMessage';

/** A button under a message: what it says and what it does. */
export interface Action {
  readonly title: string;
  run(): unknown;
}

const command = (title: string, id: string, ...args: unknown[]): Action => ({
  title,
  run: () => vscode.commands.executeCommand(id, ...args),
});

function page(title: string, url: string): Action {
  return { title, run: () => vscode.env.openExternal(vscode.Uri.parse(url, true)) };
}

export const Actions = {
  showRuntimeLog: command('Show Log', Command.showRuntimeLog),
  restartRuntime: command('Restart', Command.restartRuntime),
  signIn: command('Sign In', Command.signIn),
  signInAgain: command('Sign In Again', Command.signIn, 'again'),
  otherAccount: command('Use Another Account', Command.signIn, 'other'),
  copilotSettings: page('Copilot Settings', 'https://github.com/settings/copilot'),
  aboutPolicies: page('About Policies', 'https://docs.github.com/copilot/how-tos/administer-copilot'),
  diagnose: command('Diagnose', Command.diagnose),
  choosePath: command('Open Settings', 'workbench.action.openSettings', Setting.runtimePath),
  chooseServer: command('Open Settings', 'workbench.action.openSettings', Setting.runtimeServer),
  setServerToken: command('Enter Token', Command.setServerToken),
  installRuntime: command('Install', Command.installRuntime),
  updateRuntime: command('Update', Command.updateRuntime),
  refresh: command('Refresh', Command.refresh),
  gitHubStatus: page('GitHub Status', 'https://www.githubstatus.com'),
} satisfies Record<string, Action>;

/** What helps against each kind of failure, beside the log. */
const REMEDIES: Partial<Record<ErrorCode, readonly Action[]>> = {
  'runtime-not-found': [Actions.installRuntime, Actions.choosePath],
  'runtime-path': [Actions.choosePath, Actions.showRuntimeLog],
  'runtime-start-failed': [Actions.showRuntimeLog, Actions.choosePath],
  'runtime-exited': [Actions.showRuntimeLog, Actions.restartRuntime],
  'handshake-failed': [Actions.showRuntimeLog, Actions.restartRuntime],
  'protocol-version': [Actions.updateRuntime, Actions.choosePath],
  'install-failed': [command('Try Again', Command.installRuntime), Actions.choosePath, Actions.showRuntimeLog],
  'connection-closed': [Actions.showRuntimeLog, Actions.restartRuntime],
  'server-address': [Actions.chooseServer],
  'server-unreachable': [Actions.chooseServer, Actions.restartRuntime],
  'not-signed-in': [Actions.signIn],
  'not-supported': [Actions.updateRuntime, Actions.showRuntimeLog],
  'response-invalid': [Actions.updateRuntime, Actions.showRuntimeLog],
  'service-unavailable': [Actions.gitHubStatus, Actions.diagnose],
  'session-not-found': [Actions.refresh],
  'session-not-ready': [Actions.refresh],
  timeout: [Actions.showRuntimeLog, Actions.restartRuntime],
  'repository-not-found': [Actions.otherAccount, Actions.showRuntimeLog],
};

/** What helps an account that is not let in. */
const REFUSAL_REMEDIES: Readonly<Record<AccessDenial, readonly Action[]>> = {
  'signed-out': [Actions.signIn],
  refused: [Actions.signInAgain],
  'no-access': [Actions.otherAccount, Actions.diagnose],
  'no-entitlement': [Actions.copilotSettings, Actions.otherAccount],
  policy: [Actions.aboutPolicies, Actions.diagnose],
};

export function remediesFor(error: CloudSessionsError): readonly Action[] {
  if (error.refusal !== undefined) {
    return REFUSAL_REMEDIES[error.refusal];
  }
  return REMEDIES[error.code] ?? [Actions.showRuntimeLog];
}

/** What happened and what to do, as one text. */
export function describeError(error: CloudSessionsError): string {
  // The end of a message may be the service's words, and those have no full stop.
  const message = /[.!?…:]$/.test(error.message) ? error.message : `${error.message}.`;
  return error.nextStep === undefined ? error.message : `${message} ${error.nextStep}`;
}

/** When each failure was shown last. */
const shownAt = new WeakMap<CloudSessionsError, number>();
/** The same failure may end several waits at once (a state, a command): it is told once, in milliseconds. */
const TOLD_MS = 1_000;

/** Shows a failure with the buttons that help; resolves when the message is closed. */
export async function showError(error: unknown, ...first: readonly Action[]): Promise<void> {
  const reason = asCloudSessionsError(error);
  if (isCancellation(reason) || Date.now() - (shownAt.get(reason) ?? -Infinity) < TOLD_MS) {
    return;
  }
  shownAt.set(reason, Date.now());
  await showMessage('error', describeError(reason), ...first, ...remediesFor(reason));
}

/** What the user cancelled is no failure. */
function isCancellation(error: CloudSessionsError): boolean {
  return isOwnCancellation(error) || (error.cause instanceof Error && error.cause.name === 'Canceled');
}

export async function showMessage(
  level: 'info' | 'warning' | 'error',
  text: string,
  ...actions: readonly Action[]
): Promise<void> {
  const titles = actions.map(({ title }) => title);
  const show = {
    info: vscode.window.showInformationMessage,
    warning: vscode.window.showWarningMessage,
    error: vscode.window.showErrorMessage,
  }[level];
  const chosen = await show(plainMessage(secrets.redact(text)), ...titles);
  const action = actions.find(({ title }) => title === chosen);
  if (action !== undefined) {
    await runAndReport(() => action.run());
  }
}

/**
 * Runs what a person asked for, by a command or a button. What it fails with is shown, with the buttons that help: it
 * never rejects.
 */
export async function runAndReport<T>(run: () => T | Promise<T>, ...first: readonly Action[]): Promise<T | undefined> {
  try {
    return await run();
  } catch (error) {
    // Not awaited: the message stays for as long as the user likes.
    void showError(error, ...first);
    return undefined;
  }
}

import * as vscode from 'vscode';
import { asCloudSessionsError, type CloudSessionsError, type ErrorCode } from '../core/errors';
import { Redactor } from '../core/redact';
import type { Refusal } from '../core/refusal';
import { Command, Setting } from '../manifest';
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
  'repository-not-found': [Actions.otherAccount, Actions.showRuntimeLog],
};

/** What helps an account that is not let in. */
const REFUSAL_REMEDIES: Readonly<Record<Refusal, readonly Action[]>> = {
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

/** Shows a failure with the buttons that help; resolves when the message is closed. Cancellation is no failure. */
export async function showError(error: unknown, ...first: readonly Action[]): Promise<void> {
  const reason = asCloudSessionsError(error);
  if (reason.code === 'cancelled') {
    return;
  }
  await showMessage('error', describeError(reason), ...first, ...remediesFor(reason));
}

let redactor = new Redactor();

/** From now on messages go through this one, too: what the runtime said may have a secret in it. */
export function redactMessagesWith(ours: Redactor): void {
  redactor = ours;
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
  const chosen = await show(plainMessage(redactor.redact(text)), ...titles);
  await actions.find(({ title }) => title === chosen)?.run();
}

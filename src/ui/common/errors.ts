import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import {
  asCloudSessionsError,
  isOwnCancellation,
  type CloudSessionsError,
  type ErrorCode,
} from '../../core/errors/cloudSessionsError';
import { sanitizeText } from '../../core/common/sanitize';
import { asSentence } from '../../core/common/sentence';
import { secrets } from '../../core/redaction/secrets';
import type { AccessDenial } from '../../core/errors/accessDenial';
import { Command, Setting } from '../../manifest';
import { plainMessage } from './plainMessage';

/** A button of a message. */
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

const OPEN_SETTINGS = l10n.t('Open Settings');

export const Actions = {
  showRuntimeLog: command(l10n.t('Show Log'), Command.showRuntimeLog),
  restartRuntime: command(
    l10n.t({ message: 'Restart', comment: ['A button: restarts the Copilot runtime'] }),
    Command.restartRuntime,
  ),
  signIn: command(l10n.t('Sign In'), Command.signIn),
  signInAgain: command(l10n.t('Sign In Again'), Command.signIn, 'again'),
  otherAccount: command(l10n.t('Use Another Account'), Command.signIn, 'other'),
  copilotSettings: page(l10n.t('Copilot Settings'), 'https://github.com/settings/copilot'),
  aboutPolicies: page(l10n.t('About Policies'), 'https://docs.github.com/copilot/how-tos/administer-copilot'),
  diagnose: command(
    l10n.t({ message: 'Diagnose', comment: ['A button: reports what works and what does not'] }),
    Command.diagnose,
  ),
  choosePath: command(OPEN_SETTINGS, 'workbench.action.openSettings', Setting.runtimePath),
  chooseServer: command(OPEN_SETTINGS, 'workbench.action.openSettings', Setting.runtimeServer),
  setServerToken: command(l10n.t('Enter Token'), Command.setServerToken),
  installRuntime: command(
    l10n.t({ message: 'Install', comment: ['A button: installs the Copilot runtime'] }),
    Command.installRuntime,
  ),
  updateRuntime: command(
    l10n.t({ message: 'Update', comment: ['A button: updates the Copilot runtime'] }),
    Command.updateRuntime,
  ),
  refresh: command(
    l10n.t({ message: 'Refresh', comment: ['A button: reads the list of sessions again'] }),
    Command.refresh,
  ),
  gitHubStatus: page(l10n.t('GitHub Status'), 'https://www.githubstatus.com'),
} satisfies Record<string, Action>;

/** The buttons for each kind of failure. */
const REMEDIES: Partial<Record<ErrorCode, readonly Action[]>> = {
  'runtime-not-found': [Actions.installRuntime, Actions.choosePath],
  'runtime-path': [Actions.choosePath, Actions.showRuntimeLog],
  'runtime-start-failed': [Actions.showRuntimeLog, Actions.choosePath],
  'runtime-exited': [Actions.showRuntimeLog, Actions.restartRuntime],
  'handshake-failed': [Actions.showRuntimeLog, Actions.restartRuntime],
  'protocol-version': [Actions.updateRuntime, Actions.choosePath],
  'install-failed': [command(l10n.t('Try Again'), Command.installRuntime), Actions.choosePath, Actions.showRuntimeLog],
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

/** The buttons for an account that is denied access. */
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
  return error.nextStep === undefined ? error.message : `${asSentence(error.message)} ${error.nextStep}`;
}

/** When each failure was last shown, in milliseconds since the epoch. */
const shownAt = new WeakMap<CloudSessionsError, number>();
/** The same failure may end several waits at once (a state, a command): it is shown once within this time, in milliseconds. */
const REPEAT_MS = 1_000;

/** Shows a failure with the buttons that help; resolves when the message is closed. */
export async function showError(error: unknown, ...first: readonly Action[]): Promise<void> {
  const reason = asCloudSessionsError(error);
  if (isCancellation(reason) || Date.now() - (shownAt.get(reason) ?? -Infinity) < REPEAT_MS) {
    return;
  }
  shownAt.set(reason, Date.now());
  await showMessage('error', describeError(reason), ...first, ...remediesFor(reason));
}

/** A cancellation by the user is not a failure. */
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
  // Names of branches, files and hosts come from others, by errors of all layers.
  const chosen = await show(plainMessage(sanitizeText(secrets.redact(text))), ...titles);
  const action = actions.find(({ title }) => title === chosen);
  if (action !== undefined) {
    await runAndReport(() => action.run());
  }
}

/** Runs an action of a person (a command, a button). A failure is shown with the buttons that help; it never rejects. */
export async function runAndReport<T>(run: () => T | Promise<T>, ...first: readonly Action[]): Promise<T | undefined> {
  try {
    return await run();
  } catch (error) {
    // Not awaited: the message stays until the user closes it.
    void showError(error, ...first);
    return undefined;
  }
}

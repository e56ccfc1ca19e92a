import * as vscode from 'vscode';
import { sanitizeText } from '../../core/common/sanitize';
import { Command, View } from '../../manifest';
import { emptyReason, serverAwayText, SIGN_IN_TEXTS, type Situation } from '../runtime/situation';

interface Look {
  readonly text: string;
  readonly tooltip: string;
  readonly command: string;
  readonly severity?: 'warning' | 'error';
}

function look(situation: Situation, working: number, waiting: number): Look {
  const focus = `${View.sessions}.focus`;
  const reason = emptyReason(situation);
  switch (reason) {
    case 'starting':
      return { text: '$(loading~spin) Copilot Cloud', tooltip: 'The Copilot runtime is starting.', command: focus };
    case 'serverAway':
      return {
        text: '$(warning) Copilot Cloud',
        tooltip: `${serverAwayText(situation)} Click to see what to do.`,
        command: focus,
        severity: 'warning',
      };
    case 'stopped':
      return {
        text: '$(circle-slash) Copilot Cloud',
        tooltip: 'The Copilot runtime is stopped. Click to start it.',
        command: Command.userRestartRuntime,
      };
    case 'noRuntime':
      return {
        text: '$(warning) Copilot Cloud',
        tooltip: 'No Copilot runtime was found. Click to see what to do.',
        command: focus,
        severity: 'warning',
      };
    case 'failed':
      return {
        text: '$(error) Copilot Cloud',
        tooltip: `The Copilot runtime has failed. ${situation.error?.message ?? ''} Click for its log.`,
        command: Command.userShowRuntimeLog,
        severity: 'error',
      };
    case 'notSignedIn':
      return {
        text: '$(account) Copilot Cloud',
        tooltip: 'You are not signed in to GitHub Copilot. Click to sign in.',
        command: Command.signIn,
        severity: 'warning',
      };
    case 'signInRefused':
    case 'signInDoubtful':
      return {
        text: '$(account) Copilot Cloud',
        tooltip: `${SIGN_IN_TEXTS[reason]} Click to sign in again.`,
        command: Command.signIn,
        severity: 'warning',
      };
    case 'noAccess':
    case 'noEntitlement':
    case 'forbiddenByPolicy':
      return {
        text: '$(warning) Copilot Cloud',
        tooltip: `${SIGN_IN_TEXTS[reason]} Click to see what to do.`,
        command: Command.userDiagnose,
        severity: 'warning',
      };
    case 'listFailed':
      return {
        text: '$(warning) Copilot Cloud',
        tooltip: `The sessions could not be read. ${situation.list.kind === 'failed' ? situation.list.error.message : ''}`,
        command: focus,
        severity: 'warning',
      };
    case 'cannotList':
    case 'noSessions': {
      const counts = [
        ...(waiting > 0 ? [`${waiting} waiting for you`] : []),
        ...(working > 0 ? [`${working} working`] : []),
      ];
      return {
        text:
          waiting > 0
            ? `$(question) Copilot Cloud: ${waiting}`
            : working > 0
              ? `$(cloud) Copilot Cloud: ${working}`
              : '$(cloud) Copilot Cloud',
        tooltip: ['The Copilot runtime is running.', ...counts].join('\n'),
        command: focus,
      };
    }
  }
}

/** Shows the state of the runtime, and how many sessions are at work or wait for an answer. */
export class StatusBar implements vscode.Disposable {
  private readonly item = vscode.window.createStatusBarItem('cloudSessions.status', vscode.StatusBarAlignment.Left, 0);

  constructor() {
    this.item.name = 'Cloud Sessions';
  }

  update(situation: Situation, working: number, waiting: number): void {
    const { text, tooltip, command, severity } = look(situation, working, waiting);
    this.item.text = text;
    this.item.tooltip = sanitizeText(tooltip);
    this.item.command = command;
    this.item.backgroundColor =
      severity === undefined ? undefined : new vscode.ThemeColor(`statusBarItem.${severity}Background`);
    this.item.accessibilityInformation = { label: `Cloud Sessions. ${tooltip}`, role: 'button' };
    this.item.show();
  }

  dispose(): void {
    this.item.dispose();
  }
}

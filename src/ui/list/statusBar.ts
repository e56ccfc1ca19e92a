import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import { joinSentences } from '../../core/common/sentence';
import { sanitizeText } from '../../core/common/sanitize';
import { Command, View } from '../../manifest';
import { emptyReason, quotaLines, serverAwayText, SIGN_IN_TEXTS, type Situation } from '../runtime/situation';

const LABEL = l10n.t({ message: 'Copilot Cloud', comment: ['The label of the item in the status bar'] });
const NAME = l10n.t({ message: 'Cloud Sessions', comment: ['The name of the item in the status bar'] });

interface Appearance {
  readonly text: string;
  readonly tooltip: string;
  readonly command: string;
  readonly severity?: 'warning' | 'error';
}

function appearanceOf(situation: Situation, working: number, waiting: number): Appearance {
  const focus = `${View.sessions}.focus`;
  const reason = emptyReason(situation);
  switch (reason) {
    case 'starting':
      return { text: `$(loading~spin) ${LABEL}`, tooltip: l10n.t('The Copilot runtime is starting.'), command: focus };
    case 'serverAway':
      return {
        text: `$(warning) ${LABEL}`,
        tooltip: `${serverAwayText(situation)} ${l10n.t('Click to see what to do.')}`,
        command: focus,
        severity: 'warning',
      };
    case 'stopped':
      return {
        text: `$(circle-slash) ${LABEL}`,
        tooltip: l10n.t('The Copilot runtime is stopped. Click to start it.'),
        command: Command.userRestartRuntime,
      };
    case 'noRuntime':
      return {
        text: `$(warning) ${LABEL}`,
        tooltip: l10n.t('No Copilot runtime was found. Click to see what to do.'),
        command: focus,
        severity: 'warning',
      };
    case 'failed':
      return {
        text: `$(error) ${LABEL}`,
        tooltip: joinSentences(
          l10n.t('The Copilot runtime has failed.'),
          situation.error?.message,
          l10n.t('Click to show its log.'),
        ),
        command: Command.userShowRuntimeLog,
        severity: 'error',
      };
    case 'notSignedIn':
      return {
        text: `$(account) ${LABEL}`,
        tooltip: l10n.t('You are not signed in to GitHub Copilot. Click to sign in.'),
        command: Command.signIn,
        severity: 'warning',
      };
    case 'signInRefused':
    case 'signInDoubtful':
      return {
        text: `$(account) ${LABEL}`,
        tooltip: `${SIGN_IN_TEXTS[reason]} ${l10n.t('Click to sign in again.')}`,
        command: Command.signIn,
        severity: 'warning',
      };
    case 'noAccess':
    case 'noEntitlement':
    case 'forbiddenByPolicy':
      return {
        text: `$(warning) ${LABEL}`,
        tooltip: `${SIGN_IN_TEXTS[reason]} ${l10n.t('Click to see what to do.')}`,
        command: Command.userDiagnose,
        severity: 'warning',
      };
    case 'listFailed':
      return {
        text: `$(warning) ${LABEL}`,
        tooltip: joinSentences(
          l10n.t('The sessions could not be read.'),
          situation.list.kind === 'failed' ? situation.list.error.message : undefined,
        ),
        command: focus,
        severity: 'warning',
      };
    case 'cannotList':
    case 'noSessions': {
      const counts = [
        ...(waiting > 0
          ? [
              waiting === 1
                ? l10n.t('1 session is waiting for you')
                : l10n.t('{0} sessions are waiting for you', waiting),
            ]
          : []),
        ...(working > 0
          ? [working === 1 ? l10n.t('1 session is working') : l10n.t('{0} sessions are working', working)]
          : []),
      ];
      return {
        text:
          waiting > 0
            ? `$(question) ${LABEL}: ${waiting}`
            : working > 0
              ? `$(cloud) ${LABEL}: ${working}`
              : `$(cloud) ${LABEL}`,
        tooltip: [
          l10n.t('The Copilot runtime is running.'),
          ...counts,
          ...quotaLines(situation, vscode.env.language),
        ].join('\n'),
        command: focus,
      };
    }
  }
}

/** Shows the state of the runtime, and how many sessions are at work or wait for an answer. */
export class StatusBar implements vscode.Disposable {
  private readonly item = vscode.window.createStatusBarItem('cloudSessions.status', vscode.StatusBarAlignment.Left, 0);

  constructor() {
    this.item.name = NAME;
  }

  update(situation: Situation, working: number, waiting: number): void {
    const { text, tooltip, command, severity } = appearanceOf(situation, working, waiting);
    this.item.text = text;
    this.item.tooltip = sanitizeText(tooltip);
    this.item.command = command;
    this.item.backgroundColor =
      severity === undefined ? undefined : new vscode.ThemeColor(`statusBarItem.${severity}Background`);
    this.item.accessibilityInformation = { label: `${NAME}. ${tooltip}`, role: 'button' };
    this.item.show();
  }

  dispose(): void {
    this.item.dispose();
  }
}

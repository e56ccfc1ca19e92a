import * as l10n from '@vscode/l10n';
import { CloudSessionsError } from '../errors/cloudSessionsError';

export function runtimeNotRunning(): CloudSessionsError {
  return new CloudSessionsError('connection-closed', l10n.t('The Copilot runtime is not running.'), {
    nextStep: l10n.t('Run “Cloud Sessions: Restart Runtime”.'),
  });
}

export function notOpenHere(id: string): CloudSessionsError {
  return new CloudSessionsError('session-not-found', l10n.t('No session with the id {0} is open in this window.', id), {
    nextStep: l10n.t('Run “Cloud Sessions: Watch Session” first.'),
  });
}

export function closedWhileOpening(): CloudSessionsError {
  return new CloudSessionsError('cancelled', l10n.t('The session was closed while it was being opened.'));
}

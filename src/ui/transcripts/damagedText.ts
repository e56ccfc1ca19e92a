import * as l10n from '@vscode/l10n';
import path from 'node:path';
import type { DamagedState } from '../../storage/windowTakeover';

/** The message on a damaged record of a window's sessions: what is lost, what is not, and where the rest is. */
export function damagedText({ file, reason, outcome }: DamagedState): string {
  const name = path.basename(file);
  switch (outcome) {
    case 'restored':
      return l10n.t(
        'The record of open cloud sessions and undelivered prompts could not be read: {0}. The sessions and prompts are restored as they were before the last change. Waiting prompts are not sent automatically, because they may have been sent already. The damaged file is kept as {1}.',
        reason,
        name,
      );
    case 'partly':
      return l10n.t(
        'The record of open cloud sessions and undelivered prompts could only be read in part: {0}. The rest is shown. The damaged file is kept as {1}.',
        reason,
        name,
      );
    case 'left':
      return l10n.t(
        'The record of open cloud sessions and undelivered prompts cannot be read now: {0}. Nothing is deleted. The file {1} is read again when this window is reloaded.',
        reason,
        name,
      );
    case 'lost':
      return l10n.t(
        'The record of open cloud sessions and undelivered prompts could not be read: {0}. The sessions go on in the cloud: open them from the list. Send undelivered prompts again. The damaged file is kept as {1}.',
        reason,
        name,
      );
  }
}

import * as l10n from '@vscode/l10n';
import { defined } from '../../core/common/defined';
import { CloudSessionsError } from '../../core/errors/cloudSessionsError';

/**
 * A runtime could not be downloaded or installed; nothing that was there before has changed.
 * @param why a localized clause with its full stop
 */
export function installFailed(why: string, nextStep: string, cause?: unknown): CloudSessionsError {
  return new CloudSessionsError('install-failed', l10n.t('The Copilot runtime could not be installed: {0}', why), {
    nextStep,
    ...defined({ cause }),
  });
}

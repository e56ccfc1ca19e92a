import { defined } from '../../core/common/defined';
import { CloudSessionsError } from '../../core/errors/cloudSessionsError';

/** Why a runtime could not be fetched or kept; nothing that was there before has been changed. */
export function installFailed(why: string, nextStep: string, cause?: unknown): CloudSessionsError {
  return new CloudSessionsError('install-failed', `The Copilot runtime could not be installed: ${why}`, {
    nextStep,
    ...defined({ cause }),
  });
}

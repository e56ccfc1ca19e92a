import * as l10n from '@vscode/l10n';
import type { WorkspaceDiff } from '../changes/workspaceDiff';
import { CloudSessionsError } from '../errors/cloudSessionsError';
import { agentCallsReach } from '../rpc/compatibility';
import { Rpc } from '../rpc/methods';
import { explainRequestError } from '../rpc/rpcErrors';
import type { CloudSession } from './session';

/**
 * What the agent's machine has changed, also what it has not pushed yet. Takes up to 30 s if the machine does not answer.
 * @throws `session-not-ready` while the session is not watched; `not-supported` by a runtime that does not pass the
 * question on: its answer would be about this machine; else why the machine could not be asked
 */
export async function readAgentDiff(session: CloudSession): Promise<WorkspaceDiff> {
  if (!session.isAttached) {
    throw new CloudSessionsError(
      'session-not-ready',
      l10n.t('The agent’s machine can be asked while the session is watched.'),
      { nextStep: l10n.t('Run “Cloud Sessions: Watch Session” first.') },
    );
  }
  const version = session.runtimeVersion;
  const answer =
    agentCallsReach(version) === 'runtime'
      ? undefined
      : await session
          .request(Rpc.workspaceDiff, { sessionId: session.sessionId, mode: 'branch' })
          .catch((error: unknown) => {
            throw explainRequestError(
              (reason) => l10n.t('The agent’s machine could not be asked what it has changed: {0}', reason),
              error,
            );
          });
  // A fallback is not about the branch; of an old runtime, it is not even about the agent's machine.
  if (answer === undefined || answer.isFallback) {
    throw new CloudSessionsError(
      'not-supported',
      l10n.t('The agent’s machine does not say what it has changed (Copilot runtime {0}).', version ?? '?'),
      { nextStep: l10n.t('Update the Copilot runtime, then restart it.') },
    );
  }
  return answer;
}

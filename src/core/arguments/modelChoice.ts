import * as l10n from '@vscode/l10n';
import { ResponseError } from 'vscode-jsonrpc/node';
import { defined } from '../common/defined';
import { CloudSessionsError } from '../errors/cloudSessionsError';
import { reasonOfRequestError } from '../rpc/rpcErrors';
import { RpcErrorCode } from '../rpc/inboundRequest';

/** Choices for a session that `session.create` does not pass on to the agent (measured up to 1.0.102). */
export interface Choices {
  readonly model?: string;
  readonly reasoningEffort?: string;
  readonly branch?: string;
}

/** A model, a reasoning effort, or both. */
export type ModelChoice = Pick<Choices, 'model' | 'reasoningEffort'>;

/** The model that the agent reported. */
export interface AgentModel {
  readonly model: string;
  readonly reasoningEffort?: string;
}

export function modelOf(model: string | undefined, reasoningEffort: string | undefined): AgentModel | undefined {
  return model === undefined ? undefined : { model, ...defined({ reasoningEffort }) };
}

/** As an object within a sentence: "the model “gpt-5” with the reasoning effort “high”". */
export function describeChoice({ model, reasoningEffort }: ModelChoice): string {
  if (model === undefined) {
    return reasoningEffort === undefined
      ? ''
      : l10n.t({
          message: 'the reasoning effort “{0}”',
          args: [reasoningEffort],
          comment: ['Stands within other messages, as in: The agent uses the reasoning effort “high”.'],
        });
  }
  return reasoningEffort === undefined
    ? l10n.t({
        message: 'the model “{0}”',
        args: [model],
        comment: ['Stands within other messages, as in: The agent uses the model “gpt-5”.'],
      })
    : l10n.t({
        message: 'the model “{0}” with the reasoning effort “{1}”',
        args: [model, reasoningEffort],
        comment: [
          'Stands within other messages, as in: The agent uses the model “gpt-5” with the reasoning effort “high”.',
        ],
      });
}

export function reasonOf(error: unknown): string {
  return error instanceof ResponseError && error.code === RpcErrorCode.methodNotFound
    ? l10n.t('this version of the Copilot runtime does not support it')
    : reasonOfRequestError(error);
}

export function notReached(version: string | undefined): CloudSessionsError {
  return new CloudSessionsError(
    'request-failed',
    version === undefined
      ? l10n.t('the Copilot runtime does not pass the choice of a model on to the cloud')
      : l10n.t('the Copilot runtime {0} does not pass the choice of a model on to the cloud', version),
  );
}

import { ResponseError } from 'vscode-jsonrpc/node';
import { defined } from '../common/defined';
import { CloudSessionsError } from '../errors/cloudSessionsError';
import { explainRequestError } from '../rpc/rpcErrors';
import { RpcErrorCode } from '../rpc/inboundRequest';

/** What somebody chose for a session and `session.create` does not bring to the agent (measured up to 1.0.102). */
export interface Choices {
  readonly model?: string;
  readonly reasoningEffort?: string;
  readonly branch?: string;
}

/** What an agent computes with. */
export type ModelChoice = Pick<Choices, 'model' | 'reasoningEffort'>;

/** What the agent itself said that it uses. */
export interface AgentModel {
  readonly model: string;
  readonly reasoningEffort?: string;
}

export function modelOf(model: string | undefined, reasoningEffort: string | undefined): AgentModel | undefined {
  return model === undefined ? undefined : { model, ...defined({ reasoningEffort }) };
}

export function describeChoice({ model, reasoningEffort }: ModelChoice): string {
  const effort = reasoningEffort === undefined ? undefined : `the reasoning effort “${reasoningEffort}”`;
  return [...(model === undefined ? [] : [`the model “${model}”`]), ...(effort === undefined ? [] : [effort])].join(
    ' with ',
  );
}

export function capitalized(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}`;
}

export function reasonOf(error: unknown): string {
  return error instanceof ResponseError && error.code === RpcErrorCode.methodNotFound
    ? 'this runtime does not know how to'
    : explainRequestError('choose it', error).message.replace(/^Could not choose it: /, '');
}

export function notReached(version: string | undefined): CloudSessionsError {
  return new CloudSessionsError(
    'request-failed',
    `the Copilot runtime${version === undefined ? '' : ` ${version}`} does not pass the choice of a model on to the cloud`,
  );
}

import * as l10n from '@vscode/l10n';
import { ConnectionError, ErrorCodes, ResponseError } from 'vscode-jsonrpc/node';
import { defined } from '../common/defined';
import type { AccessDenial } from '../errors/accessDenial';
import { CloudSessionsError, type ErrorCode } from '../errors/cloudSessionsError';
import { messageOf } from '../errors/errorText';
import { RpcErrorCode } from './inboundRequest';
import { readOversize, type Oversize } from '../frames/oversizedFrame';
import type { RequestContext } from './requestSubject';
import { explain } from './rpcErrorExplanations';
import { reasonOf, type Reason } from './rpcErrorReasons';
import { RpcFailure } from './rpcFailure';

/**
 * Makes the message of an action that failed, as in `l10n.t('Could not send the prompt: {0}', reason)`.
 * @param reason a clause or a sentence, with its full stop
 */
export type FailureMessage = (reason: string) => string;

/** A failed call, as an error has it. */
interface Failure {
  readonly code: ErrorCode;
  readonly reason: string;
  readonly nextStep: string;
  readonly refusal?: AccessDenial;
}

/**
 * What a failed call means, for people: by its method, then its JSON-RPC code, then its structured data, and by its
 * text last.
 *
 * @param failed the message, for the reason
 * @param error whatever the call rejected with
 * @param context the call, where the error does not carry it itself, as those of `RuntimeClient.request` do
 */
export function explainRequestError(
  failed: FailureMessage,
  error: unknown,
  context: RequestContext = {},
): CloudSessionsError {
  if (error instanceof CloudSessionsError) {
    return error;
  }
  const { code, reason, nextStep, refusal } = failureOf(error, context);
  return new CloudSessionsError(code, failed(reason), { nextStep, cause: error, ...defined({ refusal }) });
}

/** Why a call failed, alone: the reason of `explainRequestError`, or the message of an error of ours. */
export function reasonOfRequestError(error: unknown): string {
  return error instanceof CloudSessionsError ? error.message : failureOf(error, {}).reason;
}

/** @param failed as for `explainRequestError` */
export function connectionClosed(failed: FailureMessage, cause?: unknown): CloudSessionsError {
  const { code, reason, nextStep } = closed();
  return new CloudSessionsError(code, failed(reason), { nextStep, cause });
}

function failureOf(error: unknown, context: RequestContext): Failure {
  if (error instanceof ConnectionError || (error instanceof ResponseError && isConnectionLoss(error.code))) {
    return closed();
  }
  const call = callOf(error, context);
  const text = messageOf(error);
  const { code, data } = error instanceof ResponseError ? (error as ResponseError<unknown>) : {};
  const oversize = readOversize(data);
  if (oversize !== undefined) {
    return tooLarge(oversize, call);
  }
  const reason = reasonOfCode(code) ?? reasonOf(text, data, call);
  if (reason === undefined) {
    return {
      code: 'request-failed',
      reason: text === '' ? l10n.t('the Copilot runtime gave no reason.') : text,
      nextStep: l10n.t('The runtime log has the details.'),
    };
  }
  const explanation = explain(reason, call);
  const refusal = isRefusal(reason) ? reason : undefined;
  const quotation = text === '' ? '' : ` (${text})`;
  return { ...explanation, reason: `${explanation.reason}${quotation}.`, ...defined({ refusal }) };
}

function closed(): Failure {
  return {
    code: 'connection-closed',
    reason: l10n.t('the connection to the Copilot runtime was closed.'),
    nextStep: l10n.t('Restart the runtime and try again.'),
  };
}

/** What the caller says of the call takes precedence over what the error carries. */
function callOf(error: unknown, { method, about }: RequestContext): RequestContext {
  const carried: RequestContext = error instanceof RpcFailure ? error : {};
  const known = method ?? carried.method;
  return { ...defined({ method: known }), about: { ...carried.about, ...about } };
}

/** Codes that are the reason, whatever the text says. */
function reasonOfCode(code: number | undefined): Reason | 'invalid-params' | 'withdrawn' | undefined {
  switch (code) {
    case RpcErrorCode.methodNotFound:
      return 'not-supported';
    case ErrorCodes.InvalidParams:
    case ErrorCodes.InvalidRequest:
      return 'invalid-params';
    case RpcErrorCode.requestCancelled:
      return 'withdrawn';
    default:
      return undefined;
  }
}

/** vscode-jsonrpc's codes for a request whose connection was disposed or broke while it was under way. */
function isConnectionLoss(code: number): boolean {
  return (
    code === ErrorCodes.PendingResponseRejected ||
    code === ErrorCodes.MessageWriteError ||
    code === ErrorCodes.ConnectionInactive
  );
}

function tooLarge({ bytes, limitBytes }: Oversize, call: RequestContext): Failure {
  return {
    code: 'response-too-large',
    reason: l10n.t(
      'the runtime’s answer has {0}, more than the limit of {1}, and was left out.',
      sizeOf(bytes),
      sizeOf(limitBytes),
    ),
    nextStep:
      call.method === 'session.getMessages'
        ? l10n.t('Open the session on the web to read all of it. What comes from now on is shown here.')
        : l10n.t('Trying again gives the same answer. The runtime log has the details.'),
  };
}

function sizeOf(bytes: number): string {
  const megabytes = bytes / (1024 * 1024);
  return megabytes >= 10
    ? `${Math.round(megabytes)} MB`
    : megabytes >= 0.1
      ? `${megabytes.toFixed(1)} MB`
      : `${bytes} B`;
}

const REFUSALS: readonly AccessDenial[] = ['signed-out', 'refused', 'no-access', 'no-entitlement', 'policy'];

function isRefusal(reason: string | undefined): reason is AccessDenial {
  return REFUSALS.some((refusal) => refusal === reason);
}

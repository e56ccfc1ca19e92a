import { ConnectionError, ErrorCodes, ResponseError } from 'vscode-jsonrpc/node';
import { defined } from '../common/defined';
import { CloudSessionsError, type ErrorCode } from '../errors/cloudSessionsError';
import { messageOf } from '../errors/errorText';
import { readOversize, type Oversize } from './oversize';
import type { AccessDenial } from '../errors/accessDenial';
import { kindOf, reasonOf, type CallKind, type Reason } from './rpcErrorReasons';
import type { RequestContext, RequestSubject } from './requestSubject';
import { RpcFailure } from './rpcFailure';
import { RpcErrorCode } from './inboundRequest';

interface Explanation {
  readonly code: ErrorCode;
  readonly what: string;
  readonly nextStep: string;
}

/**
 * What a failed call means, for a person: by its method, then its JSON-RPC code, then its structured data, and by its
 * text last.
 *
 * @param doing what was being done, as in "create the cloud session"
 * @param error whatever the call rejected with
 * @param context the call, where the error does not carry it itself, as those of `RuntimeClient.request` do
 */
export function explainRequestError(doing: string, error: unknown, context: RequestContext = {}): CloudSessionsError {
  if (error instanceof CloudSessionsError) {
    return error;
  }
  if (error instanceof ConnectionError || (error instanceof ResponseError && isConnectionLoss(error.code))) {
    return connectionClosed(doing, error);
  }
  const call = callOf(error, context);
  const text = messageOf(error);
  const { code, data } = error instanceof ResponseError ? (error as ResponseError<unknown>) : {};
  const oversize = readOversize(data);
  if (oversize !== undefined) {
    return tooLarge(doing, oversize, call, error);
  }
  const reason = reasonOfCode(code) ?? reasonOf(text, data, call);
  const explanation = reason === undefined ? undefined : explain(reason, call);
  if (explanation === undefined) {
    return new CloudSessionsError('request-failed', `Could not ${doing}: ${text}`, {
      nextStep: 'The runtime log has the details.',
      cause: error,
    });
  }
  const refusal = isRefusal(reason) ? reason : undefined;
  return new CloudSessionsError(explanation.code, `Could not ${doing}: ${explanation.what} (${text}).`, {
    nextStep: explanation.nextStep,
    cause: error,
    ...defined({ refusal }),
  });
}

export function connectionClosed(doing: string, cause?: unknown): CloudSessionsError {
  return new CloudSessionsError(
    'connection-closed',
    `Could not ${doing}: the connection to the Copilot runtime was closed.`,
    { nextStep: 'Restart the runtime and try again.', cause },
  );
}

/** What the caller says of the call counts for more than what the error carries. */
function callOf(error: unknown, { method, about }: RequestContext): RequestContext {
  const carried: RequestContext = error instanceof RpcFailure ? error : {};
  const known = method ?? carried.method;
  return { ...defined({ method: known }), about: { ...carried.about, ...about } };
}

/** Codes that say it all: their texts are not looked at. */
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

function tooLarge(doing: string, { bytes, limitBytes }: Oversize, call: RequestContext, cause: unknown) {
  const what = `the runtime's answer has ${megabytes(bytes)}, more than the ${megabytes(limitBytes)} that are read, and was left out`;
  const nextStep =
    call.method === 'session.getMessages'
      ? 'Open the session on the web to read all of it. What comes from now on is shown here.'
      : 'Trying again gives the same answer. The runtime log has the details.';
  return new CloudSessionsError('response-too-large', `Could not ${doing}: ${what}.`, { nextStep, cause });
}

function megabytes(bytes: number): string {
  const size = bytes / (1024 * 1024);
  return size >= 10 ? `${Math.round(size)} MB` : size >= 0.1 ? `${size.toFixed(1)} MB` : `${bytes} bytes`;
}

const REFUSALS: readonly AccessDenial[] = ['signed-out', 'refused', 'no-access', 'no-entitlement', 'policy'];

function isRefusal(reason: string | undefined): reason is AccessDenial {
  return REFUSALS.some((refusal) => refusal === reason);
}

function explain(reason: Reason | 'invalid-params' | 'withdrawn', { method, about = {} }: RequestContext): Explanation {
  const kind = kindOf(method);
  const account = about.account === undefined ? 'this account' : `the account ${about.account}`;
  const target = targetOf(kind, about);
  switch (reason) {
    case 'signed-out':
      return {
        code: 'not-signed-in',
        what: 'nobody is signed in to GitHub Copilot',
        nextStep: 'Sign in, then try again.',
      };
    case 'refused':
      return {
        code: 'not-signed-in',
        what: `GitHub does not accept the sign-in${about.account === undefined ? '' : ` of ${about.account}`}: it has expired, was revoked, or is wrong`,
        nextStep: 'Sign in again.',
      };
    case 'no-access':
      return {
        code: 'forbidden',
        what: `${account} has no access to ${target}`,
        nextStep: 'Use an account that has, or authorize this one for the organization’s single sign-on.',
      };
    case 'no-entitlement':
      return {
        code: 'forbidden',
        what: `${account} has no Copilot plan that includes cloud sessions`,
        nextStep: 'See the account’s Copilot settings, or use another account.',
      };
    case 'policy':
      return {
        code: 'forbidden',
        what: `your organization or plan does not allow cloud sessions${about.repository === undefined ? ' here' : ` for ${about.repository}`}`,
        nextStep: `Ask the owner of the organization to enable the Copilot cloud agent${about.repository === undefined ? '' : ' for this repository'}.`,
      };
    case 'limit':
      return limitOf(kind);
    case 'repository':
      return repositoryNotFound(about, account);
    case 'branch':
      return {
        code: 'branch-not-found',
        what: `${about.branch === undefined ? 'the branch was not found' : `the branch ${about.branch} was not found`}${about.repository === undefined ? '' : ` in ${about.repository}`}`,
        nextStep: 'Choose a branch that has been pushed, or leave it out for the default branch.',
      };
    case 'model':
      return {
        code: 'invalid-argument',
        what: `the model${about.model === undefined ? '' : ` ${about.model}`} cannot be used`,
        nextStep: 'Choose another model, or none.',
      };
    case 'session-gone':
      return {
        code: 'session-not-found',
        what: `the session is not there any more, or ${account} cannot see it`,
        nextStep: 'Refresh the list of sessions, or look at it on the web.',
      };
    case 'not-started':
      return { code: 'session-not-ready', what: 'its agent has not started yet', nextStep: 'Try again in a moment.' };
    case 'sandbox-late':
      return {
        code: 'session-not-ready',
        what: 'the session was made, but its agent did not start in time',
        nextStep: 'Refresh the list of sessions first: it may be there by now.',
      };
    case 'agent-silent':
      return {
        code: 'timeout',
        what: 'the agent’s machine did not answer in time',
        nextStep: 'Try again in a moment; on the web you see whether the agent still works.',
      };
    case 'unreachable':
      return {
        code: 'service-unavailable',
        what: 'the Copilot service cannot be reached',
        nextStep: 'Check the network and https://www.githubstatus.com, then try again.',
      };
    case 'slow':
      return {
        code: 'service-unavailable',
        what: 'the Copilot service did not answer in time',
        nextStep: 'Check the network and https://www.githubstatus.com, then try again.',
      };
    case 'unreadable':
      return {
        code: 'response-invalid',
        what: 'the Copilot runtime cannot read what the service answered',
        nextStep: 'Try again; if it stays so, update the Copilot runtime.',
      };
    case 'not-supported':
      return {
        code: 'not-supported',
        what: 'the Copilot runtime that runs does not support it',
        nextStep: 'Update the Copilot runtime, then restart it.',
      };
    case 'invalid-params':
      return {
        code: 'invalid-argument',
        what: 'the Copilot runtime does not take what it was given',
        nextStep: 'Correct the value that it names; if there is none to correct, update the Copilot runtime.',
      };
    case 'withdrawn':
      // With a next step: nobody here cancelled it, so it is to be told.
      return { code: 'cancelled', what: 'the Copilot runtime cancelled it', nextStep: 'Try again.' };
  }
}

function targetOf(kind: CallKind, about: RequestSubject): string {
  if (kind === 'create' && about.repository !== undefined) {
    return about.repository;
  }
  return kind === 'session' || kind === 'connect' ? 'this session' : 'cloud sessions';
}

function limitOf(kind: CallKind): Explanation {
  const words: readonly [what: string, nextStep: string] =
    kind === 'create'
      ? [
          'GitHub limits how many sessions may be started now',
          'Wait a few minutes and try again, or see your Copilot plan’s limits.',
        ]
      : kind === 'list'
        ? ['GitHub limits how often the sessions may be read', 'Wait a few minutes, then refresh the list.']
        : ['GitHub limits how many requests may be made now', 'Wait a few minutes, then try again.'];
  return { code: 'rate-limited', what: words[0], nextStep: words[1] };
}

/** GitHub gives the same answer for what is not there and for what the account may not see. */
function repositoryNotFound({ repository, host }: RequestSubject, account: string): Explanation {
  const where = host === undefined || host === 'github.com' ? 'GitHub' : host;
  return repository === undefined
    ? {
        code: 'repository-not-found',
        what: `the repository was not found, or ${account} has no access to it`,
        nextStep: 'Check owner and name, and that your account can read the repository.',
      }
    : {
        code: 'repository-not-found',
        what: `${where} shows ${account} no repository ${repository}`,
        nextStep:
          'Check owner and name. A private repository that the account may not read looks as if it were missing: use an account that can read it, or choose another repository.',
      };
}

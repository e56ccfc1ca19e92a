import { ConnectionError, ResponseError } from 'vscode-jsonrpc/node';
import { CloudSessionsError, type ErrorCode } from './errors';
import { isRecord } from './json';
import { refusalOf, statusOf, type Refusal } from './refusal';

/** vscode-jsonrpc wraps what the other side threw; only the text behind this is the runtime's own. */
const WRAPPED = /^Request \S+ failed with message: /;

const LIMITED = /\b429\b|rate.?limit|too many requests|quota|limit (reached|exceeded)/i;

interface Remedy {
  readonly code: ErrorCode;
  readonly what: string;
  readonly nextStep: string;
}

interface Explanation extends Remedy {
  readonly pattern: RegExp;
}

const UNREACHABLE: Remedy = {
  code: 'service-unavailable',
  what: 'the Copilot service cannot be reached',
  nextStep: 'Check the network and https://www.githubstatus.com, then try again.',
};

const LIMIT: Remedy = {
  code: 'rate-limited',
  what: 'GitHub limits how many sessions may be started now',
  nextStep: 'Wait a few minutes and try again, or see your Copilot plan’s limits.',
};

const REFUSALS: Readonly<Record<Refusal, Remedy>> = {
  'signed-out': {
    code: 'not-signed-in',
    what: 'nobody is signed in to GitHub Copilot',
    nextStep: 'Sign in, then try again.',
  },
  refused: {
    code: 'not-signed-in',
    what: 'GitHub does not accept the sign-in: it has expired, was revoked, or is wrong',
    nextStep: 'Sign in again.',
  },
  'no-access': {
    code: 'forbidden',
    what: 'this account has no access to it',
    nextStep: 'Use an account that has, or authorize this one for the organization’s single sign-on.',
  },
  'no-entitlement': {
    code: 'forbidden',
    what: 'this account has no Copilot plan that includes cloud sessions',
    nextStep: 'See the account’s Copilot settings, or use another account.',
  },
  policy: {
    code: 'forbidden',
    what: 'your organization or plan does not allow cloud sessions here',
    nextStep: 'Ask the owner of the organization to enable the Copilot cloud agent for this repository.',
  },
};

/**
 * The runtime passes the service's answers on as text, with neither a status nor a reason code but in lists (measured on
 * 1.0.55, 1.0.85 and 1.0.102), so what is no refusal can only be told apart by its words. First match wins.
 */
const EXPLANATIONS: readonly Explanation[] = [
  { pattern: LIMITED, ...LIMIT },
  {
    // Of a task that was created a moment ago, whose agent is coming up.
    pattern: /\bno events found for task\b/i,
    code: 'session-not-ready',
    what: 'its agent has not started yet',
    nextStep: 'Try again in a moment.',
  },
  {
    pattern: /\b(session|task)( \S+)? (was )?(not found|does not exist)|\b(no such|unknown) (session|task)\b/i,
    code: 'session-not-found',
    what: 'the session is not there any more, or your account cannot see it',
    nextStep: 'Refresh the list of sessions, or look at it on the web.',
  },
  {
    pattern: /\bmodel( \S+)? (is |was )?(not (found|supported|available)|does not exist)/i,
    code: 'invalid-argument',
    what: 'the model cannot be used',
    nextStep: 'Choose another model, or none.',
  },
  {
    pattern: /\b404\b|not found|could not resolve to a repository/i,
    code: 'repository-not-found',
    what: 'the repository was not found, or you have no access to it',
    nextStep: 'Check owner and name, and that your account can read the repository.',
  },
  {
    pattern:
      /\b5\d\d\b|unavailable|bad gateway|internal server error|ECONN|ENOTFOUND|EAI_AGAIN|could not resolve|fetch failed|timed? ?out|network|socket|connection (refused|reset)|error sending request/i,
    ...UNREACHABLE,
  },
];

/**
 * What a failed call means, for a person.
 *
 * @param doing what was being done, as in "create the cloud session"
 * @param error whatever the call rejected with
 */
export function explainRequestError(doing: string, error: unknown): CloudSessionsError {
  if (error instanceof CloudSessionsError) {
    return error;
  }
  if (error instanceof ConnectionError || (error instanceof ResponseError && isConnectionLoss(error.code))) {
    return connectionClosed(doing, error);
  }
  const text = (error instanceof Error ? error.message : String(error)).replace(WRAPPED, '');
  const data: unknown = error instanceof ResponseError ? error.data : undefined;
  const refusal = refusedAs(text, data);
  const explanation = refusal === undefined ? explanationOf(text, data) : REFUSALS[refusal];
  if (explanation === undefined) {
    return new CloudSessionsError('request-failed', `Could not ${doing}: ${text}`, {
      nextStep: 'The runtime log has the details.',
      cause: error,
    });
  }
  return new CloudSessionsError(explanation.code, `Could not ${doing}: ${explanation.what} (${text}).`, {
    nextStep: explanation.nextStep,
    cause: error,
    ...(refusal === undefined ? {} : { refusal }),
  });
}

/** A limit is none of the account's: its words ("forbidden", "plan") are the same. */
function refusedAs(text: string, data: unknown): Refusal | undefined {
  const status = statusOf(data);
  return status === 429 || (status === undefined && LIMITED.test(text)) ? undefined : refusalOf(text, status);
}

function explanationOf(text: string, data: unknown): Remedy | undefined {
  const status = statusOf(data);
  if (status === 429) {
    return LIMIT;
  }
  if ((status ?? 0) >= 500 || (isRecord(data) && (data['timedOut'] === true || data['errorKind'] === 'transport'))) {
    return UNREACHABLE;
  }
  return EXPLANATIONS.find(({ pattern }) => pattern.test(text));
}

export function connectionClosed(doing: string, cause?: unknown): CloudSessionsError {
  return new CloudSessionsError(
    'connection-closed',
    `Could not ${doing}: the connection to the Copilot runtime was closed.`,
    { nextStep: 'Restart the runtime and try again.', cause },
  );
}

/** vscode-jsonrpc's codes for a request whose connection was disposed or broke while it was under way. */
function isConnectionLoss(code: number): boolean {
  return code === -32097 || code === -32099;
}

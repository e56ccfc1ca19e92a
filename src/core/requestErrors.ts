import { ConnectionError, ResponseError } from 'vscode-jsonrpc/node';
import { CloudSessionsError, type ErrorCode } from './errors';

/** vscode-jsonrpc wraps what the other side threw; only the text behind this is the runtime's own. */
const WRAPPED = /^Request \S+ failed with message: /;

interface Explanation {
  readonly pattern: RegExp;
  readonly code: ErrorCode;
  readonly what: string;
  readonly nextStep: string;
}

/**
 * The runtime passes the service's refusals on as text, with neither a status nor a reason code (measured on 1.0.55,
 * 1.0.85 and 1.0.102), so they can only be told apart by their words. First match wins.
 */
const EXPLANATIONS: readonly Explanation[] = [
  {
    pattern:
      /\b401\b|unauthori[sz]ed|not authenticated|bad credentials|\bsign(ed)?[- ]?in\b|\blog ?in required|authentication (failed|required)|requires authentication/i,
    code: 'not-signed-in',
    what: 'GitHub does not accept the sign-in',
    nextStep: 'Sign in to GitHub Copilot again (run `copilot` in a terminal and use /login), then restart the runtime.',
  },
  {
    pattern: /\b429\b|rate.?limit|too many requests|quota|limit (reached|exceeded)/i,
    code: 'rate-limited',
    what: 'GitHub limits how many sessions may be started now',
    nextStep: 'Wait a few minutes and try again, or see your Copilot plan’s limits.',
  },
  {
    pattern: /\b403\b|forbidden|polic(y|ies)|not (allowed|permitted|enabled|entitled)|disabled by/i,
    code: 'forbidden',
    what: 'your organization or plan does not allow cloud sessions here',
    nextStep: 'Ask the owner of the organization to enable the Copilot cloud agent for this repository.',
  },
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
    code: 'service-unavailable',
    what: 'the Copilot service cannot be reached',
    nextStep: 'Check the network and https://www.githubstatus.com, then try again.',
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
  const explanation = EXPLANATIONS.find(({ pattern }) => pattern.test(text));
  if (explanation === undefined) {
    return new CloudSessionsError('request-failed', `Could not ${doing}: ${text}`, {
      nextStep: 'The runtime log has the details.',
      cause: error,
    });
  }
  return new CloudSessionsError(explanation.code, `Could not ${doing}: ${explanation.what} (${text}).`, {
    nextStep: explanation.nextStep,
    cause: error,
  });
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

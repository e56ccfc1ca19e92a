import { cleanCause } from '../redaction/causes';
import { secrets, textOf } from '../redaction/secrets';
import type { AccessDenial } from './accessDenial';

/** Why something failed, for code to test. The texts beside it are for people and may change; these do not. */
export type ErrorCode =
  | 'branch-not-found'
  | 'cancelled'
  | 'connection-closed'
  | 'forbidden'
  | 'handshake-failed'
  | 'install-failed'
  | 'invalid-argument'
  | 'not-signed-in'
  | 'not-supported'
  | 'protocol-version'
  | 'rate-limited'
  | 'repository-not-found'
  | 'request-failed'
  | 'response-invalid'
  | 'response-too-large'
  | 'runtime-exited'
  | 'runtime-not-found'
  | 'runtime-path'
  | 'runtime-start-failed'
  | 'server-address'
  | 'server-unreachable'
  | 'service-unavailable'
  | 'session-id-in-use'
  | 'session-not-found'
  | 'session-not-ready'
  | 'timeout';

export interface ErrorContext {
  /** What the reader can do now, as a sentence. */
  readonly nextStep?: string;
  /** For the log only. */
  readonly details?: string;
  /** Set if it is the account that is not let in. */
  readonly refusal?: AccessDenial;
  readonly cause?: unknown;
}

/**
 * The one shape of failure in this extension: `message` says what happened and why, `nextStep` what to do. It is made
 * of text without secrets, whatever it is given: errors go into notifications, logs, files and answers of the API.
 */
export class CloudSessionsError extends Error {
  override readonly name = 'CloudSessionsError';
  readonly nextStep: string | undefined;
  readonly details: string | undefined;
  readonly refusal: AccessDenial | undefined;

  constructor(
    readonly code: ErrorCode,
    message: string,
    context: ErrorContext = {},
  ) {
    super(secrets.redact(message), context.cause === undefined ? undefined : { cause: cleanCause(context.cause) });
    this.nextStep = redacted(context.nextStep);
    this.details = redacted(context.details);
    this.refusal = context.refusal;
  }
}

function redacted(text: string | undefined): string | undefined {
  return text === undefined ? undefined : secrets.redact(text);
}

/**
 * Whether somebody here gave it up: that is no failure, and nothing is to be told or tried again. What the runtime
 * cancelled by itself has the same code and is a failure like any other; it has a next step.
 */
export function isOwnCancellation({ code, nextStep }: CloudSessionsError): boolean {
  return code === 'cancelled' && nextStep === undefined;
}

/** Failures that say nothing of what was done: the request had been sent, or may have been. */
const DOUBTFUL: ReadonlySet<ErrorCode> = new Set([
  'connection-closed',
  'response-invalid',
  'response-too-large',
  'service-unavailable',
  'timeout',
]);

/** Whether what was asked for may have been done all the same: that is to be looked up, not guessed. */
export function mayHaveArrived(error: CloudSessionsError): boolean {
  return DOUBTFUL.has(error.code) || (error.code === 'cancelled' && !isOwnCancellation(error));
}

/** Whatever was thrown, in our shape. */
export function asCloudSessionsError(error: unknown): CloudSessionsError {
  if (error instanceof CloudSessionsError) {
    return error;
  }
  return new CloudSessionsError('request-failed', textOf(error), { cause: error });
}

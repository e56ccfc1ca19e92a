import { cleanCause } from '../redaction/causes';
import { secrets, textOf } from '../redaction/secrets';
import type { AccessDenial } from './accessDenial';

/** Why something failed, for code to test. The texts of an error are for people, and may change; the codes do not. */
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
  /** What the reader can do now, in a sentence. */
  readonly nextStep?: string;
  /** For the log only. */
  readonly details?: string;
  /** Set if the account was denied access. */
  readonly refusal?: AccessDenial;
  /** The `https:` URL of the page where the next step is done. */
  readonly link?: string;
  readonly cause?: unknown;
}

/**
 * The one type of error in this extension: `message` says what happened and why, `nextStep` what to do. Its texts are
 * redacted, because errors go into notifications, logs, files and answers of the API.
 */
export class CloudSessionsError extends Error {
  override readonly name = 'CloudSessionsError';
  readonly nextStep: string | undefined;
  readonly details: string | undefined;
  readonly refusal: AccessDenial | undefined;
  readonly link: string | undefined;

  constructor(
    readonly code: ErrorCode,
    message: string,
    context: ErrorContext = {},
  ) {
    super(secrets.redact(message), context.cause === undefined ? undefined : { cause: cleanCause(context.cause) });
    this.nextStep = redacted(context.nextStep);
    this.details = redacted(context.details);
    this.refusal = context.refusal;
    this.link = redacted(context.link);
  }
}

function redacted(text: string | undefined): string | undefined {
  return text === undefined ? undefined : secrets.redact(text);
}

/**
 * Whether this side cancelled it: that is no failure, and is neither shown nor retried. What the runtime cancelled has
 * the same code, and is a failure like any other; it has a next step.
 */
export function isOwnCancellation({ code, nextStep }: CloudSessionsError): boolean {
  return code === 'cancelled' && nextStep === undefined;
}

/** Failures after which the outcome is unknown: the request had been sent, or may have been. */
const DOUBTFUL: ReadonlySet<ErrorCode> = new Set([
  'connection-closed',
  'response-invalid',
  'response-too-large',
  'service-unavailable',
  'timeout',
]);

/** Whether the request may have been carried out nevertheless: that is looked up, not guessed. */
export function mayHaveArrived(error: CloudSessionsError): boolean {
  return DOUBTFUL.has(error.code) || (error.code === 'cancelled' && !isOwnCancellation(error));
}

/** Whatever was thrown, as a `CloudSessionsError`. */
export function asCloudSessionsError(error: unknown): CloudSessionsError {
  if (error instanceof CloudSessionsError) {
    return error;
  }
  return new CloudSessionsError('request-failed', textOf(error), { cause: error });
}

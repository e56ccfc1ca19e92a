import assert from 'node:assert/strict';
import { CloudSessionsError, type ErrorCode } from '../../../src/core/errors/cloudSessionsError';
import { GitHubClient } from '../../../src/github/gitHubClient';
import type { GitHubRequestsOptions } from '../../../src/github/gitHubRequests';
import type { ScriptedGitHub } from '../../support/scriptedGitHub';

export const REPOSITORY = { owner: 'octo', name: 'app' } as const;
/** Has no form of GitHub's own: only what knows it can find it. */
export const TOKEN = 'planted-secret-of-the-account-4711';

export function clientOf(github: ScriptedGitHub, options: Partial<GitHubRequestsOptions> = {}): GitHubClient {
  return new GitHubClient({
    base: () => github.base,
    token: () => Promise.resolve(TOKEN),
    userAgent: 'cloud-sessions/test',
    log: () => undefined,
    ...options,
  });
}

/** The error that a call fails with: of this code, with a next step, and without the token. */
export async function failure(call: Promise<unknown>, code: ErrorCode): Promise<CloudSessionsError> {
  const error = await call.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof CloudSessionsError)) {
    throw new Error(`It did not fail with an error of ours: ${String(error)}`);
  }
  const { message, nextStep, details, link, cause } = error;
  assert.equal(error.code, code, message);
  assert.ok(code === 'cancelled' || (nextStep ?? '') !== '', `${message} has no next step`);
  assert.ok(
    !JSON.stringify({ message, nextStep, details, link, cause: String(cause), stack: error.stack }).includes(TOKEN),
  );
  return error;
}

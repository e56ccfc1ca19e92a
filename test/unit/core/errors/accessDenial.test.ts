import assert from 'node:assert/strict';
import { ResponseError } from 'vscode-jsonrpc/node';
import { accessDenialOf, type AccessDenial } from '../../../../src/core/errors/accessDenial';
import { explainRequestError } from '../../../../src/core/rpc/rpcErrors';

const CREATE = { method: 'session.create' };
const LIST = { method: 'sessions.list' };
const failed = (reason: string): string => `Could not do it: ${reason}`;

describe('why an account is not let in', () => {
  const words: Readonly<Record<AccessDenial, readonly string[]>> = {
    // The first text of each is the runtime's own (1.0.102).
    'signed-out': ['Not authenticated. Please authenticate first.', 'session.create cloud requires authentication'],
    refused: ['Bad credentials', 'Unauthorized', 'The token has expired', 'HTTP 401'],
    'no-access': [
      'Resource protected by organization SAML enforcement.',
      'Resource not accessible by integration',
      'You must have admin rights',
      'octocat is not a member of octo-org',
      'You do not have access',
    ],
    'no-entitlement': [
      '402 Payment Required',
      'You do not have access to GitHub Copilot',
      'No active subscription',
      'This account has no Copilot license',
      'not entitled to use the cloud agent',
      'Upgrade your plan',
    ],
    policy: [
      'Cloud agent is disabled by your organization policy',
      'Copilot cloud agent is not enabled for this repository',
      'Forbidden',
      'status 403',
    ],
  };
  for (const [refusal, texts] of Object.entries(words)) {
    for (const text of texts) {
      it(`is ${refusal} for “${text}”`, () => {
        assert.equal(accessDenialOf(text, undefined), refusal);
        const error = explainRequestError(failed, new ResponseError(-32603, text), CREATE);
        assert.equal(error.refusal, refusal);
        assert.equal(error.code, ['signed-out', 'refused'].includes(refusal) ? 'not-signed-in' : 'forbidden');
      });
    }
  }

  const ofList = (statusCode: number | null, text: string, more: object = {}) =>
    explainRequestError(failed, new ResponseError(-32603, text, { statusCode, ...more }), LIST);

  it('goes by the status where there is one', () => {
    assert.equal(ofList(401, 'Remote session listing failed (401): Unauthorized: Bad credentials').refusal, 'refused');
    assert.equal(ofList(402, 'x').refusal, 'no-entitlement');
    assert.equal(ofList(403, 'failed (403): Forbidden: disabled by policy').refusal, 'policy');
    assert.equal(ofList(403, 'failed (403): Forbidden: no Copilot license').refusal, 'no-entitlement');
    assert.equal(ofList(403, 'failed (403): Forbidden: unauthorized').refusal, 'policy');
    assert.equal(ofList(404, 'Remote session listing failed (404): Not found: Not Found').refusal, 'no-access');
  });

  it('is none for limits, for a service that is down, and for a network that is', () => {
    const others = [
      [ofList(429, 'Forbidden'), 'rate-limited'],
      [ofList(500, 'Internal server error: policy'), 'service-unavailable'],
      [ofList(null, 'it broke', { errorKind: 'transport' }), 'service-unavailable'],
      [ofList(null, 'it broke', { timedOut: true }), 'service-unavailable'],
      [explainRequestError(failed, new ResponseError(-32603, 'Forbidden: rate limit reached'), CREATE), 'rate-limited'],
      [explainRequestError(failed, new ResponseError(-32603, 'Not Found'), CREATE), 'repository-not-found'],
    ] as const;
    for (const [error, code] of others) {
      assert.equal(error.refusal, undefined);
      assert.equal(error.code, code);
    }
  });
});

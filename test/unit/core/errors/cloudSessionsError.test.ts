import assert from 'node:assert/strict';
import { asCloudSessionsError, CloudSessionsError } from '../../../../src/core/errors/cloudSessionsError';

describe('CloudSessionsError', () => {
  it('has a code, a message, and what else is known', () => {
    const cause = new Error('low');
    const error = new CloudSessionsError('timeout', 'Too late.', { nextStep: 'Again.', details: 'd', cause });
    assert.ok(error instanceof Error);
    assert.deepEqual(
      [error.name, error.code, error.message, error.nextStep, error.details, error.cause],
      ['CloudSessionsError', 'timeout', 'Too late.', 'Again.', 'd', cause],
    );
    const bare = new CloudSessionsError('timeout', 'Too late.');
    assert.deepEqual([bare.nextStep, bare.details, 'cause' in bare], [undefined, undefined, false]);
  });
});

describe('asCloudSessionsError', () => {
  it('leaves our own as they are, and makes others of the same shape', () => {
    const own = new CloudSessionsError('timeout', 'Too late.');
    assert.equal(asCloudSessionsError(own), own);
    const other = new TypeError('of undefined');
    const made = asCloudSessionsError(other);
    assert.deepEqual([made.code, made.message, made.cause], ['request-failed', 'of undefined', other]);
    assert.equal(asCloudSessionsError('text').message, 'text');
  });
});

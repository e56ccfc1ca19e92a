import assert from 'node:assert/strict';
import { CloudSessionsError } from '../../../src/core/errors';
import { readSignIn, signInProblem } from '../../../src/core/signIn';

describe('who is signed in', () => {
  it('is doubtful without a name, but not with a token that was handed over, which never has one', () => {
    assert.deepEqual(readSignIn({ isAuthenticated: true, authType: 'env', login: '' }), { kind: 'doubtful' });
    assert.deepEqual(readSignIn({ isAuthenticated: true, authType: 'token' }), { kind: 'signed-in', login: undefined });
    assert.deepEqual(readSignIn({ isAuthenticated: true, login: 'octocat' }), { kind: 'signed-in', login: 'octocat' });
    assert.deepEqual(readSignIn({ isAuthenticated: false, login: 'octocat' }), { kind: 'signed-out' });
  });

  it('has the problem that the list had, if nobody is signed out', () => {
    const refused = new CloudSessionsError('not-signed-in', 'x', { refusal: 'refused' });
    const list = { kind: 'failed', error: refused } as const;
    assert.equal(signInProblem({ kind: 'signed-in', login: 'octocat' }, list), 'refused');
    assert.equal(signInProblem({ kind: 'unknown' }, list), 'refused');
    assert.equal(signInProblem({ kind: 'signed-out' }, list), 'signed-out');
    assert.equal(signInProblem({ kind: 'doubtful' }, { kind: 'loaded' }), undefined);
    // Who is signed in is still to be said: that the runtime has no sign-in is no answer.
    const context = { refusal: 'signed-out' } as const;
    const signedOut = { kind: 'failed', error: new CloudSessionsError('not-signed-in', 'x', context) } as const;
    assert.equal(signInProblem({ kind: 'doubtful' }, signedOut), undefined);
    assert.equal(signInProblem({ kind: 'unknown' }, signedOut), 'signed-out');
    const down = { kind: 'failed', error: new CloudSessionsError('service-unavailable', 'x') } as const;
    assert.equal(signInProblem({ kind: 'doubtful' }, down), undefined);
  });
});

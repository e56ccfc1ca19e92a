import assert from 'node:assert/strict';
import { CloudSessionsError } from '../../../../src/core/errors/cloudSessionsError';
import { askWhoIsSignedIn, readSignIn, signInProblem } from '../../../../src/core/store/authStatus';
import { MemoryRuntime } from '../../../support/memoryRuntime';

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
    // It is not known yet who is signed in: the runtime's lack of a sign-in does not decide it.
    const context = { refusal: 'signed-out' } as const;
    const signedOut = { kind: 'failed', error: new CloudSessionsError('not-signed-in', 'x', context) } as const;
    assert.equal(signInProblem({ kind: 'doubtful' }, signedOut), undefined);
    assert.equal(signInProblem({ kind: 'unknown' }, signedOut), 'signed-out');
    const down = { kind: 'failed', error: new CloudSessionsError('service-unavailable', 'x') } as const;
    assert.equal(signInProblem({ kind: 'doubtful' }, down), undefined);
  });
});

describe('the question who is signed in', () => {
  const stage = () => {
    const runtime = new MemoryRuntime();
    const answers: unknown[] = [];
    let isWanted = true;
    askWhoIsSignedIn(
      runtime.client,
      () => isWanted,
      ({ login }) => answers.push(login),
    );
    const leave = (): void => {
      isWanted = false;
    };
    return { runtime, answers, leave };
  };
  const status = { isAuthenticated: true, login: 'mona' };

  for (const [code, text] of [
    [-32603, '502 Bad Gateway'],
    [-32603, 'boom'],
    [-32800, 'Request cancelled'],
  ] as const) {
    it(`is asked again after ${code}, “${text}”`, async () => {
      const { runtime, answers } = stage();
      runtime.fail((await runtime.received('auth.getStatus')).id, code, text);
      await runtime.settle();
      runtime.timers.advance(1_000);
      runtime.respond((await runtime.received('auth.getStatus', 2)).id, status);
      await runtime.settle();
      assert.deepEqual([answers, runtime.timers.pending], [['mona'], 0]);
    });
  }

  it('is asked again when there was no answer in time', async () => {
    const { runtime, answers } = stage();
    await runtime.received('auth.getStatus');
    runtime.timers.advance(60_000);
    await runtime.settle();
    runtime.timers.advance(1_000);
    runtime.respond((await runtime.received('auth.getStatus', 2)).id, status);
    await runtime.settle();
    assert.deepEqual(answers, ['mona']);
  });

  it('is not asked again of a runtime that does not know the question, or is no longer ours', async () => {
    const old = stage();
    old.runtime.fail((await old.runtime.received('auth.getStatus')).id, -32601, 'Method not found');
    const left = stage();
    const { id } = await left.runtime.received('auth.getStatus');
    left.leave();
    left.runtime.respond(id, status);
    await old.runtime.settle();
    await left.runtime.settle();
    assert.deepEqual([left.answers, old.runtime.timers.pending, left.runtime.timers.pending], [[], 0, 0]);
    assert.deepEqual(old.runtime.warnings, ['The Copilot runtime does not say who is signed in.']);
  });
});

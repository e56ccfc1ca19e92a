import assert from 'node:assert/strict';
import { CancellationTokenSource, type CancellationToken } from 'vscode-jsonrpc/node';
import { withinDeadline } from '../../../../src/core/rpc/callDeadline';
import { ManualTimers } from '../../../support/manualTimers';

describe('the deadline of a call', () => {
  let timers: ManualTimers;
  beforeEach(() => {
    timers = new ManualTimers();
  });

  it('ends a call that is not answered, says which, and cancels it', async () => {
    let given: CancellationToken | undefined;
    const call = withinDeadline('sessions.list', 60_000, timers.create, (token) => {
      given = token;
      return new Promise<never>(() => undefined);
    });
    timers.advance(59_999);
    assert.equal(given?.isCancellationRequested, false);
    timers.advance(1);
    await assert.rejects(call, { code: 'timeout', message: /did not answer sessions\.list within 60 s/ });
    assert.equal(given.isCancellationRequested, true);
    assert.equal(timers.pending, 0);
  });

  it('says what may have become of the answer', async () => {
    const never = new Promise<never>(() => undefined);
    const call = withinDeadline('x', 10, timers.create, () => never, { hint: () => 'It was lost.' });
    timers.advance(10);
    await assert.rejects(call, {
      code: 'timeout',
      message: 'The Copilot runtime did not answer x within 0.01 s. It was lost.',
    });
  });

  it('gives an answer that comes too late to whoever undoes it, and no other', async () => {
    const late: number[] = [];
    const onLate = (answer: number): void => {
      late.push(answer);
    };
    let answer: (value: number) => void = () => undefined;
    const sent = new Promise<number>((resolve) => (answer = resolve));
    const call = withinDeadline('x', 10, timers.create, () => sent, { onLate });
    timers.advance(10);
    await assert.rejects(call, { code: 'timeout' });
    answer(5);
    await sent;
    assert.deepEqual(late, [5]);
    assert.equal(await withinDeadline('x', 10, timers.create, () => Promise.resolve(6), { onLate }), 6);
    assert.deepEqual(late, [5]);
  });

  it('leaves answers and failures as they are, and no timer behind', async () => {
    assert.equal(await withinDeadline('x', 10, timers.create, () => Promise.resolve(5)), 5);
    await assert.rejects(
      withinDeadline('x', 10, timers.create, () => Promise.reject(new Error('no'))),
      /^Error: no$/,
    );
    assert.equal(timers.pending, 0);
  });

  it('passes the caller’s own cancellation on, before and during the call', async () => {
    const source = new CancellationTokenSource();
    let given: CancellationToken | undefined;
    const call = withinDeadline(
      'x',
      10,
      timers.create,
      (token) => {
        given = token;
        return new Promise<string>((resolve) => token.onCancellationRequested(() => resolve('cancelled')));
      },
      { token: source.token },
    );
    source.cancel();
    assert.equal(await call, 'cancelled');
    assert.equal(given?.isCancellationRequested, true);
  });
});

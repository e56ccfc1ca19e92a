import assert from 'node:assert/strict';
import { HangWatch } from '../../../src/core/hangWatch';
import { ManualTimers } from '../../support/manualTimers';

/** A runtime that is watched: its calls are counted by the test, its pings are answered by the test. */
class Runtime {
  pendingCalls = 0;
  answeredCalls = 0;
  pings = 0;
  hangs = 0;
  answer: (() => void) | undefined;
  readonly timers = new ManualTimers();
  readonly watch = new HangWatch(this, () => this.hangs++, this.timers.create);

  ping(): Promise<unknown> {
    this.pings++;
    return new Promise<void>((resolve) => {
      this.answer = resolve;
    });
  }

  /** Lets so many seconds pass, and the promises of each be settled. */
  async pass(seconds: number): Promise<void> {
    for (let second = 0; second < seconds; second++) {
      this.timers.advance(1_000);
      await Promise.resolve();
      await Promise.resolve();
    }
  }
}

describe('HangWatch', () => {
  it('tells once that a runtime which owes an answer does not answer a ping for 15 s', async () => {
    const runtime = new Runtime();
    runtime.pendingCalls = 1;
    await runtime.pass(19);
    assert.deepEqual([runtime.pings, runtime.hangs], [1, 0]);
    await runtime.pass(1);
    assert.equal(runtime.hangs, 1);
    await runtime.pass(60);
    assert.equal(runtime.hangs, 1);
  });

  it('asks nothing of a runtime that owes nothing', async () => {
    const runtime = new Runtime();
    await runtime.pass(60);
    assert.deepEqual([runtime.pings, runtime.hangs], [0, 0]);
  });

  it('lets a call take its time as long as pings are answered', async () => {
    const runtime = new Runtime();
    runtime.pendingCalls = 1;
    for (let count = 0; count < 30; count++) {
      await runtime.pass(5);
      runtime.answer?.();
    }
    assert.equal(runtime.hangs, 0);
    assert.ok(runtime.pings > 10, `${runtime.pings} pings`);
  });

  it('takes any answer for a sign of life', async () => {
    const runtime = new Runtime();
    runtime.pendingCalls = 2;
    for (let count = 0; count < 10; count++) {
      await runtime.pass(10);
      runtime.answeredCalls++;
    }
    assert.equal(runtime.hangs, 0);
  });

  it('begins anew when nothing is owed any more', async () => {
    const runtime = new Runtime();
    runtime.pendingCalls = 1;
    await runtime.pass(15);
    runtime.pendingCalls = 0;
    await runtime.pass(5);
    runtime.pendingCalls = 1;
    await runtime.pass(14);
    assert.equal(runtime.hangs, 0);
    await runtime.pass(6);
    assert.equal(runtime.hangs, 1);
  });

  it('is silent when it is disposed', async () => {
    const runtime = new Runtime();
    runtime.pendingCalls = 1;
    await runtime.pass(10);
    runtime.watch.dispose();
    await runtime.pass(60);
    assert.equal(runtime.hangs, 0);
  });
});

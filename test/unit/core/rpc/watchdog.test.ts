import assert from 'node:assert/strict';
import fc from 'fast-check';
import { HANG_MS, Watchdog } from '../../../../src/core/rpc/watchdog';
import { ManualTimers } from '../../../support/manualTimers';

/** A watched runtime whose calls and pings are controlled by the test. */
class Runtime {
  pendingCalls = 0;
  answeredCalls = 0;
  pings = 0;
  hangs = 0;
  busy = false;
  /** False in the period in which a call was answered. */
  answeredSeen = true;
  answer: (() => void) | undefined;
  readonly timers = new ManualTimers();
  readonly watch = new Watchdog(
    this,
    () => this.hangs++,
    this.timers.create,
    () => this.busy,
  );

  ping(): Promise<unknown> {
    this.pings++;
    return new Promise<void>((resolve) => {
      this.answer = resolve;
    });
  }

  /** Advances the time second by second, and lets promises settle after each. */
  async pass(seconds: number): Promise<void> {
    for (let second = 0; second < seconds; second++) {
      this.timers.advance(1_000);
      await Promise.resolve();
      await Promise.resolve();
    }
  }
}

describe('Watchdog', () => {
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

  it('asks a runtime that owes nothing while a session is busy, every 30 to 60 s', async () => {
    const runtime = new Runtime();
    runtime.busy = true;
    const at: number[] = [];
    for (let second = 1; second <= 300; second++) {
      const before = runtime.pings;
      await runtime.pass(1);
      if (runtime.pings > before) {
        at.push(second);
        runtime.answer?.();
      }
    }
    assert.equal(runtime.hangs, 0);
    const gaps = at.map((second, index) => second - (at[index - 1] ?? 0));
    assert.ok(at.length >= 5 && gaps.every((gap) => gap >= 30 && gap <= 60), at.join());
  });

  it('tells of a frozen runtime that owes nothing but a ping', async () => {
    const runtime = new Runtime();
    runtime.busy = true;
    await runtime.pass(75);
    assert.deepEqual([runtime.pings, runtime.hangs], [1, 1]);
    assert.equal(runtime.timers.pending, 0);
  });

  it('waits for what was frozen while nobody was waiting, once somebody is', async () => {
    const runtime = new Runtime();
    runtime.busy = true;
    await runtime.pass(45);
    runtime.busy = false;
    await runtime.pass(600);
    assert.deepEqual([runtime.pings, runtime.hangs], [1, 0]);
    runtime.busy = true;
    await runtime.pass(14);
    assert.equal(runtime.hangs, 0);
    await runtime.pass(6);
    assert.equal(runtime.hangs, 1);
  });

  it('tells of a hang if, and only if, an answer was due for three periods in a row, whatever happens between', async () => {
    const step = fc.record({
      busy: fc.boolean(),
      pendingCalls: fc.nat(1),
      answers: fc.constantFrom('nothing', 'nothing', 'nothing', 'ping', 'call'),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 80 }), async (steps) => {
        const runtime = new Runtime();
        let due = 0;
        let open = 0;
        for (const { busy, pendingCalls, answers } of steps) {
          runtime.busy = busy;
          runtime.pendingCalls = pendingCalls;
          const before = runtime.pings;
          const wasAsked = open > 0;
          // One period counts as one, whether the machine was awake or asleep.
          await runtime.pass(5);
          if (runtime.hangs > 0) {
            assert.equal(due, HANG_MS / 5_000 - 1, 'it was told neither too early nor too late');
            assert.ok(wasAsked && (busy || pendingCalls > 0));
            return;
          }
          due = wasAsked && (busy || pendingCalls > 0) && runtime.answeredSeen ? due + 1 : 0;
          open += runtime.pings - before;
          assert.ok(due < HANG_MS / 5_000, 'a hang was not told');
          assert.ok(open <= 1, 'one ping at a time');
          runtime.answeredSeen = true;
          if (answers === 'ping' && open > 0) {
            runtime.answer?.();
            await Promise.resolve();
            await Promise.resolve();
            open = 0;
            due = 0;
          } else if (answers === 'call') {
            runtime.answeredCalls++;
            runtime.answeredSeen = false;
          }
        }
        runtime.watch.dispose();
        assert.equal(runtime.timers.pending, 0);
      }),
    );
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

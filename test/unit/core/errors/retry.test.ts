import assert from 'node:assert/strict';
import fc from 'fast-check';
import { CloudSessionsError, type ErrorCode } from '../../../../src/core/errors/cloudSessionsError';
import { delayAfter, kindOfFailure, Retries, type RetryTask } from '../../../../src/core/errors/retry';
import { ManualTimers } from '../../../support/manualTimers';
import { turn } from '../../../support/memoryRuntime';

/** Tasks that fail while `failure` is set. */
function stage() {
  const timers = new ManualTimers();
  const lines: string[] = [];
  const retries = new Retries(
    timers.create,
    (line) => lines.push(line),
    () => 0,
  );
  const task = (name = 'do it') => {
    const state = { failure: undefined as CloudSessionsError | undefined, runs: 0, wanted: true };
    const one: RetryTask = retries.task({
      name,
      run: () => {
        state.runs++;
        return state.failure === undefined ? Promise.resolve() : Promise.reject(state.failure);
      },
      isWanted: () => state.wanted,
    });
    return Object.assign(state, { task: one });
  };
  const pass = async (ms: number): Promise<void> => {
    timers.advance(ms);
    await turn();
  };
  return { timers, lines, retries, task, pass };
}

const failure = (message: string, code: ErrorCode = 'service-unavailable'): CloudSessionsError =>
  new CloudSessionsError(code, message);

describe('Retries', () => {
  it('try again after 1, 2, 4 ... 60 s, until it works, and tell so', async () => {
    const { task, lines, timers, pass } = stage();
    const one = task();
    one.failure = failure('down');
    await assert.rejects(one.task.run(), /down/);
    for (const [index, seconds] of [1, 2, 4, 8, 16, 32, 60, 60].entries()) {
      await pass(seconds * 1_000 - 1);
      assert.equal(one.runs, index + 1);
      await pass(1);
      assert.equal(one.runs, index + 2);
    }
    one.failure = undefined;
    await pass(60_000);
    assert.deepEqual([one.runs, one.task.isFailing, timers.pending], [10, false, 0]);
    assert.deepEqual(lines, ['Could not do it: down', 'Could do it again after 9 failed tries.']);
  });

  it('write one line for a run of the same failure, and another for another one', async () => {
    const { task, lines, pass } = stage();
    const one = task();
    for (const text of ['down', 'down', 'forbidden', 'forbidden', 'down']) {
      one.failure = failure(text);
      await pass(60_000);
      if (one.runs === 0) {
        await one.task.run().catch(() => undefined);
      }
    }
    assert.deepEqual(lines, ['Could not do it: down', 'Could not do it: forbidden', 'Could not do it: down']);
  });

  it('take a failure for the same whatever the id of the request, or the time, that it names', async () => {
    const { task, lines, pass } = stage();
    const one = task();
    const texts = [
      '502 (request 8A1C:3F2B:19D:65F0)',
      '502 (request 9B2D:0A11:77:65F1)',
      '502 (request 3f2b8c1e-0000-4000-8000-1234567890ab)',
      '502 (request 12345678)',
      '503 (request 12345679)',
    ];
    for (const text of texts) {
      one.failure = failure(text);
      await pass(60_000);
      if (one.runs === 0) {
        await one.task.run().catch(() => undefined);
      }
    }
    assert.deepEqual(lines, [`Could not do it: ${texts[0]}`, `Could not do it: ${texts[4]}`]);
    assert.notEqual(kindOfFailure(failure('no added face')), kindOfFailure(failure('no decade')));
  });

  it('do not let hints go around the delay, and let an explicit call', async () => {
    const { task, pass } = stage();
    const one = task();
    one.task.hint();
    await turn();
    assert.equal(one.runs, 1);
    one.failure = failure('down');
    one.task.hint();
    await turn();
    for (let hint = 0; hint < 100; hint++) {
      one.task.hint();
      await pass(5);
    }
    assert.equal(one.runs, 2);
    await one.task.run().catch(() => undefined);
    assert.equal(one.runs, 3);
  });

  it('try at once when another task works again, once for each delay', async () => {
    const { task, pass } = stage();
    const [one, other] = [task('one'), task('other')];
    one.failure = other.failure = failure('no network');
    for (const { task: each } of [one, other]) {
      await each.run().catch(() => undefined);
    }
    await pass(0);
    other.failure = one.failure = undefined;
    await other.task.run();
    await turn();
    assert.deepEqual([one.runs, one.task.isFailing], [2, false]);

    one.failure = failure('gone');
    await one.task.run().catch(() => undefined);
    for (let success = 0; success < 20; success++) {
      await other.task.run();
      await turn();
    }
    assert.equal(one.runs, 4, 'it is woken once, and not by each success');
  });

  it('wait longer where time alone mends nothing', async () => {
    const { task, pass } = stage();
    const one = task();
    one.failure = failure('no access', 'forbidden');
    await one.task.run().catch(() => undefined);
    for (let hour = 0; hour < 12; hour++) {
      await pass(300_000);
    }
    const { runs } = one;
    await pass(299_999);
    assert.equal(one.runs, runs);
    await pass(1);
    assert.equal(one.runs, runs + 1);
  });

  it('stop when it is no longer wanted, was cancelled, or is disposed of, and leave no timer', async () => {
    const { task, retries, timers, lines, pass } = stage();
    const unwanted = task();
    unwanted.failure = failure('down');
    unwanted.wanted = false;
    await unwanted.task.run().catch(() => undefined);
    const cancelled = task();
    cancelled.failure = failure('cancelled', 'cancelled');
    await cancelled.task.run().catch(() => undefined);
    assert.equal(timers.pending, 0);
    const disposed = task();
    disposed.failure = failure('down');
    const running = disposed.task.run();
    retries.dispose();
    await assert.rejects(running);
    const late = task();
    late.failure = failure('down');
    await late.task.run().catch(() => undefined);
    await pass(1_000_000);
    assert.deepEqual([unwanted.runs, cancelled.runs, disposed.runs, late.runs, timers.pending], [1, 1, 1, 1, 0]);
    assert.deepEqual(lines, ['Could not do it: down']);
  });

  it('keep trying what is to be done once, and keep nothing of it then', async () => {
    const { retries, timers, lines, pass } = stage();
    let runs = 0;
    const work = (failures: number, isWanted = () => true) => {
      let left = failures;
      return retries.keepTrying({
        name: 'do it once',
        run: () => (runs++, left-- > 0 ? Promise.reject(failure('down')) : Promise.resolve()),
        isWanted,
      });
    };
    await work(0);
    await work(2);
    assert.deepEqual([runs, timers.pending], [2, 1], 'it waits for the first try alone');
    await pass(1_000);
    await pass(2_000);
    assert.deepEqual([runs, timers.pending], [4, 0]);
    retries.succeeded();
    await pass(100_000);
    assert.equal(runs, 4, 'it is done');
    assert.deepEqual(lines, ['Could not do it once: down', 'Could do it once again after 2 failed tries.']);
    let wanted = true;
    await work(9, () => wanted);
    wanted = false;
    await pass(1_000);
    await pass(100_000);
    assert.deepEqual([runs, timers.pending], [5, 0]);
  });

  it('share a run that is under way', async () => {
    const { task } = stage();
    const one = task();
    await Promise.all([one.task.run(), one.task.run(), one.task.run()]);
    assert.equal(one.runs, 1);
  });

  it('never wait less than three quarters of the delay, nor more than all of it', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 1_000 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (failures, random) => {
          const delay = delayAfter(failures, 60_000, random);
          const whole = Math.min(60_000, 1_000 * 2 ** Math.min(failures - 1, 20));
          assert.ok(delay >= whole * 0.75 - 1 && delay <= whole, `${delay} of ${whole}`);
        },
      ),
    );
  });
});

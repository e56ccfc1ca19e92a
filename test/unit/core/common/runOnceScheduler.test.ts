import assert from 'node:assert/strict';
import fc from 'fast-check';
import { RunOnceScheduler } from '../../../../src/core/common/runOnceScheduler';
import { ManualTimers } from '../../../support/manualTimers';

type Step =
  { readonly kind: 'schedule' | 'restart' | 'wait'; readonly ms: number } | { readonly kind: 'cancel' | 'dispose' };

const steps = fc.array(
  fc.oneof(
    {
      weight: 12,
      arbitrary: fc.record({
        kind: fc.constantFrom('schedule' as const, 'restart' as const, 'wait' as const),
        ms: fc.nat(30),
      }),
    },
    { weight: 2, arbitrary: fc.constant<Step>({ kind: 'cancel' }) },
    { weight: 1, arbitrary: fc.constant<Step>({ kind: 'dispose' }) },
  ),
  { maxLength: 60 },
);

describe('RunOnceScheduler', () => {
  it('runs once for many calls, a delay after the first or the last of them', () => {
    const timers = new ManualTimers();
    const runs: string[] = [];
    const first = new RunOnceScheduler(() => runs.push('first'), 10, timers.create);
    const last = new RunOnceScheduler(() => runs.push('last'), 10, timers.create);
    for (let call = 0; call < 3; call++) {
      first.schedule();
      last.restart();
      timers.advance(4);
    }
    assert.deepEqual(runs, ['first']);
    timers.advance(6);
    assert.deepEqual(runs, ['first', 'last']);
    timers.advance(100);
    assert.equal(runs.length, 2);
  });

  it('may be scheduled by what it runs', () => {
    const timers = new ManualTimers();
    let runs = 0;
    const scheduler: RunOnceScheduler = new RunOnceScheduler(
      () => {
        runs++;
        scheduler.schedule();
      },
      10,
      timers.create,
    );
    scheduler.schedule();
    timers.advance(35);
    assert.equal(runs, 3);
    scheduler.dispose();
    assert.equal(timers.pending, 0);
  });

  it('is due when its model is, whatever is asked of it', () => {
    fc.assert(
      fc.property(steps, (all) => {
        const timers = new ManualTimers();
        let now = 0;
        let runs = 0;
        const scheduler = new RunOnceScheduler(() => runs++, 10, timers.create);
        let due: number | undefined;
        let isDisposed = false;
        let expected = 0;
        for (const step of all) {
          switch (step.kind) {
            case 'schedule':
              scheduler.schedule(step.ms);
              due = isDisposed ? undefined : (due ?? now + step.ms);
              break;
            case 'restart':
              scheduler.restart(step.ms);
              due = isDisposed ? undefined : now + step.ms;
              break;
            case 'wait':
              timers.advance(step.ms);
              now += step.ms;
              if (due !== undefined && due <= now) {
                expected++;
                due = undefined;
              }
              break;
            case 'cancel':
              scheduler.cancel();
              due = undefined;
              break;
            case 'dispose':
              scheduler.dispose();
              isDisposed = true;
              due = undefined;
          }
          assert.deepEqual([runs, timers.pending], [expected, due === undefined ? 0 : 1]);
        }
      }),
    );
  });
});

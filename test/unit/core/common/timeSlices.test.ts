import assert from 'node:assert/strict';
import {
  atOnce,
  inSlices,
  SliceQueue,
  sharedTurns,
  type SlicedWork,
  type Turns,
} from '../../../../src/core/common/timeSlices';
import { turn } from '../../../support/memoryRuntime';

/** One step in each slice. */
const stepwise: Turns = { begin: steps(1), next: turn };

function steps(count: number): () => () => boolean {
  return () => {
    let left = count;
    return () => left-- === 0;
  };
}

function* counting(to: number, log: unknown[], name = ''): SlicedWork<number> {
  for (let step = 1; step <= to; step++) {
    log.push(`${name}${step}`);
    yield;
  }
  return to;
}

describe('work in slices', () => {
  it('gives the same result at once and in slices, and others their turn in between', async () => {
    const log: unknown[] = [];
    assert.equal(atOnce(counting(3, log)), 3);
    const working = inSlices(counting(3, log), stepwise);
    setImmediate(() => log.push('other'));
    assert.equal(await working, 3);
    assert.ok(log.indexOf('other') < log.length - 1);
  });

  it('is done before the call returns if it fits into one slice', () => {
    const log: unknown[] = [];
    void new SliceQueue({ begin: steps(10), next: turn }).run(() => counting(3, log));
    assert.deepEqual(log, ['1', '2', '3']);
  });

  it('is done one after another in a queue, also after one that failed', async () => {
    const log: unknown[] = [];
    const queue = new SliceQueue(stepwise);
    const all = [
      queue.run(() => counting(2, log, 'a')),
      queue.run(function* () {
        yield;
        throw new Error('no');
      }),
      queue.run(() => counting(2, log, 'b')),
    ];
    const results = await Promise.allSettled(all);
    assert.deepEqual(log, ['a1', 'a2', 'b1', 'b2']);
    assert.deepEqual(
      results.map(({ status }) => status),
      ['fulfilled', 'rejected', 'fulfilled'],
    );
  });

  it('ends silently when the queue is disposed, and cleans up', async () => {
    const log: unknown[] = [];
    const queue = new SliceQueue(stepwise);
    const running = queue.run(function* (): SlicedWork<number> {
      try {
        yield* counting(100, log);
      } finally {
        log.push('end');
      }
      return 1;
    });
    const waiting = queue.run(() => counting(1, log, 'never'));
    await turn();
    queue.dispose();
    assert.deepEqual([await running, await waiting], [undefined, undefined]);
    assert.equal(log.at(-1), 'end');
    assert.ok(log.length < 10);
  });

  it('has one slice in each turn of the event loop, however many pieces of work there are', async () => {
    const resumed: number[] = [];
    let now = 0;
    let watching = true;
    const watch = (): void => {
      now++;
      if (watching) {
        setImmediate(watch);
      }
    };
    watch();
    await Promise.all(Array.from({ length: 10 }, () => sharedTurns.next().then(() => resumed.push(now))));
    watching = false;
    assert.equal(new Set(resumed).size, 10);
  });
});

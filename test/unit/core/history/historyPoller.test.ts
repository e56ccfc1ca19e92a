import assert from 'node:assert/strict';
import { HistoryPoller } from '../../../../src/core/history/historyPoller';
import { Retries } from '../../../../src/core/errors/retry';
import { ManualTimers } from '../../../support/manualTimers';
import { turn } from '../../../support/memoryRuntime';

/** A poller of a complete history. The test ends each read itself. */
function stage() {
  const timers = new ManualTimers();
  const open: (() => void)[] = [];
  const poller = new HistoryPoller(new Retries(timers.create, () => undefined), {
    name: 'read the history',
    read: () => new Promise((resolve) => open.push(resolve)),
    isComplete: () => true,
  });
  return { poller, open, timers };
}

describe('HistoryPoller', () => {
  it('reads once more what is being read, and then no more by itself', async () => {
    const { poller, open, timers } = stage();
    poller.readAgain();
    assert.equal(open.length, 1);
    poller.readAgain();
    poller.readAgain();
    assert.equal(open.length, 1, 'one at a time');
    open[0]?.();
    await turn();
    timers.advance(0);
    assert.equal(open.length, 2);
    open[1]?.();
    await turn();
    timers.advance(3_600_000);
    assert.deepEqual([open.length, timers.pending], [2, 0]);
    poller.dispose();
  });

  it('reads once more also if it is started meanwhile with a history that is complete', async () => {
    const { poller, open, timers } = stage();
    const first = poller.read();
    poller.readAgain();
    open[0]?.();
    await first;
    poller.start();
    timers.advance(0);
    assert.equal(open.length, 2);
    poller.dispose();
  });
});

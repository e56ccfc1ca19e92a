import assert from 'node:assert/strict';
import { refreshStatus } from '../../../../src/ui/git/clone';
import { ManualTimers } from '../../../support/manualTimers';

describe('a clone', () => {
  it('is waited for no longer than the limit when the Git extension does not answer', async () => {
    const timers = new ManualTimers();
    const refreshed = refreshStatus({ status: () => new Promise(() => undefined) }, timers.create);
    timers.advance(5_000);
    await refreshed;
    assert.equal(timers.pending, 0);
  });

  it('is done with when the Git extension cannot read it', async () => {
    const timers = new ManualTimers();
    await refreshStatus({ status: () => Promise.reject(new Error('index.lock')) }, timers.create);
    assert.equal(timers.pending, 0);
  });
});

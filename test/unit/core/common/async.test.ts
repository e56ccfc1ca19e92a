import assert from 'node:assert/strict';
import { CancellationTokenSource } from 'vscode-jsonrpc/node';
import {
  Deadline,
  nextSignal,
  whenCancelled,
  whenSignalled,
  within,
  withTimeout,
} from '../../../../src/core/common/async';
import { ManualTimers } from '../../../support/manualTimers';

/** An event that the test fires, with a count of its listeners. */
class Source {
  readonly listeners = new Set<() => void>();
  readonly event = (listener: () => void) => {
    this.listeners.add(listener);
    return { dispose: () => this.listeners.delete(listener) };
  };
  fire(): void {
    for (const listener of this.listeners) {
      listener();
    }
  }
}

const never = new Promise<string>(() => undefined);
const turn = () => new Promise(setImmediate);

describe('waiting within a time', () => {
  let timers: ManualTimers;
  beforeEach(() => (timers = new ManualTimers()));
  afterEach(() => assert.equal(timers.pending, 0, 'no timer is left'));

  it('gives what is in time, and its failure', async () => {
    const no = Promise.reject(new Error('no'));
    assert.equal(await within(Promise.resolve('here'), 10, timers.create), 'here');
    await assert.rejects(within(no, 10, timers.create), /no/);
    assert.equal(await withTimeout(Promise.resolve('here'), 10, () => new Error('late'), timers.create), 'here');
    await assert.rejects(
      withTimeout(no, 10, () => new Error('late'), timers.create),
      /no/,
    );
  });

  it('gives nothing, or says so, for what is not', async () => {
    const nothing = within(never, 10, timers.create);
    const late = assert.rejects(
      withTimeout(never, 10, () => new Error('late'), timers.create),
      /late/,
    );
    timers.advance(9);
    await turn();
    assert.equal(timers.pending, 2);
    timers.advance(1);
    assert.equal(await nothing, undefined);
    await late;
  });
});

describe('waiting for a signal', () => {
  it('ends with the first that comes while the condition holds', async () => {
    const source = new Source();
    let isReady = false;
    let came = false;
    const waiting = whenSignalled(source.event, () => isReady);
    void waiting.promise.then(() => (came = true));
    source.fire();
    await turn();
    assert.equal(came, false);
    isReady = true;
    source.fire();
    await waiting.promise;
    waiting.dispose();
    assert.equal(source.listeners.size, 0);
  });

  it('says whether it came in time', async () => {
    const source = new Source();
    const waiting = nextSignal(source.event, 60_000);
    source.fire();
    assert.equal(await waiting, true);
    assert.equal(await nextSignal(source.event, 1), false);
    assert.equal(source.listeners.size, 0);
  });
});

describe('waiting for a cancellation', () => {
  it('rejects with the reason, and is no unhandled rejection', async () => {
    const source = new CancellationTokenSource();
    const waiting = whenCancelled(source.token, () => new Error('cancelled'));
    source.cancel();
    await turn();
    await assert.rejects(waiting.promise, /cancelled/);
  });

  it('listens no longer when it is disposed, and waits for ever without a token', async () => {
    const source = new Source();
    const waiting = whenCancelled({ onCancellationRequested: source.event }, () => new Error('cancelled'));
    waiting.dispose();
    assert.equal(source.listeners.size, 0);
    const without = whenCancelled(undefined, () => new Error('cancelled'));
    assert.equal(await Promise.race([without.promise, turn().then(() => 'waits')]), 'waits');
    without.dispose();
  });
});

describe('Deadline', () => {
  it('gives the value of what is in time, and its failure', async () => {
    const deadline = new Deadline(60_000);
    assert.equal(await deadline.race(Promise.resolve('here')), 'here');
    await assert.rejects(deadline.race(Promise.reject(new Error('no'))), /no/);
    deadline.dispose();
  });

  it('gives nothing for what is not, now or later', async () => {
    const deadline = new Deadline(1);
    assert.equal(await deadline.race(never), undefined);
    assert.equal(await deadline.race(never), undefined);
  });

  it('ends all waiting when it is disposed', async () => {
    const deadline = new Deadline(60_000);
    const source = new Source();
    const waiting = [deadline.race(never), deadline.next(source.event)];
    deadline.dispose();
    assert.deepEqual(await Promise.all(waiting), [undefined, false]);
    assert.equal(source.listeners.size, 0);
  });

  it('waits for a signal until its condition holds, and listens no longer', async () => {
    const deadline = new Deadline(60_000);
    const source = new Source();
    let isReady = false;
    let came: boolean | undefined;
    const waiting = deadline.next(source.event, () => isReady).then((value) => (came = value));
    source.fire();
    await turn();
    assert.equal(came, undefined);
    isReady = true;
    source.fire();
    assert.equal(await waiting, true);
    assert.equal(source.listeners.size, 0);
    deadline.dispose();
  });
});

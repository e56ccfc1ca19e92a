import assert from 'node:assert/strict';
import { Deadline } from '../../../../src/ui/common/timeLimit';

/** An event that the test fires, and that knows how many listen. */
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

describe('Deadline', () => {
  const never = new Promise<string>(() => undefined);

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
    await new Promise(setImmediate);
    assert.equal(came, undefined);
    isReady = true;
    source.fire();
    assert.equal(await waiting, true);
    assert.equal(source.listeners.size, 0);
    deadline.dispose();
  });
});

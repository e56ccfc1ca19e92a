import assert from 'node:assert/strict';
import { formatDuration, RenderState } from '../../../../src/core/rendering/renderState';

describe('the memory of the transcript', () => {
  it('forgets the oldest: a session may go on for days', () => {
    const { intents } = new RenderState();
    for (let index = 0; index <= 1024; index++) {
      intents.set(String(index), 'x');
    }
    assert.equal(intents.get('0'), undefined);
    assert.equal(intents.get('1'), 'x');
  });
});

describe('formatDuration', () => {
  it('gives seconds, minutes or hours', () => {
    assert.equal(formatDuration(0), '0.0 s');
    assert.equal(formatDuration(3249), '3.2 s');
    assert.equal(formatDuration(60_000), '1 min 0 s');
    assert.equal(formatDuration(7_500_000), '2 h 5 min');
  });

  it('gives nothing for what is no duration: clocks jump', () => {
    for (const value of [undefined, -1, NaN, Infinity]) {
      assert.equal(formatDuration(value), undefined);
    }
  });
});

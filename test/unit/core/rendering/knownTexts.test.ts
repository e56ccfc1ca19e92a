import assert from 'node:assert/strict';
import { KnownTexts } from '../../../../src/core/rendering/knownTexts';

describe('the texts that were shown', () => {
  it('are known under the name and as the text that they had last, until they are forgotten', () => {
    const known = new KnownTexts(100);
    known.remember('message 1', 'Hello');
    assert.deepEqual(
      [known.has('message 1'), known.isKnown('message 1', 'Hello'), known.isKnown('message 1', 'Hallo')],
      [true, true, false],
    );
    assert.equal(known.isKnown('message 2', 'Hello'), false);
    known.remember('message 1', 'Hallo');
    assert.equal(known.isKnown('message 1', 'Hello'), false);
    known.forget('message 1');
    assert.deepEqual([known.has('message 1'), known.isKnown('message 1', 'Hallo')], [false, false]);
  });

  it('are told apart by their length only beyond what can be shown', () => {
    const known = new KnownTexts(3);
    known.remember('a', 'abcX');
    assert.deepEqual(
      [known.isKnown('a', 'abcY'), known.isKnown('a', 'abcXX'), known.isKnown('a', 'abdX')],
      [true, false, false],
    );
  });

  it('are so many at the most', () => {
    const known = new KnownTexts(3);
    for (let name = 0; name < 10_000; name++) {
      known.remember(String(name), 'x');
    }
    assert.deepEqual([known.has('0'), known.has('9999')], [false, true]);
  });
});

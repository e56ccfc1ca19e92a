import assert from 'node:assert/strict';
import { asSentence, joinSentences } from '../../../../src/core/common/sentence';

describe('a text before another sentence', () => {
  it('ends with a full stop, unless it ends already', () => {
    const ends = ['no runtime', 'no runtime ', 'No.', 'Why?', 'Reading…', 'ランタイムがありません。', 'because:'];
    assert.deepEqual(ends.map(asSentence), [
      ...['no runtime.', 'no runtime.', 'No.', 'Why?', 'Reading…', 'ランタイムがありません。', 'because:'],
    ]);
  });

  it('is followed by others, of which some may be missing', () => {
    assert.equal(joinSentences('One.', undefined, '', 'Two.'), 'One. Two.');
    assert.equal(joinSentences(undefined, ''), '');
  });
});

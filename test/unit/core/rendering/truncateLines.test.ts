import assert from 'node:assert/strict';
import fc from 'fast-check';
import { truncateLines } from '../../../../src/core/rendering/truncateLines';

describe('truncateLines', () => {
  it('keeps the beginning and the end', () => {
    assert.deepEqual(truncateLines('a\nb\nc\nd\ne\nf', 2, 1), { head: 'a\nb', omitted: 3, tail: 'f' });
  });

  it('does not clip for two lines', () => {
    assert.deepEqual(truncateLines('a\nb\nc\nd\ne', 2, 1), { head: 'a\nb\nc\nd\ne', omitted: 0, tail: '' });
  });

  it('accounts for every line', () => {
    const line = fc.string({ unit: fc.constantFrom('a', 'b'), maxLength: 3 });
    fc.assert(
      fc.property(
        fc.array(line, { minLength: 1, maxLength: 30 }),
        fc.integer({ min: 1, max: 9 }),
        fc.integer({ min: 1, max: 9 }),
        (lines, head, tail) => {
          const clip = truncateLines(lines.join('\n'), head, tail);
          if (lines.length <= head + tail + 2) {
            assert.deepEqual(clip, { head: lines.join('\n'), omitted: 0, tail: '' });
          } else {
            const expected = {
              head: lines.slice(0, head).join('\n'),
              omitted: lines.length - head - tail,
              tail: lines.slice(-tail).join('\n'),
            };
            assert.deepEqual(clip, expected);
          }
        },
      ),
    );
  });
});

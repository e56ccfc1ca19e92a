import assert from 'node:assert/strict';
import fc from 'fast-check';
import { previewJson } from '../../../../src/core/rendering/previewJson';

describe('previewJson', () => {
  it('is JSON for what is short and flat', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 6 }), (value) => {
        assert.equal(previewJson(value, Infinity), JSON.stringify(value));
      }),
    );
  });

  it('leaves out what is too much, and shows where', () => {
    assert.equal(previewJson([1, 2, 3, 4, 5, 6], 6), '[1,2,3,…]');
    assert.equal(previewJson({ a: 'xxxxxxxxxx', b: 1 }, 10), '{"a":"xxxxx…",…}');
    assert.equal(previewJson('x'.repeat(100), 3), '"xxx…"');
  });

  it('is bounded for any value', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.nat(100), (value, max) => {
        // Allow for the closing brackets, and the escapes of the last text.
        assert.ok(previewJson(value, max).length <= 6 * max + 40);
      }),
    );
  });
});

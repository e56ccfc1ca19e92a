import assert from 'node:assert/strict';
import fc from 'fast-check';
import { sidesOfDiff } from '../../../../src/core/questions/unifiedDiff';

const DIFF = ['--- a/x.ts', '+++ b/x.ts', '@@ -2,3 +2,3 @@ class X', ' b', '-c', '+C', ' d', ''].join('\n');

describe('the two sides of a diff', () => {
  it('are the whole file where the new contents are told and fit', () => {
    assert.deepEqual(sidesOfDiff(DIFF, 'a\nb\nC\nd\ne\n'), {
      before: 'a\nb\nc\nd\ne\n',
      after: 'a\nb\nC\nd\ne\n',
      isPartial: false,
    });
  });

  it('are the parts that the diff has where they do not fit, or are not told', () => {
    for (const contents of [undefined, 'a\nb\nX\nd\n']) {
      assert.deepEqual(sidesOfDiff(DIFF, contents), {
        before: '@@ line 2 @@\nb\nc\nd\n',
        after: '@@ line 2 @@\nb\nC\nd\n',
        isPartial: true,
      });
    }
  });

  it('of a new file have nothing before', () => {
    assert.deepEqual(sidesOfDiff('--- /dev/null\n+++ b/x\n@@ -0,0 +1,2 @@\n+a\n+b\n'), {
      before: '',
      after: 'a\nb\n',
      isPartial: false,
    });
  });

  it('take a removed line that looks like a heading for what it is', () => {
    assert.equal(sidesOfDiff('@@ -1,2 +1,1 @@\n--- old\n a\n')?.before, '@@ line 1 @@\n-- old\na\n');
  });

  it('are none of what is no diff', () => {
    for (const text of ['', 'hello', '@@ -1,5 +1,5 @@\n a\n', '@@ -1 +1 @@\n?x\n']) {
      assert.equal(sidesOfDiff(text), undefined, text);
    }
    fc.assert(fc.property(fc.string(), fc.string(), (diff, contents) => void sidesOfDiff(diff, contents)));
  });
});

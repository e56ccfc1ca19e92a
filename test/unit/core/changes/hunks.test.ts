import assert from 'node:assert/strict';
import fc from 'fast-check';
import { applyHunks, readHunks, type Hunk } from '../../../../src/core/changes/hunks';
import { useRealGit, type RealGit } from '../../../support/realGit';

/** Lines that look like parts of a diff, and others. */
const LINE = fc.constantFrom(
  ...['', 'a', 'b', 'c', 'ä €', ' ', '\t', 'a\r', '\r', '-', '--', '-- a', '--- a/x', '+', '++', '+++ b/x'],
  ...['\\', '\\ No newline at end of file', '@@', '@@ -1 +1 @@', '@@ -0,0 +1,3 @@ f()', 'diff --git a/x b/x'],
);
const text = (line: fc.Arbitrary<string>): fc.Arbitrary<string> =>
  fc
    .tuple(fc.array(line, { maxLength: 24 }), fc.boolean())
    .map(([lines, isClosed]) => lines.join('\n') + (isClosed && lines.length > 0 ? '\n' : ''));

/** A text, and one that is made of it by a few edits. */
const PAIR = fc
  .tuple(
    text(LINE),
    fc.array(fc.record({ at: fc.nat(24), remove: fc.nat(3), insert: fc.array(LINE, { maxLength: 3 }) }), {
      maxLength: 4,
    }),
    fc.boolean(),
  )
  .map(([before, edits, isSame]): [string, string] => {
    const lines = before.split('\n');
    edits.forEach(({ at, remove, insert }) => lines.splice(at % (lines.length + 1), remove, ...insert));
    const after = lines.join('\n');
    return [before, isSame ? after : after.endsWith('\n') ? after.slice(0, -1) : `${after}\n`];
  });
const CONTEXT = fc.nat(3);

describe('hunks of a unified diff', () => {
  describe('of Git', function () {
    let git: RealGit;

    useRealGit((found) => (git = found));

    const diff = (before: string, after: string, context: number, isTrimmed = false): string => {
      git.write('before', before);
      git.write('after', after);
      const options = ['-c', `diff.suppressBlankEmpty=${isTrimmed}`];
      return git.run([...options, 'diff', '--no-index', `-U${context}`, '--', 'before', 'after']);
    };
    const read = (...of: Parameters<typeof diff>): readonly Hunk[] => {
      const hunks = readHunks(diff(...of));
      assert.ok(hunks !== undefined, JSON.stringify(of));
      return hunks;
    };
    const runs = { numRuns: 80 };

    it('make of the one text exactly the other', () => {
      fc.assert(
        fc.property(
          fc.oneof(PAIR, fc.tuple(text(LINE), text(LINE))),
          CONTEXT,
          fc.boolean(),
          ([before, after], context, isTrimmed) =>
            assert.equal(applyHunks(read(before, after, context, isTrimmed), before), after),
        ),
        runs,
      );
    });

    it('count the lines as Git does', () => {
      fc.assert(
        fc.property(PAIR, CONTEXT, ([before, after], context) => {
          const hunks = read(before, after, context);
          const [additions = 0, deletions = 0] = git
            .run(['diff', '--no-index', '--numstat', '--', 'before', 'after'])
            .split('\t', 2)
            .map(Number);
          const sum = (of: 'additions' | 'deletions') => hunks.reduce((total, hunk) => total + hunk[of], 0);
          assert.deepEqual([sum('additions'), sum('deletions')], [additions, deletions]);
        }),
        { numRuns: 40 },
      );
    });

    it('are refused by a text with another line where they have one', () => {
      fc.assert(
        fc.property(PAIR, CONTEXT, fc.nat(), ([before, after], context, choice) => {
          const hunks = read(before, after, context);
          const touched = hunks.flatMap((hunk) => hunk.before.map((_line, index) => hunk.oldStart - 1 + index));
          const at = touched[choice % touched.length];
          fc.pre(at !== undefined);
          const lines = before.split('\n');
          lines[at] = `${lines[at] ?? ''}!`;
          assert.equal(applyHunks(hunks, lines.join('\n')), undefined);
        }),
        runs,
      );
    });

    it('are refused by a text whose lines are at other places', () => {
      // No line occurs twice: a line at another place is another line there.
      const unique = fc
        .uniqueArray(fc.integer({ min: 0, max: 99 }), { minLength: 1, maxLength: 20 })
        .map((lines) => lines.map((line) => `line ${line}\n`).join(''));
      fc.assert(
        fc.property(unique, unique, fc.integer({ min: 1, max: 3 }), fc.boolean(), (before, after, context, isMore) => {
          fc.pre(before !== after);
          const hunks = read(before, after, context);
          const other = isMore ? `new\n${before}` : before.slice(before.indexOf('\n') + 1);
          assert.equal(applyHunks(hunks, other), undefined);
        }),
        runs,
      );
    });

    it('are refused by a text that ends otherwise where they end', () => {
      fc.assert(
        fc.property(PAIR, CONTEXT, ([before, after], context) => {
          const hunks = read(before, after, context);
          const other = before.endsWith('\n') ? before.slice(0, -1) : `${before}\n`;
          const count = before.split('\n').length - (before.endsWith('\n') || before === '' ? 1 : 0);
          const last = hunks.at(-1);
          fc.pre(last !== undefined && last.before.length > 0 && last.oldStart + last.before.length - 1 === count);
          assert.equal(applyHunks(hunks, other), undefined);
        }),
        runs,
      );
    });

    it('keep what they do not reach, also how the text ends', () => {
      const hunks = read('a\nb\nc\nd\n', 'A\nb\nc\nd\n', 1);
      assert.equal(applyHunks(hunks, 'a\nb\nc\nd'), 'A\nb\nc\nd');
    });

    it('are read without the blank lines that a runtime removes at the end', () => {
      for (const [before, after] of [
        ['a\n\n\n\nz\n', 'b\n\n\n\nz\n'],
        ['a\n \n\t\n', 'b\n \n\t\n'],
        ['a\n\n', '\n'],
        ['x\na\n\n', 'x\n\n'],
      ] as const) {
        const hunks = readHunks(diff(before, after, 3).trimEnd());
        assert.equal(hunks?.length, 1, before);
        assert.equal(applyHunks(hunks, before), after);
      }
    });

    it('are none if a diff was cut off within its lines', () => {
      const whole = diff('a\nb\nc\n', 'a\nB\nc\nd\n', 3);
      const lines = whole.split('\n');
      const heads = lines.findIndex((line) => line.startsWith('@@'));
      for (let end = heads + 1; end < lines.length - 2; end++) {
        for (const last of ['', '\n']) {
          assert.equal(readHunks(lines.slice(0, end).join('\n') + last), undefined, String(end));
        }
      }
      assert.equal(readHunks(whole)?.length, 1);
    });
  });

  it('are read from anything without an error, and applied to anything', () => {
    const part = fc.oneof(LINE, fc.constantFrom('@@ -1,2 +1 @@', '@@ -0 +0 @@', '@@ -9,0 +9 @@'), fc.string());
    fc.assert(
      fc.property(fc.array(part, { maxLength: 12 }), text(LINE), (lines, base) => {
        const hunks = readHunks(lines.join('\n'));
        if (hunks !== undefined) {
          applyHunks(hunks, base);
        }
      }),
      { numRuns: 2_000 },
    );
  });

  it('are none in a text without any, and unknown in one that is damaged or too long', () => {
    for (const diff of [
      '',
      'old mode 100644\nnew mode 100755\n',
      'Binary files a/x and b/x differ\n',
      '@@ not one @@',
    ]) {
      assert.deepEqual(readHunks(diff), [], diff);
    }
    for (const diff of [
      '@@ -1,2 +1 @@\n-a\n',
      '@@ -1,6 +1,5 @@\n-a\n b',
      '@@ -1 +1 @@\n-a\nb',
      '@@ -1 +1 @@\n-a\n-b\n+c\n',
      '@@ -1,99999999999 +1 @@\n-a\n',
      'x'.repeat(8_000_001),
    ]) {
      assert.equal(readHunks(diff), undefined, diff.slice(0, 40));
    }
  });

  it('are refused if they are in no order, or overlap', () => {
    const first = '@@ -1 +1 @@\n-a\n+A\n';
    const second = '@@ -2 +2 @@\n-b\n+B\n';
    const applied = (diff: string) => applyHunks(readHunks(diff) ?? [], 'a\nb\n');
    assert.equal(applied(first + second), 'A\nB\n');
    assert.equal(applied(second + first), undefined);
    assert.equal(applied(first + first), undefined);
    assert.equal(applied('@@ -0 +1 @@\n-a\n+A\n'), undefined, 'there is no line 0');
    assert.equal(applied('@@ -3 +3 @@\n-c\n+C\n'), undefined, 'behind the end');
  });

  it('can be many: 200,000 lines', () => {
    const lines = Array.from({ length: 200_000 }, (_, index) => `+line ${index}`).join('\n');
    const hunks = readHunks(`@@ -0,0 +1,200000 @@\n${lines}\n`);
    assert.equal(hunks?.[0]?.additions, 200_000);
    assert.equal(applyHunks(hunks, '')?.length, lines.length - 200_000 + 1);
  });
});

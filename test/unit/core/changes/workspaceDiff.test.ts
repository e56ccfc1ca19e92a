import assert from 'node:assert/strict';
import fc from 'fast-check';
import { readWorkspaceDiff, type DiffedFile } from '../../../../src/core/changes/workspaceDiff';

const INDEX = 'index 1234abc..2345bcd 100644\n';
const modified = (name: string): string =>
  `diff --git a/${name} b/${name}\n${INDEX}--- a/${name}\n+++ b/${name}\n@@ -1 +1,2 @@\n-a\n+b\n+c\n`;
const change = (more: Readonly<Record<string, unknown>> = {}): Record<string, unknown> => ({
  ...{ path: 'a.txt', changeType: 'modified', diff: modified('a.txt') },
  ...more,
});
const answer = (...changes: readonly unknown[]) => ({
  ...{ requestedMode: 'branch', mode: 'branch', changes, baseBranch: 'main', isFallback: false },
});
const fileOf = (value: unknown): DiffedFile | undefined => readWorkspaceDiff(answer(value))?.files[0];

describe('the answer to session.workspaces.diff', () => {
  it('has files in the order of their paths, with their numbers of lines', () => {
    const read = readWorkspaceDiff(answer(change({ path: 'b' }), change({ path: 'a' }), change({ path: 'B' })));
    assert.deepEqual(
      read?.files.map(({ path, status, additions, deletions, blobBefore }) => ({
        ...{ path, status, additions, deletions, blobBefore },
      })),
      ['B', 'a', 'b'].map((path) => ({
        ...{ path, status: 'modified', additions: 2, deletions: 1, blobBefore: '1234abc' },
      })),
    );
    assert.deepEqual([read.baseBranch, read.isFallback], ['main', false]);
  });

  it('is none without the members of its type', () => {
    const values = [undefined, null, 1, 'text', [], {}, { changes: [] }, { isFallback: false }];
    for (const value of [...values, { changes: {}, isFallback: false }, { changes: [], isFallback: 'no' }]) {
      assert.equal(readWorkspaceDiff(value), undefined, JSON.stringify(value));
    }
    assert.equal(readWorkspaceDiff({ changes: [], isFallback: true })?.isFallback, true);
    assert.equal(readWorkspaceDiff({ changes: [], isFallback: true, baseBranch: ' ' })?.baseBranch, undefined);
  });

  it('leaves out what is no file, and has each path once', () => {
    const read = readWorkspaceDiff(
      answer(null, 1, [], {}, { path: '' }, { path: 1 }, { path: [] }, change(), change({ changeType: 'deleted' })),
    );
    assert.deepEqual(
      read?.files.map(({ path, status }) => [path, status]),
      [['a.txt', 'modified']],
    );
  });

  it('knows the kinds of change, and takes a new one for a modification', () => {
    for (const status of ['added', 'modified', 'deleted', 'renamed'] as const) {
      assert.equal(fileOf(change({ changeType: status }))?.status, status);
    }
    for (const changeType of ['copied', '', undefined, 7, {}]) {
      assert.equal(fileOf(change({ changeType }))?.status, 'modified');
    }
    assert.equal(fileOf(change({ changeType: 'renamed', oldPath: 'old' }))?.oldPath, 'old');
    assert.equal(fileOf(change({ changeType: 'modified', oldPath: 'old' }))?.oldPath, undefined);
  });

  it('has the separators of Git, also from Windows', () => {
    const file = fileOf(change({ changeType: 'renamed', path: 'new\\a.txt', oldPath: 'old\\a.txt' }));
    assert.deepEqual([file?.path, file?.oldPath], ['new/a.txt', 'old/a.txt']);
  });

  it('has names of blanks alone, as Git allows them', () => {
    const file = fileOf(change({ changeType: 'renamed', path: '  ', oldPath: ' ' }));
    assert.deepEqual([file?.path, file?.oldPath], ['  ', ' ']);
  });

  it('has no numbers of a file that became a link: the diff has its new side only', () => {
    const diff = 'new file mode 120000\nindex 0000000..2345bcd\n--- /dev/null\n+++ b/x\n@@ -0,0 +1 @@\n+y\n';
    const { isTypeChange, isTruncated, additions, blobBefore, blobAfter } = fileOf(change({ diff })) ?? {};
    assert.deepEqual(
      [isTypeChange, isTruncated, additions, blobBefore, blobAfter],
      [true, true, 0, undefined, '2345bcd'],
    );
    const added = fileOf(change({ diff, changeType: 'added' }));
    assert.deepEqual([added?.isTypeChange, added?.isTruncated, added?.additions], [undefined, undefined, 1]);
  });

  it('has no numbers of a diff that was left out, that is damaged or that is missing', () => {
    for (const more of [
      { isTruncated: true },
      { isTruncated: true, diff: '' },
      { diff: '@@ -1,2 +1 @@\n-a\n' },
      { diff: undefined },
      { diff: 7 },
      { diff: '' },
      { diff: undefined, changeType: 'added' },
    ]) {
      const file = fileOf(change(more));
      assert.deepEqual(
        [file?.isTruncated, file?.additions, file?.deletions, file?.hunks],
        [true, 0, 0, []],
        JSON.stringify(more),
      );
    }
    assert.equal(fileOf(change({ isTruncated: 'yes' }))?.isTruncated, undefined);
    assert.equal(fileOf(change({ diff: '', changeType: 'added' }))?.isTruncated, undefined, 'an empty file');
  });

  it('tells binary files and submodules by the head of the diff alone', () => {
    const isBinary = (diff: string) => fileOf(change({ diff }))?.isBinary;
    assert.equal(isBinary(`diff --git a/x b/x\n${INDEX}Binary files a/x and b/x differ\n`), true);
    assert.equal(isBinary(`diff --git a/x b/x\n${INDEX}GIT binary patch\nliteral 3\n`), true);
    assert.equal(isBinary('--- a/x\n+++ b/x\n@@ -0,0 +1 @@\n+x\n Binary files a/x and b/x differ\n'), undefined);
    assert.equal(isBinary('--- a/x\n+++ b/x\n@@ -1 +1 @@\n-x\n+Binary files a and b differ\n'), undefined);

    const isSubmodule = (diff: string) => fileOf(change({ diff }))?.isSubmodule;
    const hunk = '@@ -1 +1 @@\n-Subproject commit 1\n+Subproject commit 2\n';
    assert.equal(isSubmodule(`index 1234abc..2345bcd 160000\n--- a/s\n+++ b/s\n${hunk}`), true);
    assert.equal(isSubmodule(`new file mode 160000\nindex 0000000..2345bcd\n--- a/s\n+++ b/s\n${hunk}`), true);
    assert.equal(isSubmodule(`${INDEX}--- a/s\n+++ b/s\n${hunk}`), undefined);
    assert.equal(isSubmodule(`${INDEX}@@ -1 +1 @@\n-a\n+new file mode 160000\n`), undefined);
  });

  it('names the blob before, but for a file that is new', () => {
    const blob = (head: string) => fileOf(change({ diff: `${head}\n@@ -1 +1 @@\n-a\n+b\n` }))?.blobBefore;
    assert.equal(blob('index 1234abc..2345bcd 100644'), '1234abc');
    assert.equal(blob('index 1234abc..2345bcd\r'), '1234abc');
    assert.equal(blob(`index ${'a'.repeat(64)}..${'b'.repeat(64)}`), 'a'.repeat(64));
    for (const head of ['index 0000000..2345bcd', 'index --help..x', 'index 12..34', 'old mode 100644']) {
      assert.equal(blob(head), undefined, head);
    }
  });

  it('is read without an error, whatever it is', () => {
    const hostile = fc.oneof(fc.anything(), fc.constantFrom('modified', 'renamed', modified('x'), '@@ -1 +1 @@\n'));
    const entry = fc.oneof(
      fc.anything(),
      fc.record({ path: hostile, diff: hostile, changeType: hostile, oldPath: hostile, isTruncated: hostile }),
    );
    const value = fc.record({
      changes: fc.oneof(fc.array(entry), hostile),
      baseBranch: hostile,
      isFallback: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.oneof(fc.anything(), value), (read) => void readWorkspaceDiff(read)),
      { numRuns: 1_000 },
    );
  });
});

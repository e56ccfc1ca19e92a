import assert from 'node:assert/strict';
import type { ChangedFile, SessionChanges } from '../../../../src/core/changes/sessionChanges';
import {
  describeFile,
  fileCount,
  lineCounts,
  longChanges,
  shortChanges,
  spokenChanges,
} from '../../../../src/ui/rows/changePresentation';

const NOW = new Date('2026-03-04T10:00:00Z');
const file = (path: string, more: Partial<ChangedFile> = {}): ChangedFile => ({
  ...{ path, status: 'modified', additions: 12, deletions: 3 },
  ...more,
});
const changes = (files: readonly ChangedFile[], more: Partial<SessionChanges> = {}): SessionChanges => ({
  ...{ source: 'agent', base: 'main', readAt: new Date('2026-03-04T09:55:00Z'), files },
  ...more,
});
const nothing = { additions: 0, deletions: 0 };
const truncated = file('b', { ...nothing, isTruncated: true });
const binary = file('b', { ...nothing, isBinary: true });

describe('changes in words', () => {
  it('are numbers of lines, as GitHub has them', () => {
    assert.equal(lineCounts({ additions: 12, deletions: 3 }, 'en'), '+12 −3');
    assert.equal(lineCounts({ additions: 0, deletions: 1_234 }, 'en'), '+0 −1,234');
    assert.equal(lineCounts({ additions: 1_234, deletions: 0 }, 'de'), '+1.234 −0');
    assert.equal(lineCounts(nothing, 'en'), '');
  });

  const table: readonly (readonly [string, SessionChanges, string | undefined, string, string])[] = [
    ['one file', changes([file('a')]), '+12 −3', '1 file, +12 −3', '1 file changed, 12 lines added, 3 lines deleted'],
    [
      'two',
      changes([file('a'), file('b')]),
      '+24 −6',
      '2 files, +24 −6',
      '2 files changed, 24 lines added, 6 lines deleted',
    ],
    ['none', changes([]), undefined, '0 files', '0 files changed, 0 lines added, 0 lines deleted'],
    [
      'one that is binary',
      changes([file('a'), binary]),
      '+12 −3',
      '2 files, +12 −3',
      '2 files changed, 12 lines added, 3 lines deleted',
    ],
    [
      'one line of each',
      changes([file('a', { additions: 1, deletions: 1 })]),
      '+1 −1',
      '1 file, +1 −1',
      '1 file changed, 1 line added, 1 line deleted',
    ],
    ['only a binary one', changes([binary]), '1 file', '1 file', '1 file changed, 0 lines added, 0 lines deleted'],
    ['one without its numbers', changes([file('a'), truncated]), '2 files', '2 files', '2 files changed'],
    [
      'a list that is cut off',
      changes([file('a'), file('b')], { isIncomplete: true }),
      'more than 2 files',
      'more than 2 files',
      'more than 2 files changed',
    ],
  ];
  for (const [name, of, short, long, spoken] of table) {
    it(`say nothing that is not known: ${name}`, () => {
      assert.equal(shortChanges(of, 'en'), short);
      assert.equal(longChanges(of, NOW, 'en'), `${long} · the agent’s machine, 5 min. ago`);
      assert.equal(spokenChanges(of, 'en'), spoken);
    });
  }

  it('are nothing while nothing is known', () => {
    assert.equal(shortChanges(undefined, 'en'), undefined);
  });

  it('name their source and their age', () => {
    const of = (source: SessionChanges['source'], readAt: Date) =>
      longChanges(changes([file('a')], { source, readAt }), NOW, 'en').split(' · ')[1];
    assert.equal(of('git', new Date('2026-03-04T09:00:00Z')), 'pushed branch, in the clone here, 1 hr. ago');
    assert.equal(of('github', NOW), 'pushed branch, on GitHub, now');
    assert.equal(
      of('agent', new Date('2026-03-04T11:00:00Z')),
      'the agent’s machine, now',
      'the agent’s clock is ahead',
    );
  });

  it('count many files in the language of the user', () => {
    const many = changes(Array.from({ length: 2_000 }, (_, index) => file(String(index))));
    assert.deepEqual([fileCount(many, 'en'), fileCount(many, 'de')], ['2,000 files', '2.000 files']);
  });

  it('of a file say what became of it, and what is not shown', () => {
    assert.equal(describeFile(file('a/b.ts'), 'en'), 'a/b.ts: modified, 12 lines added, 3 lines deleted');
    assert.equal(
      describeFile(file('new', { status: 'renamed', oldPath: 'old', ...nothing }), 'en'),
      'new: renamed, was old, 0 lines added, 0 lines deleted',
    );
    assert.equal(
      describeFile(file('i.png', { ...binary, path: 'i.png', status: 'added' }), 'en'),
      'i.png: added, binary',
    );
    assert.equal(
      describeFile({ ...truncated, isBinary: true, status: 'deleted' }, 'en'),
      'b: deleted, too large to be counted',
    );
    assert.equal(
      describeFile(file('a\nb\u202e', { status: 'renamed', oldPath: 'c\u0007' }), 'en'),
      'a ⏎ b‹U+202E›: renamed, was c‹BEL›, 12 lines added, 3 lines deleted',
    );
  });
});

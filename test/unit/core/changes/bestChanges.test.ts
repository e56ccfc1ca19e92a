import assert from 'node:assert/strict';
import fc from 'fast-check';
import { bestChanges } from '../../../../src/core/changes/bestChanges';
import { ABSENT, type ChangeSet } from '../../../../src/core/changes/changeSet';
import { byPath, countsOf, type ChangedFile, type ChangesSource } from '../../../../src/core/changes/sessionChanges';

const file = (path: string, more: Partial<ChangedFile> = {}): ChangedFile => ({
  ...{ path, status: 'modified', additions: 2, deletions: 1 },
  ...more,
});
const set = (source: ChangesSource, files: readonly ChangedFile[], isIncomplete?: true): ChangeSet => ({
  changes: { source, base: 'main', files, readAt: new Date(0), ...(isIncomplete && { isIncomplete }) },
  content: () => Promise.resolve(ABSENT),
});
const [a, b] = [file('a'), file('b')];

describe('the best of the sources', () => {
  const table: readonly (readonly [string, Partial<Record<ChangesSource, ChangeSet>>, ChangesSource | undefined])[] = [
    ['none', {}, undefined],
    ['only Git', { git: set('git', [a]) }, 'git'],
    ['only the agent', { agent: set('agent', [a]) }, 'agent'],
    ['only the agent, which has nothing', { agent: set('agent', []) }, 'agent'],
    ['only GitHub', { github: set('github', [a]) }, 'github'],
    ['Git before GitHub', { git: set('git', [a]), github: set('github', [a, b]) }, 'git'],
    ['all that was made is pushed', { git: set('git', [a, b]), agent: set('agent', [a, b]) }, 'git'],
    ['a file is not pushed yet', { git: set('git', [a]), agent: set('agent', [a, b]) }, 'agent'],
    ['a pushed file is undone', { git: set('git', [a, b]), agent: set('agent', [a]) }, 'agent'],
    ['nothing is pushed yet', { git: set('git', []), agent: set('agent', [a]) }, 'agent'],
    ['a new machine without the branch', { git: set('git', [a]), agent: set('agent', []) }, 'git'],
    ['nothing at all', { git: set('git', []), agent: set('agent', []) }, 'git'],
    ['more lines', { git: set('git', [a]), agent: set('agent', [file('a', { additions: 3 })]) }, 'agent'],
    ['fewer deleted', { git: set('git', [a]), agent: set('agent', [file('a', { deletions: 0 })]) }, 'agent'],
    ['another status', { git: set('git', [a]), agent: set('agent', [file('a', { status: 'added' })]) }, 'agent'],
    ['another name before', { git: set('git', [a]), agent: set('agent', [file('a', { oldPath: 'x' })]) }, 'agent'],
    [
      'a name that the agent’s machine cannot list',
      { git: set('git', [a, file('ä'), file('b', { oldPath: '"' })]), agent: set('agent', [a]) },
      'git',
    ],
    [
      'a name that the agent’s machine has listed after all',
      { git: set('git', [a, file('ä')]), agent: set('agent', [a, file('ä', { additions: 9 })]) },
      'agent',
    ],
    [
      'numbers that the agent left out',
      { git: set('git', [a]), agent: set('agent', [file('a', { isTruncated: true, additions: 0 })]) },
      'git',
    ],
    [
      'numbers that GitHub left out',
      { github: set('github', [file('a', { isTruncated: true, additions: 0 })]), agent: set('agent', [a]) },
      'github',
    ],
    [
      'a list of GitHub that is cut off, as far as it goes',
      { github: set('github', [a], true), agent: set('agent', [a, b]) },
      'github',
    ],
    [
      'a list of GitHub that is cut off, with a file that the agent lacks',
      { github: set('github', [a, b], true), agent: set('agent', [b]) },
      'agent',
    ],
  ];
  it('is the agent’s where a file of as many lines is another one', () => {
    const withBlob = (source: ChangesSource, blob: string | undefined): ChangeSet => ({
      ...set(source, [a]),
      blobAfter: () => blob,
    });
    const best = (pushed: string | undefined, agent: string | undefined) =>
      bestChanges({ git: withBlob('git', pushed), agent: withBlob('agent', agent) })?.changes.source;
    assert.equal(best('1234567890', '1234567'), 'git');
    assert.equal(best('1234567890', '7654321'), 'agent');
    assert.equal(best(undefined, '7654321'), 'git');
    assert.equal(best('1234567890', undefined), 'git');
  });

  for (const [name, answers, expected] of table) {
    it(`is ${expected ?? 'none'}: ${name}`, () => {
      const best = bestChanges(answers);
      assert.equal(best?.changes.source, expected);
      assert.equal(best, expected && answers[expected]);
    });
  }
});

describe('the answer of the agent’s machine', () => {
  it('is not all, if a file is pushed that it cannot list', async () => {
    const agent: ChangeSet = { ...set('agent', [a, b]), patch: ({ path }) => Promise.resolve(path) };
    const best = bestChanges({ git: set('git', [a, file('ä')]), agent });
    assert.deepEqual(best?.changes, { ...agent.changes, isIncomplete: true });
    assert.equal(await best.content(a, 'after'), ABSENT);
    assert.equal(await best.patch?.(a), 'a');
  });
});

describe('the changes of a session', () => {
  it('are counted, and exact only if nothing is missing', () => {
    assert.deepEqual(countsOf({ files: [] }), { files: 0, additions: 0, deletions: 0, isExact: true });
    assert.deepEqual(countsOf({ files: [a, file('b', { isBinary: true, additions: 0, deletions: 0 })] }), {
      ...{ files: 2, additions: 2, deletions: 1, isExact: true },
    });
    assert.equal(countsOf({ files: [a, file('b', { isTruncated: true })] }).isExact, false);
    assert.equal(countsOf({ files: [a], isIncomplete: true }).isExact, false);
  });

  it('have one order, whatever the order before', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.string({ unit: 'grapheme' })), (paths) => {
        const sorted = (files: readonly string[]) => [...files.map((path) => ({ path }))].sort(byPath);
        assert.deepEqual(sorted(paths), sorted([...paths].reverse()));
      }),
    );
    assert.deepEqual(
      ['b', 'a/b', 'a', 'B', 'a-b']
        .map((path) => ({ path }))
        .sort(byPath)
        .map(({ path }) => path),
      ['B', 'a', 'a-b', 'a/b', 'b'],
    );
  });
});

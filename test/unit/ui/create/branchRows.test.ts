import assert from 'node:assert/strict';
import { branchRows, proposedBranch } from '../../../../src/ui/create/branchRows';
import type { CurrentBranch } from '../../../../src/ui/git/gitRepositories';
import { keyed, labels, list, two } from './rows';

describe('the rows for the branch', () => {
  const repository = { owner: 'octo', name: 'web', entry: two.entries[0]! };
  const current = (name: string, more: Partial<CurrentBranch> = {}): CurrentBranch => ({
    name,
    localName: name,
    folder: 'web',
    remoteState: 0,
    ...more,
  });
  const known = { names: ['main', 'dev', 'feature/x'], current: [current('dev')] };

  it('are the default branch, the current one, and the others of the remote', () => {
    const rows = branchRows(repository, known, '');
    assert.deepEqual(labels(rows), [
      '$(repo) Default branch',
      '$(git-branch) dev',
      '$(git-branch) main',
      '$(git-branch) feature/x',
    ]);
    assert.deepEqual(
      rows.map(({ choice }) => ('name' in choice ? choice.name : choice.kind)),
      ['default', 'dev', 'main', 'feature/x'],
    );
    assert.equal(rows[1]?.description, 'current');
    assert.equal(rows[1].detail, undefined);
  });

  it('never hide what the runtimes do with it', () => {
    for (const text of ['', 'dev', 'new', 'a b']) {
      const row = keyed(branchRows(repository, known, text), 'default');
      assert.match(
        row.detail ?? '',
        /runtimes up to 1\.0\.102 start from it; another branch is named in the first prompt/,
      );
      assert.equal(row.alwaysShow, true);
    }
  });

  it('say what the agent will not see', () => {
    const detail = (more: Partial<CurrentBranch>) =>
      keyed(branchRows(repository, { names: ['main'], current: [current('x', more)] }, ''), 'branch:x').detail;
    assert.equal(detail({ remoteState: 1 }), '1 commit is not pushed: the agent does not see it.');
    assert.equal(detail({ remoteState: 3 }), '3 commits are not pushed: the agent does not see them.');
    assert.match(detail({ remoteState: 'absent' }) ?? '', /Not on GitHub as of the last fetch/);
    assert.match(detail({ remoteState: 'unknown' }) ?? '', /only what is pushed/);
  });

  it('tell which folder is on it, and what it is called there', () => {
    const several = list(['web', { origin: 'git@github.com:o/r' }], ['copy', { origin: 'git@github.com:o/r' }]);
    const rows = branchRows(
      { owner: 'o', name: 'r', entry: several.entries[0]! },
      { names: ['main', 'x'], current: [current('main'), current('x', { folder: 'copy', localName: 'y' })] },
      '',
    );
    assert.equal(keyed(rows, 'branch:main').description, 'current in web');
    assert.equal(keyed(rows, 'branch:x').description, 'current in copy, called y here');
  });

  it('offer what is typed, and warn where the last fetch had no such branch', () => {
    const [row] = branchRows(repository, known, ' refs/heads/new ');
    assert.deepEqual(row?.choice, { kind: 'branch', name: 'new' });
    assert.match(row.detail ?? '', /Not among the branches of the last fetch/);
    const [unknown] = branchRows(repository, undefined, 'new');
    assert.deepEqual([unknown?.key, unknown?.detail], ['typed', undefined]);
  });

  it('do not offer twice what is listed', () => {
    for (const text of ['main', 'dev']) {
      assert.ok(!branchRows(repository, known, text).some(({ key }) => key === 'typed'));
    }
    // Branch names are case-sensitive.
    assert.equal(branchRows(repository, known, 'Main')[0]?.key, 'typed');
  });

  it('explain what cannot be a branch', () => {
    const [row] = branchRows(repository, known, 'a b');
    assert.equal(row?.label, '$(info) A branch’s name cannot contain spaces.');
    assert.deepEqual([row.choice.kind, row.alwaysShow], ['explanation', true]);
  });

  it('make no icons of what comes from outside', () => {
    const branches = branchRows({ owner: 'o', name: 'r' }, { names: ['$(alert)', 'a\u202eb'], current: [] }, '');
    assert.equal(keyed(branches, 'branch:$(alert)').label, '$(git-branch) \\$(alert)');
    assert.ok(!keyed(branches, 'branch:a\u202eb').label.includes('\u202e'));
    assert.deepEqual(keyed(branches, 'branch:a\u202eb').choice, { kind: 'branch', name: 'a\u202eb' });
  });

  it('start at the branch of a page’s URL', () => {
    const page = { owner: 'o', name: 'r', branch: 'feature/x/src', refPath: 'feature/x/src' };
    assert.equal(proposedBranch(page, known), 'feature/x');
    assert.equal(proposedBranch(page, { names: [], current: [] }), 'feature/x/src');
    assert.equal(proposedBranch({ owner: 'o', name: 'r', branch: 'dev' }, known), 'dev');
    assert.equal(proposedBranch({ owner: 'o', name: 'r' }, known), undefined);
  });
});

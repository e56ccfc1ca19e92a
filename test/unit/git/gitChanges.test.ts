import assert from 'node:assert/strict';
import { chmodSync, renameSync, rmSync } from 'node:fs';
import path from 'node:path';
import { MAX_FILE_BYTES, type FileContent, type Side } from '../../../src/core/changes/changeSet';
import { Git } from '../../../src/git/git';
import { baseFilesOf, defaultBranch, GitChangeSet, readGitChanges } from '../../../src/git/gitChanges';
import { useRealGit, type RealGit } from '../../support/realGit';

const BRANCHES = { remote: 'origin', base: 'main', head: 'topic' };

function shown(content: FileContent): string {
  return content.kind === 'bytes'
    ? `=${Buffer.from(content.bytes).toString('utf8')}`
    : content.kind === 'absent'
      ? 'absent'
      : content.reason;
}

describe('the changes of a branch, read from a clone', function () {
  let real: RealGit;
  let git: Git;

  useRealGit((found) => {
    real = found;
    real.run(['init', '--quiet']);
    const opened = Git.open(real.root, { command: real.command, strangers: [], host: real.host });
    assert.ok(opened !== undefined);
    git = opened;
  });

  const push = (branch: string, commit: string): void => {
    real.run(['update-ref', `refs/remotes/origin/${branch}`, commit]);
  };
  const read = async (branches: Partial<typeof BRANCHES> = {}): Promise<GitChangeSet> => {
    const changes = await readGitChanges(git, { ...BRANCHES, ...branches });
    assert.ok(changes instanceof GitChangeSet, JSON.stringify(changes));
    return changes;
  };
  const problem = async (branches: Partial<typeof BRANCHES>): Promise<string> => {
    const changes = await readGitChanges(git, { ...BRANCHES, ...branches });
    assert.ok('problem' in changes);
    return changes.problem;
  };
  const sidesOf = async (set: GitChangeSet, name: string): Promise<string[]> => {
    const file = set.changes.files.find((each) => each.path === name);
    assert.ok(file !== undefined, name);
    return Promise.all((['before', 'after'] as Side[]).map(async (side) => shown(await set.content(file, side))));
  };

  it('are those since the merge base, as on GitHub', async () => {
    real.write('kept', 'kept\n');
    real.write('old', Array.from({ length: 20 }, (_, index) => `line ${index}\n`).join(''));
    real.write('gone', 'gone');
    real.write('mode', 'm\n');
    const start = real.commit();
    real.write('theirs', 'of others\n');
    push('main', real.commit());
    real.run(['checkout', '--quiet', '--detach', start]);
    real.write('-new ä\t"x"', 'new\r\n');
    real.write('binary', Buffer.from([0, 255, 1]));
    rmSync(path.join(real.root, 'gone'));
    renameSync(path.join(real.root, 'old'), path.join(real.root, 'renamed'));
    chmodSync(path.join(real.root, 'mode'), 0o755);
    const head = real.commit();
    push('topic', head);

    const set = await read();
    const { files, ...rest } = set.changes;
    assert.deepEqual(rest, {
      ...{ source: 'git', base: 'main', head: 'topic', baseCommit: start, headCommit: head },
      readAt: new Date('2026-03-04T10:00:00Z'),
    });
    assert.deepEqual(
      files.map(({ path: name, status, oldPath }) => [name, status, oldPath].filter(Boolean).join(' ')),
      ['-new ä\t"x" added', 'binary added', 'gone deleted', 'mode modified', 'renamed renamed old'],
    );
    assert.ok(
      files.every((file) => !('before' in file) && !('after' in file)),
      'without the objects of Git',
    );
    assert.deepEqual(await sidesOf(set, '-new ä\t"x"'), ['absent', '=new\r\n']);
    assert.deepEqual(await sidesOf(set, 'gone'), ['=gone', 'absent']);
    assert.deepEqual(await sidesOf(set, 'mode'), ['=m\n', '=m\n']);
    const [before, after] = await sidesOf(set, 'renamed');
    assert.equal(before, after);
    assert.match(before ?? '', /^=line 0\n/);
    const binary = await set.content({ path: 'binary', status: 'added', additions: 0, deletions: 0 }, 'after');
    assert.deepEqual(binary.kind === 'bytes' && [...binary.bytes], [0, 255, 1]);
    const other = { path: 'kept', status: 'modified', additions: 0, deletions: 0 } as const;
    assert.equal(shown(await set.content(other, 'after')), 'absent', 'it is no change');
  });

  it('have the time of the fetch, if that is known', async () => {
    const fetched = new Date('2026-03-05T10:00:00Z');
    const set = await readGitChanges(git, BRANCHES, fetched);
    assert.ok(set instanceof GitChangeSet);
    assert.equal(set.changes.readAt, fetched);
  });

  it('are none of a branch that has nothing of its own', async () => {
    push('same', real.run(['rev-parse', 'refs/remotes/origin/main']).trim());
    assert.deepEqual((await read({ head: 'same' })).changes.files, []);
  });

  it('are unknown without a branch, or without a commit in common, and say why', async () => {
    assert.equal(await problem({ head: 'nowhere' }), 'The branch “nowhere” is not in the clone on this machine.');
    assert.equal(
      await problem({ base: 'nowhere' }),
      'The base branch “nowhere” is not in the clone on this machine: fetch it there.',
    );
    real.run(['checkout', '--quiet', '--orphan', 'orphan']);
    push('orphan', real.commit());
    assert.equal(await problem({ head: 'orphan' }), '“main” and “orphan” have no commit in common.');
    // Only the remote's branches count.
    real.run(['branch', '--force', 'local', 'HEAD']);
    assert.match(await problem({ head: 'local' }), /is not in the clone/);
  });

  it('are unknown in a shallow clone without their beginning, which says what helps', async () => {
    const shallow = path.join(path.dirname(real.root), 'shallow');
    real.run(['branch', '--force', 'main', 'refs/remotes/origin/main']);
    real.run(['branch', '--force', 'topic', 'refs/remotes/origin/topic']);
    real.run(['clone', '--quiet', '--depth=1', '--no-single-branch', `file://${real.root}`, shallow]);
    const changes = await readGitChanges(git.at(shallow), BRANCHES);
    assert.ok('problem' in changes);
    assert.match(changes.problem, /is shallow .*: run git fetch --unshallow\.$/);
    assert.equal(
      await defaultBranch(git.at(shallow), 'origin'),
      real.run(['branch', '--show-current']).trim() || 'main',
    );
  });

  it('are omitted where they are too large, or are not in the clone', async () => {
    real.run(['checkout', '--quiet', '--detach', 'refs/remotes/origin/main']);
    real.write('large', 'x'.repeat(MAX_FILE_BYTES + 1));
    real.write('lost', 'lost\n');
    push('large', real.commit());
    const set = await read({ head: 'large' });
    assert.deepEqual(await sidesOf(set, 'large'), ['absent', 'This file is too large to be shown here.']);
    const id = real.run(['rev-parse', ':lost']).trim();
    rmSync(path.join(real.root, '.git/objects', id.slice(0, 2), id.slice(2)));
    assert.deepEqual(await sidesOf(set, 'lost'), [
      ...['absent', 'The clone on this machine does not have this file: it is a partial one.'],
    ]);
    const unreadable = await readGitChanges(git, { ...BRANCHES, head: 'large' });
    assert.ok('problem' in unreadable);
    assert.match(unreadable.problem, /^Git could not compare the branches: .*unable to read/);
  });

  it('of a submodule are its commits', async () => {
    const id = '1'.repeat(40);
    real.run(['read-tree', 'refs/remotes/origin/main']);
    real.run(['update-index', '--add', '--cacheinfo', `160000,${id},sub`]);
    const tree = real.run(['write-tree']).trim();
    push('sub', real.run(['commit-tree', tree, '-p', 'refs/remotes/origin/main', '-m', 'Sub']).trim());
    assert.deepEqual(await sidesOf(await read({ head: 'sub' }), 'sub'), ['absent', `=Subproject commit ${id}\n`]);
  });

  it('have the default branch of the remote as the clone knows it', async () => {
    assert.equal(await defaultBranch(git, 'origin'), undefined);
    real.run(['symbolic-ref', 'refs/remotes/origin/HEAD', 'refs/remotes/origin/feature/main']);
    assert.equal(await defaultBranch(git, 'origin'), 'feature/main');
    assert.equal(await defaultBranch(git, 'other'), undefined);
  });

  it('of the agent’s machine find the files before in the clone', async () => {
    const files = baseFilesOf(git, { remote: 'origin', base: 'main', head: 'main' });
    const readText = async (...of: Parameters<typeof files.read>) => {
      const bytes = await files.read(...of);
      return bytes && Buffer.from(bytes).toString('utf8');
    };
    const id = real.run(['rev-parse', 'refs/remotes/origin/main:theirs']).trim();
    assert.equal(await readText('theirs', undefined), 'of others\n');
    assert.equal(await readText('whatever', id), 'of others\n');
    assert.equal(await readText('whatever', id.slice(0, 7)), 'of others\n');
    const commit = real.run(['rev-parse', 'refs/remotes/origin/main']).trim();
    for (const [name, blob] of [
      ['theirs', 'f'.repeat(40)],
      ['theirs', commit],
      ['theirs', '--help'],
      ['theirs', 'abc'],
      ['nowhere', undefined],
      ['../theirs', undefined],
      ['', undefined],
      ['a\0b', undefined],
      ['x'.repeat(3_000_000), undefined],
    ] as const) {
      assert.equal(await readText(name, blob), undefined, name.slice(0, 20));
    }
    const pushed = baseFilesOf(git, { remote: 'origin', base: 'main', head: 'topic' });
    assert.equal(Buffer.from((await pushed.read('kept', undefined)) ?? '').toString('utf8'), 'kept\n');
    assert.equal(await pushed.read('theirs', undefined), undefined, 'it was not there when the branch left the base');
    real.run(['checkout', '--quiet', '--detach', 'refs/remotes/origin/main']);
    real.write('kept', 'of others\n');
    push('later', real.commit());
    const moved = baseFilesOf(git, { remote: 'origin', base: 'later', head: 'topic' });
    assert.equal(await moved.read('kept', undefined), undefined, 'the base has changed it since');
    assert.equal(Buffer.from((await moved.read('mode', undefined)) ?? '').toString('utf8'), 'm\n');
    const unknown = baseFilesOf(git, { remote: 'origin', base: undefined, head: undefined });
    assert.equal(await unknown.read('theirs', undefined), undefined);
    assert.equal(Buffer.from((await unknown.read('theirs', id)) ?? '').toString('utf8'), 'of others\n');
  });
});

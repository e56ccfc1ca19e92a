import assert from 'node:assert/strict';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  statSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import fsPromises from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import path from 'node:path';
import { CloudSessionsError } from '../../../../src/core/errors/cloudSessionsError';
import { appliedChanges, undoChanges } from '../../../../src/git/apply/appliedChanges';
import { recordsFolder, recordsFolderOf } from '../../../../src/git/apply/applyRecords';
import { applyChanges, type ApplyResult } from '../../../../src/git/apply/applyChanges';
import { ObstacleError, type Obstacle } from '../../../../src/git/gitErrors';
import type { Change } from '../../../../src/git/apply/mergeChange';
import { skipWithoutGit, type Snapshot, TestRepository } from '../../../support/testRepository';

const BINARY = Buffer.from([0, 1, 2, 255, 254, 0, 10, 13]);
const LINES = Array.from({ length: 30 }, (_, index) => `line ${index}\n`);
const text = (changed: Readonly<Record<number, string>> = {}): string =>
  LINES.map((line, index) => changed[index] ?? line).join('');

describe('applying the changes of a session', () => {
  let repository: TestRepository;
  let base: string;
  let change: { base: string; head: string };

  skipWithoutGit();

  beforeEach(() => {
    repository = TestRepository.create();
    repository.commit({ 'long.txt': text(), 'old.txt': 'old\n', 'dir/a.txt': 'a\n', 'binary.bin': BINARY });
    base = 'main';
  });

  afterEach(() => repository.dispose());

  /** The agent's commit on the state of `main`. */
  const agent = (work: () => void): void => {
    repository.run('switch', '--quiet', '--detach', 'main');
    work();
    change = { base, head: repository.commit() };
    repository.fetched('copilot/x', change.head);
    repository.run('switch', '--quiet', 'main');
  };

  const changed = (before: Snapshot): string[] => {
    const after = repository.snapshot();
    return Object.keys({ ...before, ...after })
      .filter((key) => before[key] !== after[key] && key !== '(status)')
      .sort();
  };

  /** Applies it, expects these files to be as in that commit, and takes it back. */
  const expectApplied = async (files: string[], what: Change = change, isOld = false): Promise<ApplyResult> => {
    const before = repository.snapshot();
    const result = await applyChanges(repository.git, what, { isOld });
    assert.deepEqual({ files: result.files, conflicts: result.conflicts }, { files, conflicts: [] });
    assert.deepEqual(changed(before), [...files].sort());
    return result;
  };

  const expectUndone = async (before: Snapshot, { undo = '', files }: ApplyResult): Promise<void> => {
    assert.deepEqual(await undoChanges(repository.git, undo), files);
    assert.deepEqual(repository.snapshot(), before);
    assert.deepEqual(readdirSync(repository.path('.git/cloud-sessions')), []);
  };

  const failure = async (what: Change = change): Promise<CloudSessionsError> => {
    const before = repository.snapshot();
    const error: unknown = await applyChanges(repository.git, what).catch((thrown: unknown) => thrown);
    assert(error instanceof CloudSessionsError, String(error));
    assert.match(error.nextStep ?? '', /\w/);
    assert.deepEqual(repository.snapshot(), before);
    return error;
  };

  const expectRefused = async (obstacle: Obstacle, paths: string[], what: Change = change): Promise<void> => {
    const error = await failure(what);
    assert(error instanceof ObstacleError, error.message);
    assert.equal(error.obstacle, obstacle);
    assert.deepEqual(error.paths, paths);
    paths.forEach((file) => assert(error.message.includes(file)));
  };

  const everything = (): void => {
    repository.write('long.txt', text({ 3: 'of the agent\n' }));
    repository.write('binary.bin', Buffer.concat([BINARY, BINARY]));
    repository.run('mv', 'dir/a.txt', 'moved ä "b".txt');
    repository.remove('old.txt');
    repository.write('old.txt/now/a folder', 'no line end');
    repository.write('empty.txt', '');
    repository.write('tool.sh', '#!/bin/sh\n', 0o755);
    repository.link('link', 'long.txt');
  };
  const ALL = [
    ...['binary.bin', 'dir/a.txt', 'empty.txt', 'link', 'long.txt', 'moved ä "b".txt'],
    ...['old.txt', 'old.txt/now/a folder', 'tool.sh'],
  ];

  for (const [name, isOld] of [
    ['this Git', false],
    ['a Git before 2.38', true],
  ] as const) {
    describe(`with ${name}`, () => {
      it('applies files of all kinds, and takes them back', async () => {
        agent(everything);
        const before = repository.snapshot();
        const result = await expectApplied(ALL, change, isOld);
        const applied = repository.files();
        repository.run('switch', '--quiet', '--detach', '--force', change.head);
        assert.deepEqual(applied, repository.files());
        repository.run('switch', '--quiet', 'main');
        assert.deepEqual(repository.snapshot(), before);
        // The check-out has taken everything back: apply again for the undo.
        const again = await expectApplied(ALL, change, isOld);
        await undoChanges(repository.git, result.undo ?? '');
        assert.deepEqual(repository.snapshot(), before);
        await expectUndone(before, again);
      });

      it('merges with commits of the user', async () => {
        agent(() => repository.write('long.txt', text({ 3: 'of the agent\n' })));
        repository.commit({ 'long.txt': text({ 20: 'of the user\n' }), 'other.txt': 'other\n' });
        await expectApplied(['long.txt'], change, isOld);
        assert.equal(repository.read('long.txt'), text({ 3: 'of the agent\n', 20: 'of the user\n' }));
      });

      it('lists conflicts and changes nothing', async () => {
        agent(() => {
          repository.write('long.txt', text({ 3: 'of the agent\n' }));
          repository.write('ä b.bin', BINARY);
          repository.write('new.txt', 'new\n');
        });
        repository.commit({ 'long.txt': text({ 3: 'of the user\n' }), 'ä b.bin': Buffer.concat([BINARY, BINARY]) });
        const before = repository.snapshot();
        const result = await applyChanges(repository.git, change, { isOld });
        assert.deepEqual(result, { files: [], conflicts: ['long.txt', 'ä b.bin'] });
        assert.deepEqual(repository.snapshot(), before);
        assert.deepEqual(readdirSync(repository.path('.git/cloud-sessions')), []);
      });

      it('lists a file that the user has deleted', async () => {
        agent(() => repository.write('old.txt', 'of the agent\n'));
        repository.remove('old.txt');
        repository.commit();
        assert.deepEqual((await applyChanges(repository.git, change, { isOld })).conflicts, ['old.txt']);
      });

      it('does nothing where the change is here already', async () => {
        agent(() => repository.write('new.txt', 'new\n'));
        repository.commit({ 'new.txt': 'new\n' }, 'The same by the user');
        assert.deepEqual(await applyChanges(repository.git, change, { isOld }), { files: [], conflicts: [] });
      });
    });
  }

  it('takes the change since the merge base, not what has happened on the base since', async () => {
    agent(() => repository.write('new.txt', 'new\n'));
    repository.run('branch', 'user');
    repository.commit({ 'later.txt': 'later\n' });
    repository.run('switch', '--quiet', 'user');
    await expectApplied(['new.txt']);
  });

  it('follows renames of the user', async () => {
    agent(() => repository.write('long.txt', text({ 3: 'of the agent\n' })));
    repository.run('mv', 'long.txt', 'renamed.txt');
    repository.commit();
    await expectApplied(['renamed.txt']);
  });

  it('replaces links by folders and folders by links, whatever the links lead to', async () => {
    const outside = path.join(repository.around, 'outside');
    mkdirSync(outside);
    repository.link('out', outside);
    repository.commit();
    agent(() => {
      repository.remove('out');
      repository.write('out/a.txt', 'a\n');
      repository.remove('dir');
      repository.link('dir', outside);
    });
    writeFileSync(path.join(outside, 'a.txt'), 'of somebody else\n');
    const before = repository.snapshot();
    const result = await expectApplied(['dir', 'dir/a.txt', 'out', 'out/a.txt']);
    await expectUndone(before, result);
    assert.deepEqual(readdirSync(outside), ['a.txt']);
  });

  it('leaves all other work as it is: staged, unstaged, untracked and ignored', async () => {
    agent(() => {
      repository.write('long.txt', text({ 3: 'of the agent\n' }));
      repository.write('dir/new.txt', 'new\n');
    });
    repository.write('.git/info/exclude', '*.log\n');
    repository.write('old.txt', 'staged\n');
    repository.write('added.txt', 'added\n');
    repository.run('add', '.');
    repository.run('rm', '--quiet', '--cached', 'binary.bin');
    repository.write('old.txt', 'unstaged\n');
    repository.write('dir/a.txt', 'unstaged\n');
    repository.write('dir/debug.log', 'ignored\n');
    repository.write('later.txt', 'later\n');
    repository.run('add', '--intent-to-add', 'later.txt');
    const before = repository.snapshot();
    const result = await expectApplied(['dir/new.txt', 'long.txt']);
    await expectUndone(before, result);
  });

  it('works in a linked worktree and on a detached HEAD', async () => {
    agent(everything);
    const worktree = repository.at(path.join(repository.around, 'linked'));
    repository.run('worktree', 'add', '--quiet', '--detach', worktree.root, 'main');
    const before = worktree.snapshot();
    const { undo = '' } = await applyChanges(worktree.git, change);
    assert.equal(worktree.read('long.txt'), text({ 3: 'of the agent\n' }));
    await undoChanges(worktree.git, undo);
    assert.deepEqual(worktree.snapshot(), before);
  });

  it('writes files as a check-out would: line ends, attributes, filters', async () => {
    repository.run('config', 'filter.shout.clean', 'tr A-Z a-z');
    repository.run('config', 'filter.shout.smudge', 'tr a-z A-Z');
    agent(() => {
      repository.write('.gitattributes', 'crlf.txt eol=crlf\n*.loud filter=shout\n');
      repository.write('crlf.txt', 'one\r\ntwo\r\n');
      repository.write('a.loud', 'HELLO\n');
    });
    repository.run('config', 'core.autocrlf', 'true');
    await expectApplied(['.gitattributes', 'a.loud', 'crlf.txt']);
    assert.equal(repository.read('crlf.txt') + repository.read('a.loud'), 'one\r\ntwo\r\nHELLO\r\n');
    assert.equal(repository.read('.gitattributes').includes('\r\n'), true);
  });

  it('takes back bytes and modes that a check-out would not have written', async () => {
    repository.run('config', 'core.autocrlf', 'true');
    agent(() => repository.write('long.txt', text({ 3: 'of the agent\n' })));
    repository.write('long.txt', text());
    chmodSync(repository.path('long.txt'), 0o640);
    repository.run('add', 'long.txt');
    const before = repository.snapshot();
    const result = await expectApplied(['long.txt']);
    assert.equal(repository.read('long.txt').includes('\r\n'), true);
    await expectUndone(before, result);
    assert.equal(statSync(repository.path('long.txt')).mode & 0o777, 0o640);
  });

  describe('is refused before anything is changed', () => {
    beforeEach(() => agent(everything));

    it('with unstaged, staged or deleted files that are concerned', async () => {
      repository.write('long.txt', text({ 29: 'of the user\n' }));
      repository.remove('dir/a.txt');
      repository.write('tool.sh', 'mine');
      repository.run('add', 'tool.sh');
      await expectRefused('uncommitted', ['dir/a.txt', 'long.txt', 'tool.sh']);
    });

    it('with untracked and ignored files, folders and links in the way', async () => {
      repository.write('.git/info/exclude', 'link\n');
      repository.write('empty.txt', 'mine');
      repository.write('link/mine', 'mine');
      await expectRefused('uncommitted', ['empty.txt', 'link/mine']);
    });

    it('where a folder was replaced by a link that leads out of the working tree', async () => {
      const outside = path.join(repository.around, 'outside');
      mkdirSync(outside);
      repository.run('switch', '--quiet', '--detach');
      repository.write('new/x.txt', 'x');
      change = { base, head: repository.commit() };
      repository.run('switch', '--quiet', 'main');
      symlinkSync(outside, repository.path('new'));
      await expectRefused('uncommitted', ['new']);
      assert.deepEqual(readdirSync(outside), []);
    });

    it('with edits that Git was told not to look at', async () => {
      repository.run('update-index', '--assume-unchanged', 'long.txt');
      repository.write('long.txt', 'mine');
      await expectRefused('uncommitted', ['long.txt']);
    });

    it('for files outside of a sparse checkout', async () => {
      repository.run('sparse-checkout', 'set', '--no-cone', '/*', '!/dir/');
      await expectRefused('partial', ['dir/a.txt']);
    });

    it('during a merge', async () => {
      repository.write('.git/MERGE_HEAD', `${repository.run('rev-parse', 'main')}\n`);
      await expectRefused('unfinished', []);
    });

    it('while another Git works', async () => {
      repository.write('.git/index.lock', '');
      await expectRefused('locked', []);
    });

    it('on a branch without a commit', async () => {
      repository.run('switch', '--quiet', '--orphan', 'empty');
      await expectRefused('unborn', []);
    });

    it('for submodules', async () => {
      repository.run('switch', '--quiet', '--detach');
      repository.run('update-index', '--add', '--cacheinfo', `160000,${repository.run('rev-parse', 'main')},lib`);
      repository.run('commit', '--quiet', '--message', 'lib');
      change = { base, head: repository.run('rev-parse', 'HEAD') };
      repository.run('switch', '--quiet', 'main');
      await expectRefused('partial', ['lib']);
    });

    it('where a file cannot be written by its filter', async () => {
      repository.run('config', 'filter.broken.smudge', 'false');
      repository.run('config', 'filter.broken.required', 'true');
      repository.write('.git/info/attributes', 'tool.sh filter=broken\n');
      assert.match((await failure()).message, /tool\.sh/);
      assert.deepEqual(readdirSync(repository.path('.git/cloud-sessions')), []);
    });

    it('for commits that are not here, or have nothing in common', async () => {
      assert.equal((await failure({ base, head: 'f'.repeat(40) })).code, 'branch-not-found');
      assert.equal((await failure({ base: '--all', head: base })).code, 'branch-not-found');
      const alone = repository.run('commit-tree', '-m', 'alone', 'main^{tree}');
      assert.match((await failure({ base, head: alone })).message, /no commit in common/);
    });
  });

  describe('from a patch', () => {
    const diff = (): string => `${repository.run('diff', '--binary', base, change.head)}\n`;

    it('applies files of all kinds', async () => {
      agent(everything);
      const before = repository.snapshot();
      const result = await expectApplied(ALL, { patch: diff() });
      await expectUndone(before, result);
    });

    it('merges three-way where the patch names objects that are here', async () => {
      agent(() => repository.write('long.txt', text({ 3: 'of the agent\n' })));
      const patch = diff();
      repository.commit({ 'long.txt': text({ 1: 'of the user\n', 20: 'of the user\n' }) });
      const { conflicts } = await applyChanges(repository.git, { patch: patch.replace(/^index .*\n/m, '') });
      assert.deepEqual(conflicts, ['long.txt']);
      await expectApplied(['long.txt'], { patch });
    });

    it('goes by the lines of the patch where it names none', async () => {
      agent(() => repository.write('long.txt', text({ 3: 'of the agent\n' })));
      const patch = diff().replace(/^index .*\n/m, '');
      repository.commit({ 'long.txt': text({ 20: 'of the user\n' }) });
      await expectApplied(['long.txt'], { patch });
      assert.equal(repository.read('long.txt'), text({ 3: 'of the agent\n', 20: 'of the user\n' }));
    });

    it('lists the files to which it does not apply', async () => {
      agent(() => {
        repository.write('long.txt', text({ 3: 'of the agent\n' }));
        repository.write('ä ö.txt', 'new\n');
        repository.write('old.txt', 'new\n');
      });
      const patch = diff().replaceAll(/^index .*\n/gm, '');
      repository.remove('old.txt');
      repository.commit({ 'long.txt': text({ 3: 'of the user\n' }), 'ä ö.txt': 'mine\n' });
      const before = repository.snapshot();
      const { conflicts } = await applyChanges(repository.git, { patch });
      assert.deepEqual(conflicts, ['long.txt', 'old.txt', 'ä ö.txt']);
      assert.deepEqual(repository.snapshot(), before);
    });

    it('keeps white space that the user’s configuration would correct', async () => {
      repository.run('config', 'apply.whitespace', 'fix');
      agent(() => repository.write('new.txt', 'blanks  \n'));
      await expectApplied(['new.txt'], { patch: diff() });
      assert.equal(repository.read('new.txt'), 'blanks  \n');
    });

    it('merges new files that are here already, and does not bring back what the user has deleted', async () => {
      agent(() => {
        repository.write('new.txt', 'new\n');
        repository.write('same.txt', 'same\n');
        repository.write('long.txt', text({ 3: 'of the agent\n' }));
      });
      const patch = diff();
      repository.commit({ 'new.txt': 'new\n', 'same.txt': 'same\n' });
      repository.remove('same.txt');
      await expectApplied(['long.txt'], { patch });
      assert.equal(repository.has('same.txt'), false);
    });

    it('does nothing for an empty one', async () => {
      assert.deepEqual(await applyChanges(repository.git, { patch: '' }), { files: [], conflicts: [] });
    });

    for (const [what, file] of [
      ['the folder above', '../outside.txt'],
      ['the git folder', '.git/hooks/post-checkout'],
    ] as const) {
      it(`never writes into ${what}`, async () => {
        const patch = `diff --git a/${file} b/${file}\nnew file mode 100755\n--- /dev/null\n+++ b/${file}\n@@ -0,0 +1 @@\n+echo\n`;
        assert.equal((await failure({ patch })).code, 'invalid-argument');
        assert.equal(existsSync(repository.path(file)), false);
      });
    }

    it('never writes through a link, not even one of its own', async () => {
      const patch = [
        'diff --git a/out b/out\nnew file mode 120000\n--- /dev/null\n+++ b/out\n@@ -0,0 +1 @@\n+..\n\\ No newline at end of file\n',
        'diff --git a/out/x b/out/x\nnew file mode 100644\n--- /dev/null\n+++ b/out/x\n@@ -0,0 +1 @@\n+x\n',
      ].join('');
      const before = repository.snapshot();
      assert.deepEqual((await applyChanges(repository.git, { patch })).conflicts, ['out/x']);
      assert.deepEqual(repository.snapshot(), before);
      assert.equal(existsSync(path.join(repository.around, 'x')), false);
    });

    it('says what is wrong with text that is none', async () => {
      assert.equal((await failure({ patch: 'hello\n' })).code, 'invalid-argument');
    });
  });

  describe('undo', () => {
    let before: Snapshot;
    let undo: string;

    beforeEach(async () => {
      agent(everything);
      before = repository.snapshot();
      undo = (await applyChanges(repository.git, change)).undo ?? '';
    });

    const expectKept = async (paths: string[]): Promise<void> => {
      const now = repository.snapshot();
      const error: unknown = await undoChanges(repository.git, undo).catch((thrown: unknown) => thrown);
      assert(error instanceof ObstacleError, String(error));
      assert.equal(error.obstacle, 'edited');
      assert.deepEqual(error.paths, paths);
      assert.deepEqual(repository.snapshot(), now);
    };

    it('is refused as a whole for files that were edited or replaced since', async () => {
      repository.write('long.txt', 'mine');
      chmodSync(repository.path('tool.sh'), 0o644);
      repository.remove('link');
      repository.link('link', 'old.txt');
      await expectKept(['link', 'long.txt', 'tool.sh']);
    });

    it('is refused where new files are in the way', async () => {
      repository.write('dir/a.txt', 'mine');
      repository.write('old.txt/mine', 'mine');
      await expectKept(['dir/a.txt', 'old.txt/mine']);
    });

    it('does not write through a link in the place of a folder', async () => {
      symlinkSync(repository.around, repository.path('dir'));
      await expectKept(['dir', 'dir/a.txt']);
      unlinkSync(repository.path('dir'));
      await undoChanges(repository.git, undo);
      assert.deepEqual(repository.snapshot(), before);
    });

    it('leaves files alone that are as before already', async () => {
      repository.write('long.txt', text());
      await undoChanges(repository.git, undo);
      assert.deepEqual(repository.snapshot(), before);
    });

    it('is known until it was done, and says so afterwards', async () => {
      assert.deepEqual(
        (await appliedChanges(repository.git)).map(({ id, state }) => ({ id, state })),
        [{ id: undo, state: 'applied' }],
      );
      await undoChanges(repository.git, undo);
      assert.deepEqual(await appliedChanges(repository.git), []);
      await assert.rejects(undoChanges(repository.git, undo), { code: 'invalid-argument' });
      await assert.rejects(undoChanges(repository.git, '../../..'), { code: 'invalid-argument' });
    });

    it('finds its record without Git, also in another working tree', async () => {
      repository.run('worktree', 'add', '--quiet', '--detach', '../other', 'main');
      const other = repository.at(path.join(repository.around, 'other'));
      for (const tree of [repository, other]) {
        assert.equal(await recordsFolderOf(tree.root), await recordsFolder(tree.git));
      }
      assert.equal(await recordsFolderOf(repository.around), undefined);
      const { undo: id = '' } = await applyChanges(other.git, change);
      assert.deepEqual(readdirSync((await recordsFolderOf(other.root)) ?? ''), [id]);
    });

    it('does nothing with a record that is damaged', async () => {
      const file = repository.path(`.git/cloud-sessions/${undo}/record.json`);
      for (const damage of ['', '{}', '{"files":[]}', '{"files":[{"path":"long.txt"},{}]}']) {
        writeFileSync(file, damage);
        const now = repository.snapshot();
        await assert.rejects(undoChanges(repository.git, undo), { code: 'invalid-argument' });
        assert.deepEqual(await appliedChanges(repository.git), []);
        assert.deepEqual(repository.snapshot(), now);
      }
    });

    it('is kept for the last five', async () => {
      for (let count = 0; count < 7; count++) {
        repository.write(`${count}.txt`, 'x');
        repository.run('add', `${count}.txt`);
        const patch = `${repository.run('diff', '--cached')}\n`;
        repository.run('rm', '--quiet', '--force', `${count}.txt`);
        await applyChanges(repository.git, { patch });
      }
      assert.equal((await appliedChanges(repository.git)).length, 5);
    });
  });

  describe('a disk that fails', () => {
    const { rename } = fsPromises;
    /** Lets every move into the working tree from that one on fail, as many as said. */
    const failFrom = (first: number, times: number): void => {
      let count = 0;
      fsPromises.rename = async (from, to) => {
        const isOurs = String(to).startsWith(repository.root) && !String(to).includes('/.git/');
        count += isOurs ? 1 : 0;
        if (isOurs && count >= first && count < first + times) {
          throw Object.assign(new Error('ENOSPC: no space left on device'), { code: 'ENOSPC' });
        }
        await rename(from, to);
      };
      syncBuiltinESMExports();
    };
    const repair = (): void => {
      fsPromises.rename = rename;
      syncBuiltinESMExports();
    };

    beforeEach(() => agent(everything));
    afterEach(repair);

    for (const first of [1, 2, 3, 5, 7]) {
      it(`at the move number ${first} changes nothing in the end`, async () => {
        failFrom(first, 1);
        const error = await failure();
        assert.match(error.message, /ENOSPC/);
        assert.deepEqual(readdirSync(repository.path('.git/cloud-sessions')), []);
      });

      it(`from the move number ${first} on, or a crash there, leaves what can be undone later`, async () => {
        const before = repository.snapshot();
        failFrom(first, Infinity);
        await assert.rejects(applyChanges(repository.git, change), { code: 'request-failed' });
        repair();
        const [left] = await appliedChanges(repository.git);
        assert.equal(left?.state, 'partial');
        await assert.rejects(applyChanges(repository.git, change), { obstacle: 'unfinished' });
        await undoChanges(repository.git, left.id);
        assert.deepEqual(repository.snapshot(), before);
        assert.deepEqual((await applyChanges(repository.git, change)).files, ALL);
      });
    }

    it('is no trouble where the git folder is on another file system', async () => {
      fsPromises.rename = async (from, to) => {
        if (path.dirname(String(from)) !== path.dirname(String(to)) && String(from).includes('/cloud-sessions/')) {
          throw Object.assign(new Error('EXDEV: cross-device link not permitted'), { code: 'EXDEV' });
        }
        await rename(from, to);
      };
      syncBuiltinESMExports();
      const before = repository.snapshot();
      await expectUndone(before, await expectApplied(ALL));
    });
  });
});

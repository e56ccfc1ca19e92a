import assert from 'node:assert/strict';
import { chmodSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { CloudSessionsError } from '../../../src/core/errors/cloudSessionsError';
import { checkOut } from '../../../src/git/checkOut';
import { Git } from '../../../src/git/git';
import { ObstacleError, type Obstacle } from '../../../src/git/gitErrors';
import { skipWithoutGit, TestRepository } from '../../support/testRepository';

const BRANCH = 'copilot/add-ships';
const REMOTE = { remote: 'origin', branch: BRANCH };

describe('checking out the branch of a session', function () {
  let repository: TestRepository;
  let base: string;
  let target: string;

  skipWithoutGit();

  beforeEach(() => {
    repository = TestRepository.create();
    base = repository.commit({ 'README.md': 'Harbor\n', 'src/ships.ts': 'ships\n', 'old.txt': 'old\n' });
    repository.run('switch', '--quiet', '--detach');
    repository.remove('old.txt');
    target = repository.commit({ 'README.md': 'Harbor of ships\n', 'src/new.ts': 'new\n' });
    repository.fetched('main', base);
    repository.fetched(BRANCH, target);
    repository.run('switch', '--quiet', 'main');
  });

  afterEach(() => repository.dispose());

  const expectCheckedOut = async (): Promise<void> => {
    assert.deepEqual(await checkOut(repository.git, REMOTE), { branch: BRANCH, folder: repository.root });
    assert.equal(repository.run('symbolic-ref', 'HEAD'), `refs/heads/${BRANCH}`);
    assert.equal(repository.run('rev-parse', 'HEAD'), target);
    assert.equal(repository.run('config', `branch.${BRANCH}.remote`), 'origin');
    assert.equal(repository.run('config', `branch.${BRANCH}.merge`), `refs/heads/${BRANCH}`);
    assert.equal(repository.read('README.md'), 'Harbor of ships\n');
    assert.equal(repository.has('old.txt'), false);
  };

  const expectRefused = async (obstacle: Obstacle, text: RegExp, paths: string[] = []): Promise<ObstacleError> => {
    const before = repository.snapshot();
    const error: unknown = await checkOut(repository.git, REMOTE).catch((thrown: unknown) => thrown);
    assert(error instanceof ObstacleError, String(error));
    assert.equal(error.obstacle, obstacle);
    assert.match(error.message, text);
    assert.match(error.nextStep ?? '', /\w/);
    assert.deepEqual(error.paths, paths);
    assert.deepEqual(repository.snapshot(), before);
    return error;
  };

  const expectFailure = async (code: CloudSessionsError['code'], text: RegExp): Promise<void> => {
    const before = repository.snapshot();
    const error: unknown = await checkOut(repository.git, REMOTE).catch((thrown: unknown) => thrown);
    assert(error instanceof CloudSessionsError, String(error));
    assert.equal(error.code, code);
    assert.match(error.message, text);
    assert.match(error.nextStep ?? '', /\w/);
    assert.deepEqual(repository.snapshot(), before);
  };

  it('is refused over edits that are not saved, in files that differ between the two commits', async () => {
    const before = repository.snapshot();
    const unsaved = ['src/ships.ts', 'src/new.ts', 'old.txt', 'README.md'];
    await assert.rejects(
      checkOut(repository.git, REMOTE, () => Promise.resolve(unsaved)),
      {
        obstacle: 'unsaved',
        paths: ['src/new.ts', 'old.txt', 'README.md'],
        message: /src\/new\.ts, old\.txt, README\.md/,
      },
    );
    assert.deepEqual(repository.snapshot(), before);
    const done = await checkOut(repository.git, REMOTE, () => Promise.resolve(['src/ships.ts', 'notes.txt']));
    assert.equal(done.branch, BRANCH);
  });

  describe('succeeds', () => {
    it('with a new local branch that tracks it', expectCheckedOut);

    it('with untracked and ignored files that are not in the way', async () => {
      repository.write('.git/info/exclude', '*.log\n');
      repository.write('notes.txt', 'mine');
      repository.write('src/debug.log', 'mine');
      await expectCheckedOut();
      assert.equal(repository.read('notes.txt') + repository.read('src/debug.log'), 'minemine');
    });

    it('with a local branch that is behind', async () => {
      repository.run('branch', '--track', BRANCH, `origin/${BRANCH}`);
      repository.run('branch', '--force', BRANCH, base);
      await expectCheckedOut();
    });

    it('with the current branch that is behind', async () => {
      repository.run('switch', '--quiet', '--track', `origin/${BRANCH}`);
      repository.run('reset', '--quiet', '--hard', base);
      await expectCheckedOut();
    });

    it('with a local branch of the same commit, whatever it tracks', async () => {
      repository.run('branch', '--no-track', BRANCH, target);
      assert.deepEqual(await checkOut(repository.git, REMOTE), { branch: BRANCH, folder: repository.root });
      assert.equal(repository.run('symbolic-ref', 'HEAD'), `refs/heads/${BRANCH}`);
    });

    it('at once where it is checked out already, also with uncommitted work', async () => {
      repository.run('switch', '--quiet', '--track', `origin/${BRANCH}`);
      repository.write('README.md', 'mine');
      const before = repository.snapshot();
      assert.deepEqual(await checkOut(repository.git, REMOTE), { branch: BRANCH, folder: repository.root });
      assert.deepEqual(repository.snapshot(), before);
    });

    it('in the clone of a single branch', async () => {
      repository.run('config', 'remote.origin.fetch', '+refs/heads/main:refs/remotes/origin/main');
      await expectCheckedOut();
    });

    it('from a detached HEAD whose commits are on a branch', async () => {
      repository.run('switch', '--quiet', '--detach', 'main');
      await expectCheckedOut();
    });

    it('although a tag and a file have the name of the branch', async () => {
      repository.run('tag', BRANCH, base);
      repository.write(BRANCH, 'mine');
      await expectCheckedOut();
    });

    it('in a sparse checkout, which stays one', async () => {
      repository.run('sparse-checkout', 'set', '--no-cone', '/*', '!/src/');
      assert.equal(repository.has('src/ships.ts'), false);
      await expectCheckedOut();
      assert.equal(repository.has('src/new.ts'), false);
    });

    it('with the warning of a hook that fails afterwards', async () => {
      repository.write('.git/hooks/post-checkout', '#!/bin/sh\necho "fatal: no luck" >&2\nexit 3\n', 0o755);
      const { warning, ...rest } = await checkOut(repository.git, REMOTE);
      assert.deepEqual(rest, { branch: BRANCH, folder: repository.root });
      assert.match(warning ?? '', /hook failed: fatal: no luck/);
      assert.equal(repository.run('rev-parse', 'HEAD'), target);
    });
  });

  describe('is refused before anything is changed', () => {
    it('with unstaged changes', async () => {
      repository.write('src/ships.ts', 'mine');
      const error = await expectRefused('uncommitted', /src\/ships\.ts/, ['src/ships.ts']);
      assert.equal(error.worktreeHelps, true);
    });

    it('with staged, added, renamed and deleted files', async () => {
      repository.write('added ü.txt', 'mine');
      repository.run('add', '.');
      repository.run('mv', 'old.txt', 'renamed.txt');
      repository.remove('README.md');
      await expectRefused('uncommitted', /README/, ['README.md', 'added ü.txt', 'old.txt', 'renamed.txt']);
    });

    it('with untracked files in the way', async () => {
      repository.write('src/new.ts', 'mine');
      await expectRefused('uncommitted', /src\/new\.ts/, ['src/new.ts']);
    });

    it('with ignored files in the way', async () => {
      repository.write('.git/info/exclude', 'new.ts\n');
      repository.write('src/new.ts', 'mine');
      await expectRefused('uncommitted', /src\/new\.ts/, ['src/new.ts']);
    });

    it('with files in a folder whose place is taken by a file, and the other way round', async () => {
      repository.run('switch', '--quiet', '--detach', target);
      repository.fetched(BRANCH, repository.commit({ build: 'a file', 'out/x': 'x' }));
      repository.run('switch', '--quiet', 'main');
      repository.write('build/mine', 'mine');
      repository.link('out', 'src');
      await expectRefused('uncommitted', /build\/mine, out/, ['build/mine', 'out']);
    });

    it('with changes that Git was told not to look at', async () => {
      repository.run('update-index', '--assume-unchanged', 'README.md');
      repository.run('update-index', '--skip-worktree', 'old.txt');
      repository.write('README.md', 'mine');
      repository.write('old.txt', 'mine');
      await expectRefused('uncommitted', /README/, ['README.md', 'old.txt']);
    });

    for (const [what, begin] of [
      ['merge', () => repository.attempt('merge', 'other')],
      ['rebase', () => repository.attempt('rebase', 'other')],
      ['cherry-pick', () => repository.attempt('cherry-pick', 'other')],
      ['revert', () => repository.attempt('revert', '--no-commit', 'HEAD')],
      ['bisect', () => repository.attempt('bisect', 'start')],
    ] as const) {
      it(`during a ${what}`, async () => {
        repository.run('switch', '--quiet', '--create', 'other');
        repository.commit({ 'src/ships.ts': 'others\n' });
        repository.run('switch', '--quiet', 'main');
        repository.commit({ 'src/ships.ts': 'mine\n' });
        begin();
        await expectRefused('unfinished', new RegExp(`git ${what}`));
      });
    }

    it('on a branch without a commit', async () => {
      repository.run('switch', '--quiet', '--orphan', 'empty');
      await expectRefused('unborn', /no commit/);
    });

    it('while another Git works', async () => {
      repository.write('.git/index.lock', '');
      await expectRefused('locked', /index\.lock/);
    });

    it('from a detached HEAD with a commit that is on no branch', async () => {
      repository.run('switch', '--quiet', '--detach');
      const own = repository.commit({ 'own.txt': 'own' });
      await expectRefused('on-no-branch', new RegExp(own.slice(0, 10)));
    });

    it('where the local branch is ahead', async () => {
      repository.run('switch', '--quiet', '--track', `origin/${BRANCH}`);
      repository.commit({ 'own.txt': 'own' });
      repository.run('switch', '--quiet', 'main');
      const error = await expectRefused('local-branch', /commits of its own/);
      assert.equal(error.worktreeHelps, true);
    });

    it('where the local branch has diverged', async () => {
      repository.run('switch', '--quiet', '--track', `origin/${BRANCH}`);
      repository.run('reset', '--quiet', '--hard', base);
      repository.commit({ 'own.txt': 'own' });
      await expectRefused('local-branch', /commits of its own/);
    });

    it('where a local branch of that name tracks nothing, or something else', async () => {
      repository.run('branch', '--no-track', BRANCH, base);
      await expectRefused('local-branch', /does not follow/);
      repository.run('branch', '--quiet', '--set-upstream-to=origin/main', BRANCH);
      await expectRefused('local-branch', /does not follow/);
    });

    it('where another worktree has the branch, which is named', async () => {
      const folder = path.join(repository.around, 'elsewhere');
      repository.run('worktree', 'add', '--quiet', '--track', '-b', BRANCH, folder, `origin/${BRANCH}`);
      const error = await expectRefused('elsewhere', /elsewhere/);
      assert.equal(error.folder, folder);
      assert.equal(error.worktreeHelps, false);
    });

    it('where the other worktree is gone', async () => {
      const folder = path.join(repository.around, 'elsewhere');
      repository.run('worktree', 'add', '--quiet', '--track', '-b', BRANCH, folder, `origin/${BRANCH}`);
      rmSync(folder, { recursive: true });
      const error = await expectRefused('elsewhere', /elsewhere/);
      assert.equal(error.folder, undefined);
      assert.match(error.nextStep ?? '', /git worktree prune/);
    });

    it('with changes in a submodule', async () => {
      const library = TestRepository.create('library');
      try {
        library.commit({ 'lib.txt': 'lib\n' });
        repository.run('-c', 'protocol.file.allow=always', 'submodule', '--quiet', 'add', library.root, 'lib');
        repository.commit();
        repository.write('lib/mine.txt', 'untracked');
        repository.write('lib/lib.txt', 'mine');
        await expectRefused('uncommitted', /lib/, ['lib']);
      } finally {
        library.dispose();
      }
    });

    it('in a bare repository', async () => {
      const bare = repository.at(path.join(repository.around, 'bare.git'));
      repository.run('clone', '--quiet', '--bare', repository.root, bare.root);
      bare.fetched(BRANCH, target);
      await assert.rejects(checkOut(bare.git, REMOTE), { code: 'not-supported', message: /not a working tree/ });
    });

    it('where the branch was not fetched, or has no name that a branch can have', async () => {
      repository.run('update-ref', '-d', `refs/remotes/origin/${BRANCH}`);
      await expectFailure('branch-not-found', /copilot\/add-ships/);
      await assert.rejects(checkOut(repository.git, { remote: 'origin', branch: '--force' }), {
        code: 'invalid-argument',
      });
    });

    it('where a branch has the name of its folder', async () => {
      repository.run('branch', 'copilot');
      await expectFailure('request-failed', /refs\/heads\/copilot/);
    });

    it('by a hook that refuses the branch', async () => {
      repository.write('.git/hooks/reference-transaction', '#!/bin/sh\n[ "$1" != prepared ]\n', 0o755);
      await expectFailure('request-failed', /hook/);
    });
  });

  describe('takes back what it had done', () => {
    const failOn = (file: string): void => {
      repository.run('config', 'filter.broken.smudge', 'false');
      repository.run('config', 'filter.broken.required', 'true');
      repository.write('.git/info/attributes', `${file} filter=broken\n`);
    };

    it('when a file cannot be written', async () => {
      repository.write('notes.txt', 'mine');
      failOn('src/new.ts');
      await expectFailure('request-failed', /src\/new\.ts/);
      assert.equal(repository.attempt('rev-parse', '--verify', BRANCH) === 0, false);
    });

    it('when a file of the current branch cannot be written', async () => {
      repository.run('switch', '--quiet', '--track', `origin/${BRANCH}`);
      repository.run('reset', '--quiet', '--hard', base);
      failOn('src/new.ts');
      await expectFailure('request-failed', /src\/new\.ts/);
    });

    it('when only HEAD cannot be written', async () => {
      repository.write('.git/HEAD.lock', '');
      await expectFailure('request-failed', /HEAD\.lock exists/);
    });

    it('when there is no permission to write', async function () {
      if (process.getuid?.() === 0) {
        this.skip();
      }
      chmodSync(repository.path('src'), 0o555);
      try {
        await expectFailure('request-failed', /./);
      } finally {
        chmodSync(repository.path('src'), 0o755);
      }
    });
  });

  it('says so if Git cannot be started', async () => {
    const command = path.join(repository.around, 'git');
    writeFileSync(command, '#!/nonexistent\n', { mode: 0o755 });
    const git = Git.open(repository.root, { command, strangers: [] });
    assert(git);
    await assert.rejects(checkOut(git, REMOTE), { code: 'request-failed', message: 'Git could not be run.' });
  });
});

import assert from 'node:assert/strict';
import { existsSync, mkdirSync, realpathSync, rmSync } from 'node:fs';
import path from 'node:path';
import { addWorktree } from '../../../src/git/addWorktree';
import { checkOut } from '../../../src/git/checkOut';
import { skipWithoutGit, TestRepository } from '../../support/testRepository';

const BRANCH = 'copilot/add-ships';
const REMOTE = { remote: 'origin', branch: BRANCH };

describe('a new worktree for the branch of a session', () => {
  let repository: TestRepository;
  let base: string;
  let target: string;
  let expected: string;

  skipWithoutGit();

  beforeEach(() => {
    repository = TestRepository.create();
    base = repository.commit({ 'README.md': 'Harbor\n' });
    repository.run('switch', '--quiet', '--detach');
    target = repository.commit({ 'README.md': 'Harbor of ships\n', 'new.txt': 'new\n' });
    repository.fetched(BRANCH, target);
    repository.run('switch', '--quiet', 'main');
    expected = path.join(repository.around, 'harbor-copilot-add-ships');
  });

  afterEach(() => repository.dispose());

  const expectWorktree = async (
    branch = BRANCH,
    folder = expected,
    from: TestRepository = repository,
  ): Promise<TestRepository> => {
    assert.deepEqual(await addWorktree(from.git, REMOTE), { branch, folder });
    const worktree = repository.at(folder);
    assert.equal(worktree.run('symbolic-ref', 'HEAD'), `refs/heads/${branch}`);
    assert.equal(worktree.run('rev-parse', 'HEAD'), target);
    assert.equal(worktree.run('status', '--porcelain'), '');
    assert.equal(worktree.run('config', `branch.${branch}.merge`), `refs/heads/${BRANCH}`);
    assert.equal(worktree.read('README.md'), 'Harbor of ships\n');
    return worktree;
  };

  it('is beside the repository, whose files and index stay as they are', async () => {
    repository.write('README.md', 'staged');
    repository.run('add', '.');
    repository.write('README.md', 'mine');
    repository.write('harbor.txt', 'untracked');
    const before = repository.snapshot();
    await expectWorktree();
    const after = repository.snapshot();
    for (const key of ['(HEAD)', '(index)', '(status)', 'README.md', 'harbor.txt']) {
      assert.equal(after[key], before[key], key);
    }
  });

  it('is the one that there is already', async () => {
    const worktree = await expectWorktree();
    worktree.write('README.md', 'mine');
    assert.deepEqual(await addWorktree(repository.git, REMOTE), { branch: BRANCH, folder: expected });
    assert.deepEqual(await addWorktree(worktree.git, REMOTE), { branch: BRANCH, folder: expected });
    assert.equal(worktree.read('README.md'), 'mine');
  });

  it('is this folder if it has the branch', async () => {
    await checkOut(repository.git, REMOTE);
    assert.deepEqual(await addWorktree(repository.git, REMOTE), { branch: BRANCH, folder: repository.root });
  });

  it('is not in a folder that exists, even if it is empty', async () => {
    mkdirSync(expected);
    await expectWorktree(BRANCH, `${expected}-2`);
  });

  it('is beside the main one, seen from another worktree', async () => {
    const other = repository.at(path.join(repository.around, 'deep', 'other'));
    repository.run('worktree', 'add', '--quiet', '--detach', other.root);
    await expectWorktree(BRANCH, expected, other);
  });

  it('moves a local branch forward', async () => {
    repository.run('branch', '--track', BRANCH, `origin/${BRANCH}`);
    repository.run('branch', '--force', BRANCH, base);
    await expectWorktree();
  });

  it('has another branch where the local one has commits of its own', async () => {
    repository.run('branch', '--no-track', BRANCH, repository.run('commit-tree', '-m', 'own', `${base}^{tree}`));
    const before = repository.run('rev-parse', BRANCH);
    await expectWorktree(`${BRANCH}-2`);
    assert.equal(repository.run('rev-parse', BRANCH), before);
  });

  it('has another branch where the worktree of the first is gone', async () => {
    await expectWorktree();
    rmSync(expected, { recursive: true });
    await expectWorktree(`${BRANCH}-2`, `${expected}-2`);
  });

  it('is possible during a merge, and without a commit', async () => {
    repository.run('switch', '--quiet', '--orphan', 'empty');
    repository.write('.git/MERGE_HEAD', target);
    await expectWorktree();
  });

  it('is outside of the repository around a submodule', async () => {
    const around = TestRepository.create('fleet');
    try {
      around.run('-c', 'protocol.file.allow=always', 'submodule', '--quiet', 'add', repository.root, 'libs/harbor');
      const submodule = around.at(around.path('libs/harbor'));
      submodule.fetched(BRANCH, submodule.run('rev-parse', 'HEAD'));
      const { folder } = await addWorktree(submodule.git, REMOTE);
      assert.equal(folder, path.join(realpathSync(around.around), 'harbor-copilot-add-ships'));
    } finally {
      around.dispose();
    }
  });

  it('leaves nothing behind where a file cannot be written', async () => {
    repository.run('config', 'filter.broken.smudge', 'false');
    repository.run('config', 'filter.broken.required', 'true');
    repository.write('.git/info/attributes', 'new.txt filter=broken\n');
    const before = repository.snapshot();
    await assert.rejects(addWorktree(repository.git, REMOTE), { code: 'request-failed', message: /new\.txt/ });
    assert.deepEqual(repository.snapshot(), before);
    assert.equal(existsSync(expected), false);
    assert.equal(repository.run('worktree', 'list', '--porcelain').includes('add-ships'), false);
  });

  it('tells of a hook that fails afterwards', async () => {
    repository.write('.git/hooks/post-checkout', '#!/bin/sh\necho "fatal: no luck" >&2\nexit 3\n', 0o755);
    const { warning, ...rest } = await addWorktree(repository.git, REMOTE);
    assert.deepEqual(rest, { branch: BRANCH, folder: expected });
    assert.match(warning ?? '', /hook failed/);
  });
});

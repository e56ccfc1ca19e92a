import assert from 'node:assert/strict';
import { countsOf } from '../../../src/core/changes/sessionChanges';
import { ScriptedGitHub, type GitHubAnswer } from '../../support/scriptedGitHub';
import { clientOf, failure, REPOSITORY } from './client';

const BASE = 'b'.repeat(40);
const HEAD = 'c'.repeat(40);

function comparison(
  files: readonly unknown[],
  commits: readonly unknown[] = [{ sha: 'a'.repeat(40) }, { sha: HEAD }],
): GitHubAnswer {
  return { body: { status: 'ahead', merge_base_commit: { sha: BASE }, total_commits: commits.length, commits, files } };
}

function modified(filename: string): Record<string, unknown> {
  return { filename, status: 'modified', additions: 1, deletions: 2, changes: 3, patch: '@@', sha: 'd'.repeat(40) };
}

describe('a comparison by GitHub', () => {
  let github: ScriptedGitHub;

  beforeEach(async () => {
    github = await ScriptedGitHub.start();
  });

  afterEach(() => github.dispose());

  it('has the files of all kinds, from the merge base to the last commit', async () => {
    const [sha, empty] = ['d'.repeat(40), 'e69de29bb2d1d6434b8b29ae775ad8c2e48c5391'];
    const none = { additions: 0, deletions: 0, changes: 0, sha };
    github.script = () =>
      comparison([
        { filename: 'z.ts', status: 'added', additions: 3, deletions: 0, patch: '@@', sha },
        { filename: 'a/b c.ts', status: 'removed', additions: 0, deletions: 4, patch: '@@', sha },
        { ...none, filename: 'moved.ts', previous_filename: 'was.ts', status: 'renamed' },
        { ...none, filename: 'copy.ts', previous_filename: 'was.ts', status: 'copied' },
        { ...none, filename: 'link', status: 'changed' },
        { ...none, filename: 'same.ts', status: 'unchanged' },
        { ...none, filename: 'picture.png', status: 'modified' },
        { ...none, filename: 'new.png', status: 'added' },
        { ...none, filename: 'empty.txt', status: 'added', sha: empty },
        { ...none, filename: 'large.json', status: 'modified', additions: 90_000 },
        { ...none, filename: 'later.ts', status: 'transmuted', additions: 1, patch: '@@' },
      ]);
    const now = 1_700_000_000_000;
    const changes = await clientOf(github, { now: () => now }).compare(REPOSITORY, 'main', 'feature/ä#1');
    assert.equal(github.paths[0], '/repos/octo/app/compare/main...feature%2F%C3%A4%231');
    assert.deepEqual(changes, {
      source: 'github',
      base: 'main',
      head: 'feature/ä#1',
      baseCommit: BASE,
      headCommit: HEAD,
      readAt: new Date(now),
      files: [
        { path: 'a/b c.ts', status: 'deleted', additions: 0, deletions: 4 },
        { path: 'copy.ts', status: 'added', additions: 0, deletions: 0 },
        { path: 'empty.txt', status: 'added', additions: 0, deletions: 0 },
        { path: 'large.json', status: 'modified', additions: 90_000, deletions: 0 },
        { path: 'later.ts', status: 'modified', additions: 1, deletions: 0 },
        { path: 'link', status: 'modified', additions: 0, deletions: 0 },
        { path: 'moved.ts', oldPath: 'was.ts', status: 'renamed', additions: 0, deletions: 0 },
        { path: 'new.png', status: 'added', additions: 0, deletions: 0, isBinary: true },
        { path: 'picture.png', status: 'modified', additions: 0, deletions: 0, isBinary: true },
        { path: 'z.ts', status: 'added', additions: 3, deletions: 0 },
      ],
    });
  });

  it('tells a file of another mode from a binary one by its content at the base', async () => {
    const [same, other] = ['d'.repeat(40), 'e'.repeat(40)];
    const file = (path: string): unknown => ({
      ...modified(path),
      additions: 0,
      deletions: 0,
      patch: undefined,
      sha: same,
    });
    const paths = [
      'bin/run',
      'bin/picture.png',
      'gone/x.png',
      ...Array.from({ length: 20 }, (_, index) => `z${index}/x.png`),
    ];
    const entry = (name: string, sha: string): unknown => ({ name, sha, type: 'file', size: 1 });
    github.script = ({ url }) =>
      url.includes('/compare/')
        ? comparison(paths.map(file))
        : url === `/repos/octo/app/contents/bin?ref=${BASE}`
          ? { body: [entry('run', same), entry('picture.png', other)] }
          : { status: 500 };
    const client = clientOf(github);
    const { files } = await client.compare(REPOSITORY, 'main', 'x');
    assert.deepEqual(
      files.filter(({ isBinary }) => isBinary !== true).map(({ path }) => path),
      ['bin/run'],
    );
    assert.equal(files.length, paths.length);
    // Not a listing for each folder of a large change.
    assert.ok(client.requests.sent <= 9, String(client.requests.sent));
    assert.equal(github.paths.filter((path) => path.endsWith('/bin')).length, 1);
  });

  it('of a branch without commits of its own is empty', async () => {
    github.script = () => comparison([], []);
    const { files, baseCommit, headCommit } = await clientOf(github).compare(REPOSITORY, 'main', 'copy');
    assert.deepEqual([files, baseCommit, headCommit], [[], BASE, BASE]);
  });

  it('says when there may be more files than GitHub lists', async () => {
    const listed = Array.from({ length: 300 }, (_, index) => modified(`${index}.ts`));
    github.script = () => comparison(listed);
    const changes = await clientOf(github).compare(REPOSITORY, 'main', 'x');
    assert.equal(changes.isIncomplete, true);
    assert.deepEqual(countsOf(changes), { files: 300, additions: 300, deletions: 600, isExact: false });
    github.script = () => comparison(listed.slice(1));
    assert.equal((await clientOf(github).compare(REPOSITORY, 'main', 'x')).isIncomplete, undefined);
  });

  it('takes the files of the pull request where there are more', async () => {
    const all = (count: number): readonly unknown[] =>
      Array.from({ length: count }, (_, index) => modified(`${index}.ts`));
    let count = 342;
    github.script = ({ url }) => {
      const { pathname, searchParams } = new URL(url, github.url);
      if (pathname.includes('/compare/')) {
        return comparison(all(count).slice(0, 300));
      }
      assert.equal(pathname, '/repos/octo/app/pulls/7/files');
      const page = Number(searchParams.get('page'));
      return { body: all(count).slice((page - 1) * 100, page * 100) };
    };
    const client = clientOf(github);
    const some = await client.compare(REPOSITORY, 'main', 'x', { pullRequest: 7 });
    assert.deepEqual([some.files.length, some.isIncomplete, client.requests.sent], [342, undefined, 5]);
    count = 3_000;
    const most = await client.compare(REPOSITORY, 'main', 'x', { pullRequest: 7 });
    assert.deepEqual([most.files.length, most.isIncomplete], [3_000, true]);
    // One that fits needs no pull request.
    count = 20;
    const before = client.requests.sent;
    await client.compare(REPOSITORY, 'main', 'x', { pullRequest: 7 });
    assert.equal(client.requests.sent - before, 1);
  });

  it('leaves out paths that lead out of the repository, and says that files are missing', async () => {
    const paths = ['../up', '/etc/passwd', 'a/../../b', '', './c', 'a//b', 'nul\0'];
    github.script = () => comparison([...paths.map(modified), { status: 'added' }, null, modified('good')]);
    const changes = await clientOf(github).compare(REPOSITORY, 'main', 'x');
    assert.deepEqual([changes.files.map(({ path }) => path), changes.isIncomplete], [['good'], true]);
  });

  it('fails for branches that GitHub does not find', async () => {
    github.script = () => ({ status: 404, body: { message: 'Not Found' } });
    const missing = await failure(clientOf(github).compare(REPOSITORY, 'main', 'gone'), 'branch-not-found');
    assert.match(missing.message, /gone with main in octo\/app/);
    github.script = () => ({ status: 404, body: { message: 'No common ancestor between main and orphan.' } });
    const unrelated = await failure(clientOf(github).compare(REPOSITORY, 'main', 'orphan'), 'invalid-argument');
    assert.match(unrelated.message, /no common history/);
    github.script = () => ({ status: 409, body: { message: 'Git Repository is empty.' } });
    const empty = await failure(clientOf(github).compare(REPOSITORY, 'main', 'x'), 'branch-not-found');
    assert.match(empty.message, /octo\/app is empty/);
  });

  it('fails for an answer of another form', async () => {
    for (const body of [
      {},
      [],
      null,
      'text',
      { merge_base_commit: { sha: 'short' }, files: [], commits: [] },
      { merge_base_commit: { sha: BASE }, commits: [] },
      { merge_base_commit: { sha: BASE }, commits: [{}], files: [] },
    ]) {
      github.script = () => ({ body: typeof body === 'string' ? JSON.stringify(body) : body });
      const error = await failure(clientOf(github).compare(REPOSITORY, 'main', 'x'), 'service-unavailable');
      assert.match(error.message, /expected form/, JSON.stringify(body));
    }
  });
});

import assert from 'node:assert/strict';
import { ScriptedGitHub } from '../../support/scriptedGitHub';
import { clientOf, failure, REPOSITORY } from './client';

const COMMIT = 'a'.repeat(40);
const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);
const sha = (digit: string): string => digit.repeat(40);

describe('a file that GitHub has at a commit', () => {
  let github: ScriptedGitHub;
  /** Listings by the paths of their folders, blobs by their ids. */
  let folders: Record<string, readonly unknown[]>;
  let blobs: Record<string, Uint8Array>;

  beforeEach(async () => {
    github = await ScriptedGitHub.start();
    [folders, blobs] = [{}, {}];
    github.script = ({ url, headers }) => {
      const { pathname } = new URL(url, github.url);
      const folder = /^\/repos\/octo\/app\/contents\/?(.*)$/.exec(pathname)?.[1];
      const blob = /^\/repos\/octo\/app\/git\/blobs\/(.*)$/.exec(pathname)?.[1];
      if (pathname === '/repos/octo/app') {
        return { body: { name: 'app', owner: { login: 'octo' }, default_branch: 'main' } };
      }
      const listing = folder === undefined ? undefined : folders[folder];
      if (listing !== undefined) {
        return { body: listing };
      }
      const bytes = blob === undefined ? undefined : blobs[blob];
      assert.ok(bytes === undefined || headers.accept === 'application/vnd.github.raw+json');
      return bytes === undefined
        ? { status: 404, body: { message: 'Not Found' } }
        : { headers: { 'content-type': 'application/vnd.github.raw+json; charset=utf-8' }, body: bytes };
    };
  });

  afterEach(() => github.dispose());

  const entry = (name: string, digit: string, more: object = {}): unknown => ({
    name,
    sha: sha(digit),
    size: 4,
    type: 'file',
    git_url: `${github.url}/repos/octo/app/git/blobs/${sha(digit)}`,
    ...more,
  });

  it('comes byte by byte, whatever its name', async () => {
    const bytes = Uint8Array.from({ length: 256 }, (_, index) => index);
    folders['a%20b/%23%3F%25%C3%A4'] = [entry('100%.bin', '1', { size: 256 })];
    folders[''] = [entry('empty', '2', { size: 0 })];
    blobs = { [sha('1')]: bytes, [sha('2')]: new Uint8Array() };
    const client = clientOf(github);
    assert.deepEqual(await client.readFile(REPOSITORY, 'a b/#?%ä/100%.bin', COMMIT), {
      kind: 'file',
      bytes: bytes,
    });
    assert.ok(github.requests[0]?.url.endsWith(`?ref=${COMMIT}`));
    const empty = await client.readFile(REPOSITORY, 'empty', 'feature/x');
    assert.deepEqual([empty.kind, empty.kind === 'file' && empty.bytes.byteLength], ['file', 0]);
    assert.ok(github.requests[2]?.url.endsWith('?ref=feature%2Fx'), github.requests[2]?.url);
  });

  it('is what Git has of a link, a submodule or a folder', async () => {
    folders['src'] = [
      entry('link', '1', { type: 'symlink' }),
      entry('module', '2', { size: 0, git_url: `${github.url}/repos/octo/other/git/trees/${sha('2')}` }),
      entry('elsewhere', '3', { size: 0, git_url: null }),
      entry('folder', '4', { type: 'dir' }),
    ];
    blobs = { [sha('1')]: bytesOf('../a') };
    const client = clientOf(github);
    const read = async (name: string): Promise<unknown> => await client.readFile(REPOSITORY, `src/${name}`, COMMIT);
    assert.deepEqual(await read('link'), { kind: 'symlink', bytes: bytesOf('../a') });
    assert.deepEqual(await read('module'), { kind: 'submodule', commit: sha('2') });
    assert.deepEqual(await read('elsewhere'), { kind: 'submodule', commit: sha('3') });
    assert.deepEqual(await read('folder'), { kind: 'absent' });
    assert.deepEqual(await read('nothing'), { kind: 'absent' });
    // The folder at a commit is listed once.
    assert.equal(client.requests.sent, 2);
  });

  it('is absent where there is no folder, but not where there is no repository or commit', async () => {
    const client = clientOf(github);
    assert.deepEqual(await client.readFile(REPOSITORY, 'no/such/file', COMMIT), { kind: 'absent' });
    github.script = () => ({ status: 404, body: { message: 'Not Found' } });
    await failure(clientOf(github).readFile(REPOSITORY, 'no/such/file', COMMIT), 'repository-not-found');
    github.script = () => ({ status: 404, body: { message: `No commit found for the ref ${COMMIT}` } });
    const error = await failure(clientOf(github).readFile(REPOSITORY, 'a', COMMIT), 'branch-not-found');
    assert.ok(error.message.includes(COMMIT), error.message);
    // A failure is not remembered.
    github.script = () => ({ body: [] });
    assert.deepEqual(await client.readFile(REPOSITORY, 'a', COMMIT), { kind: 'absent' });
  });

  it('is not asked for if the path leads elsewhere', async () => {
    const client = clientOf(github);
    for (const path of ['../../other/secret', 'a/../../../user', '.', '', '/a', 'a/', 'a/./b']) {
      assert.deepEqual(await client.readFile(REPOSITORY, path, COMMIT), { kind: 'absent' }, path);
    }
    for (const repository of [
      { owner: '..', name: 'user' },
      { owner: 'octo', name: '..' },
      { owner: 'octo/app', name: 'x' },
    ]) {
      await failure(client.readFile(repository, 'a', COMMIT), 'invalid-argument');
      await failure(client.compare(repository, 'main', 'x'), 'invalid-argument');
    }
    assert.equal(client.requests.sent, 0);
  });

  it('is not read if it is too large', async () => {
    folders[''] = [entry('video', '1', { size: 50_000_000 }), entry('disk', '2', { size: 100 * 2 ** 20 + 1 })];
    const client = clientOf(github);
    assert.deepEqual(await client.readFile(REPOSITORY, 'video', COMMIT, { maxBytes: 49_999_999 }), {
      kind: 'too-large',
      size: 50_000_000,
    });
    assert.equal((await client.readFile(REPOSITORY, 'disk', COMMIT)).kind, 'too-large');
    assert.equal(client.requests.sent, 1);
    // A blob that is not what the listing says does not go on for ever.
    folders['src'] = [entry('liar', '3', { size: 4 })];
    blobs = { [sha('3')]: new Uint8Array(1_000_000) };
    await failure(client.readFile(REPOSITORY, 'src/liar', COMMIT), 'response-too-large');
  });

  it('is found beyond the thousand entries that GitHub lists of a folder', async () => {
    folders['many'] = Array.from({ length: 1_000 }, (_, index) => entry(`${index}`, '1'));
    const listed = github.script;
    github.script = (request) =>
      request.url.startsWith('/repos/octo/app/contents/many/more')
        ? { headers: { 'content-type': 'application/vnd.github.raw+json' }, body: 'text' }
        : request.url.startsWith('/repos/octo/app/contents/many/sub')
          ? { body: [] }
          : listed(request);
    const client = clientOf(github);
    assert.deepEqual(await client.readFile(REPOSITORY, 'many/more', COMMIT), {
      kind: 'file',
      bytes: bytesOf('text'),
    });
    assert.deepEqual(await client.readFile(REPOSITORY, 'many/sub', COMMIT), { kind: 'absent' });
    assert.deepEqual(await client.readFile(REPOSITORY, 'many/none', COMMIT), { kind: 'absent' });
    assert.equal((await client.readFile(REPOSITORY, 'many/more', COMMIT, { maxBytes: 3 })).kind, 'too-large');
  });

  it('is asked for by many at a time with one listing', async () => {
    folders['src'] = Array.from({ length: 30 }, (_, index) => entry(`${index}`, '1'));
    blobs = { [sha('1')]: bytesOf('text') };
    const client = clientOf(github);
    const files = await Promise.all(
      Array.from({ length: 30 }, async (_, index) => await client.readFile(REPOSITORY, `src/${index}`, COMMIT)),
    );
    assert.ok(files.every(({ kind }) => kind === 'file'));
    assert.equal(github.paths.filter((path) => path.endsWith('/contents/src')).length, 1);
  });
});

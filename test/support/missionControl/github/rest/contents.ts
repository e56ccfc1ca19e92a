import path from 'node:path';
import type { Answer } from '../../httpAnswer';
import { git, gitBytes } from '../git';
import type { HostedRepository } from '../repository';
import { failed, notFound, ok } from './answers';
import { apiAddress, webAddress, type Addresses, type Json } from './entities';

/** A file above this has no content in JSON. In bytes. */
const MOST_IN_JSON = 1024 * 1024;
const MOST = 100 * MOST_IN_JSON;
const RAW = 'application/vnd.github.raw+json; charset=utf-8';

interface TreeEntry {
  readonly mode: string;
  readonly type: string;
  readonly sha: string;
  /** In bytes; 0 for what is no blob. */
  readonly size: number;
  readonly path: string;
}

/** @param file path in the repository, empty for its root; `ref` a branch, a tag or a commit */
export async function contents(
  repository: HostedRepository,
  addresses: Addresses,
  file: string,
  ref: string | null,
  accept: string,
): Promise<Answer> {
  const commit = await repository.commit(ref ?? repository.defaultBranch);
  if (commit === undefined) {
    return failed(404, `No commit found for the ref ${ref ?? repository.defaultBranch}`);
  }
  const clean = file.replace(/\/+$/, '');
  const describe = (entry: TreeEntry): Json => entryJson(repository, addresses, entry, ref ?? repository.defaultBranch);
  const entry = clean === '' ? undefined : (await list(repository, commit, clean))[0];
  if (clean !== '' && entry === undefined) {
    return notFound();
  }
  if (entry === undefined || entry.type === 'tree') {
    return ok((await list(repository, commit, clean === '' ? '' : `${clean}/`)).map(describe));
  }
  if (entry.type === 'commit') {
    return ok(describe(entry));
  }
  if (entry.mode === '120000') {
    const target = path.posix.join(path.posix.dirname(clean), (await read(repository, entry.sha)).toString('utf8'));
    const pointed = target.startsWith('..') ? undefined : (await list(repository, commit, target))[0];
    return pointed?.type === 'blob' && pointed.mode !== '120000'
      ? await fileAnswer(repository, pointed, describe({ ...entry, mode: pointed.mode, size: pointed.size }), accept)
      : ok({ ...describe(entry), target });
  }
  return await fileAnswer(repository, entry, describe(entry), accept);
}

export async function blob(
  repository: HostedRepository,
  addresses: Addresses,
  sha: string,
  accept: string,
): Promise<Answer> {
  if (!/^[\da-f]{40}$/.test(sha)) {
    return failed(422, 'The sha parameter must be exactly 40 characters and contain only [0-9a-f].');
  }
  const bytes = await read(repository, sha).catch(() => undefined);
  if (bytes === undefined) {
    return notFound();
  }
  if (isRaw(accept)) {
    return ok(bytes, { 'content-type': RAW });
  }
  const url = apiAddress(addresses, repository, 'git/blobs', sha);
  return ok({ sha, node_id: `B_${sha}`, size: bytes.length, url, content: base64(bytes), encoding: 'base64' });
}

async function fileAnswer(repository: HostedRepository, entry: TreeEntry, json: Json, accept: string): Promise<Answer> {
  if (entry.size > MOST) {
    return failed(403, 'This API returns blobs up to 100 MB in size. The requested blob is too large to fetch.');
  }
  const bytes = await read(repository, entry.sha);
  if (isRaw(accept)) {
    return ok(bytes, { 'content-type': RAW });
  }
  return ok(
    entry.size > MOST_IN_JSON
      ? { ...json, content: '', encoding: 'none' }
      : { ...json, content: base64(bytes), encoding: 'base64' },
  );
}

async function read(repository: HostedRepository, sha: string): Promise<Buffer> {
  return await gitBytes(['cat-file', 'blob', sha], { cwd: await repository.ready() });
}

/** Entries of a tree; with a path that does not end in `/`, that entry alone. */
async function list(repository: HostedRepository, commit: string, file: string): Promise<readonly TreeEntry[]> {
  const cwd = await repository.ready();
  // A path is meant literally, whatever characters it has.
  const text = await git(
    ['--literal-pathspecs', 'ls-tree', '-z', '--long', commit, ...(file === '' ? [] : ['--', file])],
    { cwd },
  );
  return text
    .split('\0')
    .filter((line) => line !== '')
    .map((line) => {
      const tab = line.indexOf('\t');
      const [mode = '', type = '', sha = '', size = ''] = line.slice(0, tab).split(/ +/);
      return { mode, type, sha, size: Number(size) || 0, path: line.slice(tab + 1) };
    });
}

function entryJson(repository: HostedRepository, addresses: Addresses, entry: TreeEntry, ref: string): Json {
  const encoded = entry.path.split('/').map(encodeURIComponent).join('/');
  const isFile = entry.type === 'blob' && entry.mode !== '120000';
  return {
    type: isFile ? 'file' : entry.type === 'tree' ? 'dir' : entry.type === 'commit' ? 'submodule' : 'symlink',
    size: entry.size,
    name: path.posix.basename(entry.path),
    path: entry.path,
    sha: entry.sha,
    url: `${apiAddress(addresses, repository, 'contents', encoded)}?ref=${encodeURIComponent(ref)}`,
    git_url: entry.type === 'commit' ? null : apiAddress(addresses, repository, `git/${entry.type}s`, entry.sha),
    html_url: webAddress(repository, entry.type === 'tree' ? 'tree' : 'blob', ref, encoded),
    download_url: isFile ? webAddress(repository, 'raw', ref, encoded) : null,
  };
}

function isRaw(accept: string): boolean {
  return /\.raw(\+json)?\b/.test(accept);
}

/** In lines of 60 characters, as GitHub sends it. */
function base64(bytes: Buffer): string {
  return bytes.toString('base64').replaceAll(/.{1,60}/g, '$&\n');
}

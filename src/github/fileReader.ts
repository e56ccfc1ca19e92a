import { BoundedMap } from '../core/common/bounded';
import { isRecord, readString } from '../core/common/json';
import { CloudSessionsError } from '../core/errors/cloudSessionsError';
import type { RepositoryName } from '../core/github/repository';
import { isCommitId, isRepositoryPath } from './comparison';
import { wrongShape } from './gitHubErrors';
import type { Asked, GitHubRequests } from './gitHubRequests';
import { requestOf } from './repositoryRequest';

/** What a commit has at a path. */
export type FileContent =
  | { readonly kind: 'file'; readonly bytes: Uint8Array }
  /** The bytes are the link's target, as in Git. */
  | { readonly kind: 'symlink'; readonly bytes: Uint8Array }
  /** The commit of the other repository. */
  | { readonly kind: 'submodule'; readonly commit: string }
  /** There is no file: nothing at all, or a folder. */
  | { readonly kind: 'absent' }
  /** Larger than asked for, or than GitHub serves. In bytes. */
  | { readonly kind: 'too-large'; readonly size: number };

interface Entry {
  readonly type: 'file' | 'symlink' | 'submodule' | 'dir';
  readonly sha: string;
  readonly size: number;
}

type Folder = ReadonlyMap<string, Entry>;

/** GitHub serves blobs up to this size. */
export const MAX_BLOB_BYTES = 100 * 1024 * 1024;
/** GitHub lists no more files of a folder. */
const MOST_LISTED = 1_000;
const MOST_FOLDERS = 100;

/**
 * Reads files at commits. The folder is listed first, because for the path of a symbolic link GitHub answers with the file
 * that it leads to.
 */
export class FileReader {
  /** Listings at commits, which never change. */
  private readonly folders = new BoundedMap<string, Promise<Folder | undefined>>(MOST_FOLDERS);

  constructor(
    private readonly requests: GitHubRequests,
    /** Rejects if the repository cannot be read. */
    private readonly checkRepository: (repository: RepositoryName, signal?: AbortSignal) => Promise<unknown>,
  ) {}

  /**
   * @param ref a commit, or a branch
   * @throws CloudSessionsError; `branch-not-found` if there is no such commit
   */
  async read(
    repository: RepositoryName,
    path: string,
    ref: string,
    { maxBytes = MAX_BLOB_BYTES, signal }: { readonly maxBytes?: number; readonly signal?: AbortSignal | undefined },
  ): Promise<FileContent> {
    if (!isRepositoryPath(path)) {
      return { kind: 'absent' };
    }
    const { folder, entry } = await this.entry(repository, path, ref, signal);
    if (folder !== undefined && folder.size >= MOST_LISTED && entry === undefined) {
      return await this.raw(repository, path, ref, maxBytes, signal);
    }
    switch (entry?.type) {
      case undefined:
      case 'dir':
        return { kind: 'absent' };
      case 'submodule':
        return { kind: 'submodule', commit: entry.sha };
      case 'file':
      case 'symlink':
        return entry.size > Math.min(maxBytes, MAX_BLOB_BYTES)
          ? { kind: 'too-large', size: entry.size }
          : { kind: entry.type, bytes: await this.blob(repository, entry, ref, signal) };
    }
  }

  /** The id of the blob that a commit has at a path; `undefined` if there is none, or the folder is too large to be listed. */
  async blobId(
    repository: RepositoryName,
    path: string,
    commit: string,
    signal: AbortSignal | undefined,
  ): Promise<string | undefined> {
    const { entry } = await this.entry(repository, path, commit, signal);
    return entry?.type === 'file' || entry?.type === 'symlink' ? entry.sha : undefined;
  }

  private async entry(
    repository: RepositoryName,
    path: string,
    ref: string,
    signal: AbortSignal | undefined,
  ): Promise<{ readonly folder: Folder | undefined; readonly entry: Entry | undefined }> {
    const at = path.lastIndexOf('/');
    const folder = await this.folder(repository, path.slice(0, Math.max(0, at)), ref, signal);
    return { folder, entry: folder?.get(path.slice(at + 1)) };
  }

  /** The entries by their names; `undefined` if there is no such folder. */
  private async folder(
    repository: RepositoryName,
    path: string,
    ref: string,
    signal: AbortSignal | undefined,
  ): Promise<Folder | undefined> {
    const key = JSON.stringify([repository.owner, repository.name, path, ref]);
    const known = this.folders.get(key);
    if (known !== undefined) {
      return await known;
    }
    // Shared by all that read a file of this folder meanwhile, so that no single one may cancel it.
    const listing = this.list(repository, path, ref, isCommitId(ref) ? undefined : signal);
    if (isCommitId(ref)) {
      this.folders.set(key, listing);
      listing.catch(() => this.folders.delete(key));
    }
    return await listing;
  }

  private async list(
    repository: RepositoryName,
    path: string,
    ref: string,
    signal: AbortSignal | undefined,
  ): Promise<Folder | undefined> {
    let entries: unknown;
    try {
      entries = await this.requests.json(contents(repository, path, ref, { signal }));
    } catch (error) {
      await this.throwUnlessAbsent(error, repository, signal);
      return undefined;
    }
    // The path is that of a file, or of a submodule.
    return Array.isArray(entries) ? readFolder(entries) : undefined;
  }

  /** GitHub answers alike for a missing path and for a repository that cannot be read: that one must not look empty. */
  private async throwUnlessAbsent(error: unknown, repository: RepositoryName, signal?: AbortSignal): Promise<void> {
    const isMissing = error instanceof CloudSessionsError && error.code === 'branch-not-found';
    if (!isMissing || /no commit found|is empty/i.test(error.details ?? '')) {
      throw error;
    }
    await this.checkRepository(repository, signal);
  }

  private async blob(
    repository: RepositoryName,
    { sha, size }: Entry,
    ref: string,
    signal?: AbortSignal,
  ): Promise<Uint8Array> {
    const { bytes } = await this.requests.ask(
      requestOf(repository, 'GET /repos/{owner}/{name}/git/blobs/{sha}', {
        ...{ parameters: { sha }, about: { ref }, raw: true, maxBytes: size + 1, signal },
      }),
    );
    return bytes;
  }

  /** A file of a folder that is too large to be listed; a symbolic link is read as the file that it leads to. */
  private async raw(
    repository: RepositoryName,
    path: string,
    ref: string,
    maxBytes: number,
    signal?: AbortSignal,
  ): Promise<FileContent> {
    try {
      const answer = await this.requests.ask(
        contents(repository, path, ref, { raw: true, maxBytes: Math.min(maxBytes, MAX_BLOB_BYTES), signal }),
      );
      // A folder or a submodule has no raw form.
      return /\bjson\b/.test((answer.headers.get('content-type') ?? '').replace('.raw+json', ''))
        ? { kind: 'absent' }
        : { kind: 'file', bytes: answer.bytes };
    } catch (error) {
      if (error instanceof CloudSessionsError && error.code === 'response-too-large') {
        return { kind: 'too-large', size: maxBytes + 1 };
      }
      await this.throwUnlessAbsent(error, repository, signal);
      return { kind: 'absent' };
    }
  }
}

function contents(
  repository: RepositoryName,
  path: string,
  ref: string,
  options: Pick<Asked, 'raw' | 'maxBytes' | 'signal'>,
): Asked {
  // `{+path}` keeps what is escaped already; a path that is escaped as a whole would have no folders.
  return requestOf(repository, 'GET /repos/{owner}/{name}/contents/{+path}', {
    ...options,
    parameters: { path: path.split('/').map(encodeURIComponent).join('/'), ref },
    about: { ref },
  });
}

function readFolder(entries: readonly unknown[]): Folder {
  const folder = new Map<string, Entry>();
  for (const value of entries) {
    const name = readString(value, 'name');
    const sha = readString(value, 'sha');
    const size = isRecord(value) ? value['size'] : undefined;
    if (name === undefined || sha === undefined || !isCommitId(sha)) {
      throw wrongShape('contents');
    }
    folder.set(name, { type: typeOf(value), sha, size: typeof size === 'number' ? size : 0 });
  }
  return folder;
}

function typeOf(entry: unknown): Entry['type'] {
  const type = readString(entry, 'type');
  const url = isRecord(entry) ? entry['git_url'] : undefined;
  switch (type) {
    case 'dir':
    case 'symlink':
    case 'submodule':
      return type;
    default:
      // In a listing, submodules have the type of files; their URL is one of a tree, or null for other hosts than GitHub.
      return url === null || (typeof url === 'string' && url.includes('/git/trees/')) ? 'submodule' : 'file';
  }
}

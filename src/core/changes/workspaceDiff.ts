import { defined } from '../common/defined';
import { isRecord, readArray, readString, readText } from '../common/json';
import { readHunks, type Hunk } from './hunks';
import { byPath, type ChangedFile, type ChangeStatus } from './sessionChanges';

/**
 * A file in the answer to `session.workspaces.diff` (`WorkspaceDiffFileChange` of the SDK). The agent's machine sends a
 * unified diff, never a whole file.
 */
export interface DiffedFile extends ChangedFile {
  readonly diff: string;
  /** None for a change without lines: of the mode, of the name, of a binary file. */
  readonly hunks: readonly Hunk[];
  /** The beginning of the blob's id before the change. */
  readonly blobBefore?: string;
  /** The same after the change. Absent also for a file that Git does not track yet: its diff is made by the runtime. */
  readonly blobAfter?: string;
  readonly isSubmodule?: true;
  /**
   * A file, a symbolic link or a submodule became another of these. The diff has the new side only, so that the number of
   * deleted lines is not known.
   */
  readonly isTypeChange?: true;
}

/** The answer to `session.workspaces.diff`. */
export interface WorkspaceDiff {
  /** In the order of their paths. */
  readonly files: readonly DiffedFile[];
  readonly baseBranch: string | undefined;
  /** The answer is about something else than the requested change: on old runtimes, about this machine. */
  readonly isFallback: boolean;
}

const STATUSES: readonly ChangeStatus[] = ['added', 'modified', 'deleted', 'renamed'];
/** The line of a diff that names the blobs, and the mode if it does not change. */
const INDEX = /^index ([0-9a-f]{4,64})\.\.([0-9a-f]{4,64})(?: (\d{6}))?\r?$/m;

/** @returns `undefined` for an answer without the members of its type, which counts as "not supported" */
export function readWorkspaceDiff(value: unknown): WorkspaceDiff | undefined {
  if (!isRecord(value) || !Array.isArray(value['changes']) || typeof value['isFallback'] !== 'boolean') {
    return undefined;
  }
  const files = new Map<string, DiffedFile>();
  for (const change of readArray(value, 'changes')) {
    const file = readFile(change);
    if (file !== undefined && !files.has(file.path)) {
      files.set(file.path, file);
    }
  }
  return {
    files: [...files.values()].sort(byPath),
    baseBranch: readText(value, 'baseBranch'),
    isFallback: value['isFallback'],
  };
}

function readFile(change: unknown): DiffedFile | undefined {
  const path = readString(change, 'path')?.replaceAll('\\', '/');
  if (path === undefined || path === '') {
    return undefined;
  }
  const diff = readString(change, 'diff');
  const type = readText(change, 'changeType');
  // A new word is a change in any case.
  const status = STATUSES.find((each) => each === type) ?? 'modified';
  const oldPath = readString(change, 'oldPath')?.replaceAll('\\', '/');
  // Without a diff, a modified file would seem to be as before.
  const isOmitted = diff === undefined || (diff.trim() === '' && status === 'modified');
  const isTruncated = isOmitted || (isRecord(change) && change['isTruncated'] === true);
  const hunks = isTruncated ? [] : readHunks(diff);
  const head = headerOf(diff ?? '');
  const [, blobBefore, blobAfter, mode] = INDEX.exec(head) ?? [];
  const isTypeChange = status === 'modified' && /^new file mode /m.test(head);
  return {
    path,
    ...(status === 'renamed' && oldPath !== undefined ? { oldPath } : {}),
    status,
    additions: isTypeChange ? 0 : sum(hunks, 'additions'),
    deletions: sum(hunks, 'deletions'),
    ...(/^(?:Binary files .* differ|GIT binary patch)\r?$/m.test(head) ? { isBinary: true } : {}),
    // What cannot be read is as good as left out.
    ...(isTruncated || isTypeChange || hunks === undefined ? { isTruncated: true } : {}),
    diff: diff ?? '',
    hunks: hunks ?? [],
    ...defined({ blobBefore: idOf(blobBefore), blobAfter: idOf(blobAfter) }),
    ...(mode === '160000' || /^(?:new|deleted) file mode 160000\r?$/m.test(head) ? { isSubmodule: true } : {}),
    ...(isTypeChange ? { isTypeChange: true } : {}),
  };
}

/** Zeros stand for no blob. */
function idOf(blob: string | undefined): string | undefined {
  return blob === undefined || /^0+$/.test(blob) ? undefined : blob;
}

/** What is above the first hunk. */
export function headerOf(diff: string): string {
  const end = diff.search(/^@@ /m);
  return end === -1 ? diff : diff.slice(0, end);
}

function sum(hunks: readonly Hunk[] | undefined, of: 'additions' | 'deletions'): number {
  return hunks?.reduce((total, hunk) => total + hunk[of], 0) ?? 0;
}

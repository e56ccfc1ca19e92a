import { defined } from '../core/common/defined';
import { isRecord, readArray, readRecord, readString, readText } from '../core/common/json';
import { byPath, type ChangedFile, type ChangeStatus } from '../core/changes/sessionChanges';
import { wrongShape } from './gitHubErrors';

/** The number of files in a comparison at which GitHub may have left out further ones. */
export const MOST_COMPARED_FILES = 300;
/** The same for the files of a pull request, over all pages. */
export const MOST_PULL_REQUEST_FILES = 3_000;

/** A file of a comparison, in so far as the comparison tells. */
export interface ComparedFile {
  readonly file: ChangedFile;
  /** The id of its content, if only that tells whether the file is a binary one (see `judgeBinaries`). */
  readonly blob?: string;
}

/** The answer to a comparison. */
export interface Comparison {
  readonly baseCommit: string;
  readonly headCommit: string;
  readonly files: readonly ComparedFile[];
  /** GitHub may have more files. */
  readonly isCut: boolean;
}

const COMMIT = /^[0-9a-f]{40}(?:[0-9a-f]{24})?$/i;
/** The blob of an empty file, in both object formats. */
const EMPTY_BLOBS: ReadonlySet<string> = new Set([
  'e69de29bb2d1d6434b8b29ae775ad8c2e48c5391',
  '473a0f4c3be8a93681a267e3b1e9a7dcda1185436fe141f7749120a303721813',
]);

/** Whether a text is a path as Git has it: relative, with `/`, without `.` and `..`. */
export function isRepositoryPath(path: string): boolean {
  return path !== '' && !path.includes('\0') && path.split('/').every((part) => !['', '.', '..'].includes(part));
}

export function isCommitId(text: string): boolean {
  return COMMIT.test(text);
}

/** @throws CloudSessionsError if it is no comparison */
export function readComparison(value: unknown): Comparison {
  const baseCommit = shaOf(readRecord(value, 'merge_base_commit'));
  if (baseCommit === undefined || !isRecord(value) || !Array.isArray(value['files'])) {
    throw wrongShape('comparison');
  }
  const commits = readArray(value, 'commits');
  // Without paging, the last commit of the list is the last one of the comparison, however many there are.
  const headCommit = commits.length === 0 ? baseCommit : shaOf(commits.at(-1));
  if (headCommit === undefined) {
    throw wrongShape('comparison/commits');
  }
  const entries = readArray(value, 'files');
  const files = readFiles(entries);
  return { baseCommit, headCommit, files: files.list, isCut: entries.length >= MOST_COMPARED_FILES || files.lacks };
}

/**
 * The entries of a comparison or of a pull request's files, in the order of their paths.
 * @returns `lacks`: there were entries without a usable path
 */
export function readFiles(entries: readonly unknown[]): {
  readonly list: readonly ComparedFile[];
  readonly lacks: boolean;
} {
  const changed = entries.filter((entry) => readString(entry, 'status') !== 'unchanged');
  const list = changed.flatMap((entry) => readFile(entry) ?? []).sort((a, b) => byPath(a.file, b.file));
  return { list, lacks: list.length < changed.length };
}

function readFile(entry: unknown): ComparedFile | undefined {
  const path = readString(entry, 'filename');
  if (path === undefined || !isRepositoryPath(path)) {
    return undefined;
  }
  const word = readString(entry, 'status') ?? '';
  const status = statusOf(word);
  const before = readString(entry, 'previous_filename');
  const file: ChangedFile = {
    path,
    ...defined({
      oldPath: status === 'renamed' && before !== undefined && isRepositoryPath(before) ? before : undefined,
    }),
    status,
    additions: countOf(entry, 'additions'),
    deletions: countOf(entry, 'deletions'),
  };
  // GitHub sends no patch for binary files, and does not say which are; nor for other files without changed lines, and for
  // some that are too large, which have their numbers.
  if (readString(entry, 'patch') !== undefined || file.additions > 0 || file.deletions > 0) {
    return { file };
  }
  const blob = readText(entry, 'sha');
  switch (word) {
    case 'added':
    case 'removed':
      return { file: EMPTY_BLOBS.has(blob ?? '') ? file : { ...file, isBinary: true } };
    case 'modified':
      return { file, ...defined({ blob }) };
    default:
      // Renamed or copied without a change, or of another type.
      return { file };
  }
}

function statusOf(word: string): ChangeStatus {
  switch (word) {
    case 'added':
    case 'copied':
      return 'added';
    case 'removed':
      return 'deleted';
    case 'renamed':
      return 'renamed';
    default:
      // `changed` is a file of another type; words to come are taken for what is true of all of them.
      return 'modified';
  }
}

function countOf(entry: unknown, key: string): number {
  const count = isRecord(entry) ? entry[key] : undefined;
  return typeof count === 'number' && Number.isSafeInteger(count) && count > 0 ? count : 0;
}

function shaOf(commit: unknown): string | undefined {
  const sha = readString(commit, 'sha');
  return sha !== undefined && isCommitId(sha) ? sha : undefined;
}

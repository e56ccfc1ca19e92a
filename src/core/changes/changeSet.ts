import * as l10n from '@vscode/l10n';
import type { ChangedFile, SessionChanges } from './sessionChanges';

/** The two sides of a change: the file at the merge base, and as the session left it. */
export type Side = 'before' | 'after';

export type FileContent =
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array }
  /** There is no such file on this side. */
  | { readonly kind: 'absent' }
  /** It cannot be had; the reason is a sentence. */
  | { readonly kind: 'omitted'; readonly reason: string };

/** The changes of a session together with the files themselves, which are read when they are needed. */
export interface ChangeSet {
  readonly changes: SessionChanges;
  /** Never rejects. */
  content(file: ChangedFile, side: Side): Promise<FileContent>;
  /** The id of the blob after the change, or its beginning; `undefined` if the source does not name it. */
  blobAfter?(path: string): string | undefined;
  /**
   * The change of one file as a unified diff, for a file whose whole content cannot be had; `undefined` if its sides can
   * be read.
   */
  patch?(file: ChangedFile): Promise<string | undefined>;
}

/** Longest file that is shown, in bytes: an editor holds both sides as a whole. */
export const MAX_FILE_BYTES = 20 * 1024 * 1024;

export const ABSENT: FileContent = { kind: 'absent' };

export function isAbsent({ status }: ChangedFile, side: Side): boolean {
  return (side === 'before' && status === 'added') || (side === 'after' && status === 'deleted');
}

export function omitted(reason: string): FileContent {
  return { kind: 'omitted', reason };
}

/** @param size in bytes */
export function tooLarge(size: number | undefined): FileContent {
  return omitted(
    size === undefined
      ? l10n.t('This file is too large to be shown here.')
      : l10n.t('This file is too large to be shown here: it has {0} MB.', Math.ceil(size / 1_000_000)),
  );
}

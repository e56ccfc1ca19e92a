import * as l10n from '@vscode/l10n';
import { defined } from '../common/defined';
import {
  ABSENT,
  isAbsent,
  MAX_FILE_BYTES,
  omitted,
  tooLarge,
  type ChangeSet,
  type FileContent,
  type Side,
} from './changeSet';
import { decode, encode, textBefore, textOfBlob, textsAfter, textsBefore } from './diffedTexts';
import { applyHunks } from './hunks';
import type { ChangedFile, SessionChanges } from './sessionChanges';
import type { DiffedFile, WorkspaceDiff } from './workspaceDiff';

/** Reads files of the repository. */
export interface BaseFiles {
  /**
   * The blob of a file.
   * @param blob the beginning of its id, of at least four digits; `undefined`: the one at the merge base of the branch
   * @returns `undefined` if it cannot be read, or may be another one
   */
  read(path: string, blob: string | undefined): Promise<Uint8Array | undefined>;
}

/**
 * The changes on the agent's machine, which sends diffs only: the whole files are made of them and of the files before
 * the change. The diffs are not exact: carriage returns, white space at the end and bytes that are no UTF-8 are lost. So a
 * file counts only if its content has the id that the diff names. One without that, or whose blob cannot be found, has
 * only its diff.
 */
export class AgentChangeSet implements ChangeSet {
  readonly changes: SessionChanges;
  /** The files as the agent's machine has sent them. */
  readonly diffs: readonly DiffedFile[];
  private readonly files: ReadonlyMap<string, DiffedFile>;

  /** @param branches as far as they are known; the agent's own word for the base counts */
  constructor(
    { files, baseBranch }: WorkspaceDiff,
    { base, head }: { readonly base: string | undefined; readonly head: string | undefined },
    private readonly baseFiles: BaseFiles,
    readAt: Date,
  ) {
    this.diffs = files;
    this.files = new Map(files.map((file) => [file.path, file]));
    const from = baseBranch ?? base ?? '';
    this.changes = {
      source: 'agent',
      base: from,
      // Until the agent has a branch of its own, it names the one that it started from.
      ...defined({ head: head === from ? undefined : head }),
      files: files.map(changedFileOf),
      readAt,
    };
  }

  blobAfter(path: string): string | undefined {
    return this.files.get(path)?.blobAfter;
  }

  async content(changed: ChangedFile, side: Side): Promise<FileContent> {
    const file = this.files.get(changed.path);
    if (file === undefined || isAbsent(file, side)) {
      return ABSENT;
    }
    if (isLeftOut(file)) {
      return omitted(l10n.t('This file’s change is too large: the agent’s machine left it out.'));
    }
    const bytes = await this.bytes(file, side);
    if (bytes !== undefined) {
      return bytes.length > MAX_FILE_BYTES ? tooLarge(bytes.length) : { kind: 'bytes', bytes };
    }
    if (file.isBinary === true) {
      return omitted(l10n.t('This is a binary file. It can be seen once the agent has pushed it.'));
    }
    return omitted(
      side === 'after' && (await this.before(file)) !== undefined
        ? l10n.t('The agent’s machine does not send this file byte for byte: only the changed lines are known.')
        : l10n.t('The file before the change cannot be read here: only the changed lines are known.'),
    );
  }

  async patch(changed: ChangedFile): Promise<string | undefined> {
    const file = this.files.get(changed.path);
    if (file === undefined || isLeftOut(file) || file.isBinary === true) {
      return undefined;
    }
    const sides = (['before', 'after'] as const).filter((side) => !isAbsent(file, side));
    const contents = await Promise.all(sides.map((side) => this.bytes(file, side)));
    return contents.includes(undefined) ? file.diff.replace(/\n?$/, '\n') : undefined;
  }

  private async bytes(file: DiffedFile, side: Side): Promise<Uint8Array | undefined> {
    return side === 'before' ? await this.before(file) : await this.after(file);
  }

  private async before(file: DiffedFile): Promise<Uint8Array | undefined> {
    const { status, oldPath, path, hunks, blobBefore, isTypeChange } = file;
    if (status === 'added') {
      return new Uint8Array();
    }
    if (file.isSubmodule === true && isTypeChange !== true) {
      return hunks.length === 0 ? undefined : encode(textBefore(hunks));
    }
    if (blobBefore !== undefined) {
      const text = status === 'deleted' ? await textOfBlob(textsBefore(hunks), blobBefore) : undefined;
      return text ?? (await this.baseFiles.read(oldPath ?? path, blobBefore));
    }
    // A change of the name, the mode or the type names no blob.
    const isUnnamed = isTypeChange === true || (hunks.length === 0 && file.isBinary !== true);
    return isUnnamed ? await this.baseFiles.read(oldPath ?? path, undefined) : undefined;
  }

  private async after(file: DiffedFile): Promise<Uint8Array | undefined> {
    const { status, path, hunks, blobAfter, isTypeChange } = file;
    const isNew = status === 'added' || isTypeChange === true;
    if (file.isSubmodule === true) {
      const text = hunks.length === 0 ? undefined : applyHunks(hunks, isNew ? '' : textBefore(hunks));
      return text === undefined ? undefined : encode(text);
    }
    if (blobAfter === undefined) {
      return status === 'added' ? untracked(file) : hunks.length === 0 ? await this.before(file) : undefined;
    }
    const before = isNew ? new Uint8Array() : await this.before(file);
    const base = before === undefined || file.isBinary === true ? undefined : decode(before);
    const text = base === undefined ? undefined : await textOfBlob(textsAfter(hunks, base), blobAfter);
    // It may be pushed already.
    return text ?? (await this.baseFiles.read(path, blobAfter));
  }
}

function isLeftOut({ isTruncated, isTypeChange }: DiffedFile): boolean {
  return isTruncated === true && isTypeChange !== true;
}

/** A file that Git does not track yet: its diff has no id, but all of its text. */
function untracked({ hunks, isBinary }: DiffedFile): Uint8Array | undefined {
  const text = isBinary === true ? undefined : applyHunks(hunks, '');
  // The runtime replaces bytes that are no UTF-8.
  return text === undefined || text.includes('\uFFFD') ? undefined : encode(text);
}

function changedFileOf(file: DiffedFile): ChangedFile {
  const { diff: _diff, hunks: _hunks, blobBefore: _before, blobAfter: _after, isSubmodule: _is, ...rest } = file;
  const { isTypeChange: _isToo, ...changed } = rest;
  return changed;
}

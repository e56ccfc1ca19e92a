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
import { applyHunks } from './hunks';
import type { ChangedFile, SessionChanges } from './sessionChanges';
import type { DiffedFile, WorkspaceDiff } from './workspaceDiff';

/** Reads files as they were before the change. */
export interface BaseFiles {
  /**
   * The blob of a file.
   * @param blob the beginning of its id, of at least four digits; `undefined`: the one at the base of the branch
   * @returns `undefined` if it cannot be read, or is another one
   */
  read(path: string, blob: string | undefined): Promise<Uint8Array | undefined>;
}

/**
 * The changes on the agent's machine, which sends diffs only: the whole files are made of them and of the files before
 * the change. A file whose blob cannot be found, or to which the diff does not belong, has only its diff.
 */
export class AgentChangeSet implements ChangeSet {
  readonly changes: SessionChanges;
  private readonly files: ReadonlyMap<string, DiffedFile>;

  /** @param branches as far as they are known; the agent's own word for the base counts */
  constructor(
    { files, baseBranch }: WorkspaceDiff,
    { base, head }: { readonly base: string | undefined; readonly head: string | undefined },
    private readonly baseFiles: BaseFiles,
    readAt: Date,
  ) {
    this.files = new Map(files.map((file) => [file.path, file]));
    const from = baseBranch ?? base ?? '';
    this.changes = {
      source: 'agent',
      base: from,
      // Until the agent has a branch of its own, it names the one that it started from.
      ...defined({ head: head === from ? undefined : head }),
      files: files.map(({ diff: _diff, hunks: _hunks, blobBefore: _blob, isSubmodule: _is, ...file }) => file),
      readAt,
    };
  }

  async content(changed: ChangedFile, side: Side): Promise<FileContent> {
    const file = this.files.get(changed.path);
    if (file === undefined || isAbsent(file, side)) {
      return ABSENT;
    }
    if (file.isTruncated === true) {
      return omitted(l10n.t('This file’s change is too large: the agent’s machine left it out.'));
    }
    const sides = await this.sides(file);
    return sides === undefined
      ? omitted(
          file.isBinary === true
            ? l10n.t('This is a binary file. It can be seen once the agent has pushed it.')
            : l10n.t('The file before the change cannot be read here: only the changed lines are known.'),
        )
      : bytesOf(sides[side]);
  }

  async patch(changed: ChangedFile): Promise<string | undefined> {
    const file = this.files.get(changed.path);
    const isHidden = file === undefined || file.isTruncated === true || file.isBinary === true;
    return isHidden || (await this.sides(file)) !== undefined ? undefined : file.diff;
  }

  private async sides(file: DiffedFile): Promise<Readonly<Record<Side, string>> | undefined> {
    if (file.isBinary === true) {
      return undefined;
    }
    if (file.status === 'added') {
      return pair('', applyHunks(file.hunks, ''));
    }
    // The diff of a deleted file, and that of a submodule's commit, has all lines.
    if (file.status === 'deleted' || file.isSubmodule === true) {
      const before = file.hunks.flatMap((hunk) => hunk.before);
      const isOpen = file.hunks.some((hunk) => hunk.isOpenBefore);
      const text = before.length === 0 ? '' : `${before.join('\n')}${isOpen ? '' : '\n'}`;
      return pair(text, applyHunks(file.hunks, text));
    }
    // A change of the name or the mode alone names no blob, and any text fits it.
    const isNamed = file.blobBefore !== undefined || file.hunks.length === 0;
    const bytes = isNamed ? await this.baseFiles.read(file.oldPath ?? file.path, file.blobBefore) : undefined;
    const before = bytes && textIn(bytes);
    return before === undefined ? undefined : pair(before, applyHunks(file.hunks, before));
  }
}

function pair(before: string, after: string | undefined): Readonly<Record<Side, string>> | undefined {
  return after === undefined ? undefined : { before, after };
}

function textIn(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

function bytesOf(text: string): FileContent {
  const bytes = new TextEncoder().encode(text);
  return bytes.length > MAX_FILE_BYTES ? tooLarge(bytes.length) : { kind: 'bytes', bytes };
}

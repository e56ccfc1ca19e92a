import * as l10n from '@vscode/l10n';
import path from 'node:path';
import { readArray } from '../core/common/json';
import { textOf } from '../core/redaction/secrets';
import { mergePersistedStates, parsePersistedState, type PersistedState } from '../core/store/persistedState';
import { moveFile, type Files } from './files';
import { BACKUP_SUFFIX, CURRENT, findLeftOver, OUTDATED, readWindowFile, type OrphanedState } from './orphanedState';
import { newFileName } from './processOwnedFile';
import { DAMAGED_SUFFIX, TEMPORARY_SUFFIX } from './transcripts';

/** State of a window that could not be read, or only in part. */
export interface DamagedState {
  /** The current absolute path of the unreadable file. */
  readonly file: string;
  /** A localized clause. */
  readonly reason: string;
  /**
   * `restored`: its content before the last change was restored. `partly`: its readable part was restored. `left`: the
   * file stays in its place, and the next window reads it again. `lost`: nothing was restored.
   */
  readonly outcome: 'restored' | 'partly' | 'left' | 'lost';
}

/** The state of ended windows. */
export interface TakenOver {
  readonly state: PersistedState;
  /** Its files, renamed for this window; to be removed once the state is in the file of this window. */
  readonly claimed: readonly string[];
  /** Those of them that could only be read in part, with the names to keep them under. */
  readonly damaged: ReadonlyMap<string, string>;
}

interface Failure {
  readonly reason: string;
  /** Where the unreadable file is kept. */
  readonly file: string;
}

interface Found {
  readonly file: string;
  readonly value: unknown;
  readonly isCertain: boolean;
  readonly partly: boolean;
  /** Why a newer file could not be read. */
  readonly failure?: Failure;
}

/**
 * Takes over the state of ended windows of a workspace. Each file is claimed by a rename, so that no other window gets
 * it. Damaged files are renamed and reported.
 */
export class WindowTakeover {
  private readonly damaged = new Map<string, string>();

  constructor(
    private readonly folder: string,
    private readonly workspace: string,
    private readonly files: Files,
    private readonly onDamaged: (damaged: DamagedState) => void,
  ) {}

  /** Reads and claims the files; none is removed yet. */
  async run(): Promise<TakenOver> {
    const claimed: string[] = [];
    const read: { readonly name: string; readonly value: unknown; readonly isCertain: boolean }[] = [];
    for (const leftOver of await this.findAll()) {
      const found = await this.readOne(leftOver);
      if (found === undefined) {
        continue;
      }
      const name = newFileName(this.workspace, found.isCertain ? CURRENT : OUTDATED);
      const held = await this.move(found.file, name);
      if (held === 'taken') {
        continue;
      }
      // Prompts that another window may have too, or that may have been sent, must not be sent automatically.
      read.push({ name: leftOver.name, value: found.value, isCertain: found.isCertain && held === 'moved' });
      if (held === 'moved') {
        claimed.push(name);
        // A backup alone would be taken for the rest of a lost file.
        await this.remove(leftOver.others.filter((other) => other !== found.file));
      }
      this.report(leftOver, found, name, held === 'moved');
    }
    const superseded = new Set(read.flatMap(({ value }) => readArray(value, 'supersedes')));
    const state = mergePersistedStates(
      read
        .filter(({ name }) => !superseded.has(name))
        .map(({ value, isCertain }) =>
          isCertain ? parsePersistedState(value) : uncertain(parsePersistedState(value)),
        ),
    );
    return { state, claimed, damaged: this.damaged };
  }

  private async findAll(): Promise<readonly OrphanedState[]> {
    try {
      return await findLeftOver(this.files, this.folder, this.workspace);
    } catch (error) {
      this.onDamaged({ file: this.folder, reason: textOf(error), outcome: 'left' });
      return [];
    }
  }

  /** Reads the newest readable file of a window. Damaged ones are renamed and reported. */
  private async readOne(leftOver: OrphanedState): Promise<Found | undefined> {
    const { primary, others, isCertain } = leftOver;
    let failure: Failure | undefined;
    if (primary !== undefined) {
      const read = await readWindowFile(this.files, this.locate(primary));
      if (read.kind === 'read') {
        const isNewest = isCertain && !primary.endsWith(OUTDATED);
        return { file: primary, value: read.value, isCertain: isNewest, partly: read.partly };
      }
      if (read.kind === 'missing') {
        return undefined;
      }
      if (read.kind === 'unreadable') {
        this.onDamaged({ file: this.locate(primary), reason: read.reason, outcome: 'left' });
        return undefined;
      }
      const aside = `${primary}${DAMAGED_SUFFIX}`;
      const moved = await this.move(primary, aside);
      if (moved === 'taken') {
        return undefined;
      }
      failure = { reason: read.reason, file: moved === 'moved' ? aside : primary };
    }
    for (const file of others) {
      const read = await readWindowFile(this.files, this.locate(file));
      if (read.kind === 'read') {
        // Without the file that it was to replace, the temporary file is the newest, and complete.
        const isNewest = isCertain && primary === undefined && file.endsWith(TEMPORARY_SUFFIX);
        return { file, value: read.value, isCertain: isNewest, partly: read.partly, ...(failure && { failure }) };
      }
      // Only a backup proves that a state was saved; a temporary file may be an incomplete first write.
      if (read.kind === 'damaged' && file.endsWith(BACKUP_SUFFIX)) {
        failure ??= { reason: read.reason, file };
      }
    }
    if (failure !== undefined) {
      this.onDamaged({ file: this.locate(failure.file), reason: failure.reason, outcome: 'lost' });
    }
    return undefined;
  }

  private report(leftOver: OrphanedState, { failure, file, partly }: Found, claimed: string, held: boolean): void {
    if (failure !== undefined) {
      this.onDamaged({ file: this.locate(failure.file), reason: failure.reason, outcome: 'restored' });
    } else if (leftOver.primary === undefined && file.endsWith(BACKUP_SUFFIX)) {
      this.onDamaged({ file: this.locate(leftOver.name), reason: l10n.t('it is missing'), outcome: 'restored' });
    }
    if (partly) {
      const aside = `${leftOver.name}${DAMAGED_SUFFIX}`;
      if (held) {
        this.damaged.set(claimed.replace(OUTDATED, CURRENT), aside);
      }
      this.onDamaged({
        file: this.locate(held ? aside : file),
        reason: l10n.t('some of its entries are not readable'),
        outcome: 'partly',
      });
    }
  }

  private async remove(names: readonly string[]): Promise<void> {
    for (const name of names) {
      await this.files.rm(this.locate(name), { force: true }).catch(() => undefined);
    }
  }

  private move(from: string, to: string): ReturnType<typeof moveFile> {
    return moveFile(this.files, this.locate(from), this.locate(to));
  }

  private locate(name: string): string {
    return path.join(this.folder, name);
  }
}

/** Queued prompts may have been sent since. */
function uncertain(state: PersistedState): PersistedState {
  return {
    ...state,
    sessions: state.sessions.map((session) => ({
      ...session,
      prompts: session.prompts.map((prompt) =>
        prompt.state === 'queued' ? { ...prompt, state: 'undelivered', transmitted: true } : prompt,
      ),
    })),
  };
}

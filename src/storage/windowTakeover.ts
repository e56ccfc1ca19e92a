import * as l10n from '@vscode/l10n';
import path from 'node:path';
import { readArray } from '../core/common/json';
import { textOf } from '../core/redaction/secrets';
import { mergePersistedStates, parsePersistedState, type PersistedState } from '../core/store/persistedState';
import { moveFile, type Files } from './files';
import { BACKUP_SUFFIX, CURRENT, findLeftOver, OUTDATED, readWindowFile, type OrphanedState } from './orphanedState';
import { newFileName } from './processOwnedFile';
import { DAMAGED_SUFFIX, TEMPORARY_SUFFIX } from './transcripts';

/** Something that a window kept could not be read, or only in part. */
export interface DamagedState {
  /** Absolute path of what could not be read, where it is now. */
  readonly file: string;
  readonly reason: string;
  /**
   * `restored`: what it was before its last change is there. `partly`: what could be read of it is. `left`: it is in its
   * place, and is read again by the next window.
   */
  readonly outcome: 'restored' | 'partly' | 'left' | 'lost';
}

/** What ended windows had. */
export interface TakenOver {
  readonly state: PersistedState;
  /** The files that it is in, under the names that are ours now: to be removed once it is in a file of this window. */
  readonly claimed: readonly string[];
  /** Of these, by name, those that could not be read in part, and the names to keep them aside under. */
  readonly damaged: ReadonlyMap<string, string>;
}

interface Failure {
  readonly reason: string;
  /** Where it is kept. */
  readonly file: string;
}

interface Found {
  readonly file: string;
  readonly value: unknown;
  readonly isCertain: boolean;
  readonly partly: boolean;
  /** Why a newer one could not be read. */
  readonly failure?: Failure;
}

/**
 * Takes over what windows of a workspace that have ended had. Each file is claimed by a rename, so that no other window
 * gets it; what is damaged is kept aside, and reported.
 */
export class WindowTakeover {
  private readonly damaged = new Map<string, string>();

  constructor(
    private readonly folder: string,
    private readonly workspace: string,
    private readonly files: Files,
    private readonly onDamaged: (damaged: DamagedState) => void,
  ) {}

  /** Reads and claims what is left; nothing of it is removed yet. */
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
      // What another window may have as well, or what may be done already, is not to be sent by itself.
      read.push({ name: leftOver.name, value: found.value, isCertain: found.isCertain && held === 'moved' });
      if (held === 'moved') {
        claimed.push(name);
        // Not what it was before: beside nothing, that would be taken for what is left of a file.
        await this.remove(leftOver.others.filter((other) => other !== found.file));
      }
      this.tellOf(leftOver, found, name, held === 'moved');
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

  /** The newest that can be read of a window's files. What is damaged is kept aside, and told of. */
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
        // Without the file that it was to replace, the temporary one is the newest, and whole.
        const isNewest = isCertain && primary === undefined && file.endsWith(TEMPORARY_SUFFIX);
        return { file, value: read.value, isCertain: isNewest, partly: read.partly, ...(failure && { failure }) };
      }
      // A first write that was cut off has promised nothing; a backup has.
      if (read.kind === 'damaged' && file.endsWith(BACKUP_SUFFIX)) {
        failure ??= { reason: read.reason, file };
      }
    }
    if (failure !== undefined) {
      this.onDamaged({ file: this.locate(failure.file), reason: failure.reason, outcome: 'lost' });
    }
    return undefined;
  }

  private tellOf(leftOver: OrphanedState, { failure, file, partly }: Found, claimed: string, held: boolean): void {
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

/** What was queued may have been sent since. */
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

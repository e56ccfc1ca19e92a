import path from 'node:path';
import {
  mergePersistedStates,
  EMPTY_STATE,
  parsePersistedState,
  type PersistedState,
} from '../core/store/persistedState';
import { readArray } from '../core/common/json';
import type { DiskTrouble } from './diskHealth';
import { errorCode, FILE_MODE, FOLDER_MODE, type Files } from './files';
import { claim, handedOverName, newFileName } from './processOwnedFile';
import {
  BACKUP_SUFFIX,
  CURRENT,
  findLeftOver,
  OUTDATED,
  readWindowFile,
  WINDOW_VERSION,
  type OrphanedState,
} from './orphanedState';
import { DAMAGED_SUFFIX, TEMPORARY_SUFFIX } from './transcripts';
import { textOf } from '../core/redaction/secrets';

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

/**
 * What a window keeps over its end: one small file, written anew, in one step, whenever something in it changes; what it
 * was before stays beside it until the next change. The next window of the same workspace takes it over.
 */
export class WindowFile {
  private name: string;
  private release: () => void;
  private exists = false;
  private outdated = false;
  private written = '';
  private wanted: PersistedState = EMPTY_STATE;
  /** Files whose content is in `wanted`: gone once that is written. */
  private taken: readonly string[] = [];
  /** Of these, what could not be read in part: kept aside. */
  private readonly damaged = new Map<string, string>();
  private running: Promise<void> | undefined;
  private waiting: Promise<void> | undefined;
  private retry: NodeJS.Timeout | undefined;
  private closed = false;

  /** @param workspace what a window is found again by */
  constructor(
    private readonly folder: string,
    private readonly workspace: string,
    private readonly files: Files,
    private readonly disk: DiskTrouble,
    private readonly onDamaged: (damaged: DamagedState) => void,
  ) {
    this.name = newFileName(workspace, CURRENT);
    this.release = claim(folder, this.name);
  }

  /** What the windows of this workspace that have ended had; it is ours from here on, and no other window gets it. */
  async takeOver(): Promise<PersistedState> {
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
    this.taken = claimed;
    const superseded = new Set(read.flatMap(({ value }) => readArray(value, 'supersedes')));
    return mergePersistedStates(
      read
        .filter(({ name }) => !superseded.has(name))
        .map(({ value, isCertain }) =>
          isCertain ? parsePersistedState(value) : uncertain(parsePersistedState(value)),
        ),
    );
  }

  /** Resolves once this state, or a later one, is on disk, or could not be written. Never rejects. */
  save(state: PersistedState): Promise<void> {
    this.wanted = state;
    if (this.running === undefined) {
      this.running = this.write().finally(() => {
        this.running = undefined;
      });
      return this.running;
    }
    this.waiting ??= this.running.then(() => {
      this.waiting = undefined;
      return this.save(this.wanted);
    });
    return this.waiting;
  }

  /** The next window of this workspace may have it. */
  async close(): Promise<void> {
    // What is saved while this is being written counts as well, and must not be in a file beside the one handed over.
    for (let busy = this.waiting ?? this.running; busy !== undefined; busy = this.waiting ?? this.running) {
      await busy;
    }
    this.closed = true;
    clearTimeout(this.retry);
    this.disk.forget(this);
    if (this.exists) {
      // At once, also while this process still runs. The backup goes first: alone, it is nobody's yet.
      const name = handedOverName(this.workspace, CURRENT);
      await this.move(`${this.name}${BACKUP_SUFFIX}`, `${name}${BACKUP_SUFFIX}`);
      await this.move(this.name, name);
    }
    this.release();
  }

  private async write(): Promise<void> {
    const text = `${JSON.stringify({ version: WINDOW_VERSION, supersedes: this.taken, ...this.wanted })}\n`;
    const nothing = this.wanted.sessions.length === 0 && this.wanted.creations.length === 0;
    if (this.closed || text === this.written || (nothing && !this.exists && this.taken.length === 0)) {
      return;
    }
    const temporary = this.locate(`${this.name}${TEMPORARY_SUFFIX}`);
    const current = this.locate(this.name);
    const backup = this.locate(`${this.name}${BACKUP_SUFFIX}`);
    let isBackedUp = false;
    try {
      await this.files.mkdir(this.folder, { recursive: true, mode: FOLDER_MODE });
      const handle = await this.files.open(temporary, 'w', FILE_MODE);
      try {
        await handle.appendFile(text);
        await handle.sync();
      } finally {
        await handle.close();
      }
      // Until the next step, the new file is whole under its temporary name, and is found there.
      isBackedUp = this.exists && (await this.move(this.name, `${this.name}${BACKUP_SUFFIX}`)) === 'moved';
      await this.files.rename(temporary, current);
      await this.syncFolder();
      this.exists = true;
      this.written = text;
      this.disk.succeeded(this);
      if (this.outdated) {
        this.outdated = false;
        await this.files.rm(this.locate(outdatedName(this.name)), { force: true }).catch(() => undefined);
      }
      await this.removeTaken();
    } catch (error) {
      if (isBackedUp) {
        await this.files.rename(backup, current).catch(() => undefined);
      }
      await this.files.rm(temporary, { force: true }).catch(() => undefined);
      await this.markOutdated();
      const delayMs = this.disk.failed(this, error);
      clearTimeout(this.retry);
      this.retry = setTimeout(() => void this.save(this.wanted), delayMs);
    }
  }

  /** A full disk takes no new content, but a new name: from it, nothing is sent by itself. */
  private async markOutdated(): Promise<void> {
    const names = [...(this.exists ? [this.name] : []), ...this.taken.filter((name) => !name.endsWith(OUTDATED))];
    for (const name of names) {
      await this.files.rename(this.locate(name), this.locate(outdatedName(name))).catch(() => undefined);
    }
    this.outdated ||= this.exists;
    this.exists = false;
    this.written = '';
    this.taken = this.taken.map((name) => (name.endsWith(OUTDATED) ? name : outdatedName(name)));
  }

  /** A name that is not on disk is lost with the machine's power. Not every system can do it. */
  private async syncFolder(): Promise<void> {
    try {
      const handle = await this.files.open(this.folder, 'r');
      await handle.sync().finally(() => handle.close());
    } catch {
      // The file itself is whole, under this name or the one before.
    }
  }

  private async removeTaken(): Promise<void> {
    for (const name of this.taken) {
      const aside = this.damaged.get(name.replace(OUTDATED, CURRENT));
      await (aside === undefined ? this.remove([name]) : this.move(name, aside));
    }
  }

  private async remove(names: readonly string[]): Promise<void> {
    for (const name of names) {
      await this.files.rm(this.locate(name), { force: true }).catch(() => undefined);
    }
  }

  /** `taken`: there is no such file any more, for another window has it. */
  private async move(from: string, to: string): Promise<'moved' | 'taken' | 'failed'> {
    try {
      await this.files.rename(this.locate(from), this.locate(to));
      return 'moved';
    } catch (error) {
      return errorCode(error) === 'ENOENT' ? 'taken' : 'failed';
    }
  }

  private async findAll(): Promise<readonly OrphanedState[]> {
    try {
      return await findLeftOver(this.files, this.folder, this.workspace);
    } catch (error) {
      this.onDamaged({ file: this.folder, reason: describe(error), outcome: 'left' });
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
      this.onDamaged({ file: this.locate(leftOver.name), reason: 'it is missing', outcome: 'restored' });
    }
    if (partly) {
      const aside = `${leftOver.name}${DAMAGED_SUFFIX}`;
      if (held) {
        this.damaged.set(claimed.replace(OUTDATED, CURRENT), aside);
      }
      this.onDamaged({
        file: this.locate(held ? aside : file),
        reason: 'some of its entries are not readable',
        outcome: 'partly',
      });
    }
  }

  private locate(name: string): string {
    return path.join(this.folder, name);
  }
}

function outdatedName(name: string): string {
  return name.replace(/\.json$/, `.${OUTDATED}`);
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

function describe(error: unknown): string {
  return textOf(error);
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

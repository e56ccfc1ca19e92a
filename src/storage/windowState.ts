import path from 'node:path';
import { EMPTY_STATE, type PersistedState } from '../core/store/persistedState';
import type { DiskTrouble } from './diskHealth';
import { FILE_MODE, FOLDER_MODE, moveFile, type Files } from './files';
import { BACKUP_SUFFIX, CURRENT, OUTDATED, WINDOW_VERSION } from './orphanedState';
import { claim, handedOverName, newFileName } from './processOwnedFile';
import { TEMPORARY_SUFFIX } from './transcripts';
import { WindowTakeover, type DamagedState } from './windowTakeover';

/**
 * The persisted state of a window: one small file, which is replaced atomically whenever it changes. The previous
 * content is kept beside it until the next change. The next window of the same workspace takes it over.
 */
export class WindowFile {
  private name: string;
  private release: () => void;
  private exists = false;
  private outdated = false;
  private written = '';
  private wanted: PersistedState = EMPTY_STATE;
  /** Files whose content is in `wanted`; removed once that is written. */
  private taken: readonly string[] = [];
  /** Those of them that could only be read in part, with the names to keep them under. */
  private damaged: ReadonlyMap<string, string> = new Map();
  private running: Promise<void> | undefined;
  private waiting: Promise<void> | undefined;
  private retry: NodeJS.Timeout | undefined;
  private closed = false;

  /** @param workspace identifies the workspace */
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

  /** Takes over the state of ended windows of this workspace. No other window gets it. */
  async takeOver(): Promise<PersistedState> {
    const { state, claimed, damaged } = await new WindowTakeover(
      this.folder,
      this.workspace,
      this.files,
      this.onDamaged,
    ).run();
    this.taken = claimed;
    this.damaged = damaged;
    return state;
  }

  /** Resolves once this state or a later one is written, or the write has failed. Never rejects. */
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

  /** Hands the file over to the next window of this workspace. */
  async close(): Promise<void> {
    // States that are saved meanwhile must not end up in a file beside the one that is handed over.
    for (let busy = this.waiting ?? this.running; busy !== undefined; busy = this.waiting ?? this.running) {
      await busy;
    }
    this.closed = true;
    clearTimeout(this.retry);
    this.disk.forget(this);
    if (this.exists) {
      // At once, also while this process is running. The backup first: alone, it is not taken over.
      const name = handedOverName(this.workspace, CURRENT);
      await this.move(`${this.name}${BACKUP_SUFFIX}`, `${name}${BACKUP_SUFFIX}`);
      await this.move(this.name, name);
    }
    this.release();
  }

  private async write(): Promise<void> {
    const text = `${JSON.stringify({ version: WINDOW_VERSION, supersedes: this.taken, ...this.wanted })}\n`;
    const { sessions, creations, reviews } = this.wanted;
    const nothing = sessions.length + creations.length + reviews.length === 0;
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
      // Until the next step, the new file is complete under its temporary name, where readers find it.
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

  /** A full disk allows a rename but no new content. Nothing of an outdated file is sent automatically. */
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

  /** Syncs the folder, or the new name could be lost in a power failure. Not every system supports it. */
  private async syncFolder(): Promise<void> {
    try {
      const handle = await this.files.open(this.folder, 'r');
      await handle.sync().finally(() => handle.close());
    } catch {
      // The file itself is complete, under this name or the previous one.
    }
  }

  private async removeTaken(): Promise<void> {
    for (const name of this.taken) {
      const aside = this.damaged.get(name.replace(OUTDATED, CURRENT));
      await (aside === undefined
        ? this.files.rm(this.locate(name), { force: true }).catch(() => undefined)
        : this.move(name, aside));
    }
  }

  private move(from: string, to: string): ReturnType<typeof moveFile> {
    return moveFile(this.files, this.locate(from), this.locate(to));
  }

  private locate(name: string): string {
    return path.join(this.folder, name);
  }
}

function outdatedName(name: string): string {
  return name.replace(/\.json$/, `.${OUTDATED}`);
}

import path from 'node:path';
import { joinKeptStates, NOTHING_KEPT, readKeptState, type KeptState } from '../core/keptState';
import { isRecord, readArray } from '../core/json';
import type { DiskTrouble } from './diskTrouble';
import { errorCode, FILE_MODE, FOLDER_MODE, readLines, type Files } from './files';
import { claim, hasWriter, newFileName, parseFileName, stemOf, type OwnedFile } from './ownedFiles';
import { DAMAGED_SUFFIX, TEMPORARY_SUFFIX } from './transcripts';

const VERSION = 1;
const CURRENT = 'json';
/** What the file says is older than what was done: a save failed after it. */
const OUTDATED = 'outdated.json';

/**
 * What a window keeps over its end: one small file, written anew, in one step, whenever something in it changes. The
 * next window of the same workspace takes it over.
 */
export class WindowFile {
  private name: string;
  private release: () => void;
  private exists = false;
  private outdated = false;
  private written = '';
  private wanted: KeptState = NOTHING_KEPT;
  /** Files whose content is in `wanted`: gone once that is written. */
  private taken: readonly string[] = [];
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
    private readonly warn: (message: string) => void,
  ) {
    this.name = newFileName(workspace, CURRENT);
    this.release = claim(folder, this.name);
  }

  /** What the windows of this workspace that have ended had; it is ours from here on, and no other window gets it. */
  async takeOver(): Promise<KeptState> {
    const claimed: string[] = [];
    const read: { readonly name: string; readonly value: unknown; readonly outdated: boolean }[] = [];
    for (const file of await this.leftOver()) {
      const isOutdated = file.extension === OUTDATED;
      const name = newFileName(this.workspace, file.extension);
      let held = true;
      try {
        await this.files.rename(this.locate(file.name), this.locate(name));
      } catch (error) {
        if (errorCode(error) === 'ENOENT') {
          continue;
        }
        held = false;
      }
      const value = await this.read(held ? name : file.name);
      if (value === undefined) {
        continue;
      }
      // What another window may have as well, or what may be done already, is not to be sent by itself.
      read.push({ name: file.name, value, outdated: isOutdated || !held });
      if (held) {
        claimed.push(name);
      }
    }
    this.taken = claimed;
    const superseded = new Set(read.flatMap(({ value }) => readArray(value, 'supersedes')));
    return joinKeptStates(
      read
        .filter(({ name }) => !superseded.has(name))
        .map(({ value, outdated }) => (outdated ? uncertain(readKeptState(value)) : readKeptState(value))),
    );
  }

  /** Resolves once this state, or a later one, is on disk, or could not be written. Never rejects. */
  save(state: KeptState): Promise<void> {
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
    await (this.waiting ?? this.running);
    this.closed = true;
    clearTimeout(this.retry);
    this.disk.forget(this);
    this.release();
  }

  private async write(): Promise<void> {
    const text = `${JSON.stringify({ version: VERSION, supersedes: this.taken, ...this.wanted })}\n`;
    const nothing = this.wanted.sessions.length === 0 && this.wanted.creations.length === 0;
    if (this.closed || text === this.written || (nothing && !this.exists && this.taken.length === 0)) {
      return;
    }
    const temporary = this.locate(`${this.name}${TEMPORARY_SUFFIX}`);
    try {
      await this.files.mkdir(this.folder, { recursive: true, mode: FOLDER_MODE });
      const handle = await this.files.open(temporary, 'w', FILE_MODE);
      try {
        await handle.appendFile(text);
        await handle.sync();
      } finally {
        await handle.close();
      }
      await this.files.rename(temporary, this.locate(this.name));
      this.exists = true;
      this.written = text;
      this.disk.succeeded(this);
      if (this.outdated) {
        this.outdated = false;
        await this.files.rm(this.locate(outdatedName(this.name)), { force: true }).catch(() => undefined);
      }
      await this.removeTaken();
    } catch (error) {
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

  private async removeTaken(): Promise<void> {
    for (const name of this.taken) {
      await this.files.rm(this.locate(name), { force: true }).catch(() => undefined);
    }
  }

  private async leftOver(): Promise<readonly OwnedFile[]> {
    let names: readonly string[];
    try {
      names = await this.files.readdir(this.folder);
    } catch (error) {
      if (errorCode(error) !== 'ENOENT') {
        this.warn(`What was open before cannot be read: ${String(error)}`);
      }
      return [];
    }
    const stem = stemOf(this.workspace);
    return names.flatMap((name) => {
      const file = parseFileName(name);
      const isOurs = file?.stem === stem && (file.extension === CURRENT || file.extension === OUTDATED);
      return isOurs && !hasWriter(this.folder, file) ? [file] : [];
    });
  }

  private async read(name: string): Promise<unknown> {
    try {
      for await (const { text } of readLines(this.files, this.locate(name))) {
        const value: unknown = JSON.parse(text);
        if (isRecord(value) && value['version'] === VERSION) {
          return value;
        }
        break;
      }
      throw new Error('its content is of no known version');
    } catch (error) {
      this.warn(`What was open before cannot be read from ${name}${DAMAGED_SUFFIX}: ${String(error)}`);
      await this.files.rename(this.locate(name), this.locate(`${name}${DAMAGED_SUFFIX}`)).catch(() => undefined);
      return undefined;
    }
  }

  private locate(name: string): string {
    return path.join(this.folder, name);
  }
}

function outdatedName(name: string): string {
  return name.replace(/\.json$/, `.${OUTDATED}`);
}

/** What was queued may have been sent since. */
function uncertain(state: KeptState): KeptState {
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

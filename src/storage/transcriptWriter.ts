import { constants } from 'node:fs';
import path from 'node:path';
import type { CloudSession } from '../core/session/session';
import type { LogChange, SessionNote } from '../core/session/sessionHistory';
import { sharedTurns } from '../core/common/timeSlices';
import type { DiskTrouble } from './diskHealth';
import { errorCode, FILE_MODE, FOLDER_MODE } from './files';
import { notesByEvent, recordsOf } from './mergeTranscripts';
import { claim, hasWriter, newFileName, type OwnedFile } from './processOwnedFile';
import { removeReplaced, reportDamage } from './replacedTranscripts';
import {
  headerLine,
  recordLine,
  type TranscriptHeader,
  type TranscriptNote,
  type TranscriptRecord,
} from './transcriptFormat';
import { HOLD_MS, TranscriptQueue } from './transcriptQueue';
import { TEMPORARY_SUFFIX, TRANSCRIPT, type FileSummary, type Transcripts } from './transcripts';

/** How long changes are collected before they are written, in milliseconds. */
const FLUSH_MS = 50;
/** A file is written anew when deltas whose whole text is there are more than half of it, and more than this, in bytes. */
const MIN_SUPERSEDED = 256 * 1024;
const APPEND = constants.O_WRONLY | constants.O_APPEND;

/**
 * Writes one session's transcript as it grows. Lines are appended whole, several in one write; what comes to stand
 * before the end, and what has changed in the first line, writes the file anew, beside the old one, which it replaces
 * in one step. Nothing here throws: `DiskTrouble` tells, and it is tried again.
 */
export class TranscriptWriter {
  private readonly queue = new TranscriptQueue();
  /** The whole file is to be written. */
  private rewrite = true;
  /** What other files are replaced by this one, once it is written. */
  private replaced: readonly FileSummary[] = [];
  private name: string;
  private release: () => void;
  private size = 0;
  private header = '';
  private holdTimer: NodeJS.Timeout | undefined;
  private started = false;
  private timer: NodeJS.Timeout | undefined;
  private running: Promise<void> | undefined;
  private closed = false;
  private readonly subscriptions: { dispose(): void }[] = [];

  constructor(
    private readonly transcripts: Transcripts,
    private readonly session: CloudSession,
    private readonly readHeader: () => TranscriptHeader,
    private readonly disk: DiskTrouble,
  ) {
    this.name = newFileName(session.sessionId, TRANSCRIPT);
    this.release = claim(transcripts.folder, this.name);
  }

  /**
   * Begins to write.
   *
   * @param found what there is of the session on disk already, and is part of what the session shows by now
   */
  async start(found: readonly FileSummary[]): Promise<void> {
    this.started = true;
    this.subscriptions.push(
      this.session.onDidChangeLog((change) => this.onChange(change)),
      this.session.onDidChange(() => this.schedule(FLUSH_MS)),
    );
    this.replaced = found;
    const [only] = found;
    const shown = this.session.events.length + this.session.notes.length;
    const isWhole = only?.damagedLines === 0 && !only.cutOff && only.recordCount === shown;
    if (only?.header !== undefined && found.length === 1 && isWhole) {
      await this.takeOver(only, headerLine(only.header));
    } else {
      await reportDamage(this.transcripts, this.session, found);
    }
    this.schedule(0);
  }

  /** Writes what is to be written, and ends. */
  async close(): Promise<void> {
    for (const subscription of this.subscriptions.splice(0)) {
      subscription.dispose();
    }
    // A session that was restored and has shown nothing new is in its old file.
    if (this.started || this.session.events.length > 0) {
      await this.flush();
    }
    this.closed = true;
    clearTimeout(this.timer);
    clearTimeout(this.holdTimer);
    this.disk.forget(this);
    this.release();
  }

  /**
   * Resolves once all that was known when it was called is written, or could not be.
   * @param mayHold deltas at the end may wait for their whole text
   */
  async flush(mayHold = false): Promise<void> {
    while (this.running !== undefined) {
      await this.running;
    }
    clearTimeout(this.timer);
    this.timer = undefined;
    this.running = this.write(mayHold).finally(() => {
      this.running = undefined;
    });
    await this.running;
  }

  private onChange(change: LogChange): void {
    if (change.kind === 'rewritten') {
      this.rewrite = true;
      this.queue.reset();
    } else if (change.kind === 'event') {
      this.queue.observe(change.event);
      if (!this.rewrite) {
        this.queue.addEvent(change.event);
      }
    } else if (!this.rewrite) {
      this.queue.addNote(withoutPlace(change.note));
    }
    this.schedule(FLUSH_MS);
  }

  private schedule(delayMs: number): void {
    if (!this.closed) {
      this.timer ??= setTimeout(() => void this.flush(true), delayMs);
    }
  }

  /** The file of a window that has ended, and has all that the session shows: goes on as this one's. */
  private async takeOver({ file, superseded }: FileSummary, header: string): Promise<void> {
    const known = this.session.events.length + this.session.notes.length;
    if (await hasWriter(this.transcripts.folder, file)) {
      return;
    }
    try {
      await this.transcripts.files.rename(this.locate(file.name), this.locate(this.name));
      const { size } = await this.transcripts.files.stat(this.locate(this.name));
      this.replaced = [];
      this.header = header;
      this.queue.reset(superseded);
      // What came in the meantime is in the session, not in the file.
      if (known === this.session.events.length + this.session.notes.length) {
        this.size = size;
        this.rewrite = false;
      }
    } catch {
      // Another window was faster, or the disk does not let us: then all is written anew.
    }
  }

  private async write(mayHold: boolean): Promise<void> {
    const held = mayHold ? this.queue.countHeld() : 0;
    if (held > 0) {
      this.holdTimer ??= setTimeout(() => {
        this.holdTimer = undefined;
        this.schedule(0);
      }, HOLD_MS);
    }
    try {
      const header = headerLine(this.readHeader());
      const { supersededBytes } = this.queue;
      const isMostlySuperseded = supersededBytes > MIN_SUPERSEDED && supersededBytes > this.size / 2;
      if (this.rewrite || isMostlySuperseded || header !== this.header) {
        await this.writeAnew(header);
      } else if (this.queue.length > held) {
        await this.append(held);
      } else {
        return;
      }
      this.disk.succeeded(this);
    } catch (error) {
      const delayMs = this.disk.failed(this, error);
      this.timer ??= setTimeout(() => void this.flush(true), delayMs);
    }
  }

  private async append(held: number): Promise<void> {
    const { files } = this.transcripts;
    let handle;
    try {
      handle = await files.open(this.locate(this.name), APPEND);
    } catch (error) {
      if (errorCode(error) === 'ENOENT') {
        // Somebody deleted it: what is shown is kept all the same.
        await this.writeAnew(this.header);
        return;
      }
      throw error;
    }
    try {
      const { size } = await handle.stat();
      if (size < this.size) {
        this.rewrite = true;
      } else if (size > this.size) {
        // An append that failed in its middle.
        await handle.truncate(this.size);
      }
      if (!this.rewrite) {
        try {
          for await (const lines of this.linesOf(this.queue.take(held))) {
            await handle.appendFile(lines);
            this.size += Buffer.byteLength(lines);
          }
        } catch (error) {
          // How much of it is there is not known: all that is shown is written anew.
          this.rewrite = true;
          throw error;
        }
      }
    } finally {
      await handle.close();
    }
    if (this.rewrite) {
      await this.writeAnew(this.header);
    }
  }

  private async writeAnew(header: string): Promise<void> {
    const { files, folder } = this.transcripts;
    const { notes, events } = this.session;
    const records = recordsOf(events, notesByEvent(notes));
    // From here on, changes are in the queue.
    this.rewrite = false;
    this.queue.reset();
    const temporary = this.locate(`${this.name}${TEMPORARY_SUFFIX}`);
    try {
      await files.mkdir(folder, { recursive: true, mode: FOLDER_MODE });
      const handle = await files.open(temporary, 'w', FILE_MODE);
      let size = Buffer.byteLength(header);
      try {
        await handle.appendFile(header);
        for await (const lines of this.linesOf(records)) {
          await handle.appendFile(lines);
          size += Buffer.byteLength(lines);
        }
        await handle.sync();
      } finally {
        await handle.close();
      }
      await files.rename(temporary, this.locate(this.name));
      this.size = size;
      this.header = header;
    } catch (error) {
      this.rewrite = true;
      await files.rm(temporary, { force: true }).catch(() => undefined);
      throw error;
    }
    await removeReplaced(this.transcripts, this.replaced);
    this.replaced = [];
  }

  /** Lines, as many at a time as are made in one slice. */
  private async *linesOf(records: Iterable<TranscriptRecord>): AsyncGenerator<string> {
    let lines: string[] = [];
    let isOver = sharedTurns.begin();
    for (const record of records) {
      const line = recordLine(record);
      lines.push(line);
      this.queue.written(record, line);
      if (isOver()) {
        yield lines.join('');
        lines = [];
        await sharedTurns.next();
        isOver = sharedTurns.begin();
      }
    }
    if (lines.length > 0) {
      yield lines.join('');
    }
  }

  private locate(name: OwnedFile['name']): string {
    return path.join(this.transcripts.folder, name);
  }
}

/** Its place in the file says what it follows. */
function withoutPlace({ level, text, at }: SessionNote): TranscriptNote {
  return { level, text, at };
}

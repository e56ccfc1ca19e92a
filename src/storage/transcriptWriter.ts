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
/** A file is rewritten when superseded deltas are more than half of it, and more than this, in bytes. */
const MIN_SUPERSEDED = 256 * 1024;
const APPEND = constants.O_WRONLY | constants.O_APPEND;

/**
 * Writes the transcript of one session as it grows. Whole lines are appended, several in one write. If an event is
 * inserted before the end, or the first line changes, the whole file is rewritten beside the old one, which it replaces
 * atomically. Nothing here throws: failures go to `DiskTrouble`, and are retried.
 */
export class TranscriptWriter {
  private readonly queue = new TranscriptQueue();
  /** Whether the whole file has to be written. */
  private rewrite = true;
  /** The files that this one replaces once it is written. */
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
   * Starts writing.
   *
   * @param found the files of the session on disk; their content is part of the session already
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

  /** Writes the rest, and ends. */
  async close(): Promise<void> {
    for (const subscription of this.subscriptions.splice(0)) {
      subscription.dispose();
    }
    // The old file has all of a restored session without new events.
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
   * Resolves once everything up to the call is written, or the write has failed.
   * @param mayHold whether deltas at the end may be held back until their whole text arrives
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

  /** Continues the file of an ended window that has the whole session. */
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
      // Events that arrived meanwhile are in the session, but not in the file.
      if (known === this.session.events.length + this.session.notes.length) {
        this.size = size;
        this.rewrite = false;
      }
    } catch {
      // Another window took it over, or the disk failed: the whole file is written.
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
        await this.writeWhole(header);
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
        // It was deleted: the session is written again.
        await this.writeWhole(this.header);
        return;
      }
      throw error;
    }
    try {
      const { size } = await handle.stat();
      if (size < this.size) {
        this.rewrite = true;
      } else if (size > this.size) {
        // A part of an append that failed.
        await handle.truncate(this.size);
      }
      if (!this.rewrite) {
        try {
          for await (const lines of this.linesOf(this.queue.take(held))) {
            await handle.appendFile(lines);
            this.size += Buffer.byteLength(lines);
          }
        } catch (error) {
          // It is unknown how much was written: the whole file is rewritten.
          this.rewrite = true;
          throw error;
        }
      }
    } finally {
      await handle.close();
    }
    if (this.rewrite) {
      await this.writeWhole(this.header);
    }
  }

  private async writeWhole(header: string): Promise<void> {
    const { files, folder } = this.transcripts;
    const { notes, events } = this.session;
    const records = recordsOf(events, notesByEvent(notes));
    // Changes from here on are in the queue.
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

  /** The lines of records, as many at once as one time slice allows. */
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

/** In a file, the place of a note says what it follows. */
function withoutPlace({ after: _after, ...note }: SessionNote): TranscriptNote {
  return note;
}

import path from 'node:path';
import type { SessionEvent } from '@github/copilot-sdk';
import { Deltas, textOfDelta } from '../core/events/deltas';
import { shareStrings } from '../core/events/sharedStrings';
import { sharedTurns } from '../core/common/timeSlices';
import { errorCode, readLineBatches, readLines, realFiles, type Files } from './files';
import { mergeTranscripts } from './mergeTranscripts';
import { parseFileName, stemOf, type OwnedFile } from './processOwnedFile';
import {
  isLaterVersion,
  parseHeader,
  parseRecord,
  type TranscriptHeader,
  type TranscriptRecord,
} from './transcriptFormat';

/** The extension of transcripts: JSON lines. */
export const TRANSCRIPT = 'jsonl';
/** Beside a transcript that was found damaged: what it was before it was repaired. */
export const DAMAGED_SUFFIX = '.damaged';
export const TEMPORARY_SUFFIX = '.tmp';

/** A kept transcript, as far as its first line and its file say. */
export interface TranscriptInfo extends TranscriptHeader {
  readonly modifiedTime: Date;
  readonly sizeBytes: number;
  /** It is known that something of it could not be read; what could is there. */
  readonly damaged: boolean;
}

/** What a writer has to know of a file that was read. */
export interface FileSummary {
  readonly file: OwnedFile;
  readonly header: TranscriptHeader | undefined;
  readonly recordCount: number;
  /** The length of deltas whose whole text is in the file as well; they are not among the records. In characters. */
  readonly superseded: number;
  /** Lines that could not be read. */
  readonly damagedLines: number;
  /** The last line lacks its end, read or not: nothing can be appended to it. */
  readonly cutOff: boolean;
}

/** One file, read as far as it can be. */
export interface FileContent extends FileSummary {
  readonly records: readonly TranscriptRecord[];
}

export function summaryOf({ records, ...summary }: FileContent): FileSummary {
  return { ...summary, recordCount: records.length };
}

/** The transcripts in a folder, of sessions that are open anywhere and of those that were. */
export class Transcripts {
  constructor(
    readonly folder: string,
    readonly files: Files = realFiles,
  ) {}

  /** All that are kept, one for each session, the last changed first. Files that are none are left out. */
  async list(): Promise<readonly TranscriptInfo[]> {
    const bySession = new Map<string, TranscriptInfo>();
    const names = await this.names();
    for (const file of names.map(parseFileName)) {
      const info = file?.extension === TRANSCRIPT ? await this.describe(file, names) : undefined;
      if (info === undefined) {
        continue;
      }
      const other = bySession.get(info.sessionId);
      bySession.set(info.sessionId, other === undefined ? info : joinInfos(other, info));
    }
    return [...bySession.values()].sort((a, b) => b.modifiedTime.getTime() - a.modifiedTime.getTime());
  }

  /** Events and notes in their order; nothing for a session of which nothing is kept. Damaged lines are left out. */
  async *read(sessionId: string): AsyncGenerator<TranscriptRecord> {
    const [first, ...others] = await this.filesOf(sessionId);
    if (first === undefined) {
      return;
    }
    if (others.length > 0) {
      yield* await mergeTranscripts((await this.contents(sessionId)).map(({ records }) => records));
      return;
    }
    let header: TranscriptHeader | undefined;
    try {
      for await (const { text } of readLines(this.files, path.join(this.folder, first.name))) {
        header ??= parseHeader(text);
        const record = parseRecord(text);
        if (record !== undefined && header?.sessionId === sessionId) {
          yield record;
        }
      }
    } catch (error) {
      if (errorCode(error) !== 'ENOENT') {
        throw error;
      }
      // Another window took it over under another name.
      if (header === undefined) {
        yield* this.read(sessionId);
      }
    }
  }

  /** What each of a session's files holds; what vanishes while it is read was taken over, and is found again. */
  async contents(sessionId: string): Promise<readonly FileContent[]> {
    for (let attempt = 0; ; attempt++) {
      try {
        const contents: FileContent[] = [];
        for (const file of await this.filesOf(sessionId)) {
          const content = await this.content(file);
          // A first line that was damaged leaves the name to go by.
          if (content !== undefined && (content.header?.sessionId ?? sessionId) === sessionId) {
            contents.push(content);
          }
        }
        return contents;
      } catch (error) {
        if (errorCode(error) !== 'ENOENT' || attempt >= 5) {
          throw error;
        }
      }
    }
  }

  /** When something was last written of a session, in milliseconds since 1970; 0 if nothing is kept. */
  async lastChange(sessionId: string): Promise<number> {
    let last = 0;
    for (const { name } of await this.filesOf(sessionId)) {
      last = Math.max(last, (await this.files.stat(path.join(this.folder, name))).mtime.getTime());
    }
    return last;
  }

  async names(): Promise<readonly string[]> {
    try {
      return await this.files.readdir(this.folder);
    } catch (error) {
      if (errorCode(error) === 'ENOENT') {
        return [];
      }
      throw error;
    }
  }

  async filesOf(sessionId: string): Promise<readonly OwnedFile[]> {
    const stem = stemOf(sessionId);
    return (await this.names()).flatMap((name) => {
      const file = parseFileName(name);
      return file?.stem === stem && file.extension === TRANSCRIPT ? [file] : [];
    });
  }

  /** `undefined` for a file of a later version than this: it is left alone. */
  private async content(file: OwnedFile): Promise<FileContent | undefined> {
    let header: TranscriptHeader | undefined;
    let damagedLines = 0;
    const records = new RecordList();
    // An empty file is one that was cut off before its first line.
    let cutOff = true;
    let first = true;
    for await (const lines of readLineBatches(this.files, path.join(this.folder, file.name))) {
      for (const { text, complete } of lines) {
        cutOff = !complete;
        if (first) {
          first = false;
          header = parseHeader(text);
          if (header !== undefined) {
            continue;
          }
          if (isLaterVersion(text)) {
            return undefined;
          }
        }
        const record = parseRecord(text);
        if (record === undefined) {
          damagedLines++;
        } else {
          records.add(record, text.length);
        }
      }
      await sharedTurns.next();
    }
    const all = records.finish();
    return {
      file,
      header,
      records: all,
      recordCount: all.length,
      superseded: records.superseded,
      damagedLines,
      cutOff,
    };
  }

  private async describe(file: OwnedFile, names: readonly string[]): Promise<TranscriptInfo | undefined> {
    const location = path.join(this.folder, file.name);
    try {
      const { size, mtime } = await this.files.stat(location);
      const header = await this.header(location);
      if (header === undefined) {
        return undefined;
      }
      const cutOff = !(await this.endsWithNewline(location, size));
      const kept = names.some((name) => name.startsWith(`${file.stem}.`) && name.endsWith(DAMAGED_SUFFIX));
      return { ...header, modifiedTime: mtime, sizeBytes: size, damaged: cutOff || kept };
    } catch (error) {
      if (errorCode(error) === 'ENOENT') {
        return undefined;
      }
      throw error;
    }
  }

  private async header(location: string): Promise<TranscriptHeader | undefined> {
    for await (const { text } of readLines(this.files, location)) {
      return parseHeader(text);
    }
    return undefined;
  }

  private async endsWithNewline(location: string, size: number): Promise<boolean> {
    const handle = await this.files.open(location, 'r');
    try {
      const { buffer } = await handle.read(Buffer.alloc(1), 0, 1, Math.max(0, size - 1));
      return buffer.toString() === '\n';
    } finally {
      await handle.close();
    }
  }
}

/** Of all deltas in the list, so many may be superseded before they are taken out. */
const MAX_SUPERSEDED = 5_000;

/** Records as they are read; deltas go once their whole text is read. */
class RecordList {
  /** The length of what went, in characters. */
  superseded = 0;
  private records: TranscriptRecord[] = [];
  private last: SessionEvent | undefined;
  private readonly deltas = new Deltas();
  private readonly lengths = new Map<SessionEvent, number>();
  private readonly gone = new Set<SessionEvent>();

  add(record: TranscriptRecord, length: number): void {
    if (record.kind === 'event') {
      const event = shareStrings(record.event, this.last);
      this.last = event;
      if (this.deltas.isSuperseded(event)) {
        this.superseded += length;
        return;
      }
      if (textOfDelta(event) !== undefined) {
        this.lengths.set(event, length);
      }
      for (const superseded of this.deltas.observe(event)) {
        this.gone.add(superseded);
        this.superseded += this.lengths.get(superseded) ?? 0;
        this.lengths.delete(superseded);
      }
    }
    this.records.push(record);
    if (this.gone.size > MAX_SUPERSEDED) {
      this.finish();
    }
  }

  finish(): readonly TranscriptRecord[] {
    if (this.gone.size > 0) {
      this.records = this.records.filter((record) => record.kind !== 'event' || !this.gone.has(record.event));
      this.gone.clear();
    }
    return this.records;
  }
}

/** Of two windows' files of one session. */
function joinInfos(a: TranscriptInfo, b: TranscriptInfo): TranscriptInfo {
  const [older, newer] = a.modifiedTime <= b.modifiedTime ? [a, b] : [b, a];
  return {
    ...older,
    ...newer,
    startTime: a.startTime < b.startTime ? a.startTime : b.startTime,
    sizeBytes: a.sizeBytes + b.sizeBytes,
    damaged: a.damaged || b.damaged,
  };
}

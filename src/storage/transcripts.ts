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
/** The suffix of a damaged transcript as it was before its repair. */
export const DAMAGED_SUFFIX = '.damaged';
export const TEMPORARY_SUFFIX = '.tmp';

/** A transcript on disk, from its first line and its file. */
export interface TranscriptInfo extends TranscriptHeader {
  readonly modifiedTime: Date;
  readonly sizeBytes: number;
  /** Whether a part of it is known to be unreadable. */
  readonly damaged: boolean;
}

/** What a writer needs to know about a file that was read. */
export interface FileSummary {
  readonly file: OwnedFile;
  readonly header: TranscriptHeader | undefined;
  readonly recordCount: number;
  /** The length of the superseded deltas, which are not among the records. In UTF-16 units. */
  readonly superseded: number;
  /** The number of unreadable lines. */
  readonly damagedLines: number;
  /** Whether the last line has no newline, so that nothing can be appended. */
  readonly cutOff: boolean;
}

/** The readable content of one file. */
export interface FileContent extends FileSummary {
  readonly records: readonly TranscriptRecord[];
}

export function summaryOf({ records, ...summary }: FileContent): FileSummary {
  return { ...summary, recordCount: records.length };
}

/** The transcripts in a folder, of sessions that are or were open in any window. */
export class Transcripts {
  constructor(
    readonly folder: string,
    readonly files: Files = realFiles,
  ) {}

  /** All transcripts, one for each session, the last changed first. Other files are skipped. */
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

  /** Events and notes in order; nothing for a session without a transcript. Damaged lines are skipped. */
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
      // Another window renamed it when it took it over.
      if (header === undefined) {
        yield* this.read(sessionId);
      }
    }
  }

  /** The content of each file of a session. If a file is renamed by another window meanwhile, all are read again. */
  async contents(sessionId: string): Promise<readonly FileContent[]> {
    for (let attempt = 0; ; attempt++) {
      try {
        const contents: FileContent[] = [];
        for (const file of await this.filesOf(sessionId)) {
          const content = await this.content(file);
          // If the first line is damaged, only the name says which session it is.
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

  /** When the transcript of a session was last written, in milliseconds since 1970; 0 if there is none. */
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

  /** `undefined` for a file of a later version, which is not touched. */
  private async content(file: OwnedFile): Promise<FileContent | undefined> {
    let header: TranscriptHeader | undefined;
    let damagedLines = 0;
    const records = new RecordList();
    // An empty file was cut off before its first line.
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

/** The most superseded deltas in the list before they are removed. */
const MAX_SUPERSEDED = 5_000;

/** The records that were read. Deltas are removed once their whole text is read. */
class RecordList {
  /** The length of the removed lines, in UTF-16 units. */
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

/** Combines the files of two windows of one session. */
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

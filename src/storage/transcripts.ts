import path from 'node:path';
import { errorCode, readLines, realFiles, type Files } from './files';
import { joinRecords } from './joinRecords';
import { parseFileName, stemOf, type OwnedFile } from './ownedFiles';
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

/** One file, read as far as it can be. */
export interface FileContent {
  readonly file: OwnedFile;
  readonly header: TranscriptHeader | undefined;
  readonly records: readonly TranscriptRecord[];
  /** Lines that could not be read. */
  readonly damagedLines: number;
  /** The last line lacks its end, read or not: nothing can be appended to it. */
  readonly cutOff: boolean;
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
      yield* joinRecords((await this.contents(sessionId)).map(({ records }) => records));
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
    const records: TranscriptRecord[] = [];
    // An empty file is one that was cut off before its first line.
    let cutOff = true;
    let first = true;
    for await (const { text, complete } of readLines(this.files, path.join(this.folder, file.name))) {
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
        records.push(record);
      }
    }
    return { file, header, records, damagedLines, cutOff };
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

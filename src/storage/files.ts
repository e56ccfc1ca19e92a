import { mkdir, open, readdir, rename, rm, stat, unlink } from 'node:fs/promises';

/** The file operations of the storage. Tests replace them by a disk that is full, read-only or slow. */
export interface Files {
  readonly mkdir: typeof mkdir;
  readonly open: typeof open;
  readonly readdir: (folder: string) => Promise<string[]>;
  readonly rename: typeof rename;
  readonly rm: typeof rm;
  readonly stat: (file: string) => Promise<{ readonly size: number; readonly mtime: Date }>;
  readonly unlink: typeof unlink;
}

export const realFiles: Files = { mkdir, open, readdir, rename, rm, stat, unlink };

/** Files may contain anything from a session: they are for this user only. */
export const FILE_MODE = 0o600;
export const FOLDER_MODE = 0o700;

const READ_BYTES = 256 * 1024;
const NEWLINE = 10;

export interface Line {
  readonly text: string;
  /** False for a last line without a newline. */
  readonly complete: boolean;
}

/** Reads the lines of a file. */
export async function* readLines(files: Files, file: string): AsyncGenerator<Line> {
  for await (const lines of readLineBatches(files, file)) {
    yield* lines;
  }
}

/**
 * Reads the lines of a file in batches of 256 kB, so that a large file neither blocks the process nor fills the memory.
 */
export async function* readLineBatches(files: Files, file: string): AsyncGenerator<readonly Line[]> {
  const handle = await files.open(file, 'r');
  try {
    let rest: Buffer[] = [];
    for (;;) {
      const { bytesRead, buffer } = await handle.read(Buffer.allocUnsafe(READ_BYTES), 0, READ_BYTES, null);
      if (bytesRead === 0) {
        break;
      }
      const end = buffer.lastIndexOf(NEWLINE, bytesRead - 1);
      if (end >= 0) {
        const text = Buffer.concat([...rest, buffer.subarray(0, end)]).toString('utf8');
        rest = [];
        yield text.split('\n').map((line) => ({ text: line, complete: true }));
      }
      if (end + 1 < bytesRead) {
        rest.push(buffer.subarray(end + 1, bytesRead));
      }
    }
    if (rest.length > 0) {
      yield [{ text: Buffer.concat(rest).toString('utf8'), complete: false }];
    }
  } finally {
    await handle.close();
  }
}

export function errorCode(error: unknown): string | undefined {
  const code: unknown = error instanceof Error && 'code' in error ? error.code : undefined;
  return typeof code === 'string' ? code : undefined;
}

/** `taken`: the file does not exist any more, because another window took it over. */
export async function moveFile(files: Files, from: string, to: string): Promise<'moved' | 'taken' | 'failed'> {
  try {
    await files.rename(from, to);
    return 'moved';
  } catch (error) {
    return errorCode(error) === 'ENOENT' ? 'taken' : 'failed';
  }
}

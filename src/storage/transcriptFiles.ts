import { createHash, randomBytes } from 'node:crypto';
import path from 'node:path';
import { errorCode } from './files';

/**
 * A transcript is kept in one file for each window that writes it: `<session>.<pid>-<random>.jsonl`. So no file has two
 * writers, and no lock can be left behind. A window that opens the session takes over the files of those that have
 * ended (a rename: of two windows, one gets it), and what reads it joins those that are left.
 */
export interface TranscriptFile {
  readonly name: string;
  /** The session's part of the name. */
  readonly stem: string;
  readonly pid: number;
}

const NAME = /^([a-z0-9-]+)\.(\d+)-[0-9a-f]{8}\.jsonl$/;
/** Beside a transcript that was found damaged: what it was before it was repaired. */
export const DAMAGED_SUFFIX = '.damaged';
export const TEMPORARY_SUFFIX = '.tmp';

/** Files that something in this process writes. */
const writing = new Set<string>();

export function stemOf(sessionId: string): string {
  // An id is the service's word: not everything is a file name, and case does not tell files apart everywhere.
  return /^[a-z0-9-]{1,80}$/.test(sessionId)
    ? sessionId
    : `x-${createHash('sha256').update(sessionId).digest('hex').slice(0, 40)}`;
}

export function parseFileName(name: string): TranscriptFile | undefined {
  const [, stem, pid] = NAME.exec(name) ?? [];
  return stem === undefined ? undefined : { name, stem, pid: Number(pid) };
}

export function newFileName(sessionId: string): string {
  return `${stemOf(sessionId)}.${process.pid}-${randomBytes(4).toString('hex')}.jsonl`;
}

/** Says that this process writes the file, until the answer is called. */
export function claim(folder: string, name: string): () => void {
  const file = path.join(folder, name);
  writing.add(file);
  return () => {
    writing.delete(file);
  };
}

/** Might somebody be writing this file now? A process id that was used again counts as its writer. */
export function hasWriter(folder: string, { name, pid }: TranscriptFile): boolean {
  if (pid === process.pid) {
    return writing.has(path.join(folder, name));
  }
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: there is such a process, of another user.
    return errorCode(error) === 'EPERM';
  }
}

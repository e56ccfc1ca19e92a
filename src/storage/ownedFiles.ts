import { createHash, randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { errorCode } from './files';

/**
 * A file that one window writes: `<stem>.<process id>-<process start>-<random>.<extension>`. So no file has two
 * writers, and no lock can be left behind. A window takes over the files of those that have ended (a rename: of two
 * windows, one gets it), and what reads them joins those that are left.
 */
export interface OwnedFile {
  readonly name: string;
  /** What the file is about: a session, a workspace. */
  readonly stem: string;
  readonly extension: string;
  readonly pid: number;
  /** When the process was started, in the system's own unit; `0` where that cannot be known. */
  readonly start: string;
}

const NAME = /^([a-z0-9-]+)\.(\d+)-([0-9a-z]+)-[0-9a-f]{8}\.([a-z.]+)$/;

/** Files that something in this process writes. */
const writing = new Set<string>();

export function stemOf(id: string): string {
  // An id is the service's word: not everything is a file name, and case does not tell files apart everywhere.
  return /^[a-z0-9-]{1,80}$/.test(id) ? id : `x-${createHash('sha256').update(id).digest('hex').slice(0, 40)}`;
}

export function parseFileName(name: string): OwnedFile | undefined {
  const [, stem, pid, start, extension] = NAME.exec(name) ?? [];
  return stem === undefined || start === undefined || extension === undefined
    ? undefined
    : { name, stem, extension, pid: Number(pid), start };
}

export function newFileName(id: string, extension: string): string {
  return `${stemOf(id)}.${process.pid}-${processStart(process.pid)}-${randomBytes(4).toString('hex')}.${extension}`;
}

/** Says that this process writes the file, until the answer is called. */
export function claim(folder: string, name: string): () => void {
  const file = path.join(folder, name);
  writing.add(file);
  return () => {
    writing.delete(file);
  };
}

/** Is somebody writing this file now? Where process ids are all that is known, one that was used again counts. */
export function hasWriter(folder: string, { name, pid, start }: OwnedFile): boolean {
  if (pid === process.pid) {
    return writing.has(path.join(folder, name));
  }
  try {
    process.kill(pid, 0);
  } catch (error) {
    // EPERM: there is such a process, of another user.
    if (errorCode(error) !== 'EPERM') {
      return false;
    }
  }
  const now = processStart(pid);
  return start === '0' || now === '0' || now === start;
}

function processStart(pid: number): string {
  if (process.platform !== 'linux') {
    return '0';
  }
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    // The 22nd field; the second is a name in brackets, which may hold anything.
    const field = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
    return field !== undefined && /^\d+$/.test(field) ? Number(field).toString(36) : '0';
  } catch {
    return '0';
  }
}

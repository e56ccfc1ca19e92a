import { createHash, randomBytes } from 'node:crypto';
import path from 'node:path';
import { livenessOf, startOfProcess } from '../system/processIdentity';
import { askEndpoint, machineId, openEndpoint, placeId, TOKEN } from './ownerEndpoint';

/**
 * A file that one window writes: `<stem>.<owner>-<random>.<extension>`, where the owner is
 * `<process id>-<process start>-<place>-<machine>-<token>`. So no file has two writers, and no lock can be left behind. A
 * window takes over the files of those that have ended (a rename: of two windows, one gets it), and what reads them
 * joins those that are left.
 *
 * Whether the owner has ended is known from the first of these that says so:
 * 1. The file is handed over (`<process id>` is 0): its window has closed it.
 * 2. In the same place (one run of one machine, one namespace of process ids), no process has the number.
 * 3. There, one has, and the system says when it was started (Linux): it is the owner if that is the same time.
 * 4. The owner's endpoint: it is alive as long as somebody listens (`ownerEndpoint.ts`). This decides on macOS and
 *    Windows, where a process id that is used again cannot be told by its start, and for windows in other containers.
 *
 * Nothing here goes by time, so that a window that is suspended, on a slow disk, or on a machine that slept keeps its
 * files. What cannot be known (another machine on a network's home folder, or a process that may be the owner and has no
 * endpoint) is taken over all the same, or it would belong to nobody for ever, but as `unknown`: of that, nothing is
 * sent by itself, and an owner that does live writes its file anew.
 */
export interface OwnedFile {
  readonly name: string;
  /** What the file is about: a session, a workspace. */
  readonly stem: string;
  readonly extension: string;
  /** 0: nobody's. */
  readonly pid: number;
  /** When the process was started, in the system's own unit; `0` where that cannot be known. */
  readonly start: string;
  /** Absent from the names that 0.1.0 gave. */
  readonly owner?: { readonly place: string; readonly machine: string; readonly token: string };
}

export type Ownership = 'alive' | 'gone' | 'unknown';

const NAME = /^([a-z0-9-]+)\.(\d+)-([0-9a-z]+)(?:-([0-9a-f]{8})-([0-9a-f]{8})-([0-9a-f]{16}))?-[0-9a-f]{8}\.([a-z.]+)$/;

/** Files that something in this process writes. */
const writing = new Set<string>();

export function stemOf(id: string): string {
  // An id is the service's word: not everything is a file name, and case does not tell files apart everywhere.
  return /^[a-z0-9-]{1,80}$/.test(id) ? id : `x-${createHash('sha256').update(id).digest('hex').slice(0, 40)}`;
}

export function parseFileName(name: string): OwnedFile | undefined {
  const [, stem, pid, start, place, machine, token, extension] = NAME.exec(name) ?? [];
  return stem === undefined || start === undefined || extension === undefined
    ? undefined
    : {
        name,
        stem,
        extension,
        pid: Number(pid),
        start,
        ...(place === undefined || machine === undefined || token === undefined
          ? {}
          : { owner: { place, machine, token } }),
      };
}

export function newFileName(id: string, extension: string): string {
  return nameOf(id, `${process.pid}-${startOfProcess(process.pid)}`, extension);
}

/** The name of a file whose window has closed it: the next one may have it at once. */
export function handedOverName(id: string, extension: string): string {
  return nameOf(id, '0-0', extension);
}

function nameOf(id: string, processId: string, extension: string): string {
  const random = randomBytes(4).toString('hex');
  return `${stemOf(id)}.${processId}-${placeId()}-${machineId()}-${TOKEN}-${random}.${extension}`;
}

/** Says that this process writes the file, until the answer is called. */
export function claim(folder: string, name: string): () => void {
  const file = path.join(folder, name);
  writing.add(file);
  const close = openEndpoint(endpointsOf(folder));
  return () => {
    writing.delete(file);
    close();
  };
}

/** Is somebody writing this file now, as far as can be known? */
export async function hasWriter(folder: string, file: OwnedFile): Promise<boolean> {
  return (await ownershipOf(folder, file)) === 'alive';
}

export async function ownershipOf(folder: string, { name, pid, start, owner }: OwnedFile): Promise<Ownership> {
  if (pid === 0) {
    return 'gone';
  }
  if (owner?.token === TOKEN || (owner === undefined && pid === process.pid)) {
    return writing.has(path.join(folder, name)) ? 'alive' : 'gone';
  }
  const isHere = owner === undefined || owner.place === placeId();
  if (isHere) {
    const liveness = pid === process.pid ? 'gone' : livenessOf(pid, start);
    if (liveness !== 'unknown') {
      return liveness;
    }
  }
  if (owner === undefined) {
    return 'unknown';
  }
  const answer = await askEndpoint(endpointsOf(folder), owner.machine, owner.token);
  if (answer === 'alive') {
    return 'alive';
  }
  // Another machine's endpoints cannot be heard here; and one without an endpoint may be the process that there is.
  const isCertain = owner.machine === machineId() && (answer === 'refused' || !isHere);
  return isCertain ? 'gone' : 'unknown';
}

/** Beside the folders of files: all that a process writes there has one endpoint. */
function endpointsOf(folder: string): string {
  return path.join(path.dirname(folder), 'owners');
}

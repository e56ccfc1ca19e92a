import { createHash, randomBytes } from 'node:crypto';
import path from 'node:path';
import { livenessOf, startOfProcess } from '../system/processIdentity';
import { askEndpoint, machineId, openEndpoint, placeId, TOKEN } from './ownerEndpoint';

/**
 * A file that one window writes: `<stem>.<owner>-<random>.<extension>`, where the owner is `<process id>-<process
 * start>-<place>-<machine>-<token>`. So no file has two writers, and no lock can be left behind. A window takes over
 * the files of ended windows by a rename, which only one window can win. Readers merge all files of the same stem.
 *
 * The first of these that is conclusive decides whether the owner has ended:
 * 1. The file is handed over (`<process id>` is 0): its window has closed it.
 * 2. In the same place (one boot of one machine, one namespace of process ids), no process has the id: it has ended.
 * 3. A process there has the id, and its start time is known (Linux): it is the owner if the start time is the same.
 * 4. The endpoint of the owner: it is alive as long as the endpoint has a listener (`ownerEndpoint.ts`). This decides
 *    on macOS and Windows, where a reused process id cannot be detected by the start time, and for windows in other
 *    containers.
 *
 * No decision depends on time, so a window that is suspended, on a slow disk, or on a machine that slept keeps its
 * files. If it is unknown whether the owner lives (another machine with the same home folder, or a process that may be
 * the owner and has no endpoint), the file is taken over as `unknown`, or it would never have an owner again. Nothing
 * of such a file is sent automatically, and an owner that does live writes its file again.
 */
export interface OwnedFile {
  readonly name: string;
  /** The subject of the file: a session or a workspace. */
  readonly stem: string;
  readonly extension: string;
  /** 0: no owner. */
  readonly pid: number;
  /** The start time of the process, in the system's unit and in base 36; `0` if not known. */
  readonly start: string;
  /** Absent from names of 0.1.0. */
  readonly owner?: { readonly place: string; readonly machine: string; readonly token: string };
}

export type Ownership = 'alive' | 'gone' | 'unknown';

const NAME = /^([a-z0-9-]+)\.(\d+)-([0-9a-z]+)(?:-([0-9a-f]{8})-([0-9a-f]{8})-([0-9a-f]{16}))?-[0-9a-f]{8}\.([a-z.]+)$/;

/** Absolute paths of the files that this process writes. */
const writing = new Set<string>();

export function stemOf(id: string): string {
  // Ids come from the service: not every id is a valid file name, and some file systems ignore case.
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

/** The name of a closed file, which the next window may take over at once. */
export function handedOverName(id: string, extension: string): string {
  return nameOf(id, '0-0', extension);
}

function nameOf(id: string, processId: string, extension: string): string {
  const random = randomBytes(4).toString('hex');
  return `${stemOf(id)}.${processId}-${placeId()}-${machineId()}-${TOKEN}-${random}.${extension}`;
}

/** Declares that this process writes the file. @returns releases the claim */
export function claim(folder: string, name: string): () => void {
  const file = path.join(folder, name);
  writing.add(file);
  const close = openEndpoint(endpointsOf(folder));
  return () => {
    writing.delete(file);
    close();
  };
}

/** Whether the owner of the file certainly lives. */
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
  // Endpoints of other machines cannot be reached, and a running process with the id may be an owner without an
  // endpoint.
  const isCertain = owner.machine === machineId() && (answer === 'refused' || !isHere);
  return isCertain ? 'gone' : 'unknown';
}

/** A sibling of the folders of files: a process has one endpoint for all of them. */
function endpointsOf(folder: string): string {
  return path.join(path.dirname(folder), 'owners');
}

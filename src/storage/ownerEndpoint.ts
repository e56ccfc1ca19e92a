import { createHash, randomBytes } from 'node:crypto';
import { closeSync, mkdirSync, openSync, readFileSync, readlinkSync, unlink, utimes } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import net from 'node:net';
import { hostname, tmpdir } from 'node:os';
import path from 'node:path';
import { errorCode, FOLDER_MODE } from './files';

/**
 * How other windows detect that a window lives: it listens on a socket (a named pipe on Windows) with a random name.
 * The operating system closes the socket at the end of the process, and no later process has the same name. A suspended
 * window still has its socket, because the operating system accepts connections for it, so it keeps its files.
 *
 * The socket is in the shared folder, so that windows in containers that share the folder find it. If its path is too
 * long for a socket (macOS), it is in the temporary folder.
 */

/** `refused`: there is a socket, but no listener. `absent`: there is none. */
export type EndpointAnswer = 'alive' | 'refused' | 'absent';

/** The longest path of a socket in bytes. The limits with the final NUL are 104 on macOS and 108 on Linux. */
const LONGEST_PATH = 100;
/** The time limit of a connection, in milliseconds. A listener that takes longer is busy, so it is alive. */
const CONNECT_MS = 1_000;
/** The interval for touching the socket, so that cleaners of temporary files leave it, in milliseconds. */
const TOUCH_MS = 3_600_000;

/** Identifies this process. Unlike its id, it is never reused. */
export const TOKEN = randomBytes(8).toString('hex');

const short = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 8);

/** Identifies the machine or the container, by its host name. */
export function machineId(): string {
  return short(hostname());
}

/** Identifies where process ids are valid: one boot of one machine, and one namespace of process ids. */
export function placeId(): string {
  return short([hostname(), readQuietly('/proc/sys/kernel/random/boot_id'), linkQuietly('/proc/self/ns/pid')].join());
}

interface Endpoint {
  claims: number;
  close(): void;
}

const open = new Map<string, Endpoint>();

/**
 * Listens until all claims on the folder are released. Does nothing if no socket can be created.
 * @returns releases the claim
 */
export function openEndpoint(folder: string): () => void {
  let endpoint = open.get(folder);
  if (endpoint === undefined) {
    endpoint = { claims: 0, close: listen(folder, `${machineId()}-${TOKEN}`) };
    open.set(folder, endpoint);
  }
  endpoint.claims++;
  let released = false;
  return () => {
    if (!released) {
      released = true;
      if (--endpoint.claims === 0) {
        open.delete(folder);
        endpoint.close();
      }
    }
  };
}

export async function askEndpoint(folder: string, machine: string, token: string): Promise<EndpointAnswer> {
  let answer: EndpointAnswer = 'absent';
  for (const place of placesOf(folder)) {
    const found = await ask(place, `${machine}-${token}`);
    if (found !== 'absent') {
      answer = found;
    }
    if (answer === 'alive') {
      break;
    }
  }
  return answer;
}

function listen(folder: string, name: string): () => void {
  let closed = false;
  let server: net.Server | undefined;
  let releasePath: () => void = () => undefined;
  const places = placesOf(folder);
  const tryAt = (index: number): void => {
    const place = places[index];
    if (place === undefined || closed) {
      return;
    }
    try {
      if (process.platform !== 'win32') {
        mkdirSync(place, { recursive: true, mode: FOLDER_MODE });
      }
      const at = socketPath(place, name);
      const ours = net.createServer((socket) => socket.destroy());
      server = ours;
      releasePath = at.release;
      ours.on('error', () => {
        at.release();
        tryAt(index + 1);
      });
      // The socket exists when this returns; only errors come later.
      ours.listen(at.path);
      ours.unref();
    } catch {
      tryAt(index + 1);
    }
  };
  tryAt(0);
  const now = () => new Date();
  const touch = setInterval(() => {
    for (const place of process.platform === 'win32' ? [] : places) {
      utimes(path.join(place, name), now(), now(), () => undefined);
    }
  }, TOUCH_MS);
  touch.unref();
  void sweep(folder);
  return () => {
    closed = true;
    clearInterval(touch);
    const release = releasePath;
    server?.close(() => release());
    if (server?.listening !== true) {
      release();
    }
  };
}

/** Removes the sockets of killed processes of this machine. */
async function sweep(folder: string): Promise<void> {
  for (const place of process.platform === 'win32' ? [] : placesOf(folder)) {
    const names = await readdir(place).catch(() => []);
    for (const name of names.filter((found) => found.startsWith(`${machineId()}-`) && !found.endsWith(TOKEN))) {
      const found = await stat(path.join(place, name)).catch(() => undefined);
      // Not one that is just being created.
      if (found !== undefined && Date.now() - found.mtimeMs > CONNECT_MS && (await ask(place, name)) === 'refused') {
        unlink(path.join(place, name), () => undefined);
      }
    }
  }
}

function ask(place: string, name: string): Promise<EndpointAnswer> {
  return new Promise((resolve) => {
    let at: SocketPath;
    try {
      at = socketPath(place, name);
    } catch (error) {
      resolve(errorCode(error) === 'ENOENT' ? 'absent' : 'alive');
      return;
    }
    const socket = net.connect({ path: at.path });
    const timer = setTimeout(() => end('alive'), CONNECT_MS);
    const end = (answer: EndpointAnswer): void => {
      clearTimeout(timer);
      socket.destroy();
      at.release();
      resolve(answer);
    };
    socket.once('connect', () => end('alive'));
    socket.on('error', (error) => {
      switch (errorCode(error)) {
        case 'ECONNREFUSED':
          end('refused');
          return;
        case 'ENOENT':
        case 'ENOTDIR':
        case 'ENOTSOCK':
        case 'EINVAL':
          end('absent');
          return;
        default:
          // Its backlog is full, it is busy, or it belongs to another user: there is a listener.
          end('alive');
      }
    });
  });
}

function placesOf(folder: string): readonly string[] {
  return [folder, path.join(tmpdir(), `cloud-sessions-${process.getuid?.() ?? 0}`)];
}

interface SocketPath {
  readonly path: string;
  readonly release: () => void;
}

/** @throws if the folder cannot be opened, or the path is too long */
function socketPath(folder: string, name: string): SocketPath {
  if (process.platform === 'win32') {
    return { path: `\\\\.\\pipe\\cloud-sessions-${name}`, release: () => undefined };
  }
  const full = path.join(folder, name);
  if (Buffer.byteLength(full) <= LONGEST_PATH) {
    return { path: full, release: () => undefined };
  }
  if (process.platform !== 'linux') {
    // eslint-disable-next-line texts/localized -- only its code is read
    throw Object.assign(new Error('The path is too long for a socket.'), { code: 'ENOENT' });
  }
  const folderFile = openSync(folder, 'r');
  let released = false;
  return {
    path: `/proc/self/fd/${folderFile}/${name}`,
    release: () => {
      if (!released) {
        released = true;
        closeSync(folderFile);
      }
    },
  };
}

function readQuietly(file: string): string {
  try {
    return process.platform === 'linux' ? readFileSync(file, 'latin1').trim() : '';
  } catch {
    return '';
  }
}

function linkQuietly(file: string): string {
  try {
    return process.platform === 'linux' ? readlinkSync(file) : '';
  } catch {
    return '';
  }
}

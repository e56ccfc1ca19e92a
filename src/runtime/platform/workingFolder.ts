import { randomUUID } from 'node:crypto';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { isWhole, whyStranger, type Grounds } from './searchPath';

const NAME = 'cwd';

/**
 * The working directory of all programs that we start: our own, empty, and writable by nobody else. The editor's own
 * working directory may contain programs, settings and hooks of others.
 *
 * It is created if it is missing, so this is called before each start.
 *
 * @param storage absolute path of the extension's global storage; created if it is missing
 * @returns an absolute path: below the storage, else a new temporary folder, else the root folder
 */
export function workingFolder(storage: string, host: Grounds): string {
  const own = path.join(storage, NAME);
  if (isSuitable(storage, host) && (makePrivate(own) || replace(own))) {
    return own;
  }
  for (const temporary of [os.tmpdir(), ...(host.platform === 'win32' ? [] : ['/tmp', '/var/tmp'])]) {
    // An earlier one of this process is reused, so that they do not accumulate.
    const earlier = fallbacks.get(temporary);
    if (earlier !== undefined && isPrivate(earlier)) {
      return earlier;
    }
    const fresh = isSuitable(temporary, host) ? makeFresh(temporary) : undefined;
    if (fresh !== undefined) {
      fallbacks.set(temporary, fresh);
      return fresh;
    }
  }
  // Only an administrator can write there.
  return host.platform === 'win32' ? path.dirname(process.execPath) : '/';
}

const fallbacks = new Map<string, string>();

function isSuitable(folder: string, host: Grounds): boolean {
  return isWhole(folder, host) && whyStranger(folder, host) === undefined;
}

function makeFresh(parent: string): string | undefined {
  try {
    const folder = fs.mkdtempSync(path.join(parent, 'cloud-sessions-'));
    process.once('exit', () => fs.rmSync(folder, { recursive: true, force: true }));
    return folder;
  } catch {
    return undefined;
  }
}

function makePrivate(folder: string): boolean {
  try {
    fs.mkdirSync(path.dirname(folder), { recursive: true });
    fs.mkdirSync(folder, { mode: 0o700 });
  } catch {
    // It may exist, which is checked next.
  }
  return isPrivate(folder);
}

/** Moves an unsuitable folder in its place aside, without deleting anything, and creates it. */
function replace(folder: string): boolean {
  try {
    fs.renameSync(folder, `${folder}.${randomUUID()}.not-private`);
    return makePrivate(folder);
  } catch {
    return false;
  }
}

/** Whether it is a folder, not a link to one, of this user, and (not checked on Windows) not writable by others. */
function isPrivate(folder: string): boolean {
  try {
    let stat = fs.lstatSync(folder);
    const isOurs = (): boolean => stat.isDirectory() && (process.getuid === undefined || stat.uid === process.getuid());
    if (process.platform !== 'win32' && isOurs() && (stat.mode & 0o777) !== 0o700) {
      // Others could write to it until now.
      if ((stat.mode & 0o022) !== 0 && fs.readdirSync(folder).length > 0) {
        return false;
      }
      fs.chmodSync(folder, 0o700);
      stat = fs.lstatSync(folder);
    }
    return isOurs() && (process.platform === 'win32' || (stat.mode & 0o777) === 0o700);
  } catch {
    return false;
  }
}

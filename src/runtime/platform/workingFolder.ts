import { randomUUID } from 'node:crypto';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { isWhole, whyStranger, type Grounds } from './searchPath';

const NAME = 'cwd';

/**
 * The folder in which all that we start runs: our own, empty, and writable by nobody else. In the editor's own working
 * directory anybody may have put what a program takes from there: other programs, settings, hooks.
 *
 * It is made when it is not there, so it is asked for before each start.
 *
 * @param storage absolute path of the extension's global storage; made if it is not there
 * @returns an absolute path: below the storage, else a fresh folder among the temporary ones, else the root folder
 */
export function workingFolder(storage: string, host: Grounds): string {
  const own = path.join(storage, NAME);
  if (isSuitable(storage, host) && (makePrivate(own) || replace(own))) {
    return own;
  }
  for (const temporary of [os.tmpdir(), ...(host.platform === 'win32' ? [] : ['/tmp', '/var/tmp'])]) {
    // One of this process's that was made before is used again, so that they do not add up.
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
  // Only the system's administrator can put anything there.
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
    // It may be there: that is looked at next.
  }
  return isPrivate(folder);
}

/** What is in its place and is not as it has to be goes aside; nothing of it is deleted. */
function replace(folder: string): boolean {
  try {
    fs.renameSync(folder, `${folder}.${randomUUID()}.not-private`);
    return makePrivate(folder);
  } catch {
    return false;
  }
}

/** A folder itself, not a link to one; of this user, and, where the system tells, of nobody else's to write. */
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

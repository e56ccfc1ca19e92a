import { mkdir, readdir, rename, rm, stat, utimes } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { CACHE } from './paths';

const HEARTBEAT_MS = 2_000;
/** A lock that was not touched for this long belongs to a process that has ended. Milliseconds. */
const STALE_MS = 15_000;

/**
 * The folder `name` in the cache, created by `install` if it is missing.
 *
 * It appears complete or not at all: `install` fills another folder, which is renamed at the end. A second process
 * waits for the first one. An interrupted installation leaves nothing under the final name.
 */
export async function installOnce(name: string, install: (folder: string) => Promise<void>): Promise<string> {
  const target = path.join(CACHE, name);
  if (await exists(target)) {
    return target;
  }
  await mkdir(CACHE, { recursive: true });
  return withLock(`${target}.lock`, async () => {
    if (await exists(target)) {
      return target;
    }
    await removePartial(name);
    const partial = `${target}.partial-${process.pid}`;
    await mkdir(partial);
    try {
      await install(partial);
      await rename(partial, target);
    } finally {
      await rm(partial, { recursive: true, force: true });
    }
    return target;
  });
}

/** Whether there is a file or folder of this name. */
export async function exists(file: string): Promise<boolean> {
  return stat(file).then(
    () => true,
    () => false,
  );
}

/** Removes the rest of an interrupted installation. Called under the lock, so nobody is writing to it. */
async function removePartial(name: string): Promise<void> {
  for (const entry of await readdir(CACHE)) {
    if (entry.startsWith(`${name}.partial-`)) {
      await rm(path.join(CACHE, entry), { recursive: true, force: true });
    }
  }
}

async function withLock<T>(lock: string, work: () => Promise<T>): Promise<T> {
  while (!(await tryLock(lock))) {
    await delay(250);
  }
  const heartbeat = setInterval(() => {
    const now = new Date();
    utimes(lock, now, now).catch(() => undefined);
  }, HEARTBEAT_MS);
  try {
    return await work();
  } finally {
    clearInterval(heartbeat);
    await rm(lock, { recursive: true, force: true });
  }
}

async function tryLock(lock: string): Promise<boolean> {
  try {
    await mkdir(lock);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') {
      throw error;
    }
  }
  const held = await stat(lock).catch(() => undefined);
  if (held && Date.now() - held.mtimeMs > STALE_MS) {
    await rm(lock, { recursive: true, force: true });
  }
  return false;
}

import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { chmod, copyFile, mkdir, readlink, rename, rm, symlink, unlink } from 'node:fs/promises';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { filesInTheWay, removeEmptyFolders, removeEmptyTree, statOf } from '../inTheWay';

/** A file or a symbolic link as it is on disk. */
export type FileState = { readonly hash: string; readonly mode: number } | { readonly link: string };

/** What becomes of a path, relative to the root with `/`. Without a state, there is no file. */
export interface Step {
  readonly path: string;
  readonly from?: FileState;
  readonly to?: FileState;
  /** Absolute path of a file with the content of `to`, which is moved. */
  readonly source: string;
}

const EXECUTABLE = 0o100;

/** @returns `undefined` where no file or link is */
export async function stateOf(file: string): Promise<FileState | undefined> {
  const stat = await statOf(file);
  if (stat === undefined || stat.isDirectory()) {
    return undefined;
  }
  if (stat.isSymbolicLink()) {
    return { link: await readlink(file) };
  }
  const hash = createHash('sha256');
  if (stat.isFile()) {
    await pipeline(createReadStream(file), hash);
  }
  return { hash: stat.isFile() ? hash.digest('hex') : '', mode: stat.mode & 0o777 };
}

export function isSameState(one: FileState | undefined, other: FileState | undefined): boolean {
  if (one === undefined || other === undefined) {
    return one === other;
  }
  if ('link' in one || 'link' in other) {
    return 'link' in one && 'link' in other && one.link === other.link;
  }
  return one.hash === other.hash && ((one.mode ^ other.mode) & EXECUTABLE) === 0;
}

/**
 * Brings files from one state into another. Files that have the other state already are left alone.
 *
 * @param root absolute path of the working tree
 * @returns the files that have neither state, or are in the way: then nothing was changed
 * @throws errors of the file system; each file has one of its two states then
 */
export async function moveFiles(root: string, steps: readonly Step[]): Promise<string[]> {
  const found = [];
  const strange: string[] = [];
  const goingLinks = new Set<string>();
  for (const { path: file, from, to } of steps) {
    if (
      to === undefined &&
      from !== undefined &&
      'link' in from &&
      isSameState(await stateOf(path.join(root, file)), from)
    ) {
      goingLinks.add(file);
    }
  }
  for (const step of steps) {
    const link = isSafe(step.path) ? await linkAbove(root, step.path) : step.path;
    const state = link === undefined ? await stateOf(path.join(root, step.path)) : undefined;
    const isKnown = isSameState(state, step.from) || isSameState(state, step.to);
    if (!isKnown || (link !== undefined && !goingLinks.has(link))) {
      strange.push(step.path);
    }
    found.push({ step, isNew: state === undefined, isDone: isSameState(state, step.to) });
  }
  const open = found.filter(({ isDone }) => !isDone).map(({ step, isNew }) => ({ ...step, isNew }));
  const removed = open.filter(({ to }) => to === undefined);
  const added = open.filter(({ to, isNew }) => to !== undefined && isNew);
  strange.push(
    ...(await filesInTheWay(
      root,
      added.map((step) => step.path),
      new Set(removed.map((step) => step.path)),
    )),
  );
  if (strange.length > 0) {
    return Array.from(new Set(strange)).sort();
  }
  for (const step of removed) {
    await unlink(path.join(root, step.path));
    await removeEmptyFolders(root, path.dirname(step.path));
  }
  for (const { path: file, to, source } of open) {
    if (to !== undefined) {
      await putFile(path.join(root, file), to, source);
    }
  }
  return [];
}

/** Whether it is a path within the working tree, and not within its git folder. */
function isSafe(file: string): boolean {
  const parts = file.split(process.platform === 'win32' ? /[/\\:]/ : '/');
  return parts.every((part) => !['', '.', '..', '.git'].includes(part.toLowerCase()));
}

/** The first folder on the way to a file that is a link, which may lead anywhere. */
async function linkAbove(root: string, file: string): Promise<string | undefined> {
  const parts = file.split('/');
  for (let end = 1; end < parts.length; end++) {
    const folder = parts.slice(0, end).join('/');
    if ((await statOf(path.join(root, folder)))?.isSymbolicLink() === true) {
      return folder;
    }
  }
  return undefined;
}

/** Replaces a file in one step, whatever happens. */
async function putFile(file: string, state: FileState, source: string): Promise<void> {
  await mkdir(path.dirname(file), { recursive: true });
  if ((await statOf(file))?.isDirectory() === true) {
    await removeEmptyTree(file);
  }
  if (!('link' in state)) {
    await chmod(source, state.mode);
    try {
      await rename(source, file);
      return;
    } catch (error) {
      // The git folder may be on another file system than the working tree.
      if ((error as NodeJS.ErrnoException).code !== 'EXDEV') {
        throw error;
      }
    }
  }
  const near = `${file}.cloud-sessions`;
  try {
    await ('link' in state ? symlink(state.link, near) : copyFile(source, near));
    await rename(near, file);
  } catch (error) {
    await rm(near, { force: true });
    throw error;
  }
}

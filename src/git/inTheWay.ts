import type { Stats } from 'node:fs';
import { lstat, readdir, rmdir } from 'node:fs/promises';
import path from 'node:path';

/** What is at a path itself, links not followed; `undefined` if nothing is. */
export async function statOf(file: string): Promise<Stats | undefined> {
  try {
    return await lstat(file);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') {
      return undefined;
    }
    throw error;
  }
}

/**
 * Files and links that would be lost, or written through, if new files were written: untracked and ignored ones at their
 * places, and links and files in the place of their folders. Empty folders are not in the way.
 *
 * @param root absolute path of the working tree
 * @param added paths of the new files, relative to the root, with `/`
 * @param removed paths of files that are removed before
 * @returns paths like these, sorted
 */
export async function filesInTheWay(
  root: string,
  added: readonly string[],
  removed: ReadonlySet<string>,
): Promise<string[]> {
  const found = new Set<string>();
  const seen = new Map<string, 'folder' | 'free'>();
  for (const file of added) {
    const parts = file.split('/');
    for (const end of parts.keys()) {
      const at = parts.slice(0, end + 1).join('/');
      if (found.has(at) || seen.get(at) === 'free') {
        break;
      }
      if (seen.get(at) === 'folder') {
        continue;
      }
      const stat = await statOf(path.join(root, at));
      if (stat === undefined || removed.has(at)) {
        seen.set(at, 'free');
        break;
      }
      const isLeaf = end === parts.length - 1;
      if (stat.isDirectory() && !isLeaf) {
        seen.set(at, 'folder');
        continue;
      }
      const inside = stat.isDirectory() ? await filesBelow(root, at) : [at];
      inside.filter((one) => !removed.has(one)).forEach((one) => found.add(one));
      break;
    }
  }
  return Array.from(found).sort();
}

async function filesBelow(root: string, folder: string): Promise<string[]> {
  const entries = await readdir(path.join(root, folder), { withFileTypes: true });
  const files: string[] = [];
  for (const entry of entries) {
    const at = `${folder}/${entry.name}`;
    files.push(...(entry.isDirectory() ? await filesBelow(root, at) : [at]));
  }
  return files;
}

/** Removes a folder and those around it, as far as they are empty. */
export async function removeEmptyFolders(root: string, folder: string): Promise<void> {
  for (let at = folder; at !== '.'; at = path.dirname(at)) {
    try {
      await rmdir(path.join(root, at));
    } catch {
      return;
    }
  }
}

/** Removes a folder in which there are only folders. */
export async function removeEmptyTree(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    await removeEmptyTree(path.join(folder, name));
  }
  await rmdir(folder);
}

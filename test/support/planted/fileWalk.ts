import type { Stats } from 'node:fs';
import { lstat, readdir, readFile } from 'node:fs/promises';
import path from 'node:path';

export interface WalkedFile {
  /** Path below the folder that was walked. */
  readonly name: string;
  readonly stats: Stats;
  /** Empty if it is not a regular file. */
  readonly bytes: Buffer;
}

/** Everything in a folder, including hidden files, folders and sockets. */
export async function walkFiles(folder: string, skips: (name: string) => boolean): Promise<readonly WalkedFile[]> {
  const found: WalkedFile[] = [];
  for (const entry of await readdir(folder, { recursive: true })) {
    if (!skips(entry)) {
      const file = path.join(folder, entry);
      const stats = await lstat(file);
      found.push({ name: entry, stats, bytes: stats.isFile() ? await readFile(file) : Buffer.alloc(0) });
    }
  }
  return found;
}

/** Whether anyone but the owner can read, write or enter it. */
export function isOpenToOthers({ stats }: WalkedFile): boolean {
  return !stats.isSymbolicLink() && (stats.mode & 0o077) !== 0;
}

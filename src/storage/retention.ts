import path from 'node:path';
import { hasWriter, parseFileName } from './processOwnedFile';
import { DAMAGED_SUFFIX, TEMPORARY_SUFFIX, TRANSCRIPT, type Transcripts } from './transcripts';

export interface Bounds {
  readonly maxAgeDays: number;
  readonly maxSizeMB: number;
}

const DAY_MS = 86_400_000;
const MB = 1024 * 1024;

interface Group {
  readonly names: string[];
  size: number;
  modified: number;
  open: boolean;
}

/**
 * Deletes transcripts that are too old, then the oldest ones until the rest is small enough; never one that a window
 * writes. All files of a session are deleted together. Ages are relative to the newest change in the folder, not to the
 * clock: a clock that jumps ahead deletes nothing.
 *
 * @returns how many sessions' transcripts were deleted
 */
export async function prune(transcripts: Transcripts, bounds: Bounds): Promise<number> {
  const groups = await groupsOf(transcripts);
  const newest = Math.max(...groups.map(({ modified }) => modified));
  let total = groups.reduce((sum, { size }) => sum + size, 0);
  let deleted = 0;
  for (const group of groups.sort((a, b) => a.modified - b.modified)) {
    const tooOld = newest - group.modified > bounds.maxAgeDays * DAY_MS;
    if (group.open || (!tooOld && total <= bounds.maxSizeMB * MB)) {
      continue;
    }
    for (const name of group.names) {
      await transcripts.files.rm(path.join(transcripts.folder, name), { force: true });
    }
    total -= group.size;
    deleted++;
  }
  return deleted;
}

async function groupsOf(transcripts: Transcripts): Promise<Group[]> {
  const groups = new Map<string, Group>();
  for (const name of await transcripts.names()) {
    const bare = name.replace(DAMAGED_SUFFIX, '').replace(TEMPORARY_SUFFIX, '');
    const file = parseFileName(bare);
    if (file?.extension !== TRANSCRIPT) {
      continue;
    }
    const found = await transcripts.files.stat(path.join(transcripts.folder, name)).catch(() => undefined);
    if (found === undefined) {
      continue;
    }
    const isOpen = await hasWriter(transcripts.folder, file);
    if (name.endsWith(TEMPORARY_SUFFIX) && !isOpen) {
      // Its writer ended before it was complete: the file that it was to replace still exists.
      await transcripts.files.rm(path.join(transcripts.folder, name), { force: true });
      continue;
    }
    const group = groups.get(file.stem) ?? { names: [], size: 0, modified: 0, open: false };
    groups.set(file.stem, group);
    group.names.push(name);
    group.size += found.size;
    group.modified = Math.max(group.modified, found.mtime.getTime());
    group.open ||= isOpen;
  }
  return [...groups.values()];
}

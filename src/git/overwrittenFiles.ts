import path from 'node:path';
import type { Git } from './git';
import { filesInTheWay, statOf } from './inTheWay';
import { ABSENT, SUBMODULE, type TreeChange } from './workingTreeState';

/**
 * Files without a change that Git would tell of, and that these changes would overwrite nevertheless: untracked and
 * ignored ones, and those that Git is told not to look at.
 *
 * @param unwatched as `unwatchedFiles` returns them
 * @returns paths relative to the root, with `/`
 */
export async function overwrittenFiles(
  git: Git,
  changes: readonly TreeChange[],
  unwatched: Pick<ReadonlyMap<string, unknown>, 'has'>,
): Promise<string[]> {
  const hidden: string[] = [];
  for (const { path: file } of changes) {
    if (unwatched.has(file) && (await statOf(path.join(git.root, file))) !== undefined) {
      hidden.push(file);
    }
  }
  // The folder of a submodule stays as it is, except where a file takes its place.
  const added = changes.filter(({ oldMode, newMode }) => !isFile(oldMode) && isFile(newMode));
  const removed = changes.filter(({ oldMode, newMode }) => isFile(oldMode) && !isFile(newMode));
  return [...hidden, ...(await filesInTheWay(git.root, pathsOf(added), new Set(pathsOf(removed))))];
}

export function pathsOf(changes: readonly TreeChange[]): string[] {
  return changes.map((change) => change.path);
}

function isFile(mode: string): boolean {
  return mode !== ABSENT && mode !== SUBMODULE;
}

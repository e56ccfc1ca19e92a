/**
 * Where changes were read: the pushed branch in a clone on this machine, the agent's machine (also what is not pushed
 * yet), or GitHub's API.
 */
export type ChangesSource = 'git' | 'agent' | 'github';

export type ChangeStatus = 'added' | 'modified' | 'deleted' | 'renamed';

/** A file that a session has changed, compared with the merge base of its branch, as a pull request on GitHub shows it. */
export interface ChangedFile {
  /** Relative to the root of the repository, with `/`; for a deleted file its last path. */
  readonly path: string;
  /** The former path of a renamed file. */
  readonly oldPath?: string;
  readonly status: ChangeStatus;
  /** Number of added lines, as `git diff --numstat` counts them; 0 for a binary file. */
  readonly additions: number;
  /** Number of deleted lines. */
  readonly deletions: number;
  readonly isBinary?: true;
  /** Its source left its content out: the numbers of lines are unknown, and 0. */
  readonly isTruncated?: true;
}

/** What a session has changed, according to one source. */
export interface SessionChanges {
  readonly source: ChangesSource;
  /** The name of the branch that the changes are compared with. */
  readonly base: string;
  /** The name of the branch that has the changes; absent if they are on no branch that is known. */
  readonly head?: string;
  /** In the order of their paths. */
  readonly files: readonly ChangedFile[];
  /** The commit that the changes are compared with: the merge base of the two branches. */
  readonly baseCommit?: string;
  /** The commit that the changes lead to; absent if they are not all committed. */
  readonly headCommit?: string;
  /** The source has more files than it lists. */
  readonly isIncomplete?: true;
  /** Until when this was known to be true. */
  readonly readAt: Date;
}

/** Number of changed lines of all files; `isExact`: no file lacks its numbers, and no file is missing. */
export interface ChangeCounts {
  readonly files: number;
  readonly additions: number;
  readonly deletions: number;
  readonly isExact: boolean;
}

export function countsOf({ files, isIncomplete }: Pick<SessionChanges, 'files' | 'isIncomplete'>): ChangeCounts {
  return {
    files: files.length,
    additions: files.reduce((sum, { additions }) => sum + additions, 0),
    deletions: files.reduce((sum, { deletions }) => sum + deletions, 0),
    isExact: isIncomplete !== true && files.every(({ isTruncated }) => isTruncated !== true),
  };
}

/** The order of paths in all lists: by their code units, as Git has it for paths in ASCII. */
export function byPath(a: Pick<ChangedFile, 'path'>, b: Pick<ChangedFile, 'path'>): number {
  return a.path < b.path ? -1 : a.path > b.path ? 1 : 0;
}

import type { ChangeSet } from './changeSet';
import type { ChangedFile } from './sessionChanges';

/** The answers of the sources; `undefined` for one that has none. */
export interface SourceAnswers {
  readonly git?: ChangeSet | undefined;
  readonly agent?: ChangeSet | undefined;
  readonly github?: ChangeSet | undefined;
}

/**
 * The answer that is closest to what the session has made. What was pushed has whole files and commits; the agent's
 * machine may have more. So the agent's answer counts if it has anything that is not pushed like that.
 */
export function bestChanges({ git, agent, github }: SourceAnswers): ChangeSet | undefined {
  const pushed = git ?? github;
  if (agent === undefined || pushed === undefined) {
    return pushed ?? agent;
  }
  const listed = new Set(agent.changes.files.map(({ path }) => path));
  const comparable = pushed.changes.files.filter((file) => listed.has(file.path) || isListable(file));
  // A new machine of the same session may not have the branch yet.
  if (listed.size === 0 || isSameChange(pushed, comparable, agent)) {
    return pushed;
  }
  return comparable.length === pushed.changes.files.length ? agent : incomplete(agent);
}

/** Runtimes up to 1.0.102 do not list files whose names Git quotes in a diff, and those that look like two names there. */
function isListable({ path, oldPath = '' }: ChangedFile): boolean {
  return [path, oldPath].every((name) => !/[^\x20-\x7e]|["\\]| b\//.test(name));
}

function incomplete(set: ChangeSet): ChangeSet {
  return {
    changes: { ...set.changes, isIncomplete: true },
    content: (file, side) => set.content(file, side),
    patch: (file) => set.patch?.(file) ?? Promise.resolve(undefined),
  };
}

/** @param comparable the files of `pushed` that the agent's machine can list */
function isSameChange(pushed: ChangeSet, comparable: readonly ChangedFile[], agent: ChangeSet): boolean {
  const { files } = agent.changes;
  const isSame = (file: ChangedFile, other: ChangedFile | undefined): boolean =>
    isSameFile(file, other) && isSameBlob(pushed.blobAfter?.(file.path), agent.blobAfter?.(file.path));
  if (pushed.changes.isIncomplete === true) {
    // As far as its list goes.
    return comparable.every((file) => files.some((other) => isSame(file, other)));
  }
  return comparable.length === files.length && comparable.every((file, index) => isSame(file, files[index]));
}

/** Another change may have as many lines. */
function isSameBlob(pushed: string | undefined, agent: string | undefined): boolean {
  return pushed === undefined || agent === undefined || pushed.startsWith(agent);
}

function isSameFile(pushed: ChangedFile, agent: ChangedFile | undefined): boolean {
  return (
    agent?.path === pushed.path &&
    agent.status === pushed.status &&
    agent.oldPath === pushed.oldPath &&
    (agent.isTruncated === true ||
      pushed.isTruncated === true ||
      (agent.additions === pushed.additions && agent.deletions === pushed.deletions))
  );
}

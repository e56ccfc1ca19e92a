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
  // A new machine of the same session may not have the branch yet.
  const isBehind = agent.changes.files.length === 0;
  return isBehind || isSameChange(pushed, agent) ? pushed : agent;
}

function isSameChange({ changes: pushed }: ChangeSet, { changes: agent }: ChangeSet): boolean {
  if (pushed.isIncomplete === true) {
    // As far as its list goes.
    return pushed.files.every((file) => agent.files.some((other) => isSameFile(file, other)));
  }
  return (
    pushed.files.length === agent.files.length &&
    pushed.files.every((file, index) => isSameFile(file, agent.files[index]))
  );
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

import { readAmount, readArray, readDate, readRecord, readText } from '../common/json';
import type { ListedSession } from '../rpc/methods';

/** A session as the runtime's list has it, in one form for local and cloud sessions. */
export interface ListEntry {
  /** The session's own id where the list has one, else the task's. */
  readonly sessionId: string;
  /** The id of the task in the cloud, by which a session is connected. */
  readonly taskId: string | undefined;
  /** All ids of this session. */
  readonly ids: readonly string[];
  /** The ids of its copies on this machine, which can be deleted. */
  readonly localIds: readonly string[];
  /** The service has it. */
  readonly isRemote: boolean;
  /** The service's word for where it runs: `cca` for a cloud agent, `cli` for a machine. */
  readonly taskType: string | undefined;
  readonly title: string | undefined;
  /** The service's own word for the task's state; `undefined` for local sessions. */
  readonly serviceState: string | undefined;
  /** What the machine that it runs on says of it: in one word, and in a few. */
  readonly hostStatus: string | undefined;
  readonly hostActivity: string | undefined;
  /** When that machine's next heartbeat was due. */
  readonly staleAt: Date | undefined;
  readonly repository: string | undefined;
  readonly branch: string | undefined;
  /**
   * What the runtime takes for the number of the session's pull request. Up to 1.0.102, it is GitHub's id of it (measured).
   */
  readonly pullRequestNumber?: number | undefined;
  readonly startTime: Date | undefined;
  readonly modifiedTime: Date | undefined;
}

/** An entry of the runtime's list, in the one form. */
export function readListEntry(listed: ListedSession): ListEntry {
  const isRemote = listed.isRemote === true;
  const repository = readRecord(listed, 'repository') ?? readRecord(listed, 'context');
  const owner = readText(repository, 'owner');
  const name = readText(repository, 'name');
  const context = readRecord(listed, 'context');
  const remoteIds = readArray(listed, 'remoteSessionIds').filter(
    (id): id is string => typeof id === 'string' && id !== '',
  );
  const taskId = isRemote ? listed.sessionId : readText(listed, 'mcTaskId');
  return {
    sessionId: remoteIds[0] ?? listed.sessionId,
    taskId,
    ids: [...new Set([listed.sessionId, ...remoteIds, ...(taskId === undefined ? [] : [taskId])])],
    localIds: isRemote ? [] : [listed.sessionId],
    isRemote,
    taskType: readText(listed, 'taskType'),
    title: readText(listed, 'name') ?? readText(listed, 'summary'),
    serviceState: isRemote ? readText(listed, 'state') : undefined,
    hostStatus: isRemote ? readText(listed, 'hostStatus') : undefined,
    hostActivity: isRemote ? readText(listed, 'hostActivity') : undefined,
    staleAt: isRemote ? readDate(listed, 'staleAt') : undefined,
    repository: owner !== undefined && name !== undefined ? `${owner}/${name}` : readText(context, 'repository'),
    branch: readText(repository, 'branch') ?? readText(context, 'branch'),
    pullRequestNumber: isRemote ? readAmount(listed, 'pullRequestNumber') : undefined,
    startTime: readDate(listed, 'startTime'),
    modifiedTime: readDate(listed, 'modifiedTime'),
  };
}

/**
 * The entries of the list, one for each session. A session that runs on this machine and is mirrored to GitHub is listed
 * twice: local `{sessionId: S, mcTaskId: T}`, and remote `{sessionId: T, remoteSessionIds: [S]}`. Entries that share any
 * id, directly or through others, are one session. The order is that of the first of each.
 */
export function mergeEntries(entries: readonly ListEntry[]): readonly ListEntry[] {
  const groups: (ListEntry[] | undefined)[] = [];
  const groupOfId = new Map<string, number>();
  for (const entry of entries) {
    const joined = [...new Set(entry.ids.flatMap((id) => groupOfId.get(id) ?? []))].sort((a, b) => a - b);
    const [first = groups.length, ...others] = joined;
    const group = (groups[first] ??= []);
    group.push(entry);
    for (const other of others) {
      group.push(...(groups[other] ?? []));
      groups[other] = undefined;
    }
    for (const member of others.length === 0 ? [entry] : group) {
      member.ids.forEach((id) => groupOfId.set(id, first));
    }
  }
  return groups.flatMap((group) => (group === undefined ? [] : [merge(group)]));
}

/**
 * The entries without a session that the runtime has deleted. The runtime deletes local copies only: a session in the
 * cloud stays until the service's list no longer has it.
 */
export function withoutSession(entries: readonly ListEntry[], id: string): readonly ListEntry[] {
  return entries.filter(({ isRemote, ids }) => isRemote || !ids.includes(id));
}

/**
 * Values of the service take precedence over those of this machine, and newer ones over older ones: the service's list
 * has the state, the link and the machine's heartbeat. The id is the local one, if there is one, for it deletes the
 * session's copy. Watching uses the task's id.
 */
function merge(group: readonly ListEntry[]): ListEntry {
  const [only] = group;
  if (only !== undefined && group.length === 1) {
    return only;
  }
  const newestFirst = [...group].sort((a, b) => timeOf(b) - timeOf(a));
  const remote = newestFirst.filter(({ isRemote }) => isRemote);
  const local = newestFirst.filter(({ isRemote }) => !isRemote);
  const byRank = [...remote, ...local];
  const first = <Key extends keyof ListEntry>(key: Key): ListEntry[Key] | undefined =>
    byRank.find((entry) => entry[key] !== undefined)?.[key];
  const starts = group.flatMap(({ startTime }) => startTime?.getTime() ?? []);
  return {
    sessionId: (local[0] ?? remote[0])?.sessionId ?? '',
    taskId: first('taskId'),
    ids: [...new Set([...local, ...remote].flatMap(({ ids }) => ids))],
    localIds: [...new Set(local.flatMap(({ localIds }) => localIds))],
    isRemote: remote.length > 0,
    taskType: first('taskType'),
    title: first('title'),
    // The state is that of one entry, for the parts of several would contradict each other.
    serviceState: byRank[0]?.serviceState,
    hostStatus: byRank[0]?.hostStatus,
    hostActivity: byRank[0]?.hostActivity,
    staleAt: byRank[0]?.staleAt,
    repository: first('repository'),
    branch: first('branch'),
    pullRequestNumber: first('pullRequestNumber'),
    startTime: starts.length === 0 ? undefined : new Date(starts.reduce((a, b) => Math.min(a, b))),
    modifiedTime: newestFirst[0]?.modifiedTime,
  };
}

function timeOf({ modifiedTime }: ListEntry): number {
  return modifiedTime?.getTime() ?? 0;
}

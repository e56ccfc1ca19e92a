import type { ListEntry } from './sessionRow';

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
 * What is left of the entries when the runtime has deleted this session: it deletes what is on this machine. A session in
 * the cloud is there until the service's list no longer has it.
 */
export function withoutSession(entries: readonly ListEntry[], id: string): readonly ListEntry[] {
  return entries.filter(({ isRemote, ids }) => isRemote || !ids.includes(id));
}

/**
 * What the service says goes before what this machine says, and what changed last before what is older: the service's
 * list has the state, the link and the machine's heartbeat. The id is the local one where there is one: by it the
 * session's copy is deleted. Watching goes by the task's id.
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
    // Only what the newest says of the state is one statement: words of several would contradict each other.
    serviceState: byRank[0]?.serviceState,
    hostStatus: byRank[0]?.hostStatus,
    hostActivity: byRank[0]?.hostActivity,
    staleAt: byRank[0]?.staleAt,
    repository: first('repository'),
    branch: first('branch'),
    startTime: starts.length === 0 ? undefined : new Date(starts.reduce((a, b) => Math.min(a, b))),
    modifiedTime: newestFirst[0]?.modifiedTime,
  };
}

function timeOf({ modifiedTime }: ListEntry): number {
  return modifiedTime?.getTime() ?? 0;
}

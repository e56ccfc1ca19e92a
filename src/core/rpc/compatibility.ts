import { isOlder } from '../common/versions';

/** The oldest runtime that is tested: see the table in the README. */
export const OLDEST_RUNTIME = '1.0.55';

/** The first runtime that lists cloud sessions: older ones answer with an empty list and no error (measured on 1.0.55). */
const LISTS_CLOUD_SINCE = '1.0.60';

/** Whether a version is older than the oldest that is supported; false for one that cannot be parsed. */
export function isTooOld(version: string | undefined): boolean {
  return isOlder(version, OLDEST_RUNTIME);
}

/** Whether the runtime lists cloud sessions that were not opened here. */
export function listsCloudSessions(version: string | undefined): boolean {
  return !isOlder(version, LISTS_CLOUD_SINCE);
}

/**
 * Older runtimes carry out the calls of `session.model.*` and `session.workspaces.*` on a cloud session themselves, on
 * this machine (measured on 1.0.55).
 */
const KEEPS_CALLS = '1.0.56';
/** The oldest runtime that is known to forward them to the agent's machine (measured). */
const FORWARDS_CALLS = '1.0.85';

/**
 * Who carries out `session.model.*` and `session.workspaces.*` on a cloud session. Builds from source, whose version is 0.x, and versions that
 * cannot be parsed count as new.
 */
export function agentCallsReach(version: string | undefined): 'agent' | 'runtime' | 'unknown' {
  if (version === undefined || /^v?0\./.test(version.trim()) || !isOlder(version, FORWARDS_CALLS)) {
    return 'agent';
  }
  return isOlder(version, KEEPS_CALLS) ? 'runtime' : 'unknown';
}

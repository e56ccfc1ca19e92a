import { isOlder } from '../common/versions';

/** The oldest runtime that the tests try: see the table in the README. */
export const OLDEST_RUNTIME = '1.0.55';

/** The first that lists cloud sessions: older ones answer with an empty list, and no error (measured on 1.0.55). */
const LISTS_CLOUD_SINCE = '1.0.60';

/** Whether a version is older than the oldest that is supported; one that cannot be read is not said to be. */
export function isTooOld(version: string | undefined): boolean {
  return isOlder(version, OLDEST_RUNTIME);
}

/** Whether cloud sessions that nobody opened here are in its list. */
export function listsCloudSessions(version: string | undefined): boolean {
  return !isOlder(version, LISTS_CLOUD_SINCE);
}

/** Older ones keep the calls of `session.model.*` on a cloud session to themselves (measured on 1.0.55). */
const KEEPS_MODEL_CALLS = '1.0.56';
/** The oldest that is known to pass them on to the agent's machine (measured). */
const PASSES_MODEL_CALLS = '1.0.85';

/**
 * Who carries out `session.model.*` on a cloud session. Builds from source, which call themselves 0.x, and versions
 * that cannot be read, count as new.
 */
export function modelCallsReach(version: string | undefined): 'agent' | 'runtime' | 'unknown' {
  if (version === undefined || /^v?0\./.test(version.trim()) || !isOlder(version, PASSES_MODEL_CALLS)) {
    return 'agent';
  }
  return isOlder(version, KEEPS_MODEL_CALLS) ? 'runtime' : 'unknown';
}

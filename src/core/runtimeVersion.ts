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

function isOlder(version: string | undefined, than: string): boolean {
  const ours = numbersOf(than);
  const theirs = version === undefined ? undefined : numbersOf(version);
  if (ours === undefined || theirs === undefined) {
    return false;
  }
  const differing = ours.findIndex((number, index) => number !== theirs[index]);
  return differing !== -1 && (theirs[differing] ?? 0) < (ours[differing] ?? 0);
}

/** `v1.0.55-beta.1` is 1, 0, 55. */
function numbersOf(version: string): readonly number[] | undefined {
  return /^v?(\d+)\.(\d+)\.(\d+)/.exec(version.trim())?.slice(1).map(Number);
}

/** The parts of a version that count: `v1.0.55-beta.1` is 1, 0, 55, and a prerelease. */
interface Version {
  readonly numbers: readonly [major: number, minor: number, patch: number];
  readonly isPrerelease: boolean;
}

/** @returns `undefined` if the text is no version */
function parseVersion(text: string): Version | undefined {
  const match = /^v?(\d+)\.(\d+)\.(\d+)(-)?/.exec(text.trim());
  return match === null
    ? undefined
    : { numbers: [Number(match[1]), Number(match[2]), Number(match[3])], isPrerelease: match[4] !== undefined };
}

/**
 * Below 0 when `one` is older. Only `major.minor.patch` counts; a prerelease comes before its release, and two prereleases
 * are equal. A text that is no version comes before all versions.
 */
export function compareVersions(one: string, other: string): number {
  const [left, right] = [parseVersion(one), parseVersion(other)];
  if (left === undefined || right === undefined) {
    return Number(left !== undefined) - Number(right !== undefined);
  }
  return compareNumbers(left, right) || Number(right.isPrerelease) - Number(left.isPrerelease);
}

/**
 * Whether a version has lower numbers than another: a prerelease counts as its release. False for one that cannot be
 * parsed.
 */
export function isOlder(version: string | undefined, than: string): boolean {
  const [left, right] = [version === undefined ? undefined : parseVersion(version), parseVersion(than)];
  return left !== undefined && right !== undefined && compareNumbers(left, right) < 0;
}

/** The major version; `NaN` if the text does not begin with one. */
export function majorOf(version: string): number {
  return Number.parseInt(version.trim().replace(/^v/, ''), 10);
}

function compareNumbers({ numbers: left }: Version, { numbers: right }: Version): number {
  return left.map((number, at) => number - (right[at] ?? 0)).find((difference) => difference !== 0) ?? 0;
}

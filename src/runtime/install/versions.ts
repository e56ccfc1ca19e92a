/** Below 0 when `one` is older. Only `major.minor.patch` counts; a prerelease comes before its release. */
export function compareVersions(one: string, other: string): number {
  const numbers = (version: string): number[] => version.split(/[.-]/).slice(0, 3).map(Number);
  const [left, right] = [numbers(one), numbers(other)];
  for (const [at, number] of left.entries()) {
    const difference = number - (right[at] ?? 0);
    if (difference !== 0) {
      return difference;
    }
  }
  return Number(other.includes('-')) - Number(one.includes('-'));
}

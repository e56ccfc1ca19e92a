import { sanitizeLine } from './sanitize';

const MOST_NAMED = 5;

/** The first of these paths for a message, with the number of all if some are left out. */
export function named(paths: readonly string[]): string {
  const names = paths.slice(0, MOST_NAMED).map((path) => sanitizeLine(path));
  return paths.length > MOST_NAMED ? `${names.join(', ')}, … (${paths.length})` : names.join(', ');
}

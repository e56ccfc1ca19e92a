import { isRecord, readArray, readString } from '../../core/common/json';
import { sanitizeLine } from '../../core/common/sanitize';
import type { SessionRow } from '../../core/store/sessionRow';
import { SESSION_STATUSES, type SessionStatus } from '../../core/activity/activity';

export const GROUPINGS = ['none', 'state', 'repository', 'date'] as const;
export type Grouping = (typeof GROUPINGS)[number];
export const SORTINGS = ['changed', 'created', 'title'] as const;
export type Sorting = (typeof SORTINGS)[number];
export const PLACES = ['cloud', 'machine', 'local'] as const;
export type Place = (typeof PLACES)[number];

/** What is shown; an empty list means everything. */
export interface RowFilter {
  readonly statuses: readonly SessionStatus[];
  /** `owner/name`, in lower case as GitHub compares them; '' for those without one. */
  readonly repositories: readonly string[];
  readonly places: readonly Place[];
}

export interface Arrangement {
  readonly filter: RowFilter;
  readonly grouping: Grouping;
  readonly sorting: Sorting;
}

export const NO_FILTER: RowFilter = { statuses: [], repositories: [], places: [] };
export const DEFAULT_ARRANGEMENT: Arrangement = { filter: NO_FILTER, grouping: 'none', sorting: 'changed' };

/** Some rows under a heading. Without grouping there is one, with the id ''. */
export interface RowGroup {
  /** Stays the same as long as the group means the same. */
  readonly id: string;
  readonly label: string;
  readonly rows: readonly SessionRow[];
}

export interface Arranged {
  readonly groups: readonly RowGroup[];
  /** Rows that the filter hides. */
  readonly hidden: readonly SessionRow[];
}

/** What was saved, as far as it can be used: it may come from another version, or have been changed by hand. */
export function readArrangement(saved: unknown): Arrangement {
  const filter = isRecord(saved) ? saved['filter'] : undefined;
  const strings = (key: string): string[] =>
    readArray(filter, key).flatMap((value) => (typeof value === 'string' ? value.trim().toLowerCase() : []));
  return {
    filter: {
      statuses: SESSION_STATUSES.filter((status) => strings('statuses').includes(status)),
      repositories: strings('repositories').slice(0, 100),
      places: PLACES.filter((place) => strings('places').includes(place)),
    },
    grouping: oneOf(GROUPINGS, readString(saved, 'grouping')) ?? DEFAULT_ARRANGEMENT.grouping,
    sorting: oneOf(SORTINGS, readString(saved, 'sorting')) ?? DEFAULT_ARRANGEMENT.sorting,
  };
}

export function isFiltered({ statuses, repositories, places }: RowFilter): boolean {
  return statuses.length + repositories.length + places.length > 0;
}

/** Of a row, what the filter and the groups know a repository by. */
export function repositoryId(row: SessionRow): string {
  return row.repository?.toLowerCase() ?? '';
}

/** Where its agent runs. */
export function placeOf({ runsOn, isRemote }: SessionRow): Place {
  return runsOn ?? (isRemote ? 'cloud' : 'local');
}

/** Puts rows into groups and in order, and leaves out what the filter hides. Pure. */
export function arrange(rows: readonly SessionRow[], { filter, grouping, sorting }: Arrangement, now: Date): Arranged {
  const passes = passing(filter);
  const shown: SessionRow[] = [];
  const hidden: SessionRow[] = [];
  for (const row of rows) {
    (passes(row) ? shown : hidden).push(row);
  }
  shown.sort(order(sorting));
  return {
    groups: grouping === 'none' ? [{ id: '', label: '', rows: shown }] : group(shown, grouping, sorting, now),
    hidden,
  };
}

function passing({ statuses, repositories, places }: RowFilter): (row: SessionRow) => boolean {
  const allows = <Value>(wanted: readonly Value[], value: Value): boolean =>
    wanted.length === 0 || wanted.includes(value);
  return (row) =>
    // What is being created was asked for a moment ago, and what failed then waits for an answer: never out of sight.
    row.creation !== undefined ||
    (allows(statuses, row.status) && allows(repositories, repositoryId(row)) && allows(places, placeOf(row)));
}

function order(sorting: Sorting): (a: SessionRow, b: SessionRow) => number {
  const compare: Record<Sorting, (a: SessionRow, b: SessionRow) => number> = {
    changed: (a, b) => b.modifiedTime.getTime() - a.modifiedTime.getTime(),
    created: (a, b) => b.startTime.getTime() - a.startTime.getTime(),
    title: (a, b) => COLLATOR.compare(a.title, b.title),
  };
  return (a, b) =>
    Number(b.creation !== undefined) - Number(a.creation !== undefined) ||
    (a.creation !== undefined && b.creation !== undefined
      ? b.creation.startTime.getTime() - a.creation.startTime.getTime()
      : compare[sorting](a, b)) ||
    (a.key < b.key ? -1 : 1);
}

/** Made once: `localeCompare` makes one for each call. */
const COLLATOR = new Intl.Collator(undefined, { numeric: true, sensitivity: 'base' });

function group(rows: readonly SessionRow[], grouping: Grouping, sorting: Sorting, now: Date): RowGroup[] {
  const groups = new Map<string, { label: string; rank: number; rows: SessionRow[] }>();
  const days = dayBounds(now);
  for (const row of rows) {
    const { id, label, rank } = headingOf(row, grouping, sorting, days);
    const known = groups.get(id);
    if (known === undefined) {
      groups.set(id, { label, rank, rows: [row] });
    } else {
      known.rows.push(row);
    }
  }
  return [...groups]
    .map(([id, { label, rank, rows: members }]) => ({ id, label, rank, rows: members }))
    .sort((a, b) => a.rank - b.rank || COLLATOR.compare(a.label, b.label))
    .map(({ id, label, rows: members }) => ({ id, label, rows: members }));
}

interface Heading {
  readonly id: string;
  readonly label: string;
  readonly rank: number;
}

function headingOf(row: SessionRow, grouping: Grouping, sorting: Sorting, days: readonly DayBound[]): Heading {
  if (grouping === 'state') {
    const label = row.status.charAt(0).toUpperCase() + row.status.slice(1);
    return { id: `state:${row.status}`, label, rank: SESSION_STATUSES.indexOf(row.status) };
  }
  if (grouping === 'repository') {
    return row.repository === undefined
      ? { id: 'repository:', label: 'No repository', rank: 1 }
      : { id: `repository:${repositoryId(row)}`, label: sanitizeLine(row.repository), rank: 0 };
  }
  const time = (sorting === 'created' ? row.startTime : row.modifiedTime).getTime();
  const rank = days.findIndex(({ from }) => time >= from);
  const { id, label } = days[rank] ?? OLDER;
  return { id: `date:${id}`, label, rank: rank < 0 ? days.length : rank };
}

interface DayBound {
  readonly id: string;
  readonly label: string;
  /** Milliseconds since the epoch. */
  readonly from: number;
}

const OLDER = { id: 'older', label: 'Older' };

/** Days begin at midnight where the reader is. */
function dayBounds(now: Date): readonly DayBound[] {
  const daysAgo = (days: number): number => new Date(now.getFullYear(), now.getMonth(), now.getDate() - days).getTime();
  return [
    { id: 'today', label: 'Today', from: daysAgo(0) },
    { id: 'yesterday', label: 'Yesterday', from: daysAgo(1) },
    { id: 'week', label: 'Last 7 days', from: daysAgo(7) },
    { id: 'month', label: 'Last 30 days', from: daysAgo(30) },
  ];
}

function oneOf<Value extends string>(values: readonly Value[], value: string | undefined): Value | undefined {
  return values.find((known) => known === value);
}

import * as l10n from '@vscode/l10n';
import { isRecord, readArray, readString } from '../../core/common/json';
import { sanitizeLine } from '../../core/common/sanitize';
import type { SessionRow } from '../../core/store/sessionRow';
import { SESSION_STATUSES, type SessionStatus } from '../../core/activity/activity';
import { STATUS_NAMES } from './statusNames';

export const GROUPINGS = ['none', 'state', 'repository', 'date'] as const;
export type Grouping = (typeof GROUPINGS)[number];
export const SORTINGS = ['changed', 'created', 'title'] as const;
export type Sorting = (typeof SORTINGS)[number];
export const PLACES = ['cloud', 'machine', 'local'] as const;
export type Place = (typeof PLACES)[number];

/** Which rows are shown; an empty list excludes nothing. */
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

/** Rows under one heading. Without grouping there is one group, with the id ''. */
export interface RowGroup {
  /** Independent of the display language. */
  readonly id: string;
  readonly label: string;
  readonly rows: readonly SessionRow[];
}

export interface Arranged {
  readonly groups: readonly RowGroup[];
  /** Rows excluded by the filter. */
  readonly hidden: readonly SessionRow[];
}

/** Reads a stored arrangement. Unknown values are ignored: another version, or a person, may have written it. */
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

/** The key of a row's repository in the filter and the groups: see `RowFilter.repositories`. */
export function repositoryId(row: SessionRow): string {
  return row.repository?.toLowerCase() ?? '';
}

/** Where the agent of a row runs. */
export function placeOf({ runsOn, isRemote }: SessionRow): Place {
  return runsOn ?? (isRemote ? 'cloud' : 'local');
}

/**
 * Filters, groups and sorts rows. Pure.
 * @param locale the language by whose rules titles are sorted
 */
export function arrange(
  rows: readonly SessionRow[],
  { filter, grouping, sorting }: Arrangement,
  now: Date,
  locale: string,
): Arranged {
  const passes = passing(filter);
  const shown: SessionRow[] = [];
  const hidden: SessionRow[] = [];
  for (const row of rows) {
    (passes(row) ? shown : hidden).push(row);
  }
  shown.sort(order(sorting, locale));
  return {
    groups: grouping === 'none' ? [{ id: '', label: '', rows: shown }] : group(shown, grouping, sorting, now, locale),
    hidden,
  };
}

function passing({ statuses, repositories, places }: RowFilter): (row: SessionRow) => boolean {
  const allows = <Value>(wanted: readonly Value[], value: Value): boolean =>
    wanted.length === 0 || wanted.includes(value);
  return (row) =>
    // A creation is never hidden: it was started a moment ago, or it failed and waits for a decision.
    row.creation !== undefined ||
    (allows(statuses, row.status) && allows(repositories, repositoryId(row)) && allows(places, placeOf(row)));
}

function order(sorting: Sorting, locale: string): (a: SessionRow, b: SessionRow) => number {
  const collator = collatorFor(locale);
  const compare: Record<Sorting, (a: SessionRow, b: SessionRow) => number> = {
    changed: (a, b) => b.modifiedTime.getTime() - a.modifiedTime.getTime(),
    created: (a, b) => b.startTime.getTime() - a.startTime.getTime(),
    title: (a, b) => collator.compare(a.title, b.title),
  };
  return (a, b) =>
    Number(b.creation !== undefined) - Number(a.creation !== undefined) ||
    (a.creation !== undefined && b.creation !== undefined
      ? b.creation.startTime.getTime() - a.creation.startTime.getTime()
      : compare[sorting](a, b)) ||
    (a.key < b.key ? -1 : 1);
}

/** By locale. `localeCompare` would make a collator for each call. */
const collators = new Map<string, Intl.Collator>();

/** Compares names as a reader of that language sorts them. */
export function collatorFor(locale: string): Intl.Collator {
  const known = collators.get(locale);
  const collator = known ?? new Intl.Collator(locale, { numeric: true, sensitivity: 'base' });
  if (known === undefined) {
    collators.set(locale, collator);
  }
  return collator;
}

function group(
  rows: readonly SessionRow[],
  grouping: Grouping,
  sorting: Sorting,
  now: Date,
  locale: string,
): RowGroup[] {
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
  return (
    [...groups]
      .map(([id, { label, rank, rows: members }]) => ({ id, label, rank, rows: members }))
      // Only repositories share a rank, and their labels are names.
      .sort((a, b) => a.rank - b.rank || collatorFor(locale).compare(a.label, b.label))
      .map(({ id, label, rows: members }) => ({ id, label, rows: members }))
  );
}

interface Heading {
  readonly id: string;
  readonly label: string;
  readonly rank: number;
}

function headingOf(row: SessionRow, grouping: Grouping, sorting: Sorting, days: readonly DayBound[]): Heading {
  if (grouping === 'state') {
    const rank = SESSION_STATUSES.indexOf(row.status);
    return { id: `state:${row.status}`, label: STATUS_NAMES[row.status], rank };
  }
  if (grouping === 'repository') {
    return row.repository === undefined
      ? { id: 'repository:', label: l10n.t('No repository'), rank: 1 }
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

const OLDER = {
  id: 'older',
  label: l10n.t({ message: 'Older', comment: ['A group of sessions: those older than 30 days'] }),
};

/** Days begin at midnight, local time. */
function dayBounds(now: Date): readonly DayBound[] {
  const daysAgo = (days: number): number => new Date(now.getFullYear(), now.getMonth(), now.getDate() - days).getTime();
  return [
    { id: 'today', label: l10n.t('Today'), from: daysAgo(0) },
    { id: 'yesterday', label: l10n.t('Yesterday'), from: daysAgo(1) },
    { id: 'week', label: l10n.t('Last 7 days'), from: daysAgo(7) },
    { id: 'month', label: l10n.t('Last 30 days'), from: daysAgo(30) },
  ];
}

function oneOf<Value extends string>(values: readonly Value[], value: string | undefined): Value | undefined {
  return values.find((known) => known === value);
}

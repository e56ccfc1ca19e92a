import type { SessionEvent } from '@github/copilot-sdk';
import { readString } from '../common/json';
import { inSteps, type SlicedWork } from '../common/timeSlices';
import { eventAt } from '../events/eventAt';
import type { GapReason, LogSnapshot, Recognised } from './mergeTypes';

/** The place of an event of the history that the log does not have, as far as is known. */
export const UNKNOWN = -1;
/**
 * Types whose events name a parent that the runtime never sends, though nothing is missing (measured: 1.0.102, for each
 * event that it forwards; not 1.0.55 and 1.0.85).
 */
const PARENT_NOT_SENT: ReadonlySet<string> = new Set(['assistant.usage']);
/** More unknown parents than these, and than half of all: the ids of parents are not those of the events. */
const MAX_STRANGE_PARENTS = 3;

interface Hole {
  readonly reason: GapReason;
  readonly parentId?: string;
  /** Events of the log before this index belong before the hole. */
  readonly position: number;
}

export interface Joints {
  /** Where the history begins in the log. */
  readonly start: number;
  /** Missing events before an event, by its index in the history. */
  readonly holes: ReadonlyMap<number, Hole>;
  /** The history ends before the events of the log, and nothing shows that they are connected. */
  readonly endsUnrelated: boolean;
}

/** Finds where a history and a log fit together, and where events may be missing between them. */
export function* findJoints(
  log: LogSnapshot,
  history: readonly SessionEvent[],
  at: Int32Array,
  known: ReadonlyMap<string, number>,
  isRecognised: (index: number) => boolean,
  { recognised, truncated }: { readonly recognised: Recognised; readonly truncated: boolean },
): SlicedWork<Joints> {
  /** One past the last event that the history may have under another id. */
  let end = 0;
  let firstLasting: SessionEvent | undefined;
  let lastLasting: SessionEvent | undefined;
  yield* inSteps(recognised === 'none' ? 0 : log.length, (index) => {
    if (isRecognised(index)) {
      end = index + 1;
      const event = eventAt(log.events, index);
      if (event.ephemeral !== true) {
        firstLasting ??= event;
        lastLasting = event;
      }
    }
  });
  let firstKnown = UNKNOWN;
  let isRelated = false;
  let first: SessionEvent | undefined;
  /** For each event of the history, the first place in the log that it or a later one has. */
  const next = new Int32Array(history.length + 1).fill(log.length);
  const strange: number[] = [];
  let parents = 0;
  yield* inSteps(history.length, (step) => {
    const index = history.length - 1 - step;
    const event = eventAt(history, index);
    const place = at[index] ?? UNKNOWN;
    next[index] = place >= 0 ? Math.min(place, next[index + 1] ?? 0) : (next[index + 1] ?? 0);
    if (place >= 0) {
      firstKnown = place;
      isRelated ||= isRecognised(place);
    }
    first = event.ephemeral === true ? first : event;
    const parentId = sentParentOf(event);
    if (parentId !== '' && event.ephemeral !== true) {
      parents++;
      // The parent is nearly always the event before; a lookup takes longer.
      if (parentId !== history[index - 1]?.id && !known.has(parentId) && !log.ids.has(parentId)) {
        strange.push(index);
      }
    }
  });
  const holes = new Map<number, Hole>();
  // A transcript has ids of several connections.
  const isOfOneConnection = recognised === 'none' || recognised === 'earlier';
  if (isOfOneConnection && strange.length <= Math.max(MAX_STRANGE_PARENTS, parents / 2)) {
    for (const index of strange) {
      const behind = next[index] ?? 0;
      const parentId = readString(history[index], 'parentId') ?? '';
      holes.set(index, { reason: 'parent', parentId, position: behind < log.length ? behind : end });
    }
  }
  const isUnrelated = lastLasting !== undefined && first !== undefined && !isRelated;
  const isOlder =
    isUnrelated &&
    (recognised === 'earlier' ? timeOf(first) < timeOf(firstLasting) : !(timeOf(first) > timeOf(lastLasting)));
  const start = isUnrelated && !isOlder ? Math.min(end, firstKnown === UNKNOWN ? end : firstKnown) : 0;
  if (isUnrelated && !isOlder) {
    holes.set(0, { reason: 'unrelated', position: start });
  } else if (truncated && history.length > 0 && !holes.has(0) && !continues(log, at[0] ?? UNKNOWN)) {
    holes.set(0, { reason: 'truncated', position: start });
  }
  return { start, holes, endsUnrelated: isOlder };
}

/** The id of the event before it; an empty text if it has none, or one that is never sent. */
export function sentParentOf(event: SessionEvent): string {
  return PARENT_NOT_SENT.has(event.type) ? '' : (readString(event, 'parentId') ?? '');
}

/** Whether the log has an event that is not ephemeral before that place. */
function continues(log: LogSnapshot, place: number): boolean {
  for (let index = place - 1; index >= 0; index--) {
    if (log.events[index]?.ephemeral !== true) {
      return true;
    }
  }
  return false;
}

export function timeOf(event: SessionEvent | undefined): number {
  return Date.parse(readString(event, 'timestamp') ?? '');
}

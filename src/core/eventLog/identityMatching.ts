import { inSteps, type SlicedWork } from '../common/timeSlices';

const NONE = -1;

/** One of the two lists that are matched. */
export interface IdentityList {
  readonly length: number;
  /** The identity hash of the event at an index; computed on demand. */
  identity(index: number): number;
  /** False: the event is ignored, as if it were not there. */
  isPart(index: number): boolean;
  /** Whether the event may be matched; false if it is known by its id. */
  isOpen(index: number): boolean;
  /** Whether the event may stand before the place that the service gives it: a prompt that is shown when it is sent. */
  isEarly(index: number): boolean;
}

/**
 * Finds which of `events` each event of `history` is, by content, each at most once. Events that are in both under one id
 * are known by that, and are not matched.
 *
 * Events with the same content (a session has thousands of `session.idle`) are told apart by their neighbours: the events
 * that both lists have exactly once, and in the same order, divide them into sections, and the same section is searched
 * first. Otherwise, where one of them is missing, each one that follows would be matched with the one before.
 *
 * An event that is early in one list only begins no section: what stands between its two places would be searched in the
 * wrong one. Where it stands at one place in both, it could have told equal events apart; nothing in the lists says so.
 *
 * @returns for each index of `history` the index in `events`, -1 if it is not there
 */
export function* matching(events: IdentityList, history: IdentityList): SlicedWork<Int32Array> {
  const table = new IdentityTable(events.length + history.length);
  const groups = yield* groupsOf(events, table);
  const historyGroups = yield* groupsOf(history, table);
  const isAnchor = (index: number, historyIndex: number): boolean =>
    events.isEarly(index) === history.isEarly(historyIndex);
  const sections = yield* sectionsOf(groups, historyGroups, table.size, isAnchor);
  /** By group, the index of its first open event. */
  const only = new Int32Array(table.size).fill(NONE);
  /** By group, all open events, where there are several. */
  const several = new Map<number, Alike>();
  const sectionOf = new Int32Array(events.length);
  let section = 0;
  yield* inSteps(events.length, (index) => {
    const group = groups[index] ?? NONE;
    if (group === NONE) {
      return;
    }
    section = sectionAt(sections, group, section);
    sectionOf[index] = section;
    if (!events.isOpen(index)) {
      return;
    }
    const first = only[group] ?? NONE;
    if (first === NONE) {
      only[group] = index;
      return;
    }
    const alike = several.get(group);
    if (alike === undefined) {
      several.set(group, new Alike(first, index));
    } else {
      alike.add(index);
    }
  });
  const matches = new Int32Array(history.length).fill(NONE);
  const left: number[] = [];
  section = 0;
  yield* inSteps(history.length, (index) => {
    const group = historyGroups[index] ?? NONE;
    if (group === NONE) {
      return;
    }
    section = sectionAt(sections, group, section);
    const single = only[group] ?? NONE;
    if (single === NONE || !history.isOpen(index)) {
      return;
    }
    const alike = several.get(group);
    const match = alike === undefined ? single : alike.takeIn(section, sectionOf);
    if (match !== NONE && sectionOf[match] === section) {
      matches[index] = match;
      only[group] = alike === undefined ? NONE : single;
    } else {
      left.push(index);
    }
  });
  yield* inSteps(left.length, (step) => {
    const index = left[step] ?? 0;
    const group = historyGroups[index] ?? NONE;
    const alike = several.get(group);
    matches[index] = alike?.takeFirst() ?? only[group] ?? NONE;
    if (alike === undefined) {
      only[group] = NONE;
    }
  });
  return matches;
}

/** The section of an event: the one that it begins, or that of the event before it. */
function sectionAt(sections: Int32Array, group: number, before: number): number {
  const begun = sections[group] ?? 0;
  return begun === 0 ? before : begun;
}

/** For each event, the number of its identity in the table; `NONE` for one that is ignored. */
function* groupsOf(list: IdentityList, table: IdentityTable): SlicedWork<Int32Array> {
  const groups = new Int32Array(list.length).fill(NONE);
  yield* inSteps(list.length, (index) => {
    if (list.isPart(index)) {
      groups[index] = table.numberOf(list.identity(index));
    }
  });
  return groups;
}

/** By group, the section that it begins, if it is an anchor; 0 for others. */
function* sectionsOf(
  groups: Int32Array,
  historyGroups: Int32Array,
  size: number,
  isAnchor: (index: number, historyIndex: number) => boolean,
): SlicedWork<Int32Array> {
  const sole = yield* soleIndices(groups, size);
  const historySole = yield* soleIndices(historyGroups, size);
  /** The places of the possible anchors in `groups`, in the order of `historyGroups`. */
  const places: number[] = [];
  yield* inSteps(historyGroups.length, (index) => {
    const group = historyGroups[index] ?? NONE;
    const place = sole[group] ?? NONE;
    if (place !== NONE && historySole[group] === index && isAnchor(place, index)) {
      places.push(place);
    }
  });
  const sections = new Int32Array(size);
  const anchors = yield* longestAscending(places);
  anchors.forEach((place, index) => {
    sections[groups[place] ?? NONE] = index + 1;
  });
  return sections;
}

/** By group, the index of its only event; `NONE` if it has none or several. */
function* soleIndices(groups: Int32Array, size: number): SlicedWork<Int32Array> {
  const several = -2;
  const indices = new Int32Array(size).fill(NONE);
  yield* inSteps(groups.length, (index) => {
    const group = groups[index] ?? NONE;
    if (group !== NONE) {
      indices[group] = indices[group] === NONE ? index : several;
    }
  });
  yield* inSteps(size, (group) => {
    indices[group] = Math.max(NONE, indices[group] ?? NONE);
  });
  return indices;
}

/** The longest ascending subsequence of different numbers (patience sorting). */
function* longestAscending(numbers: readonly number[]): SlicedWork<number[]> {
  /** By length - 1, the index of the smallest number that ends a subsequence of this length. */
  const ends: number[] = [];
  /** The index of the number before it in its subsequence. */
  const before = new Int32Array(numbers.length).fill(NONE);
  yield* inSteps(numbers.length, (index) => {
    const number = numbers[index] ?? 0;
    let low = 0;
    let high = ends.length;
    // Nearly always, it goes on with the longest one.
    if (high === 0 || (numbers[ends[high - 1] ?? 0] ?? 0) < number) {
      low = high;
    }
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((numbers[ends[middle] ?? 0] ?? 0) < number) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    before[index] = low === 0 ? NONE : (ends[low - 1] ?? NONE);
    ends[low] = index;
  });
  const longest: number[] = [];
  for (let index = ends.at(-1) ?? NONE; index !== NONE; index = before[index] ?? NONE) {
    longest.push(numbers[index] ?? 0);
  }
  return longest.reverse();
}

/** Numbers identities in their order, from 0. Its tables are outside of the heap, where the garbage collector skips them. */
class IdentityTable {
  /** How many identities there are. */
  size = 0;
  private readonly mask: number;
  private readonly keys: Float64Array;
  /** One more than the number; 0 where there is none. */
  private readonly numbers: Int32Array;

  /** @param most how many identities there may be */
  constructor(most: number) {
    const slots = 2 ** Math.ceil(Math.log2(2 * most + 2));
    this.mask = slots - 1;
    this.keys = new Float64Array(slots);
    this.numbers = new Int32Array(slots);
  }

  numberOf(identity: number): number {
    // Both halves of the hash, because the lower one alone repeats too often.
    let slot = (Math.trunc(identity / 0x200000) ^ identity) & this.mask;
    for (;;) {
      const known = this.numbers[slot] ?? 0;
      if (known === 0) {
        this.keys[slot] = identity;
        this.numbers[slot] = this.size + 1;
        return this.size++;
      }
      if (this.keys[slot] === identity) {
        return known - 1;
      }
      slot = (slot + 1) & this.mask;
    }
  }
}

/** Several events of one identity, each of which is taken once. */
class Alike {
  private readonly all: number[];
  private readonly taken = new Set<number>();
  private firstFree = 0;
  /** By section, what is left there, the last first; built on demand. */
  private bySection: Map<number, number[]> | undefined;

  constructor(...first: readonly number[]) {
    this.all = [...first];
  }

  add(index: number): void {
    this.all.push(index);
  }

  takeIn(section: number, sectionOf: Int32Array): number {
    this.bySection ??= this.group(sectionOf);
    const index = this.bySection.get(section)?.pop();
    return index === undefined ? NONE : this.take(index);
  }

  takeFirst(): number {
    for (; this.firstFree < this.all.length; this.firstFree++) {
      const index = this.all[this.firstFree];
      if (index !== undefined && !this.taken.has(index)) {
        return this.take(index);
      }
    }
    return NONE;
  }

  private take(index: number): number {
    this.taken.add(index);
    return index;
  }

  private group(sectionOf: Int32Array): Map<number, number[]> {
    const groups = new Map<number, number[]>();
    for (let at = this.all.length - 1; at >= 0; at--) {
      const index = this.all[at] ?? 0;
      const section = sectionOf[index] ?? 0;
      const group = groups.get(section);
      if (group === undefined) {
        groups.set(section, [index]);
      } else {
        group.push(index);
      }
    }
    return groups;
  }
}

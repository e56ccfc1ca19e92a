import type { SessionEvent } from '@github/copilot-sdk';
import { isRecord, readString } from '../common/json';
import { inSteps, type SlicedWork } from '../common/timeSlices';

/** The member of `data` that tells events of a type apart, where there is one. */
const KEYS = new Map<string, string>([
  // The runtime's own copy of a prompt and the service's echo of it differ in all but the text.
  ['user.message', 'content'],
  ['assistant.message', 'messageId'],
  ['tool.execution_start', 'toolCallId'],
  ['tool.execution_complete', 'toolCallId'],
  ['permission.requested', 'requestId'],
  ['permission.completed', 'requestId'],
  ['session.start', 'sessionId'],
]);

/** What a runtime adds to a live event, and lacks in the history that it reads later (measured on 1.0.102). */
const ADDED = new Map<string, string>([['assistant.usage', 'accounting']]);

/** How deep `data` is looked into: what is nested deeper (no runtime does it) would overflow the stack. */
const MAX_DEPTH = 200;
const NONE = -1;

/**
 * A hash of 53 bits of what an event is, whatever its id. The runtime gives live events ids of its own, and those of
 * the service after it has been connected anew (measured on 1.0.85 and 1.0.102): the same event then has another id and
 * another time. A log keeps one hash for each event, in 8 bytes, and makes no text for it. Among 100,000 events, two
 * that differ have the same hash with a probability of 6e-7.
 */
export function identityHash(event: SessionEvent): number {
  const { type, told, data, added } = whatItSays(event);
  const hash = new Hash();
  hash.text(type);
  if (told === undefined) {
    hash.value(data, added, 0);
  } else {
    hash.text(told);
  }
  return hash.number;
}

/** The parts of an event that count, whatever its id; `told` stands for all of its data where there is one. */
export function whatItSays(event: SessionEvent) {
  const given: unknown = event.type;
  const type = typeof given === 'string' ? given : '';
  const data: unknown = event.data;
  const key = KEYS.get(type);
  return { type, data, told: key === undefined ? undefined : readString(data, key), added: ADDED.get(type) };
}

/** Two 32-bit FNV-1a hashes, of which 53 bits are used: as many as a number holds exactly. */
class Hash {
  private first = 0x811c9dc5;
  private second = 0x9747b28c;

  get number(): number {
    return (this.first >>> 0) * 0x200000 + (this.second >>> 11);
  }

  text(text: string): void {
    let { first, second } = this;
    for (let index = 0; index < text.length; index++) {
      const unit = text.charCodeAt(index);
      first = Math.imul(first ^ unit, 0x01000193);
      second = Math.imul(second ^ unit, 0x5bd1e995);
      second ^= second >>> 15;
    }
    this.first = first;
    this.second = second;
    // Where it ends is part of it: ["ab", "c"] is not ["a", "bc"].
    this.mark(0x10000 + text.length);
  }

  value(value: unknown, without: string | undefined, depth: number): void {
    if (typeof value === 'string') {
      this.mark(0x20001);
      this.text(value);
    } else if (typeof value !== 'object' || value === null) {
      this.mark(0x20002);
      const scalar = value as boolean | number | null | undefined;
      this.text(String(scalar));
    } else if (depth > MAX_DEPTH) {
      this.mark(0x20003);
    } else if (Array.isArray(value)) {
      this.mark(0x20004);
      for (const item of value) {
        this.value(item, undefined, depth + 1);
      }
      this.mark(0x20005);
    } else if (isRecord(value)) {
      this.mark(0x20006);
      for (const key of Object.keys(value)) {
        const member = value[key];
        if (member !== undefined && key !== without) {
          this.text(key);
          this.value(member, undefined, depth + 1);
        }
      }
      this.mark(0x20007);
    }
  }

  private mark(unit: number): void {
    this.first = Math.imul(this.first ^ unit, 0x01000193);
    this.second = Math.imul(this.second ^ unit, 0x5bd1e995);
    this.second ^= this.second >>> 13;
  }
}

/** One of the two lists that are compared. */
export interface IdentityList {
  readonly length: number;
  /** What the event at an index is; computed when it is asked for. */
  identity(index: number): number;
  /** False: the event is not compared at all, as if it were not there. */
  isPart(index: number): boolean;
  /** The event may be another's: false if it is known by its id. */
  isOpen(index: number): boolean;
}

/**
 * Which of `events` each event of `history` is, by what they say, each at most once; those that are in both under one
 * id are known by that and are left out.
 *
 * Events that are alike (a session has thousands of `session.idle`) are told apart by what they stand between: what
 * both lists have exactly once divides them into sections, and the same section is looked at first. Otherwise, where
 * one of them is missing, all that follow would be taken for the one before.
 *
 * @returns for each index of `history` the index in `events`, -1 if it is not there
 */
export function* matching(events: IdentityList, history: IdentityList): SlicedWork<Int32Array> {
  const table = new IdentityTable(events.length + history.length);
  const groups = yield* groupsOf(events, table);
  const historyGroups = yield* groupsOf(history, table);
  const sections = yield* sectionsOf(groups, historyGroups, table.size);
  /** By group, the index of its only open event. */
  const only = new Int32Array(table.size).fill(NONE);
  /** Where there are more of them. */
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

/** The section that an event is in: the one that it begins, or that of the event before it. */
function sectionAt(sections: Int32Array, group: number, before: number): number {
  const begun = sections[group] ?? 0;
  return begun === 0 ? before : begun;
}

/** For each event, the number of its identity in the table; `NONE` for one that is not compared. */
function* groupsOf(list: IdentityList, table: IdentityTable): SlicedWork<Int32Array> {
  const groups = new Int32Array(list.length).fill(NONE);
  yield* inSteps(list.length, (index) => {
    if (list.isPart(index)) {
      groups[index] = table.numberOf(list.identity(index));
    }
  });
  return groups;
}

/** By group, the section that it begins, if both lists have it exactly once; 0 for others. */
function* sectionsOf(groups: Int32Array, historyGroups: Int32Array, size: number): SlicedWork<Int32Array> {
  const counts = yield* countsOf(groups, size);
  const historyCounts = yield* countsOf(historyGroups, size);
  const sections = new Int32Array(size);
  let last = 0;
  yield* inSteps(historyGroups.length, (index) => {
    const group = historyGroups[index] ?? NONE;
    if (counts[group] === 1 && historyCounts[group] === 1) {
      sections[group] = ++last;
    }
  });
  return sections;
}

function* countsOf(groups: Int32Array, size: number): SlicedWork<Int32Array> {
  const counts = new Int32Array(size);
  yield* inSteps(groups.length, (index) => {
    const group = groups[index] ?? NONE;
    if (group !== NONE) {
      counts[group] = (counts[group] ?? 0) + 1;
    }
  });
  return counts;
}

/** Numbers identities as they come, from 0 on. Outside of the heap: tables of long sessions are no work for the collector. */
class IdentityTable {
  /** How many there are. */
  size = 0;
  private readonly mask: number;
  private readonly keys: Float64Array;
  /** One more than the number; 0 where there is none. */
  private readonly numbers: Int32Array;

  /** @param most how many there may be */
  constructor(most: number) {
    const slots = 2 ** Math.ceil(Math.log2(2 * most + 2));
    this.mask = slots - 1;
    this.keys = new Float64Array(slots);
    this.numbers = new Int32Array(slots);
  }

  numberOf(identity: number): number {
    // Both halves of the hash, or the lower one alone would say where all of its kind stand.
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

/** Several events of one identity that nobody has taken. */
class Alike {
  private readonly all: number[];
  private readonly taken = new Set<number>();
  private firstFree = 0;
  /** By section, what is left there, the last first: built when it is needed. */
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

import { BoundedSet } from '../common/bounded';
import { isRecord } from '../common/json';
import { bare, bareForms } from './disguises';
import { lettersOf, patternOf, piecesOf, plainForms, rareForms, SEED_LENGTH, seedsOf } from './secretForms';
import {
  DIAGNOSTIC_SHAPES,
  MARK,
  SECRET_MEMBER,
  SHAPE_SEEDS,
  SURE_SHAPES,
  type Shape,
  URL_CREDENTIALS,
} from './secretShapes';
import { SEED, SeedFilter } from './seedFilter';

/** How many secrets are known at most; the oldest are dropped. Tokens are renewed, and old ones still appear. */
const MOST_SECRETS = 500;
/** Characters in every text that encodes its letters and digits, and so hides all seeds, or has credentials in a URL. */
const MARKED = '%\\&@=';
/** For each of them, the pattern of a suspicious text. Such texts are rare among those of a runtime. */
const SUSPICIOUS = [
  /%(?:25)*(?:u00)?(?:3\d|[46][1-9a-fA-F]|[57][\daA])/,
  /\\(?:u\{?0{0,4}[3-7][\da-fA-F]|U0{6}[3-7][\da-fA-F]|x[3-7][\da-fA-F]|[01][0-7]{2})/,
  /&(?:amp;)*#/,
  URL_CREDENTIALS,
  // Quoted-printable: an encoder escapes all letters or none, and a single match is an assignment.
  /(?:=(?:3\d|[46][1-9A-F]|[57][\dA])){3}/,
];
const MARKS = /\[redacted\](?:\[redacted\])+/g;
/** Names of members whose values are words of the protocol, and ids. */
const PROTOCOL_NAME = /^(?:jsonrpc|method|type|kind|id|\w*Id)$/;
const PROTOCOL_WORD = /^[\w.:/-]{1,80}$/;
/** Shortest secret that is removed from these, in characters: a shorter one may be a word of the protocol. */
const SHORTEST_IN_PROTOCOL = 16;

interface Secret {
  readonly value: string;
  readonly pattern: RegExp;
  readonly rareForms: readonly string[];
  readonly seeds: readonly string[];
  readonly bareForms: readonly string[];
  /** Neither seeds nor bare forms find it, because it has too few letters and digits. */
  readonly isBlind: boolean;
}

/** A form of a secret in two parts. */
export interface Beginning {
  readonly start: string;
  readonly rest: string;
}

/** Removes secrets from text: known ones, in every form, and those that look like one. */
export class Redactor {
  /** Longest first: a secret may contain another. */
  private secrets: readonly Secret[] = [];
  private filter = filterOf([]);
  /** There are secrets that the filter cannot find. */
  private isBlind = false;
  private beginnings: ReadonlyMap<string, readonly Beginning[]> | undefined;
  private readonly values = new BoundedSet<string>(MOST_SECRETS);

  constructor(secrets: readonly string[] = []) {
    this.add(...secrets);
  }

  /**
   * Adds values to remove from now on: as they are, line by line if one has several, and in all forms of `secretForms.ts`.
   * Values under 6 characters are ignored.
   */
  add(...secrets: readonly string[]): void {
    const fresh = secrets.filter((secret) => !this.values.has(secret));
    if (fresh.length === 0) {
      return;
    }
    for (const secret of fresh) {
      this.values.add(secret);
    }
    const known = new Map(this.secrets.map((one) => [one.value, one]));
    const pieces = new Set([...this.values].flatMap(piecesOf));
    this.secrets = [...pieces]
      .map((value) => known.get(value) ?? secretOf(value))
      .sort((a, b) => b.value.length - a.value.length);
    this.filter = filterOf(this.secrets);
    this.beginnings = undefined;
    this.isBlind = this.secrets.some(({ isBlind }) => isBlind);
  }

  /** Redacts diagnostic text of programs: errors, logs. Values behind the name of a secret are removed, too. */
  redact(text: string): string {
    return withoutShapes(this.cleanHard(text), DIAGNOSTIC_SHAPES);
  }

  /** Redacts text of people and agents: only certain secrets are removed. */
  clean(text: string): string {
    return this.mayHold(text) ? this.cleanHard(text) : text;
  }

  /**
   * Whether there may be a secret in it; false is certain. A single pass.
   * @param text may be JSON: secrets in its strings are found
   */
  mayHold(text: string): boolean {
    if (this.isBlind) {
      return true;
    }
    const { seeds, marks } = this.filter.look(text);
    return seeds.size > 0 || isSuspicious(text, marks);
  }

  /** As `mayHold`, for a part of undecoded UTF-8 text; faster. */
  mayHoldBytes(bytes: Buffer, start: number, end: number): boolean {
    const found = this.isBlind ? SEED : this.filter.lookAtBytes(bytes, start, end);
    return found === SEED || (found !== 0 && isSuspicious(bytes.toString('latin1', start, end), found));
  }

  /**
   * Cleans all strings in a JSON value, the names of members too. A value without secrets is returned itself, any other as
   * a copy. Short words of the protocol and ids stay, so that a secret like `message` does no harm.
   *
   * @param isError whether it is diagnostic text: see `redact`
   */
  cleanValue(value: unknown, isError = false): unknown {
    if (typeof value === 'string') {
      return isError ? this.redact(value) : this.clean(value);
    }
    if (Array.isArray(value)) {
      let copy: unknown[] | undefined;
      for (const [index, item] of value.entries()) {
        const cleaned = this.cleanValue(item, isError);
        if (cleaned !== item) {
          copy ??= [...(value as unknown[])];
          copy[index] = cleaned;
        }
      }
      return copy ?? value;
    }
    return isRecord(value) ? this.cleanRecord(value, isError) : value;
  }

  /** The longest beginning of a known secret, in a plain form, at the end of a text. */
  unfinishedIn(text: string): Beginning | undefined {
    this.beginnings ??= beginningsOf(this.secrets.flatMap(({ value }) => plainForms(value)));
    return this.beginnings.get(text.at(-1) ?? '')?.find(({ start }) => text.endsWith(start));
  }

  /** The first place, from `at` on, where a text can be cut without cutting a complete secret. */
  uncut(text: string, at: number): number {
    const places = this.candidatesIn(text).flatMap(({ pattern }) => placesOf(pattern, text));
    return places.toSorted(([a], [b]) => a - b).reduce((end, [from, to]) => (from < end && to > end ? to : end), at);
  }

  /** Secrets that may be in a text: the patterns of ten secrets take 1.5 ms for 1 kB. */
  private candidatesIn(text: string): readonly Secret[] {
    const { seeds: found, marks } = this.filter.look(text);
    const bareText = isSuspicious(text, marks) ? bare(text) : '';
    return this.secrets.filter(
      ({ isBlind, seeds, bareForms: forms }) =>
        isBlind || seeds.some((seed) => found.has(seed)) || forms.some((form) => bareText.includes(form)),
    );
  }

  private cleanRecord(value: Readonly<Record<string, unknown>>, isError: boolean): unknown {
    const entries = Object.entries(value);
    let changed = false;
    for (const entry of entries) {
      const [name, item] = entry;
      const isProtocol = typeof item === 'string' && PROTOCOL_NAME.test(name) && PROTOCOL_WORD.test(item);
      const cleanName = this.clean(name);
      const isNamed = isError && typeof item === 'string' && item.length > 3 && SECRET_MEMBER.test(name);
      const cleaned = isNamed ? MARK : isProtocol ? this.cleanWord(item) : this.cleanValue(item, isError);
      if (cleaned !== item || cleanName !== name) {
        changed = true;
        entry[0] = cleanName;
        entry[1] = cleaned;
      }
    }
    return changed ? Object.fromEntries(entries) : value;
  }

  private cleanWord(word: string): string {
    return word.length < SHORTEST_IN_PROTOCOL || !this.mayHold(word)
      ? word
      : this.cleanHard(word, SHORTEST_IN_PROTOCOL);
  }

  private cleanHard(text: string, shortest = 0): string {
    const places = this.candidatesIn(text)
      .filter(({ value }) => value.length >= shortest)
      .flatMap(({ pattern, rareForms: rare }) => [
        ...placesOf(pattern, text),
        ...rare.flatMap((form) => placesOfForm(form, text)),
      ]);
    return withoutShapes(withoutPlaces(text, places), SURE_SHAPES).replace(MARKS, MARK);
  }
}

function secretOf(value: string): Secret {
  const forms = bareForms(plainForms(value));
  return {
    value,
    pattern: patternOf(value),
    rareForms: rareForms(value),
    seeds: seedsOf(value),
    bareForms: forms,
    isBlind: lettersOf(value).length < 2 * SEED_LENGTH || forms.some(({ length }) => length < SEED_LENGTH),
  };
}

type Place = readonly [start: number, end: number];

function placesOf(pattern: RegExp, text: string): readonly Place[] {
  const places: Place[] = [];
  pattern.lastIndex = 0;
  for (let match = pattern.exec(text); match !== null; match = pattern.exec(text)) {
    places.push([match.index, pattern.lastIndex]);
  }
  return places;
}

function placesOfForm(form: string, text: string): readonly Place[] {
  const places: Place[] = [];
  for (let at = text.indexOf(form); at >= 0; at = text.indexOf(form, at + form.length)) {
    places.push([at, at + form.length]);
  }
  return places;
}

/**
 * Removes all places at once, and not one after the other: where two overlap, the rest of one would no longer be recognised
 * after the other was removed.
 */
function withoutPlaces(text: string, places: readonly Place[]): string {
  let cleaned = '';
  let done = 0;
  for (const [start, end] of places.toSorted(([a], [b]) => a - b)) {
    if (start >= done) {
      cleaned += text.slice(done, start) + MARK;
    }
    done = Math.max(done, end);
  }
  return cleaned + text.slice(done);
}

/** All beginnings of the forms, by their last character, the longest first. */
function beginningsOf(forms: readonly string[]): ReadonlyMap<string, readonly Beginning[]> {
  const byLast = new Map<string, Beginning[]>();
  for (const form of new Set(forms)) {
    for (let length = 1; length < form.length; length++) {
      const beginning = { start: form.slice(0, length), rest: form.slice(length) };
      const last = form.charAt(length - 1);
      const others = byLast.get(last);
      if (others === undefined) {
        byLast.set(last, [beginning]);
      } else {
        others.push(beginning);
      }
    }
  }
  byLast.forEach((beginnings) => beginnings.sort((a, b) => b.start.length - a.start.length));
  return byLast;
}

/** @param marks a bit for each of `MARKED` that the text has */
function isSuspicious(text: string, marks: number): boolean {
  return SUSPICIOUS.some((suspicious, index) => (marks & (1 << index)) !== 0 && suspicious.test(text));
}

function withoutShapes(text: string, shapes: readonly Shape[]): string {
  return shapes.reduce(
    (rest, [pattern, replacement]) =>
      typeof replacement === 'string' ? rest.replace(pattern, replacement) : rest.replace(pattern, replacement),
    text,
  );
}

function filterOf(secrets: readonly Secret[]): SeedFilter {
  const filter = new SeedFilter(MARKED);
  for (const seed of [...SHAPE_SEEDS, ...secrets.flatMap(({ seeds }) => seeds)]) {
    filter.add(seed);
  }
  return filter;
}

/** The kinds of values that arguments are made of; each is read as `argumentSchema.ts` says. */
import {
  guarded,
  memberPath,
  mismatch,
  Mismatch,
  nameOf,
  ownMembers,
  type RefusedMember,
  type Schema,
} from './argumentSchema';

type TypeOf<S> = S extends Schema<infer T> ? T : never;

type Members = Readonly<Record<string, Schema<unknown>>>;
type Optional<T> = { readonly [Key in keyof T]?: TypeOf<T[Key]> };
type Present<T> = { readonly [Key in keyof T]: TypeOf<T[Key]> };

export interface TextRules {
  /** In characters. */
  readonly max: number;
  /** Nothing but white space is no value. */
  readonly mayBeBlank?: boolean;
  /** Why a text of the right length cannot be used, as a sentence. */
  readonly problem?: (text: string) => string | undefined;
}

/** Texts are never repeated in an error: a token may have been passed in the wrong place. */
export function text({ max, mayBeBlank = false, problem }: TextRules): Schema<string> {
  const expected = mayBeBlank ? 'a string' : 'a string that is not blank';
  return {
    expected,
    read(value, path) {
      if (typeof value !== 'string' || (!mayBeBlank && value.trim() === '')) {
        throw mismatch(value, path, expected);
      }
      if (value.length > max) {
        throw new Mismatch(path, `has ${value.length} characters; it may have ${max}.`);
      }
      const wrong = problem?.(value);
      if (wrong !== undefined) {
        throw new Mismatch(path, `cannot be used: ${wrong}`);
      }
      return value;
    },
  };
}

export function oneOf<const Value extends string>(...values: readonly Value[]): Schema<Value> {
  const expected = `one of ${values.map((value) => `'${value}'`).join(', ')}`;
  return {
    expected,
    read(value, path) {
      const known = values.find((each) => each === value);
      if (known === undefined) {
        throw mismatch(value, path, expected);
      }
      return known;
    },
  };
}

/** As `oneOf`, for words that people write in any case: the value is the known spelling. */
export function oneOfFolded<const Value extends string>(...values: readonly Value[]): Schema<Value> {
  const exact = oneOf(...values);
  const fold = (word: string): string =>
    word
      .trim()
      .toLowerCase()
      .replaceAll(/[\s_-]+/g, ' ');
  const folded = new Map(values.map((value) => [fold(value), value]));
  return {
    expected: exact.expected,
    read: (value, path) => exact.read(typeof value === 'string' ? (folded.get(fold(value)) ?? value) : value, path),
  };
}

/** Anything that this says is one; it is passed on as it is. */
export function instance<T>(expected: string, is: (value: unknown) => value is T): Schema<T> {
  return {
    expected,
    read(value, path) {
      if (!guarded(path, () => is(value))) {
        throw mismatch(value, path, expected);
      }
      return value as T;
    },
  };
}

export function list<T>(item: Schema<T>, max: number): Schema<readonly T[]> {
  return {
    expected: 'an array',
    read(value, path) {
      const items = guarded(path, () => {
        if (!Array.isArray(value)) {
          throw mismatch(value, path, 'an array');
        }
        const { length } = value;
        if (length > max) {
          throw new Mismatch(path, `has ${length} items; it may have ${max}.`);
        }
        // Not `map`: it leaves out the holes of a sparse array.
        return Array.from({ length }, (_, index): unknown => value[index]);
      });
      return items.map((each, index) => item.read(each, `${path}[${index}]`));
    },
  };
}

/** How deep data may be: of what refers to itself there is no end. */
const MAX_DEPTH = 8;
const DATA = 'plain data';

/** An object of plain data, as JSON has it, for what is checked elsewhere: a copy that can be read without any care. */
export const plainData: Schema<Readonly<Record<string, unknown>>> = {
  expected: 'an object',
  read: (value, path) => copyMembers(value, path, 0),
};

function copyMembers(value: unknown, path: string, depth: number): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    [...ownMembers(value, path, depth === 0 ? 'an object' : DATA)].flatMap(([key, member]) =>
      member === undefined || typeof key === 'symbol'
        ? []
        : [[key, copyData(member, memberPath(path, nameOf(key)), depth + 1)] as const],
    ),
  );
}

function copyData(value: unknown, path: string, depth: number): unknown {
  if (value === null || typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') {
    return value;
  }
  if (typeof value !== 'object' || depth > MAX_DEPTH) {
    throw mismatch(value, path, DATA);
  }
  return guarded(path, () => Array.isArray(value))
    ? list({ expected: DATA, read: (item, at) => copyData(item, at, depth + 1) }, 10_000).read(value, path)
    : copyMembers(value, path, depth);
}

export interface ObjectRules<R extends Members, O extends Members> {
  readonly required: R;
  readonly optional: O;
  /** Said of a required member that is missing, after "is missing". */
  readonly needs?: string;
  /** Members with an answer of their own; given as `undefined` they count as absent. */
  readonly refused?: Readonly<Record<string, RefusedMember>>;
}

/**
 * A plain object with these own members and no others. An optional member that is `undefined` is absent. Instances of
 * classes are refused rather than read: what their prototypes hold would be left out without a word.
 */
export function object<R extends Members, O extends Members>({
  required,
  optional,
  refused = {},
  needs,
}: ObjectRules<R, O>): Schema<Present<R> & Optional<O>> {
  const members = new Map<string, Schema<unknown>>(Object.entries({ ...required, ...optional }));
  const expected = 'an object';
  return {
    expected,
    read(value, path) {
      const given = ownMembers(value, path, expected);
      const within = (name: string): string => memberPath(path, name);
      for (const [name, refusal] of Object.entries(refused)) {
        if (given.get(name) !== undefined) {
          throw new Mismatch(within(name), refusal.message, refusal);
        }
      }
      for (const key of given.keys()) {
        if (typeof key === 'symbol' || (!members.has(key) && !Object.hasOwn(refused, key))) {
          throw new Mismatch(within(nameOf(key)), 'is not known here.');
        }
      }
      const result: Record<string, unknown> = {};
      for (const [name, schema] of members) {
        const member = given.get(name);
        if (member !== undefined) {
          result[name] = schema.read(member, within(name));
        } else if (Object.hasOwn(required, name)) {
          throw new Mismatch(
            within(name),
            needs === undefined ? `is missing; it must be ${schema.expected}.` : `is missing: ${needs}`,
          );
        }
      }
      return result as Present<R> & Optional<O>;
    },
  };
}

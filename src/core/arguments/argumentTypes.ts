/** The kinds of values that arguments are made of; each is read as `argumentSchema.ts` says. */
import * as l10n from '@vscode/l10n';
import {
  guarded,
  memberPath,
  mismatch,
  Mismatch,
  nameOf,
  ownMembers,
  subjectOf,
  type RefusedMember,
  type Requirement,
  type Schema,
} from './argumentSchema';

type TypeOf<S> = S extends Schema<infer T> ? T : never;

type Members = Readonly<Record<string, Schema<unknown>>>;
type Optional<T> = { readonly [Key in keyof T]?: TypeOf<T[Key]> };
type Present<T> = { readonly [Key in keyof T]: TypeOf<T[Key]> };

export interface TextRules {
  /** Longest text, in characters. */
  readonly max: number;
  /** False: an empty text, or white space alone, is refused. */
  readonly mayBeBlank?: boolean;
  /** Why a text of the right length cannot be used, in a sentence. */
  readonly problem?: (text: string) => string | undefined;
}

/** Errors never repeat a text: it may be a token that was passed in the wrong place. */
export function text({ max, mayBeBlank = false, problem }: TextRules): Schema<string> {
  const requirement: Requirement = (subject) =>
    mayBeBlank ? l10n.t('{0} must be a string.', subject) : l10n.t('{0} must be a string that is not blank.', subject);
  return {
    requirement,
    read(value, path) {
      if (typeof value !== 'string' || (!mayBeBlank && value.trim() === '')) {
        throw mismatch(value, path, requirement);
      }
      if (value.length > max) {
        throw new Mismatch(
          l10n.t('{0} has {1} characters; it may have at most {2}.', subjectOf(path), value.length, max),
        );
      }
      const wrong = problem?.(value);
      if (wrong !== undefined) {
        throw new Mismatch(l10n.t('{0} cannot be used: {1}', subjectOf(path), wrong));
      }
      return value;
    },
  };
}

export function oneOf<const Value extends string>(...values: readonly Value[]): Schema<Value> {
  const words = values.map((value) => `'${value}'`).join(', ');
  const requirement: Requirement = (subject) => l10n.t('{0} must be one of {1}.', subject, words);
  return {
    requirement,
    read(value, path) {
      const known = values.find((each) => each === value);
      if (known === undefined) {
        const given = typeof value === 'string' ? l10n.t('It is another string.') : undefined;
        throw mismatch(value, path, requirement, given);
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
    requirement: exact.requirement,
    read: (value, path) => exact.read(typeof value === 'string' ? (folded.get(fold(value)) ?? value) : value, path),
  };
}

/**
 * Anything that `is` accepts; it is passed on as it is.
 * @param expected what it must be, in a sentence or in code, as `true`
 */
export function instance<T>(expected: Requirement | string, is: (value: unknown) => value is T): Schema<T> {
  const requirement: Requirement =
    typeof expected === 'string' ? (subject) => l10n.t('{0} must be {1}.', subject, expected) : expected;
  return {
    requirement,
    read(value, path) {
      if (!guarded(path, () => is(value))) {
        throw mismatch(value, path, requirement);
      }
      return value as T;
    },
  };
}

const mustBeArray: Requirement = (subject) => l10n.t('{0} must be an array.', subject);
const mustBeObject: Requirement = (subject) => l10n.t('{0} must be an object.', subject);
const mustBeData: Requirement = (subject) => l10n.t('{0} must be plain data.', subject);

export function list<T>(item: Schema<T>, max: number): Schema<readonly T[]> {
  return {
    requirement: mustBeArray,
    read(value, path) {
      const items = guarded(path, () => {
        if (!Array.isArray(value)) {
          throw mismatch(value, path, mustBeArray);
        }
        const { length } = value;
        if (length > max) {
          throw new Mismatch(l10n.t('{0} has {1} items; it may have at most {2}.', subjectOf(path), length, max));
        }
        // Not `map`: it leaves out the holes of a sparse array.
        return Array.from({ length }, (_, index): unknown => value[index]);
      });
      return items.map((each, index) => item.read(each, `${path}[${index}]`));
    },
  };
}

/** Deepest data that is accepted: a structure that refers to itself has no end. */
const MAX_DEPTH = 8;

/** An object of plain data, as JSON has it, which is checked elsewhere: the copy has no getters and no Proxy. */
export const plainData: Schema<Readonly<Record<string, unknown>>> = {
  requirement: mustBeObject,
  read: (value, path) => copyMembers(value, path, 0),
};

function copyMembers(value: unknown, path: string, depth: number): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    [...ownMembers(value, path, depth === 0 ? mustBeObject : mustBeData)].flatMap(([key, member]) =>
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
    throw mismatch(value, path, mustBeData);
  }
  return guarded(path, () => Array.isArray(value))
    ? list({ requirement: mustBeData, read: (item, at) => copyData(item, at, depth + 1) }, 10_000).read(value, path)
    : copyMembers(value, path, depth);
}

export interface ObjectRules<R extends Members, O extends Members> {
  readonly required: R;
  readonly optional: O;
  /** Why a required member cannot be missing, in a sentence. */
  readonly needs?: string;
  /** Members that are refused with an error of their own; as `undefined` they count as absent. */
  readonly refused?: Readonly<Record<string, RefusedMember>>;
}

/**
 * A plain object with these own members and no others. An optional member that is `undefined` is absent. Instances of
 * classes are refused: what their prototypes have would be dropped silently.
 */
export function object<R extends Members, O extends Members>({
  required,
  optional,
  refused = {},
  needs,
}: ObjectRules<R, O>): Schema<Present<R> & Optional<O>> {
  const members = new Map<string, Schema<unknown>>(Object.entries({ ...required, ...optional }));
  return {
    requirement: mustBeObject,
    read(value, path) {
      const given = ownMembers(value, path, mustBeObject);
      const within = (name: string): string => memberPath(path, name);
      for (const [name, refusal] of Object.entries(refused)) {
        if (given.get(name) !== undefined) {
          throw new Mismatch(refusal.message, refusal);
        }
      }
      for (const key of given.keys()) {
        if (typeof key === 'symbol' || (!members.has(key) && !Object.hasOwn(refused, key))) {
          throw new Mismatch(l10n.t('{0} is not known here.', subjectOf(within(nameOf(key)))));
        }
      }
      const result: Record<string, unknown> = {};
      for (const [name, schema] of members) {
        const member = given.get(name);
        if (member !== undefined) {
          result[name] = schema.read(member, within(name));
        } else if (Object.hasOwn(required, name)) {
          const subject = subjectOf(within(name));
          throw new Mismatch(`${l10n.t('{0} is missing.', subject)} ${needs ?? schema.requirement(subject)}`);
        }
      }
      return result as Present<R> & Optional<O>;
    },
  };
}

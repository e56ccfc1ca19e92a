/**
 * Schemas of what other code passes to the API and to commands, and the reader that checks an argument against one. The
 * kinds of values are in `argumentTypes.ts`.
 *
 * Own code instead of valibot or zod/mini: it checks a dozen small objects, and those libraries accept what must be refused
 * here (members inherited from a prototype, instances of classes, Symbol keys) and pass on whatever a getter or the trap of
 * a Proxy throws.
 */
import * as l10n from '@vscode/l10n';
import { CloudSessionsError } from '../errors/cloudSessionsError';
import { sanitizeLine } from '../common/sanitize';

/**
 * Says what a value must be, in a whole sentence.
 * @param subject the value's name in code, as "`repository.owner`"
 */
export type Requirement = (subject: string) => string;

export interface Schema<T> {
  readonly requirement: Requirement;
  /**
   * @param path of the value within the argument, as `repository.owner`; '' for the argument itself
   * @returns a copy that shares nothing with the argument; each member was read once
   * @throws `Mismatch`
   */
  read(value: unknown, path: string): T;
}

/** What takes the argument, as its errors name it: a command, as `cloudSessions.send`, or a call of the API. */
export type Taker = { readonly name: string } & (
  | {
      /** The right form in code, as `{ sessionId, prompt, mode? }`. */
      readonly form: string;
      readonly nextStep?: undefined;
    }
  | {
      /** What to pass, in a sentence. */
      readonly nextStep: string;
      readonly form?: undefined;
    }
);

/** Why a member that may be asked for cannot be had, and what to do instead: whole sentences. */
export interface RefusedMember {
  readonly message: string;
  readonly nextStep: string;
}

/** What is wrong, in whole sentences; `parseArgument` puts the taker's name before them. */
export class Mismatch extends Error {
  constructor(
    readonly sentence: string,
    readonly refusal?: RefusedMember,
  ) {
    super(sentence);
  }
}

/** Longest name of a member in an error, in characters. */
const MAX_NAME = 60;

/**
 * Reads an argument of any kind: an array, a Proxy, an object whose getters throw.
 * @throws `invalid-argument`, and nothing else, with the first member that is wrong and the right form
 */
export function parseArgument<T>(schema: Schema<T>, value: unknown, { name, form, nextStep }: Taker): T {
  try {
    return schema.read(value, '');
  } catch (error) {
    const { sentence, refusal } = error instanceof Mismatch ? error : unreadable('');
    throw refusal === undefined
      ? new CloudSessionsError('invalid-argument', `${name}: ${sentence}`, {
          nextStep: nextStep ?? l10n.t('Pass {0}.', form),
        })
      : new CloudSessionsError('invalid-argument', refusal.message, { nextStep: refusal.nextStep });
  }
}

/** Reads each member once: a getter may return something else the next time. */
export function ownMembers(
  value: unknown,
  path: string,
  requirement: Requirement,
): ReadonlyMap<string | symbol, unknown> {
  return guarded(path, () => {
    if (!isPlainObject(value)) {
      throw mismatch(value, path, requirement);
    }
    const read = (key: string | symbol): unknown => Reflect.get(value, key);
    return new Map(Reflect.ownKeys(value).map((key) => [key, guarded(memberPath(path, nameOf(key)), () => read(key))]));
  });
}

/** Calls code of others: getters and the traps of a Proxy may throw anything. @throws `Mismatch` */
export function guarded<T>(path: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw error instanceof Mismatch ? error : unreadable(path);
  }
}

function unreadable(path: string): Mismatch {
  return new Mismatch(l10n.t('{0} cannot be read.', subjectOf(path)));
}

/** A value's name in a sentence, as code. */
export function subjectOf(path: string): string {
  return `\`${path === '' ? 'argument' : path}\``;
}

export function memberPath(path: string, name: string): string {
  return path === '' ? name : `${path}.${name}`;
}

/** Accepts objects of other realms too, whose `Object.prototype` is another one. */
function isPlainObject(value: unknown): value is object {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return false;
  }
  const prototype: unknown = Object.getPrototypeOf(value);
  return (
    prototype === null ||
    (typeof prototype === 'object' &&
      Object.getPrototypeOf(prototype) === null &&
      Object.hasOwn(prototype, 'isPrototypeOf'))
  );
}

/** @param given what the value is, in a sentence */
export function mismatch(
  value: unknown,
  path: string,
  requirement: Requirement,
  given: string = describe(value),
): Mismatch {
  return new Mismatch(`${requirement(subjectOf(path))} ${given}`);
}

function describe(value: unknown): string {
  switch (typeof value) {
    case 'string':
      return value.trim() === '' ? l10n.t('It is a blank string.') : l10n.t('It is a string.');
    case 'number':
      return l10n.t('It is the number {0}.', String(value));
    case 'boolean':
      return l10n.t('It is the boolean {0}.', String(value));
    case 'bigint':
      return l10n.t('It is a bigint.');
    case 'symbol':
      return l10n.t('It is a symbol.');
    case 'function':
      return l10n.t('It is a function.');
    case 'undefined':
      return l10n.t('It is undefined.');
    case 'object':
      return value === null ? l10n.t('It is null.') : describeObject(value);
  }
}

function describeObject(value: object): string {
  try {
    if (Array.isArray(value)) {
      return l10n.t('It is an array.');
    }
    return isPlainObject(value) ? l10n.t('It is an object.') : l10n.t('It is an instance of a class.');
  } catch {
    return l10n.t('It is an object that cannot be read.');
  }
}

export function nameOf(key: string | symbol): string {
  return sanitizeLine(String(key), MAX_NAME);
}

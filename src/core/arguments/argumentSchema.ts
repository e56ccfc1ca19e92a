/**
 * Schemas of what other code passes to the API and to commands, and the reader that checks an argument against one.
 *
 * Own code rather than valibot or zod/mini: a dozen small objects are to be checked, and those libraries accept what
 * must be refused here (members inherited from a prototype, instances of classes, Symbol keys) and let a getter or the
 * trap of a Proxy throw whatever it likes. The kinds of values are in `argumentTypes.ts`.
 */
import { CloudSessionsError } from '../errors/cloudSessionsError';
import { sanitizeLine } from '../common/sanitize';

export interface Schema<T> {
  /** The end of the sentence "It must be ...". */
  readonly expected: string;
  /**
   * @param path of the value within the argument, as `repository.owner`; '' for the argument itself
   * @returns a copy that shares nothing with the argument; each member was read once
   * @throws `Mismatch`
   */
  read(value: unknown, path: string): T;
}

/** What takes the argument, as its errors name it. */
export interface Taker {
  /** As `cloudSessions.send`. */
  readonly name: string;
  /** The right form, as `{ sessionId, prompt, mode? }`. */
  readonly form: string;
}

/** Why a member that may be asked for cannot be had: a sentence, and what to do instead. */
export interface RefusedMember {
  readonly message: string;
  readonly nextStep: string;
}

/** What is wrong; `parseArgument` makes a sentence with the taker's name of it. */
export class Mismatch extends Error {
  constructor(
    readonly path: string,
    readonly sentence: string,
    readonly refusal?: RefusedMember,
  ) {
    super(sentence);
  }
}

/** Longest name of a member that an error repeats, in characters. */
const MAX_NAME = 60;

/**
 * Reads an argument, whatever it is: an array, a Proxy, an object whose getters throw.
 * @throws `invalid-argument`, and nothing else, with the first member that is wrong and the right form
 */
export function parseArgument<T>(schema: Schema<T>, value: unknown, { name, form }: Taker): T {
  const nextStep = `Pass ${form}.`;
  try {
    return schema.read(value, '');
  } catch (error) {
    const { path, sentence, refusal } = error instanceof Mismatch ? error : new Mismatch('', 'cannot be read.');
    throw refusal === undefined
      ? new CloudSessionsError(
          'invalid-argument',
          `${name}: ${path === '' ? 'the argument' : `\`${path}\``} ${sentence}`,
          {
            nextStep,
          },
        )
      : new CloudSessionsError('invalid-argument', refusal.message, { nextStep: refusal.nextStep });
  }
}

/** Each read once: a getter may answer differently the next time. */
export function ownMembers(value: unknown, path: string, expected: string): ReadonlyMap<string | symbol, unknown> {
  return guarded(path, () => {
    if (!isPlainObject(value)) {
      throw mismatch(value, path, expected);
    }
    const read = (key: string | symbol): unknown => Reflect.get(value, key);
    return new Map(Reflect.ownKeys(value).map((key) => [key, guarded(memberPath(path, nameOf(key)), () => read(key))]));
  });
}

/** Getters and the traps of a Proxy throw what they like. */
export function guarded<T>(path: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw error instanceof Mismatch ? error : new Mismatch(path, 'cannot be read.');
  }
}

export function memberPath(path: string, name: string): string {
  return path === '' ? name : `${path}.${name}`;
}

/** Of another realm too: its `Object.prototype` is not ours. */
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

export function mismatch(value: unknown, path: string, expected: string): Mismatch {
  return new Mismatch(path, `is ${describe(value)}; it must be ${expected}.`);
}

function describe(value: unknown): string {
  switch (typeof value) {
    case 'string':
      return value.trim() === '' ? 'a blank string' : 'another string';
    case 'number':
    case 'boolean':
      return `the ${typeof value} ${String(value)}`;
    case 'bigint':
    case 'symbol':
    case 'function':
      return `a ${typeof value}`;
    case 'undefined':
      return 'undefined';
    case 'object':
      return value === null ? 'null' : describeObject(value);
  }
}

function describeObject(value: object): string {
  try {
    return Array.isArray(value) ? 'an array' : isPlainObject(value) ? 'an object' : 'an instance of a class';
  } catch {
    return 'an object that cannot be read';
  }
}

export function nameOf(key: string | symbol): string {
  return sanitizeLine(String(key), MAX_NAME);
}

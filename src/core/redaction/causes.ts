import { secrets } from './secrets';

/** A cause of a cause is still of use; what lies deeper is of none, and may lead back to where it began. */
const DEEPEST = 5;
/** Not enumerable, or not in every error. */
const TEXTS: readonly string[] = ['name', 'message', 'stack'];
/** By these an object says what it is, without being asked for a member. */
const WORDS: readonly (string | symbol)[] = ['toJSON', 'toString', 'toLocaleString', 'valueOf'];

/**
 * The cause of an error, as it may be shown: itself if it holds no secret and nothing in which one could hide, or else what
 * remains of it. Node puts paths, addresses and command lines into its errors; sockets and certificates too, which lead to
 * all that there is.
 */
export function cleanCause(cause: unknown): unknown {
  return clean(cause, DEEPEST);
}

function clean(value: unknown, depth: number): unknown {
  if (typeof value === 'string') {
    return secrets.redact(value);
  }
  if (typeof value === 'function' || typeof value === 'symbol') {
    return undefined;
  }
  if (typeof value !== 'object' || value === null) {
    return value;
  }
  try {
    return depth === 0 ? undefined : cleanObject(value, depth - 1);
  } catch {
    // A getter of somebody else's, or a Proxy.
    return undefined;
  }
}

function cleanObject(value: object, depth: number): unknown {
  if (value instanceof Error) {
    return cleanError(value, depth);
  }
  if (Array.isArray(value)) {
    const items = value.map((item: unknown) => clean(item, depth));
    const isSame = Reflect.ownKeys(value).length === value.length + 1 && items.every((item, at) => item === value[at]);
    return isSame ? value : items;
  }
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) {
    return undefined;
  }
  const { members, isSame } = cleanMembers(value, Object.getOwnPropertyNames(value), depth);
  return isSame ? value : members;
}

function cleanError(error: Error, depth: number): Error {
  const names = Object.getOwnPropertyNames(error).filter((name) => !TEXTS.includes(name));
  const { members, isSame } = cleanMembers(error, names, depth);
  const { name, message, stack } = error;
  const texts = { name: secrets.redact(name), message: secrets.redact(message), stack: clean(stack, depth) };
  if (isSame && isPlain(error) && texts.name === name && texts.message === message && texts.stack === stack) {
    return error;
  }
  const copy = new Error(texts.message);
  for (const [member, value] of Object.entries({ ...members, name: texts.name, stack: texts.stack })) {
    Object.defineProperty(copy, member, {
      value,
      enumerable: !TEXTS.includes(member),
      configurable: true,
      writable: true,
    });
  }
  return copy;
}

/** Whether nothing of its class says more than its members do: getters, `toJSON`, a way to be inspected. */
function isPlain(error: Error): boolean {
  for (let at: unknown = Object.getPrototypeOf(error); at !== Error.prototype; at = Object.getPrototypeOf(at)) {
    if (typeof at !== 'object' || at === null || Reflect.ownKeys(at).some((key) => isWord(at, key))) {
      return false;
    }
  }
  return true;
}

function isWord(prototype: object, key: string | symbol): boolean {
  const isAccessor = 'get' in (Object.getOwnPropertyDescriptor(prototype, key) ?? {});
  return typeof key === 'symbol' || WORDS.includes(key) || isAccessor;
}

function cleanMembers(
  object: object,
  names: readonly string[],
  depth: number,
): { readonly members: Readonly<Record<string, unknown>>; readonly isSame: boolean } {
  const entries = names.map((name) => [name, (object as Readonly<Record<string, unknown>>)[name]] as const);
  const bounded = Object.fromEntries(entries.map(([name, value]) => [name, clean(value, depth)]));
  // By their names too: a `password` need not look like one.
  const members = secrets.cleanValue(bounded, true) as Readonly<Record<string, unknown>>;
  const isSame =
    Object.getOwnPropertySymbols(object).length === 0 &&
    entries.every(([name, value]) => Object.is(members[name], value));
  return { members, isSame };
}

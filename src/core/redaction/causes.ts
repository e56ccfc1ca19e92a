import { secrets } from './secrets';

/** How deep causes are kept: a cause of a cause is of use; deeper ones are not, and may be circular. */
const DEEPEST = 5;
/** Members of an error that are not enumerable, or not in every error. */
const TEXTS: readonly string[] = ['name', 'message', 'stack'];
/** Methods by which an object is converted without access to a member. */
const WORDS: readonly (string | symbol)[] = ['toJSON', 'toString', 'toLocaleString', 'valueOf'];

/**
 * The cause of an error, as it may be shown: itself if it has no secret and no member that could hide one, or else a
 * redacted copy. Node puts paths, addresses and command lines into its errors, and sockets and certificates, which refer to
 * everything else.
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
    // A foreign getter, or a Proxy.
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

/** Whether its class adds nothing to its members: no getters, no `toJSON`, no custom inspection. */
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
  // By their names too: the value of a `password` may look like any text.
  const members = secrets.cleanValue(bounded, true) as Readonly<Record<string, unknown>>;
  const isSame =
    Object.getOwnPropertySymbols(object).length === 0 &&
    entries.every(([name, value]) => Object.is(members[name], value));
  return { members, isSame };
}

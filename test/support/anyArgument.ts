import fc from 'fast-check';

/** Thrown by getters and traps. The code under test must never let it through. */
class Trap extends Error {}

const boom = (): never => {
  throw new Trap('a trap of the argument');
};

function revoked(): object {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  return proxy;
}

function cycle(): object {
  const object: Record<string, unknown> = {};
  object['cloud'] = object;
  object['repository'] = object;
  return object;
}

/** Stands for a hostile value inside fast-check, which cannot hold a revoked Proxy itself. */
class Hostile {
  constructor(readonly make: () => unknown) {}
}

const HOSTILE: readonly (() => unknown)[] = [
  revoked,
  cycle,
  () => new Proxy({}, { get: boom }),
  () => new Proxy({}, { ownKeys: boom }),
  () => new Proxy({}, { getPrototypeOf: boom }),
  () => new Proxy([], { get: boom }),
  () => new Proxy(() => undefined, {}),
  () => Object.create({ cloud: {}, owner: 'o', name: 'n' }) as unknown,
  () => new Map([['cloud', {}]]),
  () => new Date(Number.NaN),
  () => Object('text') as unknown,
  () => Symbol('x'),
  () => [{ cloud: {} }],
  () => ({ [Symbol('cloud')]: {} }),
  () => ({ toString: boom, toJSON: boom, valueOf: boom }),
  () => Object.defineProperty({}, 'cloud', { get: boom, enumerable: true }),
];

/** Values that break careless readers. Pass each through {@link built}. */
export const hostile: fc.Arbitrary<unknown> = fc.constantFrom(...HOSTILE).map((make) => new Hostile(make));

/**
 * Any value, mostly close to what a schema expects: objects with the given names and values, with hostile values among
 * them. Pass each through {@link built}.
 */
export function anyArgument(names: readonly string[], values: readonly unknown[]): fc.Arbitrary<unknown> {
  const leaf = fc.oneof(
    { weight: 4, arbitrary: fc.constantFrom(...values) },
    { weight: 2, arbitrary: fc.string({ maxLength: 12 }) },
    { weight: 1, arbitrary: hostile },
    { weight: 1, arbitrary: fc.anything() },
  );
  const key = fc.oneof({ weight: 9, arbitrary: fc.constantFrom(...names) }, { weight: 1, arbitrary: fc.string() });
  const inner = fc.dictionary(key, leaf, { maxKeys: 3 });
  const outer = fc.dictionary(key, fc.oneof(inner, leaf), { maxKeys: 3 });
  return fc.oneof({ weight: 8, arbitrary: outer }, { weight: 2, arbitrary: leaf });
}

/** Replaces each placeholder by its hostile value, at any depth. */
export function built(value: unknown): unknown {
  if (value instanceof Hostile) {
    return value.make();
  }
  if (
    typeof value !== 'object' ||
    value === null ||
    ![Object.prototype, null].includes(Object.getPrototypeOf(value) as object | null)
  ) {
    return value;
  }
  const copy: object = Object.create(Object.getPrototypeOf(value) as object | null) as object;
  for (const [name, member] of Object.entries(value)) {
    Object.defineProperty(copy, name, { value: built(member), enumerable: true });
  }
  return copy;
}

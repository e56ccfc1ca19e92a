import assert from 'node:assert/strict';
import { inspect } from 'node:util';
import { cleanCause } from '../../../../src/core/redaction/causes';
import { secrets, textOf } from '../../../../src/core/redaction/secrets';

const SECRET = 'cause-5ecret/of+4711';

function shown(value: unknown): string {
  return inspect(value, { depth: Infinity, showHidden: true, maxStringLength: Infinity });
}

describe('the cause of an error', () => {
  before(() => secrets.add(SECRET));

  it('is itself where there is nothing to hide', () => {
    const inner = Object.assign(new Error('low'), { code: 'ENOENT', errno: -2, syscall: 'open', path: '/x' });
    const all = [
      inner,
      new Error('high', { cause: inner }),
      new AggregateError([inner, new TypeError('x')], 'both'),
      { code: 7, data: { list: [1, 'two', null, { three: true }] } },
      ['a', ['b']],
      'a text',
      7,
      null,
      undefined,
    ];
    for (const cause of all) {
      assert.equal(cleanCause(cause), cause);
    }
  });

  it('has no secret in any member, wherever it stands and whatever it is called', () => {
    const named = new Error('x');
    named.name = SECRET;
    const without = new Error(SECRET);
    delete without.stack;
    const hidden = Object.defineProperty(new Error('x'), 'input', { value: SECRET, enumerable: false });
    const causes: unknown[] = [
      new Error(SECRET),
      new Error('x', { cause: SECRET }),
      new Error('x', { cause: new Error(SECRET) }),
      new Error('x', { cause: { cause: [new Error(`a ${SECRET} b`)] } }),
      new AggregateError([new Error('y'), new Error(SECRET)], 'x'),
      Object.assign(new Error('x'), { options: { headers: { authorization: SECRET } } }),
      Object.assign(new Error('x'), { spawnargs: ['--token', SECRET] }),
      Object.assign(new Error('x'), { [SECRET]: 1 }),
      Object.assign(new Error('x'), {
        socket: new (class Socket {
          readonly url = SECRET;
        })(),
      }),
      Object.assign(new Error('x'), { sent: new Map([[SECRET, Buffer.from(SECRET)]]) }),
      named,
      without,
      hidden,
      Object.assign(new Error('x'), { [Symbol('request')]: { token: SECRET } }),
      Object.assign(new Error('x'), { [Symbol(SECRET)]: 1 }),
      Object.assign(new Error('x'), { retry: Object.assign(() => 1, { token: SECRET }) }),
      new (class extends Error {
        readonly #said = SECRET;
        [inspect.custom](): string {
          return this.#said;
        }
        toJSON(): object {
          return { said: this.#said };
        }
      })('x'),
      { [Symbol('request')]: SECRET },
      Object.defineProperty({ a: 1 }, 'hidden', { value: SECRET, enumerable: false }),
      Object.assign([1, 2], { token: SECRET }),
      { symbol: Symbol(SECRET) },
      { message: SECRET },
      [SECRET],
      SECRET,
    ];
    for (const cause of causes) {
      const cleaned = cleanCause(cause);
      assert.notEqual(cleaned, cause);
      assert.ok(!shown(cleaned).includes(SECRET), shown(cleaned));
      assert.ok(!JSON.stringify([cleaned]).includes(SECRET));
      assert.equal(cleaned instanceof Error, cause instanceof Error);
    }
    assert.ok(!shown(cleanCause(Object.assign(new Error('x'), { password: 'any words' }))).includes('any words'));
  });

  it('becomes a text, whatever it is', () => {
    class Throws extends Error {
      override get message(): string {
        throw new Error('low');
      }
    }
    const NOTHING = 'an error without a message';
    const thrown: readonly (readonly [unknown, string])[] = [
      [new Error(`a ${SECRET}`), 'a [redacted]'],
      [{ message: `a ${SECRET}` }, 'a [redacted]'],
      [SECRET, '[redacted]'],
      [Symbol(SECRET), 'Symbol([redacted])'],
      [undefined, 'undefined'],
      [null, 'null'],
      [Object.assign(new Error(), { message: undefined }), 'Error'],
      [Object.create(null), NOTHING],
      [new Throws(), NOTHING],
      [{ toString: () => ({}) }, NOTHING],
    ];
    for (const [value, text] of thrown) {
      assert.equal(textOf(value), text);
    }
  });

  it('keeps what it says otherwise', () => {
    const cause = Object.assign(new Error(`not ${SECRET}`, { cause: new Error('low') }), {
      code: 'ECONNRESET',
      errno: -104,
      token: 'x'.repeat(20),
    });
    cause.name = 'Canceled';
    const cleaned = cleanCause(cause) as typeof cause;
    assert.deepEqual(
      [cleaned.name, cleaned.code, cleaned.errno, (cleaned.cause as Error).message],
      ['Canceled', 'ECONNRESET', -104, 'low'],
    );
    assert.match(cleaned.message, /^not \S+$/);
    assert.match(cleaned.stack ?? '', /causes\.test/);
  });

  it('may lead back to itself, for ever on, or to what throws', () => {
    const loop: Error & { self?: unknown } = new Error('loop');
    loop.self = { again: [loop] };
    const certificate: Record<string, unknown> = { subject: 'x' };
    certificate['issuerCertificate'] = certificate;
    const refused = Object.assign(new Error('refused'), { code: 'ERR_TLS_CERT_ALTNAME_INVALID', cert: certificate });
    let deep: unknown = SECRET;
    for (let level = 0; level < 100_000; level++) {
      deep = [deep];
    }
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();
    const throws = Object.defineProperty(new Error('x'), 'y', {
      enumerable: true,
      get: () => {
        throw new Error('no');
      },
    });
    assert.equal((cleanCause(refused) as typeof refused).code, 'ERR_TLS_CERT_ALTNAME_INVALID');
    assert.equal((cleanCause(loop) as Error).message, 'loop');
    assert.ok(!shown(cleanCause(Object.assign(new Error('deep'), { deep }))).includes(SECRET));
    assert.equal(cleanCause(proxy), undefined);
    assert.doesNotThrow(() => cleanCause(throws));
  });
});

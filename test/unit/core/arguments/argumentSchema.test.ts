import assert from 'node:assert/strict';
import { runInNewContext } from 'node:vm';
import { parseArgument } from '../../../../src/core/arguments/argumentSchema';
import { instance, list, object, oneOf, oneOfFolded, text } from '../../../../src/core/arguments/argumentTypes';
import { CloudSessionsError } from '../../../../src/core/errors/cloudSessionsError';

const TAKER = { name: 'cloudSessions.send', form: '{ sessionId, mode? }' };
const schema = object({
  required: { sessionId: text({ max: 5 }) },
  optional: {
    mode: oneOf('enqueue', 'immediate'),
    inner: object({ required: { x: text({ max: 9, mayBeBlank: true }) }, optional: {} }),
    words: list(oneOfFolded('needs input', 'done'), 2),
  },
  refused: { old: { message: 'It takes no `old`.', nextStep: 'Leave it out.' } },
});

function refusal(value: unknown): CloudSessionsError {
  try {
    parseArgument(schema, value, TAKER);
  } catch (error) {
    assert.ok(error instanceof CloudSessionsError, String(error));
    assert.equal(error.code, 'invalid-argument');
    return error;
  }
  return assert.fail('It was taken.');
}

describe('argumentSchema', () => {
  it('gives a copy with the members that are there', () => {
    const given = { sessionId: 's', mode: undefined, inner: { x: ' ' }, words: ['Done', 'NEEDS_INPUT'] };
    const read = parseArgument(schema, given, TAKER);
    assert.deepEqual(read, { sessionId: 's', inner: { x: ' ' }, words: ['done', 'needs input'] });
    assert.notEqual(read.inner, given.inner);
    assert.deepEqual(parseArgument(schema, { sessionId: 's', old: undefined }, TAKER), { sessionId: 's' });
    assert.deepEqual(parseArgument(schema, Object.assign(Object.create(null), { sessionId: 's' }), TAKER), {
      sessionId: 's',
    });
    assert.deepEqual(parseArgument(schema, runInNewContext('({ sessionId: "s" })'), TAKER), { sessionId: 's' });
  });

  it('names the member, what it is and what it must be, and the right form', () => {
    const cases: readonly (readonly [unknown, string])[] = [
      [undefined, '`argument` must be an object. It is undefined.'],
      [null, '`argument` must be an object. It is null.'],
      [[], '`argument` must be an object. It is an array.'],
      [() => 1, '`argument` must be an object. It is a function.'],
      [new Date(), '`argument` must be an object. It is an instance of a class.'],
      [Object.create({ sessionId: 's' }), '`argument` must be an object. It is an instance of a class.'],
      [{}, '`sessionId` is missing. `sessionId` must be a string that is not blank.'],
      [{ sessionId: 42 }, '`sessionId` must be a string that is not blank. It is the number 42.'],
      [{ sessionId: ' ' }, '`sessionId` must be a string that is not blank. It is a blank string.'],
      [{ sessionId: '123456' }, '`sessionId` has 6 characters; it may have at most 5.'],
      [{ sessionId: 's', mode: 'now' }, "`mode` must be one of 'enqueue', 'immediate'. It is another string."],
      [{ sessionId: 's', mode: null }, "`mode` must be one of 'enqueue', 'immediate'. It is null."],
      [{ sessionId: 's', inner: { x: 7n } }, '`inner.x` must be a string. It is a bigint.'],
      [{ sessionId: 's', inner: {} }, '`inner.x` is missing. `inner.x` must be a string.'],
      [{ sessionId: 's', inner: { x: '', y: 1 } }, '`inner.y` is not known here.'],
      // A hole in an array is an invalid value.
      // eslint-disable-next-line no-sparse-arrays
      [{ sessionId: 's', words: [, 'done'] }, "`words[0]` must be one of 'needs input', 'done'. It is undefined."],
      [{ sessionId: 's', words: ['done', 'done', 'done'] }, '`words` has 3 items; it may have at most 2.'],
      [{ sessionId: 's', constructor: 1 }, '`constructor` is not known here.'],
      [JSON.parse('{"sessionId":"s","__proto__":1}'), '`__proto__` is not known here.'],
      [{ sessionId: 's', [Symbol('hidden')]: 1 }, '`Symbol(hidden)` is not known here.'],
      [{ sessionId: 's', unknown: undefined }, '`unknown` is not known here.'],
      [Object.defineProperty({ sessionId: 's' }, 'x', { value: 1 }), '`x` is not known here.'],
    ];
    for (const [value, sentence] of cases) {
      const { message, nextStep } = refusal(value);
      assert.equal(message, `cloudSessions.send: ${sentence}`);
      assert.equal(nextStep, 'Pass { sessionId, mode? }.');
    }
    const { message, nextStep } = refusal({ old: 1, unknown: 2 });
    assert.deepEqual([message, nextStep], ['It takes no `old`.', 'Leave it out.']);
  });

  it('survives getters, Proxies and cycles, and reads a member once', () => {
    const boom = (): never => {
      throw new TypeError('boom');
    };
    assert.match(refusal({ get sessionId() { return boom(); } }).message, /`sessionId` cannot be read/); // prettier-ignore
    const traps = ['getPrototypeOf', 'ownKeys', 'get'] as const;
    for (const trap of traps) {
      assert.match(refusal(new Proxy({ sessionId: 's' }, { [trap]: boom })).message, /cannot be read/);
      assert.match(refusal({ sessionId: 's', inner: new Proxy({ x: 's' }, { [trap]: boom }) }).message, /`inner/);
    }
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();
    assert.match(refusal(proxy).message, /`argument` cannot be read/);
    assert.match(
      refusal({ sessionId: proxy }).message,
      /`sessionId` must be a string .* It is an object that cannot be read/,
    );
    assert.match(refusal({ sessionId: 's', words: proxy }).message, /`words` cannot be read/);
    const cycle: Record<string, unknown> = { sessionId: 's' };
    cycle['inner'] = cycle;
    assert.match(refusal(cycle).message, /`inner\.sessionId` is not known/);
    let reads = 0;
    const counted = { get sessionId() { return ++reads === 1 ? 's' : 5; } }; // prettier-ignore
    assert.deepEqual(parseArgument(schema, counted, TAKER), { sessionId: 's' });
    const fails = instance('a thing', (_): _ is object => boom());
    assert.throws(() => parseArgument(fails, {}, TAKER), { code: 'invalid-argument' });
  });

  it('repeats no text that it was given: it may be a secret in the wrong place', () => {
    for (const value of ['ghp_secret', { sessionId: 's', mode: 'ghp_secret' }, { sessionId: 'ghp_secret' }]) {
      assert.doesNotMatch(refusal(value).message, /secret/);
    }
    assert.ok(refusal({ ['x'.repeat(10_000)]: 1 }).message.length < 200);
  });
});

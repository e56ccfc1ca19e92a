import assert from 'node:assert/strict';
import fc from 'fast-check';
import { parsingJson } from '../../../../src/core/common/slicedJson';
import { atOnce } from '../../../../src/core/common/timeSlices';

const parse = (text: string): unknown => atOnce(parsingJson(Buffer.from(text)));
const outcome = (run: () => unknown): unknown => {
  try {
    return { value: run() };
  } catch (error) {
    return (error as Error).name;
  }
};

describe('JSON that is parsed in steps', () => {
  it('is what JSON.parse makes of it, and refused where that refuses it', () => {
    const message = fc.record({
      jsonrpc: fc.constant('2.0'),
      result: fc.record({ events: fc.array(fc.jsonValue(), { maxLength: 5 }), truncated: fc.boolean() }),
      more: fc.jsonValue(),
    });
    fc.assert(
      fc.property(message, fc.nat(), fc.constantFrom('', ',', ']', '"', '{', '\\'), (value, place, damage) => {
        const text = JSON.stringify(value);
        const at = place % (text.length + 1);
        const damaged = text.slice(0, at) + damage + text.slice(at);
        assert.deepEqual(
          outcome(() => parse(damaged)),
          outcome(() => JSON.parse(damaged)),
        );
      }),
      { numRuns: 500 },
    );
  });

  it('gives others their turn in a long list, wherever a step ends', () => {
    const events = Array.from({ length: 5_000 }, (_, index) => ({
      id: `e${index}`,
      data: { text: `"],[{}\\ ${'ü'.repeat(index % 90)}`, list: [[], [1, { a: ',' }]] },
    }));
    const text = JSON.stringify({ jsonrpc: '2.0', id: 1, result: { events, truncated: true } });
    const work = parsingJson(Buffer.from(text));
    let steps = 0;
    let step = work.next();
    for (; step.done !== true; step = work.next()) {
      steps++;
    }
    assert.deepEqual(step.value, JSON.parse(text));
    assert.ok(steps >= Math.floor(Buffer.byteLength(text) / (64 * 1024)) - 1, `${steps} steps`);
    const torn = text.replace('{"id":"e4000"', ',{"id":"e4000"');
    assert.throws(() => parse(torn), SyntaxError);
  });

  it('takes no text in an item for the place between two', () => {
    const events = Array.from({ length: 9_000 }, (_, index) => ({
      id: `e${index}`,
      said: index % 3 === 0 ? '"},{"id":"x"' : 'nothing',
      requests: Array.from({ length: index % 40 }, (__, at) => ({ id: `r${at}` })),
    }));
    const text = JSON.stringify({ jsonrpc: '2.0', id: 1, result: { events } });
    assert.deepEqual(parse(text), JSON.parse(text));
    for (const at of [text.length / 3, text.length / 2, text.length - 200].map(Math.floor)) {
      for (const damage of [',', '}', ']', '"', '{"id":1},']) {
        const damaged = text.slice(0, at) + damage + text.slice(at);
        assert.deepEqual(
          outcome(() => parse(damaged)),
          outcome(() => JSON.parse(damaged)),
        );
      }
    }
  });
});

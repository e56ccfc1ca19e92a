import assert from 'node:assert/strict';
import fc from 'fast-check';
import { BoundedMap, BoundedSet, RecentSet } from '../../../../src/core/common/bounded';

type Step =
  | { readonly kind: 'set' | 'get' | 'delete'; readonly key: number; readonly value: number }
  | { readonly kind: 'clear' };

const steps = fc.array(
  fc.oneof(
    {
      weight: 30,
      arbitrary: fc.record({
        kind: fc.constantFrom('set' as const, 'set' as const, 'get' as const, 'delete' as const),
        key: fc.nat(8),
        value: fc.nat(99),
      }),
    },
    { weight: 1, arbitrary: fc.constant<Step>({ kind: 'clear' }) },
  ),
  { maxLength: 200 },
);

describe('BoundedMap', () => {
  it('is a list of entries, the newest last, cut to its limit', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 6 }), steps, (limit, all) => {
        const map = new BoundedMap<number, number>(limit);
        let model: (readonly [number, number])[] = [];
        for (const step of all) {
          if (step.kind === 'clear') {
            map.clear();
            model = [];
            continue;
          }
          const { kind, key, value } = step;
          const others = model.filter(([other]) => other !== key);
          if (kind === 'set') {
            map.set(key, value);
            model = [...others, [key, value] as const].slice(-limit);
          } else if (kind === 'delete') {
            map.delete(key);
            model = others;
          } else {
            assert.equal(map.get(key), model.find(([other]) => other === key)?.[1]);
          }
          assert.deepEqual([...map], model);
        }
      }),
    );
  });

  it('takes the last of the entries that it begins with', () => {
    const map = new BoundedMap(2, [
      ['a', 1],
      ['b', 2],
      ['c', 3],
    ]);
    assert.deepEqual(
      [...map],
      [
        ['b', 2],
        ['c', 3],
      ],
    );
  });

  it('may have any key, also one that is undefined', () => {
    const map = new BoundedMap<string | undefined, number>(1, [[undefined, 1]]);
    map.set('a', 2);
    assert.deepEqual([...map], [['a', 2]]);
  });
});

describe('BoundedSet', () => {
  it('is a list of values in the order in which they first came, cut to its limit', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 6 }), steps, (limit, all) => {
        const set = new BoundedSet<number>(limit);
        let model: number[] = [];
        for (const step of all) {
          if (step.kind === 'clear') {
            set.clear();
            model = [];
          } else if (step.kind === 'delete') {
            set.delete(step.key);
            model = model.filter((value) => value !== step.key);
          } else if (step.kind === 'set') {
            set.add(step.key);
            model = (model.includes(step.key) ? model : [...model, step.key]).slice(-limit);
          }
          assert.deepEqual([...set], model);
        }
      }),
    );
  });
});

describe('RecentSet', () => {
  it('has the last values, and no more than twice as many', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 20 }), fc.nat(200), (least, count) => {
        const set = new RecentSet<number>(least);
        for (let value = 0; value < count; value++) {
          set.add(value);
        }
        const kept = Array.from({ length: count }, (_, value) => value).filter((value) => set.has(value));
        assert.deepEqual(
          kept.slice(-least),
          Array.from({ length: Math.min(least, count) }, (_, at) => count - Math.min(least, count) + at),
        );
        assert.ok(kept.length <= 2 * least);
      }),
    );
  });
});

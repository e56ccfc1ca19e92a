import assert from 'node:assert/strict';
import fc from 'fast-check';
import { defined } from '../../../../src/core/common/defined';

interface Options {
  readonly name: string;
  readonly label?: string;
  readonly size?: number | null;
}

const maybe = <T>(value: T): T | undefined => value;

describe('defined', () => {
  it('leaves out what is undefined, and nothing else', () => {
    fc.assert(
      fc.property(
        fc.dictionary(
          fc.string().filter((key) => key !== '__proto__'),
          fc.oneof(fc.constant(undefined), fc.constantFrom(null, 0, '', false), fc.anything()),
        ),
        (values) => {
          const kept = Object.entries(values).filter(([, value]) => value !== undefined);
          assert.deepEqual(Object.entries(defined(values)), kept);
        },
      ),
    );
  });

  it('has exact types: optional members are there or absent', () => {
    const one: Options = { name: 'a', ...defined({ label: maybe('b'), size: maybe<number | null>(null) }) };
    const other: Options = defined({ name: 'a', label: maybe('b'), size: undefined });
    assert.deepEqual(
      [one, other],
      [
        { name: 'a', label: 'b', size: null },
        { name: 'a', label: 'b' },
      ],
    );
    // @ts-expect-error what may be undefined is no required member
    const bad: Options = defined({ name: maybe('a') });
    assert.equal(bad.name, 'a');
  });
});

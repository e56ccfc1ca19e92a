import assert from 'node:assert/strict';
import { isRecord, readArray, readDate, readRecord, readString, readText } from '../../../../src/core/common/json';

const NO_RECORDS: readonly unknown[] = [undefined, null, 5, 'text', true, [], [{ key: 'x' }], () => undefined];

describe('isRecord', () => {
  it('is true for objects that are no arrays', () => {
    assert.equal(isRecord({}), true);
    for (const value of NO_RECORDS) {
      assert.equal(isRecord(value), false, String(value));
    }
  });
});

describe('the readers', () => {
  it('read what is of the wanted form', () => {
    assert.equal(readString({ key: ' ' }, 'key'), ' ');
    assert.equal(readText({ key: ' a ' }, 'key'), ' a ');
    assert.deepEqual(readRecord({ key: { a: 1 } }, 'key'), { a: 1 });
    assert.deepEqual(readArray({ key: [1] }, 'key'), [1]);
    assert.deepEqual(readDate({ key: '2026-01-02T03:04:05Z' }, 'key'), new Date(Date.UTC(2026, 0, 2, 3, 4, 5)));
  });

  it('read nothing from what is not', () => {
    for (const value of [...NO_RECORDS, {}, { key: null }, { key: 5 }]) {
      assert.equal(readString(value, 'key'), undefined);
      assert.equal(readText(value, 'key'), undefined);
      assert.equal(readRecord(value, 'key'), undefined);
      assert.deepEqual(readArray(value, 'key'), []);
      assert.equal(readDate(value, 'key'), undefined);
    }
    assert.equal(readText({ key: '' }, 'key'), undefined);
    assert.equal(readText({ key: ' \n' }, 'key'), undefined);
    assert.equal(readRecord({ key: [] }, 'key'), undefined);
    assert.deepEqual(readArray({ key: {} }, 'key'), []);
    assert.equal(readDate({ key: 'yesterday' }, 'key'), undefined);
  });
});

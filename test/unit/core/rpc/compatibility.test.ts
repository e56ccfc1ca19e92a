import assert from 'node:assert/strict';
import { isTooOld, listsCloudSessions } from '../../../../src/core/rpc/compatibility';

it('versions older than 1.0.55 are too old, by number and not by letters', () => {
  for (const old of ['1.0.54', '0.9.99', '1.0.9', 'v1.0.54-beta.1', '0.10.100']) {
    assert.ok(isTooOld(old), old);
  }
  for (const fine of ['1.0.55', '1.0.102', '1.1.0', '2.0.0', 'v1.0.55', '1.0.100-rc', 'unknown', '', undefined]) {
    assert.ok(!isTooOld(fine), fine);
  }
});

it('versions before 1.0.60 do not list cloud sessions; of one that cannot be read, nothing is said', () => {
  assert.deepEqual(['1.0.55', '1.0.59', '1.0.60', '1.0.102', 'unknown', undefined].map(listsCloudSessions), [
    false,
    false,
    true,
    true,
    true,
    true,
  ]);
});

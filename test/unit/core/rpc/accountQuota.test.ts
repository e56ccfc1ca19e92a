import assert from 'node:assert/strict';
import { readAccountQuota } from '../../../../src/core/rpc/accountQuota';

const NOW = new Date('2026-11-27T10:00:00Z');
/** As 1.0.102 answers. */
const ANSWER = {
  isUnlimitedEntitlement: false,
  entitlementRequests: 300,
  usedRequests: 41,
  usageAllowedWithExhaustedQuota: false,
  overage: 0,
  overageAllowedWithExhaustedQuota: false,
  remainingPercentage: 86.16666666666667,
  resetDate: '2026-11-27T09:00:00Z',
};
const read = (change: object = {}): ReturnType<typeof readAccountQuota> =>
  readAccountQuota(
    { quotaSnapshots: { chat: { isUnlimitedEntitlement: true }, premium_interactions: { ...ANSWER, ...change } } },
    NOW,
  );

describe('the quota of an account', () => {
  it('is what is left of premium requests, or of AI credits, at the time of the service’s count', () => {
    const quota = { isInCredits: false, included: 300, left: 258.5, at: new Date('2026-11-27T09:00:00Z') };
    assert.deepEqual(read(), quota);
    assert.deepEqual(read({ tokenBasedBilling: true }), { ...quota, isInCredits: true });
    assert.equal(read({ remainingPercentage: 0, overage: 3 })?.left, 0);
    assert.equal(read({ remainingPercentage: 120 })?.left, 300);
  });

  it('has no time where the answer names one to come, or none', () => {
    for (const resetDate of ['2026-12-01T00:00:00Z', undefined, 'soon', 5]) {
      assert.ok(read({ resetDate }));
      assert.equal(read({ resetDate })?.at, undefined);
    }
  });

  it('is unknown where nothing is said, nothing is included, or nothing is limited', () => {
    for (const change of [
      { isUnlimitedEntitlement: true },
      { entitlementRequests: 0 },
      { entitlementRequests: -1 },
      { entitlementRequests: '300' },
      { remainingPercentage: undefined },
      { remainingPercentage: Number.NaN },
      { remainingPercentage: -5 },
    ]) {
      assert.equal(read(change), undefined, JSON.stringify(change));
    }
    for (const value of [undefined, null, 5, 'text', [], {}, { quotaSnapshots: {} }, { quotaSnapshots: [] }]) {
      assert.equal(readAccountQuota(value), undefined);
      assert.equal(readAccountQuota({ quotaSnapshots: { premium_interactions: value } }), undefined);
    }
  });
});

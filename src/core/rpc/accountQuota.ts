import { isRecord, readAmount, readDate, readRecord } from '../common/json';

/** What an account may still use of what its plan includes. */
export interface AccountQuota {
  /** Counted in AI credits, instead of premium requests. */
  readonly isInCredits: boolean;
  /** What the plan includes for a period; above 0. */
  readonly included: number;
  /** What is left of it, to a tenth. */
  readonly left: number;
  /** When GitHub counted it; `undefined` if that is not known. */
  readonly at: Date | undefined;
}

/**
 * Reads an answer to `account.getQuota`; `undefined` if it does not say how much is left, or if that is unlimited.
 *
 * Measured on 1.0.55, 1.0.85 and 1.0.102: the answer is what the runtime read of `/copilot_internal/user` when it started
 * (or at the first call), however much has been used since; without `quota_snapshots` there, it is empty. `usedRequests` is
 * rounded, the percentage is not. `resetDate` is the service's `timestamp_utc`, which is when it counted, and not when
 * the period ends.
 */
export function readAccountQuota(answer: unknown, now = new Date()): AccountQuota | undefined {
  const quota = readRecord(readRecord(answer, 'quotaSnapshots'), 'premium_interactions');
  const included = readAmount(quota, 'entitlementRequests');
  const percentage = readAmount(quota, 'remainingPercentage');
  if (!isRecord(quota) || quota['isUnlimitedEntitlement'] === true || !included || percentage === undefined) {
    return undefined;
  }
  const at = readDate(quota, 'resetDate');
  return {
    isInCredits: quota['tokenBasedBilling'] === true,
    included,
    left: Math.round((included * Math.min(percentage, 100)) / 10) / 10,
    // A later runtime may send the end of the period there, which is to come.
    at: at !== undefined && at <= now ? at : undefined,
  };
}

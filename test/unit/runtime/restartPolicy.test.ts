import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  DEFAULT_RESTART_LIMITS,
  RECONNECT_LIMITS,
  RECONNECT_MS,
  RestartPolicy,
} from '../../../src/runtime/restartPolicy';

function policyAt(): { policy: RestartPolicy; pass: (ms: number) => void } {
  let time = 1_000;
  return { policy: new RestartPolicy({}, () => time), pass: (ms) => (time += ms) };
}

describe('RestartPolicy', () => {
  it('restarts at once, then after 1, 2, 4 and 8 s, and gives up after five crashes', () => {
    const { policy, pass } = policyAt();
    const delays = [1, 2, 3, 4, 5, 6].map(() => {
      pass(1_000);
      return policy.crashed();
    });
    assert.deepEqual(delays, [0, 1_000, 2_000, 4_000, 8_000, undefined]);
  });

  it('forgets crashes that are three minutes old', () => {
    const { policy, pass } = policyAt();
    for (let crash = 0; crash < 5; crash++) {
      policy.crashed();
    }
    pass(3 * 60_000 - 1);
    assert.equal(policy.crashed(), undefined, 'just within the window');
    pass(1);
    // Only the last of the six is still within the window.
    assert.notEqual(policy.crashed(), undefined);
  });

  it('begins with the shortest pause again after it has been healthy', () => {
    const { policy, pass } = policyAt();
    assert.deepEqual([policy.crashed(), policy.crashed()], [0, 1_000]);
    policy.started();
    pass(59_999);
    assert.equal(policy.crashed(), 2_000, 'not yet healthy');
    policy.started();
    pass(60_000);
    assert.equal(policy.crashed(), 0);
  });

  it('does not take the time of an earlier run for health', () => {
    const { policy, pass } = policyAt();
    policy.started();
    policy.crashed();
    pass(100_000);
    assert.equal(policy.crashed(), 1_000, 'it was not running in between');
  });

  it('forgets everything when it is reset', () => {
    const { policy } = policyAt();
    for (let crash = 0; crash < 6; crash++) {
      policy.crashed();
    }
    policy.reset();
    assert.deepEqual([policy.crashed(), policy.crashed()], [0, 1_000]);
  });

  it('never allows six restarts within three minutes, whatever happens', () => {
    const { windowMs, maxCrashes } = DEFAULT_RESTART_LIMITS;
    const steps = fc.array(fc.record({ runs: fc.boolean(), ms: fc.integer({ min: 0, max: 100_000 }) }), {
      maxLength: 60,
    });
    fc.assert(
      fc.property(steps, (all) => {
        let time = 0;
        const policy = new RestartPolicy({}, () => time);
        const restarts: number[] = [];
        for (const { runs, ms } of all) {
          if (runs) {
            policy.started();
          }
          time += ms;
          if (policy.crashed() !== undefined) {
            restarts.push(time);
          }
          assert.ok(restarts.filter((at) => time - at < windowMs).length <= maxCrashes);
        }
      }),
    );
  });

  it('never gives up a server, whose next try is never further away than 30 s, at a time that chance has a part in', () => {
    const steps = fc.array(
      fc.record({ runsMs: fc.option(fc.nat(100_000)), chance: fc.double({ min: 0, max: 0.99, noNaN: true }) }),
      {
        minLength: 1,
        maxLength: 200,
      },
    );
    fc.assert(
      fc.property(steps, (all) => {
        let time = 0;
        let chance = 0;
        const policy = new RestartPolicy(
          RECONNECT_LIMITS,
          () => time,
          () => chance,
        );
        for (const { runsMs, chance: next } of all) {
          chance = next;
          if (runsMs !== null) {
            policy.started();
            time += runsMs;
          }
          const delay = policy.crashed();
          assert.ok(delay !== undefined && delay >= 0 && delay <= RECONNECT_MS, String(delay));
          if (runsMs !== null && runsMs >= RECONNECT_LIMITS.healthyMs) {
            assert.equal(delay, 0, 'one that was well is connected to again at once');
          }
          time += delay;
        }
      }),
    );
  });
});

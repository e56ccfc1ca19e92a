import assert from 'node:assert/strict';
import fc from 'fast-check';
import { compareVersions, isOlder, majorOf } from '../../../../src/core/common/versions';

const version = fc
  .record({ numbers: fc.tuple(fc.nat(12), fc.nat(12), fc.nat(120)), v: fc.boolean(), beta: fc.boolean() })
  .map(({ numbers, v, beta }) => `${v ? 'v' : ''}${numbers.join('.')}${beta ? '-beta.1' : ''}`);

describe('versions', () => {
  it('are ordered by number, a prerelease before its release, and what is none before all', () => {
    const sorted = ['1.0.9', '1.0.10', 'latest', '1.0.10-2', '0.9.0', 'v0.10.0'].sort(compareVersions);
    assert.deepEqual(sorted, ['latest', '0.9.0', 'v0.10.0', '1.0.9', '1.0.10-2', '1.0.10']);
  });

  it('have one order, whichever way and in whichever sequence they are compared', () => {
    fc.assert(
      fc.property(version, version, version, (a, b, c) => {
        assert.equal(Math.sign(compareVersions(a, b)), -Math.sign(compareVersions(b, a)) + 0);
        const [low, , high] = [a, b, c].sort(compareVersions);
        assert.ok(compareVersions(low!, high!) <= 0);
      }),
    );
  });

  it('are older by number alone; of one that cannot be read, nothing is said', () => {
    for (const old of ['1.0.54', '0.9.99', '1.0.9', 'v1.0.54-beta.1', '0.10.100', ' 1.0.54\n']) {
      assert.ok(isOlder(old, '1.0.55'), old);
    }
    for (const fine of ['1.0.55', '1.0.55-beta.1', '1.0.102', '1.1.0', '2.0.0', 'v1.0.55', 'unknown', '', undefined]) {
      assert.ok(!isOlder(fine, '1.0.55'), fine);
    }
  });

  it('have a major version', () => {
    assert.deepEqual(['22.3.1', 'v20.0.0\n', '9'].map(majorOf), [22, 20, 9]);
    assert.ok(Number.isNaN(majorOf('unknown')));
  });
});

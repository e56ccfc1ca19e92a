import assert from 'node:assert/strict';
import { compareVersions } from '../../../../src/runtime/install/versions';

describe('versions', () => {
  it('are ordered by number', () => {
    const sorted = ['1.0.9', '1.0.10', '1.0.10-2', '0.9.0'].sort(compareVersions);
    assert.deepEqual(sorted, ['0.9.0', '1.0.9', '1.0.10-2', '1.0.10']);
  });
});

import assert from 'node:assert/strict';
import { formatDate, formatTime } from '../../../../src/core/common/localTime';

it('local times have two digits each, and sort as the moments do', () => {
  assert.equal(formatTime(new Date(2025, 0, 2, 3, 4, 5)), '03:04:05');
  assert.equal(formatDate(new Date(2025, 0, 2, 3, 4, 5)), '2025-01-02');
  assert.equal(formatTime(new Date(2025, 11, 31, 23, 59, 58)), '23:59:58');
  assert.equal(formatDate(new Date(2025, 11, 31, 23, 59, 58)), '2025-12-31');
});

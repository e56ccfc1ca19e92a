import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { livenessOf, startOfProcess } from '../../../src/system/processIdentity';

it('a process is told from a later one of its number, where the system says when it was started', () => {
  const start = startOfProcess(process.pid);
  const isKnown = start !== '0';
  assert.equal(isKnown, process.platform === 'linux');
  assert.equal(livenessOf(process.pid, start), isKnown ? 'alive' : 'unknown');
  assert.equal(livenessOf(process.pid, `${start}1`), isKnown ? 'gone' : 'unknown');
  assert.equal(livenessOf(process.pid, '0'), 'unknown');
  const { pid } = spawnSync(process.execPath, ['-e', '']);
  assert.equal(livenessOf(pid, '0'), 'gone');
});

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  findProcess,
  isAlive,
  parsePs,
  parseStat,
  processTable,
  signalProcesses,
} from '../../../src/system/processTable';
import { taskkillPath } from '../../../src/system/processTree';
import { isRunning, until } from '../../support/processes';

describe('the table of processes', () => {
  it('is read from /proc, whatever a process calls itself', () => {
    const rest = 'S 7 8 9 34816 8 4194304 1 2 3 4 5 6 7 8 20 0 1 0 4711 1000 10';
    for (const name of ['node', 'a b', ') S 1 1 1 (', '(((', ')']) {
      assert.deepEqual(parseStat(42, `42 (${name}) ${rest}\n`), {
        pid: 42,
        parent: 7,
        group: 8,
        session: 9,
        start: 4711,
        state: 'running',
      });
    }
    assert.equal(parseStat(42, `42 (x) ${rest.replace('S', 'T')}`)?.state, 'stopped');
    assert.equal(parseStat(42, `42 (x) ${rest.replace('S', 'Z')}`)?.state, 'ended');
    // Its first thread has ended, and three continue.
    assert.equal(parseStat(42, `42 (x) ${rest.replace('S', 'Z').replace('20 0 1 0', '20 0 4 0')}`)?.state, 'running');
    for (const damaged of ['', '42 (x', '42 (x) S 7', `42 (x) ${rest.replace('4711', 'soon')}`]) {
      assert.equal(parseStat(42, damaged), undefined, damaged);
    }
  });

  it('is read from ps, the youngest first, with what stands in the environment', () => {
    const entries = parsePs(
      [
        '    1     0     1 Ss   Thu Nov  6 01:02:03 2025 /sbin/launchd',
        '  501     1   501 S+   Fri Nov  7 01:02:04 2025 /bin/sh -c x CLOUD_SESSIONS_RUN=00 HOME=/Users/a b',
        '  502   501   501 TX   Fri Nov  7 01:02:04 2025 ',
        'nonsense',
        '',
      ].join('\n'),
    );
    assert.deepEqual(
      entries.map(({ pid, parent, group, state }) => [pid, parent, group, state]),
      [
        [502, 501, 501, 'stopped'],
        [501, 1, 501, 'running'],
        [1, 0, 1, 'running'],
      ],
    );
    assert.equal(entries[1]?.start, Date.UTC(2025, 10, 7, 1, 2, 4));
    assert.equal(entries[1].text, '/bin/sh -c x CLOUD_SESSIONS_RUN=00 HOME=/Users/a b');
  });

  describe('on this machine', () => {
    before(function () {
      if (process.platform !== 'linux') {
        this.skip();
      }
    });

    it('includes this process', () => {
      const self = [...processTable()].find(({ pid }) => pid === process.pid);
      assert.deepEqual([self?.parent, self?.state], [process.ppid, 'running']);
    });

    it('does not signal a process with the reused id of one that has ended', async () => {
      const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' });
      const exited = once(child, 'exit');
      try {
        await once(child, 'spawn');
        const key = findProcess(child.pid ?? 0);
        assert.ok(key !== undefined && isAlive(key));
        const earlier = { pid: key.pid, start: key.start - 1 };
        assert.ok(!isAlive(earlier));
        assert.deepEqual(signalProcesses([earlier], 'SIGSTOP'), []);
        assert.equal(findProcess(key.pid)?.state, 'running');
        signalProcesses([key], 'SIGSTOP');
        await until(() => findProcess(key.pid)?.state === 'stopped', 'it is stopped');
        signalProcesses([earlier], 'SIGKILL');
        assert.ok(isRunning(key.pid));
        signalProcesses([key], 'SIGKILL');
        assert.deepEqual(await exited, [null, 'SIGKILL']);
        assert.ok(!isAlive(key));
      } finally {
        child.kill('SIGKILL');
        await exited;
      }
    });
  });
});

describe('taskkill', () => {
  it('is named by its full path, or not used', () => {
    assert.equal(taskkillPath({ SystemRoot: 'C:\\Windows' }), 'C:\\Windows\\System32\\taskkill.exe');
    assert.equal(taskkillPath({ SYSTEMROOT: 'd:/WinNT' }), 'd:\\WinNT\\System32\\taskkill.exe');
    for (const root of ['', '.', 'Windows', '\\Windows', 'C:', 'C:Windows', '\\\\host\\share']) {
      assert.equal(taskkillPath({ SystemRoot: root }), undefined, root);
    }
    assert.equal(taskkillPath({}), undefined);
  });
});

import assert from 'node:assert/strict';
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { fillHostileFolder, HOSTILE_NAMES, hostilePaths, type HostilePath } from '../../support/hostileFolder';
import type { HostileHostOptions, HostileHostReport } from '../../support/hostileHost';
import { MissionControl } from '../../support/missionControl/missionControl';
import { newestRuntime } from '../../support/runtimes';

const REPOSITORY = path.resolve(__dirname, '../../..');
const SYSTEM = '/usr/local/bin:/usr/bin:/bin';

/**
 * VS Code was started in, or has open, a folder full of programs with the names of all programs that are called. None
 * of them may run, whichever way the `PATH` leads there.
 */
describe('a stranger’s folder', function () {
  this.timeout(300_000);
  let root: string;
  let service: MissionControl;
  let hostile: string;
  let marks: string;
  let storage: string;
  let inHostile: ChildProcess;
  const at = (...parts: string[]): string => path.join(root, ...parts);
  const link = (): string => at('link');

  before(async function () {
    if (process.platform !== 'linux') {
      // The processes' details are read from /proc.
      this.skip();
    }
    root = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), 'strangers-')));
    hostile = at('hostile');
    marks = at('marks');
    storage = at('storage');
    for (const folder of [hostile, marks, storage, at('home')]) {
      fs.mkdirSync(folder);
    }
    fs.symlinkSync(hostile, link());
    fillHostileFolder(hostile, marks);
    service = await MissionControl.start();
    inHostile = start(hostile);
  });

  after(async () => {
    await end(inHostile);
    await service.dispose();
    fs.rmSync(root, { recursive: true, force: true, maxRetries: 5 });
  });

  const marked = (): string[] => fs.readdirSync(marks).sort();

  beforeEach(() => marked().forEach((name) => fs.rmSync(path.join(marks, name))));

  function start(cwd: string): ChildProcess {
    return fork(path.join(__dirname, '../../support/hostileHost.ts'), {
      cwd,
      env: { HOME: at('home'), PATH: SYSTEM },
      execArgv: ['--import', pathToFileURL(require.resolve('tsx')).href],
    });
  }

  async function end(host: ChildProcess): Promise<void> {
    const exited = once(host, 'exit');
    host.disconnect();
    await exited;
  }

  async function run(
    { value, isOpen }: Pick<HostilePath, 'value' | 'isOpen'>,
    options: Partial<HostileHostOptions> = {},
    host = inHostile,
  ): Promise<HostileHostReport> {
    const order: HostileHostOptions = {
      path: value,
      storage,
      workspace: isOpen ? hostile : undefined,
      settings: { path: newestRuntime(REPOSITORY).executable, env: service.environment(at('copilot')) },
      ...options,
    };
    const done = new AbortController();
    try {
      const { signal } = done;
      const ended = once(host, 'exit', { signal }).then(() => assert.fail('it ended without a report'));
      const reported = once(host, 'message', { signal });
      host.send(order);
      const [report] = (await Promise.race([reported, ended])) as [HostileHostReport];
      return report;
    } finally {
      done.abort();
    }
  }

  function assertRuns(report: HostileHostReport): void {
    assert.deepEqual([report.state, report.error], ['running', undefined], report.log.join('\n'));
    assert.ok(report.sessionId, report.log.join('\n'));
    assert.equal(report.cwd, path.join(storage, 'cwd'));
  }

  it('has at least 60 names, and at least 8 kinds of PATH lead there', () => {
    assert.ok(new Set(HOSTILE_NAMES).size >= 60 && new Set(HOSTILE_NAMES).size === HOSTILE_NAMES.length);
    assert.ok(hostilePaths(hostile, link(), SYSTEM).length >= 8);
  });

  // Only their names are needed here; the folders are made later.
  for (const [index, { name }] of hostilePaths('/hostile', '/link', SYSTEM).entries()) {
    const kind = (): HostilePath => {
      const found = hostilePaths(hostile, link(), SYSTEM)[index];
      assert.ok(found?.name === name);
      return found;
    };

    it(`runs nothing of it: ${name}`, async () => {
      const report = await run(kind());
      assert.deepEqual(marked(), []);
      assertRuns(report);
      const folders = report.path?.split(':') ?? [];
      assert.ok(folders.length > 0 && folders.every((folder) => path.isAbsolute(folder)), report.path);
      assert.ok(!folders.some((folder) => fs.existsSync(folder) && fs.realpathSync(folder).startsWith(hostile)));
      assert.notEqual(report.registry, 'http://127.0.0.1:1/hostile/');
    });
  }

  it('would run something of it without the safeguards', async () => {
    const kinds = hostilePaths(hostile, link(), SYSTEM);
    const silent: string[] = [];
    for (const kind of kinds) {
      await run(kind, { isControl: true, isBrief: true });
      if (marked().length === 0) {
        silent.push(kind.name);
      }
      marked().forEach((name) => fs.rmSync(path.join(marks, name)));
    }
    assert.deepEqual(silent, []);
  });

  it('is not searched for the runtime, nor for the Node that would run one', async () => {
    for (const kind of hostilePaths(hostile, link(), SYSTEM)) {
      const env = service.environment(at('copilot'));
      const found = await run(kind, { settings: { env }, isBrief: true });
      assert.deepEqual([marked(), found.command?.startsWith(hostile) ?? false], [[], false], kind.name);
    }
    assert.deepEqual(marked(), []);
  });

  it('may have been deleted', async () => {
    const lost = at('lost');
    fs.mkdirSync(lost);
    const host = start(lost);
    const order = { loseFolder: true, startsAgain: true };
    const report = await run({ value: SYSTEM, isOpen: false }, order, host).finally(() => end(host));
    assertRuns(report);
    assert.equal(report.stateAgain, 'running', 'and the folder of our own, between two starts');
    assert.ok(!fs.existsSync(lost));
  });
});

import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  renameSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { runtimeEnvironment } from '../../../../src/runtime/platform/environment';
import { RuntimeProcess } from '../../../../src/runtime/runtimeProcess';
import { endLeftOverRuns } from '../../../../src/runtime/processes/leftOverRuns';
import { findProcess, type ProcessKey } from '../../../../src/system/processTable';
import { hasLimit, markProcess, newRunId, RUN_VARIABLE } from '../../../../src/runtime/processes/runMark';
import { thisPlace, thisProcess, writeRecord, type RunRecord } from '../../../../src/runtime/processes/runRecord';
import { isRunning, scriptedRuntime, until } from '../../../support/processes';
import { watcherProgram } from '../../../support/shapes';
import type { RuntimeCommand } from '../../../../src/runtime/runtimeCommand';

const QUICK = { shutdownMs: 100, answeredMs: 100, stdinMs: 100, sigtermMs: 100, sigkillMs: 20_000, restMs: 50 };
const DAY_MS = 24 * 60 * 60 * 1_000;

function scripted(name: string): RuntimeCommand {
  return { command: process.execPath, args: [scriptedRuntime(name)], env: runtimeEnvironment(process.env) };
}

describe('the record of a run', () => {
  let folder: string;
  let records: string;
  let children: ChildProcess[];

  before(function () {
    if (process.platform !== 'linux') {
      this.skip();
    }
  });

  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'cloud-sessions-runs-'));
    records = path.join(folder, 'runs');
    children = [];
  });

  afterEach(async () => {
    for (const child of children) {
      const exited = once(child, 'exit');
      if (child.exitCode === null && child.signalCode === null) {
        child.kill('SIGKILL');
        await exited;
      }
    }
    rmSync(folder, { recursive: true });
  });

  /** A process that waits, with the mark of a run if one is given. */
  async function waiting(runId?: string): Promise<ProcessKey> {
    const child = spawn(process.execPath, ['-e', 'process.on("SIGTERM", () => {}); setInterval(() => {}, 1000)'], {
      stdio: 'ignore',
      detached: true,
      env: runId === undefined ? {} : { [RUN_VARIABLE]: runId },
    });
    children.push(child);
    await once(child, 'spawn');
    const key = findProcess(child.pid ?? 0);
    assert.ok(key);
    return { pid: key.pid, start: key.start };
  }

  /** A process that has ended; its id may be reused. */
  async function ended(): Promise<ProcessKey> {
    const key = await waiting();
    const child = children.pop();
    const exited = once(child!, 'exit');
    child!.kill('SIGKILL');
    await exited;
    return key;
  }

  function record(more: Partial<RunRecord>): RunRecord {
    const made = { runId: newRunId(), place: thisPlace(), owner: { pid: 2, start: 1 }, ...more };
    writeRecord(records, made);
    return made;
  }

  it('is there while it runs, for the user alone, and gone with it', async () => {
    const runtime = await RuntimeProcess.start(scripted('neverAnswers'), () => undefined, QUICK, { folder: records });
    try {
      const [name = '', ...others] = readdirSync(records);
      assert.deepEqual(others, []);
      const file = path.join(records, name);
      assert.equal(statSync(file).mode & 0o777, 0o600);
      assert.equal(statSync(records).mode & 0o777, 0o700);
      const { runId, owner, runtime: noted } = JSON.parse(readFileSync(file, 'utf8')) as RunRecord;
      assert.equal(name, `${runId}.json`);
      assert.deepEqual(owner, thisProcess());
      assert.deepEqual(noted, { pid: runtime.pid, start: findProcess(runtime.pid)?.start });
      assert.ok(readFileSync(`/proc/${runtime.pid}/environ`, 'latin1').includes(`${RUN_VARIABLE}=${runId}`));
      assert.deepEqual(await endLeftOverRuns(records), [], 'the run of a living window is not touched');
      assert.ok(isRunning(runtime.pid));
    } finally {
      await runtime.stop();
    }
    assert.deepEqual(readdirSync(records), []);
  });

  it('is not left behind by a start that fails', async () => {
    const command = { ...scripted('neverAnswers'), command: path.join(folder, 'missing') };
    await assert.rejects(RuntimeProcess.start(command, () => undefined, QUICK, { folder: records }));
    assert.deepEqual(readdirSync(records), []);
  });

  it('is no reason not to start, where it cannot be written', async () => {
    writeFileSync(records, 'a file');
    const runtime = await RuntimeProcess.start(scripted('neverAnswers'), () => undefined, QUICK, {
      folder: records,
      watcher: watcherProgram(),
    });
    assert.notEqual((await runtime.stop()).endedBy, undefined);
  });

  it('of a dead owner has what is left ended: the runtime, and whoever bears the mark', async () => {
    const runId = newRunId();
    const [runtime, marked, other] = [await waiting(), await waiting(runId), await waiting(newRunId())];
    record({ runId, owner: await ended(), runtime });
    assert.deepEqual(await endLeftOverRuns(records), [{ runId, left: [] }]);
    assert.deepEqual(
      [runtime, marked, other].map(({ pid }) => isRunning(pid)),
      [false, false, true],
    );
    assert.deepEqual(readdirSync(records), []);
  });

  it('of one that was killed before the runtime was noted down does so by the mark', async () => {
    const runId = newRunId();
    const owner = await ended();
    const marked = await waiting(runId);
    record({ runId, owner });
    assert.deepEqual(await endLeftOverRuns(records), [{ runId, left: [] }]);
    assert.ok(!isRunning(marked.pid));
  });

  it('ends nobody who has only the number of a dead runtime', async () => {
    const { pid, start } = await waiting();
    const { runId } = record({ owner: await ended(), runtime: { pid, start: start - 1 } });
    assert.deepEqual(await endLeftOverRuns(records), [{ runId, left: [] }]);
    assert.ok(isRunning(pid));
  });

  it('is left alone if its owner lives, or it was made in another place', async () => {
    const runtime = await waiting();
    record({ owner: await waiting(), runtime });
    record({ owner: await ended(), runtime, place: 'elsewhere' });
    assert.deepEqual(await endLeftOverRuns(records), []);
    assert.ok(isRunning(runtime.pid));
    assert.equal(readdirSync(records).length, 2);
  });

  it('ends nobody if it is damaged or forged, and is forgotten in the end', async () => {
    const runtime = await waiting();
    const whole = record({ owner: await ended(), runtime });
    const file = path.join(records, `${whole.runId}.json`);
    const text = readFileSync(file, 'utf8');
    const damaged = [
      '',
      text.slice(0, -5),
      '[]',
      text.replace(whole.runId, 'ffffffffffff'),
      text.replace(`"pid":${whole.owner.pid}`, '"pid":-1'),
      text.replace(`"pid":${whole.owner.pid}`, '"pid":"1"'),
      text.replace(whole.runId, '..'),
    ];
    for (const content of damaged) {
      writeFileSync(file, content);
      assert.deepEqual(await endLeftOverRuns(records), [], content);
      assert.ok(isRunning(runtime.pid), content);
      assert.ok(existsSync(file), content);
    }
    const long = new Date(Date.now() - 31 * DAY_MS);
    utimesSync(file, long, long);
    await endLeftOverRuns(records);
    assert.deepEqual(readdirSync(records), []);
  });

  const OTHERS: Readonly<Record<string, (file: string, elsewhere: string) => void>> = {
    'a file that anybody may write': (file) => chmodSync(file, 0o666),
    'a file that a group may write': (file) => chmodSync(file, 0o620),
    'a folder that anybody may write': () => chmodSync(records, 0o777),
    'a link to a file': (file, elsewhere) => {
      renameSync(file, elsewhere);
      symlinkSync(elsewhere, file);
    },
    'a link to a folder': (_, elsewhere) => {
      renameSync(records, elsewhere);
      symlinkSync(elsewhere, records);
    },
  };
  for (const [what, make] of Object.entries(OTHERS)) {
    it(`ends nobody if somebody else may have written it: ${what}`, async () => {
      const runtime = await waiting();
      const { runId } = record({ owner: await ended(), runtime });
      make(path.join(records, `${runId}.json`), path.join(folder, 'elsewhere'));
      assert.deepEqual(await endLeftOverRuns(records), []);
      assert.ok(isRunning(runtime.pid));
    });
  }

  it('is private to the user, also in a folder that was there', async () => {
    mkdirSync(records, { mode: 0o777 });
    chmodSync(records, 0o777);
    record({ owner: await ended() });
    assert.equal(statSync(records).mode & 0o777, 0o700);
  });

  it('ends neither ourselves nor what has started us, whatever it says', async () => {
    const source = path.resolve(__dirname, '../../../../src/runtime/processes/leftOverRuns.ts');
    // A shell in place of the editor, and its child in place of the extension host. Each is the leader of a group once.
    const script = `import(${JSON.stringify(source)}).then((found) => (found.default ?? found).endLeftOverRuns(process.argv[1])).then((ended) => console.log(JSON.stringify(ended)));`;
    for (const isParent of [true, false]) {
      const args = [
        '--import',
        'tsx',
        '-e',
        `process.stdin.once('data', () => {${script}process.stdin.unref();})`,
        records,
      ];
      const child = isParent
        ? spawn('/bin/sh', ['-c', '"$0" "$@"; echo lives', process.execPath, ...args], { detached: true })
        : spawn(process.execPath, args, { detached: true });
      children.push(child);
      await once(child, 'spawn');
      const key = findProcess(child.pid ?? 0);
      assert.ok(key);
      const { runId } = record({ owner: await ended(), runtime: { pid: key.pid, start: key.start } });
      let said = '';
      child.stdout.on('data', (chunk: Buffer) => (said += chunk.toString()));
      const closed = once(child, 'close');
      child.stdin.end('go\n');
      assert.deepEqual(await closed, [0, null], said);
      assert.equal(said, `${JSON.stringify([{ runId, left: [] }])}\n${isParent ? 'lives\n' : ''}`);
    }
  });

  it('is of no use without a folder, and that is no failure', async () => {
    assert.deepEqual(await endLeftOverRuns(path.join(folder, 'nowhere')), []);
  });

  it('has a watcher that takes little, and ends with the run', async () => {
    const before = watchers(records).length;
    const runtime = await RuntimeProcess.start(scripted('neverAnswers'), () => undefined, QUICK, {
      folder: records,
      watcher: watcherProgram(),
    });
    try {
      assert.equal(before, 0);
      await until(() => watchers(records).length === 1, 'there is one');
    } finally {
      await runtime.stop();
    }
    await until(() => watchers(records).length === 0, 'it has ended');
  });
});

describe('the mark of a run', () => {
  it('is inherited, though the environment is cleared and the parent dies', async function () {
    if (process.platform !== 'linux' || !existsSync('/usr/bin/prlimit')) {
      this.skip();
    }
    const runId = newRunId();
    const script = 'read x; env -i /bin/sh -c "sleep 1000 & echo \\$!"';
    const child = spawn('/bin/sh', ['-c', script], { stdio: ['pipe', 'pipe', 'ignore'], detached: true });
    const exited = once(child, 'exit');
    let orphan = 0;
    try {
      await once(child, 'spawn');
      assert.equal(await markProcess(child.pid ?? 0, runId), true);
      child.stdin.write('go\n');
      const [line] = (await once(child.stdout, 'data')) as [Buffer];
      orphan = Number(line.toString());
      await exited;
      assert.ok(hasLimit(orphan, runId));
      assert.ok(!hasLimit(orphan, newRunId()));
      assert.ok(!hasLimit(process.pid, runId));
    } finally {
      if (orphan > 1) {
        process.kill(orphan, 'SIGKILL');
      }
    }
  });
});

/** Processes with the folder in their command line. */
function watchers(folder: string): readonly string[] {
  return readdirSync('/proc').filter((name) => {
    try {
      return /^\d+$/.test(name) && readFileSync(`/proc/${name}/cmdline`, 'latin1').includes(folder);
    } catch {
      return false;
    }
  });
}

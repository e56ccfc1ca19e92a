import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { DEFAULT_STOP_LIMITS, RuntimeProcess, type StopReport } from '../../src/runtime/runtimeProcess';
import { endLeftOverRuns } from '../../src/runtime/processes/leftOverRuns';
import { isRunning, until } from '../support/processes';
import { SHAPES, shapesRun, type ShapesRun } from '../support/shapes';
import { SCALE } from './seed';

const ROUNDS = SCALE;
/**
 * A long last limit: killed processes take time to end on a busy machine. It does not affect how long stopping is tried
 * before.
 */
const LIMITS = { ...DEFAULT_STOP_LIMITS, stdinMs: 200, sigtermMs: 50, sigkillMs: 20_000 };
/** The watcher retries for one minute. */
const OVER_MS = 120_000;
const OWNER = path.resolve(__dirname, '../support/runOwner.ts');

/** One way to end a run. `end` resolves when no process of the run may be left. */
interface Way {
  readonly name: string;
  readonly stubborn?: boolean;
  readonly end: (run: ShapesRun, records: string) => Promise<void>;
}

function send({ input }: RuntimeProcess, method: string): void {
  const message = JSON.stringify({ jsonrpc: '2.0', id: 1, method, params: {} });
  input.write(`Content-Length: ${message.length}\r\n\r\n${message}`);
}

async function withChild(
  { command }: ShapesRun,
  folder: string,
  use: (runtime: RuntimeProcess) => Promise<StopReport>,
): Promise<StopReport> {
  const lines: string[] = [];
  const runtime = await RuntimeProcess.start(command, (line) => lines.push(line), LIMITS, { folder });
  try {
    runtime.output.resume();
    send(runtime, 'connect');
    await until(() => lines.includes('ready'), 'all shapes are there');
    assert.equal(readdirSync(folder).length, 1, 'the run is recorded');
    return await use(runtime);
  } finally {
    await runtime.stop();
  }
}

async function withOwner(mode: string, run: ShapesRun, records: string, watch: boolean): Promise<number> {
  const { command, args, env } = run.command;
  const owner = spawn(
    process.execPath,
    ['--require', 'tsx/cjs', OWNER, mode, records, watch ? 'watch' : 'alone', command, ...args],
    { env: { ...env }, stdio: ['ignore', 'pipe', 'inherit'] },
  );
  const ended = once(owner, 'exit');
  try {
    let said = '';
    owner.stdout.on('data', (chunk: Buffer) => (said += chunk.toString()));
    await until(() => said.includes('ready') || owner.exitCode !== null, 'the owner and all shapes are there');
    if (mode === 'exit') {
      await ended;
    } else {
      assert.equal(run.left().size, SHAPES.length, 'all shapes are seen');
    }
    return Number.parseInt(said, 10);
  } finally {
    owner.kill('SIGKILL');
    await ended;
  }
}

const WAYS: readonly Way[] = [
  {
    name: 'a stop',
    end: async (run, records) => {
      const { endedBy, left } = await withChild(run, records, (runtime) => runtime.stop());
      assert.ok(endedBy);
      assert.deepEqual(left, []);
    },
  },
  {
    name: 'a stop of a runtime that does not end either',
    stubborn: true,
    end: async (run, records) => {
      const { endedBy, left } = await withChild(run, records, (runtime) => runtime.stop());
      assert.deepEqual([endedBy, left], ['SIGKILL', []]);
    },
  },
  {
    name: 'a crash',
    end: async (run, records) => {
      const { left } = await withChild(run, records, async (runtime) => {
        send(runtime, 'crash');
        await runtime.exited;
        return runtime.stop();
      });
      assert.deepEqual(left, []);
    },
  },
  {
    name: 'the exit of our process',
    stubborn: true,
    end: async (run, records) => {
      // The exit waits for two seconds; on a busy machine the watcher has to end the rest.
      await withOwner('exit', run, records, true);
      await until(() => readdirSync(records).length === 0, 'the run is over', OVER_MS);
    },
  },
  {
    name: 'a killed host, by its watcher',
    end: async (run, records) => {
      await withOwner('stay', run, records, true);
      await until(() => readdirSync(records).length === 0, 'the run is over', OVER_MS);
    },
  },
  {
    name: 'a killed host, by the next activation',
    stubborn: true,
    end: async (run, records) => {
      const pid = await withOwner('stay', run, records, false);
      assert.ok(isRunning(pid));
      const runs = await endLeftOverRuns(records);
      assert.deepEqual(
        runs.map(({ left }) => left),
        [[]],
      );
    },
  },
];

/** No process may be left, whatever a runtime has started and however it ends. */
describe('the processes of a runtime', function () {
  this.timeout(ROUNDS * 2 * OVER_MS);

  before(function () {
    if (process.platform !== 'linux') {
      this.skip();
    }
  });

  for (const { name, stubborn = false, end } of WAYS) {
    it(`are all gone after ${name}: ${SHAPES.length} shapes, ${ROUNDS} rounds`, async () => {
      const leftOver = new Map(SHAPES.map((shape) => [shape.name, 0]));
      for (let round = 0; round < ROUNDS; round++) {
        const records = mkdtempSync(path.join(tmpdir(), 'cloud-sessions-runs-'));
        const run = shapesRun({ stubborn });
        try {
          await end(run, records);
          run.left().forEach((count, shape) => leftOver.set(shape, (leftOver.get(shape) ?? 0) + count));
          assert.deepEqual(readdirSync(records), [], 'no record is left');
        } finally {
          run.kill();
          rmSync(records, { recursive: true });
          rmSync(run.folder, { recursive: true });
        }
      }
      assert.deepEqual(
        [...leftOver].filter(([, count]) => count > 0),
        [],
      );
    });
  }
});

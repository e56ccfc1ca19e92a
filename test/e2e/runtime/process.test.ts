import assert from 'node:assert/strict';
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { StreamMessageWriter } from 'vscode-jsonrpc/node';
import { FrameReader } from '../../../src/core/frames/frameReader';
import { RuntimeClient } from '../../../src/core/client/runtimeClient';
import { locateRuntime } from '../../../src/runtime/locate';
import { serverArguments } from '../../../src/runtime/runtimeProcess';
import { RuntimeSupervisor } from '../../../src/runtime/supervisor';
import { until } from '../../support/processes';
import { installedRuntimes } from '../../support/runtimes';
import type { RuntimeCommand } from '../../../src/runtime/runtimeCommand';

const REPOSITORY = path.resolve(__dirname, '../../..');
const LOADER = path.join(REPOSITORY, 'node_modules/@github/copilot/npm-loader.js');

/** The running processes of a group, without zombies. */
function runningIn(group: number): number[] {
  return execFileSync('ps', ['-A', '-o', 'pid=,pgid=,stat='], { encoding: 'utf8' })
    .trim()
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter(([, pgid, stat]) => Number(pgid) === group && stat?.startsWith('Z') !== true)
    .map(([pid]) => Number(pid));
}

const runtimes = [
  ...installedRuntimes(REPOSITORY).map(({ version, executable }) => ({
    name: version,
    command: executable,
    before: [] as string[],
  })),
  { name: 'npm’s loader', command: process.execPath, before: [LOADER] },
];

/** How the processes of real runtimes end, for each way in which the runtime or this process can end. */
describe('the process of a real runtime', () => {
  let home: string;
  let env: Record<string, string>;

  before(async () => {
    home = await mkdtemp(path.join(tmpdir(), 'cloud-sessions-process-'));
    const inherited = Object.entries(process.env).filter(
      (entry): entry is [string, string] => entry[1] !== undefined && !/^(COPILOT|GH|GITHUB)_/.test(entry[0]),
    );
    env = { ...Object.fromEntries(inherited), COPILOT_HOME: home };
  });

  after(() => rm(home, { recursive: true, force: true, maxRetries: 5 }));

  it('is started without npm’s loader, which would outlive its own end', () => {
    const { command, args } = locateRuntime(LOADER);
    assert.deepEqual([command, args], [installedRuntimes(REPOSITORY)[0]?.executable, []]);
  });

  for (const { name, command, before } of runtimes) {
    describe(name, () => {
      const args = [...before, ...serverArguments([])];
      const startCommand = (): RuntimeCommand => ({ command, args, env });

      async function supervise(
        use: (supervisor: RuntimeSupervisor<RuntimeClient>) => Promise<void>,
      ): Promise<string[]> {
        const said: string[] = [];
        const supervisor = new RuntimeSupervisor<RuntimeClient>({
          target: () => Promise.resolve({ kind: 'process', command: startCommand() }),
          open: ({ reader, writer }) => new RuntimeClient(new FrameReader(reader), new StreamMessageWriter(writer)),
          handshake: async (client) => {
            await client.handshake();
          },
          onLine: (line) => said.push(line),
          info: (line) => said.push(line),
        });
        try {
          await use(supervisor);
        } finally {
          await supervisor.stop();
        }
        return said;
      }

      it('ends when it is stopped, without being killed', async () => {
        let group = 0;
        const said = await supervise(async (supervisor) => {
          await supervisor.start();
          group = supervisor.pid ?? 0;
          assert.ok(runningIn(group).length > 0);
        });
        assert.deepEqual(runningIn(group), []);
        // 1.0.85 answers `runtime.shutdown`, and ends only with its stdin.
        assert.match(said.at(-1) ?? '', /^The runtime has ended \((shutdown|end of stdin), after \d+ ms\)\.$/);
      });

      it('is reported when it is killed, and leaves nothing behind', async () => {
        await supervise(async (supervisor) => {
          await supervisor.start();
          const group = supervisor.pid ?? 0;
          process.kill(group, 'SIGKILL');
          await until(() => supervisor.state === 'failed', 'it has failed');
          assert.match(supervisor.error?.message ?? '', /signal SIGKILL/);
          await until(() => runningIn(group).length === 0, 'the group is empty');
        });
      });

      describe('ends when our own process is killed', () => {
        async function kill(
          moment: 'at its start' | 'after the first conversation',
          more: Readonly<Record<string, string>> = {},
        ): Promise<number> {
          const parent: ChildProcess = spawn(
            process.execPath,
            ['--require', 'tsx/cjs', path.join(REPOSITORY, 'test/support/runtimeParent.ts'), 'stay', command, ...args],
            { env: { ...env, ...more }, cwd: REPOSITORY, stdio: ['ignore', 'pipe', 'inherit'] },
          );
          const exited = once(parent, 'exit');
          assert.ok(parent.stdout !== null);
          const lines = createInterface({ input: parent.stdout })[Symbol.asyncIterator]();
          const group = Number((await lines.next()).value);
          assert.ok(group > 0);
          if (moment === 'after the first conversation') {
            assert.equal((await lines.next()).value, 'ready');
          }
          parent.kill('SIGKILL');
          assert.deepEqual(await exited, [null, 'SIGKILL']);
          return group;
        }

        it('and the watcher removes its record', async () => {
          const folder = path.join(home, 'runs');
          const group = await kill('after the first conversation', { RUNS_FOLDER: folder });
          const deadline = performance.now() + 40_000;
          while ((await readdir(folder)).length > 0) {
            assert.ok(performance.now() < deadline, 'the record is still there');
            await delay(20);
          }
          assert.deepEqual(runningIn(group), []);
        });

        for (const moment of ['at its start', 'after the first conversation'] as const) {
          it(moment, async () => {
            const group = await kill(moment);
            try {
              await until(() => runningIn(group).length === 0, 'the group is empty');
            } catch (error) {
              process.kill(-group, 'SIGKILL');
              throw error;
            }
          });
        }
      });
    });
  }
});

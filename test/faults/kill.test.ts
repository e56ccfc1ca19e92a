import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { StreamMessageWriter } from 'vscode-jsonrpc/node';
import { FrameReader } from '../../src/core/frames/frameReader';
import { isRecord, readText } from '../../src/core/common/json';
import { RestartPolicy } from '../../src/runtime/restartPolicy';
import { RuntimeClient } from '../../src/core/client/runtimeClient';
import { SessionStore } from '../../src/core/store/sessionStore';
import { runtimeEnvironment } from '../../src/runtime/platform/environment';
import { RuntimeSupervisor } from '../../src/runtime/supervisor';
import { openHandles } from '../support/openHandles';
import { isRunning, scriptedRuntime, until } from '../support/processes';
import { seeded } from '../support/seeded';
import { SCALE, SEED } from './seed';

const ROUNDS = 10 * SCALE;

describe('a runtime that is killed again and again', function () {
  this.timeout(30_000 + ROUNDS * 2_000);

  it(`comes back ${ROUNDS} times, and neither an event nor a process nor a handle is left behind (seed ${SEED})`, async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'cloud-sessions-faults-'));
    const journal = path.join(folder, 'journal.jsonl');
    const random = seeded(SEED);
    const pids = new Set<number>();
    const before = openHandles();
    const env = runtimeEnvironment(process.env, { extra: { JOURNAL: journal } });
    const supervisor = new RuntimeSupervisor<RuntimeClient>({
      target: () =>
        Promise.resolve({
          kind: 'process',
          command: { command: process.execPath, args: [scriptedRuntime('journal')], env },
        }),
      open: ({ reader, writer }) => new RuntimeClient(new FrameReader(reader), new StreamMessageWriter(writer)),
      handshake: async (client) => {
        await client.handshake();
      },
      onLine: () => undefined,
      info: () => undefined,
      restartPolicy: new RestartPolicy({ delaysMs: [1], maxCrashes: Number.MAX_SAFE_INTEGER }),
    });
    const warnings: string[] = [];
    const store = new SessionStore({ get: () => undefined, set: () => undefined }, (message) => warnings.push(message));
    supervisor.onDidChangeConnection((client) => store.setClient(client));
    await supervisor.start();
    const session = await store.create({ cloud: {} });
    let slowest = 0;
    for (let round = 0; round < ROUNDS; round++) {
      await until(() => session.isAttached, `it is attached in round ${round}; ${warnings.join()}`);
      await delay(random() * 40);
      const { pid, connection } = supervisor;
      assert.ok(pid !== undefined && connection !== undefined);
      pids.add(pid);
      const killed = { at: 0 };
      const inFlight = connection.request({ method: 'journal.never', read: () => undefined }, {}).then(
        () => assert.fail('it was answered'),
        () => performance.now() - killed.at,
      );
      killed.at = performance.now();
      process.kill(pid, 'SIGKILL');
      slowest = Math.max(slowest, await inFlight);
      await until(() => supervisor.pid !== pid, 'the loss was noticed');
    }
    await until(() => session.isAttached && supervisor.connection !== undefined, 'it is attached at the end');
    await supervisor.connection?.request({ method: 'journal.rest', read: () => undefined }, {});
    await session.reconcile();
    const kept = readFileSync(journal, 'utf8').trim().split('\n').map(messageOf);
    const seen = session.events.map(({ data }) => readText(data, 'message') ?? '');
    assert.deepEqual(seen, kept);
    await supervisor.stop();
    supervisor.dispose();
    store.dispose();
    assert.deepEqual([...pids].filter(isRunning), []);
    await until(() => openHandles() <= before, `no handle is left: ${process.getActiveResourcesInfo().join()}`);
    await rm(folder, { recursive: true });
    console.log(
      `      ${ROUNDS} kills, ${kept.length} events: 0 lost, 0 doubled, 0 processes left; ` +
        `what was in flight was rejected within ${slowest.toFixed(0)} ms`,
    );
  });
});

function messageOf(line: string): string {
  const value: unknown = JSON.parse(line);
  return isRecord(value) ? (readText(value, 'message') ?? '') : '';
}

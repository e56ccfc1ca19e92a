import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { CopilotClient, RuntimeConnection } from '@github/copilot-sdk';
import { SessionStore } from '../../src/core/store/sessionStore';
import { runtimeEnvironment } from '../../src/runtime/platform/environment';
import { superviseRuntime } from '../support/headlessExtension';
import { MissionControl } from '../support/missionControl/missionControl';
import { installedRuntimes, type InstalledRuntime } from '../support/runtimes';
import { REPOSITORY } from '../support/vscode/paths';
import { median, type Row } from './statistics';

const ROUNDS = 5;

/**
 * Measures the time from start to first list, and the recovery from a crash, with the real runtimes and the emulated
 * service.
 */
export async function benchLifecycle(log: (line: string) => void): Promise<Row[]> {
  const rows: Row[] = [];
  for (const runtime of installedRuntimes(REPOSITORY)) {
    const folder = await mkdtemp(path.join(tmpdir(), 'cloud-sessions-bench-'));
    const service = await MissionControl.start({ startsAfterMs: 0 });
    try {
      const env = service.environment(path.join(folder, 'copilot'));
      const own: Own[] = [];
      const sdk: number[] = [];
      for (let round = 0; round <= ROUNDS; round++) {
        log(`Start, crash and return of runtime ${runtime.version}, round ${round} of ${ROUNDS}…`);
        const measured = await measureOwn(runtime, env);
        const theirs = await measureSdk(runtime, env);
        // Skip the first start on a machine, which unpacks the runtime.
        if (round > 0) {
          own.push(measured);
          sdk.push(theirs);
        }
      }
      const of = (part: keyof Own): string => `${Math.round(median(own.map((one) => one[part])))} ms`;
      rows.push(
        {
          what: `start to first list (local and cloud), runtime ${runtime.version}: this client`,
          value: of('firstList'),
        },
        {
          what: `start to first list (local only), runtime ${runtime.version}: published SDK`,
          value: `${Math.round(median(sdk))} ms`,
        },
        { what: `calls in flight rejected after a crash, runtime ${runtime.version}`, value: of('rejected') },
        {
          what: `crashed runtime back and its session caught up, beside the runtime’s own start, ${runtime.version}`,
          value: of('back'),
        },
      );
    } finally {
      await service.dispose();
      await rm(folder, { recursive: true, force: true, maxRetries: 5 });
    }
  }
  return rows;
}

interface Own {
  /** All in milliseconds. */
  readonly firstList: number;
  readonly rejected: number;
  readonly back: number;
}

async function measureOwn(runtime: InstalledRuntime, env: Readonly<Record<string, string>>): Promise<Own> {
  const supervisor = superviseRuntime({ executable: runtime.executable, env }, () => undefined);
  const store = new SessionStore({ get: () => undefined, set: () => undefined }, () => undefined);
  supervisor.onDidChangeConnection((client) => store.setClient(client));
  try {
    const began = performance.now();
    await supervisor.start();
    const ownStart = performance.now() - began;
    await until('the list', () => store.list.kind === 'loaded');
    const firstList = performance.now() - began;
    const session = await store.create({ cloud: { repository: { owner: 'octo-org', name: 'harbor' } } });
    await until('the task', () => session.details.taskId !== undefined);
    const inFlight = supervisor.connection!.getAuthStatus().then(
      () => performance.now(),
      () => performance.now(),
    );
    const killed = performance.now();
    process.kill(supervisor.pid!, 'SIGKILL');
    const rejected = (await inFlight) - killed;
    const isBack = (): boolean => store.openSessions.some((one) => one.isAttached && one.isCaughtUp);
    await until('the crash to be seen', () => !isBack());
    await until('the session to be back', isBack);
    return { firstList, rejected, back: performance.now() - killed - ownStart };
  } finally {
    store.dispose();
    await supervisor.stop();
  }
}

async function measureSdk(runtime: InstalledRuntime, env: Readonly<Record<string, string>>): Promise<number> {
  const client = new CopilotClient({
    connection: RuntimeConnection.forStdio({ path: runtime.executable }),
    env: runtimeEnvironment(process.env, { extra: env }),
  });
  const began = performance.now();
  await client.start();
  await client.listSessions();
  const time = performance.now() - began;
  await client.stop();
  return time;
}

/** Polls every 2 ms, which is finer than what is measured. */
async function until(what: string, test: () => boolean): Promise<void> {
  for (const end = performance.now() + 20_000; !test();) {
    if (performance.now() > end) {
      throw new Error(`It never came: ${what}`);
    }
    await delay(2);
  }
}

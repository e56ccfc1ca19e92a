import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { RuntimeClient } from '../../../src/core/client/runtimeClient';
import { usageLines } from '../../../src/core/rendering/usageLines';
import { Rpc } from '../../../src/core/rpc/methods';
import type { CloudSession } from '../../../src/core/session/session';
import type { RuntimeSupervisor } from '../../../src/runtime/supervisor';
import { eventually } from '../../support/eventually';
import { superviseRuntime } from '../../support/headlessExtension';
import { MissionControl } from '../../support/missionControl/missionControl';
import { ensureOldestRuntime, oldestRuntime } from '../../support/oldestRuntime';
import { RawRuntime } from '../../support/rawRuntime';
import { installedRuntimes } from '../../support/runtimes';
import { REPOSITORY } from '../../support/vscode/paths';

const CLOUD = { cloud: { repository: { owner: 'octo-org', name: 'harbor' } } } as const;

/*
 * What a session has cost, through the real runtimes: from its events, which come live, again over another connection,
 * and from the history; and the quota of the account, as the runtimes answer it.
 */
for (const { name, version, executable } of [...installedRuntimes(REPOSITORY), oldestRuntime]) {
  describe(`what a session has used, with the ${name} runtime, ${version}`, () => {
    let folder: string;
    let service: MissionControl;
    let supervisor: RuntimeSupervisor<RuntimeClient>;
    let session: CloudSession | undefined;

    before(async () => {
      await (name === 'oldest' ? ensureOldestRuntime(() => undefined) : undefined);
    });

    beforeEach(async () => {
      folder = await mkdtemp(path.join(tmpdir(), 'usage-'));
      service = await MissionControl.start({ story: 'none', startsAfterMs: 0 });
      // The user's cache may have the quota of an earlier emulator on the same port.
      const env = {
        ...service.environment(path.join(folder, 'copilot')),
        COPILOT_CACHE_HOME: path.join(folder, 'cache'),
      };
      supervisor = superviseRuntime({ executable, env }, () => undefined);
      await supervisor.start();
    });

    afterEach(async () => {
      session?.dispose();
      session = undefined;
      await supervisor.stop();
      await service.dispose();
      await rm(folder, { recursive: true, force: true, maxRetries: 5 });
    });

    const client = (): RuntimeClient => supervisor.connection!;

    it('counts each call once: live, again in the service’s list, missed, and over another connection', async () => {
      session = await client().createCloudSession(CLOUD);
      const task = service.tasks.at(-1)!;
      const work = (call: number, tokens: number): void => {
        task.append('assistant.turn_start', { turnId: String(call) });
        const usage = task.append('assistant.usage', {
          model: 'claude-sonnet-4.5',
          apiCallId: `call-${call}`,
          initiator: call === 1 ? 'user' : 'agent',
          inputTokens: tokens,
          outputTokens: 10,
          cost: 1,
          copilotUsage: { totalNanoAiu: 1_500_000_000 },
        });
        task.append('assistant.turn_end', { turnId: String(call) });
        // The service has it twice, as it may after a retry.
        task.appendRaw({ ...usage });
      };
      const lines = (): readonly (readonly [string, string])[] => usageLines(session?.usage, 'en');
      const expectLines = async (...expected: readonly string[]): Promise<void> => {
        await eventually(
          expected.join(', '),
          lines,
          (shown) => shown.map((line) => line.join(' ')).join() === expected.join(),
        );
      };
      assert.deepEqual(lines(), []);
      work(1, 1_000);
      await expectLines('Input tokens 1,000', 'Output tokens 10', 'AI credits 1.5', 'Premium requests 1');

      session.detach('the end of the connection');
      assert.deepEqual(lines()[0], ['Input tokens', 'at least 1,000']);
      await supervisor.restart();
      work(2, 200);
      session = await client().connectSession(task.id, {}, session);
      void session.readHistory();
      await expectLines('Input tokens 1,200', 'Output tokens 20', 'AI credits 3', 'Premium requests 1');
      work(3, 30);
      await expectLines('Input tokens 1,230', 'Output tokens 30', 'AI credits 4.5', 'Premium requests 1');

      // Why the runtime is not asked: it counts what the service has twice.
      const metrics = await rawMetrics(executable, service, path.join(folder, 'other'), task.id);
      assert.ok(metrics > 1_230, `${metrics}`);
    });

    it('has a quota of an earlier time, whatever was used since, and says so', async () => {
      const quota = await client().request(Rpc.accountQuota, {});
      assert.ok(quota);
      const { at, ...rest } = quota;
      assert.deepEqual(rest, { isInCredits: false, included: 300, left: 258.5 });
      // Runtimes keep the answer in a file of the user's, too: it may be that of an earlier start.
      assert.ok(at !== undefined && at.getTime() <= Date.now(), `${at?.toISOString()}`);
      service.createTask().steers.push({ type: 'user_message', externalId: undefined, content: 'Work' });
      assert.deepEqual(await client().request(Rpc.accountQuota, {}), quota);
    });
  });
}

/** The input tokens by `session.usage.getMetrics`, of another runtime that attaches to the task. */
async function rawMetrics(command: string, service: MissionControl, home: string, taskId: string): Promise<number> {
  const runtime = await RawRuntime.start({ command, env: service.environment(home) });
  try {
    await runtime.connect();
    const { sessionId } = await runtime.request<{ sessionId: string }>('sessions.connect', { sessionId: taskId });
    const { modelMetrics } = await runtime.request<{
      modelMetrics: Readonly<Record<string, { usage: { inputTokens: number } }>>;
    }>('session.usage.getMetrics', { sessionId });
    return Object.values(modelMetrics).reduce((all, { usage }) => all + usage.inputTokens, 0);
  } finally {
    await runtime.stop();
  }
}

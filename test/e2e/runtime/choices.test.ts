import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { CreateCloudSessionOptions } from '../../../src/core/arguments/createOptions';
import type { RuntimeClient } from '../../../src/core/client/runtimeClient';
import type { CloudSession } from '../../../src/core/session/session';
import type { RuntimeSupervisor } from '../../../src/runtime/supervisor';
import { eventually } from '../../support/eventually';
import { superviseRuntime } from '../../support/headlessExtension';
import { MissionControl } from '../../support/missionControl/missionControl';
import { ensureOldestRuntime, oldestRuntime } from '../../support/oldestRuntime';
import { installedRuntimes } from '../../support/runtimes';
import { REPOSITORY } from '../../support/vscode/paths';

const HARBOR = { owner: 'octo-org', name: 'harbor', branch: 'feature/lamp' } as const;
const PROMPT = 'Repair the lamp';
const NAMED = `${PROMPT}\n\nWork on the branch \`feature/lamp\`.`;

/*
 * The choices of a session have to reach its agent through the real runtimes. The emulated service records what the
 * agent's machine receives, and in which order.
 */
for (const { name, version, executable } of [...installedRuntimes(REPOSITORY), oldestRuntime]) {
  const reachesAgent = name !== 'oldest';

  describe(`choices for a session, with the ${name} runtime, ${version}`, () => {
    let folder: string;
    let service: MissionControl;
    let supervisor: RuntimeSupervisor<RuntimeClient>;
    let session: CloudSession | undefined;

    before(async () => {
      await (reachesAgent ? undefined : ensureOldestRuntime(() => undefined));
    });

    beforeEach(async () => {
      folder = await mkdtemp(path.join(tmpdir(), 'choices-'));
      service = await MissionControl.start({ story: 'none', startsAfterMs: 0 });
      const env = service.environment(path.join(folder, 'copilot'));
      supervisor = superviseRuntime({ executable, env }, () => undefined);
      await supervisor.start();
    });

    afterEach(async () => {
      session?.dispose();
      await supervisor.stop();
      await service.dispose();
      await rm(folder, { recursive: true, force: true, maxRetries: 5 });
    });

    const create = async (options: Omit<CreateCloudSessionOptions, 'cloud'>): Promise<CloudSession> => {
      session = await supervisor.connection!.createCloudSession({ cloud: { repository: HARBOR }, ...options });
      return session;
    };

    /** What the agent received, in order, up to its first prompt. */
    const told = async (): Promise<readonly unknown[]> => {
      const bodies = (): readonly Readonly<Record<string, unknown>>[] =>
        service.requests
          .filter(({ route }) => route === 'rpc' || route === 'steer')
          .map(({ body }) => body as Readonly<Record<string, unknown>>);
      await eventually('the prompt to reach the agent', bodies, (all) =>
        all.some(({ type }) => type === 'user_message'),
      );
      return bodies().flatMap((body) =>
        body['type'] === 'user_message'
          ? [body['content']]
          : String(body['rpc_method']).startsWith('session.model.')
            ? [[body['rpc_method'], body['params']]]
            : [],
      );
    };

    it('tells the agent the model and the effort before the first prompt, which names the branch', async () => {
      const { choices, notes } = await create({ model: 'gpt-5', reasoningEffort: 'high', prompt: PROMPT });
      const switched = ['session.model.switchTo', { modelId: 'gpt-5', reasoningEffort: 'high' }];
      assert.deepEqual(await told(), reachesAgent ? [switched, NAMED] : [NAMED]);
      assert.equal(choices.state, reachesAgent ? 'applied' : 'refused');
      assert.deepEqual(choices.agentModel, reachesAgent ? { model: 'gpt-5', reasoningEffort: 'high' } : undefined);
      assert.equal(
        notes.some(({ text }) => text.includes('1.0.55 does not pass the choice of a model on')),
        !reachesAgent,
      );
    });

    it('says that the agent does not have the model, and what it uses, and sends the prompt', async () => {
      const { choices, notes } = await create({ model: 'gpt-9', prompt: PROMPT });
      assert.equal((await told()).at(-1), NAMED);
      assert.equal(choices.state, 'refused');
      assert.equal(
        notes.filter(
          ({ level, text }) => level === 'warning' && text.startsWith('The model “gpt-9” could not be chosen: '),
        ).length,
        1,
      );
    });

    it('sets an effort alone for the model that the agent uses', async () => {
      const { choices } = await create({ reasoningEffort: 'low', prompt: PROMPT });
      const calls = [
        ['session.model.getCurrent', undefined],
        ['session.model.switchTo', { modelId: 'claude-sonnet-4.5', reasoningEffort: 'low' }],
      ];
      assert.deepEqual(await told(), [...(reachesAgent ? calls : []), NAMED]);
      assert.equal(choices.state, reachesAgent ? 'applied' : 'refused');
    });
  });
}

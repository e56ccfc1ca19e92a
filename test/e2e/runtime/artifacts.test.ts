import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { MissionControl } from '../../support/missionControl/missionControl';
import { RawRuntime } from '../../support/rawRuntime';
import { installedRuntimes } from '../../support/runtimes';
import { REPOSITORY } from '../../support/vscode/paths';

/** An entry of `sessions.list`, as far as it says what a session has made. */
interface Listed {
  readonly repository?: { readonly branch: string };
  readonly pullRequestNumber?: number;
}

for (const { name, version, executable } of installedRuntimes(REPOSITORY)) {
  describe(`what a session has made, in the list of the ${name} runtime, ${version}`, () => {
    let home: string;
    let service: MissionControl;
    let runtime: RawRuntime;

    beforeEach(async () => {
      home = await mkdtemp(path.join(tmpdir(), 'artifacts-'));
      service = await MissionControl.start({ story: 'none', startsAfterMs: 0 });
      const env = service.environment(path.join(home, 'copilot'));
      runtime = await RawRuntime.start({ command: executable, env, cwd: home });
      await runtime.connect();
    });

    afterEach(async () => {
      await runtime.stop();
      await service.dispose();
      await rm(home, { recursive: true, force: true, maxRetries: 5 });
    });

    const listed = async (): Promise<readonly unknown[]> => {
      const { sessions } = await runtime.request<{ sessions: readonly Listed[] }>('sessions.list', {
        source: 'remote',
        throwOnError: true,
      });
      return sessions.map(({ repository, pullRequestNumber }) => [repository?.branch, pullRequestNumber]);
    };

    it('is the branch, once it is pushed; a pull request only if its artifact is of another type, by its id', async () => {
      const task = service.createTask({ repository: { owner: 'octo-org', name: 'harbor' }, prompt: 'Build a pier' });
      assert.deepEqual(await listed(), [['', undefined]]);
      const agent = service.agentFiles(task.id);
      await agent.edit({ 'src/pier.ts': 'export {};\n' });
      await agent.commit('Add a pier');
      await agent.push();
      assert.deepEqual(await listed(), [[task.branch, undefined]]);

      const { gitHubApi } = service;
      const pull = { title: 'Build a pier', head: task.branch };
      await gitHubApi.addPull(agent.repository, pull);
      assert.deepEqual(await listed(), [[task.branch, undefined]]);
      gitHubApi.pullArtifactType = 'pull_request';
      await gitHubApi.addPull(agent.repository, pull);
      const { artifacts } = task.toJson() as { artifacts: readonly { type: string; data: { id?: number } }[] };
      const id = artifacts.find(({ type }) => type === 'github_resource')?.data.id;
      assert.equal(typeof id, 'number');
      assert.deepEqual(await listed(), [[task.branch, id]]);
    });
  });
}

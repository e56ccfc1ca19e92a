import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { DiffedFile } from '../../../src/core/changes/workspaceDiff';
import type { RuntimeClient } from '../../../src/core/client/runtimeClient';
import { CloudSessionsError, type ErrorCode } from '../../../src/core/errors/cloudSessionsError';
import { Rpc } from '../../../src/core/rpc/methods';
import { readAgentDiff } from '../../../src/core/session/agentDiff';
import type { CloudSession } from '../../../src/core/session/session';
import type { RuntimeSupervisor } from '../../../src/runtime/supervisor';
import { eventually } from '../../support/eventually';
import { superviseRuntime } from '../../support/headlessExtension';
import type { AgentMachine } from '../../support/missionControl/github/agentMachine';
import { git } from '../../support/missionControl/github/git';
import { MissionControl } from '../../support/missionControl/missionControl';
import { ensureOldestRuntime, oldestRuntime } from '../../support/oldestRuntime';
import { installedRuntimes } from '../../support/runtimes';
import { REPOSITORY } from '../../support/vscode/paths';

/** A changed file on this machine, in the runtime's working folder. */
const MARKER = 'only-on-this-machine.txt';

/*
 * What the agent's machine says of its changes, through the real runtimes. A runtime may answer about its own working
 * folder instead: that is a Git repository with a change, which must never be shown.
 */
for (const { name, version, executable } of [...installedRuntimes(REPOSITORY), oldestRuntime]) {
  const reachesAgent = name !== 'oldest';

  describe(`the changes on the agent’s machine, with the ${name} runtime, ${version}`, () => {
    let folder: string;
    let service: MissionControl;
    let supervisor: RuntimeSupervisor<RuntimeClient>;
    let session: CloudSession;
    let agent: AgentMachine;

    before(async () => {
      await (reachesAgent ? undefined : ensureOldestRuntime(() => undefined));
    });

    beforeEach(async () => {
      folder = await mkdtemp(path.join(tmpdir(), 'changes-'));
      const cwd = path.join(folder, 'here');
      await mkdir(cwd);
      await git(['init', '--quiet', '--initial-branch=main'], { cwd });
      await git(['commit', '--quiet', '--allow-empty', '--message', 'Begin'], { cwd });
      await writeFile(path.join(cwd, MARKER), 'local\n');
      service = await MissionControl.start({ story: 'none', startsAfterMs: 0 });
      const env = service.environment(path.join(folder, 'copilot'));
      supervisor = superviseRuntime({ executable, env, cwd }, () => undefined);
      await supervisor.start();
      const repository = { owner: 'octo-org', name: 'harbor' };
      session = await supervisor.connection!.createCloudSession({ cloud: { repository } });
      agent = service.agentFiles(service.tasks.at(-1)!.id);
    });

    afterEach(async () => {
      session.dispose();
      await supervisor.stop();
      await service.dispose();
      await rm(folder, { recursive: true, force: true, maxRetries: 5 });
    });

    const lines = async (): Promise<string[]> => {
      const { files } = await readAgentDiff(session);
      assert.ok(!JSON.stringify(files).includes(MARKER));
      return files.map(lineOf);
    };

    const refusal = async (code: ErrorCode, asked = readAgentDiff(session)): Promise<string> => {
      const error = await asked.then(
        (diff) => assert.fail(`It was answered: ${JSON.stringify(diff.files)}`),
        (thrown: unknown) => thrown,
      );
      assert.ok(error instanceof CloudSessionsError, String(error));
      assert.equal(error.code, code, error.message);
      assert.ok(!error.message.includes(MARKER));
      return `${error.message} ${error.nextStep ?? ''}`;
    };

    if (!reachesAgent) {
      it('are not asked for: the answer would be about this machine', async () => {
        await agent.edit({ 'src/pier.ts': 'export {};\n' });
        assert.match(await refusal('not-supported'), /1\.0\.55.*Update the Copilot runtime/);
        // What the refusal is for: the runtime does answer, about its own folder, and does not call that a fallback.
        const { sessionId } = session;
        const answer = await supervisor.connection!.request(Rpc.workspaceDiff, { sessionId, mode: 'branch' });
        assert.deepEqual([answer?.isFallback, answer?.files.map(({ path: file }) => file)], [false, [MARKER]]);
      });
      return;
    }

    it('are what it has, committed or not, and follow its work', async () => {
      assert.deepEqual(await lines(), []);
      await agent.edit({ 'src/pier.ts': 'one\ntwo\n' });
      assert.deepEqual(await lines(), ['added src/pier.ts +2 −0']);
      await agent.commit('Add a pier');
      assert.deepEqual(await lines(), ['added src/pier.ts +2 −0']);
      await agent.rename('README.md', 'docs/README.md');
      await agent.edit({ 'src/pier.ts': 'one\nTWO\nthree\n', 'CHANGELOG.md': null });
      await agent.run(['add', '--all']);
      const deleted = (await agent.run(['diff', '--cached', '--numstat', '--', 'CHANGELOG.md'])).split('\t')[1] ?? '';
      const renamed = [
        `deleted CHANGELOG.md +0 −${deleted}`,
        'renamed README.md > docs/README.md +0 −0',
        'added src/pier.ts +3 −0',
      ];
      assert.deepEqual(await lines(), renamed);
      await agent.commit('Move the text');
      await agent.push();
      assert.deepEqual(await lines(), renamed);
      await agent.edit({ 'src/pier.ts': null, 'untracked.txt': 'a\r\nb' });
      assert.deepEqual(await lines(), [...renamed.slice(0, 2), 'added untracked.txt +2 −0']);
      assert.equal((await readAgentDiff(session)).baseBranch, 'main');
    });

    it('are not known without a branch in common: what it has instead is not shown', async () => {
      await agent.run(['switch', '--quiet', '--orphan', 'unrelated']);
      await agent.edit({ 'new.txt': 'new\n' });
      await agent.commit('Begin anew');
      await agent.edit({ 'new.txt': 'newer\n' });
      assert.match(await refusal('not-supported'), /does not say what it has changed/);
    });

    it('are not known when it is gone, and it says so; nor when they were left out', async () => {
      await agent.edit({ 'src/pier.ts': 'one\n' });
      agent.fault = { kind: 'truncated', paths: ['src/pier.ts'] };
      const [file] = (await readAgentDiff(session)).files;
      assert.deepEqual([file?.path, file?.isTruncated], ['src/pier.ts', true]);
      agent.fault = { kind: 'gone', message: 'The machine is gone.' };
      assert.match(await refusal('request-failed'), /could not be asked .*The machine is gone\./);
      agent.fault = undefined;
      assert.deepEqual(await lines(), ['added src/pier.ts +1 −0']);
    });

    it('are waited for no longer than the connection lasts', async () => {
      // The runtime itself gives up after 30 s.
      agent.fault = { kind: 'hang' };
      const asked = service.requests.length;
      const refused = refusal('connection-closed', readAgentDiff(session));
      await eventually(
        'the question to arrive',
        () => service.requests.slice(asked).some(({ path: route }) => route.includes('/rpc')),
        Boolean,
      );
      process.kill(supervisor.pid!, 'SIGKILL');
      assert.match(await refused, /could not be asked .* the connection to the Copilot runtime was closed/);
    });
  });
}

function lineOf({ path: file, oldPath, status, additions, deletions }: DiffedFile): string {
  return `${status} ${oldPath === undefined ? '' : `${oldPath} > `}${file} +${additions} −${deletions}`;
}

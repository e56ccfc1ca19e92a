import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { HISTORIES, makeHistory } from '../../support/histories/history';
import { stageHistory } from '../../support/histories/stagedHistory';
import { makeVariety } from '../../support/missionControl/github/variety';
import { neutralGitEnvironment } from '../../support/missionControl/github/git';
import { workspaceDiff, type DiffMode, type WorkspaceDiff } from '../../support/missionControl/github/workspaceDiff';
import { MissionControl } from '../../support/missionControl/missionControl';
import { RawRuntime } from '../../support/rawRuntime';
import { newestRuntime } from '../../support/runtimes';
import { REPOSITORY } from '../../support/vscode/paths';

/** Of the generated histories, each of these is compared: together they have most features. */
const EVERY = 5;

/*
 * What the emulator answers about an agent's clone has to be what the runtime, which is what runs on an agent's machine,
 * answers about that folder in a session of its own. A cloud session has to hand it on unchanged.
 */
describe('`session.workspaces.diff` of the newest runtime', () => {
  let home: string;
  let service: MissionControl;
  let runtime: RawRuntime;

  before(async () => {
    home = await mkdtemp(path.join(tmpdir(), 'workspace-diff-'));
    service = await MissionControl.start({ story: 'none', startsAfterMs: 0 });
    // The runtime's Git must not read this machine's configuration either.
    const own = Object.entries(neutralGitEnvironment()).filter(([name]) => name.startsWith('GIT_CONFIG_'));
    const env = {
      ...service.environment(path.join(home, 'copilot')),
      ...(Object.fromEntries(own) as Record<string, string>),
    };
    runtime = await RawRuntime.start({ command: newestRuntime(REPOSITORY).executable, env, cwd: home });
    await runtime.connect();
  });

  after(async () => {
    await runtime.stop();
    await service.dispose();
    await rm(home, { recursive: true, force: true, maxRetries: 5 });
  });

  it('is what the emulator answers, in all modes, for changes of all kinds', async () => {
    const task = service.createTask({ repository: { owner: 'octo-org', name: 'harbor' } });
    const agent = service.agentFiles(task.id);
    await makeVariety(agent);
    const folder = await agent.folder();
    const { sessionId } = await runtime.request<{ sessionId: string }>('session.create', { workingDirectory: folder });
    const remote = await runtime.request<{ sessionId: string }>('sessions.connect', { sessionId: task.id });
    for (const mode of ['branch', 'unstaged', 'session'] satisfies DiffMode[]) {
      for (const ignoreWhitespace of [false, true]) {
        const ask = (id: string) =>
          runtime.request<WorkspaceDiff>('session.workspaces.diff', { sessionId: id, mode, ignoreWhitespace });
        const answer = await ask(sessionId);
        assert.ok(answer.changes.length > 10);
        assert.deepEqual(await workspaceDiff(folder, mode, ignoreWhitespace), answer);
        assert.deepEqual(await ask(remote.sessionId), answer);
      }
    }
  });

  for (let index = 0; index < HISTORIES; index += EVERY) {
    const history = makeHistory(index);
    it(`is what the emulator answers: ${history.title}`, async () => {
      const staged = await stageHistory(service, history, `history-${index}`);
      try {
        const folder = await staged.agent.folder();
        const { sessionId } = await runtime.request<{ sessionId: string }>('session.create', {
          workingDirectory: folder,
        });
        const answer = await runtime.request('session.workspaces.diff', { sessionId, mode: 'branch' });
        assert.deepEqual(await workspaceDiff(folder, 'branch', false), answer);
      } finally {
        await staged.dispose();
      }
    });
  }

  it('is an error if the machine is gone, with its text', async () => {
    const task = service.createTask({ repository: { owner: 'octo-org', name: 'harbor' } });
    const { sessionId } = await runtime.request<{ sessionId: string }>('sessions.connect', { sessionId: task.id });
    service.agentFiles(task.id).fault = { kind: 'gone', message: 'The machine is gone.' };
    await assert.rejects(
      runtime.request('session.workspaces.diff', { sessionId, mode: 'branch' }),
      /The machine is gone\./,
    );
  });
});

import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import * as vscode from 'vscode';
import type { CloudSessionsApi } from '../../src/api';
import { Command, EXTENSION_ID, Setting } from '../../src/manifest';
import { isInView } from '../../src/ui/list/sessionNotifications';
import { MissionControl } from '../support/missionControl/missionControl';
import { newestRuntime } from '../support/runtimes';
import { eventually } from '../support/eventually';

const REPOSITORY = process.env['CLOUD_SESSIONS_REPOSITORY'] ?? '';

const until = async (what: string, condition: () => boolean | Promise<boolean>): Promise<void> => {
  await eventually(what, condition, Boolean);
};

describe('rows in VS Code, with the real runtime', () => {
  let service: MissionControl;
  let home: string;
  let api: CloudSessionsApi;

  const configure = async (setting: string, value: unknown): Promise<void> => {
    await vscode.workspace.getConfiguration().update(setting, value, vscode.ConfigurationTarget.Global);
  };
  const stateOf = async (id: string): Promise<string | undefined> =>
    (await api.listSessions()).find(({ sessionId, taskId }) => sessionId === id || taskId === id)?.state;
  const create = async (prompt: string): Promise<string> =>
    (await api.createCloudSession({ cloud: { repository: { owner: 'octo-org', name: 'harbor' } }, prompt })).sessionId;

  before(async () => {
    service = await MissionControl.start({ startsAfterMs: 0 });
    home = await mkdtemp(path.join(tmpdir(), 'copilot-home-'));
    const extension = vscode.extensions.getExtension<CloudSessionsApi>(EXTENSION_ID);
    assert.ok(extension);
    api = await extension.activate();
    await configure(Setting.runtimeEnv, service.environment(home));
    await configure(Setting.runtimePath, newestRuntime(REPOSITORY).executable);
    await vscode.commands.executeCommand(Command.restartRuntime);
    await until('the runtime runs', () => api.runtimeState === 'running');
  });

  after(async () => {
    await vscode.commands.executeCommand(Command.clearFilter);
    await vscode.commands.executeCommand(Command.groupBy, 'none');
    await service.dispose();
    await configure(Setting.runtimePath, undefined);
    await configure(Setting.runtimeEnv, undefined);
    await rm(home, { recursive: true, force: true, maxRetries: 5 });
  });

  afterEach(() => service.faults.clear());

  it('shows a session that rested before it was watched as idle: its history does not have the pause', async () => {
    service.configure({ story: 'short' });
    const task = service.createTask({ prompt: 'Count the gulls', repository: { owner: 'octo-org', name: 'harbor' } });
    await until('the agent rests', () => task.state === 'idle');
    service.configure({ story: 'full' });
    await api.connect(task.id);
    assert.equal(await stateOf(task.id), 'idle');
  });

  it('stops an agent: stopping at once, idle when the service has confirmed it', async () => {
    const id = await create('Count the ships');
    await until('the agent works', async () => (await stateOf(id)) === 'working');
    await vscode.commands.executeCommand(Command.stop, id);
    // The service reports events once a second.
    assert.equal(await stateOf(id), 'stopping');
    await until('the agent has stopped', async () => (await stateOf(id)) === 'idle');
    assert.equal(service.tasks.find(({ sessionId }) => sessionId === id)?.state, 'idle');
  });

  it('stops an agent that was not watched', async () => {
    const task = service.createTask({ prompt: 'Count the oars', repository: { owner: 'octo-org', name: 'harbor' } });
    await until('it is listed at work', async () =>
      ['working', 'needs input'].includes((await stateOf(task.id)) ?? ''),
    );
    await vscode.commands.executeCommand(Command.stop, task.id);
    await until('the agent has stopped', () => task.state === 'idle');
    await until('the row says so', async () => (await stateOf(task.id)) === 'idle');
  });

  it('says that a stop was refused, and after 10 s that none was confirmed; the agent works on', async () => {
    const id = await create('Count the anchors');
    // Before it has its prompt, the agent is queued or idle, and cannot be stopped.
    await until('the agent works', async () => ['working', 'needs input'].includes((await stateOf(id)) ?? ''));
    service.faults.set('steer', { kind: 'status', status: 500, message: 'no' });
    await assert.rejects(Promise.resolve(vscode.commands.executeCommand(Command.stop, id)), /Failed to abort .* 500/);
    assert.notEqual(await stateOf(id), 'stopping');
    service.faults.set('steer', { kind: 'answer', body: {} });
    await vscode.commands.executeCommand(Command.stop, id);
    assert.equal(await stateOf(id), 'stopping');
    const asked = Date.now();
    await until('it is no longer stopping', async () => (await stateOf(id)) !== 'stopping');
    assert.ok(Date.now() - asked > 8_000);
    assert.notEqual(await stateOf(id), 'idle');
    service.faults.clear();
    await vscode.commands.executeCommand(Command.stop, id);
    await until('the agent has stopped', async () => (await stateOf(id)) === 'idle');
  });

  it('stops watching, and the agent goes on', async () => {
    const id = await create('Count the masts');
    await until('the agent works', async () => (await stateOf(id)) === 'working');
    const task = service.tasks.find(({ sessionId }) => sessionId === id);
    await vscode.commands.executeCommand(Command.disconnect, id);
    assert.equal(api.getSession(id), undefined);
    await until('the agent asks, so it has gone on', () => task?.state === 'waiting_for_user');
    assert.equal(task?.steers.filter(({ type }) => type === 'abort').length, 0);
    await assert.rejects(Promise.resolve(vscode.commands.executeCommand(Command.disconnect, id)), /no session/i);
  });

  it('copies the id of a session', async () => {
    const { sessionId } = (await api.listSessions())[0] ?? assert.fail();
    assert.equal(await vscode.commands.executeCommand(Command.copySessionId, sessionId), sessionId);
    assert.equal(await vscode.env.clipboard.readText(), sessionId);
    await assert.rejects(Promise.resolve(vscode.commands.executeCommand(Command.copySessionId, 'nobody')), /nobody/);
  });

  it('renames a session, for everybody', async () => {
    const id = await create('Count the buoys');
    await vscode.commands.executeCommand(Command.rename, id, 'Buoys');
    assert.equal(service.tasks.find(({ sessionId }) => sessionId === id)?.name, 'Buoys');
    assert.equal((await api.listSessions()).find(({ sessionId }) => sessionId === id)?.title, 'Buoys');
    for (const name of ['', ' ', 'x'.repeat(101)]) {
      await assert.rejects(Promise.resolve(vscode.commands.executeCommand(Command.rename, id, name)), /name/);
    }
  });

  it('filters, groups and sorts by command', async () => {
    for (const [command, argument] of [
      [Command.groupBy, 'state'],
      [Command.groupBy, 'repository'],
      [Command.groupBy, 'date'],
      [Command.sortBy, 'title'],
      [Command.filter, { statuses: ['failed'], places: ['local'] }],
      [Command.clearFilter, undefined],
      [Command.sortBy, 'changed'],
      [Command.groupBy, 'none'],
    ] as const) {
      await vscode.commands.executeCommand(command, argument);
    }
  });

  it('knows whether the log of a session is in view', async () => {
    const id = await create('Count the nets');
    const shown = (): boolean => isInView({ sessionId: id }, true);
    assert.equal(shown(), false);
    await vscode.commands.executeCommand(Command.showLog, id);
    await until('the log is seen', shown);
    assert.equal(isInView({ sessionId: id }, false), false);
    assert.equal(isInView({ sessionId: 'another' }, true), false);
    await vscode.commands.executeCommand('workbench.action.closePanel');
    await until('the log is not seen', () => !shown());
  });
});

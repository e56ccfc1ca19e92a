import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { SessionEvent } from '@github/copilot-sdk';
import * as vscode from 'vscode';
import type { CloudSessionsApi } from '../../src/api';
import { Command, EXTENSION_ID, LOG_LANGUAGE, Setting } from '../../src/manifest';
import { MissionControl } from '../support/missionControl/missionControl';
import { newestRuntime } from '../support/runtimes';
import { eventually } from '../support/eventually';

const REPOSITORY = process.env['CLOUD_SESSIONS_REPOSITORY'] ?? '';

const until = async (what: string, condition: () => boolean | Promise<boolean>): Promise<void> => {
  await eventually(what, condition, Boolean);
};

interface Created {
  readonly sessionId: string;
  readonly remoteUrl?: string;
}

describe('cloud sessions in VS Code, with the real runtime', () => {
  let service: MissionControl;
  let home: string;
  let api: CloudSessionsApi;

  const configure = async (setting: string, value: unknown): Promise<void> => {
    await vscode.workspace.getConfiguration().update(setting, value, vscode.ConfigurationTarget.Global);
  };

  before(async () => {
    service = await MissionControl.start({ story: 'short' });
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
    await service.dispose();
    await configure(Setting.runtimePath, undefined);
    await configure(Setting.runtimeEnv, undefined);
    await rm(home, { recursive: true, force: true, maxRetries: 5 });
  });

  it('creates a session by command, with its link, and gives every event to a listener that comes late', async () => {
    const created = await vscode.commands.executeCommand<Created>(Command.create, {
      repository: { owner: 'octo-org', name: 'harbor', branch: 'main' },
      prompt: 'Count the ships',
    });
    assert.match(created.remoteUrl ?? '', /^https:\/\/github\.com\/copilot\/tasks\//);
    const task = service.tasks.at(-1);
    assert.equal(task?.sessionId, created.sessionId);
    const session = api.getSession(created.sessionId);
    assert.ok(session);
    await until('the agent is done', () => typesOf(session).includes('session.idle'));
    const events = eventsOf(session);
    assert.equal(events[0]?.type, 'session.start');
    assert.deepEqual(
      events
        .filter(({ type }) => type === 'assistant.message')
        .map(({ data }) => (data as { content: string }).content),
      ['Done: Count the ships'],
    );
    assert.equal(new Set(events.map(({ id }) => id)).size, events.length);
  });

  it('writes the session to an output channel in the log’s language, with its link in the head', async () => {
    const { sessionId, remoteUrl } = await vscode.commands.executeCommand<Created>(Command.create, {
      repository: { owner: 'octo-org', name: 'harbor' },
      prompt: 'Name the ships',
    });
    await vscode.commands.executeCommand(Command.showLog, sessionId);
    const text = (): string =>
      vscode.workspace.textDocuments
        .find((document) => document.languageId === LOG_LANGUAGE && document.getText().includes(sessionId))
        ?.getText() ?? '';
    await until('the answer is in the log', () => text().includes('Done: Name the ships'));
    const lines = text().split('\n');
    const place = (part: string): number => lines.findIndex((line) => line.includes(part));
    assert.ok(place(remoteUrl ?? 'no link') >= 0);
    assert.ok(place(remoteUrl ?? 'no link') < place('Name the ships'));
    assert.ok(place('Name the ships') < place('Done: Name the ships'));
  });

  it('lists sessions that were begun elsewhere, and connects to them by the id in the list', async () => {
    const task = service.createTask({ repository: { owner: 'octo-org', name: 'lighthouse' }, name: 'Repair the lamp' });
    const listed = (await api.listSessions()).find(({ taskId }) => taskId === task.id);
    assert.equal(listed?.title, 'Repair the lamp');
    assert.equal(listed.repository, 'octo-org/lighthouse');
    const session = await api.connect(listed.sessionId);
    assert.equal(session.sessionId, task.sessionId);
    assert.ok(typesOf(session).includes('session.start'));
    // One row for the session, although the list has it under another id.
    assert.equal((await api.listSessions()).filter(({ taskId }) => taskId === task.id).length, 1);
  });

  it('sends a prompt, and answers with the message id', async () => {
    const { sessionId } = await vscode.commands.executeCommand<Created>(Command.create, {});
    const { messageId } = await vscode.commands.executeCommand<{ messageId: string }>(Command.send, {
      sessionId,
      prompt: 'Are you there?',
    });
    assert.ok(messageId);
    await until(
      'the service has it',
      () => service.tasks.at(-1)?.steers.some(({ type }) => type === 'user_message') === true,
    );
  });

  it('rejects what cannot be, before anything is asked of the service', async () => {
    const before = service.requests.length;
    const reject = async (command: string, argument: unknown, message: RegExp): Promise<void> => {
      await assert.rejects(Promise.resolve(vscode.commands.executeCommand(command, argument)), (error: Error) => {
        assert.match(error.message, message);
        return true;
      });
    };
    await reject(Command.create, { sessionId: 'mine' }, /takes no `sessionId`/);
    await reject(Command.create, { provider: {} }, /takes no `provider`/);
    await reject(Command.create, { repository: { owner: 'octo-org' } }, /needs an owner and a name/);
    await reject(Command.openRemote, 'no-such-session', /no session with the id no-such-session/);
    await reject(Command.send, { sessionId: 'no-such-session', prompt: 'x' }, /no session with the id no-such-session/);
    assert.equal(service.requests.slice(before).filter(({ method }) => method === 'POST').length, 0);
    await assert.rejects(api.createCloudSession({} as never), { code: 'invalid-argument' });
  });

  it('says why the service refuses, and goes on working', async () => {
    for (const [status, message, code] of [
      [403, 'Cloud sessions are disabled by your organization policy', 'forbidden'],
      [429, 'Rate limit exceeded', 'rate-limited'],
      [404, 'Repository not found', 'repository-not-found'],
    ] as const) {
      service.faults.set('createTask', { kind: 'status', status, message }, { times: 1 });
      await assert.rejects(
        api.createCloudSession({ cloud: {} }),
        (error: Error & { code?: string; nextStep?: string }) => {
          assert.equal(error.code, code, error.message);
          assert.ok(error.nextStep);
          return true;
        },
      );
      service.faults.clear();
    }
    const session = await api.createCloudSession({ cloud: {} });
    assert.ok(session.sessionId);
  });

  it('leaves nothing watched when a create is cancelled', async () => {
    const before = service.tasks.length;
    const asked = (): number => service.requests.filter(({ route }) => route === 'createTask').length;
    const askedBefore = asked();
    service.faults.set('createTask', { kind: 'delay', ms: 2_000 }, { times: 1 });
    const source = new vscode.CancellationTokenSource();
    const creating = api.createCloudSession({ cloud: {} }, source.token);
    const cancelled = assert.rejects(creating, { code: 'cancelled' });
    // Cancel only once the service is working on it: an earlier cancellation leaves nothing to release.
    await until('the service is asked', () => asked() > askedBefore);
    source.cancel();
    await cancelled;
    await until('the task is there', () => service.tasks.length > before);
    const task = service.tasks.at(-1);
    assert.ok(task);
    // The runtime polls a watched session twice a second, until it is released.
    const polls = (): number =>
      service.requests.filter(({ path: asked }) => asked.includes(`${task.id}/events`)).length;
    await until('polling has ended', async () => {
      const now = polls();
      await new Promise((resolve) => setTimeout(resolve, 1_500));
      return polls() === now;
    });
    assert.equal(api.getSession(task.sessionId), undefined);
  });

  it('opens nothing that is not a web address', async () => {
    const { remoteUrl: usual } = service.settings;
    service.configure({ remoteUrl: 'command:workbench.action.quit' });
    const { sessionId, remoteUrl } = await vscode.commands.executeCommand<Created>(Command.create, {});
    service.configure({ remoteUrl: usual });
    assert.equal(remoteUrl, undefined);
    await assert.rejects(Promise.resolve(vscode.commands.executeCommand(Command.openRemote, sessionId)), /has no link/);
  });

  it('says within a second that the runtime has crashed, rejects what is in flight, and brings the sessions back', async () => {
    const session = await api.createCloudSession({ cloud: {}, prompt: 'Before the crash' });
    await until('the agent is done', () => typesOf(session).includes('session.idle'));
    const typesBefore = typesOf(session);
    const creates = (): number =>
      service.requests.filter(({ method, path: asked }) => method === 'POST' && asked === '/agents/tasks').length;
    const before = creates();
    service.faults.set('createTask', { kind: 'hang' }, { times: 1 });
    const inFlight = assert.rejects(api.createCloudSession({ cloud: {} }), { code: 'connection-closed' });
    await until('the create has reached the service', () => creates() > before);
    const report = await vscode.commands.executeCommand<string>(Command.diagnose, 'silently');
    process.kill(Number(/process (\d+)/.exec(report)?.[1]), 'SIGKILL');
    await inFlight;
    await until('the crash is on the screen', () => api.runtimeState === 'restarting');
    // The runtime restarts by itself; the session is attached again and its object stays the same.
    await until('the runtime runs', () => api.runtimeState === 'running');
    await until('the session is attached', async () =>
      (await api.listSessions()).some(
        ({ sessionId, state }) => sessionId === session.sessionId && state !== 'disconnected',
      ),
    );
    assert.equal(api.getSession(session.sessionId), session);
    const task = service.tasks.find(({ sessionId }) => sessionId === session.sessionId);
    task?.append('session.info', { infoType: 'notification', message: 'Still here.' });
    await until('its events come again', () =>
      eventsOf(session).some(({ data }) => 'message' in data && data.message === 'Still here.'),
    );
    // After a restart, the runtime's history has other ids: no event may be duplicated or missing.
    const agents = (types: readonly string[]): readonly string[] =>
      types.filter((type) => /^(user|assistant|tool)\.|^session\.(start|idle)$/.test(type));
    assert.deepEqual(agents(typesOf(session)), agents(typesBefore));
  });

  it('restarts the runtime by command', async () => {
    await vscode.commands.executeCommand(Command.restartRuntime);
    assert.equal(api.runtimeState, 'running');
  });
});

function eventsOf(session: { onEvent(listener: (event: SessionEvent) => void): { dispose(): void } }): SessionEvent[] {
  const events: SessionEvent[] = [];
  session.onEvent((event) => events.push(event)).dispose();
  return events;
}

function typesOf(session: Parameters<typeof eventsOf>[0]): string[] {
  return eventsOf(session).map(({ type }) => type);
}

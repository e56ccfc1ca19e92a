import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import * as vscode from 'vscode';
import type { CloudSessionsApi } from '../../src/api';
import { Command, EXTENSION_ID, Setting } from '../../src/manifest';
import { MissionControl } from '../support/missionControl/missionControl';
import { newestRuntime } from '../support/runtimes';
import { eventually } from '../support/eventually';

/** A runtime that already runs, over TCP: the extension uses it and does not end it. */
describe('a runtime that runs already', () => {
  let service: MissionControl;
  let home: string;
  let runtime: ChildProcess;
  let port: number;
  let api: CloudSessionsApi;

  before(async () => {
    service = await MissionControl.start({ story: 'short' });
    home = await mkdtemp(path.join(tmpdir(), 'copilot-home-'));
    const { executable } = newestRuntime(process.env['CLOUD_SESSIONS_REPOSITORY'] ?? '');
    runtime = spawn(executable, ['--headless', '--no-auto-update', '--port', '0'], {
      env: { PATH: process.env['PATH'], HOME: home, ...service.environment(home) },
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    let printed = '';
    runtime.stdout?.on('data', (chunk: Buffer) => (printed += chunk.toString()));
    port = await eventually(
      'the port of the runtime',
      () => Number(/listening on port (\d+)/.exec(printed)?.[1] ?? 0),
      (value) => value > 0,
    );
    const extension = vscode.extensions.getExtension<CloudSessionsApi>(EXTENSION_ID);
    assert.ok(extension);
    api = await extension.activate();
    await configure(`127.0.0.1:${port}`);
    await vscode.commands.executeCommand(Command.restartRuntime);
  });

  after(async () => {
    runtime.kill();
    await configure(undefined);
    await service.dispose();
    await rm(home, { recursive: true, force: true, maxRetries: 5 });
  });

  const configure = async (server: string | undefined): Promise<void> => {
    await vscode.workspace.getConfiguration().update(Setting.runtimeServer, server, vscode.ConfigurationTarget.Global);
  };

  it('creates sessions through it', async () => {
    assert.equal(api.runtimeState, 'running');
    const session = await api.createCloudSession({ cloud: {}, prompt: 'Over TCP' });
    const types: string[] = [];
    session.onEvent(({ type }) => types.push(type));
    await eventually(
      'the end of the agent’s turn',
      () => types,
      (seen) => seen.includes('assistant.turn_end'),
    );
    assert.equal(types[0], 'session.start');
    assert.match(session.remoteUrl ?? '', /^https:/);
  });

  it('leaves it running when the extension lets go of it', async () => {
    await configure(undefined);
    await eventually(
      'the extension has let go of the server',
      () => api.runtimeState,
      (state) => state !== 'running',
    );
    assert.equal(runtime.exitCode, null);
  });
});

import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import * as vscode from 'vscode';
import type { CloudSessionsApi } from '../../src/api';
import { Command, EXTENSION_ID, Setting } from '../../src/manifest';
import { MissionControl, type MissionControlOptions } from './missionControl/missionControl';
import { newestRuntime } from './runtimes';
import { eventually } from './eventually';

export interface RealRuntimeSuite {
  readonly service: MissionControl;
  readonly api: CloudSessionsApi;
  /** A folder for this suite, deleted at its end. */
  readonly folder: string;
}

/** Sets up the surrounding suite: the extension uses the newest runtime and an emulated service. */
export function useRealRuntime(options: MissionControlOptions): RealRuntimeSuite {
  let service: MissionControl | undefined;
  let api: CloudSessionsApi | undefined;
  let folder = '';
  const configure = async (setting: string, value: unknown): Promise<void> => {
    await vscode.workspace.getConfiguration().update(setting, value, vscode.ConfigurationTarget.Global);
  };

  before(async () => {
    service = await MissionControl.start(options);
    folder = await mkdtemp(path.join(tmpdir(), 'cloud-sessions-'));
    api = await vscode.extensions.getExtension<CloudSessionsApi>(EXTENSION_ID)?.activate();
    await configure(Setting.runtimeEnv, service.environment(path.join(folder, 'copilot')));
    await configure(Setting.runtimePath, newestRuntime(process.env['CLOUD_SESSIONS_REPOSITORY'] ?? '').executable);
    await vscode.commands.executeCommand(Command.restartRuntime);
    await until('the runtime runs', () => api?.runtimeState === 'running');
  });

  after(async () => {
    await service?.dispose();
    await configure(Setting.runtimePath, undefined);
    await configure(Setting.runtimeEnv, undefined);
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  });

  afterEach(() => service?.faults.clear());

  return {
    get service() {
      assert.ok(service);
      return service;
    },
    get api() {
      assert.ok(api);
      return api;
    },
    get folder() {
      return folder;
    },
  };
}

export async function until(what: string, condition: () => boolean | Promise<boolean>): Promise<void> {
  await eventually(what, condition, Boolean);
}

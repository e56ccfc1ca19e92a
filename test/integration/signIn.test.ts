import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import { Command, Setting } from '../../src/manifest';
import { until, useRealRuntime } from '../support/realRuntimeSuite';

/** In a real VS Code that nobody is signed in to, with a runtime that is signed in by its environment. */
describe('whose sign-in is used', () => {
  const suite = useRealRuntime({ story: 'short' });

  const set = async (auth: string | undefined): Promise<void> => {
    await vscode.workspace.getConfiguration().update(Setting.auth, auth, vscode.ConfigurationTarget.Global);
  };
  const use = async (auth: string): Promise<void> => {
    await set(auth);
    await vscode.commands.executeCommand(Command.restartRuntime);
  };
  const diagnose = () => vscode.commands.executeCommand<string>(Command.diagnose, 'silently');

  after(() => set(undefined));

  it('is the runtime’s own, unless the user wants another', async () => {
    assert.match(await diagnose(), /octocat/);
    await suite.api.createCloudSession({ cloud: {} });
  });

  it('is VS Code’s account alone when that is set: without one, nobody is signed in', async () => {
    await use('vscode');
    assert.equal(suite.api.runtimeState, 'running');
    const asked = suite.service.requests.length;
    assert.doesNotMatch(await diagnose(), /octocat/);
    await assert.rejects(suite.api.createCloudSession({ cloud: {} }), { code: 'not-signed-in' });
    assert.equal(suite.service.requests.length, asked, 'nothing was sent in anybody’s name');
  });

  it('is the runtime’s own again afterwards', async () => {
    await use('runtime');
    await until('it is signed in', async () => /octocat/.test(await diagnose()));
  });
});

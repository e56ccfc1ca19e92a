import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import { Command, Setting } from '../../src/manifest';
import { until, useRealRuntime } from '../support/realRuntimeSuite';

/** In a real VS Code without a signed-in user. */
describe('the GitHub that the runtime works with', () => {
  const suite = useRealRuntime({ story: 'short' });
  let own: Readonly<Record<string, string>>;

  const update = async (setting: string, value: unknown): Promise<void> => {
    await vscode.workspace.getConfiguration().update(setting, value, vscode.ConfigurationTarget.Global);
  };
  const diagnose = () => vscode.commands.executeCommand<string>(Command.diagnose, 'silently');
  const environment = (): Readonly<Record<string, string>> =>
    vscode.workspace.getConfiguration().get(Setting.runtimeEnv) ?? {};

  before(() => {
    own = environment();
  });

  afterEach(async () => {
    await update(Setting.auth, undefined);
    await update(Setting.runtimeEnv, own);
    await update('github-enterprise.uri', undefined);
    await vscode.commands.executeCommand(Command.restartRuntime);
    await until('the runtime runs', () => suite.api.runtimeState === 'running');
  });

  it('gets no account of VS Code’s but its own server’s, and says which it lacks', async () => {
    await update(Setting.runtimeEnv, { ...own, GH_HOST: 'https://ACME.ghe.com/' });
    await update(Setting.auth, 'vscode');
    await until('it is not started', () => suite.api.runtimeState === 'failed');
    let report = await diagnose();
    assert.match(report, /no account of acme\.ghe\.com, .*github-enterprise\.uri is not set/);
    assert.match(report, /- GitHub: `acme\.ghe\.com`$/m);

    await update('github-enterprise.uri', 'https://other.ghe.com/');
    await until('the other server is named', async () => (await diagnose()).includes('one of other.ghe.com'));

    await update('github-enterprise.uri', 'not a server');
    await until('that it is none is said', async () => (await diagnose()).includes('uri is not the name of a host'));
    report = await diagnose();
    assert.match(report, /Write the name of the host alone/);
  });

  it('is not known where GH_HOST names none, and no repository is offered for another', async () => {
    await update(Setting.runtimeEnv, { ...own, GH_HOST: 'no host' });
    await update(Setting.auth, 'vscode');
    await until('it is not started', () => suite.api.runtimeState === 'failed');
    const report = await diagnose();
    assert.match(report, /- GitHub: unknown: GH_HOST is not the name of a host\./);
    assert.match(report, /\? Repository found: .* repositories of this workspace: .*GH_HOST is not the name of a host/);
  });

  it('is asked for with the repositories of the workspace: those of another are said to be that', async () => {
    assert.match(await diagnose(), /✓ Repository found: \S+\/\S+/);
    await update(Setting.runtimeEnv, { ...own, GH_HOST: 'acme.ghe.com' });
    await update(Setting.auth, 'vscode');
    await until('it is not started', () => suite.api.runtimeState === 'failed');
    assert.match(
      await diagnose(),
      /\? Repository found: .* repositories of this workspace: .*on github\.com \(The runtime works with acme\.ghe\.com/,
    );
  });
});

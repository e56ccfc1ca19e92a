import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import { Command, Setting } from '../../src/manifest';
import { eventually } from '../support/eventually';
import { until, useRealRuntime } from '../support/realRuntimeSuite';

/** In a real VS Code without a signed-in user, with a runtime that is signed in by its environment. */
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
  /** The report once the service has answered: on a busy machine the report appears earlier. */
  const settled = () =>
    eventually(
      'the service has answered',
      async () => diagnose(),
      (page) => !page.includes('List of sessions: loading'),
    );

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
    await until('it is signed in', async () => (await diagnose()).includes('octocat'));
  });

  it('is told apart when the service refuses it, on a page that says what to do', async () => {
    for (const [status, message, expected] of [
      [401, 'Bad credentials', /✗ Sign-in: .*expired.*\n.*Sign In/],
      [403, 'disabled by policy', /✓ Sign-in[^]*✗ Allowed by plan and policy: .*policy.*\n.*enable/],
      [404, 'Not Found', /✗ Allowed by plan and policy: .*no access.*\n.*another account/],
      [500, 'It broke', /✗ Copilot service reachable: .*\n.*githubstatus/],
    ] as const) {
      suite.service.faults.set('listTasks', { kind: 'status', status, message });
      assert.match(await settled(), expected);
      suite.service.faults.clear();
    }
    assert.match(await settled(), /✓ Allowed by plan and policy/);
  });

  it('is on a page in the editor, which nobody has to save', async () => {
    await vscode.commands.executeCommand(Command.diagnose);
    const document = vscode.window.activeTextEditor?.document;
    assert.match(
      document?.getText() ?? '',
      /^# Cloud Sessions: Diagnosis\n[^]*✓ Runtime found: .*\n- ✓ Runtime version: 1\./,
    );
    assert.equal(document?.languageId, 'markdown');
    assert.equal(document.isDirty || document.isUntitled, false);
    await vscode.commands.executeCommand('workbench.action.closeActiveEditor');
  });
});

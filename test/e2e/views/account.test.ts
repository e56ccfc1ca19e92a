import assert from 'node:assert/strict';
import path from 'node:path';
import { ViewContainer } from '../../../src/manifest';
import { DeviceSignIn } from '../../support/missionControl/deviceSignIn';
import { TOKEN } from '../../support/missionControl/environment';
import { useStage, type Stage } from '../../support/vscode/stage';
import type { TreeView } from '../../support/vscode/workbench/view';

/**
 * VS Code's GitHub account, obtained through VS Code's own sign-in and handed to a runtime that has no other account.
 * The service acts as a GitHub Enterprise Server, the only sign-in provider that can run on this machine.
 */
describe('VS Code’s GitHub account', function () {
  this.timeout(120_000);
  let stage: Stage;
  let view: TreeView;

  useStage(
    () => ({
      workspace: 'empty',
      service: { login: 'hubot' },
      runtimeEnv: (service, copilotHome) => ({
        ...service.environment(copilotHome, null),
        GH_HOST: new URL(service.url).host,
      }),
      server: (service, folder) => ({
        env: { HOME: path.join(folder, 'home') },
        userSettings: { 'github-enterprise.uri': service.url },
        machineSettings: { 'cloudSessions.auth': 'vscode' },
      }),
    }),
    async (opened) => {
      stage = opened;
      view = await stage.workbench.openView('Cloud Sessions', ViewContainer.cloudSessions);
    },
  );

  it('is used for nothing until somebody signs in, and says so', async () => {
    await view.waitForWelcome('Sign in to GitHub Copilot');
    assert.deepEqual(stage.service.requests, []);
  });

  it('is given by VS Code’s own sign-in, from our button: then the sessions are there', async () => {
    const { service, server, workbench } = stage;
    await view.clickWelcome('Sign In');
    await workbench.waitForDialog(/wants to sign in using/);
    await workbench.clickDialog('Allow');
    const code = await workbench.waitForDialog(/Your Code/);
    assert.ok(code.includes(DeviceSignIn.userCode), code);
    await workbench.clickDialog('Copy & Continue to Browser');
    await workbench.waitForLink(new RegExp(`^${DeviceSignIn.page}`));
    service.deviceSignIn.approve();
    await view.waitForRow('Repair the lamp');
    const commands = (await server.processes()).map(({ command }) => command);
    assert.ok(commands.some((command) => command.includes('--headless')));
    assert.ok(
      commands.every((command) => !command.includes(TOKEN)),
      'everybody on this machine can read the token',
    );
  });

  it('is used no longer when the user signs out', async () => {
    const { workbench } = stage;
    await workbench.page.locator('.part.activitybar').getByRole('button', { name: 'Accounts' }).click();
    await workbench.page.locator('.monaco-menu .action-menu-item').filter({ hasText: 'hubot' }).click();
    await view.chooseFromMenu('Sign Out');
    await workbench.waitForDialog(/hubot/);
    await workbench.clickDialog('Sign Out');
    await view.waitForMessage('You are not signed in to GitHub Copilot, so cloud sessions cannot be listed.');
  });
});

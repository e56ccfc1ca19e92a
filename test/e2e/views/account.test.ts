import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Browser } from 'playwright-core';
import { ViewContainer } from '../../../src/manifest';
import { DeviceSignIn } from '../../support/missionControl/deviceSignIn';
import { TOKEN } from '../../support/missionControl/environment';
import { MissionControl } from '../../support/missionControl/missionControl';
import { newestRuntime } from '../../support/runtimes';
import { launchChromium } from '../../support/vscode/chromium';
import { FAILURES, REPOSITORY } from '../../support/vscode/paths';
import { ensureServedVSCode } from '../../support/vscode/provision';
import { VSCodeServer } from '../../support/vscode/server';
import { Workbench } from '../../support/vscode/workbench';
import type { TreeView } from '../../support/vscode/workbench/view';

/**
 * VS Code's own GitHub account, by VS Code's own sign-in, handed to the runtime, which has no other. The service is the
 * enterprise server: of all that VS Code signs in to, that alone can be on this machine.
 */
describe('VS Code’s GitHub account', function () {
  this.timeout(120_000);
  let folder: string;
  let service: MissionControl;
  let server: VSCodeServer;
  let browser: Browser;
  let workbench: Workbench;
  let view: TreeView;

  before(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'cloud-sessions-e2e-'));
    const workspace = path.join(folder, 'empty');
    await mkdir(workspace);
    service = await MissionControl.start({ login: 'hubot' });
    service.createTask({ repository: { owner: 'octo-org', name: 'lighthouse' }, name: 'Repair the lamp' });
    const say = (line: string): void => console.log(`    ${line}`);
    server = await VSCodeServer.start({
      vscode: await ensureServedVSCode('newest', say),
      dataDir: path.join(folder, 'data'),
      vsix: path.join(REPOSITORY, 'dist/cloud-sessions.vsix'),
      env: { HOME: path.join(folder, 'home') },
      userSettings: { 'github-enterprise.uri': service.url },
      machineSettings: {
        'cloudSessions.auth': 'vscode',
        'cloudSessions.runtime.path': newestRuntime(REPOSITORY).executable,
        'cloudSessions.runtime.env': {
          ...service.environment(path.join(folder, 'copilot'), null),
          GH_HOST: new URL(service.url).host,
        },
      },
    });
    browser = await launchChromium(say);
    workbench = await Workbench.open({ browser, server, folder: workspace });
    view = await workbench.openView('Cloud Sessions', ViewContainer.cloudSessions);
  });

  after(async () => {
    await browser.close();
    await server.stop();
    await service.dispose();
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  });

  afterEach(async function () {
    if (this.currentTest?.state === 'failed') {
      await workbench.screenshot(path.join(FAILURES, `${this.currentTest.title.replaceAll(/\W+/g, '-')}.png`));
    }
  });

  it('is used for nothing until somebody signs in, and says so', async () => {
    await view.waitForWelcome('Sign in to GitHub Copilot');
    assert.deepEqual(service.requests, []);
  });

  it('is given by VS Code’s own sign-in, from our button: then the sessions are there', async () => {
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
    await workbench.page.locator('.part.activitybar').getByRole('button', { name: 'Accounts' }).click();
    await workbench.page.locator('.monaco-menu .action-menu-item').filter({ hasText: 'hubot' }).click();
    await view.chooseFromMenu('Sign Out');
    await workbench.waitForDialog(/hubot/);
    await workbench.clickDialog('Sign Out');
    await view.waitForMessage('You are not signed in to GitHub Copilot, so cloud sessions cannot be listed.');
  });
});

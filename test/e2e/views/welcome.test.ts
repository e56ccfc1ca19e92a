import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Browser } from 'playwright-core';
import { ViewContainer } from '../../../src/manifest';
import { MissionControl } from '../../support/missionControl/missionControl';
import type { NpmRegistry } from '../../support/npmRegistry';
import { registryOfPinnedRuntime } from '../../support/pinnedPackage';
import { newestRuntime } from '../../support/runtimes';
import { launchChromium } from '../../support/vscode/chromium';
import { CACHE, FAILURES, REPOSITORY } from '../../support/vscode/paths';
import { ensureServedVSCode } from '../../support/vscode/provision';
import { VSCodeServer } from '../../support/vscode/server';
import { Workbench } from '../../support/vscode/workbench';
import type { TreeView } from '../../support/vscode/workbench/view';

/** What an empty side bar says, and that its buttons help: in one window, from nothing to a running runtime. */
describe('the welcome views', function () {
  this.timeout(120_000);
  let folder: string;
  let service: MissionControl;
  let registry: NpmRegistry;
  let server: VSCodeServer;
  let browser: Browser;
  let workbench: Workbench;
  let view: TreeView;

  before(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'cloud-sessions-e2e-'));
    const workspace = path.join(folder, 'empty');
    await mkdir(workspace);
    service = await MissionControl.start();
    const say = (line: string): void => console.log(`    ${line}`);
    registry = await registryOfPinnedRuntime(path.join(CACHE, 'packages'));
    server = await VSCodeServer.start({
      vscode: await ensureServedVSCode('newest', say),
      dataDir: path.join(folder, 'data'),
      vsix: path.join(REPOSITORY, 'dist/cloud-sessions.vsix'),
      env: {
        HOME: path.join(folder, 'home'),
        PATH: '/usr/bin:/bin',
        npm_config_registry: registry.address,
        npm_config_userconfig: path.join(folder, 'npmrc'),
      },
      machineSettings: { 'cloudSessions.runtime.env': service.environment(path.join(folder, 'copilot'), null) },
    });
    browser = await launchChromium(say);
    workbench = await Workbench.open({ browser, server, folder: workspace });
    view = await workbench.openView('Cloud Sessions', ViewContainer.cloudSessions);
  });

  after(async () => {
    await browser.close();
    await server.stop();
    await service.dispose();
    await registry.close();
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  });

  afterEach(async function () {
    if (this.currentTest?.state === 'failed') {
      await workbench.screenshot(path.join(FAILURES, `${this.currentTest.title.replaceAll(/\W+/g, '-')}.png`));
    }
  });

  it('say that there is no runtime, how to get one, and what was tried', async () => {
    assert.match(await view.waitForWelcome('No Copilot runtime was found'), /Install the Copilot Runtime/);
    assert.deepEqual(await view.welcomeButtons(), ['Install the Copilot Runtime']);
    await workbench.waitForStatus('Copilot Cloud');
    await view.clickWelcome('what was tried');
    await workbench.output.waitForText(/PATH: no copilot in .*\/bin/);
  });

  it('install a runtime, which runs', async () => {
    await view.clickWelcome('Install the Copilot Runtime');
    await workbench.notifications.waitFor(/is installed and running/, 60_000);
    await workbench.notifications.dismissAll();
    await view.waitForWelcome('Sign in to GitHub Copilot');
  });

  it('say that the runtime is not running, with its reason a click away', async () => {
    await server.updateMachineSettings({ 'cloudSessions.runtime.path': '/usr/bin/false' });
    await view.waitForWelcome('The Copilot runtime is not running.');
    await workbench.notifications.waitFor(/runtime/);
    await view.clickWelcome('in its log');
    await workbench.output.waitForText(/exit code 1|code 1/);
    await workbench.notifications.dismissAll();
  });

  it('say that nobody is signed in, and offer to', async () => {
    await server.updateMachineSettings({
      'cloudSessions.runtime.path': newestRuntime(REPOSITORY).executable,
      'cloudSessions.runtime.env': service.environment(path.join(folder, 'copilot'), null),
    });
    await view.waitForWelcome('Sign in to GitHub Copilot');
    assert.ok((await view.welcomeButtons()).includes('Sign In'));
  });

  it('say that there are no sessions yet, and begin the first one', async () => {
    await server.updateMachineSettings({
      'cloudSessions.runtime.env': service.environment(path.join(folder, 'copilot')),
    });
    await view.waitForWelcome('No sessions yet.');
    await view.clickWelcome('New Cloud Session');
    await workbench.quickInput.waitFor(/owner\/name/);
    await workbench.quickInput.type('octo-org/harbor');
    await workbench.quickInput.choose(/octo-org\/harbor/);
    await workbench.quickInput.waitFor(/Branch to start from/);
    await workbench.quickInput.choose(/Default branch/);
    await workbench.quickInput.waitFor(/First prompt/);
    await workbench.quickInput.enter('Begin');
    await view.waitForRow('Begin');
  });
});

import assert from 'node:assert/strict';
import path from 'node:path';
import { ViewContainer } from '../../../src/manifest';
import type { NpmRegistry } from '../../support/npmRegistry';
import { registryOfPinnedRuntime } from '../../support/pinnedPackage';
import { newestRuntime } from '../../support/runtimes';
import { CACHE, REPOSITORY } from '../../support/vscode/paths';
import { useStage, type Stage } from '../../support/vscode/stage';
import type { TreeView } from '../../support/vscode/workbench/view';

/** The texts of the empty side bar and their buttons, in one window, from no runtime to a running one. */
describe('the welcome views', function () {
  this.timeout(120_000);
  let stage: Stage;
  let registry: NpmRegistry;
  let view: TreeView;

  before(async () => {
    registry = await registryOfPinnedRuntime(path.join(CACHE, 'packages'));
  });

  after(() => registry.close());

  useStage(
    () => ({
      runtime: null,
      workspace: 'empty',
      hasSession: false,
      runtimeEnv: (service, copilotHome) => service.environment(copilotHome, null),
      server: (_service, folder) => ({
        env: {
          HOME: path.join(folder, 'home'),
          PATH: '/usr/bin:/bin',
          npm_config_registry: registry.address,
          npm_config_userconfig: path.join(folder, 'npmrc'),
        },
      }),
    }),
    async (opened) => {
      stage = opened;
      view = await stage.workbench.openView('Cloud Sessions', ViewContainer.cloudSessions);
    },
  );

  it('say that there is no runtime, how to get one, and what was tried', async () => {
    const { workbench } = stage;
    assert.match(await view.waitForWelcome('No Copilot runtime was found'), /Install the Copilot Runtime/);
    assert.deepEqual(await view.welcomeButtons(), ['Install the Copilot Runtime']);
    await workbench.waitForStatus('Copilot Cloud');
    await view.clickWelcome('what was tried');
    await workbench.output.waitForText(/PATH: no copilot in .*\/bin/);
  });

  it('install a runtime, which runs', async () => {
    const { workbench } = stage;
    await view.clickWelcome('Install the Copilot Runtime');
    await workbench.notifications.waitFor(/is installed and running/, 60_000);
    await workbench.notifications.dismissAll();
    await view.waitForWelcome('Sign in to GitHub Copilot');
  });

  it('say that the runtime is not running, with its reason a click away', async () => {
    const { server, workbench } = stage;
    await server.updateMachineSettings({ 'cloudSessions.runtime.path': '/usr/bin/false' });
    await view.waitForWelcome('The Copilot runtime is not running.');
    await workbench.notifications.waitFor(/runtime/);
    await view.clickWelcome('in its log');
    await workbench.output.waitForText(/exit code 1|code 1/);
    await workbench.notifications.dismissAll();
  });

  it('say that nobody is signed in, and offer to', async () => {
    const { folder, server, service } = stage;
    await server.updateMachineSettings({
      'cloudSessions.runtime.path': newestRuntime(REPOSITORY).executable,
      'cloudSessions.runtime.env': service.environment(path.join(folder, 'copilot'), null),
    });
    await view.waitForWelcome('Sign in to GitHub Copilot');
    assert.ok((await view.welcomeButtons()).includes('Sign In'));
  });

  it('say that there are no sessions yet, and begin the first one', async () => {
    const { folder, server, service, workbench } = stage;
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

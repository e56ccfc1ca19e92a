import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Browser } from 'playwright-core';
import { createDemoWorkspace } from '../demoWorkspace';
import { MissionControl, type MissionControlOptions } from '../missionControl/missionControl';
import type { InstalledRuntime } from '../runtimes';
import { launchChromium } from './chromium';
import { REPOSITORY } from './paths';
import { ensureServedVSCode } from './provision';
import { VSCodeServer } from './server';
import { Workbench } from './workbench';
import { eventually } from '../eventually';

const VSIX = path.join(REPOSITORY, 'dist/cloud-sessions.vsix');

/** A real VS Code with the VSIX, a real runtime and the emulated service. */
export class Stage {
  private closed: Promise<void> | undefined;

  private constructor(
    readonly service: MissionControl,
    readonly server: VSCodeServer,
    readonly workbench: Workbench,
    private readonly browser: Browser,
    private readonly folder: string,
  ) {}

  static async open(runtime: InstalledRuntime, settings: MissionControlOptions = {}): Promise<Stage> {
    const say = (line: string): void => console.log(`    ${line}`);
    const folder = await mkdtemp(path.join(tmpdir(), 'cloud-sessions-e2e-'));
    const workspace = path.join(folder, 'harbor');
    await mkdir(workspace);
    await createDemoWorkspace(workspace);
    const service = await MissionControl.start({ startsAfterMs: 0, ...settings });
    service.createTask({ repository: { owner: 'octo-org', name: 'lighthouse' }, name: 'Repair the lamp' });
    const server = await VSCodeServer.start({
      vscode: await ensureServedVSCode('newest', say),
      dataDir: path.join(folder, 'data'),
      vsix: VSIX,
      machineSettings: {
        'cloudSessions.runtime.path': runtime.executable,
        'cloudSessions.runtime.env': service.environment(path.join(folder, 'copilot')),
      },
    });
    const browser = await launchChromium(say);
    const workbench = await Workbench.open({ browser, server, folder: workspace });
    return new Stage(service, server, workbench, browser, folder);
  }

  async waitForBadge(text: string): Promise<void> {
    await eventually(
      `the badge “${text}”`,
      () => this.workbench.badge('Cloud Sessions'),
      (badge) => badge === text,
    );
  }

  close(): Promise<void> {
    this.closed ??= (async () => {
      await this.browser.close();
      await this.server.stop();
      await this.service.dispose();
      await rm(this.folder, { recursive: true, force: true, maxRetries: 5 });
    })();
    return this.closed;
  }
}

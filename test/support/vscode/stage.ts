import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Browser } from 'playwright-core';
import { createDemoClone, createDemoWorkspace } from '../demoWorkspace';
import { eventually } from '../eventually';
import { MissionControl, type MissionControlOptions } from '../missionControl/missionControl';
import { installedRuntimes, newestRuntime, type InstalledRuntime } from '../runtimes';
import { launchChromium } from './chromium';
import { installLanguage, type Language } from './language';
import { FAILURES, REPOSITORY } from './paths';
import { ensureServedVSCode } from './provision';
import { VSCodeServer, type ServerOptions } from './server';
import { Workbench } from './workbench';

const VSIX = path.join(REPOSITORY, 'dist/cloud-sessions.vsix');

export interface StageOptions {
  /** Default: the newest. */
  readonly vscode?: 'newest' | 'oldest';
  /** Default: the newest. `null`: none is configured. */
  readonly runtime?: InstalledRuntime | null;
  readonly service?: MissionControlOptions;
  /**
   * Content of the open folder: a repository that claims to be a clone of `octo-org/harbor` (the default), a real clone of
   * the emulated one, or nothing.
   */
  readonly workspace?: 'harbor' | 'clone' | 'empty';
  /** Whether the service has a session, "Repair the lamp" of `octo-org/lighthouse`. Default: true. */
  readonly hasSession?: boolean;
  /** Variables that the extension gives to the runtime. Default: those of the service, signed in. */
  readonly runtimeEnv?: (service: MissionControl, copilotHome: string) => Readonly<Record<string, string>>;
  /** Additional options of the server. */
  readonly server?: (
    service: MissionControl,
    folder: string,
  ) => Partial<Pick<ServerOptions, 'env' | 'machineSettings' | 'userSettings'>>;
  /** Language of the extension. The workbench's own texts stay English. */
  readonly language?: Language;
}

/**
 * The oldest and the newest VS Code that the extension supports, with a runtime each, for suites that drive what differs
 * between them: one window for both an old editor and an older runtime.
 */
export const STAGES: readonly (Pick<StageOptions, 'vscode' | 'runtime'> & { readonly name: string })[] =
  installedRuntimes(REPOSITORY).map((runtime) => {
    const vscode = runtime.name === 'newest' ? 'newest' : 'oldest';
    return { name: `the ${vscode} VS Code, runtime ${runtime.version}`, vscode, runtime };
  });

/** A real VS Code with the VSIX, a real runtime and the emulated service. */
export class Stage {
  private closed: Promise<void> | undefined;

  private constructor(
    readonly service: MissionControl,
    readonly server: VSCodeServer,
    readonly workbench: Workbench,
    private readonly browser: Browser,
    /** Folder for everything that it writes. */
    readonly folder: string,
  ) {}

  static async open(options: StageOptions = {}): Promise<Stage> {
    const { runtime = newestRuntime(REPOSITORY), workspace = 'harbor', hasSession = true, language } = options;
    const say = (line: string): void => console.log(`    ${line}`);
    const folder = await mkdtemp(path.join(tmpdir(), 'cloud-sessions-e2e-'));
    const opened = path.join(folder, workspace === 'clone' ? 'harbor' : workspace);
    await mkdir(opened);
    const service = await MissionControl.start({ startsAfterMs: 0, ...options.service });
    if (workspace === 'harbor') {
      await createDemoWorkspace(opened);
    } else if (workspace === 'clone') {
      await createDemoClone(opened, service);
    }
    if (hasSession) {
      service.createTask({ repository: { owner: 'octo-org', name: 'lighthouse' }, name: 'Repair the lamp' });
    }
    const copilotHome = path.join(folder, 'copilot');
    const more = options.server?.(service, folder) ?? {};
    const server = await VSCodeServer.start({
      vscode: await ensureServedVSCode(options.vscode ?? 'newest', say),
      dataDir: path.join(folder, 'data'),
      vsix: VSIX,
      ...more,
      machineSettings: {
        ...(runtime === null ? {} : { 'cloudSessions.runtime.path': runtime.executable }),
        'cloudSessions.runtime.env': options.runtimeEnv?.(service, copilotHome) ?? service.environment(copilotHome),
        ...more.machineSettings,
      },
    });
    if (language !== undefined) {
      await installLanguage(server, language);
    }
    const browser = await launchChromium(say);
    const workbench = await Workbench.open({
      browser,
      server,
      folder: opened,
      ...(language && { language: language.id }),
    });
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

/**
 * Opens a stage before the tests of a suite and closes it afterwards. A failed test leaves a screenshot.
 *
 * @param opened called with the stage before the first test
 */
export function useStage(options: () => StageOptions, opened: (stage: Stage) => unknown): void {
  let stage: Stage | undefined;

  before(async () => {
    stage = await Stage.open(options());
    await opened(stage);
  });

  after(() => stage?.close());

  afterEach(async function () {
    if (this.currentTest?.state === 'failed') {
      const name = this.currentTest.fullTitle().replaceAll(/\W+/g, '-');
      await stage?.workbench.screenshot(path.join(FAILURES, `${name}.png`));
    }
  });
}

import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createDemoWorkspace } from '../support/demoWorkspace';
import { newestRuntime } from '../support/runtimes';
import { launchChromium } from '../support/vscode/chromium';
import { REPOSITORY } from '../support/vscode/paths';
import { ensureServedVSCode } from '../support/vscode/provision';
import { VSCodeServer } from '../support/vscode/server';
import { Workbench } from '../support/vscode/workbench';
import { eventually } from '../support/eventually';
import { median, type Row } from './statistics';

const OURS = 'cloudsessions.cloud-sessions';
const GIT = 'vscode.git';

/** Start times of one extension, in milliseconds. */
interface Times {
  /** Loading and running the bundle, before `activate()`. */
  readonly load: number;
  /** The call of `activate()`, until its promise is settled. */
  readonly activate: number;
}

/**
 * Measures `activate()` as VS Code itself does ("Developer: Startup Performance"), beside the built-in Git extension in
 * the same window, over several windows.
 *
 * @param vsix absolute path of the package as it is published
 */
export async function benchActivation(windows: number, vsix: string, log: (line: string) => void): Promise<Row[]> {
  const folder = await mkdtemp(path.join(tmpdir(), 'cloud-sessions-bench-'));
  const workspace = path.join(folder, 'harbor');
  await mkdir(workspace);
  await createDemoWorkspace(workspace);
  const server = await VSCodeServer.start({
    vscode: await ensureServedVSCode('newest', log),
    dataDir: path.join(folder, 'data'),
    vsix,
    machineSettings: {
      'cloudSessions.runtime.path': newestRuntime(REPOSITORY).executable,
      'cloudSessions.runtime.env': { COPILOT_HOME: path.join(folder, 'copilot') },
    },
  });
  const browser = await launchChromium(log);
  const ours: Times[] = [];
  const git: Times[] = [];
  try {
    for (let window = 0; window <= windows; window++) {
      log(`Activation, window ${window} of ${windows}…`);
      // Tall enough for the whole report: an editor renders only visible lines.
      const size = { width: 1600, height: 6_000 };
      const workbench = await Workbench.open({ browser, server, folder: workspace, size });
      await workbench.waitForStatus('Copilot Cloud');
      await workbench.runCommand('Developer: Startup Performance');
      const times = await eventually(
        'the activation times',
        () => readTimes(workbench),
        (read) => read.has(OURS) && read.has(GIT),
      );
      for (const [id, all] of [
        [OURS, ours],
        [GIT, git],
      ] as const) {
        const time = times.get(id);
        // Skip the first window of a new installation, which fills caches.
        if (time !== undefined && window > 0) {
          all.push(time);
        }
      }
      await workbench.close();
    }
  } finally {
    await browser.close();
    await server.stop();
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  }
  const of = (times: readonly Times[], part: keyof Times): number => median(times.map((time) => time[part]));
  const row = (what: string, part: keyof Times, times: readonly Times[]): Row => ({
    what: `${what}, median of ${windows} windows`,
    value: `${of(times, part)} ms`,
  });
  return [
    row('activate(): this extension', 'activate', ours),
    row('activate(): built-in Git', 'activate', git),
    { what: 'activate(), ratio to built-in Git', value: (of(ours, 'activate') / of(git, 'activate')).toFixed(2) },
    row('loading the code before that: this extension', 'load', ours),
    row('loading the code before that: built-in Git', 'load', git),
  ];
}

/** Times by extension id, for the visible lines of the report: `| id | eager | load | call | finish | …`. */
async function readTimes(workbench: Workbench): Promise<Map<string, Times>> {
  const lines = await workbench.page.locator('.monaco-editor .view-line').allTextContents();
  const times = new Map<string, Times>();
  for (const line of lines) {
    const [, id, load, call, finish] =
      /^\|\s*([\w.-]+)\s*\|\s*(?:true|false)\s*\|\s*(\d+)\s*\|\s*(\d+)\s*\|\s*(\d+)/.exec(
        line.replaceAll('\u00a0', ' '),
      ) ?? [];
    if (id !== undefined) {
      times.set(id, { load: Number(load), activate: Number(call) + Number(finish) });
    }
  }
  return times;
}

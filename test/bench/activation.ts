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
import { eventually } from '../support/vscode/workbench/eventually';
import { median, type Row } from './statistics';

const OURS = 'cloudsessions.cloud-sessions';
const GIT = 'vscode.git';

/**
 * How long `activate()` takes, as VS Code itself measures it ("Show Running Extensions"), beside the built-in Git
 * extension in the same window, over several windows.
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
  const ours: number[] = [];
  const git: number[] = [];
  try {
    for (let window = 0; window <= windows; window++) {
      log(`Activation, window ${window} of ${windows}…`);
      // Tall enough that the list of extensions is on the screen as a whole.
      const size = { width: 1280, height: 3_000 };
      const workbench = await Workbench.open({ browser, server, folder: workspace, size });
      await workbench.waitForStatus('Copilot Cloud');
      await workbench.runCommand('Developer: Show Running Extensions');
      const times = await eventually(
        'the activation times',
        () => readTimes(workbench),
        (read) => read.has(OURS) && read.has(GIT),
      );
      // The first window of a new installation fills caches.
      if (window > 0) {
        ours.push(times.get(OURS) ?? Number.NaN);
        git.push(times.get(GIT) ?? Number.NaN);
      }
      await workbench.close();
    }
  } finally {
    await browser.close();
    await server.stop();
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  }
  return [
    { what: `activate(), median of ${windows} windows: this extension`, value: `${median(ours)} ms` },
    { what: `activate(), median of ${windows} windows: built-in Git`, value: `${median(git)} ms` },
    { what: 'activate(), ratio to built-in Git', value: (median(ours) / median(git)).toFixed(2) },
  ];
}

/** Milliseconds by extension id, as far as they are on the screen. */
async function readTimes(workbench: Workbench): Promise<Map<string, number>> {
  const rows = await workbench.page.locator('.runtime-extensions-editor .monaco-list-row').allInnerTexts();
  const times = new Map<string, number>();
  for (const row of rows) {
    const time = /Activation: ?(\d+) ?ms/.exec(row)?.[1];
    const id = row.trim().startsWith('Cloud Sessions') ? OURS : /^\s*Git\s*$/m.test(row) ? GIT : undefined;
    if (time !== undefined && id !== undefined) {
      times.set(id, Number(time));
    }
  }
  return times;
}

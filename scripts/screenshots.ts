import path from 'node:path';
import { launchChromium } from '../test/support/vscode/chromium';
import { REPOSITORY } from '../test/support/vscode/paths';
import { ensureServedVSCode } from '../test/support/vscode/provision';
import { VSCodeServer } from '../test/support/vscode/server';
import type { Theme } from '../test/support/vscode/settings';
import { Workbench } from '../test/support/vscode/workbench';
import { emulatedDemo } from './lib/demo';
import { start } from './lib/main';
import { packQuietly, VSIX } from './lib/vsix';

const THEMES: readonly Theme[] = ['light', 'dark', 'high-contrast'];

const say = (line: string): void => console.log(line);

/** Photographs the demo, in three themes, into `media/screenshots/`. */
async function main(): Promise<number> {
  const [vscode, demo] = await Promise.all([
    ensureServedVSCode('newest', say),
    emulatedDemo('screenshots'),
    packQuietly(),
  ]);
  const server = await VSCodeServer.start({
    vscode,
    dataDir: demo.dataDir,
    baseEnv: demo.env,
    machineSettings: demo.settings,
    vsix: VSIX,
  });
  const browser = await launchChromium(say);
  try {
    for (const theme of THEMES) {
      const workbench = await Workbench.open({ browser, server, folder: demo.workspace, theme, scale: 2 });
      await photograph(workbench, theme);
      await workbench.close();
    }
  } finally {
    await browser.close();
    await server.stop();
    await demo.dispose();
  }
  return 0;
}

async function photograph(workbench: Workbench, theme: Theme): Promise<void> {
  const view = await workbench.openView('Cloud Sessions', 'cloudSessions');
  await view.waitForRows('sessions', (rows) => rows.length > 0);
  const file = path.join(REPOSITORY, 'media/screenshots', `sessions-${theme}.png`);
  await workbench.screenshot(file);
  say(path.relative(REPOSITORY, file));
}

start(main);

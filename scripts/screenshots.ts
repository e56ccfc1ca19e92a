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

const PROMPTS: Readonly<Record<Theme, string>> = {
  light: 'Keep the time of a ship’s first arrival',
  dark: 'Do not lose the first arrival of a ship that comes twice',
  'high-contrast': 'Count a ship that arrives twice only once',
};

/** A session as it is created, with its notification, its row and its log, the agent's first question, its transcript. */
async function photograph(workbench: Workbench, theme: Theme): Promise<void> {
  const prompt = PROMPTS[theme];
  const view = await workbench.openView('Cloud Sessions', 'cloudSessions');
  await view.waitForRows('sessions', (rows) => rows.length > 0);
  await widenSideBar(workbench);
  await workbench.runCommand('Cloud Sessions: New Cloud Session');
  await workbench.quickInput.waitFor(/Repository that the agent works on/);
  await save(workbench, `create-${theme}`);
  await workbench.quickInput.choose(/octo-org\/harbor/);
  await workbench.quickInput.waitFor(/Branch to start from/);
  await workbench.quickInput.choose(/Default branch/);
  await workbench.quickInput.waitFor(/First prompt/);
  await workbench.quickInput.enter(prompt);
  await workbench.notifications.waitFor('Cloud session created');
  await save(workbench, `created-${theme}`);
  // Until the agent waits, rows move.
  await view.waitForRow(prompt, ({ icon }) => icon === 'question');
  await view.clickRow(prompt);
  await workbench.output.waitForText('Permission to run');
  await workbench.notifications.waitFor('The agent wants to');
  await workbench.page.mouse.move(700, 300);
  await save(workbench, `question-${theme}`);
  await workbench.notifications.dismissAll();
  await save(workbench, `session-${theme}`);
  const preview = workbench.page.frameLocator('iframe.webview.ready').frameLocator('#active-frame');
  await view.chooseFromContextMenu(prompt, 'Open Transcript', () => preview.locator('details').first().waitFor());
  await workbench.page.mouse.move(700, 60);
  await save(workbench, `transcript-${theme}`);
}

/** So that the rows can be read. */
async function widenSideBar({ page }: Workbench): Promise<void> {
  const bar = await page.locator('.part.sidebar').boundingBox();
  if (bar !== null && bar.width < 400) {
    const edge = bar.x + bar.width;
    await page.mouse.move(edge, 400);
    await page.mouse.down();
    await page.mouse.move(edge + 130, 400, { steps: 5 });
    await page.mouse.up();
  }
}

async function save(workbench: Workbench, name: string): Promise<void> {
  const file = path.join(REPOSITORY, 'media/screenshots', `${name}.png`);
  await workbench.screenshot(file);
  say(path.relative(REPOSITORY, file));
}

start(main);

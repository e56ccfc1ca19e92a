import path from 'node:path';
import { parseArgs } from 'node:util';
import { launchChromium } from '../test/support/vscode/chromium';
import { translation, Wording } from '../test/support/vscode/language';
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

const HELP = `npm run screenshots [-- --language LANGUAGE]
  Photographs the demo, in three themes, into media/screenshots/
  --language LANGUAGE   in a language that there is a translation for, such as de, into .cache/screenshots-LANGUAGE/`;

async function main(): Promise<number> {
  const { values } = parseArgs({ options: { language: { type: 'string' }, help: { type: 'boolean' } } });
  if (values.help) {
    console.log(HELP);
    return 0;
  }
  const language = values.language === undefined ? undefined : translation(values.language);
  const folder = language === undefined ? 'media/screenshots' : `.cache/screenshots-${language.id}`;
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
      const workbench = await Workbench.open({
        browser,
        server,
        folder: demo.workspace,
        theme,
        scale: 2,
        ...(language && { language: language.id }),
      });
      await photograph(workbench, theme, new Wording(language), folder);
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

/** Photographs a new session: its notification, row and log, the agent's first question, and the transcript. */
async function photograph(workbench: Workbench, theme: Theme, wording: Wording, folder: string): Promise<void> {
  const take = (name: string): Promise<void> => save(workbench, path.join(folder, `${name}-${theme}.png`));
  const prompt = PROMPTS[theme];
  const view = await workbench.openView(wording.title('viewsContainers.cloudSessions'), 'cloudSessions');
  await view.waitForRows('sessions', (rows) => rows.length > 0);
  await widenSideBar(workbench);
  await workbench.runCommand(wording.command('create'));
  await workbench.quickInput.waitFor(wording.said('Repository that the agent works on'));
  await take('create');
  await workbench.quickInput.choose(/octo-org\/harbor/);
  await workbench.quickInput.waitFor(wording.said('Branch to start from'));
  // The first row is the default branch.
  await workbench.quickInput.accept();
  await workbench.quickInput.waitFor(wording.said('What should the agent do?'));
  await workbench.quickInput.enter(prompt);
  await workbench.notifications.waitFor(wording.said('Cloud session created for'));
  await take('created');
  // Rows move until the agent waits.
  await view.waitForRow(prompt, ({ icon }) => icon === 'question');
  await view.clickRow(prompt);
  await workbench.output.waitForText(wording.said('Permission to run a shell command'));
  await workbench.notifications.waitFor(wording.said('The agent wants to run'));
  await workbench.page.mouse.move(700, 300);
  await take('question');
  await workbench.notifications.dismissAll();
  await take('session');
  const preview = workbench.page.frameLocator('iframe.webview.ready').frameLocator('#active-frame');
  await view.chooseFromContextMenu(prompt, wording.title('commands.openTranscript'), () =>
    preview.locator('details').first().waitFor(),
  );
  await workbench.page.mouse.move(700, 60);
  await take('transcript');
}

/** Makes the rows readable. */
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

async function save(workbench: Workbench, file: string): Promise<void> {
  await workbench.screenshot(path.join(REPOSITORY, file));
  say(file);
}

start(main);

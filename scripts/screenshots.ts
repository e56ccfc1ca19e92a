import path from 'node:path';
import { parseArgs } from 'node:util';
import type { Browser } from 'playwright-core';
import { launchChromium } from '../test/support/vscode/chromium';
import { translation, Wording, type Language } from '../test/support/vscode/language';
import { REPOSITORY } from '../test/support/vscode/paths';
import { ensureServedVSCode, type ServedVSCode } from '../test/support/vscode/provision';
import { VSCodeServer } from '../test/support/vscode/server';
import type { Theme } from '../test/support/vscode/settings';
import { Workbench, type Clip } from '../test/support/vscode/workbench';
import { emulatedDemo } from './lib/demo';
import { start } from './lib/main';
import { photographCreation, photographPullRequest, photographReview } from './lib/pictures';
import { packQuietly, VSIX } from './lib/vsix';

const THEMES: readonly Theme[] = ['light', 'dark', 'high-contrast'];

const say = (line: string): void => console.log(line);

const HELP = `npm run screenshots [-- --language LANGUAGE]
  Photographs the demo, in three themes, into media/screenshots/
  --language LANGUAGE   in a language that there is a translation for, such as de, into .cache/screenshots-LANGUAGE/`;

interface Studio {
  readonly vscode: ServedVSCode;
  readonly browser: Browser;
  readonly language: Language | undefined;
  readonly folder: string;
}

async function main(): Promise<number> {
  const { values } = parseArgs({ options: { language: { type: 'string' }, help: { type: 'boolean' } } });
  if (values.help) {
    console.log(HELP);
    return 0;
  }
  const language = values.language === undefined ? undefined : translation(values.language);
  const folder = language === undefined ? 'media/screenshots' : `.cache/screenshots-${language.id}`;
  const [vscode] = await Promise.all([ensureServedVSCode('newest', say), packQuietly()]);
  const browser = await launchChromium(say);
  try {
    for (const theme of THEMES) {
      await photograph({ vscode, browser, language, folder }, theme);
    }
  } finally {
    await browser.close();
  }
  return 0;
}

/** Each theme has a demo of its own, so that its pictures show the same as those of the others. */
async function photograph({ vscode, browser, language, folder }: Studio, theme: Theme): Promise<void> {
  const demo = await emulatedDemo('screenshots');
  const server = await VSCodeServer.start({
    vscode,
    dataDir: demo.dataDir,
    baseEnv: demo.env,
    machineSettings: demo.settings,
    vsix: VSIX,
  });
  try {
    const workbench = await Workbench.open({
      ...{ browser, server, folder: demo.workspace, theme, scale: 2 },
      ...(language && { language: language.id }),
    });
    const wording = new Wording(language);
    const view = await workbench.openView(wording.title('viewsContainers.cloudSessions'), 'cloudSessions');
    await view.waitForRows('sessions', (rows) => rows.length > 0);
    await widenSideBar(workbench);
    const take = async (name: string, clip?: Clip): Promise<void> => {
      const file = path.join(folder, `${name}-${theme}.png`);
      await workbench.screenshot(path.join(REPOSITORY, file), clip);
      say(file);
    };
    const scene = { workbench, view, wording, service: demo.service, take };
    await photographCreation(scene);
    await photographReview(scene);
    await photographPullRequest(scene);
    await workbench.close();
  } finally {
    await server.stop();
    await demo.dispose();
  }
}

/** Makes the rows readable. */
async function widenSideBar({ page }: Workbench): Promise<void> {
  const bar = await page.locator('.part.sidebar').boundingBox();
  if (bar !== null && bar.width < 400) {
    const edge = bar.x + bar.width;
    await page.mouse.move(edge, 400);
    await page.mouse.down();
    await page.mouse.move(edge + 180, 400, { steps: 5 });
    await page.mouse.up();
  }
}

start(main);

import { createRequire } from 'node:module';
import path from 'node:path';
import { chromium, type Browser } from 'playwright-core';
import { run } from './command';
import { exists } from './installOnce';
import type { Say } from './provision';

const PROBE_MS = 5_000;
const PLAYWRIGHT_DOWNLOADS = 'https://cdn.playwright.dev/';

/** Debian's packages, the preferred one first: the shell without a window takes a tenth less of the processor's time. */
const DEBIANS = ['chromium-headless-shell', 'chromium'];
const ON_THE_PATH = [...DEBIANS, 'chromium-browser', 'google-chrome', 'google-chrome-stable'];
const MACOS_APPLICATIONS = [
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
];

let found: Promise<string> | undefined;

/**
 * The executable of a Chromium that runs here: `CHROMIUM_PATH`, an installed one, or Playwright's. If there is none, it
 * installs Playwright's where that can be downloaded, otherwise Debian's where this user may install it. Searched once
 * per process.
 */
export function ensureChromium(say: Say): Promise<string> {
  found ??= findOrInstall(say);
  return found;
}

/** Starts it without a window. It ends with this process, however that ends. */
export async function launchChromium(say: Say): Promise<Browser> {
  return chromium.launch({
    executablePath: await ensureChromium(say),
    args: [
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
}

async function findOrInstall(say: Say): Promise<string> {
  const chosen = process.env['CHROMIUM_PATH'];
  if (chosen !== undefined && chosen !== '') {
    if (!(await runs(chosen))) {
      throw new Error(`CHROMIUM_PATH is ${chosen}, but that does not run.`);
    }
    return chosen;
  }
  const installed = await firstThatRuns([...onThePath(), ...MACOS_APPLICATIONS, chromium.executablePath()]);
  if (installed !== undefined) {
    return installed;
  }
  const tried: string[] = [];
  for (const install of [installPlaywrights, installDebians]) {
    const outcome = await install(say);
    if (outcome.executable !== undefined) {
      return outcome.executable;
    }
    tried.push(outcome.obstacle);
  }
  throw new Error(
    `No Chromium was found, and none could be installed:\n${tried.map((line) => `  - ${line}`).join('\n')}\n` +
      'Install Chromium or Google Chrome, or set CHROMIUM_PATH to the executable of one.',
  );
}

type Outcome = { readonly executable: string } | { readonly executable?: undefined; readonly obstacle: string };

async function installPlaywrights(say: Say): Promise<Outcome> {
  const reachable = await fetch(PLAYWRIGHT_DOWNLOADS, { method: 'HEAD', signal: AbortSignal.timeout(PROBE_MS) }).then(
    () => true,
    () => false,
  );
  if (!reachable) {
    return { obstacle: "Playwright's download server cannot be reached" };
  }
  say("Chromium: installing Playwright's");
  const cli = path.join(path.dirname(createRequire(import.meta.url).resolve('playwright-core/package.json')), 'cli.js');
  try {
    await run(process.execPath, [cli, 'install', 'chromium']);
  } catch (error) {
    return { obstacle: `Playwright's could not be installed: ${String(error)}` };
  }
  const executable = await firstThatRuns([chromium.executablePath()]);
  return executable === undefined
    ? { obstacle: "Playwright's is installed, but does not run (a library that it needs may be missing)" }
    : { executable };
}

async function installDebians(say: Say): Promise<Outcome> {
  if (!(await exists('/etc/debian_version'))) {
    return { obstacle: "there is no Debian here to install its package 'chromium'" };
  }
  if (process.getuid?.() !== 0) {
    return { obstacle: "Debian's package 'chromium' is for root to install: sudo apt-get install chromium" };
  }
  say("Chromium: installing Debian's package");
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const obstacles: string[] = [];
  await run('apt-get', ['update'], { env }).catch((error: unknown) => obstacles.push(String(error)));
  for (const name of DEBIANS) {
    try {
      await run('apt-get', ['install', '--yes', '--no-install-recommends', name, 'fonts-dejavu-core'], { env });
    } catch (error) {
      obstacles.push(`Debian's package '${name}' could not be installed: ${String(error)}`);
      continue;
    }
    const executable = await firstThatRuns(onThePath());
    if (executable !== undefined) {
      return { executable };
    }
    obstacles.push(`Debian's package '${name}' is installed, but does not run`);
  }
  return { obstacle: obstacles.join('; ') };
}

function onThePath(): string[] {
  const folders = (process.env['PATH'] ?? '').split(path.delimiter).filter((folder) => folder !== '');
  return ON_THE_PATH.flatMap((name) => folders.map((folder) => path.join(folder, name)));
}

async function firstThatRuns(candidates: readonly string[]): Promise<string | undefined> {
  for (const candidate of candidates) {
    if ((await exists(candidate)) && (await runs(candidate))) {
      return candidate;
    }
  }
  return undefined;
}

/** A file of that name is not enough: Ubuntu's may be a stub that asks for a snap, for example. */
async function runs(executable: string): Promise<boolean> {
  return run(executable, ['--version'], { timeout: 20_000 }).then(
    () => true,
    () => false,
  );
}

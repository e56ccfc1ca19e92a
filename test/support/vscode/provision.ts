import { copyFile, rm, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { downloadAndUnzipVSCode } from '@vscode/test-electron';
import { npm, run } from './command';
import { exists, installOnce } from './installOnce';
import { CACHE } from './paths';

/** The newest VS Code, or the oldest that `engines.vscode` allows. */
export type Age = 'newest' | 'oldest';

/** VS Code as an application with a window. */
export interface DesktopVSCode {
  readonly kind: 'desktop';
  readonly executable: string;
}

/** VS Code as a server, with its workbench in a browser. */
export interface ServedVSCode {
  readonly kind: 'served';
  readonly version: string;
  /** The Node.js for this version of VS Code. */
  readonly node: string;
  /** `server-main.js` */
  readonly entry: string;
}

export type Say = (line: string) => void;

interface Release {
  /** The version that `@vscode/test-electron` downloads. */
  readonly desktop: string;
  /** Version of the npm package `code-server`, and the version of VS Code in it. */
  readonly codeServer: string;
  readonly version: string;
  /** The major version of Node.js in that VS Code's Electron. */
  readonly node: number;
}

const RELEASES: Record<Age, Release> = {
  newest: { desktop: 'stable', codeServer: '4.139.1', version: '1.139.1', node: 24 },
  oldest: { desktop: '1.100.0', codeServer: '4.100.3', version: '1.100.3', node: 20 },
};

/** Part of the names in the cache. Increment it when the way a package is changed changes. */
const RECIPE = 1;

const PROBE_MS = 5_000;
const DOWNLOAD_SERVER = 'https://update.code.visualstudio.com/api/releases/stable';

/** A VS Code for tests: the desktop one if it can be downloaded and there is a display, otherwise a served one. */
export async function ensureVSCode(age: Age, say: Say): Promise<DesktopVSCode | ServedVSCode> {
  const obstacle = await obstacleToDesktop();
  if (obstacle === undefined) {
    try {
      const executable = await downloadAndUnzipVSCode({ version: RELEASES[age].desktop, cachePath: CACHE });
      return { kind: 'desktop', executable };
    } catch (error) {
      say(`VS Code (${age}): ${String(error)}`);
    }
  }
  say(`VS Code (${age}): served from npm, for ${obstacle ?? 'the desktop one could not be downloaded'}`);
  return ensureServedVSCode(age, say);
}

/**
 * A served VS Code. It comes from npm, so it is available wherever `npm ci` works. About 25 s the first time.
 *
 * @throws on systems other than Linux and macOS
 */
export async function ensureServedVSCode(age: Age, say: Say): Promise<ServedVSCode> {
  if (process.platform !== 'linux' && process.platform !== 'darwin') {
    throw new Error('The served VS Code (npm package code-server) is for Linux and macOS only.');
  }
  const { codeServer, version, node } = RELEASES[age];
  const [folder, executable] = await Promise.all([
    installOnce(`code-server-${codeServer}-r${RECIPE}`, async (target) => {
      say(`VS Code ${version}: installing it from npm`);
      const start = Date.now();
      await installCodeServer(codeServer, target);
      say(`VS Code ${version}: installed in ${seconds(start)}`);
    }),
    ensureNode(node, say),
  ]);
  return { kind: 'served', version, node: executable, entry: path.join(folder, 'lib/vscode/out/server-main.js') };
}

/** Why the desktop VS Code cannot be used here; `undefined` if it can. */
async function obstacleToDesktop(): Promise<string | undefined> {
  if (process.platform === 'linux' && !process.env['DISPLAY'] && !process.env['WAYLAND_DISPLAY']) {
    return 'there is no display for the desktop one';
  }
  const reachable = await fetch(DOWNLOAD_SERVER, { method: 'HEAD', signal: AbortSignal.timeout(PROBE_MS) }).then(
    (response) => response.ok,
    () => false,
  );
  return reachable ? undefined : "the desktop one's download server cannot be reached";
}

async function ensureNode(major: number, say: Say): Promise<string> {
  if (process.versions.node.startsWith(`${major}.`)) {
    return process.execPath;
  }
  const name = `node-${process.platform}-${process.arch}`;
  const folder = await installOnce(`${name}-${major}`, async (target) => {
    say(`Node.js ${major}: installing it from npm`);
    const start = Date.now();
    await unpack(`${name}@${major}`, target);
    say(`Node.js ${major}: installed in ${seconds(start)}`);
  });
  return path.join(folder, 'bin/node');
}

/**
 * Installs `code-server` without its own wrapper, which VS Code does not need, and without compiling. Modules whose
 * native part the wrapper would build are replaced where VS Code would work worse without them.
 */
async function installCodeServer(version: string, target: string): Promise<void> {
  await unpack(`code-server@${version}`, target);
  const vscode = path.join(target, 'lib/vscode');
  await installDependencies(vscode);
  await installDependencies(path.join(vscode, 'extensions'));
  // Older versions look there for the grammar engine, as in the desktop application.
  await symlink('node_modules', path.join(vscode, 'node_modules.asar'));
  const replacements = [
    ['@vscode/spdlog', 'spdlog.cjs'],
    ['@vscode/native-watchdog', 'watchdog.cjs'],
    ['native-watchdog', 'watchdog.cjs'],
  ] as const;
  for (const [module, replacement] of replacements) {
    const folder = path.join(vscode, 'node_modules', module);
    if (await exists(folder)) {
      await copyFile(path.join(import.meta.dirname, 'native', replacement), path.join(folder, 'index.js'));
      await writeFile(path.join(folder, 'REPLACED'), 'index.js is not the published one: it needs no native part.\n');
    }
  }
}

async function installDependencies(cwd: string): Promise<void> {
  const quiet = ['--no-audit', '--no-fund', '--no-update-notifier', '--loglevel=error'];
  await npm(['install', '--prefix', cwd, '--omit=dev', '--ignore-scripts', ...quiet], { cwd });
}

/** Unpacks a published package, without its dependencies, into an empty folder. */
async function unpack(spec: string, target: string): Promise<void> {
  const pack = ['pack', spec, '--pack-destination', target, '--json', '--no-update-notifier', '--loglevel=error'];
  const printed = await npm(pack, { cwd: target });
  const packed = JSON.parse(printed) as readonly [{ readonly filename: string }];
  const archive = path.join(target, packed[0].filename);
  await run('tar', ['-xzf', archive, '--strip-components=1', '-C', target]);
  await rm(archive);
}

function seconds(start: number): string {
  return `${((Date.now() - start) / 1000).toFixed(0)} s`;
}

import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { createDemoClone, createDemoWorkspace } from '../../test/support/demoWorkspace';
import { MissionControl } from '../../test/support/missionControl/missionControl';
import { newestRuntime } from '../../test/support/runtimes';
import { CACHE, REPOSITORY } from '../../test/support/vscode/paths';
import { neutralEnvironment } from '../../test/support/vscode/ownedProcess';
import type { Settings } from '../../test/support/vscode/settings';

/** What a VS Code needs to show the extension at work. */
export interface Demo {
  /** A small git repository with a remote on GitHub; for the emulated service a clone of its repository. */
  readonly workspace: string;
  /** VS Code's user data. */
  readonly dataDir: string;
  /** Settings for the demo. */
  readonly settings: Settings;
  /** Environment variables for VS Code. */
  readonly env: NodeJS.ProcessEnv;
  /** A description of the demo for the console. */
  readonly about: string;
  dispose(): Promise<void>;
}

export interface EmulatedDemo extends Demo {
  readonly service: MissionControl;
}

/** Uses the emulated service: the same at every start, regardless of who is signed in on this machine. */
export async function emulatedDemo(name = 'demo'): Promise<EmulatedDemo> {
  const folder = path.join(CACHE, name);
  const release = await claim(folder);
  await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  const workspace = path.join(folder, 'harbor');
  await mkdir(folder, { recursive: true });
  const service = await MissionControl.start({ speed: 'human' });
  await service.seedDemo();
  await createDemoClone(workspace, service);
  return {
    service,
    workspace,
    dataDir: path.join(folder, 'data'),
    settings: {
      'cloudSessions.runtime.path': newestRuntime(REPOSITORY).executable,
      'cloudSessions.runtime.env': service.environment(path.join(folder, 'copilot')),
    },
    env: neutralEnvironment(),
    about: 'The cloud is emulated on this machine; npm start -- --live uses your own sign-in and the real one.',
    dispose: async () => {
      await service.dispose();
      await release();
    },
  };
}

/** Uses the user's own sign-in and the real service. VS Code's user data stays for the next start. */
export async function liveDemo(): Promise<Demo> {
  const folder = path.join(CACHE, 'live');
  const release = await claim(folder);
  await rm(path.join(folder, 'harbor'), { recursive: true, force: true });
  const workspace = path.join(folder, 'harbor');
  await mkdir(workspace, { recursive: true });
  await createDemoWorkspace(workspace);
  return {
    workspace,
    dataDir: path.join(folder, 'data'),
    settings: { 'cloudSessions.runtime.path': newestRuntime(REPOSITORY).executable },
    env: process.env,
    about: 'This is your own Copilot sign-in, and the real service.',
    dispose: release,
  };
}

/**
 * Allows one demo at a time: two would overwrite each other's settings and state. Resolves with a function that
 * releases the claim.
 */
async function claim(folder: string): Promise<() => Promise<void>> {
  const file = `${folder}.pid`;
  const owner = Number(await readFile(file, 'utf8').catch(() => ''));
  if (owner > 0 && isAlive(owner)) {
    throw new Error(`It runs already, as process ${owner}: end that one first (Ctrl+C where it was started).`);
  }
  await mkdir(CACHE, { recursive: true });
  await writeFile(file, String(process.pid));
  return () => rm(file, { force: true });
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

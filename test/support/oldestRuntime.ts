import { homedir } from 'node:os';
import path from 'node:path';
import { thisPlatform } from '../../src/runtime/platform/platform';
import { npmDefaultRegistry } from '../../src/runtime/install/npmDefaultRegistry';
import { readNpmConfig } from '../../src/runtime/install/npmConfig';
import { RuntimeStore } from '../../src/runtime/install/runtimeStore';
import type { InstalledRuntime } from './runtimes';
import { CACHE } from './vscode/paths';

/** The oldest runtime that the extension works with. */
const OLDEST_RUNTIME = '1.0.55';

const store = new RuntimeStore(path.join(CACHE, 'runtimes'), thisPlatform());

/** Where the runtime is once it was fetched. */
export const oldestRuntime: InstalledRuntime = {
  name: 'oldest',
  version: OLDEST_RUNTIME,
  executable: store.program(OLDEST_RUNTIME),
};

/**
 * Fetches the runtime from npm with the extension's own code, so that `npm ci` does not have to install it for
 * everybody.
 */
export async function ensureOldestRuntime(say: (line: string) => void): Promise<InstalledRuntime> {
  if (!store.versions().includes(OLDEST_RUNTIME)) {
    say(`Copilot runtime ${OLDEST_RUNTIME}: installing it from npm`);
    const config = readNpmConfig(process.env, homedir(), await npmDefaultRegistry(thisPlatform(), homedir()));
    await store.install({ version: OLDEST_RUNTIME, config, signal: new AbortController().signal });
  }
  return oldestRuntime;
}

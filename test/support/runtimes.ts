import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';

export interface InstalledRuntime {
  readonly name: 'newest' | 'sdk' | 'oldest';
  /** The runtime's own version. */
  readonly version: string;
  /** Absolute path of the executable. */
  readonly executable: string;
}

const EXE = process.platform === 'win32' ? '.exe' : '';
const PLATFORMS = process.platform === 'linux' ? ['linux', 'linuxmusl'] : [process.platform];

/**
 * The real runtimes among the dev dependencies: the newest `@github/copilot`, and the one inside `@github/copilot-sdk`.
 * @param repository absolute path of the checkout
 */
export function installedRuntimes(repository: string): readonly InstalledRuntime[] {
  const modules = path.join(repository, 'node_modules/@github');
  const versionOf = (file: string, key: string): string =>
    String((JSON.parse(readFileSync(path.join(modules, file), 'utf8')) as Record<string, unknown>)[key]);
  return [
    {
      name: 'newest',
      version: versionOf('copilot/package.json', 'version'),
      executable: first(
        PLATFORMS.map((platform) => path.join(modules, `copilot-${platform}-${process.arch}`, `copilot${EXE}`)),
      ),
    },
    {
      name: 'sdk',
      version: versionOf('copilot-sdk/package.json', 'copilotCliVersion'),
      executable: first(
        PLATFORMS.map((platform) =>
          path.join(
            modules,
            `copilot-sdk-${platform}-${process.arch}`,
            'prebuilds',
            `${platform}-${process.arch}`,
            `copilot-runtime${EXE}`,
          ),
        ),
      ),
    },
  ];
}

export function newestRuntime(repository: string): InstalledRuntime {
  const [newest] = installedRuntimes(repository);
  if (newest === undefined) {
    throw new Error('No Copilot runtime is installed.');
  }
  return newest;
}

function first(files: readonly string[]): string {
  const found = files.find((file) => existsSync(file));
  if (found === undefined) {
    throw new Error(`The Copilot runtime of this platform is not installed: ${files.join(' or ')}. Run npm ci.`);
  }
  return found;
}

import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { runtimeEnvironment } from '../platform/environment';
import type { Platform } from '../platform/platform';
import { findProgram } from '../platform/programs';

const TIMEOUT_MS = 10_000;

/** Variables of npm, and of tools that choose an npm; none of them names a program that this call would run. */
const NPM =
  /^(npm_config_(?!node_options|script_shell|shell|globalconfig$).+|NVM_.+|FNM_.+|VOLTA_HOME|ASDF_.+|MISE_.+)$/i;

/**
 * Asks npm for its registry. That includes the settings of its installation, which only npm can find.
 *
 * @param cwd a folder of our own, see `workingFolder`: the `.npmrc` of a workspace must not choose what is executed
 * @returns an HTTP address; `undefined` without npm, or if it fails
 */
export async function npmDefaultRegistry(host: Platform, cwd: string): Promise<string | undefined> {
  const npm = findProgram('npm', host);
  if (npm === undefined) {
    return undefined;
  }
  const ofNpm = Object.entries(host.env).filter((entry): entry is [string, string] => {
    const [name, value] = entry;
    return value !== undefined && NPM.test(name);
  });
  try {
    const isWindows = host.platform === 'win32';
    const { stdout } = await promisify(execFile)(isWindows ? `"${npm}"` : npm, ['config', 'get', 'registry'], {
      env: { ...runtimeEnvironment(host.env, { ownSignIn: false, grounds: host }), ...Object.fromEntries(ofNpm) },
      cwd,
      timeout: TIMEOUT_MS,
      // On Windows npm is a script. All arguments are constants.
      shell: isWindows,
    });
    const address = stdout.trim();
    return /^https?:\/\//.test(address) ? address : undefined;
  } catch {
    return undefined;
  }
}

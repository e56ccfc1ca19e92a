import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { runtimeEnvironment } from '../platform/environment';
import type { Platform } from '../platform/platform';
import { findProgram } from '../platform/programs';

const TIMEOUT_MS = 10_000;

/** What npm goes by, and the tools that choose which npm it is; none of it names a program that this call would run. */
const NPM =
  /^(npm_config_(?!node_options|script_shell|shell|globalconfig$).+|NVM_.+|FNM_.+|VOLTA_HOME|ASDF_.+|MISE_.+)$/i;

/**
 * The registry that npm itself uses, with all of its settings: those of its installation too, which only it can find.
 *
 * @param cwd a folder of our own, see `workingFolder`: a workspace's `.npmrc` must not choose what is executed
 * @returns an address; `undefined` without npm, or when it says none
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
      // On Windows npm is a script. Nothing in these arguments comes from outside.
      shell: isWindows,
    });
    const address = stdout.trim();
    return /^https?:\/\//.test(address) ? address : undefined;
  } catch {
    return undefined;
  }
}

import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const TIMEOUT_MS = 10_000;

/**
 * The registry that npm itself uses, with all of its settings: those of its installation too, which only it can find.
 *
 * @returns an address; `undefined` without npm, or when it says none
 */
export async function npmDefaultRegistry(env: NodeJS.ProcessEnv, cwd: string): Promise<string | undefined> {
  try {
    const { stdout } = await promisify(execFile)('npm', ['config', 'get', 'registry'], {
      env,
      // Not in a workspace: its `.npmrc` must not choose what is executed.
      cwd,
      timeout: TIMEOUT_MS,
      // On Windows npm is a script. Nothing in these arguments comes from outside.
      shell: process.platform === 'win32',
    });
    const address = stdout.trim();
    return /^https?:\/\//.test(address) ? address : undefined;
  } catch {
    return undefined;
  }
}

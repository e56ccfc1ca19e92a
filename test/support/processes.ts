import { readFileSync } from 'node:fs';
import path from 'node:path';
import { PATIENCE_MS } from './eventually';

/** Absolute path of a scripted runtime, such as `crashes`. */
export function scriptedRuntime(name: string): string {
  return path.join(__dirname, 'scriptedRuntimes', `${name}.cjs`);
}

/** Whether a process runs. One that has ended and was not waited for (a zombie) does not. */
export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    return !stat.slice(stat.lastIndexOf(')') + 2).startsWith('Z');
  } catch {
    // No /proc: the answer above is all there is.
    return process.platform !== 'linux';
  }
}

/** Resolves when the condition holds, looked at every few milliseconds. */
export async function until(condition: () => boolean, what: string, timeoutMs = PATIENCE_MS): Promise<void> {
  const end = performance.now() + timeoutMs;
  while (!condition()) {
    if (performance.now() > end) {
      throw new Error(`Not within ${timeoutMs} ms: ${what}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

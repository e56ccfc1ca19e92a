import { readFileSync } from 'node:fs';
import path from 'node:path';
import { PATIENCE_MS } from './eventually';

/** Absolute path of a scripted runtime, such as `crashes`. */
export function scriptedRuntime(name: string): string {
  return path.join(__dirname, 'scriptedRuntimes', `${name}.cjs`);
}

/** Whether a process is running. A zombie is not. */
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
    // Without /proc, the answer above is all that is known.
    return process.platform !== 'linux';
  }
}

/** Polls every few milliseconds, and resolves when the condition holds. */
export async function until(condition: () => boolean, what: string, timeoutMs = PATIENCE_MS): Promise<void> {
  const end = performance.now() + timeoutMs;
  while (!condition()) {
    if (performance.now() > end) {
      throw new Error(`Not within ${timeoutMs} ms: ${what}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

import { readdirSync } from 'node:fs';
import { until } from './processes';

/** The number of open file descriptors of this process, where the system reports them, and of its timers. */
export function openHandles(): number {
  const timers = process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length;
  return timers + (process.platform === 'linux' ? readdirSync('/proc/self/fd').length : 0);
}

/** Runs it, and fails if it leaves a handle or a timer behind. */
export async function leavingNothing(run: () => Promise<void>): Promise<void> {
  // Mocha starts the timer of a test only after the test has returned its promise.
  await new Promise((resolve) => setImmediate(resolve));
  const before = openHandles();
  await run();
  await until(
    () => openHandles() <= before,
    `no more handles than ${before}: ${process.getActiveResourcesInfo().join()}`,
  );
}

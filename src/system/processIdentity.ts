import { findProcess } from './processTable';

/** Whether there is a process of this number, whoever's it is. */
function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: there is such a process, of another user.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/**
 * Whether the process that had this number and this start still runs. `unknown`: there is one of that number, and the
 * system does not say when it was started, or did not when the start was written down (`0`).
 */
export function livenessOf(pid: number, start: string): 'alive' | 'gone' | 'unknown' {
  if (!isRunning(pid)) {
    return 'gone';
  }
  const now = startOfProcess(pid);
  return start === '0' || now === '0' ? 'unknown' : now === start ? 'alive' : 'gone';
}

/**
 * When a process was started, in the system's own unit and in base 36; `0` where that cannot be known. Together with the
 * number it tells a process from a later one of the same number.
 */
export function startOfProcess(pid: number): string {
  // Elsewhere a program would have to be asked, each time.
  const entry = process.platform === 'linux' ? findProcess(pid) : undefined;
  return entry?.start.toString(36) ?? '0';
}

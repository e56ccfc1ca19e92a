import { findProcess } from './processTable';

/** Whether a process with this id exists, of any user. */
function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: it exists, and belongs to another user.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/**
 * Whether the process with this id and start time is still running. `unknown`: a process with that id exists, but its
 * start time or the given one is not known (`0`).
 */
export function livenessOf(pid: number, start: string): 'alive' | 'gone' | 'unknown' {
  if (!isRunning(pid)) {
    return 'gone';
  }
  const now = startOfProcess(pid);
  return start === '0' || now === '0' ? 'unknown' : now === start ? 'alive' : 'gone';
}

/**
 * The start time of a process, in the system's unit and in base 36; `0` if not known. It distinguishes a process from a
 * later one with the same id.
 */
export function startOfProcess(pid: number): string {
  // On other systems, each call would have to run a program.
  const entry = process.platform === 'linux' ? findProcess(pid) : undefined;
  return entry?.start.toString(36) ?? '0';
}

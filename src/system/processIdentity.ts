import { readFileSync } from 'node:fs';

/** Whether there is a process of this number, whoever's it is. */
export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: there is such a process, of another user.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/**
 * When a process was started, in the system's own unit and in base 36; `0` where that cannot be known. Together with the
 * number it tells a process from a later one of the same number.
 */
export function startOfProcess(pid: number): string {
  if (process.platform !== 'linux') {
    return '0';
  }
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    // The 22nd field; the second is a name in brackets, which may hold anything.
    const field = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
    return field !== undefined && /^\d+$/.test(field) ? Number(field).toString(36) : '0';
  } catch {
    return '0';
  }
}

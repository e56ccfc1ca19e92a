import { readFileSync } from 'node:fs';

/** The end of a file's name that says whose it is: `-PID~START`. */
const OWNER = /-(\d+)~([0-9a-z]+)$/;
/** As 0.1.0 wrote it: the number alone. */
const OWNER_WITHOUT_START = /^\.used-.*-(\d+)$/;

export type Owner = 'us' | 'alive' | 'gone' | 'unsaid';

/** For the end of a file's name: this process. */
export function ourMark(): string {
  return `${process.pid}~${startOf(process.pid)}`;
}

/**
 * Whose a file is, by the end of its name. A process number that another process has by now is told by when that was
 * started, where the system says (Linux); elsewhere it counts as alive, which at worst keeps a file for longer.
 */
export function ownerOf(name: string): Owner {
  const [, pid = '', start = '0'] = OWNER.exec(name) ?? OWNER_WITHOUT_START.exec(name) ?? [];
  const number = Number(pid);
  if (pid === '' || !Number.isSafeInteger(number) || number <= 0) {
    return 'unsaid';
  }
  const now = startOf(number);
  if (start !== '0' && now !== '0' && now !== start) {
    return 'gone';
  }
  if (number === process.pid) {
    // A mark without a start may be of an earlier process of that number; it says no more than our own would.
    return 'us';
  }
  return exists(number) ? 'alive' : 'gone';
}

function exists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: there is such a process, of another user.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** When a process was started, in the system's own unit; `0` where that cannot be known. */
function startOf(pid: number): string {
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

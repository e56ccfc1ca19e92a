import * as fs from 'node:fs';
import { livenessOf, startOfProcess } from '../../system/processIdentity';

/** The end of a file's name that says whose it is: `-PID~START`. */
const OWNER = /-(\d+)~([0-9a-z]+)$/;
/** As 0.1.0 wrote it: the number alone. */
const OWNER_WITHOUT_START = /^\.used-.*-(\d+)$/;

export type Owner = 'us' | 'alive' | 'gone' | 'unsaid';

/** For the end of a file's name: this process. */
export function ourMark(): string {
  return `${process.pid}~${startOfProcess(process.pid)}`;
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
  if (livenessOf(number, start) === 'gone') {
    return 'gone';
  }
  // A mark without a start may be of an earlier process of our number; it says no more than our own would.
  return number === process.pid ? 'us' : 'alive';
}

/** The names in a folder; none where it cannot be read. */
export function namesIn(folder: string): readonly string[] {
  try {
    return fs.readdirSync(folder);
  } catch {
    return [];
  }
}

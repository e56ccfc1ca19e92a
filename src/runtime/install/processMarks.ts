import * as fs from 'node:fs';
import { livenessOf, startOfProcess } from '../../system/processIdentity';

/** The owner at the end of a file name: `-PID~START`. */
const OWNER = /-(\d+)~([0-9a-z]+)$/;
/** As written by 0.1.0: only the process id. */
const OWNER_WITHOUT_START = /^\.used-.*-(\d+)$/;

export type Owner = 'us' | 'alive' | 'gone' | 'unsaid';

/** This process, for the end of a file name. */
export function ourMark(): string {
  return `${process.pid}~${startOfProcess(process.pid)}`;
}

/**
 * The owner of a file, by the end of its name. A reused process id is detected by the start time of the process on
 * Linux; elsewhere the owner counts as alive, which at worst keeps a file for longer.
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
  // A mark without a start time may be of an earlier process with our id; it is treated as ours.
  return number === process.pid ? 'us' : 'alive';
}

/** The names in a folder; none if it cannot be read. */
export function namesIn(folder: string): readonly string[] {
  try {
    return fs.readdirSync(folder);
  } catch {
    return [];
  }
}

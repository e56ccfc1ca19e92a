import { readdir, readFile } from 'node:fs/promises';
import { run } from './command';

export interface ProcessEntry {
  readonly pid: number;
  readonly parent: number;
  /** Start time. Distinguishes this process from a later one with the same pid. */
  readonly started: string;
  readonly command: string;
}

/** The running processes without zombies. Linux and macOS. */
export async function processTable(): Promise<readonly ProcessEntry[]> {
  return process.platform === 'linux' ? fromProc() : fromPs();
}

/** The descendants of a process. */
export function descendantsOf(pid: number, table: readonly ProcessEntry[]): readonly ProcessEntry[] {
  const children = table.filter(({ parent }) => parent === pid);
  return children.flatMap((child) => [child, ...descendantsOf(child.pid, table)]);
}

async function fromProc(): Promise<ProcessEntry[]> {
  const entries: ProcessEntry[] = [];
  for (const name of await readdir('/proc')) {
    if (!/^\d+$/.test(name)) {
      continue;
    }
    // A process that ends during the read counts as not running.
    const read = (file: string) => readFile(`/proc/${name}/${file}`, 'utf8').catch(() => '');
    const stat = await read('stat');
    // The second field is a name in parentheses, which may contain any characters.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const [state, parent] = fields;
    if (parent !== undefined && state !== 'Z') {
      const command = (await read('cmdline')).replaceAll('\0', ' ').trim();
      entries.push({ pid: Number(name), parent: Number(parent), started: fields[19] ?? '', command });
    }
  }
  return entries;
}

async function fromPs(): Promise<ProcessEntry[]> {
  const listed = await run('ps', ['-A', '-ww', '-o', 'pid=,ppid=,stat=,lstart=,command=']);
  return listed.split('\n').flatMap((line) => {
    const match = /^\s*(\d+)\s+(\d+)\s+(\S+)\s+(\w+\s+\w+\s+\d+\s+[\d:]+\s+\d+)\s+(.*)$/.exec(line);
    if (!match || match[3]!.startsWith('Z')) {
      return [];
    }
    return [{ pid: Number(match[1]), parent: Number(match[2]), started: match[4]!, command: match[5]! }];
  });
}

import { execFile, spawnSync } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** How long the system's own tools may take, in milliseconds. */
const TOOL_MS = 1_000;

/**
 * Signals all of a process group (POSIX). Call it only while its leader has not been reaped, or right when it was:
 * later, the number may be another group's.
 *
 * @returns whether there was anybody in it
 */
export function signalGroup(leader: number, signal: 'SIGTERM' | 'SIGKILL'): boolean {
  try {
    process.kill(-leader, signal);
    return true;
  } catch {
    return false;
  }
}

/**
 * Kills a process that still runs, its group, and all that descends from it, also what has left the group: a tool in a
 * terminal of its own, say.
 *
 * @param stillRuns asked again before the kill, for a process that ends by itself may leave its number to another
 */
export async function killTree(root: number, stillRuns: () => boolean): Promise<void> {
  if (process.platform === 'win32') {
    await run('taskkill', ['/pid', String(root), '/T', '/F'], { windowsHide: true, timeout: TOOL_MS }).catch(
      () => undefined,
    );
    return;
  }
  // Asked first: with the death of its parent, a process is init's child and found no more.
  const descendants = await descendantsOf(root).catch(() => []);
  if (stillRuns()) {
    signalGroup(root, 'SIGKILL');
  }
  for (const pid of descendants) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // It was in the group, and is gone.
    }
  }
}

/** The same at once, for when our own process ends and nothing can be waited for. */
export function killTreeNow(root: number): void {
  if (process.platform === 'win32') {
    spawnSync('taskkill', ['/pid', String(root), '/T', '/F'], { windowsHide: true, timeout: TOOL_MS });
  } else {
    signalGroup(root, 'SIGKILL');
  }
}

async function descendantsOf(root: number): Promise<number[]> {
  const children = new Map<number, number[]>();
  for (const [pid, parent] of await (process.platform === 'linux' ? parentsInProc() : parentsFromPs())) {
    children.set(parent, [...(children.get(parent) ?? []), pid]);
  }
  const found: number[] = [];
  const pending = [root];
  for (let parent = pending.pop(); parent !== undefined; parent = pending.pop()) {
    const here = children.get(parent) ?? [];
    found.push(...here);
    pending.push(...here);
  }
  return found;
}

/** Small containers have no `ps`. */
async function parentsInProc(): Promise<(readonly [number, number])[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const stats = await Promise.all(pids.map((pid) => readFile(`/proc/${pid}/stat`, 'latin1').catch(() => '')));
  return stats.flatMap((stat, index) => {
    // "pid (name) state parent ...": the name may hold anything, parentheses too.
    const parent = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
    return stat === '' ? [] : [[Number(pids[index]), parent] as const];
  });
}

async function parentsFromPs(): Promise<(readonly [number, number])[]> {
  const { stdout } = await run('ps', ['-A', '-o', 'pid=,ppid='], { timeout: TOOL_MS });
  return stdout
    .trim()
    .split('\n')
    .map((line) => line.trim().split(/\s+/).map(Number))
    .map(([pid = 0, parent = 0]) => [pid, parent] as const);
}

import { execFileSync, spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';

/** How long the system's own tools may take, in milliseconds. */
const TOOL_MS = 1_000;

/**
 * Signals all of a process group (POSIX). Call it only while its leader has not been reaped, or right when it was:
 * later, the number may be another group's.
 */
export function signalGroup(leader: number, signal: 'SIGTERM' | 'SIGKILL'): void {
  signalQuietly(-leader, signal);
}

/**
 * Kills a process that still runs, its group, and all that descends from it, also what has left the group: a tool in a
 * terminal of its own, say. It waits for nothing, so that it also works when our own process ends, and so that no
 * number can become another process's in between.
 */
export function killTree(root: number): void {
  if (process.platform === 'win32') {
    spawnSync('taskkill', ['/pid', String(root), '/T', '/F'], { windowsHide: true, timeout: TOOL_MS });
    return;
  }
  // Asked first: with the death of its parent, a process is init's child and found no more.
  const descendants = descendantsOf(root);
  signalGroup(root, 'SIGKILL');
  for (const pid of descendants) {
    signalQuietly(pid, 'SIGKILL');
  }
}

function signalQuietly(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // Nobody is there any more.
  }
}

function descendantsOf(root: number): number[] {
  const children = new Map<number, number[]>();
  for (const [pid, parent] of parents()) {
    const siblings = children.get(parent);
    if (siblings === undefined) {
      children.set(parent, [pid]);
    } else {
      siblings.push(pid);
    }
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

/** Each process and its parent; none if that cannot be told. */
function parents(): (readonly [number, number])[] {
  try {
    // Small containers have no `ps`.
    return process.platform === 'linux' ? parentsInProc() : parentsFromPs();
  } catch {
    return [];
  }
}

function parentsInProc(): (readonly [number, number])[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      try {
        // "pid (name) state parent ...": the name may hold anything, parentheses too.
        const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
        return [[Number(pid), Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1])] as const];
      } catch {
        return [];
      }
    });
}

function parentsFromPs(): (readonly [number, number])[] {
  return execFileSync('ps', ['-A', '-o', 'pid=,ppid='], { encoding: 'utf8', timeout: TOOL_MS })
    .trim()
    .split('\n')
    .map((line) => line.trim().split(/\s+/).map(Number))
    .map(([pid = 0, parent = 0]) => [pid, parent] as const);
}

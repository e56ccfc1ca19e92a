import { spawnSync } from 'node:child_process';
import path from 'node:path';

/** The time limit of system tools, in milliseconds. */
const TOOL_MS = 1_000;

/**
 * Signals a whole process group (POSIX). Only to be called before its leader is reaped, or at once after that: later
 * the id may be that of another group.
 */
export function signalGroup(leader: number, signal: 'SIGTERM' | 'SIGKILL'): void {
  try {
    process.kill(-leader, signal);
  } catch {
    // No process is left.
  }
}

/** Kills a process that has not been reaped, with its group, or on Windows with its descendants. */
export function killTree(leader: number): void {
  if (process.platform === 'win32') {
    killWindowsTree(leader);
  } else {
    signalGroup(leader, 'SIGKILL');
  }
}

/**
 * Kills a process that has not been reaped and its descendants whose parents live (Windows). It is synchronous, so that
 * it also works at the exit of this process.
 */
function killWindowsTree(root: number): void {
  const program = taskkillPath(process.env);
  if (program === undefined) {
    try {
      process.kill(root, 'SIGKILL');
    } catch {
      // It has ended.
    }
    return;
  }
  spawnSync(program, ['/pid', String(root), '/T', '/F'], {
    windowsHide: true,
    timeout: TOOL_MS,
    cwd: path.win32.dirname(program),
  });
}

/** Absolute: Windows searches the working directory and the `PATH` for a bare name, which may be somebody else's. */
export function taskkillPath(env: Readonly<Record<string, string | undefined>>): string | undefined {
  const [, root] = Object.entries(env).find(([name]) => name.toUpperCase() === 'SYSTEMROOT') ?? [];
  return root !== undefined && /^[a-z]:[\\/]/i.test(root)
    ? path.win32.join(root, 'System32', 'taskkill.exe')
    : undefined;
}

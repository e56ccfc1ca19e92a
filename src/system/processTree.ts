import { spawnSync } from 'node:child_process';
import path from 'node:path';

/** How long the system's own tools may take, in milliseconds. */
const TOOL_MS = 1_000;

/**
 * Signals all of a process group (POSIX). Call it only while its leader has not been reaped, or right when it was:
 * later, the number may be another group's.
 */
export function signalGroup(leader: number, signal: 'SIGTERM' | 'SIGKILL'): void {
  try {
    process.kill(-leader, signal);
  } catch {
    // Nobody is there any more.
  }
}

/** Kills a process that has not been waited for, with its group, or on Windows with what descends from it. */
export function killTree(leader: number): void {
  if (process.platform === 'win32') {
    killWindowsTree(leader);
  } else {
    signalGroup(leader, 'SIGKILL');
  }
}

/**
 * Kills a process that has not been waited for and all that descends from it by living parents (Windows). It waits for
 * nothing, so that it also works when our own process ends.
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

/** By its full path: Windows looks into the working folder and the `PATH` for a bare name, and these may be anybody's. */
export function taskkillPath(env: Readonly<Record<string, string | undefined>>): string | undefined {
  const [, root] = Object.entries(env).find(([name]) => name.toUpperCase() === 'SYSTEMROOT') ?? [];
  return root !== undefined && /^[a-z]:[\\/]/i.test(root)
    ? path.win32.join(root, 'System32', 'taskkill.exe')
    : undefined;
}

import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import type { ProcessEntry } from '../../system/processTable';

/** What every process of a run has in its environment, unless it clears that: the id of the run. */
export const RUN_VARIABLE = 'CLOUD_SESSIONS_RUN';

const ID_BYTES = 6;
const ID = /^[0-9a-f]{12}$/;
/** For the program that sets the limit, in milliseconds. */
const MARK_MS = 1_000;
/** By its full path; of util-linux, which small containers lack. */
const PRLIMIT = ['/usr/bin/prlimit', '/bin/prlimit'];

export function newRunId(): string {
  return randomBytes(ID_BYTES).toString('hex');
}

export function isRunId(text: string): boolean {
  return ID.test(text);
}

/**
 * The id as a number, which the processes of a run have as their soft limit of file locks (Linux). The system has not
 * enforced that limit since Linux 2.4.25, so it limits nothing; but every child inherits it, over any number of forks, new
 * programs, new sessions, a cleared environment and a dead parent, and anybody may read it in `/proc`.
 */
function lockLimit(runId: string): number {
  return Number.parseInt(runId, 16);
}

/**
 * Gives a running process the limit that marks its run; what it starts from now on inherits that.
 * @returns whether it has it: not where there is no `prlimit`, or the system does not let us
 */
export async function markProcess(pid: number, runId: string): Promise<boolean> {
  const program = process.platform === 'linux' ? PRLIMIT.find((file) => existsSync(file)) : undefined;
  if (program === undefined) {
    return false;
  }
  await new Promise<void>((resolve) => {
    const args = ['--pid', String(pid), `--locks=${lockLimit(runId)}:`];
    execFile(program, args, { timeout: MARK_MS, env: {}, cwd: '/' }, () => resolve());
  });
  return hasLimit(pid, runId);
}

/** Whether a process says of itself that it belongs to a run; others of this user's are not asked what they may not say. */
export function bearsMark({ pid, text }: ProcessEntry, runId: string): boolean {
  if (text !== undefined) {
    return ` ${text} `.includes(` ${RUN_VARIABLE}=${runId} `);
  }
  return hasLimit(pid, runId) || hasVariable(pid, runId);
}

export function hasLimit(pid: number, runId: string): boolean {
  const [, soft] = /^Max file locks\s+(\d+)\s/m.exec(readProc(pid, 'limits')) ?? [];
  return soft !== undefined && Number(soft) === lockLimit(runId);
}

function hasVariable(pid: number, runId: string): boolean {
  return `\0${readProc(pid, 'environ')}\0`.includes(`\0${RUN_VARIABLE}=${runId}\0`);
}

function readProc(pid: number, name: string): string {
  try {
    return readFileSync(`/proc/${pid}/${name}`, 'latin1');
  } catch {
    // It has ended, or is another user's.
    return '';
  }
}

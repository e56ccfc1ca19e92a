import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import type { ProcessEntry } from '../../system/processTable';

/** The variable with the id of the run, in the environment of its processes unless they clear it. */
export const RUN_VARIABLE = 'CLOUD_SESSIONS_RUN';

const ID_BYTES = 6;
const ID = /^[0-9a-f]{12}$/;
/** The time limit of `prlimit`, in milliseconds. */
const MARK_MS = 1_000;
/** Absolute paths; small containers lack util-linux, which has it. */
const PRLIMIT = ['/usr/bin/prlimit', '/bin/prlimit'];

export function newRunId(): string {
  return randomBytes(ID_BYTES).toString('hex');
}

export function isRunId(text: string): boolean {
  return ID.test(text);
}

/**
 * The id as a number, which is the soft limit of file locks of the processes of a run (Linux). Linux has not enforced
 * that limit since 2.4.25, so it has no effect. But every descendant inherits it, through forks, new programs, new
 * sessions, a cleared environment and the death of its parent, and it is readable in `/proc`.
 */
function lockLimit(runId: string): number {
  return Number.parseInt(runId, 16);
}

/**
 * Sets the limit that marks the run on a process; its later children inherit it.
 * @returns whether it is set: false without `prlimit` or the permission
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

/** Whether a process has the mark of a run. False if its limits and environment cannot be read. */
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
    // It has ended, or belongs to another user.
    return '';
  }
}

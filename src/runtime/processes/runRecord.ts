import { chmodSync, mkdirSync, readFileSync, readlinkSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { lstat, readdir, readFile, stat, unlink } from 'node:fs/promises';
import { hostname } from 'node:os';
import path from 'node:path';
import { defined } from '../../core/common/defined';
import { isRecord } from '../../core/common/json';
import { findProcess, isAlive, type ProcessKey } from '../../system/processTable';
import { isRunId } from './runMark';

/** The record of a run on disk: one file each, named after its id. */
export interface RunRecord {
  readonly runId: string;
  /** Where the process ids are valid: one boot of one machine, one namespace of process ids. */
  readonly place: string;
  /** The process that started the run, and ends it. */
  readonly owner: ProcessKey;
  /** Absent if the owner was killed before it was recorded. */
  readonly runtime?: ProcessKey;
}

/** Only for this user: a record has processes ended. */
const FILE_MODE = 0o600;
const FOLDER_MODE = 0o700;
const SUFFIX = '.json';
/** Records of another machine and unreadable ones are removed after this time, in milliseconds. */
const FORGOTTEN_MS = 30 * 24 * 60 * 60 * 1_000;

let ownStart: number | undefined;

/** This process; `undefined` if its start time is unknown, so that nothing can be recorded. */
export function thisProcess(): ProcessKey | undefined {
  ownStart ??= findProcess(process.pid)?.start;
  return ownStart === undefined ? undefined : { pid: process.pid, start: ownStart };
}

export function thisPlace(): string {
  return [
    hostname(),
    quietly(() => readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim()),
    quietly(() => readlinkSync('/proc/self/ns/pid')),
  ].join(' ');
}

/** Writes a record atomically. @throws {NodeJS.ErrnoException} */
export function writeRecord(folder: string, record: RunRecord): void {
  const file = fileOf(folder, record.runId);
  mkdirSync(folder, { recursive: true, mode: FOLDER_MODE });
  // It may have existed with other permissions. This fails for a folder of another user.
  chmodSync(folder, FOLDER_MODE);
  writeFileSync(`${file}.tmp`, JSON.stringify(record), { mode: FILE_MODE });
  renameSync(`${file}.tmp`, file);
}

export function removeRecord(folder: string, runId: string): void {
  try {
    rmSync(fileOf(folder, runId), { force: true });
  } catch {
    // The next activation finds a dead owner and no processes, and removes it.
  }
}

/**
 * The records of runs whose owners are dead. Records whose owners may live and files that others may have written are
 * ignored: a record has processes ended.
 */
export async function recordsLeftOver(folder: string): Promise<readonly RunRecord[]> {
  const found: RunRecord[] = [];
  if (!(await isOurs(folder, 'folder'))) {
    return found;
  }
  for (const name of await readdir(folder).catch(() => [])) {
    const record = await readRecord(folder, name);
    if (record?.place === thisPlace()) {
      if (!isAlive(record.owner)) {
        found.push(record);
      }
    } else {
      await removeIfForgotten(path.join(folder, name));
    }
  }
  return found;
}

async function readRecord(folder: string, name: string): Promise<RunRecord | undefined> {
  try {
    const file = path.join(folder, name);
    if (!(await isOurs(file, 'file'))) {
      return undefined;
    }
    const value: unknown = JSON.parse(await readFile(file, 'utf8'));
    const record = parseRecord(value);
    return name === `${record?.runId}${SUFFIX}` ? record : undefined;
  } catch {
    return undefined;
  }
}

/** Whether it belongs to this user, is not writable by others, and is not a link. */
async function isOurs(file: string, kind: 'file' | 'folder'): Promise<boolean> {
  try {
    const found = await lstat(file);
    return (
      (kind === 'file' ? found.isFile() : found.isDirectory()) &&
      (process.getuid === undefined || (found.uid === process.getuid() && (found.mode & 0o022) === 0))
    );
  } catch {
    return false;
  }
}

function parseRecord(value: unknown): RunRecord | undefined {
  if (!isRecord(value)) {
    return undefined;
  }
  const { runId, place } = value;
  const owner = parseKey(value['owner']);
  const runtime = parseKey(value['runtime']);
  return typeof runId === 'string' && isRunId(runId) && typeof place === 'string' && owner !== undefined
    ? { runId, place, owner, ...defined({ runtime }) }
    : undefined;
}

function parseKey(value: unknown): ProcessKey | undefined {
  const { pid, start } = isRecord(value) ? value : {};
  // 1 is init; 0 and negative ids mean groups or all processes.
  return Number.isSafeInteger(pid) && Number.isSafeInteger(start) && Number(pid) > 1 && Number(start) > 0
    ? { pid: Number(pid), start: Number(start) }
    : undefined;
}

async function removeIfForgotten(file: string): Promise<void> {
  try {
    if (Date.now() - (await stat(file)).mtimeMs > FORGOTTEN_MS) {
      await unlink(file);
    }
  } catch {
    // Removed by another window.
  }
}

function fileOf(folder: string, runId: string): string {
  return path.join(folder, `${runId}${SUFFIX}`);
}

function quietly(read: () => string): string {
  try {
    return process.platform === 'linux' ? read() : '';
  } catch {
    return '';
  }
}

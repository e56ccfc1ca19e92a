import * as l10n from '@vscode/l10n';
import { mkdir, mkdtemp, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { CloudSessionsError } from '../../core/errors/cloudSessionsError';
import { isRecord, readArray, readRecord as readMember, readText } from '../../core/common/json';
import { defined } from '../../core/common/defined';
import { textOf } from '../../core/redaction/secrets';
import type { Step } from './fileStates';
import type { Git } from '../git';
import { gitPath } from '../workingTreeState';

/**
 * Each apply has a folder of its own in the git folder of the working tree: `apply-*` until it is complete, then
 * `undo-*`. `record.json` is in it before the first file of the working tree is changed.
 */
const FOLDER = 'cloud-sessions';
const RECORD = 'record.json';
const MOST_KEPT = 5;
/** After this many milliseconds without a record, a folder is what a crash has left. */
const ABANDONED_MS = 24 * 60 * 60_000;
/** The files are moved in a moment: after this time, in milliseconds, another process has taken over the number of ours. */
const RUNNING_MS = 10 * 60_000;

/** The records of the changes that this process applies just now. */
const running = new Set<string>();

/** A file that was changed, with what it was before and after. */
export type FileRecord = Omit<Step, 'source'>;

/** The session whose changes were applied. */
export interface Origin {
  readonly sessionId: string;
  readonly taskId?: string;
  /** Its title at that time. */
  readonly title: string;
}

/** Changes that can be undone. */
export interface AppliedChanges {
  readonly id: string;
  /** `partial`: an apply was interrupted, and the working tree may have only a part. `running`: it goes on just now. */
  readonly state: 'applied' | 'partial' | 'running';
  readonly at: Date;
  readonly files: readonly FileRecord[];
  readonly origin?: Origin;
}

/** The changes of the records in a folder, the last ones first. Reads files only. */
export async function listRecords(parent: string): Promise<AppliedChanges[]> {
  const found: AppliedChanges[] = [];
  for (const id of await readdir(parent).catch(() => [])) {
    const folder = path.join(parent, id);
    const times = await Promise.all([RECORD, ''].map((name) => stat(path.join(folder, name)).catch(() => undefined)));
    const [at, made] = times.map((time) => time?.mtime);
    const record = at && (await readRecord(folder).catch(() => undefined));
    if (record !== undefined && at !== undefined) {
      const { files, origin, pid } = record;
      const isRunning = running.has(folder) || (pid !== process.pid && isAlive(pid) && isYoung(at));
      const state = id.startsWith('undo-') ? 'applied' : isRunning ? 'running' : 'partial';
      found.push({ id, state, at, files, ...defined({ origin }) });
    } else if (made !== undefined && Date.now() - made.getTime() > ABANDONED_MS) {
      await rm(folder, { recursive: true, force: true });
    }
  }
  return found.sort((one, other) => other.at.getTime() - one.at.getTime());
}

/** Where the former content of the file of that number is. */
export function beforeFile(folder: string, index: number): string {
  return path.join(folder, 'before', String(index));
}

/** Where the new content of a file is, until it is moved to its place. */
export function afterFile(folder: string, file: string): string {
  return path.join(folder, 'after', file);
}

export async function newRecordFolder(parent: string): Promise<string> {
  await mkdir(parent, { recursive: true, mode: 0o700 });
  const folder = await mkdtemp(path.join(parent, 'apply-'));
  await mkdir(path.join(folder, 'before'));
  return folder;
}

/** What {@link readRecord} reads. */
interface ApplyRecord {
  readonly files: readonly FileRecord[];
  readonly origin: Origin | undefined;
  /** The process that applies them. */
  readonly pid: number | undefined;
}

/** From now on, the changes can be undone; the record is `running` until {@link finished}. */
export async function writeRecord(folder: string, files: readonly FileRecord[], origin?: Origin): Promise<void> {
  const file = path.join(folder, RECORD);
  running.add(folder);
  await writeFile(`${file}.new`, JSON.stringify({ files, origin, pid: process.pid }), { flush: true });
  await rename(`${file}.new`, file);
}

/** This process does no more for the changes of this record, whatever became of them. */
export function finished(folder: string): void {
  running.delete(folder);
}

/** @throws `invalid-argument` if there is none any more, or it is damaged */
export async function readRecord(folder: string): Promise<ApplyRecord> {
  const record: unknown = await readFile(path.join(folder, RECORD), 'utf8').then(JSON.parse).catch(throwGone);
  const files = readArray(record, 'files');
  // The former contents of the files are found by their numbers.
  if (!isRecord(record) || files.length === 0 || !files.every(isFileRecord)) {
    return throwGone(undefined);
  }
  const origin = readMember(record, 'origin');
  const [sessionId, taskId, title = ''] = ['sessionId', 'taskId', 'title'].map((name) => readText(origin, name));
  const pid = typeof record['pid'] === 'number' ? record['pid'] : undefined;
  return { files, pid, origin: sessionId === undefined ? undefined : { sessionId, title, ...defined({ taskId }) } };
}

function throwGone(cause: unknown): never {
  throw new CloudSessionsError(
    'invalid-argument',
    l10n.t('This can no longer be undone here: it was undone or kept already, or too much was applied since.'),
    { nextStep: l10n.t('See in the Source Control view what the files have.'), cause },
  );
}

function isFileRecord(value: unknown): value is FileRecord {
  return readText(value, 'path') !== undefined;
}

function isYoung(at: Date): boolean {
  return Math.abs(Date.now() - at.getTime()) < RUNNING_MS;
}

function isAlive(pid: number | undefined): boolean {
  try {
    return pid !== undefined && process.kill(pid, 0);
  } catch (error) {
    // It belongs to somebody else.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/**
 * All files are in their places: what is left can be undone.
 * @returns the id of these changes
 */
export async function completeRecord(folder: string): Promise<string> {
  const id = path.basename(folder).replace(/^apply-/, 'undo-');
  const parent = path.dirname(folder);
  for (const name of ['after', 'index', 'tree']) {
    await rm(path.join(folder, name), { recursive: true, force: true });
  }
  await rename(folder, path.join(parent, id));
  for (const old of (await listRecords(parent)).slice(MOST_KEPT)) {
    await rm(path.join(parent, old.id), { recursive: true, force: true });
  }
  return id;
}

/** An error of the file system as one of ours. */
export function fileError(error: unknown): CloudSessionsError {
  return error instanceof CloudSessionsError
    ? error
    : new CloudSessionsError('request-failed', l10n.t('The files could not be written: {0}', textOf(error)), {
        nextStep: l10n.t('Free disk space, or correct the permissions.'),
        cause: error,
      });
}

/** The folder with the records of this working tree. */
export function recordsFolder(git: Git): Promise<string> {
  return gitPath(git, FOLDER);
}

/** The same for the root of a working tree, without Git; `undefined` for a folder that is no working tree. */
export async function recordsFolderOf(root: string): Promise<string | undefined> {
  const dotGit = path.join(root, '.git');
  const found = await stat(dotGit).catch(() => undefined);
  if (found?.isFile() !== true) {
    return found && path.join(dotGit, FOLDER);
  }
  // That of a linked working tree, or of a submodule.
  const [, folder] = /^gitdir: (.+?)\r?\n?$/.exec(await readFile(dotGit, 'utf8').catch(() => '')) ?? [];
  return folder === undefined ? undefined : path.join(path.resolve(root, folder), FOLDER);
}

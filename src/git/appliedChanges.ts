import * as l10n from '@vscode/l10n';
import { mkdir, mkdtemp, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { CloudSessionsError } from '../core/errors/cloudSessionsError';
import { textOf } from '../core/redaction/secrets';
import { moveFiles, type Step } from './fileStates';
import type { Git } from './git';
import { named } from '../core/common/namedPaths';
import { ObstacleError } from './gitErrors';
import { gitPath } from './workingTreeState';

/**
 * Each apply has a folder of its own in the git folder of the working tree: `apply-*` until it is complete, then
 * `undo-*`. `record.json` is in it before the first file of the working tree is changed.
 */
const FOLDER = 'cloud-sessions';
const RECORD = 'record.json';
const MOST_KEPT = 5;
/** After this many milliseconds without a record, a folder is what a crash has left. */
const ABANDONED_MS = 24 * 60 * 60_000;

/** A file that was changed, with what it was before and after. */
export type FileRecord = Omit<Step, 'source'>;

/** Changes that can be undone. */
export interface AppliedChanges {
  readonly id: string;
  /** A crash has left only a part of them in the working tree, or they are being applied just now. */
  readonly isInterrupted: boolean;
  readonly at: Date;
}

/** The changes that were applied to this working tree and can be undone, the last ones first. */
export async function appliedChanges(git: Git): Promise<AppliedChanges[]> {
  return listRecords(await recordsFolder(git));
}

export async function listRecords(parent: string): Promise<AppliedChanges[]> {
  const found: AppliedChanges[] = [];
  for (const id of await readdir(parent).catch(() => [])) {
    const folder = path.join(parent, id);
    const times = await Promise.all([RECORD, ''].map((name) => stat(path.join(folder, name)).catch(() => undefined)));
    const [record, made] = times.map((time) => time?.mtime);
    if (record !== undefined) {
      found.push({ id, isInterrupted: id.startsWith('apply-'), at: record });
    } else if (made !== undefined && Date.now() - made.getTime() > ABANDONED_MS) {
      await rm(folder, { recursive: true, force: true });
    }
  }
  return found.sort((one, other) => other.at.getTime() - one.at.getTime());
}

/**
 * Brings the files of an apply back to what they were before, byte for byte: all of them, or none.
 *
 * @returns the files, relative to the root, with `/`
 * @throws {@link ObstacleError} if one was edited since, before anything is changed
 */
export async function undoChanges(git: Git, id: string): Promise<string[]> {
  const folder = path.join(await recordsFolder(git), path.basename(id));
  const files = await readRecord(folder);
  const edited = await restore(git, folder, files).catch((error: unknown) => {
    throw fileError(error);
  });
  if (edited.length > 0) {
    throw new ObstacleError('edited', l10n.t('Not undone, because these files were edited since: {0}', named(edited)), {
      nextStep: l10n.t('Take the changes back in the Source Control view.'),
      paths: edited,
    });
  }
  await rm(folder, { recursive: true, force: true });
  return files.map((file) => file.path);
}

function restore(git: Git, folder: string, files: readonly FileRecord[]): Promise<string[]> {
  return moveFiles(
    git.root,
    files.map(({ path: file, from, to }, index) => ({
      path: file,
      ...(to === undefined ? {} : { from: to }),
      ...(from === undefined ? {} : { to: from }),
      source: beforeFile(folder, index),
    })),
  );
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

export async function writeRecord(folder: string, files: readonly FileRecord[]): Promise<void> {
  const file = path.join(folder, RECORD);
  await writeFile(`${file}.new`, JSON.stringify(files), { flush: true });
  await rename(`${file}.new`, file);
}

export async function readRecord(folder: string): Promise<FileRecord[]> {
  try {
    return JSON.parse(await readFile(path.join(folder, RECORD), 'utf8')) as FileRecord[];
  } catch (cause) {
    throw new CloudSessionsError('invalid-argument', l10n.t('This can no longer be undone.'), {
      nextStep: l10n.t('Take the changes back in the Source Control view.'),
      cause,
    });
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

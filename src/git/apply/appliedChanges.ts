import * as l10n from '@vscode/l10n';
import { rm } from 'node:fs/promises';
import path from 'node:path';
import { named } from '../../core/common/namedPaths';
import {
  beforeFile,
  completeRecord,
  fileError,
  listRecords,
  readRecord,
  recordsFolder,
  type AppliedChanges,
  type FileRecord,
} from './applyRecords';
import { isSameState, moveFiles, stateOf } from './fileStates';
import type { Git } from '../git';
import { ObstacleError } from '../gitErrors';
import { statOf } from '../inTheWay';
import { refuseUnsaved, type UnsavedFiles } from '../unsavedWork';

/** The changes that were applied to this working tree and can be undone, the last ones first. */
export async function appliedChanges(git: Git): Promise<AppliedChanges[]> {
  return listRecords(await recordsFolder(git));
}

/**
 * Brings the files of an apply back to what they were before, byte for byte: all of them, or none.
 *
 * @returns the files, relative to the root, with `/`
 * @throws {@link ObstacleError} if one was edited since, in the editor or on disk, before anything is changed
 */
export async function undoChanges(git: Git, id: string, unsaved?: UnsavedFiles): Promise<string[]> {
  const folder = await folderOf(git, id);
  const { files } = await readRecord(folder);
  const paths = files.map((file) => file.path);
  await refuseUnsaved(paths, unsaved);
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
  return paths;
}

/** The files stay as they are, and these changes are offered to be undone no more. */
export async function keepChanges(git: Git, id: string): Promise<void> {
  await rm(await folderOf(git, id), { recursive: true, force: true });
}

/** The part of an interrupted apply that is in the files stays there. It can be undone as if it were all. */
export async function keepPart(git: Git, id: string): Promise<string> {
  const folder = await folderOf(git, id);
  await readRecord(folder);
  return completeRecord(folder);
}

/** The files of an apply that are as it leaves them. */
export async function appliedFiles(root: string, { files }: Pick<AppliedChanges, 'files'>): Promise<string[]> {
  const done: string[] = [];
  for (const { path: file, to } of files) {
    if (isSameState(await stateOf(path.join(root, file)), to)) {
      done.push(file);
    }
  }
  return done;
}

/** Of a record, whatever it is called now: it gets another name once it is complete. */
async function folderOf(git: Git, id: string): Promise<string> {
  const parent = await recordsFolder(git);
  const name = path.basename(id).replace(/^(?:apply|undo)-/, '');
  const interrupted = path.join(parent, `apply-${name}`);
  return (await statOf(interrupted)) === undefined ? path.join(parent, `undo-${name}`) : interrupted;
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

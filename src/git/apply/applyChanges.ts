import * as l10n from '@vscode/l10n';
import { constants } from 'node:fs';
import { copyFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { defined } from '../../core/common/defined';
import { CloudSessionsError } from '../../core/errors/cloudSessionsError';
import {
  afterFile,
  beforeFile,
  completeRecord,
  fileError,
  finished,
  listRecords,
  newRecordFolder,
  recordsFolder,
  writeRecord,
  type AppliedChanges,
  type FileRecord,
  type Origin,
} from './applyRecords';
import { undoChanges } from './appliedChanges';
import { WRITE_PATIENCE_MS } from '../checkOut';
import { isSameState, moveFiles, stateOf } from './fileStates';
import type { Git } from '../git';
import { named } from '../../core/common/namedPaths';
import { gitOutput, ObstacleError, takingBack } from '../gitErrors';
import { statOf } from '../inTheWay';
import { mergeChange, type Change } from './mergeChange';
import { overwrittenFiles, pathsOf } from '../overwrittenFiles';
import {
  ABSENT,
  changesBetween,
  commitOf,
  readyCommit,
  refuseUncommitted,
  SUBMODULE,
  uncommittedFiles,
  unwatchedFiles,
  type TreeChange,
} from '../workingTreeState';
import { refuseUnsaved, type UnsavedFiles } from '../unsavedWork';

export interface ApplyResult {
  /** The files that were changed, relative to the root, with `/`. */
  readonly files: readonly string[];
  /** The files that do not merge. If there are any, nothing was changed. */
  readonly conflicts: readonly string[];
  /** What `undoChanges` takes; absent if nothing was changed. */
  readonly undo?: string;
}

export interface ApplyOptions {
  /** The session that has made them, for whoever undoes them. */
  readonly origin?: Origin;
  /** Files with edits that are not saved: none of them is changed. */
  readonly unsaved?: UnsavedFiles;
  /** Merges as with a Git older than 2.38; for tests. */
  readonly isOld?: boolean;
}

/**
 * Merges a change into the files of the working tree, three-way with the commit that is checked out, without a commit
 * and without touching the index: all of it, or nothing. The files are what a check-out would have written.
 *
 * @throws {@link ObstacleError} before anything is changed, if uncommitted work or an unfinished operation is in the
 * way; {@link CloudSessionsError} if it fails, after what had been done was taken back
 */
export async function applyChanges(
  git: Git,
  change: Change,
  { origin, unsaved, isOld }: ApplyOptions = {},
): Promise<ApplyResult> {
  const head = await readyCommit(git);
  const parent = await recordsFolder(git);
  refuseUnfinished(await listRecords(parent));
  const folder = await newRecordFolder(parent);
  const discard = (): Promise<void> => rm(folder, { recursive: true, force: true });
  let recorded: readonly FileRecord[];
  try {
    const merged = await mergeChange(git, head, change, folder, isOld);
    const changes = 'tree' in merged ? await changesBetween(git, head, merged.tree) : [];
    if (!('tree' in merged) || changes.length === 0) {
      await discard();
      return { files: [], conflicts: 'tree' in merged ? [] : merged.conflicts };
    }
    await refuseWork(git, changes);
    await writeStaged(git, merged.tree, changes, folder);
    const files = await capture(git, changes, folder);
    if ((await commitOf(git, 'HEAD')) !== head) {
      throw new CloudSessionsError('request-failed', l10n.t('Another commit was checked out in the meantime.'), {
        nextStep: l10n.t('Try again.'),
      });
    }
    // At last, for the work until here may take long.
    await refuseUnsaved(pathsOf(changes), unsaved);
    await writeRecord(folder, files, origin);
    recorded = files;
  } catch (error) {
    finished(folder);
    await discard();
    throw fileError(error);
  }
  try {
    return await moveStaged(git, folder, recorded);
  } finally {
    finished(folder);
  }
}

function refuseUnfinished(records: readonly AppliedChanges[]): void {
  if (records.some(({ state }) => state === 'partial')) {
    throw new ObstacleError(
      'unfinished',
      l10n.t('An earlier apply was interrupted: its changes may be here in part.'),
      {
        nextStep: l10n.t('Undo or keep them first.'),
      },
    );
  }
  if (records.some(({ state }) => state === 'running')) {
    throw new ObstacleError('unfinished', l10n.t('Other changes are being applied here just now.'), {
      nextStep: l10n.t('Try again in a moment.'),
    });
  }
}

async function refuseWork(git: Git, changes: readonly TreeChange[]): Promise<void> {
  const unwatched = await unwatchedFiles(git);
  const submodules = changes.filter(({ oldMode, newMode }) => oldMode === SUBMODULE || newMode === SUBMODULE);
  const sparse: TreeChange[] = [];
  for (const change of changes) {
    if (unwatched.get(change.path) === 'skipped' && (await statOf(path.join(git.root, change.path))) === undefined) {
      sparse.push(change);
    }
  }
  refusePart(pathsOf(submodules), (paths) => l10n.t('Changes of submodules cannot be applied: {0}', paths));
  refusePart(pathsOf(sparse), (paths) => l10n.t('Files outside of the sparse checkout cannot be changed: {0}', paths));
  const concerned = new Set(pathsOf(changes));
  refuseUncommitted([
    ...(await uncommittedFiles(git)).filter((file) => concerned.has(file)),
    ...(await overwrittenFiles(git, changes, unwatched)),
  ]);
}

function refusePart(paths: readonly string[], text: (paths: string) => string): void {
  if (paths.length > 0) {
    throw new ObstacleError('partial', text(named(paths)), {
      nextStep: l10n.t('Check out the branch in a new worktree.'),
      paths,
    });
  }
}

/** Writes the new content of the files into the record's folder, as a check-out would write it into the working tree. */
async function writeStaged(git: Git, tree: string, changes: readonly TreeChange[], folder: string): Promise<void> {
  const env = { GIT_INDEX_FILE: path.join(folder, 'index') };
  await gitOutput(git, { args: ['read-tree', tree], env });
  await gitOutput(git, {
    args: ['checkout-index', `--prefix=${afterFile(folder, '')}/`, '-z', '--stdin'],
    input: pathsOf(changes.filter(({ newMode }) => newMode !== ABSENT)).join('\0'),
    env,
    changes: true,
    patienceMs: WRITE_PATIENCE_MS,
  });
}

/** Copies the files as they are now, byte for byte, and describes them before and after. */
async function capture(git: Git, changes: readonly TreeChange[], folder: string): Promise<FileRecord[]> {
  const files: FileRecord[] = [];
  for (const [index, { path: file, oldMode, newMode }] of changes.entries()) {
    const at = path.join(git.root, file);
    const from = oldMode === ABSENT ? undefined : await stateOf(at);
    const to = newMode === ABSENT ? undefined : await stateOf(afterFile(folder, file));
    if (from !== undefined && !('link' in from)) {
      await copyFile(at, beforeFile(folder, index), constants.COPYFILE_FICLONE);
    }
    const copy = from === undefined || 'link' in from ? from : await stateOf(beforeFile(folder, index));
    if ((from === undefined) !== (oldMode === ABSENT) || !isSameState(from, copy)) {
      refuseUncommitted([file]);
    }
    if ((to === undefined) !== (newMode === ABSENT)) {
      throw new CloudSessionsError('request-failed', l10n.t('Git did not write {0}.', named([file])), {
        nextStep: l10n.t('Check out the branch in a new worktree.'),
      });
    }
    files.push({ path: file, ...defined({ from, to }) });
  }
  return files;
}

async function moveStaged(git: Git, folder: string, files: readonly FileRecord[]): Promise<ApplyResult> {
  const steps = files.map((file) => ({ ...file, source: afterFile(folder, file.path) }));
  const edited = await moveFiles(git.root, steps).catch((error: unknown) =>
    takingBack(fileError(error), async () => {
      await undoChanges(git, path.basename(folder));
    }),
  );
  if (edited.length > 0) {
    await rm(folder, { recursive: true, force: true });
    refuseUncommitted(edited);
  }
  const undo = await completeRecord(folder);
  return { files: files.map((file) => file.path), conflicts: [], undo };
}

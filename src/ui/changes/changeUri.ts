import * as vscode from 'vscode';
import type { ChangedFile } from '../../core/changes/sessionChanges';
import type { Side } from '../../core/changes/changeSet';

export const CHANGE_SCHEME = 'cloud-session-change';
/** Of the rows of changed files: beside a read-only file, VS Code shows a lock instead of the file's status. */
const ROW_SCHEME = 'cloud-session-changed-file';

/** What a document shows: a side of a file, or the diffs of files that cannot be had as a whole. */
export type View = Side | 'patch';

export interface ChangePlace {
  /** The session's own id, or its task's: the keys of rows are those of one window. */
  readonly id: string;
  readonly view: View;
  /** As {@link pathIn} has it. */
  readonly path: string;
}

/** The address of one side of a changed file. It stays the same while the file changes. */
export function uriOfSide(id: string, file: Pick<ChangedFile, 'path' | 'oldPath'>, side: Side): vscode.Uri {
  return uriOf(id, side, pathIn(file, side));
}

/** @param name of the document, without an extension */
export function uriOfPatch(id: string, name: string): vscode.Uri {
  return uriOf(id, 'patch', `/${name.replace(/[^\p{L}\p{N} ._-]/gu, '_')}.diff`);
}

/** The address of a row, which nothing opens: it has the file's name for its icon, and its status. */
export function uriOfRow(id: string, file: ChangedFile): vscode.Uri {
  return uriOfSide(id, file, file.status === 'deleted' ? 'before' : 'after').with({ scheme: ROW_SCHEME });
}

/** @returns `undefined` for an address of somebody else */
export function readUri({ scheme, path, query }: vscode.Uri): ChangePlace | undefined {
  if (scheme !== CHANGE_SCHEME && scheme !== ROW_SCHEME) {
    return undefined;
  }
  const values = new URLSearchParams(query);
  const id = values.get('session');
  const view = values.get('view');
  return id !== null && (view === 'before' || view === 'after' || view === 'patch') ? { id, view, path } : undefined;
}

/** The path of a file in its address: absolute, for an agent may have changed files outside of its repository. */
export function pathIn({ path, oldPath }: Pick<ChangedFile, 'path' | 'oldPath'>, side: Side): string {
  return `/${(side === 'before' ? (oldPath ?? path) : path).replace(/^\/+/, '')}`;
}

function uriOf(id: string, view: View, path: string): vscode.Uri {
  const query = new URLSearchParams({ view, session: id }).toString();
  return vscode.Uri.from({ scheme: CHANGE_SCHEME, path, query });
}

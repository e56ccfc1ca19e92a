import * as vscode from 'vscode';
import type { ChangedFile } from '../../core/changes/sessionChanges';
import type { Side } from '../../core/changes/changeSet';

export const CHANGE_SCHEME = 'cloud-session-change';

/** What a document shows: a side of a file, or the diffs of files that cannot be had as a whole. */
export type View = Side | 'patch';

export interface ChangePlace {
  /** The key of the session's row. */
  readonly key: string;
  readonly view: View;
  /** As {@link pathIn} has it. */
  readonly path: string;
}

/** The address of one side of a changed file. It stays the same while the file changes. */
export function uriOfSide(key: string, file: ChangedFile, side: Side): vscode.Uri {
  return uriOf(key, side, pathIn(file, side));
}

/** @param name of the document, without an extension */
export function uriOfPatch(key: string, name: string): vscode.Uri {
  return uriOf(key, 'patch', `/${name.replace(/[^\p{L}\p{N} ._-]/gu, '_')}.diff`);
}

export function readUri({ path, query }: vscode.Uri): ChangePlace | undefined {
  const values = new URLSearchParams(query);
  const key = values.get('session');
  const view = values.get('view');
  return key !== null && (view === 'before' || view === 'after' || view === 'patch') ? { key, view, path } : undefined;
}

/** The path of a file in its address: absolute, for an agent may have changed files outside of its repository. */
export function pathIn({ path, oldPath }: ChangedFile, side: Side): string {
  return `/${(side === 'before' ? (oldPath ?? path) : path).replace(/^\/+/, '')}`;
}

function uriOf(key: string, view: View, path: string): vscode.Uri {
  const query = new URLSearchParams({ view, session: key }).toString();
  return vscode.Uri.from({ scheme: CHANGE_SCHEME, path, query });
}

import { realpath } from 'node:fs/promises';
import path from 'node:path';
import * as vscode from 'vscode';

/**
 * The files of a working tree that have edits in this window which are not saved, relative to its root, with `/`.
 * @param root absolute path
 */
export async function unsavedFiles(root: string): Promise<readonly string[]> {
  const files = unsavedUris().filter(({ scheme }) => scheme === 'file');
  // The window may have opened the folder by a link, or in another case.
  const realRoot = await realPath(root);
  const real = await Promise.all(files.map(({ fsPath }) => realPath(fsPath)));
  return real.map((file) => path.relative(realRoot, file).split(path.sep).join('/')).filter(isInside);
}

function unsavedUris(): readonly vscode.Uri[] {
  const { textDocuments, notebookDocuments } = vscode.workspace;
  const tabs = vscode.window.tabGroups.all.flatMap((group) => group.tabs).filter(({ isDirty }) => isDirty);
  return [
    ...[...textDocuments, ...notebookDocuments].filter(({ isDirty }) => isDirty).map(({ uri }) => uri),
    ...tabs.flatMap(({ input }) => (input instanceof vscode.TabInputCustom ? [input.uri] : [])),
  ];
}

function isInside(relative: string): boolean {
  return relative !== '' && relative !== '..' && !relative.startsWith('../') && !path.isAbsolute(relative);
}

/** Of a file that is gone from disk, its folder still has a real path. */
async function realPath(file: string): Promise<string> {
  try {
    return await realpath(file);
  } catch {
    const folder = path.dirname(file);
    return path.join(await realpath(folder).catch(() => folder), path.basename(file));
  }
}

import * as vscode from 'vscode';

/** The absolute paths of the open folders that are on this machine. */
export function workspaceFolders(): string[] {
  const folders = vscode.workspace.workspaceFolders ?? [];
  return folders.flatMap(({ uri }) => (uri.scheme === 'file' ? uri.fsPath : []));
}

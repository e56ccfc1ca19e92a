import * as vscode from 'vscode';

/**
 * Closes the editors of an untitled document whose text is somewhere else now. It is emptied first: VS Code asks to save
 * an untitled document unless it is empty.
 */
export async function discardDocument(document: vscode.TextDocument): Promise<void> {
  const edit = new vscode.WorkspaceEdit();
  edit.delete(document.uri, new vscode.Range(0, 0, document.lineCount, 0));
  await vscode.workspace.applyEdit(edit);
  const tabs = vscode.window.tabGroups.all
    .flatMap((group) => group.tabs)
    .filter(({ input }) => input instanceof vscode.TabInputText && input.uri.toString() === document.uri.toString());
  await vscode.window.tabGroups.close(tabs);
}

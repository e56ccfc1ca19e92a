import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import { sanitizeLine } from '../../core/common/sanitize';
import type { ChangedFile } from '../../core/changes/sessionChanges';
import { RowFlag } from '../../manifest';
import { describeFile, lineCounts, STATUS_SIGNS } from '../rows/changePresentation';
import type { FileNode, FolderNode } from '../rows/fileNodes';
import { pathIn, readUri, uriOfRow } from './changeUri';
import type { SessionChangesService } from './sessionChangesService';

/**
 * A changed file as an item of the tree.
 * @param isHere its repository is open in this window
 */
export function fileItem(
  node: FileNode,
  sessionId: string,
  file: ChangedFile,
  isHere: boolean,
  locale: string,
  command: vscode.Command,
): vscode.TreeItem {
  // Git names a repository inside the repository with a slash at its end.
  const name = file.path.slice(file.path.lastIndexOf('/', file.path.length - 2) + 1);
  const item = new vscode.TreeItem(sanitizeLine(name));
  item.id = `${node.of}\nfile ${file.path}`;
  item.resourceUri = uriOfRow(sessionId, file);
  item.iconPath = vscode.ThemeIcon.File;
  item.description = lineCounts(file, locale);
  item.tooltip = describeFile(file, locale);
  item.contextValue = [RowFlag.file, ...(isHere && file.status !== 'deleted' ? [RowFlag.here] : [])].join(' ');
  item.accessibilityInformation = { label: describeFile(file, locale) };
  item.command = command;
  return item;
}

export function folderItem(node: FolderNode): vscode.TreeItem {
  const item = new vscode.TreeItem(sanitizeLine(node.label), vscode.TreeItemCollapsibleState.Expanded);
  item.id = `${node.of}\nfolder ${node.folder}`;
  item.iconPath = vscode.ThemeIcon.Folder;
  item.tooltip = sanitizeLine(node.folder);
  item.accessibilityInformation = { label: l10n.t('Folder {0}', sanitizeLine(node.label)) };
  return item;
}

/** The status of changed files, as Source Control shows that of its own. */
export class ChangeDecorations implements vscode.FileDecorationProvider, vscode.Disposable {
  private readonly changes = new vscode.EventEmitter<undefined>();
  readonly onDidChangeFileDecorations = this.changes.event;
  private readonly disposables: vscode.Disposable[];

  constructor(private readonly service: Pick<SessionChangesService, 'filesOf' | 'onDidChange'>) {
    this.disposables = [
      this.changes,
      vscode.window.registerFileDecorationProvider(this),
      service.onDidChange(() => this.changes.fire(undefined)),
    ];
  }

  provideFileDecoration(uri: vscode.Uri): vscode.FileDecoration | undefined {
    const { id, view, path } = readUri(uri) ?? {};
    if (id === undefined || view === undefined || view === 'patch') {
      return undefined;
    }
    const file = this.service.filesOf(id).find((each) => pathIn(each, view) === path);
    if (file === undefined) {
      return undefined;
    }
    const { letter, color, name } = STATUS_SIGNS[file.status];
    return new vscode.FileDecoration(letter, name, new vscode.ThemeColor(color));
  }

  dispose(): void {
    for (const disposable of this.disposables) {
      disposable.dispose();
    }
  }
}

import * as vscode from 'vscode';
import type { RowGroup } from './arrangement';
import type { RowPresentation } from './rowPresentation';
import type { GroupNode, SessionNode } from './treeModel';

/** A row as VS Code shows it. `command`: what Enter and a click run. */
export function sessionItem(
  node: SessionNode,
  presentation: RowPresentation,
  command: vscode.Command | undefined,
): vscode.TreeItem {
  const { icon, iconColor } = presentation;
  const item = new vscode.TreeItem(presentation.label);
  item.id = node.key;
  item.description = presentation.description;
  item.iconPath = new vscode.ThemeIcon(icon, iconColor === undefined ? undefined : new vscode.ThemeColor(iconColor));
  item.contextValue = presentation.contextValue;
  item.accessibilityInformation = { label: presentation.accessibilityLabel };
  if (command !== undefined) {
    item.command = command;
  }
  return item;
}

export function groupItem(node: GroupNode, { label, rows }: RowGroup): vscode.TreeItem {
  const item = new vscode.TreeItem(label, vscode.TreeItemCollapsibleState.Expanded);
  item.id = `group:${node.group}`;
  item.description = String(rows.length);
  item.contextValue = 'group';
  item.accessibilityInformation = { label: `${label}, ${rows.length} ${rows.length === 1 ? 'session' : 'sessions'}` };
  return item;
}

/** Not trusted, and every value escaped: titles and reasons come from the agent. */
export function tooltipOf({ label, tooltip: rows }: RowPresentation): vscode.MarkdownString {
  const tooltip = new vscode.MarkdownString();
  tooltip.appendMarkdown('**');
  tooltip.appendText(label);
  tooltip.appendMarkdown('**\n\n');
  for (const [name, value] of rows()) {
    tooltip.appendMarkdown(`${name}: `);
    tooltip.appendText(value);
    tooltip.appendMarkdown('  \n');
  }
  return tooltip;
}

import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import type { RowGroup } from './arrangement';
import type { RowPresentation } from './rowPresentation';
import type { GroupNode, SessionNode } from './treeModel';

/**
 * A row as an item of the tree.
 * @param command run by Enter and a click
 * @param opens whether the row opens to changed files
 */
export function sessionItem(
  node: SessionNode,
  presentation: RowPresentation,
  command: vscode.Command | undefined,
  opens: boolean,
): vscode.TreeItem {
  const { icon, iconColor } = presentation;
  const { Collapsed, None } = vscode.TreeItemCollapsibleState;
  const item = new vscode.TreeItem(presentation.label, opens ? Collapsed : None);
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

export function groupItem(node: GroupNode, { label, rows }: RowGroup, locale: string): vscode.TreeItem {
  const count = rows.length.toLocaleString(locale);
  const item = new vscode.TreeItem(label, vscode.TreeItemCollapsibleState.Expanded);
  item.id = `group:${node.group}`;
  item.description = count;
  item.contextValue = 'group';
  item.accessibilityInformation = {
    label: rows.length === 1 ? l10n.t('{0}, 1 session', label) : l10n.t('{0}, {1} sessions', label, count),
  };
  return item;
}

/** Untrusted Markdown with every value escaped: titles and reasons come from the agent. */
export function tooltipOf({ label, tooltip: rows }: RowPresentation): vscode.MarkdownString {
  const tooltip = new vscode.MarkdownString();
  tooltip.appendMarkdown('**');
  tooltip.appendText(label);
  tooltip.appendMarkdown('**\n\n');
  for (const [name, value] of rows()) {
    tooltip.appendMarkdown(`${name}:`);
    // Word by word: `appendText` makes all spaces such that no line breaks at them.
    for (const word of value.split(' ')) {
      tooltip.appendMarkdown(' ');
      tooltip.appendText(word);
    }
    tooltip.appendMarkdown('  \n');
  }
  return tooltip;
}

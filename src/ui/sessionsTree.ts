import * as vscode from 'vscode';
import type { SessionStore } from '../core/sessionStore';
import { Command, View } from '../manifest';
import { presentRow } from './sessionPresentation';

/** A row of the tree: its key says which. Commands get it as their argument. */
export interface SessionNode {
  readonly key: string;
}

export function isSessionNode(value: unknown): value is SessionNode {
  return typeof value === 'object' && value !== null && typeof (value as { key?: unknown }).key === 'string';
}

/** How often the times in the rows are brought up to date, in milliseconds. */
const CLOCK_MS = 60_000;

/** The list of sessions in the side bar. */
export class SessionsTree implements vscode.TreeDataProvider<SessionNode>, vscode.Disposable {
  private readonly changes = new vscode.EventEmitter<SessionNode | SessionNode[] | undefined>();
  readonly onDidChangeTreeData = this.changes.event;
  readonly view: vscode.TreeView<SessionNode>;
  /** The same object for the same row: VS Code tells elements apart by identity. */
  private nodes = new Map<string, SessionNode>();
  private readonly disposables: vscode.Disposable[] = [];

  constructor(private readonly store: SessionStore) {
    this.view = vscode.window.createTreeView(View.sessions, { treeDataProvider: this, showCollapseAll: false });
    const clock = setInterval(() => {
      if (this.view.visible) {
        this.changes.fire(undefined);
      }
    }, CLOCK_MS);
    this.disposables.push(
      this.changes,
      this.view,
      new vscode.Disposable(() => clearInterval(clock)),
      store.onDidChange((keys) => this.onDidChange(keys)),
    );
  }

  getChildren(parent?: SessionNode): SessionNode[] {
    if (parent !== undefined) {
      return [];
    }
    const nodes = this.store.rows.map(({ key }) => this.nodes.get(key) ?? { key });
    this.nodes = new Map(nodes.map((node) => [node.key, node]));
    return nodes;
  }

  /** Needed by `reveal`. */
  getParent(): undefined {
    return undefined;
  }

  getTreeItem(node: SessionNode): vscode.TreeItem {
    const row = this.store.find(node.key);
    if (row === undefined) {
      // It went away between the two calls; the refresh for that is on its way.
      return new vscode.TreeItem('');
    }
    const presentation = presentRow(row, new Date(), vscode.env.language);
    const item = new vscode.TreeItem(presentation.label);
    item.id = node.key;
    item.description = presentation.description;
    item.iconPath = new vscode.ThemeIcon(
      presentation.icon,
      presentation.iconColor === undefined ? undefined : new vscode.ThemeColor(presentation.iconColor),
    );
    item.contextValue = presentation.contextValue;
    item.accessibilityInformation = { label: presentation.accessibilityLabel };
    if (row.creation === undefined) {
      item.command = { command: Command.showLog, title: 'Show Log', arguments: [node] };
    }
    return item;
  }

  /** Tooltips are made when one is asked for. */
  resolveTreeItem(item: vscode.TreeItem, node: SessionNode): vscode.TreeItem {
    const row = this.store.find(node.key);
    if (row !== undefined) {
      const { label, tooltip } = presentRow(row, new Date(), vscode.env.language);
      item.tooltip = tooltipOf(label, tooltip);
    }
    return item;
  }

  dispose(): void {
    for (const disposable of this.disposables) {
      disposable.dispose();
    }
  }

  private onDidChange(keys: ReadonlySet<string> | undefined): void {
    const waiting = this.store.rows.filter(({ status }) => status === 'needs input').length;
    this.view.badge =
      waiting === 0
        ? undefined
        : {
            value: waiting,
            tooltip: waiting === 1 ? 'A session needs your input' : `${waiting} sessions need your input`,
          };
    if (keys === undefined) {
      this.changes.fire(undefined);
      return;
    }
    const nodes = [...keys].map((key) => this.nodes.get(key)).filter((node) => node !== undefined);
    if (nodes.length > 0) {
      this.changes.fire(nodes);
    }
  }
}

/** Not trusted, and every value escaped: titles and reasons come from the agent. */
function tooltipOf(label: string, rows: readonly (readonly [string, string])[]): vscode.MarkdownString {
  const tooltip = new vscode.MarkdownString();
  tooltip.appendMarkdown('**');
  tooltip.appendText(label);
  tooltip.appendMarkdown('**\n\n');
  for (const [name, value] of rows) {
    tooltip.appendMarkdown(`${name}: `);
    tooltip.appendText(value);
    tooltip.appendMarkdown('  \n');
  }
  return tooltip;
}

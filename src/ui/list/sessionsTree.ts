import { setTimeout as delay } from 'node:timers/promises';
import * as vscode from 'vscode';
import type { SessionRow } from '../../core/store/sessionRow';
import type { SessionStore } from '../../core/store/sessionStore';
import { mayPass } from '../../core/activity/taskStatus';
import { Command, ContextKey, View } from '../../manifest';
import type { ArrangementMemory } from './arrangementMemory';
import { hiddenMessage } from '../rows/hiddenMessage';
import { registerCommand } from '../commands/registerCommand';
import { isFiltered } from '../rows/arrangement';
import { groupItem, sessionItem, tooltipOf } from '../rows/rowItem';
import { presentRow, type RowPresentation } from '../rows/rowPresentation';
import { isSessionNode, TreeModel, type SessionNode, type TreeNode } from '../rows/treeModel';

/** How often it is looked for rows whose times are no longer right, in milliseconds. */
const CLOCK_MS = 20_000;
/** How old the service's list may be while it is looked at, and a session in it that nobody watches is at work. */
const RELIST_MS = 60_000;

/** How long it is waited for VS Code to know the rows that it has fetched anew, in milliseconds. */
const FETCH_MS = 1_000;
/** What a click on a row, or Enter, runs. VS Code's own: it is in no menu. */
const OPEN_ROW = '_cloudSessions.openRow';

/** The list of sessions in the side bar. */
export class SessionsTree implements vscode.TreeDataProvider<TreeNode>, vscode.Disposable {
  private readonly changes = new vscode.EventEmitter<TreeNode | TreeNode[] | undefined>();
  readonly onDidChangeTreeData = this.changes.event;
  readonly view: vscode.TreeView<TreeNode>;
  private readonly model: TreeModel;
  /** What VS Code was last told of each row, to find those that have changed, or that time has made wrong. */
  private readonly told = new Map<string, string>();
  private readonly hides = new vscode.EventEmitter<boolean>();
  /** The filter hides all from now on, or no longer. */
  readonly onDidHideAll = this.hides.event;
  private hidAll = false;
  private situationMessage = '';
  private filtered: boolean | undefined;
  private listedAt = 0;
  private readonly disposables: vscode.Disposable[] = [];

  constructor(
    private readonly store: SessionStore,
    private readonly memory: ArrangementMemory,
  ) {
    this.model = new TreeModel(store, memory.current);
    this.view = vscode.window.createTreeView(View.sessions, { treeDataProvider: this, showCollapseAll: false });
    const clock = setInterval(() => this.onTick(), CLOCK_MS);
    this.disposables.push(
      this.changes,
      this.hides,
      this.view,
      new vscode.Disposable(() => clearInterval(clock)),
      store.onDidChange((keys) => this.onDidChange(keys)),
      memory.onDidChange((arrangement) => {
        this.model.setArrangement(arrangement);
        this.refreshAll();
        this.showCounts();
      }),
      this.view.onDidChangeVisibility(() => this.onTick()),
      registerCommand(OPEN_ROW, async () => vscode.commands.executeCommand(Command.showLog, await this.selected())),
    );
    this.showCounts();
  }

  /**
   * The row that is selected in the view. While VS Code fetches the whole tree anew, it says that none is: it is asked
   * until that is done.
   */
  async selected(): Promise<SessionNode | undefined> {
    const asked = Date.now();
    let node = this.view.selection.find(isSessionNode);
    while (node === undefined && Math.abs(Date.now() - asked) < FETCH_MS) {
      await delay(20);
      node = this.view.selection.find(isSessionNode);
    }
    return node;
  }

  /** There are sessions, and the filter lets none of them be seen. */
  get hidesAll(): boolean {
    return this.model.size === 0 && this.model.hidden.length > 0;
  }

  /** What the state of the runtime means for the list; '' if there is nothing to say. */
  setSituation(message: string): void {
    this.situationMessage = message;
    this.showMessage();
  }

  getChildren(parent?: TreeNode): TreeNode[] {
    return this.model.children(parent);
  }

  /** Needed by `reveal`. */
  getParent(node: TreeNode): TreeNode | undefined {
    return this.model.parent(node);
  }

  getTreeItem(node: TreeNode): vscode.TreeItem {
    if (!isSessionNode(node)) {
      const group = this.model.group(node.group);
      // Either went away between the two calls; the refresh for that is on its way.
      return group === undefined ? new vscode.TreeItem('') : groupItem(node, group);
    }
    const row = this.store.find(node.key);
    if (row === undefined) {
      return new vscode.TreeItem('');
    }
    const presentation = presentRow(row, new Date(), vscode.env.language);
    this.told.set(node.key, textOf(row, presentation));
    // Without an argument: VS Code forgets those of a row that is fetched anew, and a click in that moment is lost.
    const command = { command: OPEN_ROW, title: 'Show Log' };
    return sessionItem(node, presentation, row.creation === undefined ? command : undefined);
  }

  /** Tooltips are made when one is asked for. */
  resolveTreeItem(item: vscode.TreeItem, node: TreeNode): vscode.TreeItem {
    const row = isSessionNode(node) ? this.store.find(node.key) : undefined;
    if (row !== undefined) {
      item.tooltip = tooltipOf(presentRow(row, new Date(), vscode.env.language));
    }
    return item;
  }

  dispose(): void {
    for (const disposable of this.disposables) {
      disposable.dispose();
    }
  }

  /** While the whole tree is fetched anew, VS Code knows none of its rows: their actions would do nothing. So seldom. */
  private onDidChange(keys: ReadonlySet<string> | undefined): void {
    const refresh = this.model.update(keys);
    if (refresh === 'all') {
      this.refreshAll();
    } else {
      this.refreshStale(refresh.filter(isSessionNode));
    }
    this.showCounts();
  }

  private refreshAll(): void {
    this.told.clear();
    this.changes.fire(undefined);
  }

  /** Shows anew those rows of which the times say something else by now. */
  private onTick(): void {
    if (!this.view.visible) {
      return;
    }
    if (this.model.passTime()) {
      this.refreshAll();
      return;
    }
    this.refreshStale([...this.told.keys()].map((key) => this.model.node(key)).filter((node) => node !== undefined));
    this.relist(new Date());
  }

  /** Of these, the rows that VS Code shows as something else than they are now. */
  private refreshStale(nodes: readonly SessionNode[]): void {
    const now = new Date();
    const stale = nodes.filter(({ key }) => {
      const row = this.store.find(key);
      const told = this.told.get(key);
      return row !== undefined && told !== undefined && textOf(row, presentRow(row, now, vscode.env.language)) !== told;
    });
    if (stale.length > 0) {
      this.changes.fire(stale);
    }
  }

  /** Nobody tells of sessions that are not watched: while one of them is at work, it is asked for. */
  private relist(now: Date): void {
    const isOld = Math.abs(now.getTime() - this.listedAt) >= RELIST_MS;
    const unwatched = this.store.rows.some(
      ({ session, isRemote, status }) => session === undefined && isRemote && mayPass(status),
    );
    if (isOld && unwatched && vscode.window.state.focused && this.store.list.kind === 'loaded') {
      this.listedAt = now.getTime();
      // Should it fail, the message above the list says so.
      this.store.refresh().catch(() => undefined);
    }
  }

  private showCounts(): void {
    const waiting = this.store.counts.get('needs input') ?? 0;
    if (waiting !== (this.view.badge?.value ?? 0)) {
      this.view.badge =
        waiting === 0
          ? undefined
          : {
              value: waiting,
              tooltip: waiting === 1 ? 'A session needs your input' : `${waiting} sessions need your input`,
            };
    }
    const filtered = isFiltered(this.memory.current.filter);
    if (filtered !== this.filtered) {
      this.filtered = filtered;
      void vscode.commands.executeCommand('setContext', ContextKey.filtered, filtered);
      this.view.description = filtered ? 'Filtered' : '';
    }
    this.showMessage();
  }

  private showMessage(): void {
    if (this.hidAll !== this.hidesAll) {
      this.hidAll = this.hidesAll;
      this.hides.fire(this.hidAll);
    }
    // With a message, VS Code shows no welcome view: that of an empty list says it better.
    const message = this.hidesAll
      ? ''
      : [this.situationMessage, hiddenMessage(this.model.hidden)].filter(Boolean).join(' ');
    if (message !== (this.view.message ?? '')) {
      this.view.message = message;
    }
  }
}

/** All of a row that is on the screen, or said of it; of its tooltip, what does not change with each event. */
function textOf(row: SessionRow, presentation: RowPresentation): string {
  const { label, description, icon, iconColor, contextValue, accessibilityLabel } = presentation;
  const { detail, pendingPrompts, openQuestions, serviceState, hostStatus, branch, chosenBranch, remoteUrl } = row;
  return [
    ...[label, description, icon, iconColor, contextValue, accessibilityLabel],
    ...[detail, pendingPrompts, openQuestions, serviceState, hostStatus, branch, chosenBranch, remoteUrl],
  ].join('\n');
}

import { setTimeout as delay } from 'node:timers/promises';
import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import type { ChangedFile } from '../../core/changes/sessionChanges';
import { joinSentences } from '../../core/common/sentence';
import type { SessionRow } from '../../core/store/sessionRow';
import type { SessionStore } from '../../core/store/sessionStore';
import { mayPass } from '../../core/activity/taskStatus';
import { Command, ContextKey, View } from '../../manifest';
import { fileItem, folderItem } from '../changes/fileItems';
import { OPEN_CHANGE } from '../changes/reviewCommands';
import type { AppliedHere } from '../changes/appliedHere';
import type { SessionChangesService } from '../changes/sessionChangesService';
import type { PullRequestWatcher } from '../pullRequests/pullRequestWatcher';
import type { ArrangementMemory } from './arrangementMemory';
import { hiddenMessage } from '../rows/hiddenMessage';
import { registerCommand } from '../commands/registerCommand';
import { isFiltered } from '../rows/arrangement';
import { isFileNode, isFolderNode, type FileNode } from '../rows/fileNodes';
import { OpeningRows } from '../rows/openingRows';
import { groupItem, sessionItem, tooltipOf } from '../rows/rowItem';
import { presentRow, textOfRow, type RowPresentation } from '../rows/rowPresentation';
import {
  isSelectable,
  isSessionNode,
  TreeModel,
  type SelectedNode,
  type SessionNode,
  type TreeNode,
} from '../rows/treeModel';

/** Interval at which rows with outdated times are looked for, in milliseconds. */
const CLOCK_MS = 20_000;
/** Maximum age of the list while the view is visible and an unwatched session is at work, in milliseconds. */
const RELIST_MS = 60_000;

/** How long to wait for VS Code to know the rows again after it has fetched the tree, in milliseconds. */
const FETCH_MS = 1_000;
/** Run by Enter and a click on a row. Not contributed: it is in no menu. */
const OPEN_ROW = '_cloudSessions.openRow';

/** The list of sessions in the side bar. */
export class SessionsTree implements vscode.TreeDataProvider<TreeNode>, vscode.Disposable {
  private readonly changes = new vscode.EventEmitter<TreeNode | TreeNode[] | undefined>();
  readonly onDidChangeTreeData = this.changes.event;
  readonly view: vscode.TreeView<TreeNode>;
  private readonly model: TreeModel;
  /** The text of each row as VS Code last got it, to find rows that have changed or whose times are outdated. */
  private readonly shown = new Map<string, string>();
  private readonly opening: OpeningRows;
  private readonly hides = new vscode.EventEmitter<boolean>();
  /** Fires when the filter begins or ceases to hide all sessions. */
  readonly onDidHideAll = this.hides.event;
  private hidAll = false;
  private situationMessage = '';
  private filtered: boolean | undefined;
  private listedAt = 0;
  private readonly disposables: vscode.Disposable[] = [];

  constructor(
    private readonly store: SessionStore,
    private readonly memory: ArrangementMemory,
    private readonly changesOf: Pick<SessionChangesService, 'ofRow' | 'onDidChange' | 'resume'>,
    private readonly pullRequests: Pick<PullRequestWatcher, 'get' | 'onDidChange' | 'update'>,
    private readonly applied: Pick<AppliedHere, 'of' | 'onDidChange'>,
  ) {
    this.model = new TreeModel(store, memory.current, vscode.env.language, (key) => this.filesOf(key));
    this.opening = new OpeningRows(this.model, (key) => this.filesOf(key).length > 0);
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
      this.view.onDidChangeVisibility(({ visible }) => {
        this.onTick();
        if (visible) {
          changesOf.resume();
        }
        pullRequests.update();
      }),
      changesOf.onDidChange((key) => this.onResultChange(key)),
      pullRequests.onDidChange((key) => this.onResultChange(key)),
      applied.onDidChange(() => this.refreshStale(this.shownNodes)),
      registerCommand(OPEN_ROW, async () => vscode.commands.executeCommand(Command.showLog, await this.selected())),
    );
    this.showCounts();
  }

  /**
   * The row that is selected in the view. VS Code reports no selection while it fetches the whole tree again, so this
   * waits up to `FETCH_MS`.
   */
  async selected(): Promise<SelectedNode | undefined> {
    const asked = Date.now();
    let node = this.view.selection.find(isSelectable);
    while (node === undefined && Math.abs(Date.now() - asked) < FETCH_MS) {
      await delay(20);
      node = this.view.selection.find(isSelectable);
    }
    return node;
  }

  /** The rows that somebody may be looking at, the newest first. */
  get inView(): readonly SessionRow[] {
    return this.view.visible ? this.store.rows.filter(({ key }) => this.model.node(key) !== undefined) : [];
  }

  /** Whether there are sessions and the filter hides all of them. */
  get hidesAll(): boolean {
    return this.model.size === 0 && this.model.hidden.length > 0;
  }

  /** Sets the line above the list on the state of the runtime; '' for none. */
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
    if (isFolderNode(node)) {
      return folderItem(node);
    }
    if (isFileNode(node)) {
      return this.fileItem(node);
    }
    if (!isSessionNode(node)) {
      const group = this.model.group(node.group);
      // The group or row was removed between the two calls; a refresh follows.
      return group === undefined ? new vscode.TreeItem('') : groupItem(node, group, vscode.env.language);
    }
    const row = this.store.find(node.key);
    if (row === undefined) {
      return new vscode.TreeItem('');
    }
    const presentation = this.present(row);
    this.shown.set(node.key, textOfRow(row, presentation));
    // Without arguments: VS Code drops those of a row that is fetched again, and a click at that moment would be lost.
    const command = { command: OPEN_ROW, title: l10n.t('Show Log') };
    const opens = this.opening.show(node);
    return sessionItem(node, presentation, row.creation === undefined ? command : undefined, opens);
  }

  private filesOf(key: string): readonly ChangedFile[] {
    return this.changesOf.ofRow(key)?.set.changes.files ?? [];
  }

  private fileItem(node: FileNode): vscode.TreeItem {
    const found = this.changesOf.ofRow(node.of);
    const file = found?.set.changes.files.find(({ path }) => path === node.path);
    // Without arguments, as for a row.
    const command = { command: OPEN_CHANGE, title: l10n.t('Open Change') };
    const sessionId = this.store.find(node.of)?.sessionId ?? node.of;
    return file === undefined
      ? new vscode.TreeItem('')
      : fileItem(node, sessionId, file, found?.root !== undefined, vscode.env.language, command);
  }

  private present(row: SessionRow, now = new Date()): RowPresentation {
    const changes = this.changesOf.ofRow(row.key)?.set.changes;
    return presentRow(row, now, vscode.env.language, {
      changes,
      drafts: this.store.reviews.draftCount(row),
      pullRequest: this.pullRequests.get(row),
      appliedAt: this.applied.of(row)[0]?.at,
    });
  }

  /** Makes tooltips lazily. */
  resolveTreeItem(item: vscode.TreeItem, node: TreeNode): vscode.TreeItem {
    const row = isSessionNode(node) ? this.store.find(node.key) : undefined;
    if (row !== undefined) {
      item.tooltip = tooltipOf(this.present(row));
    }
    return item;
  }

  dispose(): void {
    for (const disposable of this.disposables) {
      disposable.dispose();
    }
  }

  /**
   * Refreshes as few rows as possible: while VS Code fetches the whole tree again, it knows none of the rows, and their
   * actions do nothing.
   */
  private onDidChange(keys: ReadonlySet<string> | undefined): void {
    const refresh = this.model.update(keys);
    if (refresh === 'all') {
      this.refreshAll();
    } else {
      this.refreshStale(refresh.filter(isSessionNode));
    }
    this.showCounts();
  }

  /** With its row, the files of a session are fetched again. */
  private onResultChange(key: string): void {
    const node = this.model.node(key);
    if (node !== undefined && this.shown.has(key)) {
      this.changes.fire([...this.opening.affectedBy(node)]);
    }
  }

  private refreshAll(): void {
    this.shown.clear();
    this.changes.fire(undefined);
  }

  /** Refreshes the rows whose times are outdated. */
  private onTick(): void {
    if (!this.view.visible) {
      return;
    }
    if (this.model.passTime()) {
      this.refreshAll();
      return;
    }
    this.refreshStale(this.shownNodes);
    this.relist(new Date());
  }

  private get shownNodes(): readonly SessionNode[] {
    return [...this.shown.keys()].map((key) => this.model.node(key)).filter((node) => node !== undefined);
  }

  /** Refreshes those of the rows whose text has changed since VS Code got it. */
  private refreshStale(nodes: readonly SessionNode[]): void {
    const now = new Date();
    const stale = nodes.filter(({ key }) => {
      const row = this.store.find(key);
      const text = this.shown.get(key);
      return row !== undefined && text !== undefined && textOfRow(row, this.present(row, now)) !== text;
    });
    if (stale.length > 0) {
      this.changes.fire(stale);
    }
  }

  /** Reads the list again while an unwatched session is at work: the runtime sends no events for those. */
  private relist(now: Date): void {
    const isOld = Math.abs(now.getTime() - this.listedAt) >= RELIST_MS;
    const unwatched = this.store.rows.some(
      ({ session, isRemote, status }) => session === undefined && isRemote && mayPass(status),
    );
    if (isOld && unwatched && vscode.window.state.focused && this.store.list.kind === 'loaded') {
      this.listedAt = now.getTime();
      // A failure is shown in the message above the list.
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
              tooltip:
                waiting === 1 ? l10n.t('A session needs your input') : l10n.t('{0} sessions need your input', waiting),
            };
    }
    const filtered = isFiltered(this.memory.current.filter);
    if (filtered !== this.filtered) {
      this.filtered = filtered;
      void vscode.commands.executeCommand('setContext', ContextKey.filtered, filtered);
      this.view.description = filtered
        ? l10n.t({ message: 'Filtered', comment: ['Beside the title of the list of sessions'] })
        : '';
    }
    this.showMessage();
  }

  private showMessage(): void {
    if (this.hidAll !== this.hidesAll) {
      this.hidAll = this.hidesAll;
      this.hides.fire(this.hidAll);
    }
    // With a message, VS Code shows no welcome view, and that of an empty list says more.
    const message = this.hidesAll
      ? ''
      : joinSentences(this.situationMessage, hiddenMessage(this.model.hidden, vscode.env.language));
    if (message !== (this.view.message ?? '')) {
      this.view.message = message;
    }
  }
}

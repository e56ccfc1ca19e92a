import * as vscode from 'vscode';
import { ContextKey } from '../../manifest';
import type { SessionStore } from '../../core/store/sessionStore';
import { emptyReason, listMessage, type EmptyReason } from '../runtime/situation';
import type { SessionsTree } from './sessionsTree';
import type { StatusBar } from './statusBar';
import type { ViewState } from '../runtime/viewState';
import { toVSCodeDisposable } from '../common/vscodeEvents';

/** Updates the welcome views, the line above the list and the status bar. */
export class SituationView implements vscode.Disposable {
  private readonly disposables: vscode.Disposable[];
  private shown: EmptyReason | 'filtered' | undefined;

  constructor(
    private readonly viewState: Pick<ViewState, 'situation' | 'onDidChange'>,
    private readonly store: Pick<SessionStore, 'counts' | 'onDidChange'>,
    private readonly tree: Pick<SessionsTree, 'hidesAll' | 'onDidHideAll' | 'setSituation'>,
    private readonly statusBar: StatusBar,
  ) {
    this.disposables = [
      viewState.onDidChange(() => this.update()),
      toVSCodeDisposable(store.onDidChange(() => this.update())),
      tree.onDidHideAll(() => this.update()),
    ];
    this.update();
  }

  dispose(): void {
    for (const disposable of this.disposables) {
      disposable.dispose();
    }
  }

  private update(): void {
    const { situation } = this.viewState;
    const reason = this.tree.hidesAll ? 'filtered' : emptyReason(situation);
    if (reason !== this.shown) {
      this.shown = reason;
      void vscode.commands.executeCommand('setContext', ContextKey.empty, reason);
    }
    const { counts } = this.store;
    const message = counts.size === 0 ? undefined : listMessage(situation);
    this.tree.setSituation(message ?? '');
    this.statusBar.update(situation, counts.get('working') ?? 0, counts.get('needs input') ?? 0);
  }
}

import * as vscode from 'vscode';
import { ContextKey } from '../../manifest';
import type { RuntimeHost } from '../runtime/runtimeHost';
import { emptyReason, listMessage, type EmptyReason } from '../runtime/situation';
import type { SessionsTree } from './sessionsTree';
import type { StatusBar } from './statusBar';
import { toVSCodeDisposable } from '../common/vscodeEvents';

/** Keeps the welcome views, the line above the list and the status bar in step with what is the case. */
export class SituationView implements vscode.Disposable {
  private readonly disposables: vscode.Disposable[];
  private shown: EmptyReason | 'filtered' | undefined;

  constructor(
    private readonly host: RuntimeHost,
    private readonly tree: Pick<SessionsTree, 'hidesAll' | 'onDidHideAll' | 'setSituation'>,
    private readonly statusBar: StatusBar,
  ) {
    this.disposables = [
      host.onDidChangeSituation(() => this.update()),
      toVSCodeDisposable(host.store.onDidChange(() => this.update())),
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
    const { situation, store } = this.host;
    const reason = this.tree.hidesAll ? 'filtered' : emptyReason(situation);
    if (reason !== this.shown) {
      this.shown = reason;
      void vscode.commands.executeCommand('setContext', ContextKey.empty, reason);
    }
    const { counts } = store;
    const message = counts.size === 0 ? undefined : listMessage(situation);
    this.tree.setSituation(message ?? '');
    this.statusBar.update(situation, counts.get('working') ?? 0, counts.get('needs input') ?? 0);
  }
}

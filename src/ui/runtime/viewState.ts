import * as vscode from 'vscode';
import { listsCloudSessions } from '../../core/rpc/compatibility';
import type { SessionStore } from '../../core/store/sessionStore';
import type { QuotaWatch } from '../account/quotaWatch';
import type { RuntimeAccount } from '../account/runtimeAccount';
import type { RuntimeController } from './runtimeController';
import type { Situation } from './situation';

/** The state of the runtime, the sign-in and the list that the welcome views and the status bar show. */
export class ViewState implements vscode.Disposable {
  private readonly changes = new vscode.EventEmitter<void>();
  private readonly subscriptions: readonly vscode.Disposable[];

  /** The runtime, the sign-in or the quota has changed; the list has an event of its own. */
  readonly onDidChange = this.changes.event;

  constructor(
    private readonly controller: Pick<RuntimeController, 'detail' | 'handshake' | 'onDidChangeState'>,
    private readonly account: Pick<RuntimeAccount, 'signIn' | 'onDidChange'>,
    private readonly store: Pick<SessionStore, 'list'>,
    private readonly quota: Pick<QuotaWatch, 'current' | 'onDidChange'>,
  ) {
    const fire = (): void => this.changes.fire();
    this.subscriptions = [controller.onDidChangeState(fire), account.onDidChange(fire), quota.onDidChange(fire)];
  }

  get situation(): Situation {
    const { state, error, isAway } = this.controller.detail;
    const version = this.controller.handshake?.version;
    return {
      state,
      // A child process that is being restarted also has an error, but it is about the previous process.
      error: state === 'failed' || isAway === true ? error : undefined,
      signIn: this.account.signIn,
      list: this.store.list,
      quota: this.quota.current,
      cannotList: listsCloudSessions(version) ? undefined : version,
    };
  }

  dispose(): void {
    vscode.Disposable.from(...this.subscriptions, this.changes).dispose();
  }
}

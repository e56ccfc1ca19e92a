import * as vscode from 'vscode';
import type { RuntimeClient } from '../../core/client/runtimeClient';
import { RunOnceScheduler } from '../../core/common/runOnceScheduler';
import { realTimers, type Timers } from '../../core/common/timers';
import type { AccountQuota } from '../../core/rpc/accountQuota';
import { Rpc } from '../../core/rpc/methods';
import type { SessionStore } from '../../core/store/sessionStore';
import { toVSCodeDisposable } from '../common/vscodeEvents';
import type { RuntimeAccount } from './runtimeAccount';

/** Time from the end of a session's work to the next question, in milliseconds; so this is also the least between two. */
export const QUOTA_PAUSE_MS = 60_000;

type Client = Pick<RuntimeClient, 'request'>;

/** A quota, and when it was so at the latest. */
export type DatedQuota = AccountQuota & { readonly at: Date };

/**
 * The quota of the account that is signed in to the connected runtime. It is asked for after the sign-in, and after
 * sessions have stopped working. Today's runtimes do not read it again (see `readAccountQuota`), so it has its time.
 */
export class QuotaWatch implements vscode.Disposable {
  private readonly changes = new vscode.EventEmitter<void>();
  private readonly subscriptions: readonly vscode.Disposable[];
  private readonly next: RunOnceScheduler;
  /** The answer, and the runtime that gave it. */
  private known: { readonly client: Client; readonly quota: DatedQuota } | undefined;
  private working = 0;

  readonly onDidChange = this.changes.event;

  constructor(
    private readonly account: Pick<RuntimeAccount, 'signIn' | 'onDidChange'>,
    private readonly client: () => Client | undefined,
    store: Pick<SessionStore, 'counts' | 'onDidChange'>,
    timers: Timers = realTimers,
    private readonly now = (): Date => new Date(),
  ) {
    this.next = new RunOnceScheduler(() => void this.ask(), QUOTA_PAUSE_MS, timers);
    this.subscriptions = [
      account.onDidChange(() => {
        this.known = undefined;
        this.next.cancel();
        void this.ask();
      }),
      toVSCodeDisposable(
        store.onDidChange(() => {
          const before = this.working;
          this.working = store.counts.get('working') ?? 0;
          if (this.working < before) {
            this.next.schedule();
          }
        }),
      ),
    ];
  }

  /** `undefined` while it is unknown: also that of another runtime, whose account may be another. */
  get current(): DatedQuota | undefined {
    return this.known?.client === this.client() ? this.known?.quota : undefined;
  }

  dispose(): void {
    this.next.dispose();
    vscode.Disposable.from(...this.subscriptions, this.changes).dispose();
  }

  private async ask(): Promise<void> {
    const client = this.client();
    if (client === undefined || this.account.signIn.kind !== 'signed-in') {
      return;
    }
    let quota: AccountQuota | undefined;
    try {
      quota = await client.request(Rpc.accountQuota, {});
    } catch {
      // What is known stays true of its time. A runtime without this method knows nothing.
      return;
    }
    if (client !== this.client()) {
      return;
    }
    const before = this.current;
    const isSame = before?.left === quota?.left && before?.included === quota?.included;
    // An answer that is repeated is no newer for it.
    this.known = quota && { client, quota: { ...quota, at: quota.at ?? (isSame && before ? before.at : this.now()) } };
    this.changes.fire();
  }
}

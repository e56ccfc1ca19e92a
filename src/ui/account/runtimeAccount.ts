import { defined } from '../../core/common/defined';
import type { GetAuthStatusResponse } from '@github/copilot-sdk';
import * as vscode from 'vscode';
import type { RuntimeClient } from '../../core/client/runtimeClient';
import type { RequestAccount } from '../../core/rpc/requestSubject';
import { askWhoIsSignedIn, readSignIn, type SignIn } from '../../core/store/authStatus';
import { ListOwner } from '../../core/store/listOwner';
import type { SessionStore } from '../../core/store/sessionStore';
import type { RuntimeLog } from '../common/runtimeLog';
import { readRuntimeSettings } from '../common/settings';
import type { GitHubAccount } from './gitHubAccount';
import type { RuntimeGitHub } from './runtimeGitHub';

const UNKNOWN: SignIn = { kind: 'unknown' };

/* eslint-disable texts/localized -- lines of the log */
const SIGN_IN_LOG: Readonly<Record<SignIn['kind'], (login: string | undefined) => string>> = {
  unknown: () => 'The signed-in account is unknown.',
  'signed-out': () => 'Nobody is signed in to Copilot.',
  doubtful: () => 'GitHub did not confirm who is signed in: the sign-in may have expired or been rejected.',
  'signed-in': (login) => (login === undefined ? 'A token was passed to the runtime.' : `Signed in as ${login}.`),
};
/* eslint-enable texts/localized */

/** The account that is signed in to the connected runtime. The session list shows the sessions of this account only. */
export class RuntimeAccount implements vscode.Disposable {
  private readonly changes = new vscode.EventEmitter<void>();
  private readonly listOwner = new ListOwner();
  /** The connected runtime. */
  private client: RuntimeClient | undefined;
  private currentSignIn: SignIn = UNKNOWN;

  /** The runtime has reported who is signed in. */
  readonly onDidChange = this.changes.event;

  constructor(
    private readonly vscodeAccount: Pick<GitHubAccount, 'isUnknown' | 'label'>,
    private readonly gitHub: RuntimeGitHub,
    private readonly store: Pick<SessionStore, 'refresh' | 'forgetAccount'>,
    private readonly log: Pick<RuntimeLog, 'info'>,
  ) {}

  get signIn(): SignIn {
    return this.currentSignIn;
  }

  /** Whether the runtime is signed in with VS Code's account; a running server has its own sign-in. */
  get isVSCodeAccount(): boolean {
    const { auth, server } = readRuntimeSettings();
    return auth === 'vscode' && server === '';
  }

  /** The account as far as it is known, to be named in errors. */
  get subject(): RequestAccount {
    const { signIn } = this;
    const login =
      signIn.kind === 'signed-in'
        ? (signIn.login ?? (this.isVSCodeAccount ? this.vscodeAccount.label : undefined))
        : undefined;
    const host = this.gitHub.current.host?.name;
    return defined({ host, account: login });
  }

  /** To be called when the connection changes: the account is unknown until the runtime reports it. */
  reset(): void {
    this.client = undefined;
    this.currentSignIn = UNKNOWN;
    this.gitHub.setReported(undefined);
  }

  /** Asks the connected runtime who is signed in, until it answers or the account is reset. */
  ask(client: RuntimeClient): void {
    this.client = client;
    askWhoIsSignedIn(
      client,
      () => client === this.client,
      (status) => this.onStatus(status),
    );
  }

  /** VS Code's account changed: the previous account's sessions are removed before the runtime restarts. */
  onVSCodeAccount(): void {
    const { label } = this.vscodeAccount;
    this.updateListOwner(label === undefined ? {} : { account: label });
  }

  dispose(): void {
    this.client = undefined;
    this.changes.dispose();
  }

  private onStatus(status: GetAuthStatusResponse): void {
    const signIn = readSignIn(status);
    this.gitHub.setReported(status.host);
    // No token was passed because VS Code has not answered yet: that is not a missing sign-in.
    const isUndecided = signIn.kind === 'signed-out' && this.isVSCodeAccount && this.vscodeAccount.isUnknown;
    this.currentSignIn = isUndecided ? { kind: 'doubtful' } : signIn;
    this.log.info(SIGN_IN_LOG[this.currentSignIn.kind](signIn.kind === 'signed-in' ? signIn.login : undefined));
    if (this.updateListOwner(this.subject)) {
      // A request that is in flight may have begun for the previous account.
      this.store.refresh().catch(() => undefined);
    }
    this.changes.fire();
  }

  /** Removes the sessions of another account at once. @returns whether the account is another one */
  private updateListOwner(now: RequestAccount): boolean {
    const isOther = this.listOwner.update(now);
    if (isOther) {
      this.log.info('Another account is signed in: the sessions of the previous account are no longer listed.');
      this.store.forgetAccount();
    }
    return isOther;
  }
}

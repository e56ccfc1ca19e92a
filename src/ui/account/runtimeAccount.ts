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

const SIGN_IN_LOG: Readonly<Record<SignIn['kind'], (login: string | undefined) => string>> = {
  unknown: () => 'Who is signed in is not known.',
  'signed-out': () => 'Nobody is signed in to Copilot.',
  doubtful: () => 'GitHub has not said who is signed in: the sign-in may have expired or been refused.',
  'signed-in': (login) => (login === undefined ? 'A sign-in was handed over.' : `Signed in as ${login}.`),
};

/** Who is signed in to the connected runtime. The session list shows this account's sessions, and no other's. */
export class RuntimeAccount implements vscode.Disposable {
  private readonly changes = new vscode.EventEmitter<void>();
  private readonly listOwner = new ListOwner();
  /** The runtime that is asked. */
  private client: RuntimeClient | undefined;
  private currentSignIn: SignIn = UNKNOWN;

  /** The runtime has said who is signed in. */
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

  /** Whether the runtime is signed in with VS Code's account; one that runs already has its own sign-in. */
  get isVSCodeAccount(): boolean {
    const { auth, server } = readRuntimeSettings();
    return auth === 'vscode' && server === '';
  }

  /** The account as far as it is known, for errors to name. */
  get subject(): RequestAccount {
    const { signIn } = this;
    const login =
      signIn.kind === 'signed-in'
        ? (signIn.login ?? (this.isVSCodeAccount ? this.vscodeAccount.label : undefined))
        : undefined;
    const host = this.gitHub.current.host?.name;
    return defined({ host, account: login });
  }

  /** There is another connection, or none: nothing is known of its account. */
  reset(): void {
    this.client = undefined;
    this.currentSignIn = UNKNOWN;
    this.gitHub.setReported(undefined);
  }

  /** Asks a runtime that is connected who is signed in, until it answers or the account is reset. */
  ask(client: RuntimeClient): void {
    this.client = client;
    askWhoIsSignedIn(
      client,
      () => client === this.client,
      (status) => this.onStatus(status),
    );
  }

  /** VS Code has another account: what was listed for the one before is removed before the runtime starts again. */
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
    // Nothing was handed over because VS Code has not said whether there is an account: so nobody can say.
    const isUndecided = signIn.kind === 'signed-out' && this.isVSCodeAccount && this.vscodeAccount.isUnknown;
    this.currentSignIn = isUndecided ? { kind: 'doubtful' } : signIn;
    this.log.info(SIGN_IN_LOG[this.currentSignIn.kind](signIn.kind === 'signed-in' ? signIn.login : undefined));
    if (this.updateListOwner(this.subject)) {
      // What is being read may have begun before.
      this.store.refresh().catch(() => undefined);
    }
    this.changes.fire();
  }

  /** What was listed for another account is removed at once. @returns whether it was another one */
  private updateListOwner(now: RequestAccount): boolean {
    const isOther = this.listOwner.update(now);
    if (isOther) {
      this.log.info('Another account is signed in: the sessions of the one before are not listed any more.');
      this.store.forgetAccount();
    }
    return isOther;
  }
}

import type * as vscode from 'vscode';
import { Emitter, type Event } from 'vscode-jsonrpc/node';
import { CloudSessionsError } from '../core/errors';
import { accountProviderFor, ACCOUNT_SCOPES } from './accountProvider';
import { Deadline } from './deadline';

/** How long VS Code may take to say which account there is, in milliseconds. Nobody is asked anything meanwhile. */
const SILENT_MS = 10_000;

export type AccountChoice = 'again' | 'other' | undefined;

/** As much of VS Code as is needed here; tests have their own. */
export interface Accounts extends Pick<typeof vscode.authentication, 'onDidChangeSessions'> {
  getSession(
    provider: string,
    scopes: readonly string[],
    options: vscode.AuthenticationGetSessionOptions,
  ): Thenable<{ readonly accessToken: string } | undefined>;
  /** `github-enterprise.uri`: the server whose accounts VS Code has. */
  enterpriseUri(): unknown;
}

/** The GitHub account that VS Code is signed in with, for one host. */
export class GitHubAccount implements vscode.Disposable {
  private readonly changes = new Emitter<void>();
  private readonly listener: vscode.Disposable;
  /** What the runtime was handed last. */
  private handedOver: string | undefined;

  /** There is another token than the one that was handed over, or none any more. */
  readonly onDidChange: Event<void> = this.changes.event;

  constructor(
    private readonly accounts: Accounts,
    private readonly host: () => string,
    private readonly warn: (message: string) => void,
  ) {
    this.listener = accounts.onDidChangeSessions(({ provider }) => {
      if (provider.id === accountProviderFor(this.host())) {
        void this.compare();
      }
    });
  }

  /** The token for the runtime that is started now; `undefined` if VS Code has no account that we may use. */
  async handOver(): Promise<string | undefined> {
    this.handedOver = await this.token();
    return this.handedOver;
  }

  /**
   * Lets the user sign in, in VS Code's own way.
   * @param choice sign in anew although there is an account ("again"), or ask which one ("other")
   * @throws `cancelled` if they do not
   */
  async signIn(choice: AccountChoice): Promise<void> {
    this.assertSameHost();
    try {
      await this.accounts.getSession(accountProviderFor(this.host()), ACCOUNT_SCOPES, {
        ...(choice === 'again'
          ? { forceNewSession: { detail: 'GitHub does not accept the sign-in that there is.' } }
          : { createIfNone: true }),
        ...(choice === 'other' ? { clearSessionPreference: true } : {}),
      });
    } catch (error) {
      // VS Code says so in an error without a code.
      throw /cancel|consent/i.test(String(error))
        ? new CloudSessionsError('cancelled', 'Signing in was cancelled.', { cause: error })
        : new CloudSessionsError('not-signed-in', `VS Code could not sign in to GitHub: ${String(error)}`, {
            nextStep: 'Try again, or set cloudSessions.auth to “runtime”.',
            cause: error,
          });
    }
  }

  dispose(): void {
    this.listener.dispose();
    this.changes.dispose();
  }

  private async token(): Promise<string | undefined> {
    this.assertSameHost();
    const deadline = new Deadline(SILENT_MS);
    try {
      const provider = accountProviderFor(this.host());
      const session = await deadline.race(
        Promise.resolve(this.accounts.getSession(provider, ACCOUNT_SCOPES, { silent: true })),
      );
      return session?.accessToken;
    } catch (error) {
      // There is no such provider, or it failed: then nobody is signed in, and the log says why.
      this.warn(`VS Code's GitHub account could not be read: ${String(error)}`);
      return undefined;
    } finally {
      deadline.dispose();
    }
  }

  private async compare(): Promise<void> {
    try {
      if ((await this.token()) !== this.handedOver) {
        this.changes.fire();
      }
    } catch {
      // Another host than the runtime's: the next start says so.
    }
  }

  /** A token of one server must not be sent to another. */
  private assertSameHost(): void {
    const host = this.host();
    const uri = this.accounts.enterpriseUri();
    if (accountProviderFor(host) === 'github' || typeof uri !== 'string' || uri === '') {
      return;
    }
    const theirs = hostOf(uri);
    if (theirs !== host.toLowerCase()) {
      throw new CloudSessionsError(
        'invalid-argument',
        `VS Code's account is one of ${theirs} (github-enterprise.uri), and the runtime works with ${host}.`,
        { nextStep: 'Set GH_HOST in cloudSessions.runtime.env and github-enterprise.uri to the same server.' },
      );
    }
  }
}

function hostOf(uri: string): string {
  return URL.canParse(uri) ? new URL(uri).host : uri.toLowerCase();
}

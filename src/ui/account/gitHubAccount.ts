import type * as vscode from 'vscode';
import { Emitter, type Disposable, type Event } from 'vscode-jsonrpc/node';
import { withTimeout } from '../../core/common/async';
import { textOf } from '../../core/redaction/secrets';
import { CloudSessionsError } from '../../core/errors/cloudSessionsError';
import { GitHubHost, type GitHubHostReading } from '../../core/github/gitHubHost';
import { ACCOUNT_SCOPES } from './accountProvider';
import { realTimers, type Timers } from '../../core/common/timers';

/** How long VS Code may take to say which account there is, in milliseconds. Nobody is asked anything meanwhile. */
const SILENT_MS = 10_000;
/** While VS Code does not say it, it is asked again after these pauses, and then after the last of them each time. */
const ASK_AGAIN_MS = [5_000, 10_000, 20_000, 60_000, 300_000] as const;

export type AccountChoice = 'again' | 'other' | undefined;

/** A session of `vscode.authentication`, as much of it as is needed here. */
interface AccountSession {
  readonly accessToken: string;
  readonly account?: { readonly label: string };
}

/** As much of VS Code as is needed here; tests have their own. */
export interface Accounts extends Pick<typeof vscode.authentication, 'onDidChangeSessions'> {
  getSession(
    provider: string,
    scopes: readonly string[],
    options: vscode.AuthenticationGetSessionOptions,
  ): Thenable<AccountSession | undefined>;
  /** `github-enterprise.uri`: the server whose accounts VS Code has. */
  enterpriseUri(): unknown;
}

/** What VS Code said last: of which host, and whether there is an account. */
interface Known {
  readonly host: GitHubHost;
  readonly session: AccountSession | undefined;
}

/**
 * The GitHub account that VS Code is signed in with, for one host. That VS Code does not answer, or fails, says nothing
 * about the account: what it said last stays, and it is asked again.
 */
export class GitHubAccount implements vscode.Disposable {
  private readonly changes = new Emitter<void>();
  private readonly listener: vscode.Disposable;
  private known: Known | undefined;
  /** What the runtime was handed last. */
  private handedOver: string | undefined;
  /** Of several questions under way, only the last one's answer counts. */
  private asked = 0;
  private failures = 0;
  private isWarned = false;
  private timer: Disposable | undefined;
  private isDisposed = false;

  /** There is another token than the one that was handed over, or none any more. */
  readonly onDidChange: Event<void> = this.changes.event;

  constructor(
    private readonly accounts: Accounts,
    private readonly gitHub: () => GitHubHostReading,
    private readonly warn: (message: string) => void,
    private readonly timers: Timers = realTimers,
  ) {
    this.listener = accounts.onDidChangeSessions(({ provider }) => {
      if (provider.id === this.gitHub().host?.accountProvider) {
        void this.compare();
      }
    });
  }

  /** VS Code has not said yet whether there is an account. */
  get isUnknown(): boolean {
    return this.knownOf(this.gitHub()) === undefined;
  }

  /** What VS Code calls the account, usually its login; `undefined` for none, and while it is not known. */
  get label(): string | undefined {
    return this.knownOf(this.gitHub())?.session?.account?.label;
  }

  /**
   * The token for the runtime that is started now; `undefined` if VS Code has no account that we may use, or does not say.
   *
   * @param gitHub the host that this runtime works with, by the environment that it gets
   * @throws `invalid-argument` if VS Code's accounts are another host's, or the host is not known
   */
  async handOver(gitHub: GitHubHostReading): Promise<string | undefined> {
    await this.ask(gitHub);
    this.handedOver = this.knownOf(gitHub)?.session?.accessToken;
    return this.handedOver;
  }

  /**
   * Lets the user sign in, in VS Code's own way.
   * @param choice sign in anew although there is an account ("again"), or ask which one ("other")
   * @throws `cancelled` if they do not
   */
  async signIn(choice: AccountChoice): Promise<void> {
    const host = this.hostOfAccounts(this.gitHub());
    try {
      await this.accounts.getSession(host.accountProvider, ACCOUNT_SCOPES, {
        ...(choice === 'again'
          ? { forceNewSession: { detail: 'GitHub does not accept the sign-in that there is.' } }
          : { createIfNone: true }),
        ...(choice === 'other' ? { clearSessionPreference: true } : {}),
      });
    } catch (error) {
      // VS Code says so in an error without a code.
      throw /cancel|consent/i.test(textOf(error))
        ? new CloudSessionsError('cancelled', 'Signing in was cancelled.', { cause: error })
        : new CloudSessionsError('not-signed-in', `VS Code could not sign in to GitHub: ${textOf(error)}`, {
            nextStep: 'Try again, or set cloudSessions.auth to “runtime”.',
            cause: error,
          });
    }
  }

  dispose(): void {
    this.isDisposed = true;
    this.timer?.dispose();
    this.listener.dispose();
    this.changes.dispose();
  }

  /**
   * Asks VS Code, without anybody being bothered, and keeps what it says.
   * @returns whether it said anything
   */
  private async ask(gitHub: GitHubHostReading): Promise<boolean> {
    const host = this.hostOfAccounts(gitHub);
    const turn = ++this.asked;
    this.timer?.dispose();
    this.timer = undefined;
    try {
      const session = await this.inTime(
        Promise.resolve(this.accounts.getSession(host.accountProvider, ACCOUNT_SCOPES, { silent: true })),
      );
      // Settings may have changed meanwhile, and nobody can say which server this account is of then.
      this.hostOfAccounts({ host });
      if (turn === this.asked) {
        this.known = { host, session };
        this.failures = 0;
        this.isWarned = false;
      }
      return true;
    } catch (error) {
      if (turn === this.asked) {
        this.askAgain(error);
      }
      return false;
    }
  }

  /** One line in the log for a run of the same trouble. */
  private askAgain(error: unknown): void {
    if (!this.isWarned) {
      this.isWarned = true;
      this.warn(`VS Code's GitHub account could not be read, and is asked for again: ${textOf(error)}`);
    }
    if (this.isDisposed) {
      return;
    }
    const pause = ASK_AGAIN_MS[Math.min(this.failures++, ASK_AGAIN_MS.length - 1)] ?? SILENT_MS;
    this.timer = this.timers(() => void this.compare(), pause);
  }

  /** The answer, if it comes in time; a late one is a reason to ask anew. */
  private inTime<T>(answer: Promise<T>): Promise<T> {
    let isLate = false;
    answer.then(
      () => (isLate && !this.isDisposed ? this.compare() : undefined),
      () => undefined,
    );
    const late = (): Error => {
      isLate = true;
      return new Error(`VS Code has not answered in ${SILENT_MS / 1_000} s.`);
    };
    return withTimeout(answer, SILENT_MS, late, this.timers);
  }

  private async compare(): Promise<void> {
    try {
      const gitHub = this.gitHub();
      const isAnswered = await this.ask(gitHub);
      const known = this.knownOf(gitHub);
      if (isAnswered && known !== undefined && known.session?.accessToken !== this.handedOver) {
        this.changes.fire();
      }
    } catch {
      // Another host than the runtime's: the next start says so.
    }
  }

  private knownOf({ host }: GitHubHostReading): Known | undefined {
    return this.known?.host.equals(host) === true ? this.known : undefined;
  }

  /**
   * A token of one host must not be sent to another.
   * @returns the runtime's host, which is that of VS Code's accounts, too
   */
  private hostOfAccounts({ host, problem }: GitHubHostReading): GitHubHost {
    if (host === undefined) {
      throw new CloudSessionsError('invalid-argument', problem, {
        nextStep: 'Correct it in cloudSessions.runtime.env, or in the environment that VS Code was started with.',
      });
    }
    if (host.accountProvider === 'github') {
      return host;
    }
    const uri = this.accounts.enterpriseUri();
    const theirs = GitHubHost.read(typeof uri === 'string' ? uri : '', 'github-enterprise.uri');
    if (host.equals(theirs?.host)) {
      return host;
    }
    throw new CloudSessionsError(
      'invalid-argument',
      theirs === undefined
        ? `VS Code has no account of ${host.name}, which the runtime works with: github-enterprise.uri is not set.`
        : (theirs.problem ??
            `VS Code's account is one of ${theirs.host.name} (github-enterprise.uri), and the runtime works with ${host.name}.`),
      {
        nextStep: `Set github-enterprise.uri to ${host.webBase}, or GH_HOST in cloudSessions.runtime.env to the server of that account.`,
      },
    );
  }
}

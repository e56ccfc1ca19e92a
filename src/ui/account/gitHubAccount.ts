import * as l10n from '@vscode/l10n';
import type * as vscode from 'vscode';
import { Emitter, type Disposable, type Event } from 'vscode-jsonrpc/node';
import { within, withTimeout } from '../../core/common/async';
import { textOf } from '../../core/redaction/secrets';
import { CloudSessionsError } from '../../core/errors/cloudSessionsError';
import { GitHubHost, type GitHubHostReading } from '../../core/github/gitHubHost';
import { ACCOUNT_SCOPES, REPOSITORY_SCOPES } from './accountProvider';
import { realTimers, type Timers } from '../../core/common/timers';
import type { RuntimeLog } from '../common/runtimeLog';
import type { RuntimeGitHub } from './runtimeGitHub';

/** Time limit for VS Code's answer to a request that shows nothing to the user, in milliseconds. */
const SILENT_MS = 10_000;
/** Pauses before the account is requested again after a failure, in milliseconds; the last one repeats. */
const RETRY_MS = [5_000, 10_000, 20_000, 60_000, 300_000] as const;

export type AccountChoice = 'again' | 'other' | undefined;

/** The part of a session of `vscode.authentication` that is used here. */
interface AccountSession {
  readonly accessToken: string;
  readonly account?: { readonly label: string };
}

/** The part of VS Code that is used here; tests have their own. */
export interface Accounts extends Pick<typeof vscode.authentication, 'onDidChangeSessions'> {
  getSession(
    provider: string,
    scopes: readonly string[],
    options: vscode.AuthenticationGetSessionOptions,
  ): Thenable<AccountSession | undefined>;
  /** `github-enterprise.uri`: the server whose accounts VS Code has. */
  enterpriseUri(): unknown;
}

/** VS Code's last answer: the host it was requested for, and the account, if there is one. */
interface Known {
  readonly host: GitHubHost;
  readonly session: AccountSession | undefined;
}

/**
 * The GitHub account that VS Code is signed in with, for one host. A failure or a missing answer says nothing about the
 * account: the last answer stays valid, and the request is repeated.
 */
export class GitHubAccount implements vscode.Disposable {
  private readonly changes = new Emitter<void>();
  private readonly listener: vscode.Disposable;
  private known: Known | undefined;
  /** The token that was last passed to a runtime. */
  private handedOver: string | undefined;
  /** Number of requests so far: of several in flight, only the answer of the last one counts. */
  private requests = 0;
  private failures = 0;
  private isWarned = false;
  private timer: Disposable | undefined;
  private isDisposed = false;

  /** The token differs from the one that was passed to the runtime, or there is none any more. */
  readonly onDidChange: Event<void> = this.changes.event;

  constructor(
    private readonly accounts: Accounts,
    private readonly gitHub: Pick<RuntimeGitHub, 'ofEnvironment'>,
    private readonly log: Pick<RuntimeLog, 'warn'>,
    private readonly timers: Timers = realTimers,
  ) {
    this.listener = accounts.onDidChangeSessions(({ provider }) => {
      if (provider.id === this.gitHub.ofEnvironment.host?.accountProvider) {
        void this.compare();
      }
    });
  }

  /** VS Code has not answered yet whether there is an account. */
  get isUnknown(): boolean {
    return this.knownOf(this.gitHub.ofEnvironment) === undefined;
  }

  /** VS Code's label of the account, usually its login; `undefined` without an account, and while it is unknown. */
  get label(): string | undefined {
    return this.knownOf(this.gitHub.ofEnvironment)?.session?.account?.label;
  }

  /**
   * The token for the runtime that is being started; `undefined` if VS Code has no account that we may use, or does not
   * answer.
   *
   * @param gitHub the host that this runtime works with, according to its environment
   * @throws `invalid-argument` if VS Code's accounts belong to another host, or the host is unknown
   */
  async handOver(gitHub: GitHubHostReading): Promise<string | undefined> {
    await this.request(gitHub);
    this.handedOver = this.knownOf(gitHub)?.session?.accessToken;
    return this.handedOver;
  }

  /** The account's token, if VS Code has an account of that host that we may use. Shows nothing, and never rejects. */
  async silentToken(gitHub: GitHubHostReading): Promise<string | undefined> {
    try {
      const { accountProvider } = this.hostOfAccounts(gitHub);
      for (const scopes of [ACCOUNT_SCOPES, REPOSITORY_SCOPES]) {
        const session = Promise.resolve(this.accounts.getSession(accountProvider, scopes, { silent: true }));
        const token = (await within(session, SILENT_MS, this.timers))?.accessToken;
        if (token !== undefined) {
          return token;
        }
      }
    } catch {
      // There is none that may be used.
    }
    return undefined;
  }

  /**
   * Asks the user for an account for repositories, unless there is one already: see `silentToken`.
   * @throws `cancelled` if the user does not sign in
   */
  async requestAccess(gitHub: GitHubHostReading): Promise<void> {
    if ((await this.silentToken(gitHub)) === undefined) {
      await this.ask(gitHub, REPOSITORY_SCOPES, { createIfNone: true });
    }
  }

  /**
   * Starts VS Code's own sign-in.
   * @param choice `again`: sign in anew although there is an account; `other`: let the user choose the account
   * @throws `cancelled` if the user does not sign in
   */
  async signIn(choice: AccountChoice): Promise<void> {
    await this.ask(this.gitHub.ofEnvironment, ACCOUNT_SCOPES, {
      ...(choice === 'again'
        ? { forceNewSession: { detail: l10n.t('GitHub rejected the current sign-in.') } }
        : { createIfNone: true }),
      ...(choice === 'other' ? { clearSessionPreference: true } : {}),
    });
  }

  dispose(): void {
    this.isDisposed = true;
    this.timer?.dispose();
    this.listener.dispose();
    this.changes.dispose();
  }

  private async ask(
    gitHub: GitHubHostReading,
    scopes: readonly string[],
    options: vscode.AuthenticationGetSessionOptions,
  ): Promise<void> {
    const host = this.hostOfAccounts(gitHub);
    try {
      await this.accounts.getSession(host.accountProvider, scopes, options);
    } catch (error) {
      // VS Code's error for a cancelled sign-in has no code.
      throw /cancel|consent/i.test(textOf(error))
        ? new CloudSessionsError('cancelled', l10n.t('The sign-in was cancelled.'), { cause: error })
        : new CloudSessionsError('not-signed-in', l10n.t('VS Code could not sign in to GitHub: {0}', textOf(error)), {
            nextStep: l10n.t('Try again, or set cloudSessions.auth to “runtime”.'),
            cause: error,
          });
    }
  }

  /**
   * Requests the account from VS Code without showing anything to the user, and keeps the answer.
   * @returns whether there was an answer
   */
  private async request(gitHub: GitHubHostReading): Promise<boolean> {
    const host = this.hostOfAccounts(gitHub);
    const request = ++this.requests;
    this.timer?.dispose();
    this.timer = undefined;
    try {
      const session = await this.withinLimit(
        Promise.resolve(this.accounts.getSession(host.accountProvider, ACCOUNT_SCOPES, { silent: true })),
      );
      // If the settings changed meanwhile, the account may belong to either server.
      this.hostOfAccounts({ host });
      if (request === this.requests) {
        this.known = { host, session };
        this.failures = 0;
        this.isWarned = false;
      }
      return true;
    } catch (error) {
      if (request === this.requests) {
        this.retry(error);
      }
      return false;
    }
  }

  /** Consecutive failures make one line in the log. */
  private retry(error: unknown): void {
    if (!this.isWarned) {
      this.isWarned = true;
      this.log.warn(`VS Code's GitHub account could not be read; the request is repeated: ${textOf(error)}`);
    }
    if (this.isDisposed) {
      return;
    }
    const pause = RETRY_MS[Math.min(this.failures++, RETRY_MS.length - 1)] ?? SILENT_MS;
    this.timer = this.timers(() => void this.compare(), pause);
  }

  /** The answer, if it arrives within the time limit. A late answer triggers a new request. */
  private withinLimit<T>(answer: Promise<T>): Promise<T> {
    let isLate = false;
    answer.then(
      () => (isLate && !this.isDisposed ? this.compare() : undefined),
      () => undefined,
    );
    const late = (): Error => {
      isLate = true;
      // eslint-disable-next-line texts/localized -- for the log
      return new Error(`VS Code did not answer within ${SILENT_MS / 1_000} s.`);
    };
    return withTimeout(answer, SILENT_MS, late, this.timers);
  }

  private async compare(): Promise<void> {
    try {
      const gitHub = this.gitHub.ofEnvironment;
      const isAnswered = await this.request(gitHub);
      const known = this.knownOf(gitHub);
      if (isAnswered && known !== undefined && known.session?.accessToken !== this.handedOver) {
        this.changes.fire();
      }
    } catch {
      // The accounts belong to another host than the runtime's: the next start reports that.
    }
  }

  private knownOf({ host }: GitHubHostReading): Known | undefined {
    return this.known?.host.equals(host) === true ? this.known : undefined;
  }

  /**
   * A token of one host must not be sent to another.
   * @returns the runtime's host, which is also the host of VS Code's accounts
   * @throws `invalid-argument` if the hosts differ, or the runtime's host is unknown
   */
  private hostOfAccounts({ host, problem }: GitHubHostReading): GitHubHost {
    if (host === undefined) {
      throw new CloudSessionsError('invalid-argument', problem, {
        nextStep: l10n.t('Correct it in cloudSessions.runtime.env, or in the environment of VS Code.'),
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
        ? l10n.t(
            'VS Code has no account of {0}, which the runtime works with: github-enterprise.uri is not set.',
            host.name,
          )
        : (theirs.problem ??
            l10n.t(
              'VS Code’s account is one of {0} (github-enterprise.uri), but the runtime works with {1}.',
              theirs.host.name,
              host.name,
            )),
      {
        nextStep: l10n.t(
          'Set github-enterprise.uri to {0}, or set GH_HOST in cloudSessions.runtime.env to the server of that account.',
          host.webBase,
        ),
      },
    );
  }
}

import * as vscode from 'vscode';
import { isBusy } from '../../core/activity/activity';
import { BoundedMap } from '../../core/common/bounded';
import { RunOnceScheduler } from '../../core/common/runOnceScheduler';
import { realTimers, type Timers } from '../../core/common/timers';
import { asCloudSessionsError, type ErrorCode } from '../../core/errors/cloudSessionsError';
import { branchNameProblem } from '../../core/github/branchName';
import { MOST_REQUESTS, PollPlan, type PollResult } from '../../core/github/pollPlan';
import { isOpen, repositoryOfPullRequest, type PullRequest } from '../../core/github/pullRequest';
import { readRepository, type RepositoryName } from '../../core/github/repository';
import type { SessionRow } from '../../core/store/sessionRow';
import type { SessionStore } from '../../core/store/sessionStore';
import type { GitHubClient } from '../../github/gitHubClient';
import type { RuntimeGitHub } from '../account/runtimeGitHub';
import type { RuntimeLog } from '../common/runtimeLog';
import { toVSCodeDisposable } from '../common/vscodeEvents';

/** Most sessions that are watched, the newest first: with more, each would be read once in hours. */
const MOST_WATCHED = 50;
const MOST_KNOWN = 1_000;
/** How long changes of rows are collected, in milliseconds. */
const COLLECT_MS = 500;
/** Entries of checks and reviews that are read: with more, a list takes several requests. */
const MOST_ENTRIES = 100;

type Client = Pick<GitHubClient, 'findPullRequest' | 'getPullRequest' | 'checks' | 'reviews'> & {
  readonly requests: Pick<GitHubClient['requests'], 'sent'>;
};

/** What a session's pull request is found by. */
interface Subject {
  readonly repository: RepositoryName;
  readonly branch: string | undefined;
  readonly number: number | undefined;
}

interface Watched {
  /** Its subject as text, to notice another one. */
  readonly subject: string;
  readonly isBusy: boolean;
}

interface Known {
  /** Of the reading, or of what was put: the later has the higher number. */
  readonly number: number;
  /** `undefined`: there was none. */
  readonly pullRequest: PullRequest | undefined;
}

/**
 * The pull requests of the sessions, as they were last read. Those of the sessions in view are read in the background,
 * when the plan says so; failures there are lines of the log.
 */
export class PullRequestWatcher implements vscode.Disposable {
  private readonly changes = new vscode.EventEmitter<string>();
  /** What is known of the pull request of the session with this row key has changed. */
  readonly onDidChange = this.changes.event;
  private readonly plan: PollPlan;
  private readonly known = new BoundedMap<string, Known>(MOST_KNOWN);
  private readonly watched = new BoundedMap<string, Watched>(MOST_KNOWN);
  /** Subjects whose number is that of no pull request. */
  private readonly misnumbered = new Set<string>();
  private readonly updates: RunOnceScheduler;
  private readonly subscription: vscode.Disposable;
  private readings = 0;
  private lastProblem: ErrorCode | undefined;

  /**
   * @param inView the rows that somebody looks at, the newest first
   * @param client for nothing else: its requests are counted
   */
  constructor(
    private readonly store: Pick<SessionStore, 'find' | 'onDidChange'>,
    private readonly inView: () => readonly SessionRow[],
    private readonly client: Client,
    private readonly gitHub: Pick<RuntimeGitHub, 'current'>,
    private readonly log: Pick<RuntimeLog, 'info'>,
    timers: Timers = realTimers,
    now?: () => number,
  ) {
    this.plan = new PollPlan({ refresh: (key) => this.poll(key), timers, ...(now && { now }) });
    this.updates = new RunOnceScheduler(() => this.update(), COLLECT_MS, timers);
    this.subscription = toVSCodeDisposable(store.onDidChange(() => this.updates.schedule()));
  }

  get({ key }: Pick<SessionRow, 'key'>): PullRequest | undefined {
    return this.known.get(key)?.pullRequest;
  }

  /** Whether the session was last found to have no pull request. */
  isMissing({ key }: SessionRow): boolean {
    const known = this.known.get(key);
    return known !== undefined && known.pullRequest === undefined;
  }

  /** Call it when other rows are in view. */
  update(): void {
    const rows =
      this.gitHub.current.host === undefined
        ? []
        : this.inView()
            .filter((row) => subjectOf(row) !== undefined)
            .slice(0, MOST_WATCHED);
    this.plan.setView(rows.map(({ key }) => key));
    for (const row of rows) {
      const before = this.watched.get(row.key);
      const now = { subject: textOfSubject(row), isBusy: isBusy(row.status) };
      this.watched.set(row.key, now);
      if (before !== undefined && (before.subject !== now.subject || (before.isBusy && !now.isBusy))) {
        this.plan.hint(row.key);
      }
    }
  }

  /** Somebody asks for all that is in view. */
  renew(): void {
    this.update();
    this.plan.renew();
  }

  /**
   * Reads the pull request of a session now, because a person asks for it.
   * @throws CloudSessionsError
   */
  async read(row: SessionRow): Promise<PullRequest | undefined> {
    const subject = subjectOf(row);
    return subject === undefined ? undefined : this.ask(row.key, subject);
  }

  /** Takes note of a pull request that was just created; its checks begin now. */
  put({ key }: SessionRow, pullRequest: PullRequest): void {
    this.keep(key, ++this.readings, pullRequest);
    this.plan.hint(key);
  }

  dispose(): void {
    this.updates.dispose();
    this.plan.dispose();
    this.subscription.dispose();
    this.changes.dispose();
  }

  private async poll(key: string): Promise<PollResult> {
    const row = this.store.find(key);
    const subject = row && subjectOf(row);
    if (subject === undefined || this.gitHub.current.host === undefined) {
      return { requests: 0, pace: 'settled' };
    }
    const before = this.client.requests.sent;
    try {
      const found = await this.ask(key, subject);
      this.lastProblem = undefined;
      const isAtWork = isBusy(this.store.find(key)?.status ?? 'idle');
      const pace =
        found !== undefined && !isOpen(found) && !isAtWork
          ? 'ended'
          : isAtWork || found?.checks?.state === 'running'
            ? 'active'
            : 'settled';
      return { requests: this.client.requests.sent - before, pace };
    } catch (error) {
      const { code, message } = asCloudSessionsError(error);
      // The next ones fail alike.
      if (code !== this.lastProblem) {
        this.lastProblem = code;
        this.log.info(`Pull requests could not be read: ${message}`);
      }
      throw error;
    }
  }

  /** With at most `MOST_REQUESTS`, unless pages or redirects surprise. */
  private async ask(key: string, { repository, branch, number }: Subject): Promise<PullRequest | undefined> {
    const { client } = this;
    const reading = ++this.readings;
    const before = client.requests.sent;
    const hasLeft = (count: number): boolean => client.requests.sent - before + count <= MOST_REQUESTS;
    const last = this.known.get(key)?.pullRequest;
    // A redirect of a renamed repository takes a request each time.
    const named = (last && repositoryOfPullRequest(last)) ?? repository;
    const found =
      (branch === undefined ? undefined : await client.findPullRequest(named, named.owner, branch)) ??
      (number === undefined ? undefined : await this.byNumber(named, number));
    const isSame = found !== undefined && last?.number === found.number;
    const isSameCommit = isSame && last.headCommit === found.headCommit;
    const review = isSame ? last.review : undefined;
    let current: PullRequest | undefined = found && {
      ...found,
      ...(isSameCommit && last.checks && { checks: last.checks }),
      ...(review && { review }),
    };
    try {
      const place = (current && repositoryOfPullRequest(current)) ?? named;
      if (current !== undefined && isOpen(current) && hasLeft(2)) {
        current = { ...current, checks: await client.checks(place, current.headCommit, { most: MOST_ENTRIES }) };
      }
      if (current !== undefined && isOpen(current) && hasLeft(1)) {
        current = { ...current, review: await client.reviews(place, current.number, { most: MOST_ENTRIES }) };
      }
      return current;
    } finally {
      // The pull request is known, whatever becomes of its checks.
      this.keep(key, reading, current);
    }
  }

  /** An answer may come after that of a later reading, or after a pull request was created: it is not kept then. */
  private keep(key: string, number: number, pullRequest: PullRequest | undefined): void {
    const before = this.known.get(key);
    if (before !== undefined && before.number > number) {
      return;
    }
    this.known.set(key, { number, pullRequest });
    if (before === undefined || JSON.stringify(before.pullRequest) !== JSON.stringify(pullRequest)) {
      this.changes.fire(key);
    }
  }

  /** A runtime may take GitHub's id of the pull request for its number: that is asked for once. */
  private async byNumber(repository: RepositoryName, number: number): Promise<PullRequest | undefined> {
    const subject = `${repository.owner}/${repository.name} ${number}`;
    if (this.misnumbered.has(subject)) {
      return undefined;
    }
    try {
      return await this.client.getPullRequest(repository, number);
    } catch (error) {
      if (asCloudSessionsError(error).code !== 'request-failed') {
        throw error;
      }
      this.misnumbered.add(subject);
      return undefined;
    }
  }
}

function subjectOf(row: SessionRow): Subject | undefined {
  const repository = readRepository(row.repository);
  const { listedBranch, listedPullRequest: number } = row;
  const branch = listedBranch !== undefined && branchNameProblem(listedBranch) === undefined ? listedBranch : undefined;
  return !row.isRemote || repository === undefined || (branch === undefined && number === undefined)
    ? undefined
    : { repository, branch, number };
}

function textOfSubject({ repository, listedBranch, listedPullRequest }: SessionRow): string {
  return [repository, listedBranch, listedPullRequest].join('\n');
}

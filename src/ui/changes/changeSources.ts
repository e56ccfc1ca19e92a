import * as l10n from '@vscode/l10n';
import type * as vscode from 'vscode';
import { AgentChangeSet, type BaseFiles } from '../../core/changes/agentChanges';
import { bestChanges } from '../../core/changes/bestChanges';
import type { ChangeSet } from '../../core/changes/changeSet';
import type { WorkspaceDiff } from '../../core/changes/workspaceDiff';
import { within } from '../../core/common/async';
import { asSentence, joinSentences } from '../../core/common/sentence';
import { sanitizeLine } from '../../core/common/sanitize';
import { realTimers, type Timers } from '../../core/common/timers';
import { branchNameProblem } from '../../core/github/branchName';
import { readRepository, type RepositoryName } from '../../core/github/repository';
import { asCloudSessionsError, CloudSessionsError } from '../../core/errors/cloudSessionsError';
import { textOf } from '../../core/redaction/secrets';
import { readAgentDiff } from '../../core/session/agentDiff';
import type { SessionRow } from '../../core/store/sessionRow';
import { baseFilesOf, defaultBranch, readGitChanges } from '../../git/gitChanges';
import { baseFilesOnGitHub, GitHubChangeSet } from '../../github/gitHubChanges';
import type { GitHubClient } from '../../github/gitHubClient';
import type { RuntimeGitHub } from '../account/runtimeGitHub';
import { describeError } from '../common/errors';
import type { Clone } from '../git/clone';
import type { GitRepositories } from '../git/gitExtension';

/** How long the agent's machine is waited for when the pushed branch is known, in milliseconds: it may be asleep. */
const AGENT_PATIENCE_MS = 5_000;
/** How long a fetched branch counts as current, in milliseconds. */
const FETCHED_MS = 60_000;

/** What is known of a session's place in its repository. */
export interface Subject {
  readonly repository: RepositoryName | undefined;
  /** The branch that the agent pushes to. */
  readonly head: string | undefined;
  /** The branch that it started from, if that was chosen. */
  readonly start: string | undefined;
}

export interface FoundChanges {
  readonly set: ChangeSet;
  /** The root of the clone that is open here. */
  readonly root: vscode.Uri | undefined;
}

/** Reads what a session has changed from all sources that there are, and takes the best answer. */
export class ChangeSources {
  /** When a branch was last fetched, by clone and branch. */
  private readonly fetched = new Map<string, Date>();

  constructor(
    private readonly git: Pick<GitRepositories, 'cloneOf'>,
    private readonly gitHub: Pick<RuntimeGitHub, 'current'>,
    private readonly api: Pick<GitHubClient, 'compare' | 'repository' | 'readFile'>,
    private readonly timers: Timers = realTimers,
    private readonly now: () => Date = () => new Date(),
  ) {}

  /**
   * @param fetches the pushed branch may be fetched, which can ask the user for credentials, and GitHub may be asked
   * @throws `session-not-ready` if no source has an answer, with the reason of each
   */
  async read(row: SessionRow, { fetches }: { readonly fetches: boolean }): Promise<FoundChanges> {
    const subject = subjectOf(row);
    const problems: string[] = [];
    const clone = await this.cloneOf(subject, problems);
    const asked = this.askAgent(row, subject, clone).catch((error: unknown) => {
      problems.push(textOf(error));
      return undefined;
    });
    const git = clone && (await this.readClone(subject, clone, fetches, asked, problems));
    const github = git === undefined && fetches ? await this.askGitHub(subject, problems) : undefined;
    const agent = await (git === undefined && github === undefined
      ? asked
      : within(asked, AGENT_PATIENCE_MS, this.timers));
    const best = bestChanges({ git, agent, github });
    if (best === undefined) {
      throw nothingKnown(row, clone, problems);
    }
    return { set: best, root: clone?.root };
  }

  private async cloneOf({ repository }: Subject, problems: string[]): Promise<Clone | undefined> {
    try {
      return repository && (await this.git.cloneOf(repository, this.gitHub.current));
    } catch (error) {
      problems.push(textOf(error));
      return undefined;
    }
  }

  private async askAgent(row: SessionRow, subject: Subject, clone: Clone | undefined): Promise<ChangeSet> {
    if (row.session === undefined) {
      throw new CloudSessionsError(
        'session-not-ready',
        l10n.t('The agent’s machine can be asked while the session is watched.'),
      );
    }
    const diff = await readAgentDiff(row.session);
    const base = await baseOf(subject, clone, diff);
    const files = this.baseFiles(subject, clone, base ?? diff.baseBranch);
    return new AgentChangeSet(diff, { base, head: subject.head }, files, this.now());
  }

  private baseFiles({ repository, head }: Subject, clone: Clone | undefined, base: string | undefined): BaseFiles {
    if (clone !== undefined) {
      return baseFilesOf(clone.git, { remote: clone.remote, base, head });
    }
    return repository === undefined || base === undefined
      ? { read: () => Promise.resolve(undefined) }
      : baseFilesOnGitHub(this.api, repository, base);
  }

  private async askGitHub({ repository, head, start }: Subject, problems: string[]): Promise<ChangeSet | undefined> {
    if (repository === undefined || head === undefined || branchNameProblem(head) !== undefined) {
      return undefined;
    }
    try {
      const base =
        start === undefined || start === head ? (await this.api.repository(repository)).defaultBranch : start;
      if (base === head) {
        return undefined;
      }
      return new GitHubChangeSet(this.api, repository, await this.api.compare(repository, base, head));
    } catch (error) {
      problems.push(describeError(asCloudSessionsError(error)));
      return undefined;
    }
  }

  private async readClone(
    subject: Subject,
    clone: Clone,
    fetches: boolean,
    asked: Promise<ChangeSet | undefined>,
    problems: string[],
  ): Promise<ChangeSet | undefined> {
    const { head } = subject;
    if (head === undefined || branchNameProblem(head) !== undefined) {
      problems.push(l10n.t('It is not known which branch the agent pushes to.'));
      return undefined;
    }
    let base = await baseOf(subject, clone, undefined);
    // Only the agent may know the base.
    base ??= (await asked)?.changes.base;
    if (base === undefined || branchNameProblem(base) !== undefined) {
      problems.push(l10n.t('It is not known which branch “{0}” is compared with.', sanitizeLine(head)));
      return undefined;
    }
    if (base === head) {
      problems.push(l10n.t('The agent has pushed no branch of its own yet.'));
      return undefined;
    }
    if (fetches) {
      // With an old base, all that others have merged since would count as the session's.
      await this.fetch(clone, base, problems);
      await this.fetch(clone, head, problems);
    }
    const readAt = this.fetched.get(fetchKey(clone, head));
    const read = await readGitChanges(clone.git, { remote: clone.remote, base, head }, readAt);
    if ('problem' in read) {
      problems.push(read.problem);
      return undefined;
    }
    return read;
  }

  /** Fetches a branch, unless that was just done. */
  private async fetch(clone: Clone, branch: string, problems: string[]): Promise<void> {
    const key = fetchKey(clone, branch);
    const last = this.fetched.get(key);
    if (last !== undefined && Math.abs(this.now().getTime() - last.getTime()) < FETCHED_MS) {
      return;
    }
    const problem = await clone.fetch(branch);
    if (problem === undefined) {
      this.fetched.set(key, this.now());
    } else {
      problems.push(l10n.t('Git could not fetch the branch “{0}”: {1}', sanitizeLine(branch), problem));
    }
  }
}

function fetchKey({ root, remote }: Clone, branch: string): string {
  return [root.toString(), remote, branch].join('\n');
}

export function subjectOf({ repository, pushedBranch, startBranch }: SessionRow): Subject {
  return { repository: readRepository(repository), head: pushedBranch, start: startBranch };
}

/** The branch with which a session's changes are compared; `undefined` if it is unknown. */
export async function baseOf(
  { head, start }: Subject,
  clone: Clone | undefined,
  diff: WorkspaceDiff | undefined,
): Promise<string | undefined> {
  return (
    (start === head ? undefined : start) ??
    diff?.baseBranch ??
    (clone && (await defaultBranch(clone.git, clone.remote)))
  );
}

function nothingKnown(row: SessionRow, clone: Clone | undefined, problems: readonly string[]): CloudSessionsError {
  const title = sanitizeLine(row.title, 80);
  const nextStep =
    row.session?.isAttached !== true
      ? l10n.t('Watch the session, or open a clone of its repository here.')
      : clone === undefined
        ? l10n.t('Open a clone of its repository here, and try again.')
        : l10n.t('Try again once the agent has pushed its branch.');
  return new CloudSessionsError(
    'session-not-ready',
    joinSentences(l10n.t('The changes of “{0}” cannot be read.', title), ...new Set(problems.map(asSentence))),
    { nextStep },
  );
}

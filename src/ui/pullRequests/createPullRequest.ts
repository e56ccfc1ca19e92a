import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import { nextSignal } from '../../core/common/async';
import { sanitizeLine, sanitizeText } from '../../core/common/sanitize';
import { asCloudSessionsError, CloudSessionsError, mayHaveArrived } from '../../core/errors/cloudSessionsError';
import { finalMessage } from '../../core/events/finalMessage';
import { branchNameProblem } from '../../core/github/branchName';
import { isOpen, type PullRequest } from '../../core/github/pullRequest';
import { pullRequestBody } from '../../core/github/pullRequestBody';
import { readRepository, type RepositoryName } from '../../core/github/repository';
import type { SessionRow } from '../../core/store/sessionRow';
import type { SessionStore } from '../../core/store/sessionStore';
import type { GitHubClient } from '../../github/gitHubClient';
import { Command, View } from '../../manifest';
import type { RuntimeGitHub } from '../account/runtimeGitHub';
import type { SessionChangesService } from '../changes/sessionChangesService';
import { readCreatePullRequestArgument } from '../commands/commandArguments';
import { isCallByCode, registerCommand } from '../commands/registerCommand';
import { rowCommand } from '../commands/rowCommand';
import { rowOfArgument } from '../commands/sessionArgument';
import { showMessage } from '../common/errors';
import type { SelectedNode } from '../rows/treeModel';
import type { PullRequestWatcher } from './pullRequestWatcher';

/** GitHub's longest title, in characters. */
const MAX_TITLE = 256;
/** How long the history of a session is waited for, in milliseconds. */
const HISTORY_MS = 10_000;
/** Longest encoded description in an address: GitHub refuses addresses of more than 8 kB. */
const MAX_ENCODED = 6_000;
/** Most characters that are never longer than that, whatever they are. */
const SAFE_LENGTH = 600;

export interface CreatePullRequestServices {
  readonly store: SessionStore;
  readonly watcher: Pick<PullRequestWatcher, 'put'>;
  readonly client: Pick<GitHubClient, 'createPullRequest' | 'findPullRequest' | 'repository'>;
  readonly changes: Pick<SessionChangesService, 'get'>;
  readonly gitHub: Pick<RuntimeGitHub, 'current'>;
  /** Asks the user for an account if there is none. */
  readonly requestAccess: () => Promise<void>;
  readonly selected: () => Promise<SelectedNode | undefined>;
}

/** What is to be created. */
interface Draft {
  readonly repository: RepositoryName;
  readonly head: string;
  readonly base: string;
  readonly title: string;
  readonly body: string;
}

type Choice = 'ready' | 'draft' | 'web' | 'base';

/** The command `cloudSessions.createPullRequest`: by code it asks nothing, by a person it asks for title, base and state. */
export class CreatePullRequest {
  /** Titles that people wrote for what was not created yet, by row. */
  private readonly titles = new Map<string, string>();

  constructor(private readonly services: CreatePullRequestServices) {}

  register(): vscode.Disposable {
    const { store, selected } = this.services;
    const byPerson = rowCommand({
      store,
      title: l10n.t('Create Pull Request'),
      isApplicable: (row) => row.isRemote && row.listedBranch !== undefined,
      run: (row) => this.ask(row),
      remedies: ({ key }) => [
        {
          title: l10n.t('Try Again'),
          run: () => vscode.commands.executeCommand(Command.createPullRequest, { key }),
        },
      ],
      selected,
    });
    return registerCommand(Command.createPullRequest, (...args) =>
      isCallByCode(args) ? this.run(args[0]) : byPerson(...args),
    );
  }

  private async run(argument: unknown): Promise<{ number: number; url: string } | undefined> {
    const { sessionId, draft = false, ...given } = readCreatePullRequestArgument(argument);
    const row = rowOfArgument(this.services.store, sessionId);
    if (row === undefined) {
      return undefined;
    }
    const { number, url } = (await this.create(row, await this.prepare(row, given), draft)).pullRequest;
    return { number, url };
  }

  private async ask(row: SessionRow): Promise<void> {
    let draft = await vscode.window.withProgress({ location: { viewId: View.sessions } }, () => this.prepare(row));
    const title = await vscode.window.showInputBox({
      title: l10n.t('Create Pull Request: {0}', sanitizeLine(row.title, 80)),
      value: this.titles.get(row.key) ?? draft.title,
      prompt: l10n.t(
        'The title of the pull request. Its description is made of the prompt and the agent’s last message.',
      ),
      ignoreFocusOut: true,
      validateInput: (text) =>
        text.trim() === ''
          ? l10n.t('A pull request needs a title.')
          : text.trim().length > MAX_TITLE
            ? l10n.t('The title is longer than {0} characters.', MAX_TITLE)
            : undefined,
    });
    if (title === undefined) {
      return;
    }
    this.titles.set(row.key, title);
    draft = { ...draft, title: title.trim() };
    let choice = await choose(draft);
    while (choice === 'base') {
      const base = await askBase(draft);
      draft = base === undefined ? draft : { ...draft, base };
      choice = await choose(draft);
    }
    if (choice === 'web') {
      // As text: a Uri would lose what is encoded in its query.
      await vscode.commands.executeCommand('vscode.open', this.comparePage(draft));
    } else if (choice !== undefined) {
      await this.services.requestAccess();
      await this.createAndTell(row, draft, choice === 'draft');
    }
  }

  private async createAndTell(row: SessionRow, draft: Draft, isDraft: boolean): Promise<void> {
    const {
      pullRequest: { number },
      isNew,
    } = await vscode.window.withProgress({ location: { viewId: View.sessions } }, () =>
      this.create(row, draft, isDraft),
    );
    this.titles.delete(row.key);
    void showMessage(
      'info',
      isNew
        ? l10n.t('Pull request #{0} was created.', number)
        : l10n.t('“{0}” has a pull request already: #{1}.', sanitizeLine(row.title, 80), number),
      {
        title: l10n.t('Open Pull Request'),
        run: () => vscode.commands.executeCommand(Command.openPullRequest, row.sessionId ?? row.key),
      },
    );
  }

  /** @returns `isNew`: false if the branch had one already */
  private async create(
    row: SessionRow,
    { repository, ...draft }: Draft,
    isDraft: boolean,
  ): Promise<{ readonly pullRequest: PullRequest; readonly isNew: boolean }> {
    const { client, watcher } = this.services;
    try {
      const pullRequest = await client.createPullRequest(repository, { ...draft, draft: isDraft });
      watcher.put(row, pullRequest);
      return { pullRequest, isNew: true };
    } catch (thrown) {
      const error = asCloudSessionsError(thrown);
      // GitHub refuses a second one, and a lost answer does not say whether there is one.
      if (error.code !== 'invalid-argument' && !mayHaveArrived(error)) {
        throw error;
      }
      const existing = await client.findPullRequest(repository, repository.owner, draft.head).catch(() => undefined);
      if (existing === undefined || !isOpen(existing) || existing.base !== draft.base) {
        throw error;
      }
      watcher.put(row, existing);
      return { pullRequest: existing, isNew: false };
    }
  }

  /**
   * All that was not given is taken from the session.
   * @throws CloudSessionsError
   */
  private async prepare(row: SessionRow, given: Partial<Pick<Draft, 'title' | 'body' | 'base'>> = {}): Promise<Draft> {
    const repository = readRepository(row.repository);
    if (repository === undefined) {
      throw new CloudSessionsError(
        'invalid-argument',
        l10n.t('The repository of “{0}” is not known.', sanitizeLine(row.title)),
      );
    }
    const head = await this.headOf(row);
    const base = given.base ?? (await this.baseOf(row, repository, head));
    if (base === head) {
      throw new CloudSessionsError('invalid-argument', sameBranch(head), {
        nextStep: l10n.t('Choose another base branch.'),
      });
    }
    return {
      ...{ repository, head, base },
      title: given.title ?? sanitizeLine(row.title, MAX_TITLE - 60),
      body: given.body ?? (await this.bodyOf(row)),
    };
  }

  private async headOf({ key, title, listedBranch }: SessionRow): Promise<string> {
    const { store } = this.services;
    if (listedBranch === undefined) {
      // It may have been pushed since the list was read.
      await store.refresh();
    }
    const head = listedBranch ?? store.find(key)?.listedBranch;
    const problem = head === undefined ? undefined : branchNameProblem(head);
    if (head === undefined || problem !== undefined) {
      throw new CloudSessionsError(
        'branch-not-found',
        problem ?? l10n.t('The agent of “{0}” has not pushed a branch yet.', sanitizeLine(title, 80)),
        { nextStep: l10n.t('Wait until it has, or ask it to push its work.') },
      );
    }
    return head;
  }

  private async baseOf(row: SessionRow, repository: RepositoryName, head: string): Promise<string> {
    const known = [this.services.changes.get(row.key)?.set.changes.base, row.startBranch];
    return (
      known.find((base) => base !== undefined && base !== head && branchNameProblem(base) === undefined) ??
      (await this.services.client.repository(repository)).defaultBranch
    );
  }

  /** A session that is not watched has to be for its history: without one, the description lacks it. */
  private async bodyOf(row: SessionRow): Promise<string> {
    const { store } = this.services;
    const session = row.session ?? (await store.connect(row.taskId ?? row.sessionId ?? row.key).catch(() => undefined));
    if (session?.isCaughtUp === false) {
      await nextSignal(session.onDidChange, HISTORY_MS, () => session.isCaughtUp);
    }
    return pullRequestBody({
      prompt: session?.activity.firstPrompt,
      message: session && finalMessage(session.events),
      url: session?.remoteUrl ?? row.remoteUrl,
    });
  }

  /** GitHub's own page for a new pull request, filled in. */
  private comparePage({ repository: { owner, name }, head, base, title, body }: Draft): string {
    const { host, problem } = this.services.gitHub.current;
    if (host === undefined) {
      throw new CloudSessionsError('invalid-argument', problem);
    }
    const short = sanitizeText(body, encodeURIComponent(body).length > MAX_ENCODED ? SAFE_LENGTH : MAX_ENCODED);
    const [from, to] = [base, head].map((branch) => encodeURIComponent(branch).replaceAll('%2F', '/'));
    const query = `expand=1&title=${encodeURIComponent(title)}&body=${encodeURIComponent(short)}`;
    return `${host.webBase}/${owner}/${name}/compare/${from}...${to}?${query}`;
  }
}

async function choose({ head, base }: Draft): Promise<Choice | undefined> {
  const items: readonly (vscode.QuickPickItem & { readonly choice: Choice })[] = [
    {
      label: `$(git-pull-request) ${l10n.t('Create Pull Request')}`,
      description: l10n.t('ready for review'),
      choice: 'ready',
    },
    {
      label: `$(git-pull-request-draft) ${l10n.t('Create Draft')}`,
      description: l10n.t('not ready for review yet'),
      choice: 'draft',
    },
    {
      label: `$(link-external) ${l10n.t('Continue on GitHub')}`,
      description: l10n.t('with this title and a description that you can change there'),
      choice: 'web',
    },
    {
      label: `$(git-branch) ${l10n.t('Change Base Branch…')}`,
      description: l10n.t('now: {0}', sanitizeLine(base)),
      choice: 'base',
    },
  ];
  const chosen = await vscode.window.showQuickPick(items, {
    title: l10n.t('Create Pull Request'),
    placeHolder: l10n.t('“{0}” into “{1}”', sanitizeLine(head), sanitizeLine(base)),
    ignoreFocusOut: true,
  });
  return chosen?.choice;
}

async function askBase({ head, base }: Draft): Promise<string | undefined> {
  const answer = await vscode.window.showInputBox({
    title: l10n.t('Base Branch'),
    value: base,
    prompt: l10n.t('The branch that “{0}” goes into.', sanitizeLine(head)),
    ignoreFocusOut: true,
    validateInput: (text) => (text.trim() === head ? sameBranch(head) : branchNameProblem(text.trim())),
  });
  return answer?.trim();
}

function sameBranch(head: string): string {
  return l10n.t('“{0}” is the branch of the session itself.', sanitizeLine(head));
}

import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
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
import { isCallByCode, never, registerCommand } from '../commands/registerCommand';
import { rowCommand } from '../commands/rowCommand';
import { rowOfArgument } from '../commands/sessionArgument';
import { discardDocument } from '../common/documents';
import { showMessage } from '../common/errors';
import type { SelectedNode, SessionNode } from '../rows/treeModel';
import { askBase, choose, sameBranch, type Plan } from './createSteps';
import type { DescriptionEditors } from './descriptionEditors';
import type { PullRequestWatcher } from './pullRequestWatcher';

/** GitHub's longest title and description, in characters. */
const MAX_TITLE = 256;
const MAX_BODY = 65_536;
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
  readonly descriptions: Pick<DescriptionEditors, 'register' | 'of' | 'rowOf' | 'open'>;
}

/** What is to be created. */
interface Draft extends Plan {
  readonly body: string;
}

/** The command `cloudSessions.createPullRequest`: by code it asks nothing, by a person it asks for title, base and state. */
export class CreatePullRequest {
  /** What people have chosen for what was not created yet, by row. */
  private readonly chosen = new Map<string, Partial<Pick<Plan, 'title' | 'base'>>>();

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
    return vscode.Disposable.from(
      this.services.descriptions.register(),
      registerCommand(Command.createPullRequest, (...args) =>
        isCallByCode(args) ? this.run(args[0]) : byPerson(...args),
      ),
      registerCommand(Command.createDescribed, (uri) => this.askFrom(uri, byPerson), never),
    );
  }

  /** Goes on with the description in the editor of a title, or in the active one. */
  private async askFrom(argument: unknown, byPerson: (node: SessionNode) => unknown): Promise<void> {
    const { descriptions } = this.services;
    const uri = argument instanceof vscode.Uri ? argument : vscode.window.activeTextEditor?.document.uri;
    const row = uri && descriptions.rowOf({ uri });
    if (row === undefined) {
      throw new CloudSessionsError(
        'session-not-found',
        l10n.t('The session of this description is not in the list any more.'),
        { nextStep: l10n.t('The text stays in the editor. Refresh the list, and try again.') },
      );
    }
    await byPerson({ key: row.key });
  }

  private async run(argument: unknown): Promise<{ number: number; url: string } | undefined> {
    const { sessionId, draft = false, ...given } = readCreatePullRequestArgument(argument);
    const row = rowOfArgument(this.services.store, sessionId);
    if (row === undefined) {
      return undefined;
    }
    const plan = await this.prepare(row, given);
    const body = given.body ?? (await this.bodyOf(row));
    const { number, url } = (await this.create(row, { ...plan, body }, draft)).pullRequest;
    return { number, url };
  }

  private async ask(row: SessionRow): Promise<void> {
    const { descriptions } = this.services;
    const before = this.chosen.get(row.key);
    const written = descriptions.of(row);
    let plan = await inProgress(() => this.prepare(row, before));
    // Connecting to a session can take seconds: meanwhile, the title is written.
    const made = written === undefined ? this.bodyOf(row) : undefined;
    const body = async (): Promise<string> => written?.getText() ?? (await made) ?? '';
    if (written === undefined || before?.title === undefined) {
      const title = await askTitle(row, plan);
      if (title === undefined) {
        return;
      }
      plan = { ...plan, title };
      this.chosen.set(row.key, { ...before, title });
    }
    let choice = await choose(plan, written !== undefined);
    while (choice === 'base') {
      const base = await askBase(plan);
      if (base !== undefined) {
        plan = { ...plan, base };
        this.chosen.set(row.key, { title: plan.title, base });
      }
      choice = await choose(plan, written !== undefined);
    }
    if (choice === undefined) {
      return;
    }
    if (choice === 'description') {
      await descriptions.open(row, () => Promise.resolve(inProgress(body)));
      return;
    }
    const draft = { ...plan, body: await inProgress(body) };
    if (choice === 'web') {
      // As text: a Uri would lose what is encoded in its query.
      await vscode.commands.executeCommand('vscode.open', this.comparePage(draft));
      return;
    }
    if (draft.body.length > MAX_BODY) {
      throw new CloudSessionsError(
        'invalid-argument',
        l10n.t('The description is longer than {0} characters.', MAX_BODY),
      );
    }
    await this.services.requestAccess();
    await this.createAndTell(row, draft, choice === 'draft');
    // What was written in the meantime was not sent.
    if (written?.getText() === draft.body) {
      await discardDocument(written);
    }
  }

  private async createAndTell(row: SessionRow, draft: Draft, isDraft: boolean): Promise<void> {
    const {
      pullRequest: { number },
      isNew,
    } = await inProgress(() => this.create(row, draft, isDraft));
    this.chosen.delete(row.key);
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
  private async prepare(row: SessionRow, given: Partial<Pick<Plan, 'title' | 'base'>> = {}): Promise<Plan> {
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

async function askTitle(row: SessionRow, plan: Plan): Promise<string | undefined> {
  const title = await vscode.window.showInputBox({
    title: l10n.t('Create Pull Request: {0}', sanitizeLine(row.title, 80)),
    value: plan.title,
    prompt: l10n.t('The title of the pull request. Its description can be read and edited in the next step.'),
    ignoreFocusOut: true,
    validateInput: (text) =>
      text.trim() === ''
        ? l10n.t('A pull request needs a title.')
        : text.trim().length > MAX_TITLE
          ? l10n.t('The title is longer than {0} characters.', MAX_TITLE)
          : undefined,
  });
  return title?.trim();
}

function inProgress<T>(run: () => Promise<T>): Thenable<T> {
  return vscode.window.withProgress({ location: { viewId: View.sessions } }, run);
}

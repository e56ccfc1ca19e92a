import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import { CloudSessionsError } from '../../core/errors/cloudSessionsError';
import type { GitHubHostReading } from '../../core/github/gitHubHost';
import { checksPrompt } from '../../core/github/checksPrompt';
import { repositoryOfPullRequest, type PullRequest } from '../../core/github/pullRequest';
import type { RepositoryName } from '../../core/github/repository';
import { sanitizeLine } from '../../core/common/sanitize';
import type { SessionRow } from '../../core/store/sessionRow';
import type { SessionStore } from '../../core/store/sessionStore';
import { Command, View } from '../../manifest';
import type { RuntimeGitHub } from '../account/runtimeGitHub';
import { readFixChecksArgument } from '../commands/commandArguments';
import { isCallByCode, registerCommand } from '../commands/registerCommand';
import { rowCommand } from '../commands/rowCommand';
import { rowOfArgument } from '../commands/sessionArgument';
import type { GitRepositories } from '../git/gitExtension';
import type { SelectedNode } from '../rows/treeModel';
import type { PullRequestWatcher } from './pullRequestWatcher';

const GITHUB_PULL_REQUESTS = 'GitHub.vscode-pull-request-github';

export interface PullRequestServices {
  readonly store: SessionStore;
  readonly watcher: PullRequestWatcher;
  readonly gitHub: Pick<RuntimeGitHub, 'current'>;
  readonly git: Pick<GitRepositories, 'cloneOf'>;
  /** Opens an editor for a prompt, with the text so far. */
  readonly compose: (sessionId: string, text: string) => Promise<vscode.TextDocument>;
  readonly selected: () => Promise<SelectedNode | undefined>;
}

/** The commands on the pull request of a session. */
export class PullRequestCommands {
  constructor(private readonly services: PullRequestServices) {}

  register(): vscode.Disposable {
    const { store, watcher, selected } = this.services;
    const fixByPerson = rowCommand({
      store,
      title: l10n.t('Ask the Agent to Fix the Checks'),
      isApplicable: (row) => watcher.get(row)?.checks?.state === 'failed',
      run: (row) => this.fixChecks(row),
      selected,
    });
    const open = registerCommand(
      Command.openPullRequest,
      rowCommand({
        store,
        title: l10n.t('Open Pull Request'),
        isApplicable: isCloud,
        run: (row) => this.open(row),
        remedies: (row) =>
          row.listedBranch !== undefined && watcher.isMissing(row)
            ? [
                {
                  title: l10n.t('Create Pull Request'),
                  run: () => vscode.commands.executeCommand(Command.createPullRequest, { key: row.key }),
                },
              ]
            : [],
        selected,
      }),
    );
    const fix = registerCommand(Command.fixChecks, (...args) => {
      const row = isCallByCode(args) ? rowOfArgument(store, readFixChecksArgument(args[0]).sessionId) : undefined;
      return row === undefined ? fixByPerson(...args) : this.fixChecks(row);
    });
    return vscode.Disposable.from(open, fix);
  }

  /**
   * Opens a prompt, for a person to send.
   * @returns the address of its document
   */
  private async fixChecks(row: SessionRow): Promise<vscode.Uri> {
    const pullRequest = await this.find(row);
    const { number, checks } = pullRequest;
    if (checks?.state !== 'failed') {
      throw new CloudSessionsError(
        'invalid-argument',
        l10n.t('No check of pull request #{0} has failed.', number),
        checks?.state === 'running' ? { nextStep: l10n.t('Its checks are still running: try again later.') } : {},
      );
    }
    return (await this.services.compose(row.sessionId ?? row.key, checksPrompt(pullRequest, checks))).uri;
  }

  /** @returns the address of its page */
  private async open(row: SessionRow): Promise<string> {
    const pullRequest = await this.find(row);
    await vscode.env.openExternal((await this.inEditor(pullRequest)) ?? vscode.Uri.parse(pullRequest.url, true));
    return pullRequest.url;
  }

  /**
   * As it is now.
   * @throws `invalid-argument` if there is none
   */
  private async find(row: SessionRow): Promise<PullRequest> {
    const found = await vscode.window.withProgress({ location: { viewId: View.sessions } }, () =>
      this.services.watcher.read(row),
    );
    if (found === undefined) {
      throw new CloudSessionsError(
        'invalid-argument',
        l10n.t('“{0}” has no pull request.', sanitizeLine(row.title, 80)),
        {
          nextStep:
            row.listedBranch === undefined
              ? l10n.t('Its agent has not pushed a branch yet. Wait for that, or ask the agent to do it.')
              : l10n.t('Create one for the branch “{0}”.', sanitizeLine(row.listedBranch)),
        },
      );
    }
    return found;
  }

  /**
   * The address at which the extension “GitHub Pull Requests” opens it in this window. That extension shows nothing for a
   * repository that is not open here, and in a browser no link reaches it.
   */
  private async inEditor(pullRequest: PullRequest): Promise<vscode.Uri | undefined> {
    const { git, gitHub } = this.services;
    const repository = repositoryOfPullRequest(pullRequest);
    if (
      repository === undefined ||
      vscode.env.uiKind === vscode.UIKind.Web ||
      vscode.extensions.getExtension(GITHUB_PULL_REQUESTS) === undefined ||
      !(await isOpenHere(git, repository, gitHub.current))
    ) {
      return undefined;
    }
    // In this form, all versions that take such links understand it.
    const query = JSON.stringify({
      owner: repository.owner,
      repo: repository.name,
      pullRequestNumber: pullRequest.number,
    });
    const { uriScheme: scheme } = vscode.env;
    return vscode.env.asExternalUri(
      vscode.Uri.from({ scheme, authority: GITHUB_PULL_REQUESTS, path: '/open-pull-request-webview', query }),
    );
  }
}

const isCloud = (row: SessionRow): boolean => row.isRemote && row.creation === undefined;

async function isOpenHere(
  git: PullRequestServices['git'],
  repository: RepositoryName,
  gitHub: GitHubHostReading,
): Promise<boolean> {
  return git.cloneOf(repository, gitHub).then(
    () => true,
    () => false,
  );
}

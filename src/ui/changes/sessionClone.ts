import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import { whenCancelled } from '../../core/common/async';
import { sanitizeLine } from '../../core/common/sanitize';
import { CloudSessionsError } from '../../core/errors/cloudSessionsError';
import { branchNameProblem } from '../../core/github/branchName';
import type { RepositoryName } from '../../core/github/repository';
import type { SessionRow } from '../../core/store/sessionRow';
import type { RuntimeGitHub } from '../account/runtimeGitHub';
import { plainLabel, plainMessage } from '../common/plainMessage';
import type { Clone } from '../git/clone';
import type { GitRepositories } from '../git/gitExtension';
import { baseOf, subjectOf } from './changeSources';

/** Finds the clones in which the work of sessions is tried. */
export class SessionClones {
  constructor(
    private readonly git: Pick<GitRepositories, 'clonesOf'>,
    private readonly gitHub: Pick<RuntimeGitHub, 'current'>,
  ) {}

  /**
   * The clone of a session's repository that is open here: the one that the user is in, else the only one.
   * @param isPerson a person chooses between several
   * @returns `undefined` if the person chose none
   * @throws {@link CloudSessionsError} if there is none, or code would have to choose
   */
  async find(row: SessionRow, isPerson: boolean): Promise<Clone | undefined> {
    const repository = repositoryOfRow(row);
    const clones = await this.git.clonesOf(repository, this.gitHub.current);
    const obvious = clones.find(({ isCurrent }) => isCurrent) ?? (clones.length === 1 ? clones[0] : undefined);
    if (obvious !== undefined) {
      return obvious;
    }
    const { owner, name } = repository;
    if (!isPerson) {
      throw new CloudSessionsError(
        'invalid-argument',
        l10n.t('Several clones of {0} are open in this window.', `${owner}/${name}`),
        { nextStep: l10n.t('Open a file of the one that is meant, and try again.') },
      );
    }
    const items = clones.map((clone) => ({
      label: `$(repo) ${plainLabel(clone.root.path.split('/').at(-1) ?? '')}`,
      description: plainLabel(clone.root.fsPath),
      clone,
    }));
    const chosen = await vscode.window.showQuickPick(items, {
      title: `${owner}/${name}`,
      placeHolder: l10n.t('Several clones are open here. Choose the one to use'),
      matchOnDescription: true,
    });
    return chosen?.clone;
  }

  /** The URL from which a session's repository is cloned. */
  urlOf(row: SessionRow): string {
    const { owner, name } = repositoryOfRow(row);
    return `${this.gitHub.current.host?.webBase ?? ''}/${owner}/${name}.git`;
  }
}

/**
 * The branch that a session's agent pushes to.
 * @throws `branch-not-found` if it has pushed none, as far as that is known
 */
export async function pushedBranchOf(row: SessionRow, clone: Clone): Promise<string> {
  const subject = subjectOf(row);
  const { head } = subject;
  if (
    head === undefined ||
    branchNameProblem(head) !== undefined ||
    head === (await baseOf(subject, clone, undefined))
  ) {
    throw new CloudSessionsError('branch-not-found', l10n.t('The agent has pushed no branch of its own yet.'), {
      nextStep: l10n.t('Try again once the agent has pushed its branch.'),
    });
  }
  return head;
}

/**
 * Waits for something that may take long, with a progress that can be cancelled: it is no longer waited for then.
 * @param work must do no harm if it goes on
 * @throws `cancelled`
 */
export async function whileCancellable<T>(title: string, work: () => Promise<T>): Promise<T> {
  return vscode.window.withProgress(
    { location: vscode.ProgressLocation.Notification, title: plainMessage(title), cancellable: true },
    async (_progress, token) => {
      const cancelled = whenCancelled(
        token,
        () => new CloudSessionsError('cancelled', l10n.t('It was cancelled before anything was changed.')),
      );
      try {
        return await Promise.race([work(), cancelled.promise]);
      } finally {
        cancelled.dispose();
      }
    },
  );
}

/** @throws `branch-not-found` if GitHub does not have the branch; `request-failed` with Git's own words; `cancelled` */
export async function fetchPushed(clone: Clone, branch: string): Promise<void> {
  const name = sanitizeLine(branch, 80);
  const problem = await whileCancellable(l10n.t('Fetching the branch “{0}”…', name), () => clone.fetch(branch));
  if (problem === undefined) {
    return;
  }
  throw /couldn't find remote ref/i.test(problem)
    ? new CloudSessionsError(
        'branch-not-found',
        l10n.t('The branch “{0}” is not on GitHub: the agent has not pushed it yet, or it was deleted.', name),
        { nextStep: l10n.t('Try again once the agent has pushed its branch.') },
      )
    : new CloudSessionsError('request-failed', l10n.t('Git could not fetch the branch “{0}”: {1}', name, problem), {
        nextStep: l10n.t('Check your network and your access to the repository, and try again.'),
      });
}

function repositoryOfRow(row: SessionRow): RepositoryName {
  const { repository } = subjectOf(row);
  if (repository === undefined) {
    throw new CloudSessionsError(
      'session-not-ready',
      l10n.t('It is not known which repository “{0}” works on.', sanitizeLine(row.title, 80)),
      { nextStep: l10n.t('Watch the session, or choose one that has a repository.') },
    );
  }
  return repository;
}

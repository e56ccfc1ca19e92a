import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import { sanitizeLine } from '../../core/common/sanitize';
import { branchNameProblem } from '../../core/github/branchName';
import type { RepositoryName } from '../../core/github/repository';
import { plainLabel } from '../common/plainMessage';

/** A pull request without its description. */
export interface Plan {
  readonly repository: RepositoryName;
  readonly head: string;
  readonly base: string;
  readonly title: string;
}

type Choice = 'ready' | 'draft' | 'description' | 'web' | 'base';

/**
 * Asks what becomes of a pull request; `undefined` if the user dismissed the question.
 * @param isEdited its description is open in an editor
 */
export async function choose({ head, base }: Plan, isEdited: boolean): Promise<Choice | undefined> {
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
      label: `$(edit) ${l10n.t('Edit Description…')}`,
      description: isEdited
        ? l10n.t('now: as it is in the editor')
        : l10n.t('now: the agent’s last message and the prompt'),
      choice: 'description',
    },
    {
      label: `$(link-external) ${l10n.t('Continue on GitHub')}`,
      description: l10n.t('with this title and a description that you can change there'),
      choice: 'web',
    },
    {
      label: `$(git-branch) ${l10n.t('Change Base Branch…')}`,
      description: plainLabel(l10n.t('now: {0}', sanitizeLine(base))),
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

export async function askBase({ head, base }: Plan): Promise<string | undefined> {
  const answer = await vscode.window.showInputBox({
    title: l10n.t('Base Branch'),
    value: base,
    prompt: l10n.t('The branch that “{0}” goes into.', sanitizeLine(head)),
    ignoreFocusOut: true,
    validateInput: (text) => (text.trim() === head ? sameBranch(head) : branchNameProblem(text.trim())),
  });
  return answer?.trim();
}

export function sameBranch(head: string): string {
  return l10n.t('“{0}” is the branch of the session itself.', sanitizeLine(head));
}

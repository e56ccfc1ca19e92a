import * as l10n from '@vscode/l10n';
import { CloudSessionsError } from '../../core/errors/cloudSessionsError';
import type { RepositoryName } from '../../core/github/repository';
import type { GitState } from './gitRepositories';

/** Why no clone of a repository can be used: the state of the Git extension, or that none is open in this window. */
export type NoCloneReason = Exclude<GitState, 'ready'> | 'not-open';

const TEXTS: Readonly<Record<NoCloneReason, (repository: string) => readonly [message: string, nextStep: string]>> = {
  untrusted: () => [
    l10n.t('Git is not used in a workspace that is not trusted.'),
    l10n.t('Trust the workspace, and try again.'),
  ],
  absent: () => [
    l10n.t('The editor’s Git extension is not available.'),
    l10n.t('Enable the built-in extension “Git”, and try again.'),
  ],
  disabled: () => [
    l10n.t('The editor’s Git is disabled, or Git is not installed.'),
    l10n.t('Enable it in the settings, or install Git, and try again.'),
  ],
  starting: () => [l10n.t('Git is still reading the open folders.'), l10n.t('Try again in a moment.')],
  failed: () => [
    l10n.t('The editor’s Git extension does not answer.'),
    l10n.t('Run “Developer: Reload Window”, and try again.'),
  ],
  'not-open': (repository) => [
    l10n.t('No clone of {0} is open in this window.', repository),
    l10n.t('Clone it, or open a folder that has a clone.'),
  ],
};

/** No clone of a repository can be used here. */
export class NoCloneError extends CloudSessionsError {
  /** @param problem replaces the message */
  constructor(
    readonly reason: NoCloneReason,
    { owner, name }: RepositoryName,
    problem?: string,
  ) {
    const [message, nextStep] = TEXTS[reason](`${owner}/${name}`);
    super(reason === 'not-open' ? 'repository-not-found' : 'not-supported', problem ?? message, { nextStep });
  }
}

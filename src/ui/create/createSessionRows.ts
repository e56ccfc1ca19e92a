/** The row of a step of “New Cloud Session”, and the hint for its prompt. Pure. */
import * as l10n from '@vscode/l10n';
import { sanitizeLine } from '../../core/common/sanitize';
import type { RepositoryName } from '../../core/github/repository';
import { plainLabel } from '../common/plainMessage';
import type { RepositoryEntry } from '../git/gitRepositories';

/** A row of a step. Labels hold icons as `$(name)`; text from outside in them is escaped. */
export interface Row<Choice> {
  /** Identifies the row after the list has changed. */
  readonly key: string;
  readonly label: string;
  readonly description?: string;
  readonly detail?: string;
  /** Not filtered by the typed text. */
  readonly alwaysShow?: true;
  /** The heading of its group; set on the first row of the group. */
  readonly group?: string;
  readonly choice: Choice;
}

export interface ChosenRepository extends RepositoryName {
  /** Set if a remote of an open folder is this repository. */
  readonly entry?: RepositoryEntry;
  /** The branch that was typed with it. */
  readonly branch?: string;
  readonly refPath?: string;
}

/** The last runtime that was measured to accept a branch without passing it on to the service. */
export const RUNTIME_WITHOUT_BRANCH = '1.0.102';

/** The text below the field for the first prompt. */
export function promptHint(repository: RepositoryName | undefined, branch: string | undefined): string {
  const hint =
    repository === undefined
      ? l10n.t('First prompt. If you leave it empty, the session waits for one.')
      : l10n.t('First prompt for {0}. If you leave it empty, the session waits for one.', fullName(repository));
  const branchHint =
    branch === undefined
      ? []
      : [
          l10n.t(
            'The branch {0} is added to it, because Copilot runtimes up to {1} start from the default branch.',
            sanitizeLine(branch),
            RUNTIME_WITHOUT_BRANCH,
          ),
        ];
  return [hint, ...branchHint].join(' ');
}

/** Text from outside for a label: hidden characters are shown, and `$(name)` makes no icon. */
export function plain(text: string): string {
  return plainLabel(sanitizeLine(text));
}

export function fullName({ owner, name }: RepositoryName): string {
  return `${owner}/${name}`;
}

export function grouped<Choice>(group: string, rows: readonly Row<Choice>[]): Row<Choice>[] {
  return rows.map((row, index) => (index === 0 ? { ...row, group } : row));
}

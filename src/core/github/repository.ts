/** The names of GitHub's repositories, and its rules for them. */
import * as l10n from '@vscode/l10n';

export interface RepositoryName {
  readonly owner: string;
  readonly name: string;
}

const OWNER = /^[a-z\d][a-z\d_-]{0,38}$/i;
const NAME = /^[a-z\d._-]{1,100}$/i;

/** Names on GitHub ignore case. */
export function isSameRepository(a: RepositoryName, b: RepositoryName): boolean {
  return a.owner.toLowerCase() === b.owner.toLowerCase() && a.name.toLowerCase() === b.name.toLowerCase();
}

/** The repository of an owner and a name with or without `.git`; or why there is none, in a sentence. */
export function repositoryOf(owner: string, fullName: string): RepositoryName | { readonly problem: string } {
  const name = fullName.replace(/\.git$/i, '');
  const problem = ownerProblem(owner) ?? nameProblem(name);
  return problem === undefined ? { owner, name } : { problem };
}

/** The repository of `owner/name`; `undefined` for anything else. */
export function readRepository(slug: string | undefined): RepositoryName | undefined {
  const [owner = '', name = '', ...rest] = slug?.split('/') ?? [];
  const repository = repositoryOf(owner, name);
  return 'problem' in repository || rest.length > 0 ? undefined : repository;
}

/** Why a text cannot be the name of an account on GitHub, in a sentence; `undefined` if it can. */
export function ownerProblem(owner: string): string | undefined {
  if (OWNER.test(owner)) {
    return undefined;
  }
  if (owner === '') {
    return l10n.t('The owner is missing.');
  }
  return owner.length > 39
    ? l10n.t('An owner’s name has at most 39 characters.')
    : l10n.t('An owner’s name has only letters, digits, hyphens and underscores, and starts with a letter or digit.');
}

/** Why a text cannot be the name of a repository on GitHub, in a sentence; `undefined` if it can. */
export function repositoryNameProblem(name: string): string | undefined {
  return /\.git$/i.test(name) ? l10n.t('A repository’s name does not end with “.git”.') : nameProblem(name);
}

function nameProblem(name: string): string | undefined {
  if (name === '') {
    return l10n.t('The name of the repository is missing.');
  }
  if (name.length > 100) {
    return l10n.t('A repository’s name has at most 100 characters.');
  }
  if (!NAME.test(name) || /^\.{1,2}$/.test(name)) {
    return l10n.t('A repository’s name has only letters, digits, “.”, “-” and “_”.');
  }
  return /\.wiki$/i.test(name) ? l10n.t('This is a repository’s wiki, not the repository.') : undefined;
}

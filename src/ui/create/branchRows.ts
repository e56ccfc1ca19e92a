/** The rows for the branch that a new cloud session starts from, from what Git knows and what was typed. Pure. */
import * as l10n from '@vscode/l10n';
import { branchNameProblem, branchOfPath } from '../../core/github/branchName';
import type { CurrentBranch, KnownBranches, RepositoryEntry } from '../git/gitRepositories';
import { fullName, grouped, plain, RUNTIME_WITHOUT_BRANCH, type ChosenRepository, type Row } from './createSessionRows';

export type BranchChoice =
  { readonly kind: 'default' } | { readonly kind: 'branch'; readonly name: string } | { readonly kind: 'explanation' };

/** The rows of the second step. `known` is `undefined` while Git is being asked. */
export function branchRows(
  repository: ChosenRepository,
  known: KnownBranches | undefined,
  text: string,
): Row<BranchChoice>[] {
  const current = known?.current ?? [];
  const names = (known?.names ?? []).filter((name) => !current.some((branch) => branch.name === name));
  const defaultRow: Row<BranchChoice> = {
    key: 'default',
    label: `$(repo) ${l10n.t('Default branch')}`,
    description: l10n.t({
      message: 'of {0}',
      args: [fullName(repository)],
      comment: ['Behind "Default branch": the repository'],
    }),
    detail: l10n.t(
      'Copilot runtimes up to {0} start from it; another branch is named in the first prompt.',
      RUNTIME_WITHOUT_BRANCH,
    ),
    alwaysShow: true,
    choice: { kind: 'default' },
  };
  return [
    ...typedBranch(text.trim(), known),
    defaultRow,
    ...grouped(
      l10n.t({ message: 'checked out', comment: ['A group of branches'] }),
      current.map((branch) => currentRow(branch, repository.entry)),
    ),
    ...grouped(
      l10n.t({ message: 'on the remote, as of the last fetch', comment: ['A group of branches'] }),
      names.map((name) => ({ key: `branch:${name}`, label: branchLabel(name), choice: branchChoice(name) })),
    ),
  ];
}

function typedBranch(text: string, known: KnownBranches | undefined): Row<BranchChoice>[] {
  const name = text.replace(/^refs\/heads\//, '');
  const names = known?.names ?? [];
  const isListed = names.includes(name) || known?.current.some((branch) => branch.name === name) === true;
  if (name === '' || isListed) {
    return [];
  }
  const row = { key: 'typed', alwaysShow: true } as const;
  const problem = branchNameProblem(name);
  if (problem !== undefined) {
    return [{ ...row, label: `$(info) ${problem}`, choice: { kind: 'explanation' } }];
  }
  const detail = l10n.t('Not among the branches of the last fetch: it must exist on GitHub.');
  return [
    {
      ...row,
      label: branchLabel(name),
      description: l10n.t('use this branch'),
      ...(names.length === 0 ? {} : { detail }),
      choice: branchChoice(name),
    },
  ];
}

function currentRow(branch: CurrentBranch, entry: RepositoryEntry | undefined): Row<BranchChoice> {
  const { name, localName, folder, remoteState } = branch;
  const severalFolders = new Set(entry?.places.map(({ root }) => root)).size > 1;
  return {
    key: `branch:${name}`,
    label: branchLabel(name),
    description: [
      severalFolders
        ? l10n.t({
            message: 'current in {0}',
            args: [plain(folder)],
            comment: ['A branch that is checked out in that folder'],
          })
        : l10n.t({ message: 'current', comment: ['A branch that is checked out'] }),
      ...(localName === name
        ? []
        : [
            l10n.t({
              message: 'called {0} here',
              args: [plain(localName)],
              comment: ['The local name of a branch, where it differs from the name on GitHub'],
            }),
          ]),
    ].join(', '),
    ...(remoteState === 0 ? {} : { detail: unpushedText(remoteState) }),
    choice: branchChoice(name),
  };
}

function unpushedText(remoteState: CurrentBranch['remoteState']): string {
  switch (remoteState) {
    case 'absent':
      return l10n.t('Not on GitHub as of the last fetch: the agent cannot see it.');
    case 'unknown':
      return l10n.t('May differ from the branch on GitHub: the agent sees only what is pushed.');
    default:
      return remoteState === 1
        ? l10n.t('1 commit is not pushed: the agent does not see it.')
        : l10n.t('{0} commits are not pushed: the agent does not see them.', remoteState);
  }
}

/** The branch that was typed with the repository; in a page's URL, the part that is a known branch. */
export function proposedBranch({ branch, refPath }: ChosenRepository, known: KnownBranches): string | undefined {
  return (refPath === undefined ? undefined : branchOfPath(refPath, known.names)) ?? branch;
}

function branchLabel(name: string): string {
  return `$(git-branch) ${plain(name)}`;
}

function branchChoice(name: string): BranchChoice {
  return { kind: 'branch', name };
}

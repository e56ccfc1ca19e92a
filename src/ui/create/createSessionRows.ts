/** The rows that the steps of “New Cloud Session” offer, from what Git knows and what was typed. Pure. */
import * as l10n from '@vscode/l10n';
import { defined } from '../../core/common/defined';
import { branchNameProblem, branchOfPath } from '../../core/github/branchName';
import type { GitHubHostReading } from '../../core/github/gitHubHost';
import { hostOfRemote, sshQuestion, type RemoteOptions, type SshTarget } from '../../core/github/gitRemote';
import { isSameRepository, type RepositoryName } from '../../core/github/repository';
import { parseRepositoryInput, REPOSITORY_FORMS, type RepositoryInput } from '../../core/github/repositoryInput';
import { sanitizeLine } from '../../core/common/sanitize';
import {
  judgeEntries,
  whyNot,
  type CurrentBranch,
  type KnownBranches,
  type Place,
  type RepositoryEntry,
  type RepositoryList,
} from '../git/gitRepositories';
import { plainLabel } from '../common/plainMessage';

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

export type RepositoryChoice =
  | { readonly kind: 'repository'; readonly repository: ChosenRepository }
  /** Usable if SSH resolves its host to the runtime's; SSH is asked when the row is chosen. */
  | { readonly kind: 'alias'; readonly repository: ChosenRepository; readonly ssh: SshTarget }
  | { readonly kind: 'none' }
  /** On another host than the runtime's: shown, but cannot be chosen. */
  | { readonly kind: 'blocked'; readonly reason: string }
  /** Not a choice but an explanation. */
  | { readonly kind: 'explanation' };

export type BranchChoice =
  { readonly kind: 'default' } | { readonly kind: 'branch'; readonly name: string } | { readonly kind: 'explanation' };

/** The last runtime that was measured to accept a branch without passing it on to the service. */
const RUNTIME_WITHOUT_BRANCH = '1.0.102';

/** The rows of the first step. `list` is `undefined` while Git is being asked. */
export function repositoryRows(
  list: RepositoryList | undefined,
  gitHub: GitHubHostReading,
  text: string,
  options?: RemoteOptions,
): Row<RepositoryChoice>[] {
  const { here, elsewhere } = judgeEntries(list?.entries ?? [], gitHub);
  const usable = here.map((entry) => entryRow(entry));
  const others = elsewhere.map(({ entry, reason }) => entryRow(entry, reason));
  const none: Row<RepositoryChoice> = {
    key: 'none',
    label: `$(circle-slash) ${l10n.t('No repository')}`,
    description: l10n.t('the agent starts without code'),
    choice: { kind: 'none' },
  };
  const typed = typedRepository(text, here, gitHub, options);
  const isUsable = typed?.choice.kind === 'repository' || typed?.choice.kind === 'alias';
  return [
    // Enter accepts the first row.
    ...(typed !== undefined && isUsable ? [typed] : []),
    ...grouped(l10n.t('open folders'), usable),
    ...grouped(l10n.t('on another host'), others),
    ...(list === undefined ? [] : grouped(l10n.t({ message: 'other', comment: ['A group of choices'] }), [none])),
    ...(typed === undefined || isUsable ? [] : [typed]),
  ];
}

export function repositoryPlaceholder(list: RepositoryList | undefined): string {
  if (list === undefined) {
    return l10n.t('Reading the Git remotes of the open folders… or type owner/name or paste a URL');
  }
  if (list.entries.length > 0) {
    return l10n.t('Repository that the agent works on: choose one, or type owner/name or paste a URL');
  }
  switch (list.git) {
    case 'ready':
      return l10n.t('Type owner/name or paste a URL (no open folder has a GitHub remote)');
    case 'starting':
      return l10n.t('Type owner/name or paste a URL (Git is still reading the open folders)');
    case 'absent':
      return l10n.t('Type owner/name or paste a URL (the editor’s Git extension is not available)');
    case 'disabled':
      return l10n.t('Type owner/name or paste a URL (the editor’s Git is disabled or not installed)');
    case 'untrusted':
      return l10n.t('Type owner/name or paste a URL (Git remotes are only read in trusted folders)');
    case 'failed':
      return l10n.t('Type owner/name or paste a URL (the Git remotes could not be read)');
  }
}

/** The row for the typed text; `undefined` if it is the full name of a listed repository. */
function typedRepository(
  text: string,
  known: readonly RepositoryEntry[],
  gitHub: GitHubHostReading,
  options: RemoteOptions | undefined,
): Row<RepositoryChoice> | undefined {
  if (text.trim() === '') {
    return undefined;
  }
  const { repository, problem } = parseRepositoryInput(text, options);
  const row = { key: 'typed', alwaysShow: true } as const;
  if (repository === undefined) {
    return { ...row, label: `$(info) ${problem}`, detail: REPOSITORY_FORMS, choice: { kind: 'explanation' } };
  }
  const { remote, branch } = repository;
  const entry = known.find((candidate) => isSameRepository(candidate, repository));
  if (entry !== undefined && text.trim().toLowerCase() === fullName(entry).toLowerCase()) {
    return undefined;
  }
  // VS Code sorts by how well labels match: with the full name as its label, the typed repository comes first.
  const label = `${fullName(repository)}${branch === undefined ? '' : plain(`@${branch}`)}`;
  const host = remote && hostOfRemote(remote);
  const reason = whyNot({ host: host ?? gitHub.host?.name ?? '' }, remote?.ssh !== undefined, gitHub);
  const question = remote && sshQuestion(remote);
  const choice = { kind: 'repository', repository: chosen(repository, entry) } as const;
  if (reason === undefined) {
    return { ...row, label: `$(repo) ${label}`, description: l10n.t('use this repository'), choice };
  }
  if (question !== undefined && gitHub.host !== undefined) {
    const host = plain(question.host);
    const description = l10n.t('use this repository, if SSH says that “{0}” is {1}', host, gitHub.host.name);
    return { ...row, label: `$(repo) ${label}`, description, choice: { ...choice, kind: 'alias', ssh: question } };
  }
  const blocked = { kind: 'blocked', reason } as const;
  return { ...row, label: `$(warning) ${label}`, description: host ?? '', detail: reason, choice: blocked };
}

/** Why a repository cannot be used after SSH has resolved its host to `answer`; `undefined` if it can. */
export function whyNotAlias(ssh: SshTarget, answer: string | undefined, gitHub: GitHubHostReading): string | undefined {
  const host = hostOfRemote({ owner: '', name: '', host: ssh.host, ssh }, answer);
  const reason = whyNot({ host, ...(answer === undefined ? { isUnresolved: true } : {}) }, true, gitHub);
  return reason === undefined || answer === undefined
    ? reason
    : `${l10n.t('“{0}” is {1} for SSH.', ssh.host, host)} ${reason}`;
}

function chosen(
  { owner, name, branch, refPath }: RepositoryInput,
  entry: RepositoryEntry | undefined,
): ChosenRepository {
  return {
    // The spelling in Git's remotes is GitHub's more often than the typed one.
    ...(entry === undefined ? { owner, name } : { owner: entry.owner, name: entry.name, entry }),
    ...defined({ branch, refPath }),
  };
}

/** @param reason why it cannot be used; `undefined` if it can */
function entryRow(entry: RepositoryEntry, reason?: string): Row<RepositoryChoice> {
  const { host, owner, name, places } = entry;
  const [first, ...rest] = places;
  const aliases = [...new Set(places.flatMap(({ alias }) => alias ?? []))];
  const detail = [
    ...(reason === undefined ? [] : [reason]),
    ...aliases.map((alias) => l10n.t('“{0}” is {1} for SSH.', plain(alias), host)),
    ...(rest.length === 0
      ? []
      : [
          l10n.t({
            message: 'Also: {0}',
            args: [rest.map(placeText).join(', ')],
            comment: ['Other folders that have the same repository'],
          }),
        ]),
  ].join(' ');
  return {
    key: `entry:${host}/${fullName(entry).toLowerCase()}`,
    label: `$(${reason === undefined ? 'repo' : 'warning'}) ${fullName(entry)}`,
    description: [...(host === 'github.com' ? [] : [host]), ...(first ? [placeText(first)] : [])].join(' · '),
    ...(detail === '' ? {} : { detail }),
    choice:
      reason === undefined ? { kind: 'repository', repository: { owner, name, entry } } : { kind: 'blocked', reason },
  };
}

function placeText({ isCurrent, folder, remote }: Place): string {
  return isCurrent ? l10n.t('current folder, {0}', plain(remote)) : `${plain(folder)}, ${plain(remote)}`;
}

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
function plain(text: string): string {
  return plainLabel(sanitizeLine(text));
}

function branchLabel(name: string): string {
  return `$(git-branch) ${plain(name)}`;
}

function branchChoice(name: string): BranchChoice {
  return { kind: 'branch', name };
}

function fullName({ owner, name }: RepositoryName): string {
  return `${owner}/${name}`;
}

function grouped<Choice>(group: string, rows: readonly Row<Choice>[]): Row<Choice>[] {
  return rows.map((row, index) => (index === 0 ? { ...row, group } : row));
}

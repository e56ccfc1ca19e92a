/** What the steps of “New Cloud Session” offer, for what Git knows and what was typed. Pure. */
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
  type GitState,
  type KnownBranches,
  type Place,
  type RepositoryEntry,
  type RepositoryList,
} from '../git/gitRepositories';
import { plainLabel } from '../common/plainMessage';

/** A row of a step. Labels hold icons as `$(name)`; text from outside in them is escaped. */
export interface Row<Choice> {
  /** The same for the same row in another list. */
  readonly key: string;
  readonly label: string;
  readonly description?: string;
  readonly detail?: string;
  /** Whatever was typed. */
  readonly alwaysShow?: true;
  /** What its group is called: on the first row of a group. */
  readonly group?: string;
  readonly choice: Choice;
}

export interface ChosenRepository extends RepositoryName {
  /** What Git knows of it. */
  readonly entry?: RepositoryEntry;
  /** The branch that was named together with it. */
  readonly branch?: string;
  readonly refPath?: string;
}

export type RepositoryChoice =
  | { readonly kind: 'repository'; readonly repository: ChosenRepository }
  /** It counts if SSH says that its host is the runtime's: that is asked once the row is chosen. */
  | { readonly kind: 'alias'; readonly repository: ChosenRepository; readonly ssh: SshTarget }
  | { readonly kind: 'none' }
  /** It is on another host than the runtime's: shown, but of no use. */
  | { readonly kind: 'blocked'; readonly reason: string }
  /** Not a choice but an explanation. */
  | { readonly kind: 'explanation' };

export type BranchChoice =
  { readonly kind: 'default' } | { readonly kind: 'branch'; readonly name: string } | { readonly kind: 'explanation' };

/** The runtime takes a branch and keeps it to itself: measured up to this version. */
const RUNTIMES_WITHOUT_BRANCH = 'Copilot runtimes up to 1.0.102';

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
    label: '$(circle-slash) No repository',
    description: 'the agent starts without code',
    choice: { kind: 'none' },
  };
  const typed = typedRepository(text, here, gitHub, options);
  const isUsable = typed?.choice.kind === 'repository' || typed?.choice.kind === 'alias';
  return [
    // Enter takes the first row.
    ...(typed !== undefined && isUsable ? [typed] : []),
    ...grouped('open folders', usable),
    ...grouped('on another host', others),
    ...(list === undefined ? [] : grouped('other', [none])),
    ...(typed === undefined || isUsable ? [] : [typed]),
  ];
}

export function repositoryPlaceholder(list: RepositoryList | undefined): string {
  const typing = 'type owner/name or paste a URL';
  if (list === undefined) {
    return `Reading the Git remotes of the open folders… or ${typing}`;
  }
  if (list.entries.length > 0) {
    return `Repository that the agent works on: choose one, or ${typing}`;
  }
  const reasons: Record<GitState, string> = {
    ready: 'no open folder has a GitHub remote',
    starting: 'Git is still reading the open folders',
    absent: 'the editor’s Git extension is not available',
    disabled: 'the editor’s Git is disabled or not installed',
    untrusted: 'Git remotes are only read in trusted folders',
    failed: 'the Git remotes could not be read',
  };
  return `${typing.replace('type', 'Type')} (${reasons[list.git]})`;
}

/** The row for what is typed, where it is not the full name of a listed one. */
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
  // The list is sorted by how well its labels match the text: what was typed in full then comes first.
  const label = `${fullName(repository)}${branch === undefined ? '' : plain(`@${branch}`)}`;
  const host = remote && hostOfRemote(remote);
  const reason = whyNot({ host: host ?? gitHub.host?.name ?? '' }, remote?.ssh !== undefined, gitHub);
  const question = remote && sshQuestion(remote);
  const choice = { kind: 'repository', repository: chosen(repository, entry) } as const;
  if (reason === undefined) {
    return { ...row, label: `$(repo) ${label}`, description: 'use this repository', choice };
  }
  if (question !== undefined && gitHub.host !== undefined) {
    const description = `use this repository, if SSH says that “${plain(question.host)}” is ${gitHub.host.name}`;
    return { ...row, label: `$(repo) ${label}`, description, choice: { ...choice, kind: 'alias', ssh: question } };
  }
  const blocked = { kind: 'blocked', reason } as const;
  return { ...row, label: `$(warning) ${label}`, description: host ?? '', detail: reason, choice: blocked };
}

/** Why what was typed cannot be used after all, now that SSH has said what its host stands for; `undefined` if it can. */
export function whyNotAlias(ssh: SshTarget, answer: string | undefined, gitHub: GitHubHostReading): string | undefined {
  const host = hostOfRemote({ owner: '', name: '', host: ssh.host, ssh }, answer);
  const reason = whyNot({ host, ...(answer === undefined ? { isUnresolved: true } : {}) }, true, gitHub);
  return reason === undefined || answer === undefined ? reason : `“${ssh.host}” is ${host} for SSH. ${reason}`;
}

function chosen(
  { owner, name, branch, refPath }: RepositoryInput,
  entry: RepositoryEntry | undefined,
): ChosenRepository {
  return {
    // What Git says is spelt as on GitHub, more often than what is typed.
    ...(entry === undefined ? { owner, name } : { owner: entry.owner, name: entry.name, entry }),
    ...defined({ branch, refPath }),
  };
}

/** @param reason why it is of no use, if it is of none */
function entryRow(entry: RepositoryEntry, reason?: string): Row<RepositoryChoice> {
  const { host, owner, name, places } = entry;
  const [first, ...rest] = places;
  const aliases = [...new Set(places.flatMap(({ alias }) => alias ?? []))];
  const detail = [
    ...(reason === undefined ? [] : [reason]),
    ...aliases.map((alias) => `“${plain(alias)}” is ${host} for SSH.`),
    ...(rest.length === 0 ? [] : [`Also: ${rest.map(placeText).join(', ')}`]),
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
  return `${isCurrent ? 'current folder' : plain(folder)}, ${plain(remote)}`;
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
    label: '$(repo) Default branch',
    description: `of ${fullName(repository)}`,
    detail: `${RUNTIMES_WITHOUT_BRANCH} start from it; another branch is named in the first prompt.`,
    alwaysShow: true,
    choice: { kind: 'default' },
  };
  return [
    ...typedBranch(text.trim(), known),
    defaultRow,
    ...grouped(
      'checked out',
      current.map((branch) => currentRow(branch, repository.entry)),
    ),
    ...grouped(
      'on the remote, as of the last fetch',
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
  const detail = 'Not among the branches of the last fetch: it must exist on GitHub.';
  return [
    {
      ...row,
      label: branchLabel(name),
      description: 'use this branch',
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
      severalFolders ? `current in ${plain(folder)}` : 'current',
      ...(localName === name ? [] : [`called ${plain(localName)} here`]),
    ].join(', '),
    ...(remoteState === 0 ? {} : { detail: unpushedText(remoteState) }),
    choice: branchChoice(name),
  };
}

function unpushedText(remoteState: CurrentBranch['remoteState']): string {
  switch (remoteState) {
    case 'absent':
      return 'Not on GitHub as of the last fetch: the agent cannot see it.';
    case 'unknown':
      return 'May differ from GitHub’s: the agent sees only what is pushed.';
    default:
      return `${remoteState} ${remoteState === 1 ? 'commit is' : 'commits are'} not pushed: the agent does not see ${
        remoteState === 1 ? 'it' : 'them'
      }.`;
  }
}

/** The branch that was named with the repository, if it was: of a page's URL, as much as is one of the known. */
export function proposedBranch({ branch, refPath }: ChosenRepository, known: KnownBranches): string | undefined {
  return (refPath === undefined ? undefined : branchOfPath(refPath, known.names)) ?? branch;
}

/** What is told below the field for the first prompt. */
export function promptHint(repository: RepositoryName | undefined, branch: string | undefined): string {
  const where = repository === undefined ? '' : ` for ${fullName(repository)}`;
  const hint = `First prompt${where}. Empty: the session waits for one.`;
  return branch === undefined
    ? hint
    : `${hint} ${sanitizeLine(branch)} is named in it for you: ${RUNTIMES_WITHOUT_BRANCH} start from the default branch.`;
}

/** Text from outside as a label can hold it: nothing hidden, and no icons made of it. */
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

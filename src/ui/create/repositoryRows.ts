/** The rows for the repository of a new cloud session, from what Git knows and what was typed. Pure. */
import * as l10n from '@vscode/l10n';
import { defined } from '../../core/common/defined';
import type { GitHubHostReading } from '../../core/github/gitHubHost';
import { hostOfRemote, sshQuestion, type RemoteOptions, type SshTarget } from '../../core/github/gitRemote';
import { isSameRepository } from '../../core/github/repository';
import { parseRepositoryInput, REPOSITORY_FORMS, type RepositoryInput } from '../../core/github/repositoryInput';
import { judgeEntries, whyNot, type Place, type RepositoryEntry, type RepositoryList } from '../git/gitRepositories';
import { fullName, grouped, plain, type ChosenRepository, type Row } from './createSessionRows';

export type RepositoryChoice =
  | { readonly kind: 'repository'; readonly repository: ChosenRepository }
  /** Usable if SSH resolves its host to the runtime's; SSH is asked when the row is chosen. */
  | { readonly kind: 'alias'; readonly repository: ChosenRepository; readonly ssh: SshTarget }
  | { readonly kind: 'none' }
  /** On another host than the runtime's: shown, but cannot be chosen. */
  | { readonly kind: 'blocked'; readonly reason: string }
  /** Not a choice but an explanation. */
  | { readonly kind: 'explanation' };

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
    const alias = plain(question.host);
    const description = l10n.t('use this repository, if SSH says that “{0}” is {1}', alias, gitHub.host.name);
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

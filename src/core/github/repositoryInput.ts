/** GitHub repositories as a person types or pastes them. */
import * as l10n from '@vscode/l10n';
import { defined } from '../common/defined';
import { branchNameProblem } from './branchName';
import {
  isForeign,
  LONGEST_REMOTE,
  locateWeb,
  readRemote,
  type RemoteOptions,
  type RemoteRepository,
} from './gitRemote';
import { repositoryOf, type RepositoryName } from './repository';

/** How to write a repository, for whoever wrote it otherwise. */
export const REPOSITORY_FORMS = l10n.t('Write owner/name, owner/name@branch, or the URL of a page of the repository.');

const GIT_URL = /^(?:https?|ssh|git|git\+(?:ssh|https?)|ssh\+git):\/\//i;
const PART = /^[a-z\d._-]{1,100}$/i;

/** First parts of paths on GitHub's site that are no account. */
const SITE_PAGES = new Set(
  /* eslint-disable texts/localized -- parts of URLs */
  (
    'about apps codespaces collections contact copilot customer-stories dashboard enterprise enterprises events ' +
    'explore features issues login marketplace new notifications organizations orgs pricing pulls readme search ' +
    'security sessions settings signup site solutions sponsors stars team topics trending users'
  ).split(' '),
  /* eslint-enable texts/localized */
);
const FOLDER_PAGES = new Set(['tree', 'commits']);
const FILE_PAGES = new Set(['blob', 'blame', 'edit', 'raw']);

export interface RepositoryInput extends RepositoryName {
  /** Where it is, if a URL tells. */
  readonly remote?: RemoteRepository;
  /** The branch that was named. From a page's URL it is a guess, and `refPath` has the text that it was read from. */
  readonly branch?: string;
  /** What follows `/tree/` and the like: a branch, and perhaps a path in it. See `branchOfPath`. */
  readonly refPath?: string;
}

export type RepositoryInputResult =
  | { readonly repository: RepositoryInput; readonly problem?: undefined }
  /** What is wrong, in a sentence without secrets of a URL. */
  | { readonly repository?: undefined; readonly problem: string };

/** Reads what a person typed or pasted: `owner/name`, `owner/name@branch`, or the URL of the repository or a page of it. */
export function parseRepositoryInput(text: string, { drives = false }: RemoteOptions = {}): RepositoryInputResult {
  const input = text
    .trim()
    .replace(/^(?:git|gh repo) clone\s+/, '')
    .replace(/^<(.*)>$|^"(.*)"$|^'(.*)'$|^`(.*)`$/, '$1$2$3$4');
  if (input === '') {
    return problem(l10n.t('No repository is named.'));
  }
  if (input.length > LONGEST_REMOTE) {
    return problem(l10n.t('This is too long for a repository.'));
  }
  if (/^https?:\/\//i.test(input)) {
    return parsePage(input);
  }
  if (/^[^/@:]+\.[^/@:]+\/[^/]+\/[^/]/.test(input)) {
    return parsePage(`https://${input}`);
  }
  if (GIT_URL.test(input) || /^[^/]*:/.test(input)) {
    const remote = readRemote(input, { drives });
    return remote.kind === 'repository'
      ? { repository: { owner: remote.repository.owner, name: remote.repository.name, remote: remote.repository } }
      : problem(l10n.t('This is not the address of a GitHub repository.'));
  }
  return parseShort(input);
}

function parseShort(input: string): RepositoryInputResult {
  const [, path = '', branch] = /^([^@]*)(?:@(.*))?$/s.exec(input.replace(/#\d+$/, '')) ?? [];
  const [owner = '', fullName, ...rest] = path.replace(/(?<=.\/.+)\/$/, '').split('/');
  if (fullName === undefined) {
    return problem(PART.test(owner) ? l10n.t('The owner is missing.') : l10n.t('This is not a repository’s name.'));
  }
  if (rest.length > 0) {
    return problem(l10n.t('This has too many parts.'));
  }
  const repository = repositoryOf(owner, fullName);
  if ('problem' in repository) {
    return repository;
  }
  const wrong = branch === undefined ? undefined : branchNameProblem(branch);
  return wrong === undefined ? { repository: { ...repository, ...defined({ branch }) } } : problem(wrong);
}

function parsePage(address: string): RepositoryInputResult {
  const location = locateWeb(address);
  if (location === undefined || isForeign(location.host)) {
    return problem(l10n.t('This is not the address of a page on GitHub.'));
  }
  const [owner = '', fullName = '', page = '', ...rest] = location.path;
  if (fullName === '' || SITE_PAGES.has(owner.toLowerCase())) {
    return problem(l10n.t('This is a page of GitHub, not of a repository.'));
  }
  const repository = repositoryOf(owner, fullName);
  if ('problem' in repository) {
    return repository;
  }
  const refPath = rest.join('/');
  // A folder's page is mostly opened at the root of a branch; a file's never is.
  const branch = FOLDER_PAGES.has(page) ? refPath : FILE_PAGES.has(page) ? (rest[0] ?? '') : '';
  return {
    repository: {
      ...repository,
      remote: { ...repository, host: location.host },
      ...(branchNameProblem(branch) === undefined ? { branch, refPath } : {}),
    },
  };
}

function problem(text: string): RepositoryInputResult {
  return { problem: text };
}

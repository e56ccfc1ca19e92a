/**
 * GitHub repositories as they are written: remotes of Git, pages on the web, and what a person types.
 *
 * Own code, because no library fits: hosted-git-info knows no GitHub but github.com, git-url-parse takes local paths
 * for repositories and ends a branch at its first slash, and neither knows GitHub's rules for names.
 */
import { branchNameProblem } from './branchName';

export interface RepositoryName {
  readonly owner: string;
  readonly name: string;
}

export interface RemoteRepository extends RepositoryName {
  /** In lower case, without user, port and `ssh.`; an alias of somebody's SSH configuration stays what it is. */
  readonly host: string;
}

/** How a repository may be written; said wherever it was written otherwise. */
export const REPOSITORY_FORMS = 'Write owner/name, owner/name@branch, or the URL of a page of the repository.';

const LONGEST = 2048;
const GIT_URL = /^(?:https?|ssh|git|git\+(?:ssh|https?)|ssh\+git):\/\//i;
/** Git's short form for SSH: a colon before the first slash, and not that of a drive, as in `C:/folder`. */
const SCP = /^(?:[^/:]*@)?(\[[\da-f:.]+\]|[^@/:[\]]{2,}):(.+)$/i;
const HOST = /^(?:[a-z\d_](?:[a-z\d_.-]*[a-z\d_])?|\[[\da-f:.]+\])$/;
const OWNER = /^[a-z\d][a-z\d_-]{0,38}$/i;
const NAME = /^[a-z\d._-]{1,100}$/i;

/** Well-known services that are not GitHub. Any other host may be a GitHub Enterprise Server: it cannot be told. */
const OTHER_SERVICES = new Set([
  'bitbucket.org',
  'codeberg.org',
  'dev.azure.com',
  'ssh.dev.azure.com',
  'gitea.com',
  'gitee.com',
  'git.kernel.org',
  'git.launchpad.net',
  'git.sr.ht',
  'hf.co',
  'huggingface.co',
  'notabug.org',
  'salsa.debian.org',
  'source.developers.google.com',
]);
const OTHER_SERVICE =
  /^(?:gitlab|bitbucket|gitea|forgejo|gerrit)\.|\.(?:visualstudio\.com|googlesource\.com|amazonaws\.com|sourceforge\.net|code\.sf\.net)$/;
/** First parts of paths on GitHub's site that no account can have as its name. */
const SITE_PAGES = new Set(
  (
    'about apps codespaces collections contact copilot customer-stories dashboard enterprise enterprises events ' +
    'explore features issues login marketplace new notifications organizations orgs pricing pulls readme search ' +
    'security sessions settings signup site solutions sponsors stars team topics trending users'
  ).split(' '),
);
const FOLDER_PAGES = new Set(['tree', 'commits']);
const FILE_PAGES = new Set(['blob', 'blame', 'edit', 'raw']);

/**
 * The GitHub repository that a remote of Git names: `https`, `ssh`, `git` and `git+ssh` URLs and `user@host:owner/name`.
 * User names and tokens in it are dropped.
 *
 * @returns `undefined` for local paths, for what is known to be another service, and for a path of other than two parts:
 * every GitHub, Enterprise Server included, has its repositories at `/owner/name`, below no prefix.
 */
export function parseRemoteUrl(url: string): RemoteRepository | undefined {
  const location = locate(url.trim());
  const [owner = '', fullName = '', ...rest] = location?.path ?? [];
  const name = fullName.replace(/\.git$/i, '');
  if (
    location === undefined ||
    rest.length > 0 ||
    ownerProblem(owner) !== undefined ||
    nameProblem(name) !== undefined
  ) {
    return undefined;
  }
  return { host: location.host, owner, name };
}

export interface RepositoryInput extends RepositoryName {
  /** Where it was said: from a URL. */
  readonly host?: string;
  /** Named with the repository; out of a page's URL it is a guess, and `refPath` has all that it was made of. */
  readonly branch?: string;
  /** What follows `/tree/` and the like: a branch, and maybe a path in it. See `branchOfPath`. */
  readonly refPath?: string;
}

export type RepositoryInputResult =
  | { readonly repository: RepositoryInput; readonly problem?: undefined }
  /** A sentence on what is wrong, without anything that a URL may have held in secret. */
  | { readonly repository?: undefined; readonly problem: string };

/** What a person typed or pasted: `owner/name`, `owner/name@branch`, or the URL of the repository or a page of it. */
export function parseRepositoryInput(text: string): RepositoryInputResult {
  const input = text
    .trim()
    .replace(/^(?:git|gh repo) clone\s+/, '')
    .replace(/^<(.*)>$|^"(.*)"$|^'(.*)'$|^`(.*)`$/, '$1$2$3$4');
  if (input === '') {
    return problem('No repository is named.');
  }
  if (input.length > LONGEST) {
    return problem('This is too long for a repository.');
  }
  if (/^https?:\/\//i.test(input)) {
    return parsePage(input);
  }
  if (/^[^/@:]+\.[^/@:]+\/[^/]+\/[^/]/.test(input)) {
    return parsePage(`https://${input}`);
  }
  if (GIT_URL.test(input) || /^[^/]*:/.test(input)) {
    const repository = parseRemoteUrl(input);
    return repository === undefined ? problem('This is not the address of a GitHub repository.') : { repository };
  }
  return parseShort(input);
}

function parseShort(input: string): RepositoryInputResult {
  const [, path = '', branch] = /^([^@]*)(?:@(.*))?$/s.exec(input.replace(/#\d+$/, '')) ?? [];
  const [owner = '', fullName, ...rest] = path.replace(/(?<=.\/.+)\/$/, '').split('/');
  if (fullName === undefined) {
    return problem(NAME.test(owner) ? 'The owner is missing.' : 'This is not a repository’s name.');
  }
  if (rest.length > 0) {
    return problem('This has too many parts.');
  }
  const name = fullName.replace(/\.git$/i, '');
  const wrong =
    ownerProblem(owner) ?? nameProblem(name) ?? (branch === undefined ? undefined : branchNameProblem(branch));
  return wrong === undefined
    ? { repository: { owner, name, ...(branch === undefined ? {} : { branch }) } }
    : problem(wrong);
}

function parsePage(address: string): RepositoryInputResult {
  const location = locate(address);
  if (location === undefined) {
    return problem('This is not the address of a page on GitHub.');
  }
  const [owner = '', fullName = '', page = '', ...rest] = location.path;
  const name = fullName.replace(/\.git$/i, '');
  if (fullName === '' || SITE_PAGES.has(owner.toLowerCase())) {
    return problem('This is a page of GitHub, not of a repository.');
  }
  const wrong = ownerProblem(owner) ?? nameProblem(name);
  if (wrong !== undefined) {
    return problem(wrong);
  }
  const refPath = rest.join('/');
  // A folder's page is mostly opened at the root of a branch; a file's never is.
  const branch = FOLDER_PAGES.has(page) ? refPath : FILE_PAGES.has(page) ? (rest[0] ?? '') : '';
  return {
    repository: {
      host: location.host,
      owner,
      name,
      ...(branchNameProblem(branch) === undefined ? { branch, refPath } : {}),
    },
  };
}

/**
 * How a remote's host relates to the one that the runtime works with. `alias`: a name that only somebody's SSH
 * configuration knows (`work`, `github.com-work`), which may well stand for the runtime's host.
 */
export function relateHost(host: string, runtimeHost: string): 'same' | 'alias' | 'other' {
  if (host === normalizeHost(runtimeHost)) {
    return 'same';
  }
  const last = host.split('.').at(-1) ?? '';
  const isAddress = host.startsWith('[') || /^\d+$/.test(last);
  const isDomain = host.includes('.') && (/^[a-z]{2,}$/.test(last) || last.startsWith('xn--'));
  return isAddress || isDomain || host === 'localhost' ? 'other' : 'alias';
}

/** A host as `GH_HOST` may give it (`ACME.ghe.com`, `https://acme.ghe.com/`), in the form of `RemoteRepository.host`. */
export function normalizeHost(text: string): string {
  const host = text
    .trim()
    .toLowerCase()
    .replace(/^[a-z+]+:\/\//, '')
    .replace(/[/?#].*$/, '')
    .replace(/:\d*$/, '')
    .replace(/\.$/, '');
  return host === 'ssh.github.com' || host === 'www.github.com' ? 'github.com' : host;
}

/** GitHub tells names apart regardless of their case. */
export function isSameRepository(a: RepositoryName, b: RepositoryName): boolean {
  return a.owner.toLowerCase() === b.owner.toLowerCase() && a.name.toLowerCase() === b.name.toLowerCase();
}

interface Location {
  readonly host: string;
  /** The parts of the path, decoded, none of them empty. */
  readonly path: readonly string[];
}

function locate(url: string): Location | undefined {
  if (url.length > LONGEST || /[\p{Cc}\s\\]/u.test(url)) {
    return undefined;
  }
  if (GIT_URL.test(url)) {
    return locateUrl(url);
  }
  const [, host = '', path = ''] = url.includes('://') ? [] : (SCP.exec(url) ?? []);
  return located(host, path.split('/'));
}

function locateUrl(url: string): Location | undefined {
  try {
    // The URL standard parses hosts and ports only of the schemes that it knows.
    const { hostname, pathname } = new URL(url.replace(/^[^:]+/, 'https'));
    return located(hostname, pathname.split('/').map(decodeURIComponent));
  } catch {
    return undefined;
  }
}

function located(rawHost: string, path: readonly string[]): Location | undefined {
  const host = normalizeHost(rawHost);
  const isOther = host.endsWith('.github.com') || host.endsWith('.githubusercontent.com');
  return HOST.test(host) && !isOther && !OTHER_SERVICES.has(host) && !OTHER_SERVICE.test(host)
    ? { host, path: path.filter((part) => part !== '') }
    : undefined;
}

/** Why a text cannot be the name of an account on GitHub, as a sentence; `undefined` if it can. */
export function ownerProblem(owner: string): string | undefined {
  if (OWNER.test(owner)) {
    return undefined;
  }
  if (owner === '') {
    return 'The owner is missing.';
  }
  return owner.length > 39
    ? 'An owner’s name has at most 39 characters.'
    : 'An owner’s name has only letters, digits and hyphens, and starts with a letter or digit.';
}

/** Why a text cannot be the name of a repository on GitHub, as a sentence; `undefined` if it can. */
export function repositoryNameProblem(name: string): string | undefined {
  return /\.git$/i.test(name) ? 'A repository’s name does not end with “.git”.' : nameProblem(name);
}

function nameProblem(name: string): string | undefined {
  if (name === '') {
    return 'The name of the repository is missing.';
  }
  if (name.length > 100) {
    return 'A repository’s name has at most 100 characters.';
  }
  if (!NAME.test(name) || /^\.{1,2}$/.test(name)) {
    return 'A repository’s name has only letters, digits, “.”, “-” and “_”.';
  }
  return /\.wiki$/i.test(name) ? 'This is a repository’s wiki, not the repository.' : undefined;
}

function problem(text: string): RepositoryInputResult {
  return { problem: text };
}

/**
 * Remotes of Git, as far as their text tells: which repository, on which host, and whether SSH's configuration can map
 * that host to another.
 *
 * Own code, because no library fits: hosted-git-info knows only github.com, git-url-parse takes local paths for
 * repositories, and neither reads SSH's addresses as Git does (`[git@host:443]:path`, `%2e`, brackets).
 */
import { defined } from '../common/defined';
import { GitHubHost } from './gitHubHost';
import { repositoryOf, type RepositoryName } from './repository';

/** A repository whose host may be GitHub. */
export interface RemoteRepository extends RepositoryName {
  /** In lower case, with the port of an HTTP URL that has an unusual one: `github.com`, `work`, `gitea:3000`. */
  readonly host: string;
  /** Set if it is reached by SSH, whose configuration may map `host` to another host. */
  readonly ssh?: SshTarget;
}

/** What Git passes to SSH. Each part is free of characters that a shell or SSH could misinterpret. */
export interface SshTarget {
  /** As it is written: the names in SSH's configuration are case-sensitive. */
  readonly host: string;
  readonly user?: string;
  readonly port?: string;
}

export type RemoteReading =
  | { readonly kind: 'repository'; readonly repository: RemoteRepository }
  /** It is on a host that is not GitHub, or its path is not `/owner/name`, as all of GitHub's are. */
  | { readonly kind: 'foreign'; readonly host: string }
  /** A folder, or an address that Git cannot use. */
  | { readonly kind: 'none' };

export interface RemoteOptions {
  /** Whether one letter before a colon is a drive, as in Git for Windows, instead of a host. */
  readonly drives?: boolean;
}

/** Longest remote that is read, in characters. */
export const LONGEST_REMOTE = 2048;

const WEB = /^(?:git\+)?https?:\/\/(?=[^/])/i;
const SHELL = /^(?:ssh|git|git\+ssh|ssh\+git):\/\//i;
/** Git's short form: a colon before the first slash; the host may be in brackets. */
const SCP = /^((?:[^/:[\]]*@)?\[[^\]/]*\]|[^/:[\]]+):(.*)$/s;
const HOST = /^(?!.*\.\.)(?:[a-z\d_](?:[a-z\d_.-]{0,251}[a-z\d_])?\.?|\[[\da-f:.]+\])$/i;
const USER = /^[a-z\d_][a-z\d_.-]{0,63}$/i;

/** Well-known services that are not GitHub. Any other host may be a GitHub Enterprise Server. */
const OTHER_SERVICES = new Set([
  'bitbucket.org',
  'codeberg.org',
  'dev.azure.com',
  'ssh.dev.azure.com',
  'gitea.com',
  'gitee.com',
  'gitlab.com',
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
  /^(?:gitlab|bitbucket|gitea|forgejo|gerrit)\.|\.(?:visualstudio\.com|googlesource\.com|amazonaws\.com|sourceforge\.net|code\.sf\.net|github\.com|githubusercontent\.com)$/;

/**
 * Reads a remote of Git: `https`, `ssh`, `git` and `git+ssh` URLs and `user@host:owner/name`. User names and tokens in it
 * are dropped, except a name that SSH needs. Every GitHub, Enterprise Server included, has its repositories at
 * `/owner/name`, without a prefix.
 */
export function readRemote(url: string, { drives = false }: RemoteOptions = {}): RemoteReading {
  const address = url.trim();
  const location = WEB.test(address) ? locateWeb(address) : locateSsh(address, drives);
  if (location === undefined) {
    return { kind: 'none' };
  }
  const { host, ssh, path } = location;
  const [owner = '', fullName = '', ...rest] = path;
  const repository = repositoryOf(owner, fullName);
  const isForeignHost = ssh === undefined ? isForeign(host) : OTHER_SERVICES.has(host);
  if (isForeignHost) {
    return { kind: 'foreign', host };
  }
  if (rest.length > 0 || 'problem' in repository) {
    return GitHubHost.serving(host, 'web') === undefined ? { kind: 'foreign', host } : { kind: 'none' };
  }
  return { kind: 'repository', repository: { ...repository, host, ...defined({ ssh }) } };
}

/** What to resolve with SSH, to know the repository's host; `undefined` if the host is a name of GitHub itself. */
export function sshQuestion({ host, ssh }: RemoteRepository): SshTarget | undefined {
  return GitHubHost.serving(host, 'ssh') === undefined ? ssh : undefined;
}

/** Whether a host is known not to serve GitHub's repositories. */
export function isForeign(host: string): boolean {
  const name = host.replace(/:\d+$/, '');
  return GitHubHost.serving(host, 'web') === undefined && (OTHER_SERVICES.has(name) || OTHER_SERVICE.test(name));
}

/**
 * The host of a repository.
 * @param answer the host that SSH connects to, where it was asked and has answered
 * @returns the host's usual name: `github.com` for `ssh.github.com`
 */
export function hostOfRemote({ host, ssh }: RemoteRepository, answer?: string): string {
  const name = (answer ?? host).toLowerCase().replace(/\.$/, '');
  return GitHubHost.serving(name, ssh === undefined ? 'web' : 'ssh')?.name ?? name;
}

interface Location {
  readonly host: string;
  readonly ssh?: SshTarget;
  /** The parts of the path, decoded, none of them empty. */
  readonly path: readonly string[];
}

/** Reads an `http` or `https` URL; no configuration maps its host. */
export function locateWeb(address: string): Location | undefined {
  if (!isReadable(address)) {
    return undefined;
  }
  try {
    const url = new URL(address.replace(/^git\+/i, ''));
    const host = url.hostname.replace(/\.$/, '');
    if (!/^https?:$/.test(url.protocol) || !HOST.test(url.hostname)) {
      return undefined;
    }
    return {
      host: url.port === '' ? host : `${host}:${url.port}`,
      path: partsOf(url.pathname).map(decodeURIComponent),
    };
  } catch {
    return undefined;
  }
}

/** Reads an address that Git passes to SSH; `git://` has the same form. */
function locateSsh(address: string, drives: boolean): Location | undefined {
  if (!isReadable(address) || (drives && /^[a-z]:/i.test(address))) {
    return undefined;
  }
  const scheme = SHELL.exec(address)?.[0];
  if (scheme === undefined) {
    // `ext::` and the like name a program, which reads the rest.
    const isOther = address.includes('://') || /^[a-z\d+.-]*::/i.test(address);
    const [, authority = '', path = ''] = isOther ? [] : (SCP.exec(address) ?? []);
    return locationOf(targetOf(authority), path);
  }
  try {
    // Git decodes before it splits.
    const decoded = decodeURIComponent(address.slice(scheme.length));
    const [, authority = '', path = ''] = /^([^/]*)(.*)$/s.exec(decoded) ?? [];
    const isSsh = !/^git:/i.test(scheme);
    return isReadable(decoded) ? locationOf(targetOf(authority), path, isSsh) : undefined;
  } catch {
    return undefined;
  }
}

function locationOf(ssh: SshTarget | undefined, path: string, isSsh = true): Location | undefined {
  return ssh && { host: ssh.host.toLowerCase().replace(/\.$/, ''), ...(isSsh ? { ssh } : {}), path: partsOf(path) };
}

/** Reads `host`, `user@host:port`, and both of them in brackets, with or without the user. */
function targetOf(authority: string): SshTarget | undefined {
  const [, outer, inner, after] = /^(?:(.*)@)?\[([^\]]+)\](?::(\d*))?$/.exec(authority) ?? [];
  const isAddress = inner !== undefined && /:.*:/.test(inner);
  const [, user, name = '', port] = isAddress
    ? [undefined, outer, `[${inner}]`, after]
    : (/^(?:(.*)@)?([^@:]*)(?::(\d*))?$/.exec(inner ?? authority) ?? []);
  const at = user ?? outer;
  const number = port ?? after;
  return HOST.test(name)
    ? {
        host: name,
        ...(at !== undefined && USER.test(at) ? { user: at } : {}),
        ...(number === undefined || number === '' ? {} : { port: number }),
      }
    : undefined;
}

function isReadable(text: string): boolean {
  return text.length <= LONGEST_REMOTE && !/[\p{Cc}\s\\]/u.test(text);
}

function partsOf(path: string): string[] {
  return path.split('/').filter((part) => part !== '');
}

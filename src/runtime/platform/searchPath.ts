import * as l10n from '@vscode/l10n';
import { pathOf, type Platform } from './platform';

/** What of a machine decides where programs may be taken from. */
export type Grounds = Pick<Platform, 'platform' | 'env' | 'real' | 'trail' | 'workspaceFolders'>;

export interface DroppedEntry {
  /** As it stands in the variable. */
  readonly entry: string;
  readonly why: string;
}

export interface SearchPath {
  /** Absolute, each once, in their order. */
  readonly folders: readonly string[];
  readonly dropped: readonly DroppedEntry[];
}

/**
 * The folders of a `PATH` from which a program may be started: absolute ones, outside of the open workspace. What is
 * relative (an empty entry too) means the folder that a process happens to be in; what lies in a workspace, links
 * followed, belongs to whoever wrote that.
 *
 * @param value that of `PATH`; by default the machine's own
 */
export function searchPath(host: Grounds, value = host.env['PATH'] ?? host.env['Path'] ?? ''): SearchPath {
  const folders = new Set<string>();
  const dropped: DroppedEntry[] = [];
  for (const entry of value === '' ? [] : entriesOf(value, host)) {
    const why = isWhole(entry, host) ? whyStranger(entry, host) : notAbsolute();
    if (why === undefined) {
      folders.add(entry);
    } else {
      dropped.push({ entry: entry === '' ? l10n.t('(an empty entry)') : entry, why });
    }
  }
  return { folders: [...folders], dropped };
}

/**
 * The value of `PATH` for a program that we start. It is never empty: an empty `PATH` means the working directory, and
 * one that is not there what the C library or the shell likes, in some of them the working directory again.
 */
export function pathVariable(host: Grounds, { folders }: SearchPath): string {
  const { delimiter } = pathOf(host);
  const all = folders.length === 0 ? systemFolders(host) : folders;
  return all.map((folder) => (folder.includes(delimiter) ? `"${folder}"` : folder)).join(delimiter);
}

/** Why a program or folder is a stranger's; `undefined` if it is not. It need not be there (yet). */
export function whyStranger(file: string, host: Grounds): string | undefined {
  // `/proc/self/cwd` is whatever folder the process that asks is in.
  if (host.platform !== 'win32' && namesOf(file, host).some((name) => /^\/(proc|dev)(\/|$)/.test(name))) {
    return l10n.t('what it leads to depends on the process');
  }
  const workspace = workspaceOf(file, host);
  return workspace === undefined ? undefined : insideWorkspace(workspace);
}

export function notAbsolute(): string {
  return l10n.t('it is not an absolute path');
}

export function insideWorkspace(folder: string): string {
  return l10n.t('it is inside the workspace folder {0}', folder);
}

/**
 * The open workspace folder in which a file lies, links followed on both sides. A workspace in which the home folder or
 * the system's programs lie is not counted: those are the user's and the system's own, whatever is opened.
 */
export function workspaceOf(file: string, host: Grounds): string | undefined {
  const own = ownFolders(host).map((folder) => host.real(folder));
  // A link in the workspace that leads out of it leads wherever the workspace says.
  const names = namesOf(file, host);
  return host.workspaceFolders.find((workspace) => {
    const roots = [pathOf(host).normalize(workspace), host.real(workspace)];
    return (
      !own.some((folder) => isInside(folder, host.real(workspace), host)) &&
      names.some((name) => roots.some((root) => isInside(name, root, host)))
    );
  });
}

/** All that is passed on the way to a file; also what a `..` leaves again, which its normal form does not have. */
function namesOf(file: string, host: Grounds): string[] {
  const { sep, normalize } = pathOf(host);
  const parts = file.split(host.platform === 'win32' ? /[/\\]/ : sep);
  const left = parts.flatMap((part, at) => (part === '..' && at > 1 ? [normalize(parts.slice(0, at).join(sep))] : []));
  return [...left, file].flatMap((name) => host.trail(name));
}

/** Whether a path says where it is without a working directory or a current drive. */
export function isWhole(file: string, { platform }: Pick<Platform, 'platform'>): boolean {
  return platform === 'win32' ? /^([a-z]:[/\\]|[/\\]{2}[^/\\]+[/\\]+[^/\\]+)/i.test(file) : file.startsWith('/');
}

function entriesOf(value: string, host: Grounds): string[] {
  if (host.platform !== 'win32') {
    return value.split(':');
  }
  // Quotes protect what is between them, a semicolon too.
  return (value.match(/(?:"[^"]*"?|[^;"])+|(?<=^|;)(?=;|$)/g) ?? []).map((entry) => entry.replaceAll('"', ''));
}

/** Whether a path is a folder's or leads below it, as the names alone say it. */
export function isInside(file: string, folder: string, host: Grounds): boolean {
  const { sep } = pathOf(host);
  // The file systems of these take upper for lower case, as a rule.
  const fold = (text: string): string =>
    (host.platform === 'win32' || host.platform === 'darwin' ? text.toLowerCase() : text).replace(/[/\\]+$/, '') + sep;
  return fold(file).startsWith(fold(folder));
}

function ownFolders({ env, platform }: Grounds): string[] {
  const folders =
    platform === 'win32' ? [env['USERPROFILE'], env['SystemRoot'] ?? env['SYSTEMROOT']] : [env['HOME'], '/usr/bin'];
  return folders.filter(
    (folder): folder is string => folder !== undefined && folder !== '' && isWhole(folder, { platform }),
  );
}

function systemFolders({ env, platform }: Grounds): string[] {
  if (platform !== 'win32') {
    return ['/usr/local/bin', '/usr/bin', '/bin', '/usr/sbin', '/sbin'];
  }
  const root = env['SystemRoot'] ?? env['SYSTEMROOT'];
  const windows = root !== undefined && isWhole(root, { platform }) ? root : 'C:\\Windows';
  return [`${windows}\\System32`, windows];
}

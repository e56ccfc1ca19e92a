import * as l10n from '@vscode/l10n';
import { pathOf, type Platform } from './platform';

/** The parts of a machine that decide where programs may be taken from. */
export type Grounds = Pick<Platform, 'platform' | 'env' | 'real' | 'trail' | 'workspaceFolders'>;

export interface DroppedEntry {
  /** As in the variable. */
  readonly entry: string;
  readonly why: string;
}

export interface SearchPath {
  /** Absolute paths, each once, in their order. */
  readonly folders: readonly string[];
  readonly dropped: readonly DroppedEntry[];
}

/**
 * The folders of a `PATH` from which programs may be started: absolute ones outside of the open workspace, links
 * followed. A relative entry (also an empty one) means the working directory of a process; a workspace may be written
 * by others.
 *
 * @param value of `PATH`; by default that of the machine
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
 * without a `PATH`, the C library or the shell decides (for the working directory, in some of them).
 */
export function pathVariable(host: Grounds, { folders }: SearchPath): string {
  const { delimiter } = pathOf(host);
  const all = folders.length === 0 ? systemFolders(host) : folders;
  return all.map((folder) => (folder.includes(delimiter) ? `"${folder}"` : folder)).join(delimiter);
}

/** Why a program or folder is not trusted, as a localized clause; `undefined` if it is. It need not exist (yet). */
export function whyStranger(file: string, host: Grounds): string | undefined {
  // `/proc/self/cwd` is the working directory of the process that asks.
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
 * The open workspace folder that a file is in, links followed on both sides. A workspace that contains the home folder
 * or the programs of the system does not count: those belong to the user and the system, whatever is opened.
 */
export function workspaceOf(file: string, host: Grounds): string | undefined {
  const own = ownFolders(host).map((folder) => host.real(folder));
  // The workspace decides where a link in it leads, also one that leads out of it.
  const names = namesOf(file, host);
  return host.workspaceFolders.find((workspace) => {
    const roots = [pathOf(host).normalize(workspace), host.real(workspace)];
    return (
      !own.some((folder) => isInside(folder, host.real(workspace), host)) &&
      names.some((name) => roots.some((root) => isInside(name, root, host)))
    );
  });
}

/** All paths on the way to a file, including those before a `..`, which its normal form lacks. */
function namesOf(file: string, host: Grounds): string[] {
  const { sep, normalize } = pathOf(host);
  const parts = file.split(host.platform === 'win32' ? /[/\\]/ : sep);
  const left = parts.flatMap((part, at) => (part === '..' && at > 1 ? [normalize(parts.slice(0, at).join(sep))] : []));
  return [...left, file].flatMap((name) => host.trail(name));
}

/** Whether a path is absolute without a working directory or a current drive. */
export function isWhole(file: string, { platform }: Pick<Platform, 'platform'>): boolean {
  return platform === 'win32' ? /^([a-z]:[/\\]|[/\\]{2}[^/\\]+[/\\]+[^/\\]+)/i.test(file) : file.startsWith('/');
}

function entriesOf(value: string, host: Grounds): string[] {
  if (host.platform !== 'win32') {
    return value.split(':');
  }
  // Quotes protect semicolons between them.
  return (value.match(/(?:"[^"]*"?|[^;"])+|(?<=^|;)(?=;|$)/g) ?? []).map((entry) => entry.replaceAll('"', ''));
}

/** Whether a path is a folder or below it, by the names alone. */
export function isInside(file: string, folder: string, host: Grounds): boolean {
  const { sep } = pathOf(host);
  // Their file systems usually ignore case.
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

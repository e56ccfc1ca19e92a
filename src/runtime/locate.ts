import { CloudSessionsError } from '../core/errors';
import { pathOf, thisHost, type Host } from './host';
import { npmGlobalFolders } from './npmFolders';

export type RuntimeSource = 'cloudSessions.runtime.path' | 'COPILOT_CLI_PATH' | 'PATH' | 'npm' | 'this extension';

export interface RuntimeLocation {
  /** The executable to start. */
  readonly command: string;
  /** What comes before the runtime's own arguments: the script, if Node is to run one. */
  readonly args: readonly string[];
  /** `command` is the editor's own executable, to be run as Node. */
  readonly asNode: boolean;
  readonly source: RuntimeSource;
}

/** A place where the runtime was looked for, and why it was not taken from there. */
export interface TriedLocation {
  readonly where: string;
  readonly why: string;
}

/**
 * `runtime-not-found`: it is in none of the usual places. `runtime-path`: the path that somebody gave for it cannot be
 * used.
 */
export class RuntimeNotFoundError extends CloudSessionsError {
  constructor(
    code: 'runtime-not-found' | 'runtime-path',
    message: string,
    nextStep: string,
    /** In the order in which they were tried. */
    readonly tried: readonly TriedLocation[],
  ) {
    super(code, message, { nextStep, details: tried.map(({ where, why }) => `${where}: ${why}`).join('\n') });
  }
}

/** Runtimes that are scripts (1.0.55) need this major version of Node, or a newer one. */
export const OLDEST_NODE = 22;

const INSTALL = 'Run “Cloud Sessions: Install Copilot Runtime”, or set cloudSessions.runtime.path.';

/** A stand-in that VS Code's Copilot puts on the PATH of its terminals; it asks at the terminal for an installation. */
const VSCODE_SHIM = /[/\\]github\.copilot-chat[/\\]copilotcli$/i;

/**
 * Finds the runtime: the setting, then `COPILOT_CLI_PATH`, then `copilot` on the PATH, then npm's usual global folders,
 * then what this extension installed.
 * What somebody gave is used or refused; nothing else is tried in its place.
 *
 * @param configured `cloudSessions.runtime.path`: an absolute path (`~` is the home folder), or the name of a command
 * on the PATH; empty if it is not set
 * @param installed the program that this extension installed, if it did
 * @throws {RuntimeNotFoundError}
 */
export function locateRuntime(configured: string, host: Host = thisHost(), installed?: string): RuntimeLocation {
  const given = configured.trim();
  if (given !== '') {
    return fromGiven(given, 'cloudSessions.runtime.path', host);
  }
  const fromEnvironment = host.env['COPILOT_CLI_PATH']?.trim();
  if (fromEnvironment) {
    return fromGiven(fromEnvironment, 'COPILOT_CLI_PATH', host);
  }
  const tried: TriedLocation[] = [
    { where: 'cloudSessions.runtime.path', why: 'not set' },
    { where: 'COPILOT_CLI_PATH', why: 'not set' },
  ];
  const onPath = findOnPath('copilot', host, tried);
  if (onPath !== undefined) {
    return startable(onPath, 'PATH', host);
  }
  for (const folder of npmGlobalFolders(host)) {
    const found = fromNpm(folder, 'npm', host);
    if (found !== undefined) {
      return found;
    }
    const isThere = host.kind(pathOf(host).join(folder, '@github', 'copilot')) === 'folder';
    tried.push({
      where: folder,
      why: isThere ? `@github/copilot lacks its program for ${host.platform}-${host.arch}` : 'no @github/copilot in it',
    });
  }
  if (installed !== undefined) {
    return { command: installed, args: [], asNode: false, source: 'this extension' };
  }
  tried.push({ where: 'this extension', why: 'has installed none' });
  throw new RuntimeNotFoundError('runtime-not-found', 'No Copilot runtime was found on this machine.', INSTALL, tried);
}

export function isScript(file: string): boolean {
  return /\.[cm]?js$/i.test(file);
}

function fromGiven(given: string, source: RuntimeSource, host: Host): RuntimeLocation {
  const refuse = (file: string, why: string, nextStep: string, tried: readonly TriedLocation[] = []): never => {
    throw new RuntimeNotFoundError('runtime-path', `The Copilot runtime named by ${source} ${why}: ${file}`, nextStep, [
      { where: `${source}: ${file}`, why },
      ...tried,
    ]);
  };
  const correct = `Correct ${source}, or remove it to have the runtime looked for.`;
  if (/^[\w.-]+$/.test(given) && !isScript(given)) {
    const tried: TriedLocation[] = [];
    const found = findOnPath(given, host, tried) ?? refuse(given, 'is not on the PATH', correct, tried);
    return startable(found, source, host);
  }
  const file = expandHome(given, host);
  if (!pathOf(host).isAbsolute(file)) {
    return refuse(file, 'is not an absolute path', `Give the whole path in ${source}.`);
  }
  switch (host.kind(file)) {
    case 'missing':
      return refuse(file, 'does not exist', correct);
    case 'unreadable':
      return refuse(file, 'cannot be reached with your permissions', `Change them, or correct ${source}.`);
    case 'folder':
      return refuse(file, 'is a folder', `Name the executable (or .js file) inside it in ${source}.`);
    case 'empty file':
      return refuse(file, 'is an empty file', `Install the runtime again, or correct ${source}.`);
    case 'special file':
      return refuse(file, 'is not a regular file', correct);
    case 'file':
      break;
  }
  const isRunnable = host.platform === 'win32' ? /\.(exe|com|cmd|bat|ps1)$/i.test(file) : host.isExecutable(file);
  if (!isScript(file) && !isRunnable) {
    return refuse(
      file,
      'is not executable',
      host.platform === 'win32'
        ? `Name an .exe or .js file in ${source}.`
        : `Make it executable (chmod +x), or correct ${source}.`,
    );
  }
  return startable(file, source, host);
}

/** The first such program on the PATH; what is there and cannot be used is noted in `tried`. */
function findOnPath(name: string, host: Host, tried: TriedLocation[]): string | undefined {
  const { delimiter, join, isAbsolute } = pathOf(host);
  const folders = (host.env['PATH'] ?? host.env['Path'] ?? '')
    .split(delimiter)
    .map((folder) => (host.platform === 'win32' ? folder.replace(/^"(.*)"$/, '$1') : folder))
    // What stands in the folder that we happen to be in is not ours to run.
    .filter((folder) => isAbsolute(folder));
  for (const folder of new Set(folders)) {
    for (const file of executableNames(name, host).map((executable) => join(folder, executable))) {
      const kind = host.kind(file);
      if (kind === 'missing' || kind === 'unreadable') {
        continue;
      }
      if (VSCODE_SHIM.test(folder)) {
        tried.push({ where: file, why: 'a stand-in of VS Code’s, no runtime' });
      } else if (kind !== 'file' || (host.platform !== 'win32' && !host.isExecutable(file))) {
        tried.push({
          where: file,
          why: kind === 'file' ? 'not executable' : `is a ${kind}`.replace('a empty', 'an empty'),
        });
      } else {
        return file;
      }
    }
  }
  tried.push({ where: 'PATH', why: `no ${name} in ${folders.length === 0 ? '(empty)' : folders.join(delimiter)}` });
  return undefined;
}

function executableNames(name: string, { platform, env }: Host): string[] {
  if (platform !== 'win32' || /\.(exe|com|cmd|bat)$/i.test(name)) {
    return [name];
  }
  // Of what PATHEXT may hold, these can be started, or lead to what can.
  return (env['PATHEXT'] ?? '.COM;.EXE;.BAT;.CMD')
    .toLowerCase()
    .split(';')
    .filter((extension) => ['.com', '.exe', '.bat', '.cmd'].includes(extension))
    .map((extension) => name + extension);
}

/**
 * What to start for a program that was found. npm's `copilot` is a script that starts the native program and waits for
 * it: killing the script would leave that running. So the native program is taken, where it stands beside the script.
 */
function startable(file: string, source: RuntimeSource, host: Host): RuntimeLocation {
  const { basename, dirname, join } = pathOf(host);
  const real = host.real(file);
  const isShim = /\.(cmd|ps1|bat)$/i.test(real);
  if (isShim || basename(real) === 'npm-loader.js') {
    const modules = isShim ? join(dirname(real), 'node_modules') : dirname(dirname(dirname(real)));
    const found = fromNpm(modules, source, host);
    if (found !== undefined) {
      return found;
    }
  }
  if (isShim && host.platform === 'win32') {
    throw new RuntimeNotFoundError(
      'runtime-path',
      `Only a command file was found, which cannot be started safely: ${real}`,
      'Name an .exe or .js file in cloudSessions.runtime.path.',
      [{ where: real, why: 'a command file without @github/copilot beside it' }],
    );
  }
  return isScript(real) ? withNode(real, source, host) : { command: file, args: [], asNode: false, source };
}

/** The native program of this platform in a folder of packages; else the script. */
function fromNpm(modules: string, source: RuntimeSource, host: Host): RuntimeLocation | undefined {
  const { join, dirname } = pathOf(host);
  const own = join(modules, '@github', 'copilot');
  const program = host.platform === 'win32' ? 'copilot.exe' : 'copilot';
  const platforms = host.platform === 'linux' && host.isMusl() ? ['linuxmusl', 'linux'] : [host.platform];
  // Where npm puts its dependencies: inside it, beside it, or, if it is a link of pnpm's, beside what it links to.
  const places = new Set([join(own, 'node_modules'), modules, dirname(dirname(host.real(own)))]);
  for (const platform of platforms) {
    for (const place of places) {
      const file = join(place, '@github', `copilot-${platform}-${host.arch}`, program);
      if (host.kind(file) === 'file' && host.isExecutable(file)) {
        return { command: file, args: [], asNode: false, source };
      }
    }
  }
  const script = join(own, 'index.js');
  return host.kind(script) === 'file' ? withNode(script, source, host) : undefined;
}

/** Which Node runs a script: ours, unless it is too old and there is one on the PATH. */
function withNode(script: string, source: RuntimeSource, host: Host): RuntimeLocation {
  const isOld = Number.parseInt(host.nodeVersion, 10) < OLDEST_NODE;
  const other = isOld ? findOnPath('node', host, []) : undefined;
  return other === undefined
    ? { command: host.execPath, args: [script], asNode: host.isElectron, source }
    : { command: other, args: [script], asNode: false, source };
}

function expandHome(file: string, { env }: Host): string {
  return file.replace(/^~(?=$|[/\\])/, () => env['HOME'] ?? env['USERPROFILE'] ?? '~');
}

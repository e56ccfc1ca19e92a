import * as fs from 'node:fs';
import * as path from 'node:path';
import { CloudSessionsError } from '../core/errors';

export interface RuntimeLocation {
  /** The executable to start. */
  readonly command: string;
  /** What comes before the runtime's own arguments: the script, if Node is to run one. */
  readonly args: readonly string[];
  /** `command` is the editor's own executable, to be run as Node. */
  readonly asNode: boolean;
  readonly source: 'cloudSessions.runtime.path' | 'COPILOT_CLI_PATH' | 'PATH' | 'npm';
}

/** The machine, as far as looking for a program is concerned; tests describe their own. */
export interface Host {
  readonly platform: NodeJS.Platform;
  readonly arch: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The program that runs us: Node, or the editor's Electron. */
  readonly execPath: string;
  readonly isElectron: boolean;
  /** What stands at a path, links followed. */
  kind(file: string): 'file' | 'folder' | 'missing';
  isExecutable(file: string): boolean;
  /** The path behind all links. */
  real(file: string): string;
}

export function thisHost(): Host {
  return {
    platform: process.platform,
    arch: process.arch,
    env: process.env,
    execPath: process.execPath,
    isElectron: process.versions['electron'] !== undefined,
    kind(file) {
      const stat = fs.statSync(file, { throwIfNoEntry: false });
      return stat === undefined ? 'missing' : stat.isDirectory() ? 'folder' : 'file';
    },
    isExecutable(file) {
      try {
        fs.accessSync(file, fs.constants.X_OK);
        return true;
      } catch {
        return false;
      }
    },
    real: (file) => fs.realpathSync(file),
  };
}

const INSTALL = 'Install it with “npm install -g @github/copilot”, or set cloudSessions.runtime.path.';

/**
 * Finds the runtime: the setting, then `COPILOT_CLI_PATH`, then `copilot` on the PATH, then npm's usual global folders.
 * A path that somebody gave is used or refused; nothing else is tried in its place.
 *
 * @throws `runtime-not-found`, with all that was tried in `details`.
 */
export function locateRuntime(configured: string, host: Host = thisHost()): RuntimeLocation {
  if (configured.trim() !== '') {
    return fromGivenPath(expandHome(configured.trim(), host), 'cloudSessions.runtime.path', host);
  }
  const fromEnvironment = host.env['COPILOT_CLI_PATH']?.trim();
  if (fromEnvironment) {
    return fromGivenPath(expandHome(fromEnvironment, host), 'COPILOT_CLI_PATH', host);
  }
  const tried: string[] = ['cloudSessions.runtime.path: not set', 'COPILOT_CLI_PATH: not set'];
  const { delimiter, join } = pathOf(host);
  const folders = (host.env['PATH'] ?? host.env['Path'] ?? '').split(delimiter).filter((folder) => folder !== '');
  for (const folder of folders) {
    for (const name of executableNames('copilot', host)) {
      const file = join(folder, name);
      if (host.kind(file) === 'file' && host.isExecutable(file)) {
        return resolveLoader(file, 'PATH', host);
      }
    }
  }
  tried.push(`PATH: no copilot in ${folders.length === 0 ? '(empty)' : folders.join(delimiter)}`);
  for (const folder of npmGlobalFolders(host)) {
    const native = nativeBinary(folder, host);
    if (native !== undefined) {
      return { command: native, args: [], asNode: false, source: 'npm' };
    }
    tried.push(`npm: no @github/copilot in ${folder}`);
  }
  throw new CloudSessionsError('runtime-not-found', 'No Copilot runtime was found on this machine.', {
    nextStep: INSTALL,
    details: tried.join('\n'),
  });
}

function fromGivenPath(
  file: string,
  source: 'cloudSessions.runtime.path' | 'COPILOT_CLI_PATH',
  host: Host,
): RuntimeLocation {
  const refuse = (reason: string, nextStep: string): never => {
    throw new CloudSessionsError('runtime-not-found', `The Copilot runtime named by ${source} ${reason}: ${file}`, {
      nextStep,
      details: `${source}: ${file} ${reason}`,
    });
  };
  switch (host.kind(file)) {
    case 'missing':
      return refuse('does not exist', `Correct ${source}, or remove it to have the runtime looked for.`);
    case 'folder':
      return refuse('is a folder', `Name the executable (or .js file) inside it in ${source}.`);
    case 'file':
      break;
  }
  if (isScript(file)) {
    return withNode(file, source, host);
  }
  if (!host.isExecutable(file)) {
    return refuse(
      'is not executable',
      host.platform === 'win32'
        ? `Name an .exe or .js file in ${source}.`
        : `Make it executable (chmod +x), or correct ${source}.`,
    );
  }
  return resolveLoader(file, source, host);
}

/**
 * npm's `copilot` is a script that starts the native program and waits for it: ending the script would leave that
 * running. So the native program is taken, where the script stands beside it.
 */
function resolveLoader(file: string, source: RuntimeLocation['source'], host: Host): RuntimeLocation {
  const { basename, dirname, join } = pathOf(host);
  const real = host.real(file);
  const npmShim = /\.(cmd|ps1|bat)$/i.test(real);
  const modules = npmShim ? join(dirname(real), 'node_modules') : dirname(dirname(dirname(real)));
  if (npmShim || basename(real) === 'npm-loader.js') {
    const native = nativeBinary(modules, host);
    if (native !== undefined) {
      return { command: native, args: [], asNode: false, source };
    }
  }
  return isScript(real) ? withNode(real, source, host) : { command: file, args: [], asNode: false, source };
}

/** The native program of this platform's package, wherever npm has put it. */
function nativeBinary(modules: string, host: Host): string | undefined {
  const { join } = pathOf(host);
  const program = host.platform === 'win32' ? 'copilot.exe' : 'copilot';
  const platforms = host.platform === 'linux' ? ['linux', 'linuxmusl'] : [host.platform];
  for (const platform of platforms) {
    const name = `copilot-${platform}-${host.arch}`;
    for (const file of [
      join(modules, '@github', name, program),
      join(modules, '@github', 'copilot', 'node_modules', '@github', name, program),
    ]) {
      if (host.kind(file) === 'file' && host.isExecutable(file)) {
        return file;
      }
    }
  }
  return undefined;
}

function npmGlobalFolders({ platform, env }: Host): string[] {
  const { join, dirname } = pathOf({ platform });
  const home = env['HOME'] ?? env['USERPROFILE'] ?? '';
  const nodeFolder = (bin: string | undefined): string[] => (bin ? [join(dirname(bin), 'lib', 'node_modules')] : []);
  if (platform === 'win32') {
    return [
      ...(env['APPDATA'] ? [join(env['APPDATA'], 'npm', 'node_modules')] : []),
      ...(env['PROGRAMFILES'] ? [join(env['PROGRAMFILES'], 'nodejs', 'node_modules')] : []),
    ];
  }
  return [
    ...(env['NPM_CONFIG_PREFIX'] ? [join(env['NPM_CONFIG_PREFIX'], 'lib', 'node_modules')] : []),
    ...nodeFolder(env['NVM_BIN']),
    ...(env['VOLTA_HOME']
      ? [join(env['VOLTA_HOME'], 'tools', 'image', 'packages', '@github', 'copilot', 'lib', 'node_modules')]
      : []),
    join(home, '.npm-global', 'lib', 'node_modules'),
    join(home, '.local', 'lib', 'node_modules'),
    '/usr/local/lib/node_modules',
    '/opt/homebrew/lib/node_modules',
    '/usr/lib/node_modules',
  ];
}

/** A script is run with the Node on the PATH; without one, with the editor's own. */
function withNode(script: string, source: RuntimeLocation['source'], host: Host): RuntimeLocation {
  const { delimiter, join } = pathOf(host);
  if (!host.isElectron) {
    return { command: host.execPath, args: [script], asNode: false, source };
  }
  for (const folder of (host.env['PATH'] ?? host.env['Path'] ?? '').split(delimiter)) {
    for (const name of executableNames('node', host)) {
      const node = join(folder, name);
      if (folder !== '' && host.kind(node) === 'file' && host.isExecutable(node)) {
        return { command: node, args: [script], asNode: false, source };
      }
    }
  }
  return { command: host.execPath, args: [script], asNode: true, source };
}

function executableNames(name: string, { platform, env }: Host): string[] {
  if (platform !== 'win32') {
    return [name];
  }
  return (env['PATHEXT'] ?? '.EXE;.CMD')
    .split(';')
    .filter(Boolean)
    .map((extension) => name + extension.toLowerCase());
}

function isScript(file: string): boolean {
  return /\.[cm]?js$/i.test(file);
}

function expandHome(file: string, { env }: Host): string {
  return file.replace(/^~(?=$|[/\\])/, env['HOME'] ?? env['USERPROFILE'] ?? '~');
}

interface PathFunctions {
  readonly delimiter: string;
  readonly join: (...parts: string[]) => string;
  readonly dirname: (file: string) => string;
  readonly basename: (file: string) => string;
}

function pathOf({ platform }: Pick<Host, 'platform'>): PathFunctions {
  return platform === 'win32' ? path.win32 : path.posix;
}

import { majorOf } from '../core/common/versions';
import { CloudSessionsError } from '../core/errors/cloudSessionsError';
import { pathOf, thisPlatform, type Platform } from './platform/platform';
import { npmGlobalFolders } from './platform/npmFolders';
import { whyNotRunnable } from './platform/programFormat';
import { candidates, findProgram, isExecutable, isMissing } from './platform/programs';
import { isWhole, searchPath, workspaceOf } from './platform/searchPath';

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

/** Where VS Code's Copilot puts what it calls `copilot` on the PATH of its terminals. */
const STAND_IN = /[/\\]github\.copilot-chat[/\\]copilotcli([/\\]|$)/i;

/** A file that was looked at: what to start for it, or why it is not to be started, and what helps. */
type Finding = { readonly found: RuntimeLocation } | { readonly why: string; readonly nextStep?: string };

/**
 * Finds the runtime: the setting, then `COPILOT_CLI_PATH`, then `copilot` on the PATH, then npm's usual global folders,
 * then what this extension installed.
 * What somebody gave is used or refused; nothing else is tried in its place. Otherwise what cannot be used is noted, and
 * the search goes on. Only the setting may name something inside the workspace.
 *
 * @param configured `cloudSessions.runtime.path`: an absolute path (`~` is the home folder), or the name of a command
 * on the PATH; empty if it is not set
 * @param installed the programs that this extension installed, the best first
 * @throws {RuntimeNotFoundError}
 */
export function locateRuntime(
  configured: string,
  host: Platform = thisPlatform(),
  installed: readonly string[] = [],
): RuntimeLocation {
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
  const found =
    onPath('copilot', 'PATH', host, tried) ?? inNpmFolders(host, tried) ?? amongInstalled(installed, host, tried);
  if (found !== undefined) {
    return found;
  }
  throw new RuntimeNotFoundError('runtime-not-found', 'No Copilot runtime was found on this machine.', INSTALL, tried);
}

export function isScript(file: string): boolean {
  return /\.[cm]?js$/i.test(file);
}

function fromGiven(given: string, source: RuntimeSource, host: Platform): RuntimeLocation {
  const refuse = (file: string, why: string, nextStep: string, tried: readonly TriedLocation[] = []): never => {
    throw new RuntimeNotFoundError('runtime-path', `The Copilot runtime named by ${source} ${why}: ${file}`, nextStep, [
      { where: `${source}: ${file}`, why },
      ...tried,
    ]);
  };
  const correct = `Correct ${source}, or remove it to have the runtime looked for.`;
  if (/^[\w.-]+$/.test(given) && !isScript(given)) {
    const tried: TriedLocation[] = [];
    return onPath(given, source, host, tried) ?? refuse(given, 'is not on the PATH', correct, tried);
  }
  const file = expandHome(given, host);
  if (!isWhole(file, host)) {
    return refuse(file, 'is not an absolute path', `Give the whole path in ${source}.`);
  }
  // A machine's setting is the user's word. A variable may come from a project's shell.
  const workspace = source === 'COPILOT_CLI_PATH' ? workspaceOf(file, host) : undefined;
  if (workspace !== undefined) {
    return refuse(
      file,
      `is inside the workspace folder ${workspace}`,
      'Nothing is started from a workspace by itself: if you want it, name it in cloudSessions.runtime.path.',
    );
  }
  const finding = examine(file, source, host);
  return 'found' in finding ? finding.found : refuse(file, finding.why, finding.nextStep ?? correct);
}

/** The first such program on the PATH that can be used; the others are noted in `tried`. */
function onPath(
  name: string,
  source: RuntimeSource,
  host: Platform,
  tried: TriedLocation[],
): RuntimeLocation | undefined {
  const { folders, dropped } = searchPath(host);
  for (const file of candidates(name, host)) {
    if (isMissing(file, host)) {
      continue;
    }
    const workspace = workspaceOf(file, host);
    const finding: Finding =
      workspace === undefined ? examine(file, source, host) : { why: `leads into the workspace folder ${workspace}` };
    if ('found' in finding && !isTooOldFor(finding.found, host)) {
      return finding.found;
    }
    tried.push({ where: file, why: 'found' in finding ? needsNode(host) : finding.why });
  }
  tried.push(
    { where: 'PATH', why: `no ${name} in ${folders.length === 0 ? '(empty)' : folders.join(pathOf(host).delimiter)}` },
    ...dropped.map(({ entry, why }) => ({ where: `PATH: ${entry}`, why: `not looked into: ${why}` })),
  );
  return undefined;
}

function inNpmFolders(host: Platform, tried: TriedLocation[]): RuntimeLocation | undefined {
  for (const folder of npmGlobalFolders(host)) {
    const own = pathOf(host).join(folder, '@github', 'copilot');
    const seen: TriedLocation[] = [];
    const found = fromNpm(folder, 'npm', host, seen);
    const workspace = found && workspaceOf([...found.args, found.command][0] ?? '', host);
    if (found !== undefined && workspace === undefined && !isTooOldFor(found, host)) {
      return found;
    }
    tried.push(...seen);
    if (workspace !== undefined) {
      tried.push({ where: folder, why: `leads into the workspace folder ${workspace}` });
    } else if (found !== undefined) {
      tried.push({ where: folder, why: needsNode(host) });
    } else if (seen.length === 0) {
      const lacks = `@github/copilot lacks its program for ${host.platform}-${host.arch}`;
      tried.push({ where: folder, why: host.kind(own) === 'folder' ? lacks : 'no @github/copilot in it' });
    }
  }
  return undefined;
}

function amongInstalled(
  programs: readonly string[],
  host: Platform,
  tried: TriedLocation[],
): RuntimeLocation | undefined {
  for (const program of programs) {
    const finding = examine(program, 'this extension', host);
    if ('found' in finding) {
      return finding.found;
    }
    tried.push({ where: `this extension: ${program}`, why: finding.why });
  }
  tried.push({ where: 'this extension', why: programs.length === 0 ? 'has installed none' : 'has no other' });
  return undefined;
}

/** Looks at a file, and not at who named it. */
function examine(file: string, source: RuntimeSource, host: Platform): Finding {
  if (STAND_IN.test(pathOf(host).normalize(file)) || host.trail(file).some((name) => STAND_IN.test(name))) {
    return {
      why: 'is the stand-in of VS Code’s Copilot (copilotCli), which asks at a terminal for an installation, and no runtime',
      nextStep: INSTALL,
    };
  }
  switch (host.kind(file)) {
    case 'missing':
      return { why: host.real(file) === file ? 'does not exist' : `does not exist (it leads to ${host.real(file)})` };
    case 'unreadable':
      return {
        why: 'cannot be reached with your permissions',
        nextStep: `Change them, or correct ${source}.`,
      };
    case 'folder':
      return { why: 'is a folder', nextStep: `Name the executable (or .js file) inside it in ${source}.` };
    case 'empty file':
      return { why: 'is an empty file', nextStep: `Install the runtime again, or correct ${source}.` };
    case 'special file':
      return { why: 'is not a regular file' };
    case 'file':
      return startable(file, source, host);
  }
}

/**
 * What to start for a file. npm's `copilot` is a script that starts the native program and waits for it: killing the
 * script would leave that running. So the native program is taken, where it stands beside the script.
 */
function startable(file: string, source: RuntimeSource, host: Platform): Finding {
  const { basename, dirname, join } = pathOf(host);
  if (!isScript(file) && !isExecutable(file, host)) {
    const isWindows = host.platform === 'win32';
    const nextStep = isWindows
      ? `Name an .exe or .js file in ${source}.`
      : `Make it executable (chmod +x), or correct ${source}.`;
    return { why: 'is not executable', nextStep };
  }
  const real = host.real(file);
  const isShim = /\.(cmd|ps1|bat)$/i.test(real);
  if (isShim || basename(real) === 'npm-loader.js') {
    const modules = isShim ? join(dirname(real), 'node_modules') : dirname(dirname(dirname(real)));
    const found = fromNpm(modules, source, host);
    if (found !== undefined) {
      return { found };
    }
  }
  if (isShim && host.platform === 'win32') {
    return {
      why: 'is a command file, which cannot be started safely, without @github/copilot beside it',
      nextStep: 'Name an .exe or .js file in cloudSessions.runtime.path.',
    };
  }
  if (isScript(real)) {
    return { found: withNode(real, source, host) };
  }
  const unusable = whyNotRunnable(real, host);
  return unusable === undefined
    ? { found: { command: file, args: [], asNode: false, source } }
    : { why: `is ${unusable}`, nextStep: `Install the runtime of this platform, or correct ${source}.` };
}

/** The native program of this platform in a folder of packages; else the script. What cannot be used goes to `seen`. */
function fromNpm(
  modules: string,
  source: RuntimeSource,
  host: Platform,
  seen: TriedLocation[] = [],
): RuntimeLocation | undefined {
  const { join, dirname } = pathOf(host);
  const own = join(modules, '@github', 'copilot');
  const program = host.platform === 'win32' ? 'copilot.exe' : 'copilot';
  const platforms = host.platform === 'linux' && host.isMusl() ? ['linuxmusl', 'linux'] : [host.platform];
  // Where npm puts its dependencies: inside it, beside it, or, if it is a link of pnpm's, beside what it links to.
  const places = new Set([join(own, 'node_modules'), modules, dirname(dirname(host.real(own)))]);
  for (const platform of platforms) {
    for (const place of places) {
      const file = join(place, '@github', `copilot-${platform}-${host.arch}`, program);
      if (isMissing(file, host)) {
        continue;
      }
      const finding = examine(file, source, host);
      if ('found' in finding) {
        return finding.found;
      }
      seen.push({ where: file, why: finding.why });
    }
  }
  const script = join(own, 'index.js');
  return host.kind(script) === 'file' ? withNode(script, source, host) : undefined;
}

/** Which Node runs a script: ours, unless it is too old and there is one on the PATH. */
function withNode(script: string, source: RuntimeSource, host: Platform): RuntimeLocation {
  const other = isOldNode(host) ? findProgram('node', host) : undefined;
  return other === undefined
    ? { command: host.execPath, args: [script], asNode: host.isElectron, source }
    : { command: other, args: [script], asNode: false, source };
}

function isOldNode({ nodeVersion }: Platform): boolean {
  return majorOf(nodeVersion) < OLDEST_NODE;
}

/** It is a script, and there is only our own Node to run it, which is too old. */
function isTooOldFor({ command, args }: RuntimeLocation, host: Platform): boolean {
  return args.length > 0 && command === host.execPath && isOldNode(host);
}

function needsNode({ nodeVersion }: Platform): string {
  return `a script, which needs Node ${OLDEST_NODE} or newer: the editor has ${nodeVersion}, and none is on the PATH`;
}

function expandHome(file: string, { env }: Platform): string {
  return file.replace(/^~(?=$|[/\\])/, () => env['HOME'] ?? env['USERPROFILE'] ?? '~');
}

import * as l10n from '@vscode/l10n';
import { majorOf } from '../core/common/versions';
import { pathOf, type Platform } from './platform/platform';
import { whyNotRunnable } from './platform/programFormat';
import { findProgram, isExecutable, isMissing } from './platform/programs';

/*
 * What to start for a file that is, or links to, a runtime: a native program, or a script with a Node.js. `locate.ts`
 * has the search for such files.
 */

export type RuntimeSource = 'cloudSessions.runtime.path' | 'COPILOT_CLI_PATH' | 'PATH' | 'npm' | 'this extension';

/** The source for the user: the name of a setting or a variable, `npm`, or this extension. */
export function describeSource(source: RuntimeSource): string {
  return source === 'this extension'
    ? l10n.t({ message: 'this extension', comment: ['What has installed a Copilot runtime'] })
    : source;
}

export interface RuntimeLocation {
  /** The executable to start. */
  readonly command: string;
  /** The arguments before those of the runtime: the script, if Node.js runs one. */
  readonly args: readonly string[];
  /** Whether `command` is the executable of the editor, to be run as Node.js. */
  readonly asNode: boolean;
  readonly source: RuntimeSource;
}

/** A place that was searched for the runtime, and why it has no usable one. For the user. */
export interface TriedLocation {
  readonly where: string;
  readonly why: string;
}

/** The oldest major version of Node.js that runs runtimes that are scripts (1.0.55). */
export const OLDEST_NODE = 22;

export const INSTALL = l10n.t('Run “Cloud Sessions: Install Copilot Runtime”, or set cloudSessions.runtime.path.');

/** Where VS Code's Copilot puts its `copilot` for the PATH of terminals. */
const STAND_IN = /[/\\]github\.copilot-chat[/\\]copilotcli([/\\]|$)/i;

/** The examination of a file: what to start for it, or why it cannot be started, and what helps. */
export type Finding = { readonly found: RuntimeLocation } | { readonly why: string; readonly nextStep?: string };

export function isScript(file: string): boolean {
  return /\.[cm]?js$/i.test(file);
}

/** Examines a file, whoever named it. */
export function examine(file: string, source: RuntimeSource, machine: Platform): Finding {
  if (STAND_IN.test(pathOf(machine).normalize(file)) || machine.trail(file).some((name) => STAND_IN.test(name))) {
    return {
      why: l10n.t(
        'it is the stand-in of VS Code’s Copilot (copilotCli), which asks in a terminal to install the Copilot CLI, and not a runtime',
      ),
      nextStep: INSTALL,
    };
  }
  switch (machine.kind(file)) {
    case 'missing':
      return {
        why:
          machine.real(file) === file
            ? l10n.t('it does not exist')
            : l10n.t('it does not exist (it is a link that leads to {0})', machine.real(file)),
      };
    case 'unreadable':
      return {
        why: l10n.t('it cannot be accessed with your permissions'),
        nextStep: l10n.t('Change its permissions, or correct {0}.', source),
      };
    case 'folder':
      return {
        why: l10n.t('it is a folder'),
        nextStep: l10n.t('Set {0} to the executable or .js file inside it.', source),
      };
    case 'empty':
      return {
        why: l10n.t('it is an empty file'),
        nextStep: l10n.t('Install the runtime again, or correct {0}.', source),
      };
    case 'special':
      return { why: l10n.t('it is not a regular file') };
    case 'file':
      return startable(file, source, machine);
  }
}

/**
 * What to start for a regular file. npm's `copilot` is a script that starts the native program and waits for it.
 * Killing the script would leave the program running, so the program itself is started if it is beside the script.
 */
function startable(file: string, source: RuntimeSource, machine: Platform): Finding {
  const { basename, dirname, join } = pathOf(machine);
  if (!isScript(file) && !isExecutable(file, machine)) {
    const isWindows = machine.platform === 'win32';
    const nextStep = isWindows
      ? l10n.t('Set {0} to an .exe or .js file.', source)
      : l10n.t('Make it executable (chmod +x), or correct {0}.', source);
    return { why: l10n.t('it is not executable'), nextStep };
  }
  const real = machine.real(file);
  const isShim = /\.(cmd|ps1|bat)$/i.test(real);
  if (isShim || basename(real) === 'npm-loader.js') {
    const modules = isShim ? join(dirname(real), 'node_modules') : dirname(dirname(dirname(real)));
    const found = fromNpm(modules, source, machine);
    if (found !== undefined) {
      return { found };
    }
  }
  if (isShim && machine.platform === 'win32') {
    return {
      why: l10n.t('it is a command file, which cannot be started safely, and there is no @github/copilot beside it'),
      nextStep: l10n.t('Set {0} to an .exe or .js file.', 'cloudSessions.runtime.path'),
    };
  }
  if (isScript(real)) {
    return { found: withNode(real, source, machine) };
  }
  const unusable = whyNotRunnable(real, machine);
  return unusable === undefined
    ? { found: { command: file, args: [], asNode: false, source } }
    : { why: unusable, nextStep: l10n.t('Install the runtime for this platform, or correct {0}.', source) };
}

/** The native program for this platform in a `node_modules` folder, else the script. Unusable files go to `seen`. */
export function fromNpm(
  modules: string,
  source: RuntimeSource,
  machine: Platform,
  seen: TriedLocation[] = [],
): RuntimeLocation | undefined {
  const { join, dirname } = pathOf(machine);
  const own = join(modules, '@github', 'copilot');
  const program = machine.platform === 'win32' ? 'copilot.exe' : 'copilot';
  const platforms = machine.platform === 'linux' && machine.isMusl() ? ['linuxmusl', 'linux'] : [machine.platform];
  // Where its dependencies are: inside it, beside it, or, if it is a link of pnpm's, beside its target.
  const places = new Set([join(own, 'node_modules'), modules, dirname(dirname(machine.real(own)))]);
  for (const platform of platforms) {
    for (const place of places) {
      const file = join(place, '@github', `copilot-${platform}-${machine.arch}`, program);
      if (isMissing(file, machine)) {
        continue;
      }
      const finding = examine(file, source, machine);
      if ('found' in finding) {
        return finding.found;
      }
      seen.push({ where: file, why: finding.why });
    }
  }
  const script = join(own, 'index.js');
  return machine.kind(script) === 'file' ? withNode(script, source, machine) : undefined;
}

/** A script with the Node.js that runs it: ours, unless it is too old and there is one on the PATH. */
function withNode(script: string, source: RuntimeSource, machine: Platform): RuntimeLocation {
  const other = isOldNode(machine) ? findProgram('node', machine) : undefined;
  return other === undefined
    ? { command: machine.execPath, args: [script], asNode: machine.isElectron, source }
    : { command: other, args: [script], asNode: false, source };
}

function isOldNode({ nodeVersion }: Platform): boolean {
  return majorOf(nodeVersion) < OLDEST_NODE;
}

/** Whether it is a script that only our own Node.js, which is too old, could run. */
export function isTooOldFor({ command, args }: RuntimeLocation, machine: Platform): boolean {
  return args.length > 0 && command === machine.execPath && isOldNode(machine);
}

export function needsNode({ nodeVersion }: Platform): string {
  return l10n.t(
    'it is a script, which needs Node.js {0} or newer: the editor has {1}, and there is no Node.js on the PATH',
    OLDEST_NODE,
    nodeVersion,
  );
}

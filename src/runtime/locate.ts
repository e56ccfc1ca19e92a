import * as l10n from '@vscode/l10n';
import { CloudSessionsError } from '../core/errors/cloudSessionsError';
import { pathOf, thisPlatform, type Platform } from './platform/platform';
import { npmGlobalFolders } from './platform/npmFolders';
import { candidates, isMissing } from './platform/programs';
import { insideWorkspace, isWhole, notAbsolute, searchPath, workspaceOf } from './platform/searchPath';
import {
  describeSource,
  examine,
  fromNpm,
  INSTALL,
  isScript,
  isTooOldFor,
  needsNode,
  type Finding,
  type RuntimeLocation,
  type RuntimeSource,
  type TriedLocation,
} from './runtimeProgram';

/** `runtime-not-found`: it is in none of the usual places. `runtime-path`: the path given for it cannot be used. */
export class RuntimeNotFoundError extends CloudSessionsError {
  constructor(
    code: 'runtime-not-found' | 'runtime-path',
    message: string,
    nextStep: string,
    /** In search order. */
    readonly tried: readonly TriedLocation[],
  ) {
    super(code, message, { nextStep, details: tried.map(({ where, why }) => `${where}: ${why}`).join('\n') });
  }
}

/**
 * Finds the runtime: the setting, then `COPILOT_CLI_PATH`, then `copilot` on the PATH, then npm's usual global folders,
 * then the runtimes that this extension installed. A given path is used or refused, and nothing else is tried in its
 * place. Otherwise the search skips what cannot be used. Only the setting may name a program inside the workspace.
 *
 * @param configured `cloudSessions.runtime.path`: an absolute path (`~` is the home folder), or the name of a command
 * on the PATH; empty if not set
 * @param installed paths of the programs that this extension installed, the best first
 * @throws {RuntimeNotFoundError}
 */
export function locateRuntime(
  configured: string,
  machine: Platform = thisPlatform(),
  installed: readonly string[] = [],
): RuntimeLocation {
  const given = configured.trim();
  if (given !== '') {
    return locateGiven(given, 'cloudSessions.runtime.path', machine);
  }
  const fromEnvironment = machine.env['COPILOT_CLI_PATH']?.trim();
  if (fromEnvironment) {
    return locateGiven(fromEnvironment, 'COPILOT_CLI_PATH', machine);
  }
  const tried: TriedLocation[] = [
    { where: 'cloudSessions.runtime.path', why: notSet() },
    { where: 'COPILOT_CLI_PATH', why: notSet() },
  ];
  const found =
    onPath('copilot', 'PATH', machine, tried) ??
    inNpmFolders(machine, tried) ??
    amongInstalled(installed, machine, tried);
  if (found !== undefined) {
    return found;
  }
  throw new RuntimeNotFoundError(
    'runtime-not-found',
    l10n.t('No Copilot runtime was found on this machine.'),
    INSTALL,
    tried,
  );
}

function notSet(): string {
  return l10n.t({ message: 'not set', comment: ['A setting, or an environment variable'] });
}

function locateGiven(given: string, source: RuntimeSource, machine: Platform): RuntimeLocation {
  const refuse = (file: string, why: string, nextStep: string, tried: readonly TriedLocation[] = []): never => {
    const message = l10n.t({
      message: 'The Copilot runtime “{0}”, named by {1}, cannot be used: {2}',
      args: [file, source, why],
      comment: ['{1} is the name of a setting or a variable, {2} a reason'],
    });
    throw new RuntimeNotFoundError('runtime-path', message, nextStep, [{ where: `${source}: ${file}`, why }, ...tried]);
  };
  const correct = l10n.t('Correct {0}, or remove it so that the extension searches for the runtime.', source);
  if (/^[\w.-]+$/.test(given) && !isScript(given)) {
    const tried: TriedLocation[] = [];
    return onPath(given, source, machine, tried) ?? refuse(given, l10n.t('it is not on the PATH'), correct, tried);
  }
  const file = expandHome(given, machine);
  if (!isWhole(file, machine)) {
    return refuse(file, notAbsolute(), l10n.t('Set {0} to an absolute path.', source));
  }
  // A machine setting comes from the user. A variable may come from the shell of a project.
  const workspace = source === 'COPILOT_CLI_PATH' ? workspaceOf(file, machine) : undefined;
  if (workspace !== undefined) {
    return refuse(
      file,
      insideWorkspace(workspace),
      l10n.t(
        'Programs in a workspace are not started automatically. To use this one, name it in cloudSessions.runtime.path.',
      ),
    );
  }
  const finding = examine(file, source, machine);
  return 'found' in finding ? finding.found : refuse(file, finding.why, finding.nextStep ?? correct);
}

/** The first usable program of that name on the PATH; those before it are added to `tried`. */
function onPath(
  name: string,
  source: RuntimeSource,
  machine: Platform,
  tried: TriedLocation[],
): RuntimeLocation | undefined {
  const { folders, dropped } = searchPath(machine);
  for (const file of candidates(name, machine)) {
    if (isMissing(file, machine)) {
      continue;
    }
    const workspace = workspaceOf(file, machine);
    const finding: Finding =
      workspace === undefined ? examine(file, source, machine) : { why: leadsIntoWorkspace(workspace) };
    if ('found' in finding && !isTooOldFor(finding.found, machine)) {
      return finding.found;
    }
    tried.push({ where: file, why: 'found' in finding ? needsNode(machine) : finding.why });
  }
  tried.push(
    {
      where: 'PATH',
      why:
        folders.length === 0
          ? l10n.t('it has no folder to search')
          : l10n.t({
              message: 'no {0} in {1}',
              args: [name, folders.join(pathOf(machine).delimiter)],
              comment: ['{0} is the name of a program, {1} a list of folders'],
            }),
    },
    ...dropped.map(({ entry, why }) => ({ where: `PATH: ${entry}`, why: l10n.t('not searched: {0}', why) })),
  );
  return undefined;
}

function leadsIntoWorkspace(folder: string): string {
  return l10n.t('it leads into the workspace folder {0}', folder);
}

function inNpmFolders(machine: Platform, tried: TriedLocation[]): RuntimeLocation | undefined {
  for (const folder of npmGlobalFolders(machine)) {
    const own = pathOf(machine).join(folder, '@github', 'copilot');
    const seen: TriedLocation[] = [];
    const found = fromNpm(folder, 'npm', machine, seen);
    const workspace = found && workspaceOf([...found.args, found.command][0] ?? '', machine);
    if (found !== undefined && workspace === undefined && !isTooOldFor(found, machine)) {
      return found;
    }
    tried.push(...seen);
    if (workspace !== undefined) {
      tried.push({ where: folder, why: leadsIntoWorkspace(workspace) });
    } else if (found !== undefined) {
      tried.push({ where: folder, why: needsNode(machine) });
    } else if (seen.length === 0) {
      tried.push({
        where: folder,
        why:
          machine.kind(own) === 'folder'
            ? l10n.t('its @github/copilot has no program for {0}', `${machine.platform}-${machine.arch}`)
            : l10n.t('it does not contain @github/copilot'),
      });
    }
  }
  return undefined;
}

function amongInstalled(
  programs: readonly string[],
  machine: Platform,
  tried: TriedLocation[],
): RuntimeLocation | undefined {
  // eslint-disable-next-line texts/localized -- a code: `describeSource` has the words
  const source: RuntimeSource = 'this extension';
  for (const program of programs) {
    const finding = examine(program, source, machine);
    if ('found' in finding) {
      return finding.found;
    }
    tried.push({ where: `${describeSource(source)}: ${program}`, why: finding.why });
  }
  tried.push({
    where: describeSource(source),
    why:
      programs.length === 0
        ? l10n.t('it has installed no Copilot runtime')
        : l10n.t('it has installed no other Copilot runtime'),
  });
  return undefined;
}

function expandHome(file: string, { env }: Platform): string {
  return file.replace(/^~(?=$|[/\\])/, () => env['HOME'] ?? env['USERPROFILE'] ?? '~');
}

import { pathOf, type Platform } from './platform';
import { searchPath, workspaceOf } from './searchPath';

/** The first executable file of that name on the PATH that is not in a workspace. */
export function findProgram(name: string, host: Platform): string | undefined {
  return candidates(name, host).find(
    (file) => host.kind(file) === 'file' && isExecutable(file, host) && workspaceOf(file, host) === undefined,
  );
}

/** The files that a command may mean, in search order. */
export function candidates(name: string, host: Platform): string[] {
  const { join } = pathOf(host);
  const names = executableNames(name, host);
  return searchPath(host).folders.flatMap((folder) => names.map((executable) => join(folder, executable)));
}

function executableNames(name: string, { platform, env }: Platform): string[] {
  if (platform !== 'win32' || /\.(exe|com|cmd|bat)$/i.test(name)) {
    return [name];
  }
  // Of the extensions in PATHEXT, these can be started, or lead to a file that can.
  return (env['PATHEXT'] ?? '.COM;.EXE;.BAT;.CMD')
    .toLowerCase()
    .split(';')
    .filter((extension) => ['.com', '.exe', '.bat', '.cmd'].includes(extension))
    .map((extension) => name + extension);
}

/** Whether nothing is there, not even a broken link. */
export function isMissing(file: string, host: Platform): boolean {
  const { join, dirname, basename } = pathOf(host);
  return host.kind(file) === 'missing' && host.real(file) === join(host.real(dirname(file)), basename(file));
}

export function isExecutable(file: string, host: Platform): boolean {
  return host.platform === 'win32' ? /\.(exe|com|cmd|bat|ps1)$/i.test(file) : host.isExecutable(file);
}

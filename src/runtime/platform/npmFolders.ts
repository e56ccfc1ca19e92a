import { pathOf, type Platform } from './platform';
import { isWhole, searchPath, workspaceOf } from './searchPath';

/**
 * Where `npm install -g` and similar tools put packages, most specific first. npm itself is not asked: that takes over
 * a second, and an editor that was started from a desktop often does not have npm on its PATH.
 */
export function npmGlobalFolders(host: Platform): string[] {
  const folders = new Set(host.platform === 'win32' ? onWindows(host) : onPosix(host));
  // Variables may hold relative paths, or be set by the shell of a project.
  return [...folders].filter((folder) => isWhole(folder, host) && workspaceOf(folder, host) === undefined);
}

function onWindows({ env }: Platform): string[] {
  const { join } = pathOf({ platform: 'win32' });
  const home = env['USERPROFILE'];
  return under(join, [
    [env['NPM_CONFIG_PREFIX'], 'node_modules'],
    [env['APPDATA'], 'npm', 'node_modules'],
    // nvm-windows links the version in use here; fnm creates a folder for each shell.
    [env['NVM_SYMLINK'], 'node_modules'],
    [env['FNM_MULTISHELL_PATH'], 'node_modules'],
    // eslint-disable-next-line texts/localized -- the name of a folder
    [env['LOCALAPPDATA'], 'Volta', 'tools', 'image', 'packages', '@github', 'copilot', 'node_modules'],
    [env['LOCALAPPDATA'], 'pnpm', 'global', '5', 'node_modules'],
    [env['ProgramFiles'] ?? env['PROGRAMFILES'], 'nodejs', 'node_modules'],
    [home, 'scoop', 'persist', 'nodejs', 'bin', 'node_modules'],
  ]);
}

function onPosix(host: Platform): string[] {
  const { env, platform } = host;
  const { join, dirname } = pathOf(host);
  const home = env['HOME'];
  const nvm = env['NVM_DIR'] ?? (home === undefined ? undefined : join(home, '.nvm'));
  const fnm = env['FNM_DIR'] ?? (home === undefined ? undefined : join(home, '.local', 'share', 'fnm'));
  const data = env['XDG_DATA_HOME'] ?? (home === undefined ? undefined : join(home, '.local', 'share'));
  const volta = env['VOLTA_HOME'] ?? (home === undefined ? undefined : join(home, '.volta'));
  // The default of npm: beside the Node.js that runs it.
  const nodes = searchPath(host)
    .folders.filter((folder) => host.kind(join(folder, 'node')) === 'file')
    .map((folder) => dirname(dirname(host.real(join(folder, 'node')))));
  return under(join, [
    [env['NPM_CONFIG_PREFIX'], 'lib', 'node_modules'],
    [env['npm_config_prefix'], 'lib', 'node_modules'],
    [env['NVM_BIN'] === undefined ? undefined : dirname(env['NVM_BIN']), 'lib', 'node_modules'],
    [env['FNM_MULTISHELL_PATH'], 'lib', 'node_modules'],
    ...nodes.map((prefix) => [prefix, 'lib', 'node_modules'] as const),
    [home, '.npm-global', 'lib', 'node_modules'],
    [home, '.npm-packages', 'lib', 'node_modules'],
    [home, '.local', 'lib', 'node_modules'],
    [volta, 'tools', 'image', 'packages', '@github', 'copilot', 'lib', 'node_modules'],
    [fnm, 'aliases', 'default', 'lib', 'node_modules'],
    ...versions(host, nvm, 'versions', 'node').map((version) => [version, 'lib', 'node_modules'] as const),
    [env['PNPM_HOME'], 'global', '5', 'node_modules'],
    // eslint-disable-next-line texts/localized -- the name of a folder
    [platform === 'darwin' ? home && join(home, 'Library') : data, 'pnpm', 'global', '5', 'node_modules'],
    ['/opt/homebrew', 'lib', 'node_modules'],
    ['/home/linuxbrew/.linuxbrew', 'lib', 'node_modules'],
    ['/usr/local', 'lib', 'node_modules'],
    ['/usr', 'lib', 'node_modules'],
  ]);
}

/** Folders of versions such as `v22.1.0`, newest first. */
function versions(host: Platform, ...[root, ...rest]: readonly (string | undefined)[]): string[] {
  if (!root) {
    return [];
  }
  const folder = pathOf(host).join(root, ...rest.filter((part) => part !== undefined));
  const numbers = (name: string): number[] => name.replace(/^v/, '').split('.').map(Number);
  return host
    .list(folder)
    .filter((name) => /^v\d+\.\d+\.\d+$/.test(name))
    .sort((a, b) => {
      const [left, right] = [numbers(a), numbers(b)];
      const different = left.findIndex((number, index) => number !== right[index]);
      return different < 0 ? 0 : (right[different] ?? 0) - (left[different] ?? 0);
    })
    .map((name) => pathOf(host).join(folder, name));
}

function under(
  join: (...parts: string[]) => string,
  folders: readonly (readonly [string | undefined, ...string[]])[],
): string[] {
  return folders.flatMap(([root, ...rest]) => (root ? [join(root, ...rest)] : []));
}

import { accessSync, constants } from 'node:fs';
import path from 'node:path';
import { OwnedProcess } from '../../test/support/vscode/ownedProcess';
import { REPOSITORY } from '../../test/support/vscode/paths';
import { QUIET, writeSettings } from '../../test/support/vscode/settings';
import type { Demo } from './demo';

/** Whether this machine can open a window or a browser. */
export function hasDisplay(): boolean {
  return process.platform !== 'linux' || ['DISPLAY', 'WAYLAND_DISPLAY'].some((name) => process.env[name]);
}

/** Absolute path of a command on the `PATH`. */
export function onPath(command: string): string | undefined {
  const folders = (process.env['PATH'] ?? '').split(path.delimiter).filter((folder) => folder !== '');
  return folders
    .map((folder) => path.join(folder, command))
    .find((file) => {
      try {
        accessSync(file, constants.X_OK);
        return true;
      } catch {
        return false;
      }
    });
}

/** The desktop VS Code's command, if one can open a window here. */
export function desktopVSCode(): string | undefined {
  // In a terminal of a remote window, `code` only talks to that window.
  return hasDisplay() && process.env['VSCODE_IPC_HOOK_CLI'] === undefined ? onPath('code') : undefined;
}

/** Opens a desktop VS Code that is separate from the user's own. Resolves when its window is closed. */
export async function openDesktop(code: string, demo: Demo, onLine: (line: string) => void): Promise<OwnedProcess> {
  await writeSettings(path.join(demo.dataDir, 'User'), { ...QUIET, ...demo.settings });
  return new OwnedProcess(
    code,
    [
      ...['--wait', '--new-window', '--disable-workspace-trust', '--skip-welcome', '--skip-release-notes'],
      ...['--user-data-dir', demo.dataDir, '--extensions-dir', path.join(demo.dataDir, 'extensions')],
      `--extensionDevelopmentPath=${REPOSITORY}`,
      ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
      demo.workspace,
    ],
    { env: withoutEditor(demo.env), onLine },
  );
}

/** Removes the variables of the VS Code whose terminal runs this script. */
function withoutEditor(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !/^(VSCODE_|ELECTRON_)/.test(name)));
}

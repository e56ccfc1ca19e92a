import * as vscode from 'vscode';
import type { RuntimeHost } from './runtimeHost';

/**
 * Runs the runtime's own `login` in a terminal, and starts the runtime again when that has ended: it reads who is
 * signed in only at its start.
 */
export function signIn(host: RuntimeHost): void {
  const { command, args, env } = host.loginCommand();
  const terminal = vscode.window.createTerminal({
    name: 'Sign In to Copilot',
    shellPath: command,
    shellArgs: [...args, 'login'],
    env: { ...env },
    iconPath: new vscode.ThemeIcon('account'),
    isTransient: true,
  });
  const closed = vscode.window.onDidCloseTerminal((ended) => {
    if (ended === terminal) {
      closed.dispose();
      host.restart().catch(() => undefined);
    }
  });
  host.own(closed);
  terminal.show();
}

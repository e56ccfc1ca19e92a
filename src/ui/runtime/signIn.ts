import * as vscode from 'vscode';
import { secrets } from '../../core/redaction/secrets';
import { asCloudSessionsError } from '../../core/errors/cloudSessionsError';
import { Setting } from '../../manifest';
import { showError } from '../common/errors';
import type { RuntimeHost } from './runtimeHost';

/**
 * `cloudSessions.signIn`: in the way that `cloudSessions.auth` names.
 *
 * @param how `vscode` or `runtime` changes the setting first; `again` and `other` ask for a new sign-in, and for another
 * account
 */
export async function signIn(host: RuntimeHost, how?: unknown): Promise<void> {
  try {
    if ((how === 'vscode' || how === 'runtime') && how !== host.settings.auth) {
      await vscode.workspace.getConfiguration().update(Setting.auth, how, vscode.ConfigurationTarget.Global);
    }
    if (host.settings.auth === 'vscode') {
      await host.account.signIn(how === 'again' || how === 'other' ? how : undefined);
      await host.restart();
    } else {
      signInInTerminal(host);
    }
  } catch (error) {
    const reason = asCloudSessionsError(error);
    host.log.warn(secrets.redact(`Signing in: ${reason.message}`));
    await showError(reason);
  }
}

/**
 * Runs the runtime's own `login` in a terminal, and starts the runtime again when that has ended: it reads who is
 * signed in only at its start.
 */
function signInInTerminal(host: RuntimeHost): void {
  const { command, args, env, cwd } = host.loginCommand();
  const terminal = vscode.window.createTerminal({
    name: 'Sign In to Copilot',
    shellPath: command,
    shellArgs: [...args, 'login'],
    // Neither the workspace's folder nor what a workspace has put into the environment. A terminal of a remote machine
    // does not heed `strictEnv`: there, what is not to be passed on is taken out by its name.
    env: { ...Object.fromEntries(Object.keys(process.env).map((name) => [name, null])), ...env },
    cwd,
    strictEnv: true,
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

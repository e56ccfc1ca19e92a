import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import { asCloudSessionsError } from '../../core/errors/cloudSessionsError';
import { Setting } from '../../manifest';
import type { GitHubAccount } from '../account/gitHubAccount';
import { showError } from '../common/errors';
import type { RuntimeLog } from '../common/runtimeLog';
import { readRuntimeSettings } from '../common/settings';
import type { LaunchConfiguration } from './launchConfiguration';
import type { RuntimeController } from './runtimeController';

/** `cloudSessions.signIn`: signs in as `cloudSessions.auth` specifies. */
export class SignInCommand implements vscode.Disposable {
  /** Each waits until a terminal in which the user signs in is closed. */
  private readonly listeners = new Set<vscode.Disposable>();

  constructor(
    private readonly vscodeAccount: Pick<GitHubAccount, 'signIn'>,
    private readonly launch: Pick<LaunchConfiguration, 'loginCommand'>,
    private readonly controller: Pick<RuntimeController, 'restart'>,
    private readonly log: Pick<RuntimeLog, 'warn'>,
  ) {}

  /**
   * @param how `vscode` or `runtime` changes the setting first; `again` requests a new sign-in, `other` another account
   */
  async run(how?: unknown): Promise<void> {
    try {
      if ((how === 'vscode' || how === 'runtime') && how !== readRuntimeSettings().auth) {
        await vscode.workspace.getConfiguration().update(Setting.auth, how, vscode.ConfigurationTarget.Global);
      }
      if (readRuntimeSettings().auth === 'vscode') {
        await this.vscodeAccount.signIn(how === 'again' || how === 'other' ? how : undefined);
        await this.controller.restart();
      } else {
        this.signInInTerminal();
      }
    } catch (error) {
      const reason = asCloudSessionsError(error);
      this.log.warn(`Signing in: ${reason.message}`);
      await showError(reason);
    }
  }

  dispose(): void {
    vscode.Disposable.from(...this.listeners).dispose();
  }

  /**
   * Runs the runtime's own `login` in a terminal, and restarts the runtime when the terminal is closed: it reads the
   * sign-in only at its start.
   */
  private signInInTerminal(): void {
    const { command, args, env, cwd } = this.launch.loginCommand();
    const terminal = vscode.window.createTerminal({
      name: l10n.t('Sign In to Copilot'),
      shellPath: command,
      shellArgs: [...args, 'login'],
      // Neither the workspace's folder nor variables from a workspace. A terminal of a remote machine ignores
      // `strictEnv`, so each inherited variable is also removed by its name.
      env: { ...Object.fromEntries(Object.keys(process.env).map((name) => [name, null])), ...env },
      cwd,
      strictEnv: true,
      iconPath: new vscode.ThemeIcon('account'),
      isTransient: true,
    });
    const closed = vscode.window.onDidCloseTerminal((ended) => {
      if (ended === terminal) {
        closed.dispose();
        this.listeners.delete(closed);
        this.controller.restart().catch(() => undefined);
      }
    });
    this.listeners.add(closed);
    terminal.show();
  }
}

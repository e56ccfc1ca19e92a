import * as l10n from '@vscode/l10n';
import * as os from 'node:os';
import * as vscode from 'vscode';
import { secrets } from '../../core/redaction/secrets';
import { CloudSessionsError } from '../../core/errors/cloudSessionsError';
import type { Platform } from '../../runtime/platform/platform';
import { installFailed } from '../../runtime/install/installErrors';
import { readNpmConfig, type NpmConfig } from '../../runtime/install/npmConfig';
import { npmDefaultRegistry } from '../../runtime/install/npmDefaultRegistry';
import { PINNED_RUNTIME } from '../../runtime/install/pinnedRuntime';
import { isWhole } from '../../runtime/platform/searchPath';
import { Command } from '../../manifest';
import { showMessage } from '../common/errors';
import { isCallByCode, registerCommand } from '../commands/registerCommand';
import type { LaunchConfiguration, LaunchGrounds } from './launchConfiguration';
import type { RuntimeController } from './runtimeController';

/**
 * The commands that install and remove the runtime. Called by code (with any argument), they ask nothing and reject on
 * failure.
 */
export class RuntimeInstaller {
  /** The installation in progress; it resolves with the path of the program. */
  private installing: Promise<string> | undefined;

  constructor(
    private readonly controller: Pick<RuntimeController, 'state' | 'restart'>,
    private readonly launch: Pick<LaunchConfiguration, 'installed' | 'location' | 'grounds'>,
  ) {}

  register(): vscode.Disposable {
    const command = (id: string, run: (asks: boolean) => Promise<void>): vscode.Disposable =>
      registerCommand(id, (...args) => run(!isCallByCode(args)));
    return vscode.Disposable.from(
      command(Command.installRuntime, (asks) => this.install(asks)),
      command(Command.updateRuntime, (asks) => this.install(asks)),
      command(Command.removeRuntime, (asks) => this.remove(asks)),
    );
  }

  /** Installs the pinned version beside those that are there. A running runtime is not restarted. */
  private async install(asks: boolean): Promise<void> {
    const program = await (this.installing ??= this.fetch().finally(() => (this.installing = undefined)));
    const { controller } = this;
    if (controller.state === 'failed' || controller.state === 'stopped') {
      await controller.restart();
    }
    if (!asks) {
      return;
    }
    const { location } = this.launch;
    if (location?.command === program) {
      void showMessage('info', l10n.t('The Copilot runtime {0} is installed and running.', PINNED_RUNTIME));
    } else if (location === undefined) {
      void showMessage(
        'info',
        l10n.t(
          'The Copilot runtime {0} is installed, but the server in cloudSessions.runtime.server is used.',
          PINNED_RUNTIME,
        ),
      );
    } else if (location.source === 'this extension') {
      void showMessage(
        'info',
        l10n.t('The Copilot runtime {0} is installed. It is used after the next restart.', PINNED_RUNTIME),
        { title: l10n.t('Restart Now'), run: () => controller.restart() },
      );
    } else {
      void showMessage(
        'info',
        l10n.t(
          'The Copilot runtime {0} is installed, but another one is used: {1} (from {2}).',
          PINNED_RUNTIME,
          location.command,
          location.source,
        ),
      );
    }
  }

  private async fetch(): Promise<string> {
    const { installed, grounds } = this.launch;
    // All its files are verified: users may install it again because it does not work.
    if (await installed.isIntact(PINNED_RUNTIME)) {
      return installed.program(PINNED_RUNTIME);
    }
    const config = await npmConfig(grounds);
    secrets.add(...config.secrets);
    return vscode.window.withProgress(
      {
        location: vscode.ProgressLocation.Notification,
        title: l10n.t('Installing the Copilot runtime {0} from {1}', PINNED_RUNTIME, config.registry.host),
        cancellable: true,
      },
      async (progress, token) => {
        const abort = new AbortController();
        const cancelled = token.onCancellationRequested(() => abort.abort());
        let shown = 0;
        try {
          return await installed.install({
            version: PINNED_RUNTIME,
            config,
            signal: abort.signal,
            onProgress: (fraction) => {
              const percent = Math.floor(fraction * 100);
              if (percent > shown) {
                progress.report({ message: `${percent} %`, increment: percent - shown });
                shown = percent;
              }
            },
          });
        } finally {
          cancelled.dispose();
        }
      },
    );
  }

  private async remove(asks: boolean): Promise<void> {
    const { controller, launch } = this;
    if (this.installing !== undefined) {
      throw new CloudSessionsError('invalid-argument', l10n.t('The Copilot runtime is being installed.'), {
        nextStep: l10n.t('Cancel the installation, or wait until it has finished.'),
      });
    }
    if (launch.installed.present().length === 0) {
      await launch.installed.clean();
      if (asks) {
        void showMessage('info', l10n.t('This extension has not installed a Copilot runtime.'));
      }
      return;
    }
    if (asks) {
      const versions = launch.installed.present().join(', ');
      const chosen = await vscode.window.showWarningMessage(
        l10n.t('Remove the Copilot runtimes that this extension installed?'),
        { modal: true, detail: l10n.t('Versions: {0}. A version that is in use is kept.', versions) },
        l10n.t({ message: 'Remove', comment: ['A button: removes installed Copilot runtimes'] }),
      );
      if (chosen === undefined) {
        return;
      }
    }
    // A runtime that is starting, or waits for its restart, is in use as well.
    const inUse =
      controller.state === 'stopped' || controller.state === 'failed' ? undefined : launch.location?.command;
    const { removed, kept } = await launch.installed.remove(inUse);
    if (asks) {
      const sentences = [
        removed.length === 0 ? l10n.t('Nothing was removed.') : l10n.t('Removed: {0}.', removed.join(', ')),
        ...(kept.length === 0 ? [] : [l10n.t('Kept, because in use: {0}.', kept.join(', '))]),
      ];
      void showMessage('info', sentences.join(' '));
    }
  }
}

async function npmConfig({ machine, cwd }: LaunchGrounds): Promise<NpmConfig> {
  const fallback = await npmDefaultRegistry(machine, cwd);
  try {
    return readNpmConfig(machine.env, homeFolder(machine), fallback);
  } catch (error) {
    if (error instanceof CloudSessionsError) {
      throw error;
    }
    throw installFailed(
      l10n.t('The registry or proxy setting of npm is not an http or https address.'),
      l10n.t('Correct it in ~/.npmrc.'),
      error,
    );
  }
}

/** `HOME` may have any value, such as a relative path. */
function homeFolder(machine: Platform): string {
  const home = os.homedir();
  return isWhole(home, machine) ? home : os.userInfo().homedir;
}

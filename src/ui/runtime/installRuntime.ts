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

/** The commands that fetch the runtime and remove it. Called by code (with any argument) they ask nothing and reject. */
export class RuntimeInstaller {
  private running: Promise<string> | undefined;

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

  /** Puts the pinned version beside those that are there. A runtime that runs goes on as it is. */
  private async install(asks: boolean): Promise<void> {
    const program = await (this.running ??= this.fetch().finally(() => (this.running = undefined)));
    const { controller } = this;
    if (controller.state === 'failed' || controller.state === 'stopped') {
      await controller.restart();
    }
    if (!asks) {
      return;
    }
    const { location } = this.launch;
    if (location?.command === program) {
      void showMessage('info', `The Copilot runtime ${PINNED_RUNTIME} is installed and running.`);
    } else if (location?.source === 'this extension') {
      void showMessage(
        'info',
        `The Copilot runtime ${PINNED_RUNTIME} is installed. It is used from the next start on.`,
        {
          title: 'Restart Now',
          run: () => controller.restart(),
        },
      );
    } else {
      const where = location === undefined ? 'a running server' : `${location.command}, found by ${location.source}`;
      void showMessage('info', `The Copilot runtime ${PINNED_RUNTIME} is installed, but another is used: ${where}.`);
    }
  }

  private async fetch(): Promise<string> {
    const { installed, grounds } = this.launch;
    // Read as a whole: who installs it again may do so because it does not work.
    if (await installed.isIntact(PINNED_RUNTIME)) {
      return installed.program(PINNED_RUNTIME);
    }
    const config = await npmConfig(grounds);
    secrets.add(...config.secrets);
    return vscode.window.withProgress(
      {
        location: vscode.ProgressLocation.Notification,
        title: `Installing the Copilot runtime ${PINNED_RUNTIME} from ${config.registry.host}`,
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
    if (this.running !== undefined) {
      throw new CloudSessionsError('invalid-argument', 'The Copilot runtime is being installed just now.', {
        nextStep: 'Cancel that, or wait for its end.',
      });
    }
    if (launch.installed.present().length === 0) {
      await launch.installed.clean();
      if (asks) {
        void showMessage('info', 'This extension has installed no Copilot runtime.');
      }
      return;
    }
    if (asks) {
      const detail = `Versions: ${launch.installed.present().join(', ')}. One that is in use is kept.`;
      const chosen = await vscode.window.showWarningMessage(
        'Remove the Copilot runtimes that this extension installed?',
        { modal: true, detail },
        'Remove',
      );
      if (chosen === undefined) {
        return;
      }
    }
    // One that is starting, or waits to be restarted, is in use as well.
    const inUse =
      controller.state === 'stopped' || controller.state === 'failed' ? undefined : launch.location?.command;
    const { removed, kept } = await launch.installed.remove(inUse);
    if (asks) {
      const text = [
        removed.length === 0 ? 'Nothing was removed.' : `Removed: ${removed.join(', ')}.`,
        kept.length === 0 ? '' : `In use, so kept: ${kept.join(', ')}.`,
      ];
      void showMessage('info', text.join(' ').trim());
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
    throw installFailed('npm’s registry or proxy setting is no http address.', 'Correct it in ~/.npmrc.', error);
  }
}

/** `HOME` may hold anything, a relative path too. */
function homeFolder(machine: Platform): string {
  const home = os.homedir();
  return isWhole(home, machine) ? home : os.userInfo().homedir;
}

import { defined } from '../../core/common/defined';
import * as vscode from 'vscode';
import { gitHubHostOf, pinnedHost } from '../../core/github/gitHubHost';
import { RuntimeStore } from '../../runtime/install/runtimeStore';
import type { RuntimeTarget } from '../../runtime/launch';
import { locateRuntime } from '../../runtime/locate';
import { runtimeEnvironment, TOKEN_VARIABLE } from '../../runtime/platform/environment';
import { thisPlatform, type Platform } from '../../runtime/platform/platform';
import { workingFolder } from '../../runtime/platform/workingFolder';
import { serverArguments } from '../../runtime/runtimeProcess';
import type { RuntimeLocation } from '../../runtime/runtimeProgram';
import type { GitHubAccount } from '../account/gitHubAccount';
import { VARIABLES_IGNORE_CASE, type RuntimeGitHub } from '../account/runtimeGitHub';
import type { RuntimeLog } from '../common/runtimeLog';
import { readRuntimeSettings, type RuntimeSettings } from '../common/settings';
import { workspaceFolders } from '../common/workspaceFolders';
import { NetworkVariables } from './networkVariables';

/** Where programs may be taken from, and the folder in which they run. */
export interface LaunchGrounds {
  readonly machine: Platform;
  /** Absolute path of a folder of our own. */
  readonly cwd: string;
}

/** A command line with its environment and folder, to be run in a terminal. */
export type LoginCommand = Pick<RuntimeLocation, 'command' | 'args'> & {
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
};

/** Determines what is started as the runtime, from the settings and the machine at each start. */
export class LaunchConfiguration {
  /** The runtimes that this extension installed itself. */
  readonly installed: RuntimeStore;
  readonly network = new NetworkVariables();
  private found: RuntimeLocation | undefined;
  /** Parts of the environment that the runtime does not get and that are in the log already. */
  private readonly loggedDrops = new Set<string>();

  constructor(
    private readonly storageUri: vscode.Uri,
    private readonly gitHub: RuntimeGitHub,
    private readonly vscodeAccount: Pick<GitHubAccount, 'handOver'>,
    private readonly log: Pick<RuntimeLog, 'info' | 'warn'>,
  ) {
    this.installed = new RuntimeStore(vscode.Uri.joinPath(storageUri, 'runtimes').fsPath, thisPlatform());
  }

  /** The program of the last start; `undefined` for a server, and if none was found. */
  get location(): RuntimeLocation | undefined {
    return this.found;
  }

  /** With the folders that are open now. */
  get grounds(): LaunchGrounds {
    const machine = thisPlatform(workspaceFolders());
    return { machine, cwd: workingFolder(this.storageUri.fsPath, machine) };
  }

  /**
   * The program to start, or the server to connect to.
   * @throws `runtime-not-found`, `runtime-path`; `invalid-argument` if VS Code's account belongs to another host
   */
  async target(): Promise<RuntimeTarget> {
    // Searching for the program and starting it block for milliseconds: not within `activate()`.
    await new Promise((resolve) => setImmediate(resolve));
    const settings = readRuntimeSettings();
    this.found = undefined;
    this.gitHub.setLaunched(undefined);
    if (settings.server !== '') {
      await this.installed.use(undefined);
      return { kind: 'server', address: settings.server };
    }
    return this.processTarget(settings);
  }

  /**
   * The runtime's program for its own sign-in, with its environment and folder.
   * @throws `runtime-not-found`, `runtime-path`
   */
  loginCommand(): LoginCommand {
    const { path, env } = readRuntimeSettings();
    const { machine, cwd } = this.grounds;
    const { command, args, asNode } = locateRuntime(path, machine, this.installed.programs());
    const options = { extra: env, asNode, grounds: machine };
    const pinned = pinnedHost(runtimeEnvironment(process.env, options), VARIABLES_IGNORE_CASE);
    const environment = runtimeEnvironment(process.env, { ...options, extra: { ...env, ...pinned } });
    return { command, args, env: { ...environment, ...this.network.variables }, cwd };
  }

  private async processTarget({ path, args, env, auth }: RuntimeSettings): Promise<RuntimeTarget> {
    const { machine, cwd } = this.grounds;
    this.found = locateRuntime(path, machine, this.installed.programs());
    await this.installed.use(this.found.command);
    const { command, args: before, asNode } = this.found;
    const ownSignIn = auth !== 'vscode';
    const bare = runtimeEnvironment(process.env, { extra: env, asNode, ownSignIn });
    const gitHub = gitHubHostOf(bare, VARIABLES_IGNORE_CASE);
    this.gitHub.setLaunched(gitHub);
    if (gitHub.problem !== undefined) {
      this.log.warn(gitHub.problem);
    }
    const token = ownSignIn ? undefined : await this.vscodeAccount.handOver(gitHub);
    const { environment, notes } = this.network.apply(
      runtimeEnvironment(process.env, {
        extra: { ...env, ...pinnedHost(bare, VARIABLES_IGNORE_CASE) },
        asNode,
        ownSignIn,
        grounds: machine,
        onDropped: (what, why) => this.logDropped(what, why),
        ...defined({ token }),
      }),
    );
    notes.forEach(({ subject, finding, remedy }) => this.log.warn(`${subject}: ${finding}. ${remedy}`));
    return {
      kind: 'process',
      command: {
        command,
        args: [
          ...before,
          ...serverArguments(args, { ownSignIn, ...(token === undefined ? {} : { tokenVariable: TOKEN_VARIABLE }) }),
        ],
        env: environment,
        cwd,
      },
    };
  }

  /** Logs each once, rather than at every start. */
  private logDropped(what: string, why: string): void {
    const key = `${what}: ${why}`;
    if (!this.loggedDrops.has(key)) {
      this.loggedDrops.add(key);
      this.log.info(`The runtime does not get ${what}: ${why}.`);
    }
  }
}

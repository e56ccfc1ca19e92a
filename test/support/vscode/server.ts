import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { run } from './command';
import { neutralEnvironment, OwnedProcess } from './ownedProcess';
import type { ProcessEntry } from './processTable';
import type { ServedVSCode } from './provision';
import { QUIET, writeSettings, type Settings } from './settings';

const READY_MS = 60_000;
const INSTALL_MS = 120_000;
const GITHUB = ['https://github.com', 'https://*.github.com'];

export interface ServerOptions {
  readonly vscode: ServedVSCode;
  /** Folder for everything it stores: settings, extensions, logs, state. */
  readonly dataDir: string;
  /** Default: 0, a free port. With a range like `8890-8899`, the first free port in it. */
  readonly port?: number | string;
  /** Additional variables of the server, which the extension host inherits. */
  readonly env?: NodeJS.ProcessEnv;
  /** Base environment. Default: `neutralEnvironment()`. */
  readonly baseEnv?: NodeJS.ProcessEnv;
  /** Settings of machine scope, such as all of ours. */
  readonly machineSettings?: Settings;
  /** Added to those that keep VS Code quiet. `undefined` as a value removes a setting. */
  readonly userSettings?: Settings;
  /** Absolute path of one or several VSIX files to install. */
  readonly vsix?: string | readonly string[];
  /** Domains whose links open without a question. Default: GitHub's, as in the desktop VS Code. `*`: all. */
  readonly trustedDomains?: readonly string[];
  /** Allows a page to run an extension from its folder, with its tests. */
  readonly testDriver?: boolean;
  /** Called with each line that the server prints. */
  readonly onLine?: (line: string) => void;
}

/** VS Code's server on the loopback interface. While it runs, every user of this machine can use it. */
export class VSCodeServer {
  private constructor(
    readonly port: number,
    readonly dataDir: string,
    private readonly process: OwnedProcess,
    private userSettings: Settings,
    private machineSettings: Settings,
  ) {}

  static async start(options: ServerOptions): Promise<VSCodeServer> {
    const { vscode, dataDir, onLine, machineSettings = {}, trustedDomains = GITHUB } = options;
    const userSettings = { ...QUIET, ...options.userSettings };
    const env = { ...(options.baseEnv ?? neutralEnvironment()), ...options.env };
    const folders = ['--server-data-dir', dataDir, '--extensions-dir', path.join(dataDir, 'extensions')];
    await writeSettings(path.join(dataDir, 'data/Machine'), machineSettings);
    await writeSettings(path.join(dataDir, 'data/User'), userSettings);
    if (options.vsix !== undefined) {
      const extensions = [options.vsix].flat().flatMap((file) => ['--install-extension', file]);
      const install = ['--accept-server-license-terms', ...extensions, '--force'];
      await run(vscode.node, [vscode.entry, ...folders, ...install], { env, timeout: INSTALL_MS });
    }
    const printed: string[] = [];
    const { promise: listening, resolve: setPort } = deferred<number>();
    const child = new OwnedProcess(
      vscode.node,
      [
        vscode.entry,
        ...['--host', '127.0.0.1', '--port', String(options.port ?? 0)],
        ...['--without-connection-token', '--accept-server-license-terms', '--telemetry-level', 'off'],
        ...folders,
        ...trustedDomains.flatMap((domain) => ['--link-protection-trusted-domains', domain]),
        ...(options.testDriver ? ['--enable-smoke-test-driver'] : []),
      ],
      {
        env,
        onLine: (line) => {
          onLine?.(line);
          if (printed.length < 200) {
            printed.push(line);
          }
          const match = /^Extension host agent listening on (\d+)/.exec(line);
          if (match) {
            setPort(Number(match[1]));
          }
        },
      },
    );
    const port = await Promise.race([listening, child.exited.then(() => undefined), timeout(READY_MS)]);
    if (port === undefined) {
      await child.stop();
      throw new Error(`VS Code ${vscode.version} did not start:\n${printed.join('\n')}`);
    }
    return new VSCodeServer(port, dataDir, child, userSettings, machineSettings);
  }

  /** `host:port`, as in `vscode-remote://` URIs. */
  get authority(): string {
    return `127.0.0.1:${this.port}`;
  }

  /** Resolves when the server ends, for any reason. */
  get exited(): Promise<number | undefined> {
    return this.process.exited;
  }

  /** URL of the page with this folder open. `payload`: options of the workbench, as name and value. */
  url(folder: string, payload: readonly (readonly [string, string])[] = []): string {
    const url = new URL(`http://${this.authority}/`);
    url.searchParams.set('folder', folder);
    if (payload.length > 0) {
      url.searchParams.set('payload', JSON.stringify(payload));
    }
    // Slashes need no encoding, and people read this URL too.
    return url.href.replaceAll('%2F', '/');
  }

  /** Changes the user's settings. A page has them after a reload. `undefined` as a value removes a setting. */
  async updateUserSettings(changes: Settings): Promise<void> {
    this.userSettings = { ...this.userSettings, ...changes };
    await writeSettings(path.join(this.dataDir, 'data/User'), this.userSettings);
  }

  /** Changes the machine's settings, such as all of ours. Open pages follow at once. */
  async updateMachineSettings(changes: Settings): Promise<void> {
    this.machineSettings = { ...this.machineSettings, ...changes };
    await writeSettings(path.join(this.dataDir, 'data/Machine'), this.machineSettings);
  }

  /** The processes below the server: extension hosts, and the processes that extensions started. */
  async processes(): Promise<readonly ProcessEntry[]> {
    return this.process.descendants();
  }

  /**
   * Ends the server with everything that it started, as when a machine is switched off. Resolves with the processes
   * that did not end by themselves and had to be killed. There should be none.
   */
  async stop(): Promise<readonly ProcessEntry[]> {
    return this.process.stop();
  }
}

function deferred<T>(): { readonly promise: Promise<T>; readonly resolve: (value: T) => void } {
  let resolve!: (value: T) => void;
  const promise = new Promise<T>((settle) => (resolve = settle));
  return { promise, resolve };
}

async function timeout(milliseconds: number): Promise<undefined> {
  await delay(milliseconds, undefined, { ref: false });
  return undefined;
}

import * as vscode from 'vscode';
import { StreamMessageWriter } from 'vscode-jsonrpc/node';
import type { RuntimeState } from '../../api';
import { RuntimeClient } from '../../core/client/runtimeClient';
import type { CloudSessionsError } from '../../core/errors/cloudSessionsError';
import { realTimers } from '../../core/common/timers';
import type { QuestionService } from '../../core/questions/questionService';
import { secrets } from '../../core/redaction/secrets';
import { FrameReader } from '../../core/rpc/frameReader';
import type { Handshake } from '../../core/rpc/methods';
import { Watchdog } from '../../core/rpc/watchdog';
import { awaitsRuntime } from '../../core/session/runtimeDemand';
import type { SessionStore } from '../../core/store/sessionStore';
import { RestartPolicy } from '../../runtime/restartPolicy';
import { RuntimeSupervisor, type RuntimeStateDetail } from '../../runtime/supervisor';
import type { Transport } from '../../runtime/transport';
import type { GitHubAccount } from '../account/gitHubAccount';
import type { RuntimeAccount } from '../account/runtimeAccount';
import type { ServerTokens } from '../account/serverTokens';
import type { RuntimeLog } from '../common/runtimeLog';
import { affectsNetwork, affectsRuntime, readRuntimeSettings } from '../common/settings';
import { toVSCodeDisposable, toVSCodeEvent } from '../common/vscodeEvents';
import type { LaunchConfiguration } from './launchConfiguration';
import type { RuntimeNotifications } from './runtimeNotifications';
import type { WindowRuns } from './windowRuns';

export interface RuntimeControllerParts {
  readonly launch: LaunchConfiguration;
  readonly runs: WindowRuns;
  readonly vscodeAccount: GitHubAccount;
  readonly account: RuntimeAccount;
  readonly serverTokens: ServerTokens;
  readonly store: SessionStore;
  readonly questionService: QuestionService;
  readonly notifications: RuntimeNotifications;
  readonly log: RuntimeLog;
}

/**
 * Starts, restarts and stops the runtime, and connects the session store to it. It starts again by itself when a setting
 * or the account that it was started with changes.
 */
export class RuntimeController implements vscode.Disposable {
  /** Fired after the log and the user were told. */
  readonly onDidChangeState: vscode.Event<RuntimeState>;
  private readonly supervisor: RuntimeSupervisor<RuntimeClient>;
  private readonly subscriptions: readonly vscode.Disposable[];
  private greeting: Handshake | undefined;

  constructor(private readonly parts: RuntimeControllerParts) {
    const { launch, runs, vscodeAccount, store, notifications, log } = parts;
    this.supervisor = new RuntimeSupervisor({
      target: () => {
        this.greeting = undefined;
        return launch.target();
      },
      open: (transport) => this.open(transport),
      handshake: (client, transport) => this.greet(client, transport),
      watch: (client, onHang) => new Watchdog(client, onHang, realTimers, () => awaitsRuntime(store.openSessions)),
      onLine: (line) => log.info(`[runtime] ${line}`),
      info: (message) => log.info(message),
      restartPolicy: new RestartPolicy(),
      runs: runs.records,
    });
    this.onDidChangeState = toVSCodeEvent(this.supervisor.onDidChangeState);
    this.subscriptions = [
      this.onDidChangeState(() => notifications.onState(this.detail)),
      toVSCodeDisposable(this.supervisor.onDidChangeConnection((client) => this.onConnection(client))),
      vscodeAccount.onDidChange(() => this.onVSCodeAccount()),
      vscode.workspace.onDidChangeConfiguration((event) => this.onConfiguration(event)),
    ];
  }

  get state(): RuntimeState {
    return this.supervisor.state;
  }

  get detail(): RuntimeStateDetail {
    return this.supervisor.detail;
  }

  /** Why the runtime has failed; `undefined` in every other state. */
  get error(): CloudSessionsError | undefined {
    return this.supervisor.error;
  }

  get client(): RuntimeClient | undefined {
    return this.supervisor.connection;
  }

  /** The runtime's process, if it is a child of ours. */
  get pid(): number | undefined {
    return this.supervisor.pid;
  }

  /** What the runtime has said of itself. */
  get handshake(): Handshake | undefined {
    return this.greeting;
  }

  /** A failure is a state, which is notified. */
  startInBackground(): void {
    const { runs, launch } = this.parts;
    void runs.endLeftOver();
    this.supervisor.start().catch(() => undefined);
    void launch.installed.clean();
  }

  /**
   * Waits for the runtime; one that is stopped or has failed is started.
   * @throws why it could not be started; `cancelled` if it was stopped meanwhile
   */
  async ready(): Promise<void> {
    await this.supervisor.start();
  }

  /** Stops and starts the runtime, with the settings as they are now. @throws as {@link ready} */
  async restart(): Promise<void> {
    await this.supervisor.restart();
  }

  /** Ends the runtime; no process of its is left when this resolves. */
  async stop(): Promise<void> {
    await this.supervisor.stop();
  }

  dispose(): void {
    this.supervisor.dispose();
    vscode.Disposable.from(...this.subscriptions).dispose();
  }

  private open({ reader, writer }: Transport): RuntimeClient {
    const { log, questionService, account } = this.parts;
    return new RuntimeClient(new FrameReader(reader), new StreamMessageWriter(writer), {
      log,
      handleRequest: (session, request) => questionService.handleRequest(session, request),
      account: () => account.subject,
    });
  }

  /** @throws `server-address` when a token would leave this machine unencrypted and nobody has confirmed that */
  private async greet(client: RuntimeClient, { remote }: Transport): Promise<void> {
    const { serverTokens, notifications } = this.parts;
    const token = remote === undefined ? undefined : await serverTokens.forConnection(remote);
    if (token !== undefined) {
      secrets.add(token);
    }
    this.greeting = await client.handshake(token);
    notifications.onVersion(this.greeting.version);
  }

  private onConnection(client: RuntimeClient | undefined): void {
    const { account, store } = this.parts;
    account.reset();
    store.setClient(client);
    if (client !== undefined) {
      account.ask(client);
    }
  }

  private onVSCodeAccount(): void {
    const { account, log } = this.parts;
    if (account.isVSCodeAccount && this.state !== 'stopped') {
      log.info('VS Code has another GitHub account or token: the runtime starts again with it.');
      account.onVSCodeAccount();
      this.restartInBackground();
    }
  }

  private onConfiguration(event: vscode.ConfigurationChangeEvent): void {
    const { account, launch } = this.parts;
    const isElsewhere = this.state === 'stopped' || readRuntimeSettings().server !== '';
    // The server of VS Code's account decides whether the runtime may have it.
    const affectsAccount = event.affectsConfiguration('github-enterprise.uri') && account.isVSCodeAccount;
    const affects = affectsNetwork(event) && !isElsewhere && launch.network.hasChanged;
    if (affectsRuntime(event) || affectsAccount || affects) {
      this.restartInBackground();
    }
  }

  private restartInBackground(): void {
    this.restart().catch(() => undefined);
  }
}

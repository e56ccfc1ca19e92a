import * as vscode from 'vscode';
import { StreamMessageWriter } from 'vscode-jsonrpc/node';
import type { RuntimeState } from '../../api';
import { RuntimeClient } from '../../core/client/runtimeClient';
import type { CloudSessionsError } from '../../core/errors/cloudSessionsError';
import { realTimers } from '../../core/common/timers';
import type { QuestionService } from '../../core/questions/questionService';
import { secrets } from '../../core/redaction/secrets';
import { FrameReader } from '../../core/frames/frameReader';
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
 * Starts, restarts and stops the runtime, and connects the session store to it. Restarts it when a setting or the account
 * that it was started with changes.
 */
export class RuntimeController implements vscode.Disposable {
  /** Fires after the log and the notifications were updated. */
  readonly onDidChangeState: vscode.Event<RuntimeState>;
  private readonly supervisor: RuntimeSupervisor<RuntimeClient>;
  private readonly subscriptions: readonly vscode.Disposable[];
  private currentHandshake: Handshake | undefined;

  constructor(private readonly parts: RuntimeControllerParts) {
    const { launch, runs, vscodeAccount, store, notifications, log } = parts;
    this.supervisor = new RuntimeSupervisor({
      target: () => {
        this.currentHandshake = undefined;
        return launch.target();
      },
      open: (transport) => this.open(transport),
      handshake: (client, transport) => this.performHandshake(client, transport),
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

  /** The id of the runtime's process; `undefined` for a server. */
  get pid(): number | undefined {
    return this.supervisor.pid;
  }

  /** The runtime's answer to the handshake. */
  get handshake(): Handshake | undefined {
    return this.currentHandshake;
  }

  /** Never rejects: a failure becomes a state. */
  startInBackground(): void {
    const { runs, launch } = this.parts;
    void runs.endLeftOver();
    this.supervisor.start().catch(() => undefined);
    void launch.installed.clean();
  }

  /**
   * Waits until the runtime is running; starts it if it is stopped or has failed.
   * @throws why it could not be started; `cancelled` if it was stopped meanwhile
   */
  async ready(): Promise<void> {
    await this.supervisor.start();
  }

  /** Stops and starts the runtime, with the current settings. @throws as {@link ready} */
  async restart(): Promise<void> {
    await this.supervisor.restart();
  }

  /** Stops the runtime; resolves when none of its processes is left. */
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

  /** @throws `server-address` if a token would leave this machine unencrypted and the user has not confirmed that */
  private async performHandshake(client: RuntimeClient, { remote }: Transport): Promise<void> {
    const { serverTokens, notifications } = this.parts;
    const token = remote === undefined ? undefined : await serverTokens.forConnection(remote);
    if (token !== undefined) {
      secrets.add(token);
    }
    this.currentHandshake = await client.handshake(token);
    notifications.onVersion(this.currentHandshake.version);
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
      log.info('VS Code has another GitHub account or token: the runtime is restarted with it.');
      account.onVSCodeAccount();
      this.restartInBackground();
    }
  }

  private onConfiguration(event: vscode.ConfigurationChangeEvent): void {
    const { account, launch } = this.parts;
    const hasNoProcess = this.state === 'stopped' || readRuntimeSettings().server !== '';
    // The server of VS Code's account determines whether the runtime may get its token.
    const affectsAccount = event.affectsConfiguration('github-enterprise.uri') && account.isVSCodeAccount;
    const changesNetwork = affectsNetwork(event) && !hasNoProcess && launch.network.hasChanged;
    if (affectsRuntime(event) || affectsAccount || changesNetwork) {
      this.restartInBackground();
    }
  }

  private restartInBackground(): void {
    this.restart().catch(() => undefined);
  }
}

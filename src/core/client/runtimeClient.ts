import * as l10n from '@vscode/l10n';
import type { GetAuthStatusResponse } from '@github/copilot-sdk';
import {
  createMessageConnection,
  Emitter,
  NullLogger,
  type CancellationToken,
  type Disposable,
  type Event,
  type MessageConnection,
  type MessageReader,
  type MessageWriter,
} from 'vscode-jsonrpc/node';
import { HistoryReadQueue } from '../history/historyReadQueue';
import { SessionMessageRouter } from '../rpc/sessionMessageRouter';
import { DEFAULT_PENDING_ROUTING_LIMITS, type PendingRoutingLimits } from '../routing/pendingRouting';
import { Rpc, type Handshake, type ListedSession, type RpcMethod } from '../rpc/methods';
import { RedactingReader } from '../frames/redactingReader';
import { textOf } from '../redaction/secrets';
import { connectionClosed, explainRequestError, type FailureMessage } from '../rpc/rpcErrors';
import type { RequestAccount } from '../rpc/requestSubject';
import type { CloudSession, SessionConnection, SessionDetails } from '../session/session';
import { Retries } from '../errors/retry';
import { shakeHands } from './handshake';
import { RuntimeCalls } from './runtimeCalls';
import { SessionConnector } from './sessionConnector';
import { SessionFactory } from './sessionFactory';
import { UnclaimedSessions } from './unclaimedSessions';
import { SessionRegistry, type ClientLog, type SessionLifecycle } from './sessionRegistry';
import { UnknownEventTypes } from '../rendering/formatters/unknownEventTypes';
import type { CreateCloudSessionOptions } from '../arguments/createOptions';
import { realTimers, type Timers } from '../common/timers';
import type { InboundRequest } from '../rpc/inboundRequest';

export interface RuntimeClientOptions {
  readonly log?: ClientLog;
  readonly limits?: Partial<PendingRoutingLimits>;
  readonly timers?: Timers;
  /** Handles a request for a session. @returns false for a request that it does not know; that is refused */
  readonly handleRequest?: (session: CloudSession, request: InboundRequest) => boolean;
  /** The account that the runtime uses, as far as it is known; errors name it. */
  readonly account?: () => RequestAccount;
}

const SILENT: ClientLog = { info: () => undefined, warn: () => undefined };

/**
 * A client of one Copilot runtime over one connection. It needs neither a process nor an editor: give it a reader and a
 * writer, and dispose it at the end.
 */
export class RuntimeClient implements Disposable {
  private readonly connection: MessageConnection;
  private readonly registry: SessionRegistry;
  private readonly closes = new Emitter<void>();
  private readonly log: ClientLog;
  private readonly factory: SessionFactory;
  private readonly connector: SessionConnector;
  private readonly calls: RuntimeCalls;
  /** Retries for as long as this connection lasts: the list, histories, attachments. */
  readonly retries: Retries;
  private readonly historyReads: HistoryReadQueue;
  private version: string | undefined;
  private closed = false;

  /** Fired once, when either side has ended the connection. */
  readonly onDidClose: Event<void> = this.closes.event;

  constructor(reader: MessageReader, writer: MessageWriter, options: RuntimeClientOptions = {}) {
    this.log = options.log ?? SILENT;
    const timers = options.timers ?? realTimers;
    this.retries = new Retries(timers, (message) => this.log.warn(message));
    this.historyReads = new HistoryReadQueue(timers);
    this.registry = new SessionRegistry(this.log, { ...DEFAULT_PENDING_ROUTING_LIMITS, ...options.limits }, timers);
    const version = (): string | undefined => this.version;
    const sessionConnection: SessionConnection = {
      request: (method, params, token, onLate) => this.request(method, params, token, onLate),
      handleRequest: (session, request) => options.handleRequest?.(session, request) ?? false,
      warn: (message) => this.log.warn(message),
      retries: this.retries,
      historyReads: this.historyReads,
      unknownEventTypes: new UnknownEventTypes((message) => this.log.info(message)),
      get runtimeVersion() {
        return version();
      },
    };
    const unclaimed = new UnclaimedSessions(this.registry, sessionConnection, this.log);
    this.factory = new SessionFactory(this.registry, sessionConnection, unclaimed, timers, this.log);
    this.connector = new SessionConnector(this.registry, sessionConnection, this.factory, unclaimed, timers);
    const tap = new SessionMessageRouter(new RedactingReader(reader), writer, this.registry);
    this.connection = createMessageConnection(tap, writer, NullLogger, { messageStrategy: tap.messageStrategy });
    this.calls = new RuntimeCalls(this.connection, timers, options.account);
    this.connection.onError(([error]) => {
      this.log.warn(`Connection to the runtime: ${textOf(error)}`);
      this.calls.onConnectionError(error);
    });
    this.connection.onClose(() => this.close(l10n.t('The connection to the Copilot runtime was closed.')));
    this.connection.listen();
  }

  /** The runtime reports a change of a session, which need not be open here. */
  get onLifecycle(): Event<SessionLifecycle> {
    return this.registry.onLifecycle;
  }

  /** How many calls wait for their answers; pings are not counted. */
  get pendingCalls(): number {
    return this.calls.pendingCount;
  }

  /** How many calls have been answered, with a result or an error. */
  get answeredCalls(): number {
    return this.calls.answeredCount;
  }

  /**
   * The first call on a connection.
   *
   * @throws `protocol-version` if the runtime does not speak version 3 of the protocol; `handshake-failed` if it does not
   * answer as a Copilot runtime, or refuses the token
   */
  async handshake(token?: string): Promise<Handshake> {
    const handshake = await shakeHands(this, token);
    this.version = handshake.version;
    return handshake;
  }

  getAuthStatus(token?: CancellationToken): Promise<GetAuthStatusResponse> {
    return this.call((reason) => l10n.t('Could not ask who is signed in: {0}', reason), Rpc.authStatus, {}, token);
  }

  /**
   * The sessions that the runtime knows on this machine or in the cloud (1.0.6x and later; older ones list none there).
   * A lookup that fails is an error, not an empty list.
   */
  listSessions(source: 'local' | 'remote' | 'all', token?: CancellationToken): Promise<readonly ListedSession[]> {
    return this.call(
      (reason) => l10n.t('Could not list the sessions: {0}', reason),
      Rpc.listSessions,
      { source, throwOnError: true },
      token,
    );
  }

  /** Deletes a local session for good; the runtime cannot delete cloud sessions. */
  deleteSession(sessionId: string): Promise<void> {
    return this.call((reason) => l10n.t('Could not delete the session: {0}', reason), Rpc.deleteSession, { sessionId });
  }

  /** A session that is open here. */
  getSession(sessionId: string): CloudSession | undefined {
    return this.registry.get(sessionId);
  }

  /**
   * Creates a local session, which runs on this machine. The extension does not call this; it is part of the client's
   * contract, and tested.
   *
   * @throws `invalid-argument` if `cloud` is given.
   */
  createSession(params: Readonly<Record<string, unknown>> = {}): Promise<CloudSession> {
    return this.factory.createLocal(params);
  }

  /**
   * Creates a session that runs in the cloud. The runtime chooses its id; messages that arrive before the id is known
   * are held, and delivered first.
   *
   * @param onCreated called with the session before anybody else is given it
   * @throws `invalid-argument`, before anything is sent, for a missing `cloud`, a `sessionId` or a `provider`;
   * `cancelled` when the token is cancelled (then the session is closed again as soon as its id is known); the
   * service's refusals as `forbidden`, `rate-limited`, `repository-not-found`, `not-signed-in`, `service-unavailable`.
   */
  createCloudSession(
    options: CreateCloudSessionOptions,
    token?: CancellationToken,
    onCreated?: (session: CloudSession) => void,
  ): Promise<CloudSession> {
    return this.factory.createCloud(options, token, onCreated);
  }

  /**
   * Attaches to a cloud session that exists.
   *
   * @param taskId the id in the service's list of tasks, which is not the session's own id
   * @param existing the session from before the connection was lost. It is used instead of a new one if the runtime still
   * uses the same id
   * @param token when it is cancelled, the runtime releases the session as soon as it has answered
   * @throws `cancelled`; the refusals of the runtime or the service
   */
  connectSession(
    taskId: string,
    details: Partial<SessionDetails> = {},
    existing?: CloudSession,
    token?: CancellationToken,
  ): Promise<CloudSession> {
    return this.connector.connect(taskId, details, existing, token);
  }

  /** The runtime has released the session by itself: it is detached, and can be attached again. */
  releaseSession(session: CloudSession): void {
    this.registry.unregister(session);
    session.detach(l10n.t('The runtime released the session.'));
  }

  /** Stops watching a session: the runtime releases it, and the agent continues. */
  async disconnectSession(session: CloudSession): Promise<void> {
    if (!this.registry.unregister(session)) {
      // It is not open here: another session of the runtime may have this id.
      return;
    }
    session.detach(l10n.t('The session is no longer watched. The agent continues, and nothing more is shown here.'));
    await this.call((reason) => l10n.t('Could not stop watching the session: {0}', reason), Rpc.destroySession, {
      sessionId: session.sessionId,
    });
  }

  /** Checks whether the runtime answers. Any answer counts. */
  ping(): Promise<unknown> {
    return this.connection.sendRequest(Rpc.ping.method, {});
  }

  /** Asks the runtime to end itself. */
  async shutdown(): Promise<void> {
    await this.request(Rpc.shutdown, {});
  }

  /**
   * Calls a method; failures are the connection's own errors, with the call in an error answer (`RpcFailure`).
   * @param onLate given an answer that arrives after the method's time limit
   */
  request<Params extends object, Result>(
    method: RpcMethod<Params, Result>,
    params: Params,
    token?: CancellationToken,
    onLate?: (result: Result) => void,
  ): Promise<Result> {
    return this.closed
      ? Promise.reject(connectionClosed((reason) => l10n.t('Could not call {0}: {1}', method.method, reason)))
      : this.calls.request(method, params, token, onLate);
  }

  dispose(): void {
    this.close(l10n.t('The Copilot runtime was stopped.'));
  }

  private async call<Params extends object, Result>(
    failed: FailureMessage,
    method: RpcMethod<Params, Result>,
    params: Params,
    token?: CancellationToken,
  ): Promise<Result> {
    try {
      return await this.request(method, params, token);
    } catch (error) {
      throw explainRequestError(failed, error);
    }
  }

  /** Rejects every call in flight, releases everything held and detaches every session. @param reason a note */
  private close(reason: string): void {
    if (this.closed) {
      return;
    }
    this.closed = true;
    // Only `dispose` rejects the calls in flight; the end of the stream leaves them pending.
    this.connection.dispose();
    this.retries.dispose();
    this.registry.close(reason);
    this.historyReads.dispose();
    this.closes.fire();
    this.closes.dispose();
    this.registry.dispose();
  }
}

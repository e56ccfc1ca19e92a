import type { GetAuthStatusResponse, SessionEvent } from '@github/copilot-sdk';
import {
  createMessageConnection,
  Emitter,
  NullLogger,
  ResponseError,
  type CancellationToken,
  type Disposable,
  type Event,
  type MessageConnection,
  type MessageReader,
  type MessageWriter,
} from 'vscode-jsonrpc/node';
import { CloudSessionsError } from './errors';
import { InboundTap, RpcErrorCode, type InboundRequest } from './inbound';
import { readText } from './json';
import { DEFAULT_PENDING_ROUTING_LIMITS, realTimers, type PendingRoutingLimits, type Timers } from './pendingRouting';
import {
  PROTOCOL_VERSION,
  Rpc,
  type CreatedSession,
  type Handshake,
  type ListedSession,
  type RpcMethod,
} from './protocol';
import { connectionClosed, explainRequestError } from './requestErrors';
import { CloudSession, type SessionConnection, type SessionDetails } from './session';
import { SessionRegistry, type ClientLog, type SessionLifecycle } from './sessionRegistry';

export interface CloudRepository {
  readonly owner: string;
  readonly name: string;
  readonly branch?: string;
}

export interface CreateCloudSessionOptions {
  readonly cloud: { readonly repository?: CloudRepository };
  readonly prompt?: string;
  readonly model?: string;
  readonly reasoningEffort?: string;
}

export interface RuntimeClientOptions {
  readonly log?: ClientLog;
  readonly limits?: Partial<PendingRoutingLimits>;
  readonly timers?: Timers;
  /** Answers requests for a session: returns false for those that it does not know, which are then refused. */
  readonly handleRequest?: (session: CloudSession, request: InboundRequest) => boolean;
}

/** How long a create waits for the session's history before it gives the session to the caller, in milliseconds. */
const HISTORY_WAIT_MS = 2_000;
const SILENT: ClientLog = { info: () => undefined, warn: () => undefined };

/**
 * A client of one Copilot runtime over one connection. It knows nothing of processes or editors: give it a reader and
 * a writer, and dispose it when the connection is done with.
 */
export class RuntimeClient implements Disposable {
  private readonly connection: MessageConnection;
  private readonly registry: SessionRegistry;
  private readonly closes = new Emitter<void>();
  private readonly log: ClientLog;
  private readonly timers: Timers;
  private readonly sessionConnection: SessionConnection;
  private closed = false;

  /** Fired once, when the connection has ended, by either side. */
  readonly onDidClose: Event<void> = this.closes.event;

  constructor(reader: MessageReader, writer: MessageWriter, options: RuntimeClientOptions = {}) {
    this.log = options.log ?? SILENT;
    this.timers = options.timers ?? realTimers;
    this.registry = new SessionRegistry(
      this.log,
      { ...DEFAULT_PENDING_ROUTING_LIMITS, ...options.limits },
      this.timers,
    );
    this.sessionConnection = {
      request: (method, params, token) => this.request(method, params, token),
      handleRequest: (session, request) => options.handleRequest?.(session, request) ?? false,
      warn: (message) => this.log.warn(message),
    };
    const tap = new InboundTap(reader, writer, this.registry);
    this.connection = createMessageConnection(tap, writer, NullLogger, { messageStrategy: tap.messageStrategy });
    this.connection.onError(([error]) => this.log.warn(`Connection to the runtime: ${error.message}`));
    this.connection.onClose(() => this.close('The connection to the Copilot runtime was closed.'));
    this.connection.listen();
  }

  /** The runtime says that something about a session changed, open here or not. */
  get onLifecycle(): Event<SessionLifecycle> {
    return this.registry.onLifecycle;
  }

  get isClosed(): boolean {
    return this.closed;
  }

  /**
   * The first call on a connection.
   *
   * @throws `protocol-version` if the runtime speaks another version than 3; `handshake-failed` if it does not answer
   * as a Copilot runtime does, or refuses the token.
   */
  async handshake(token?: string): Promise<Handshake> {
    let handshake: Handshake;
    try {
      handshake = await this.request(Rpc.connect, token === undefined ? {} : { token });
    } catch (error) {
      if (!(error instanceof ResponseError) || error.code !== RpcErrorCode.methodNotFound) {
        throw this.handshakeError(error);
      }
      // Servers older than `connect` say their version in the answer to `ping`.
      handshake = await this.request(Rpc.ping, {}).catch((reason: unknown) => {
        throw this.handshakeError(reason);
      });
    }
    if (handshake.protocolVersion !== PROTOCOL_VERSION) {
      const theirs =
        handshake.protocolVersion === undefined ? 'no version at all' : `version ${handshake.protocolVersion}`;
      throw new CloudSessionsError(
        'protocol-version',
        `The Copilot runtime speaks ${theirs} of the protocol; this extension speaks version ${PROTOCOL_VERSION}.`,
        { nextStep: 'Update the Copilot runtime (npm install -g @github/copilot) or this extension.' },
      );
    }
    return handshake;
  }

  getAuthStatus(token?: CancellationToken): Promise<GetAuthStatusResponse> {
    return this.call('ask who is signed in', Rpc.authStatus, {}, token);
  }

  /**
   * The sessions that the runtime knows, on this machine or in the cloud (from 1.0.6x on; older ones list none there).
   * A lookup that fails is an error, not an empty list.
   */
  listSessions(source: 'local' | 'remote' | 'all', token?: CancellationToken): Promise<readonly ListedSession[]> {
    return this.call('list the sessions', Rpc.listSessions, { source, throwOnError: true }, token);
  }

  async getMessages(sessionId: string): Promise<readonly SessionEvent[]> {
    return (await this.call('read the history of the session', Rpc.getMessages, { sessionId })).events;
  }

  /** Deletes a local session for good; the runtime cannot delete cloud sessions. */
  deleteSession(sessionId: string): Promise<void> {
    return this.call('delete the session', Rpc.deleteSession, { sessionId });
  }

  /** A session that is open here. */
  getSession(sessionId: string): CloudSession | undefined {
    return this.registry.get(sessionId);
  }

  /**
   * Creates a local session, which runs on this machine.
   * @throws `invalid-argument` if `cloud` is given.
   */
  async createSession(params: Readonly<Record<string, unknown>> = {}): Promise<CloudSession> {
    if ('cloud' in params) {
      throw new CloudSessionsError('invalid-argument', 'createSession makes local sessions and takes no `cloud`.', {
        nextStep: 'Use createCloudSession for a session in the cloud.',
      });
    }
    return this.create('create the session', params, { isRemote: false });
  }

  /**
   * Creates a session that runs in the cloud. The runtime chooses its id; what arrives for it before the id is known
   * is held, and delivered first.
   *
   * @throws `invalid-argument`, before anything is sent, for a missing `cloud`, a `sessionId` or a `provider`;
   * `cancelled` when the token is cancelled (then the session is closed again as soon as its id is known); the
   * service's refusals as `forbidden`, `rate-limited`, `repository-not-found`, `not-signed-in`, `service-unavailable`.
   */
  async createCloudSession(options: CreateCloudSessionOptions, token?: CancellationToken): Promise<CloudSession> {
    const { cloud, model, reasoningEffort, prompt } = validateCloudOptions(options);
    const required = { cloud: cloud.repository === undefined ? {} : { repository: { ...cloud.repository } } };
    const optional = {
      clientName: 'cloud-sessions-vscode',
      streaming: true,
      ...(model === undefined ? {} : { model }),
      ...(reasoningEffort === undefined ? {} : { reasoningEffort }),
    };
    const { repository } = cloud;
    const details: SessionDetails = {
      isRemote: true,
      ...(repository === undefined ? {} : { repository: `${repository.owner}/${repository.name}` }),
      ...(repository?.branch === undefined ? {} : { branch: repository.branch }),
    };
    const session = await this.create(
      'create the cloud session',
      { ...optional, ...required },
      details,
      required,
      token,
    );
    session.watchForStart();
    if (prompt !== undefined && prompt.trim() !== '') {
      // The outbox keeps it, whatever becomes of it; its failure is shown there.
      session.send(prompt).catch(() => undefined);
    }
    return session;
  }

  /**
   * Attaches to a cloud session that exists.
   *
   * @param taskId the id in the service's list of tasks, which is not the session's own
   * @param existing the session as it was before the connection was lost, to be filled up instead of a new one
   */
  async connectSession(
    taskId: string,
    details: Partial<SessionDetails> = {},
    existing?: CloudSession,
  ): Promise<CloudSession> {
    // Older runtimes (1.0.55) send the history before they answer: it is held like that of a new session.
    const guard = this.registry.beginCreate();
    let session: CloudSession;
    try {
      const answer = await this.call('connect to the cloud session', Rpc.connectRemoteSession, { sessionId: taskId });
      const open = this.registry.get(answer.sessionId);
      if (open !== undefined) {
        return open;
      }
      session = existing ?? new CloudSession(answer.sessionId, { ...details, isRemote: true, taskId }, this.timers);
      this.registry.register(session, this.sessionConnection);
    } finally {
      guard.dispose();
    }
    await session.reconcile().catch((error: unknown) => {
      session.addNote(
        'warning',
        `The history of the session could not be read: ${explainRequestError('read it', error).message}`,
      );
    });
    session.watchForStart();
    return session;
  }

  /** Stops watching a session: the runtime lets go of it, and the agent goes on. */
  async disconnectSession(session: CloudSession): Promise<void> {
    this.registry.unregister(session);
    session.detach('No longer watched: the agent goes on, and nothing more is shown here.');
    await this.call('stop watching the session', Rpc.destroySession, { sessionId: session.sessionId });
  }

  /** Asks the runtime to end itself. */
  async shutdown(): Promise<void> {
    await this.request(Rpc.shutdown, {});
  }

  /** Any call, as the runtime answers it; failures are the connection's own errors. */
  async request<Params extends object, Result>(
    method: RpcMethod<Params, Result>,
    params: Params,
    token?: CancellationToken,
  ): Promise<Result> {
    if (this.closed) {
      throw connectionClosed(`call ${method.method}`);
    }
    // vscode-jsonrpc would take an `undefined` token for a second positional parameter.
    const answer: unknown = await (token === undefined
      ? this.connection.sendRequest(method.method, params)
      : this.connection.sendRequest(method.method, params, token));
    return method.read(answer);
  }

  dispose(): void {
    this.close('The Copilot runtime was stopped.');
  }

  private async call<Params extends object, Result>(
    doing: string,
    method: RpcMethod<Params, Result>,
    params: Params,
    token?: CancellationToken,
  ): Promise<Result> {
    try {
      return await this.request(method, params, token);
    } catch (error) {
      throw explainRequestError(doing, error);
    }
  }

  /** Sends `session.create` and registers what comes back; undoes it all if the caller no longer wants it. */
  private async create(
    doing: string,
    params: Readonly<Record<string, unknown>>,
    details: SessionDetails,
    fallback?: Readonly<Record<string, unknown>>,
    token?: CancellationToken,
  ): Promise<CloudSession> {
    if (token?.isCancellationRequested === true) {
      throw cancelled();
    }
    const guard = this.registry.beginCreate();
    const created = this.requestCreate(params, fallback).then((answer) => this.registerCreated(answer, details));
    // Also when the caller has left: the guard belongs to the request, and a session that nobody wants is closed.
    const ended = created.finally(() => guard.dispose());
    const withdrawn = whenCancelled(token);
    try {
      const session = await Promise.race([ended, withdrawn.promise]);
      await Promise.race([this.readHistory(session), withdrawn.promise]);
      return session;
    } catch (error) {
      void created.then(
        (session) => this.undo(session),
        () => undefined,
      );
      throw explainRequestError(doing, error);
    } finally {
      withdrawn.dispose();
    }
  }

  private async requestCreate(
    params: Readonly<Record<string, unknown>>,
    fallback: Readonly<Record<string, unknown>> | undefined,
  ): Promise<CreatedSession> {
    try {
      return await this.request(Rpc.createSession, params);
    } catch (error) {
      // A runtime that refuses an optional param does so before anything is created, so asking again is safe.
      if (fallback !== undefined && error instanceof ResponseError && error.code === RpcErrorCode.methodNotFound) {
        this.log.warn('The runtime does not take the optional parameters of a cloud session; asking without them.');
        return await this.request(Rpc.createSession, fallback);
      }
      throw error;
    }
  }

  private registerCreated(answer: CreatedSession, details: SessionDetails): CloudSession {
    const session = new CloudSession(answer.sessionId, details, this.timers);
    session.offerRemoteUrl(answer.remoteUrl);
    this.registry.register(session, this.sessionConnection);
    return session;
  }

  /** Waits for the history, but not for ever: the session is usable without it. */
  private async readHistory(session: CloudSession): Promise<void> {
    const read = Promise.all([
      session.reconcile().catch((error: unknown) => {
        this.log.warn(`The history of ${session.sessionId} could not be read: ${String(error)}`);
      }),
      this.learnTask(session),
    ]);
    const patience = new Promise<void>((resolve) => {
      const timer = this.timers(resolve, HISTORY_WAIT_MS);
      void read.then(() => timer.dispose());
    });
    await Promise.race([read, patience]);
  }

  /** Which task in the cloud a session is: the list names it by that, and it is what a session is attached to by. */
  private async learnTask(session: CloudSession): Promise<void> {
    if (!session.details.isRemote) {
      return;
    }
    try {
      session.update(await this.request(Rpc.metadataSnapshot, { sessionId: session.sessionId }));
    } catch (error) {
      this.log.warn(`The task of ${session.sessionId} could not be asked for: ${String(error)}`);
    }
  }

  /** Takes back a registration, one's own only, and tells the runtime to let go of the session. */
  private undo(session: CloudSession): void {
    this.registry.unregister(session);
    session.dispose();
    if (!this.closed) {
      this.request(Rpc.destroySession, { sessionId: session.sessionId }).catch((error: unknown) =>
        this.log.warn(`Session ${session.sessionId} could not be closed: ${String(error)}`),
      );
    }
  }

  private handshakeError(error: unknown): CloudSessionsError {
    const reason = explainRequestError('start a conversation with the Copilot runtime', error);
    return new CloudSessionsError('handshake-failed', reason.message, {
      nextStep: 'Check cloudSessions.runtime.path, and the token of cloudSessions.runtime.server if one is needed.',
      cause: error,
    });
  }

  /** Once: everything in flight rejects, everything held is released, every session says that it is disconnected. */
  private close(reason: string): void {
    if (this.closed) {
      return;
    }
    this.closed = true;
    // Only `dispose` rejects what is in flight; the end of the stream alone leaves it hanging.
    this.connection.dispose();
    this.registry.close(reason);
    this.closes.fire();
    this.closes.dispose();
    this.registry.dispose();
  }
}

function validateCloudOptions(options: CreateCloudSessionOptions): CreateCloudSessionOptions {
  const given: Readonly<Record<string, unknown>> = { ...options };
  const reject = (message: string, nextStep: string): never => {
    throw new CloudSessionsError('invalid-argument', message, { nextStep });
  };
  if (typeof given['cloud'] !== 'object' || given['cloud'] === null) {
    reject(
      'createCloudSession needs `cloud`.',
      'Pass `cloud: {}` or `cloud: { repository }`, or use createSession for a local session.',
    );
  }
  if (given['sessionId'] !== undefined) {
    reject(
      'createCloudSession takes no `sessionId`: the runtime chooses it.',
      'Leave it out, or use createSession for a local session.',
    );
  }
  if (given['provider'] !== undefined) {
    reject(
      'createCloudSession takes no `provider`: the cloud has its own models.',
      'Leave it out, or use createSession for a local session.',
    );
  }
  const repository: unknown = options.cloud.repository;
  if (
    repository !== undefined &&
    (readText(repository, 'owner') === undefined || readText(repository, 'name') === undefined)
  ) {
    reject('The repository of a cloud session needs an owner and a name.', 'Pass `repository: { owner, name }`.');
  }
  return options;
}

function cancelled(): CloudSessionsError {
  return new CloudSessionsError('cancelled', 'Creating the session was cancelled.');
}

/** A promise that rejects when the token is cancelled, and is let go of otherwise. */
function whenCancelled(token: CancellationToken | undefined): Disposable & { readonly promise: Promise<never> } {
  let subscription: Disposable | undefined;
  const promise = new Promise<never>((_, reject) => {
    subscription = token?.onCancellationRequested(() => reject(cancelled()));
  });
  promise.catch(() => undefined);
  return { promise, dispose: () => subscription?.dispose() };
}

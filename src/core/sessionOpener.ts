import { ResponseError, type CancellationToken, type Disposable } from 'vscode-jsonrpc/node';
import { checkToken } from './callArguments';
import { readCreateOptions, type CreateCloudSessionOptions } from './createOptions';
import { CloudSessionsError } from './errors';
import { RpcErrorCode } from './inbound';
import { isRecord } from './json';
import type { Timers } from './pendingRouting';
import { Rpc, type CreatedSession } from './protocol';
import { explainRequestError } from './requestErrors';
import { CloudSession, type SessionConnection, type SessionDetails } from './session';
import type { Choices } from './modelChoice';
import type { ClientLog, SessionRegistry } from './sessionRegistry';

export type { CreateCloudSessionOptions } from './createOptions';

type CreateParams = Readonly<Record<string, unknown>>;

/** How often the history of a session that is attached again is read once more: see `watchForStart`. */
const REREADS_AFTER_CONNECT = 2;
/** How long a create waits for the session's history before it gives the session to the caller, in milliseconds. */
const HISTORY_WAIT_MS = 2_000;

/** Opens the sessions of one connection: creates new ones, and attaches to those that exist. */
export class SessionOpener {
  constructor(
    private readonly registry: SessionRegistry,
    private readonly connection: SessionConnection,
    private readonly timers: Timers,
    private readonly log: ClientLog,
  ) {}

  async createLocal(params: CreateParams): Promise<CloudSession> {
    if (!isRecord(params)) {
      throw new CloudSessionsError('invalid-argument', 'createSession takes an object.', {
        nextStep: 'Pass the parameters of a local session, or use createCloudSession for a session in the cloud.',
      });
    }
    if ('cloud' in params) {
      throw new CloudSessionsError('invalid-argument', 'createSession makes local sessions and takes no `cloud`.', {
        nextStep: 'Use createCloudSession for a session in the cloud.',
      });
    }
    return this.create('create the session', params, { isRemote: false });
  }

  async createCloud(options: CreateCloudSessionOptions, token?: CancellationToken): Promise<CloudSession> {
    const { cloud, model, reasoningEffort, prompt } = readCreateOptions(options);
    checkToken(token);
    const required = { cloud };
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
      {
        ...(model === undefined ? {} : { model }),
        ...(reasoningEffort === undefined ? {} : { reasoningEffort }),
        ...(repository?.branch === undefined ? {} : { branch: repository.branch }),
      },
    );
    session.watchForStart();
    if (prompt !== undefined && prompt.trim() !== '') {
      // The outbox keeps it, whatever becomes of it; its failure is shown there.
      session.send(prompt).catch(() => undefined);
    }
    return session;
  }

  async connect(taskId: string, details: Partial<SessionDetails>, existing?: CloudSession): Promise<CloudSession> {
    // Older runtimes (1.0.55) send the history before they answer: it is held like that of a new session.
    const guard = this.registry.beginConnect();
    let session: CloudSession;
    try {
      const answer = await this.connection
        .request(Rpc.connectRemoteSession, { sessionId: taskId })
        .catch((error: unknown) => {
          throw explainRequestError('connect to the cloud session', error);
        });
      const open = this.registry.get(answer.sessionId);
      if (open !== undefined) {
        return open;
      }
      const known: SessionDetails = {
        ...existing?.details,
        ...details,
        isRemote: true,
        taskId: answer.taskId ?? taskId,
      };
      if (existing?.sessionId === answer.sessionId) {
        session = existing;
        session.update(known);
      } else {
        // Under the id that it had before, nothing of what comes now would reach it.
        session = new CloudSession(answer.sessionId, known, this.timers);
      }
      this.registry.register(session, this.connection);
    } finally {
      guard.dispose();
    }
    await session.readHistory();
    session.watchForStart(existing === undefined ? 0 : REREADS_AFTER_CONNECT);
    return session;
  }

  /** Sends `session.create` and registers what comes back; undoes it all if the caller no longer wants it. */
  private async create(
    doing: string,
    params: CreateParams,
    details: SessionDetails,
    fallback?: CreateParams,
    token?: CancellationToken,
    choices: Choices = {},
  ): Promise<CloudSession> {
    if (isCancelled(token)) {
      throw cancelled();
    }
    const guard = this.registry.beginCreate();
    // The guard belongs to the request, not to the caller: who cancels leaves while the id is still to come.
    const created = this.request(params, fallback, token)
      .then((answer) => this.register(answer, details, token, choices))
      .finally(() => guard.dispose());
    const withdrawn = whenCancelled(token);
    try {
      const session = await Promise.race([created, withdrawn.promise]);
      await Promise.race([this.learn(session), withdrawn.promise]);
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

  private async request(
    params: CreateParams,
    fallback: CreateParams | undefined,
    token: CancellationToken | undefined,
  ): Promise<CreatedSession> {
    try {
      return await this.connection.request(Rpc.createSession, params);
    } catch (error) {
      // A runtime that refuses an optional param does so before anything is created, so asking again is safe.
      if (fallback !== undefined && error instanceof ResponseError && error.code === RpcErrorCode.methodNotFound) {
        if (isCancelled(token)) {
          throw cancelled();
        }
        this.log.warn('The runtime does not take the optional parameters of a cloud session; asking without them.');
        return await this.connection.request(Rpc.createSession, fallback);
      }
      throw error;
    }
  }

  /** Synchronous from the answer to the last held message: nothing that arrives later can overtake it. */
  private register(
    { sessionId, remoteUrl }: CreatedSession,
    details: SessionDetails,
    token: CancellationToken | undefined,
    choices: Choices,
  ): CloudSession {
    if (isCancelled(token) && this.registry.get(sessionId) === undefined) {
      // Nobody wants it: its requests must not reach a user, and it must not go on in the cloud.
      this.registry.abandon(sessionId);
      this.destroy(sessionId);
      throw cancelled();
    }
    const session = new CloudSession(sessionId, details, this.timers);
    session.offerRemoteUrl(remoteUrl);
    // Before its first event: the agent's start lets prompts out.
    session.choices.choose(choices);
    this.registry.register(session, this.connection);
    return session;
  }

  /** Waits for what is to be known of a new session, but not for ever: it is usable without. */
  private async learn(session: CloudSession): Promise<void> {
    const learned = Promise.all([session.readHistory(), this.learnTask(session)]);
    const patience = new Promise<void>((resolve) => {
      const timer = this.timers(resolve, HISTORY_WAIT_MS);
      void learned.then(() => timer.dispose());
    });
    await Promise.race([learned, patience]);
  }

  /** Which task in the cloud a session is: the list names it by that, and it is what a session is attached to by. */
  private async learnTask(session: CloudSession): Promise<void> {
    if (!session.details.isRemote) {
      return;
    }
    try {
      session.update(await this.connection.request(Rpc.metadataSnapshot, { sessionId: session.sessionId }));
    } catch (error) {
      this.log.warn(`The task of ${session.sessionId} could not be asked for: ${String(error)}`);
    }
  }

  /** Takes back a registration, one's own only, and tells the runtime to let go of the session. */
  private undo(session: CloudSession): void {
    const wasOpen = this.registry.unregister(session);
    session.dispose();
    if (wasOpen) {
      this.destroy(session.sessionId);
    }
  }

  private destroy(sessionId: string): void {
    this.connection
      .request(Rpc.destroySession, { sessionId })
      .catch((error: unknown) => this.log.warn(`Session ${sessionId} could not be closed: ${String(error)}`));
  }
}

function cancelled(): CloudSessionsError {
  return new CloudSessionsError('cancelled', 'Creating the session was cancelled.');
}

function isCancelled(token: CancellationToken | undefined): boolean {
  return token?.isCancellationRequested === true;
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

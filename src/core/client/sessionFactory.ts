import * as l10n from '@vscode/l10n';
import { ResponseError, type CancellationToken } from 'vscode-jsonrpc/node';
import { defined } from '../common/defined';
import { checkToken } from '../arguments/callArguments';
import { choicesOf, readCreateOptions, type CreateCloudSessionOptions } from '../arguments/createOptions';
import { CloudSessionsError, mayHaveArrived } from '../errors/cloudSessionsError';
import { whenCancelled, within, withTimeout } from '../common/async';
import { isRecord } from '../common/json';
import { Rpc, type CreatedSession } from '../rpc/methods';
import { explainRequestError } from '../rpc/rpcErrors';
import { CloudSession, type SessionConnection, type SessionDetails } from '../session/session';
import type { Choices } from '../arguments/modelChoice';
import type { ClientLog, SessionRegistry } from './sessionRegistry';
import { textOf } from '../redaction/secrets';
import type { Timers } from '../common/timers';
import { RpcErrorCode } from '../rpc/inboundRequest';

type CreateParams = Readonly<Record<string, unknown>>;

/** How often the history of a session that is attached again is read once more: see `watchForStart`. */
const REREADS_AFTER_CONNECT = 2;
/** How long a create waits for the session's history before it gives the session to the caller, in milliseconds. */
const HISTORY_WAIT_MS = 2_000;
/**
 * How long a create waits for the runtime's answer, in milliseconds. The runtime itself gives a service that hangs 300 s
 * (1.0.55) to 600 s (1.0.102). A session that comes later is let go of.
 */
const CREATE_WAIT_MS = 660_000;
/** The same for a connect, whose session is of little use without its history. */
const CONNECT_HISTORY_WAIT_MS = 10_000;

type Connected = ReturnType<(typeof Rpc)['connectRemoteSession']['read']>;

/** One `sessions.connect` on the wire, shared by those that want the same task. */
interface Connecting {
  readonly taskId: string;
  readonly answer: Promise<Connected>;
  /** How many wait for it. */
  wanted: number;
  /** Set once the runtime has answered, until somebody has registered the session or it was let go of. */
  unclaimed?: string | undefined;
}

interface CreateSteps {
  /** What is asked with where the runtime does not take the optional members. */
  readonly fallback?: CreateParams;
  readonly token?: CancellationToken | undefined;
  readonly choices?: Choices;
  /** Done before anybody else is given the session. */
  readonly onLearnt?: (session: CloudSession) => void;
}

/** Opens the sessions of one connection: creates new ones, and attaches to those that exist. */
export class SessionFactory {
  private readonly connecting = new Map<string, Connecting>();
  /** Sessions that a create or a connect has registered, and nobody else has been given: those may be undone. */
  private readonly unclaimed = new Set<CloudSession>();
  /** Sessions whose create is not over, and when it will be: what was given to the create comes first. */
  private readonly creating = new Map<CloudSession, Promise<void>>();

  constructor(
    private readonly registry: SessionRegistry,
    private readonly connection: SessionConnection,
    private readonly timers: Timers,
    private readonly log: ClientLog,
  ) {}

  async createLocal(params: CreateParams): Promise<CloudSession> {
    if (!isRecord(params)) {
      throw new CloudSessionsError('invalid-argument', l10n.t('createSession takes an object.'), {
        nextStep: l10n.t(
          'Pass the parameters of a local session, or use createCloudSession for a session in the cloud.',
        ),
      });
    }
    if ('cloud' in params) {
      throw new CloudSessionsError(
        'invalid-argument',
        l10n.t('createSession creates local sessions and takes no `cloud`.'),
        {
          nextStep: l10n.t('Use createCloudSession for a session in the cloud.'),
        },
      );
    }
    return this.create('create the session', params, { isRemote: false });
  }

  /** @param onCreated called with the session before anybody else is given it; what it throws is thrown */
  async createCloud(
    given: CreateCloudSessionOptions,
    token?: CancellationToken,
    onCreated?: (session: CloudSession) => void,
  ): Promise<CloudSession> {
    const options = readCreateOptions(given);
    const { cloud, model, reasoningEffort, prompt } = options;
    checkToken(token);
    const required = { cloud };
    const optional = {
      clientName: 'cloud-sessions-vscode',
      streaming: true,
      ...defined({ model, reasoningEffort }),
    };
    const { repository } = cloud;
    const details: SessionDetails = {
      isRemote: true,
      ...(repository === undefined ? {} : { repository: `${repository.owner}/${repository.name}` }),
      ...defined({ branch: repository?.branch }),
    };
    return this.create('create the cloud session', { ...optional, ...required }, details, {
      fallback: required,
      token,
      choices: choicesOf(options),
      onLearnt: (session) => {
        session.watchForStart();
        onCreated?.(session);
        sendFirst(session, prompt);
      },
    });
  }

  /**
   * Attaches to a session that exists; calls for the same task share the runtime's answer.
   * @throws `cancelled` when the token is, or `existing` is disposed of meanwhile
   */
  async connect(
    taskId: string,
    details: Partial<SessionDetails>,
    existing?: CloudSession,
    token?: CancellationToken,
  ): Promise<CloudSession> {
    if (isCancelled(token)) {
      throw notWanted();
    }
    // Older runtimes (1.0.55) send the history before they answer: it is held like that of a new session.
    const guard = this.registry.beginConnect();
    const withdrawn = whenCancelled(token, notWanted);
    const connecting = this.beginConnecting(taskId);
    let session: CloudSession;
    try {
      const answer = await Promise.race([connecting.answer, withdrawn.promise]);
      if (isCancelled(token) || existing?.isDisposed === true) {
        throw notWanted();
      }
      const open = this.registry.get(answer.sessionId);
      if (open !== undefined) {
        // It has another owner from now on: whoever cancels opening it must not take it away.
        this.unclaimed.delete(open);
        open.connectedAnew(REREADS_AFTER_CONNECT);
        await Promise.race([this.creating.get(open), withdrawn.promise]);
        return open;
      }
      session = this.sessionFor(answer, taskId, details, existing);
      this.registry.register(session, this.connection);
      if (session !== existing) {
        this.unclaimed.add(session);
      }
    } catch (error) {
      throw explainRequestError('connect to the cloud session', error);
    } finally {
      connecting.wanted--;
      this.letGoIfUnclaimed(connecting);
      guard.dispose();
      withdrawn.dispose();
    }
    await within(session.readHistory(), CONNECT_HISTORY_WAIT_MS, this.timers);
    if (isCancelled(token) || session.isDisposed) {
      if (existing !== session) {
        this.undo(session);
      }
      throw notWanted();
    }
    session.watchForStart(existing === undefined ? 0 : REREADS_AFTER_CONNECT);
    this.unclaimed.delete(session);
    return session;
  }

  private sessionFor(
    answer: Connected,
    taskId: string,
    details: Partial<SessionDetails>,
    existing: CloudSession | undefined,
  ): CloudSession {
    const known: SessionDetails = {
      ...existing?.details,
      ...details,
      isRemote: true,
      taskId: answer.taskId ?? taskId,
    };
    if (existing?.sessionId === answer.sessionId) {
      existing.update(known);
      return existing;
    }
    // Under the id that it had before, nothing of what comes now would reach it.
    const session = new CloudSession(answer.sessionId, known, this.timers);
    session.markAsExisting();
    return session;
  }

  private beginConnecting(taskId: string): Connecting {
    const known = this.connecting.get(taskId);
    if (known !== undefined) {
      known.wanted++;
      return known;
    }
    // Its own guard, as for a create: who cancels leaves while the answer is still to come.
    const guard = this.registry.beginConnect();
    const onAnswer = ({ sessionId }: Connected): void => {
      connecting.unclaimed = sessionId;
      this.letGoIfUnclaimed(connecting);
    };
    // An answer that is late means an attachment, too.
    const answer = this.connection.request(Rpc.connectRemoteSession, { sessionId: taskId }, undefined, onAnswer);
    const connecting: Connecting = { taskId, answer, wanted: 1 };
    this.connecting.set(taskId, connecting);
    answer
      .then(onAnswer)
      .catch(() => undefined)
      .finally(() => {
        this.forgetConnecting(connecting);
        guard.dispose();
      });
    return connecting;
  }

  private forgetConnecting(connecting: Connecting): void {
    if (this.connecting.get(connecting.taskId) === connecting) {
      this.connecting.delete(connecting.taskId);
    }
  }

  /** Nobody wants the session that the runtime has attached to any more: it must not go on polling for it. */
  private letGoIfUnclaimed(connecting: Connecting): void {
    const { unclaimed, taskId } = connecting;
    if (connecting.wanted > 0) {
      return;
    }
    // Whoever wants the task from now on asks anew: this call may never be answered.
    this.forgetConnecting(connecting);
    if (unclaimed === undefined) {
      return;
    }
    connecting.unclaimed = undefined;
    // A later call for the same task is about to claim it.
    if (this.registry.get(unclaimed) === undefined && !this.connecting.has(taskId)) {
      this.registry.abandon(unclaimed);
      this.destroy(unclaimed);
    }
  }

  /** Sends `session.create` and registers what comes back; undoes it all if the caller no longer wants it. */
  private async create(
    doing: string,
    params: CreateParams,
    details: SessionDetails,
    { fallback, token, choices = {}, onLearnt }: CreateSteps = {},
  ): Promise<CloudSession> {
    if (isCancelled(token)) {
      throw cancelled();
    }
    const guard = this.registry.beginCreate();
    // The guard belongs to the request, not to the caller: who cancels leaves while the id is still to come.
    const created = this.request(params, fallback, token)
      .then((answer) => this.register(answer, details, token, choices))
      .finally(() => guard.dispose());
    const withdrawn = whenCancelled(token, cancelled);
    let onEnd = (): void => undefined;
    const ended = new Promise<void>((resolve) => (onEnd = resolve));
    try {
      const answer = Promise.race([created, withdrawn.promise]);
      const session = await withTimeout(answer, CREATE_WAIT_MS, unanswered, this.timers);
      this.connection.retries?.succeeded();
      this.creating.set(session, ended);
      await Promise.race([this.learn(session), withdrawn.promise]).finally(() => this.creating.delete(session));
      this.unclaimed.delete(session);
      onLearnt?.(session);
      return session;
    } catch (error) {
      void created.then(
        (session) => this.undo(session),
        () => undefined,
      );
      throw withDoubt(explainRequestError(doing, error));
    } finally {
      onEnd();
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
    this.unclaimed.add(session);
    return session;
  }

  /** Waits for what is to be known of a new session, but not for ever: it is usable without. */
  private async learn(session: CloudSession): Promise<void> {
    const known = Promise.all([session.readHistory(), this.learnTask(session)]);
    await within(known, HISTORY_WAIT_MS, this.timers);
  }

  /** Which task in the cloud a session is: the list names it by that, and it is what a session is attached to by. */
  private async learnTask(session: CloudSession): Promise<void> {
    if (!session.details.isRemote) {
      return;
    }
    await session.keepTrying(`ask for the task of session ${session.sessionId}`, async () => {
      session.update(await this.connection.request(Rpc.metadataSnapshot, { sessionId: session.sessionId }));
    });
  }

  /** Takes back a registration, one's own only, and tells the runtime to let go of the session. */
  private undo(session: CloudSession): void {
    if (!this.unclaimed.delete(session)) {
      return;
    }
    const wasOpen = this.registry.unregister(session);
    session.dispose();
    if (wasOpen) {
      this.destroy(session.sessionId);
    }
  }

  private destroy(sessionId: string): void {
    this.connection
      .request(Rpc.destroySession, { sessionId })
      .catch((error: unknown) => this.log.warn(`Session ${sessionId} could not be closed: ${textOf(error)}`));
  }
}

function cancelled(): CloudSessionsError {
  return new CloudSessionsError('cancelled', l10n.t('Creating the session was cancelled.'));
}

/** Sends the prompt that a session was created with, if there is one. */
export function sendFirst(session: CloudSession, prompt: string | undefined): void {
  if (prompt !== undefined && prompt.trim() !== '') {
    // The outbox keeps it, whatever becomes of it; its failure is shown there.
    session.send(prompt).catch(() => undefined);
  }
}

/** Whether a create that failed with this may have created the session: that is to be looked up, not guessed. */
export function mayHaveCreated(error: CloudSessionsError): boolean {
  return mayHaveArrived(error) || error.code === 'session-id-in-use';
}

function withDoubt(error: CloudSessionsError): CloudSessionsError {
  if (!mayHaveCreated(error)) {
    return error;
  }
  return new CloudSessionsError(error.code, `${error.message} ${l10n.t('The session may exist nevertheless.')}`, {
    nextStep: l10n.t('Look for it in the list before you create it again.'),
    ...defined({ details: error.details }),
    cause: error.cause,
  });
}

function unanswered(): CloudSessionsError {
  return new CloudSessionsError(
    'timeout',
    l10n.t('The Copilot runtime has not answered session.create for {0} minutes.', CREATE_WAIT_MS / 60_000),
  );
}

function notWanted(): CloudSessionsError {
  return new CloudSessionsError('cancelled', l10n.t('Connecting to the session was cancelled.'));
}

function isCancelled(token: CancellationToken | undefined): boolean {
  return token?.isCancellationRequested === true;
}

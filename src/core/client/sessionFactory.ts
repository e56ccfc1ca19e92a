import * as l10n from '@vscode/l10n';
import { ResponseError, type CancellationToken } from 'vscode-jsonrpc/node';
import { defined } from '../common/defined';
import { checkToken } from '../arguments/callArguments';
import { choicesOf, readCreateOptions, type CreateCloudSessionOptions } from '../arguments/createOptions';
import { CloudSessionsError, mayHaveArrived } from '../errors/cloudSessionsError';
import { isCancelled, whenCancelled, within, withTimeout } from '../common/async';
import { isRecord } from '../common/json';
import { Rpc, type CreatedSession } from '../rpc/methods';
import { explainRequestError, type FailureMessage } from '../rpc/rpcErrors';
import { CloudSession, type SessionConnection, type SessionDetails } from '../session/session';
import type { Choices } from '../arguments/modelChoice';
import type { ClientLog, SessionRegistry } from './sessionRegistry';
import type { UnclaimedSessions } from './unclaimedSessions';
import type { Timers } from '../common/timers';
import { RpcErrorCode } from '../rpc/inboundRequest';

type CreateParams = Readonly<Record<string, unknown>>;

/** How long a create waits for the session's history before it gives the session to the caller, in milliseconds. */
const HISTORY_WAIT_MS = 2_000;
/**
 * How long a create waits for the runtime's answer, in milliseconds. The runtime's own time limit for the service is 300 s
 * (1.0.55) to 600 s (1.0.102). A session that is created later is released.
 */
const CREATE_WAIT_MS = 660_000;

interface CreateSteps {
  /** Sent instead if the runtime refuses the optional parameters. */
  readonly fallback?: CreateParams;
  readonly token?: CancellationToken | undefined;
  readonly choices?: Choices;
  /** Called before anybody else is given the session. */
  readonly onLearnt?: (session: CloudSession) => void;
}

/** Creates the sessions of one connection. */
export class SessionFactory {
  /** Sessions whose create is not over, each with its end: the create's own prompt is sent first. */
  private readonly creating = new Map<CloudSession, Promise<void>>();

  constructor(
    private readonly registry: SessionRegistry,
    private readonly connection: SessionConnection,
    private readonly unclaimed: UnclaimedSessions,
    private readonly timers: Timers,
    private readonly log: ClientLog,
  ) {}

  /** Resolves when the create that made the session is over; `undefined` if it is, or if there was none. */
  whenCreated(session: CloudSession): Promise<void> | undefined {
    return this.creating.get(session);
  }

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
    const failed: FailureMessage = (reason) => l10n.t('Could not create the session: {0}', reason);
    return this.create(failed, params, { isRemote: false });
  }

  /** @param onCreated called with the session before anybody else is given it; its errors are thrown */
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
    const failed: FailureMessage = (reason) => l10n.t('Could not create the cloud session: {0}', reason);
    return this.create(failed, { ...optional, ...required }, details, {
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

  /** Sends `session.create` and registers the session; undoes both if the caller cancels. */
  private async create(
    failed: FailureMessage,
    params: CreateParams,
    details: SessionDetails,
    { fallback, token, choices = {}, onLearnt }: CreateSteps = {},
  ): Promise<CloudSession> {
    if (isCancelled(token)) {
      throw cancelled();
    }
    const guard = this.registry.beginCreate();
    // The guard belongs to the request, not to the caller: after a cancellation the id is still to arrive.
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
      this.unclaimed.claim(session);
      onLearnt?.(session);
      return session;
    } catch (error) {
      void created.then(
        (session) => this.unclaimed.undo(session),
        () => undefined,
      );
      throw withDoubt(explainRequestError(failed, error));
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
      // A runtime that refuses an optional parameter has created nothing, so asking again is safe.
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

  /** Synchronous from the answer to the last held message, so that no later message can come first. */
  private register(
    { sessionId, remoteUrl }: CreatedSession,
    details: SessionDetails,
    token: CancellationToken | undefined,
    choices: Choices,
  ): CloudSession {
    if (isCancelled(token) && this.registry.get(sessionId) === undefined) {
      // It was cancelled: its requests must not reach a user, and it must not continue in the cloud.
      this.registry.abandon(sessionId);
      this.unclaimed.destroy(sessionId);
      throw cancelled();
    }
    const session = new CloudSession(sessionId, details, this.timers);
    session.offerRemoteUrl(remoteUrl);
    // Before its first event, for prompts are sent after the agent's start.
    session.choices.choose(choices);
    this.registry.register(session, this.connection);
    this.unclaimed.add(session);
    return session;
  }

  /** Reads the history and the task id of a new session; the session is usable without, so the wait has a limit. */
  private async learn(session: CloudSession): Promise<void> {
    const known = Promise.all([session.readHistory(), this.learnTask(session)]);
    await within(known, HISTORY_WAIT_MS, this.timers);
  }

  /** Reads the id of the session's task, which the list uses, and which is needed to attach the session again. */
  private async learnTask(session: CloudSession): Promise<void> {
    if (!session.details.isRemote) {
      return;
    }
    // eslint-disable-next-line texts/localized -- words of the log
    await session.keepTrying(`ask for the task of session ${session.sessionId}`, async () => {
      session.update(await this.connection.request(Rpc.metadataSnapshot, { sessionId: session.sessionId }));
    });
  }
}

function cancelled(): CloudSessionsError {
  return new CloudSessionsError('cancelled', l10n.t('Creating the session was cancelled.'));
}

/** Sends the prompt that a session was created with, if there is one. */
export function sendFirst(session: CloudSession, prompt: string | undefined): void {
  if (prompt !== undefined && prompt.trim() !== '') {
    // The outbox keeps the prompt, and shows its failure.
    session.send(prompt).catch(() => undefined);
  }
}

/** Whether a create that failed with this may have created the session, which then has to be looked up. */
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

import * as l10n from '@vscode/l10n';
import type { CancellationToken } from 'vscode-jsonrpc/node';
import { isCancelled, whenCancelled, within } from '../common/async';
import type { Timers } from '../common/timers';
import { CloudSessionsError } from '../errors/cloudSessionsError';
import { Rpc } from '../rpc/methods';
import { explainRequestError } from '../rpc/rpcErrors';
import { CloudSession, type SessionConnection, type SessionDetails } from '../session/session';
import type { SessionFactory } from './sessionFactory';
import type { SessionRegistry } from './sessionRegistry';
import type { UnclaimedSessions } from './unclaimedSessions';

/** How often the history of a session that is attached again is read once more: see `watchForStart`. */
const REREADS_AFTER_CONNECT = 2;
/** How long a connect waits for the session's history, in milliseconds: the session is of little use without. */
const CONNECT_HISTORY_WAIT_MS = 10_000;

type Connected = ReturnType<(typeof Rpc)['connectRemoteSession']['read']>;

/** One `sessions.connect` in flight, shared by the calls for the same task. */
interface Connecting {
  readonly taskId: string;
  readonly answer: Promise<Connected>;
  /** How many calls wait for it. */
  wanted: number;
  /** Set once the runtime has answered, until the session is registered or released. */
  unclaimed?: string | undefined;
}

/** Attaches to sessions that exist, over one connection. */
export class SessionConnector {
  private readonly connecting = new Map<string, Connecting>();

  constructor(
    private readonly registry: SessionRegistry,
    private readonly connection: SessionConnection,
    private readonly factory: Pick<SessionFactory, 'whenCreated'>,
    private readonly unclaimed: UnclaimedSessions,
    private readonly timers: Timers,
  ) {}

  /**
   * Attaches to a session that exists; calls for the same task share the runtime's answer.
   * @throws `cancelled` when the token is cancelled, or `existing` is disposed meanwhile
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
    // Older runtimes (1.0.55) send the history before they answer: it is held as for a new session.
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
        // It has an owner from now on: the cancellation of another call must not undo it.
        this.unclaimed.claim(open);
        open.connectedAnew(REREADS_AFTER_CONNECT);
        await Promise.race([this.factory.whenCreated(open), withdrawn.promise]);
        return open;
      }
      session = this.sessionFor(answer, taskId, details, existing);
      this.registry.register(session, this.connection);
      if (session !== existing) {
        this.unclaimed.add(session);
      }
    } catch (error) {
      throw explainRequestError((reason) => l10n.t('Could not connect to the cloud session: {0}', reason), error);
    } finally {
      connecting.wanted--;
      this.releaseIfUnclaimed(connecting);
      guard.dispose();
      withdrawn.dispose();
    }
    await within(session.readHistory(), CONNECT_HISTORY_WAIT_MS, this.timers);
    if (isCancelled(token) || session.isDisposed) {
      if (existing !== session) {
        this.unclaimed.undo(session);
      }
      throw notWanted();
    }
    session.watchForStart(existing === undefined ? 0 : REREADS_AFTER_CONNECT);
    this.unclaimed.claim(session);
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
    // The messages for the new id would not reach a session with the old one.
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
    // Its own guard, as for a create: after a cancellation the answer is still to arrive.
    const guard = this.registry.beginConnect();
    const onAnswer = ({ sessionId }: Connected): void => {
      connecting.unclaimed = sessionId;
      this.releaseIfUnclaimed(connecting);
    };
    // A late answer also means that the runtime has attached to the session.
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

  /** Releases a session that no call wants any more: the runtime would go on polling for it. */
  private releaseIfUnclaimed(connecting: Connecting): void {
    const { unclaimed, taskId } = connecting;
    if (connecting.wanted > 0) {
      return;
    }
    // Later calls for the task send a new request: this one may never be answered.
    this.forgetConnecting(connecting);
    if (unclaimed === undefined) {
      return;
    }
    connecting.unclaimed = undefined;
    // A later call for the same task is about to claim it.
    if (this.registry.get(unclaimed) === undefined && !this.connecting.has(taskId)) {
      this.registry.abandon(unclaimed);
      this.unclaimed.destroy(unclaimed);
    }
  }
}

function notWanted(): CloudSessionsError {
  return new CloudSessionsError('cancelled', l10n.t('Connecting to the session was cancelled.'));
}

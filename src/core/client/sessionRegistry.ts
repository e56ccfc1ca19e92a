import * as l10n from '@vscode/l10n';
import { Emitter, type Disposable, type Event } from 'vscode-jsonrpc/node';
import { CloudSessionsError } from '../errors/cloudSessionsError';
import { type SessionMessageSink } from '../rpc/sessionMessageRouter';
import { BoundedSet } from '../common/bounded';
import { readString } from '../common/json';
import { PendingRouting, type PendingRoutingLimits } from '../routing/pendingRouting';
import type { CloudSession, SessionConnection } from '../session/session';
import type { Timers } from '../common/timers';
import type { InboundItem } from '../routing/traffic';
import { RpcErrorCode, type InboundRequest } from '../rpc/inboundRequest';

export interface ClientLog {
  info(message: string): void;
  warn(message: string): void;
}

export interface SessionLifecycle {
  readonly sessionId: string;
  /** `session.created`, `session.updated`, `session.deleted`, ... */
  readonly type: string;
}

/** How many ids of closed sessions are remembered for one connection; the oldest are forgotten first. */
const MAX_CLOSED_IDS = 1_000;

/** The sessions that are open in one connection. Each message for a session is delivered to it, or held for it. */
export class SessionRegistry implements SessionMessageSink, Disposable {
  private readonly sessions = new Map<string, CloudSession>();
  private readonly closedIds = new BoundedSet<string>(MAX_CLOSED_IDS);
  /** How many `sessions.connect` are in flight; the id that is connected may have been closed before. */
  private connects = 0;
  private readonly routing: PendingRouting;
  private readonly lifecycle = new Emitter<SessionLifecycle>();

  /** The runtime reports a change of a session, which need not be open here. */
  readonly onLifecycle: Event<SessionLifecycle> = this.lifecycle.event;

  constructor(
    private readonly log: ClientLog,
    limits: PendingRoutingLimits,
    timers: Timers,
  ) {
    this.routing = new PendingRouting(
      {
        overflow: (sessionId, limit) =>
          log.warn(
            `More arrives for session ${sessionId}, not registered yet, than can be held (${limit}): the oldest goes.`,
          ),
        expired: (sessionId, method) =>
          log.warn(`Session ${sessionId} was not registered in time to answer ${method}.`),
        unclaimed: (sessionId, events, requests) =>
          log.warn(`Nobody claimed session ${sessionId}: ${events} events dropped, ${requests} requests refused.`),
      },
      limits,
      timers,
    );
  }

  get(sessionId: string): CloudSession | undefined {
    return this.sessions.get(sessionId);
  }

  /** Holds messages for unknown ids until the guard is disposed. */
  beginCreate(): Disposable {
    return this.routing.beginCreate();
  }

  /** The same, also for ids that were closed: such a session may be about to be watched again. */
  beginConnect(): Disposable {
    const guard = this.routing.beginCreate();
    let released = false;
    this.connects++;
    return {
      dispose: () => {
        if (!released) {
          released = true;
          this.connects--;
          guard.dispose();
        }
      },
    };
  }

  /**
   * Registers a session and delivers what was held for it. Synchronous to the last held message, so that no later message
   * can come first.
   *
   * @throws `session-id-in-use` if another open session has this id
   */
  register(session: CloudSession, connection: SessionConnection): void {
    const { sessionId } = session;
    if (this.sessions.has(sessionId)) {
      throw new CloudSessionsError(
        'session-id-in-use',
        l10n.t('The runtime gave a new session the id {0}, which another open session has.', sessionId),
        { nextStep: l10n.t('Restart the runtime and create the session again.') },
      );
    }
    this.closedIds.delete(sessionId);
    this.sessions.set(sessionId, session);
    session.attach(connection, this.routing.take(sessionId));
  }

  /** Removes this session, and never a newer one under the same id. @returns false if it was not registered */
  unregister(session: CloudSession): boolean {
    if (this.sessions.get(session.sessionId) !== session) {
      return false;
    }
    this.sessions.delete(session.sessionId);
    this.closedIds.add(session.sessionId);
    return true;
  }

  /** Gives up an unregistered id: what is held for it is answered and counted, and nothing more is held. */
  abandon(sessionId: string): void {
    this.closedIds.add(sessionId);
    this.routing.discard(sessionId);
  }

  notification(sessionId: string, method: string, params: Readonly<Record<string, unknown>>): void {
    this.route(sessionId, {
      kind: method === 'session.event' ? 'event' : 'notification',
      notification: { method, params },
    });
    if (method === 'session.lifecycle') {
      // Rows of sessions that are not open here depend on these, so they never wait for a create to end.
      this.lifecycle.fire({ sessionId, type: readString(params, 'type') ?? '' });
    }
  }

  request(sessionId: string, request: InboundRequest): void {
    if (!this.route(sessionId, { kind: 'request', request })) {
      // eslint-disable-next-line texts/localized -- an answer to the runtime
      request.reject(RpcErrorCode.internalError, `Session ${sessionId} is not open in this client`);
    }
  }

  malformed(description: string): void {
    this.log.warn(`Malformed message from the runtime: ${description}.`);
  }

  /** The connection is gone: everything held is released, and every session is detached. @param reason a note */
  close(reason: string): void {
    this.routing.dispose();
    const open = [...this.sessions.values()];
    this.sessions.clear();
    for (const session of open) {
      session.detach(reason);
    }
  }

  dispose(): void {
    this.lifecycle.dispose();
  }

  /** @returns false if nobody takes the item */
  private route(sessionId: string, item: InboundItem): boolean {
    const session = this.sessions.get(sessionId);
    if (session !== undefined) {
      session.deliver(item);
      return true;
    }
    const isWanted = this.connects > 0 || !this.closedIds.has(sessionId);
    return isWanted && this.routing.hold(sessionId, item);
  }
}

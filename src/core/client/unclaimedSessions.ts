import { textOf } from '../redaction/secrets';
import { Rpc } from '../rpc/methods';
import type { CloudSession, SessionConnection } from '../session/session';
import type { ClientLog, SessionRegistry } from './sessionRegistry';

/** Sessions that a create or a connect has registered and not handed out yet: their registration may be undone. */
export class UnclaimedSessions {
  private readonly sessions = new Set<CloudSession>();

  constructor(
    private readonly registry: SessionRegistry,
    private readonly connection: SessionConnection,
    private readonly log: ClientLog,
  ) {}

  add(session: CloudSession): void {
    this.sessions.add(session);
  }

  /** The session has an owner from now on. */
  claim(session: CloudSession): void {
    this.sessions.delete(session);
  }

  /** Undoes the registration of an unclaimed session, and has the runtime release the session. */
  undo(session: CloudSession): void {
    if (!this.sessions.delete(session)) {
      return;
    }
    const wasOpen = this.registry.unregister(session);
    session.dispose();
    if (wasOpen) {
      this.destroy(session.sessionId);
    }
  }

  /** Has the runtime release a session. */
  destroy(sessionId: string): void {
    this.connection
      .request(Rpc.destroySession, { sessionId })
      .catch((error: unknown) => this.log.warn(`Session ${sessionId} could not be closed: ${textOf(error)}`));
  }
}

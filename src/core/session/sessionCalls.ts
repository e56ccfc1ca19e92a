import { isSessionNotFound } from '../errors/sessionNotFound';
import type { RpcMethod } from '../rpc/methods';
import type { Attachment, SessionTransport } from './attachment';

/** A session that calls can be repeated on. */
export interface CalledSession {
  readonly sessionId: string;
  request<Params extends object, Result>(method: RpcMethod<Params, Result>, params: Params): Promise<Result>;
}

/**
 * Calls on one session. The runtime releases idle sessions without notice: a call that fails because of that attaches the
 * session again and is repeated once.
 */
export class SessionCalls<Session extends CalledSession> {
  /** See `CloudSession.reattach`. */
  reattach: (() => Promise<Session>) | undefined;
  /** The re-attachment after the runtime released the session. Calls that failed for that reason wait for it. */
  private recovery: Promise<Session> | undefined;
  /** The session that replaces this one: the runtime used another id when it was attached again. */
  private successor: Session | undefined;

  constructor(
    private readonly session: Session,
    private readonly attachment: Attachment<SessionTransport>,
  ) {}

  /** The session is being attached again. */
  get isRecovering(): boolean {
    return this.recovery !== undefined;
  }

  /** Failures are the connection's own errors. @throws `connection-closed` while detached */
  async request<Params extends object, Result>(method: RpcMethod<Params, Result>, params: Params): Promise<Result> {
    const { count } = this.attachment;
    try {
      return await this.attachment.required().request(method, params);
    } catch (error) {
      if (!this.isRecoverable(error)) {
        throw error;
      }
      const session = await this.recover(count);
      const call = { ...params, sessionId: session.sessionId };
      return await (session === this.session
        ? this.attachment.required().request(method, call)
        : session.request(method, call));
    }
  }

  /** Whether a call that failed with this was not carried out, and the session can be attached again. */
  isRecoverable(error: unknown): boolean {
    const { sessionId } = this.session;
    return isSessionNotFound(error, sessionId) && (this.successor !== undefined || this.reattach !== undefined);
  }

  /**
   * Attaches the session again, unless that was done since the call was made.
   * @param count `Attachment.count` when the call was made
   * @returns the session on which to repeat the call
   */
  async recover(count: number): Promise<Session> {
    if (this.successor !== undefined || (count !== this.attachment.count && this.attachment.connection !== undefined)) {
      return this.successor ?? this.session;
    }
    this.recovery ??= (this.reattach?.() ?? Promise.resolve(this.session)).finally(() => {
      this.recovery = undefined;
    });
    const session = await this.recovery;
    this.successor = session === this.session ? undefined : session;
    return session;
  }
}

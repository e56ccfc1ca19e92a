import * as l10n from '@vscode/l10n';
import { CancellationTokenSource, type CancellationToken } from 'vscode-jsonrpc/node';
import type { RuntimeClient } from '../client/runtimeClient';
import { asCloudSessionsError, CloudSessionsError, isOwnCancellation } from '../errors/cloudSessionsError';
import { kindOfFailure, type RetryTask } from '../errors/retry';
import type { CloudSession } from '../session/session';
import type { OpenSessions } from './openSessions';

/** The work of attaching one open session to the present runtime. */
interface Reattachment {
  readonly task: RetryTask;
  readonly source: CancellationTokenSource;
  /** What the session's log said of the last failure: a run of the same one is said once. */
  said: string | undefined;
}

/** Attaches the sessions that are open in this window to the present runtime, and again for as long as that fails. */
export class SessionReattacher {
  private readonly reattachments = new Map<CloudSession, Reattachment>();

  constructor(
    private readonly open: OpenSessions,
    /** The client of the present runtime, if there is one. */
    private readonly client: () => RuntimeClient | undefined,
    /** As `client`. @throws `connection-closed` if there is none */
    private readonly requireClient: () => RuntimeClient,
  ) {}

  /** Attaches the session in the background. Does nothing for one that is attached, or cannot be. */
  keepAttached(session: CloudSession): void {
    // Failures are told by `attach`, and tried again.
    this.begin(session)
      ?.task.run()
      .catch(() => undefined);
  }

  /** As `keepAttached`. @throws what the attachment failed with; it is tried again all the same */
  async attachNow(session: CloudSession): Promise<void> {
    await (this.begin(session)?.task.run() ?? Promise.resolve(this.requireClient()));
  }

  /**
   * The runtime has let go of the session by itself.
   * @returns what goes on in its place, or the session itself
   */
  async reattachNow(session: CloudSession): Promise<CloudSession> {
    const { taskId } = session.details;
    const isBeingAttached = this.reattachments.has(session);
    this.client()?.releaseSession(session);
    if (isBeingAttached) {
      // That is what the failed call is a part of: it must not wait for itself.
      throw letGo();
    }
    await this.attachNow(session);
    return (session.isDisposed && taskId !== undefined ? this.open.find(taskId) : undefined) ?? session;
  }

  /** The session is no longer to be attached. */
  end(session: CloudSession): void {
    const reattachment = this.reattachments.get(session);
    if (reattachment !== undefined) {
      this.reattachments.delete(session);
      reattachment.task.dispose();
      reattachment.source.cancel();
      reattachment.source.dispose();
    }
  }

  /** Nothing is to be attached to the runtime that there was. */
  endAll(): void {
    for (const session of [...this.reattachments.keys()]) {
      this.end(session);
    }
  }

  /** `undefined` if the session is attached, or cannot be. */
  private begin(session: CloudSession): Reattachment | undefined {
    const known = this.reattachments.get(session);
    const client = this.client();
    const { taskId, isRemote } = session.details;
    if (known !== undefined || client === undefined || !isRemote || taskId === undefined || session.isAttached) {
      return known;
    }
    const source = new CancellationTokenSource();
    const task = client.retries.task({
      // eslint-disable-next-line texts/localized -- words of the log
      name: `attach session ${session.sessionId} again`,
      run: () => this.attach(client, session, taskId, source.token),
      isWanted: () => client === this.client() && !session.isDisposed,
    });
    const reattachment: Reattachment = { task, source, said: undefined };
    this.reattachments.set(session, reattachment);
    return reattachment;
  }

  private async attach(
    client: RuntimeClient,
    session: CloudSession,
    taskId: string,
    token: CancellationToken,
  ): Promise<void> {
    let attached: CloudSession;
    try {
      attached = await client.connectSession(taskId, {}, session, token);
      if (!attached.isAttached) {
        throw letGo();
      }
    } catch (error) {
      this.onFailed(session, asCloudSessionsError(error));
      throw error;
    }
    this.end(session);
    if (attached !== session && this.open.find(session.sessionId) === session) {
      this.open.replace(session, attached);
    }
    attached.addNote('info', l10n.t('Connected again.'));
  }

  private onFailed(session: CloudSession, reason: CloudSessionsError): void {
    const reattachment = this.reattachments.get(session);
    if (reattachment === undefined || isOwnCancellation(reason) || reattachment.said === kindOfFailure(reason)) {
      return;
    }
    reattachment.said = kindOfFailure(reason);
    session.addNote(
      'error',
      `${l10n.t('Could not connect again: {0}', reason.message)} ${l10n.t('Connecting is retried automatically.')}`,
    );
    session.outbox.announceRestored();
  }
}

function letGo(): CloudSessionsError {
  return new CloudSessionsError(
    'connection-closed',
    l10n.t('The runtime released the session while it was being connected.'),
  );
}

import * as l10n from '@vscode/l10n';
import { CancellationTokenSource, type CancellationToken } from 'vscode-jsonrpc/node';
import { sanitizeLine } from '../common/sanitize';
import type { RuntimeClient } from '../client/runtimeClient';
import { asCloudSessionsError, CloudSessionsError, isOwnCancellation } from '../errors/cloudSessionsError';
import { kindOfFailure, type RetryTask } from '../errors/retry';
import type { CloudSession } from '../session/session';
import { textOf } from '../redaction/secrets';
import type { OpenSessions } from './openSessions';
import type { SessionRow } from './sessionRow';
import { rememberedLink, type SessionUrlMemory } from './sessionUrlMemory';

/** The attachment of one open session to the current runtime. */
interface Reattachment {
  readonly task: RetryTask;
  readonly source: CancellationTokenSource;
  /** The kind of the last failure in the session's log: a run of the same kind is noted once. */
  noted: string | undefined;
}

/** What attaching sessions needs of the store. */
export interface AttacherParts {
  readonly open: OpenSessions;
  readonly urls: SessionUrlMemory;
  /** The client of the current runtime, if there is one. */
  readonly client: () => RuntimeClient | undefined;
  /** As `client`. @throws `connection-closed` if there is none */
  readonly requireClient: () => RuntimeClient;
  readonly findRow: (id: string) => SessionRow | undefined;
  /** @throws `cancelled` if the session was closed while it was being opened */
  readonly assertUsable: (session: CloudSession) => void;
  /** Writes a line to the log. */
  readonly warn: (message: string) => void;
}

/**
 * Attaches sessions to the current runtime: one on request, and those that are open in this window, with retries while
 * that fails.
 */
export class SessionAttacher {
  private readonly reattachments = new Map<CloudSession, Reattachment>();

  constructor(private readonly parts: AttacherParts) {}

  /** See `SessionStore.connect`. */
  async connect(id: string, token?: CancellationToken): Promise<CloudSession> {
    const { parts } = this;
    const client = parts.requireClient();
    const open = parts.open.find(id);
    open?.want();
    if (open?.isAttached === true) {
      this.readAgain(open);
      return open;
    }
    if (open?.details.taskId !== undefined) {
      await this.attachNow(open);
      return parts.open.find(id) ?? open;
    }
    const row = parts.findRow(id);
    if (row !== undefined && !row.isRemote) {
      throw new CloudSessionsError(
        'invalid-argument',
        l10n.t('“{0}” is a local session. It cannot be watched in the cloud.', sanitizeLine(row.title)),
        { nextStep: l10n.t('Choose a cloud session.') },
      );
    }
    // Not the branch: in the details it means a branch that was chosen here.
    const details = row?.repository === undefined ? {} : { repository: row.repository };
    const session = await client.connectSession(row?.taskId ?? id, details, open, token);
    parts.assertUsable(session);
    session.offerRemoteUrl(rememberedLink(parts.urls, [session.sessionId, id]));
    const earlier = open ?? parts.open.otherOfTask(session);
    if (earlier !== undefined && earlier !== session && parts.open.find(earlier.sessionId) === earlier) {
      parts.open.replace(earlier, session);
    } else {
      if (row !== undefined && !parts.open.has(session.sessionId)) {
        parts.open.setKey(session.sessionId, row.key);
      }
      parts.open.adopt(session);
    }
    return session;
  }

  /** The runtime may have released the session without notice: reading its history detects and repairs that. */
  readAgain(session: CloudSession): void {
    session.reconcile().catch((error: unknown) => this.parts.warn(`Session ${session.sessionId}: ${textOf(error)}`));
  }

  /** Attaches a session that was opened, and again whenever the runtime has released it. */
  begin(session: CloudSession): void {
    session.reattach = () => this.reattachNow(session);
    this.keepAttached(session);
  }

  /** As `keepAttached`, for all open sessions. */
  keepAllAttached(): void {
    for (const session of this.parts.open.all) {
      this.keepAttached(session);
    }
  }

  /** Attaches the session in the background. Does nothing if it is attached, or cannot be. */
  keepAttached(session: CloudSession): void {
    // `attach` reports failures, and the task retries.
    this.reattachmentOf(session)
      ?.task.run()
      .catch(() => undefined);
  }

  /** As `keepAttached`. @throws the error of the attachment, which is retried nevertheless */
  async attachNow(session: CloudSession): Promise<void> {
    await (this.reattachmentOf(session)?.task.run() ?? Promise.resolve(this.parts.requireClient()));
  }

  /**
   * The runtime has released the session by itself.
   * @returns the session that replaces it, or the session itself
   */
  private async reattachNow(session: CloudSession): Promise<CloudSession> {
    const { taskId } = session.details;
    const isBeingAttached = this.reattachments.has(session);
    this.parts.client()?.releaseSession(session);
    if (isBeingAttached) {
      // The failed call is part of that attachment: it must not wait for itself.
      throw released();
    }
    await this.attachNow(session);
    return (session.isDisposed && taskId !== undefined ? this.parts.open.find(taskId) : undefined) ?? session;
  }

  /** Ends attaching the session. */
  end(session: CloudSession): void {
    const reattachment = this.reattachments.get(session);
    if (reattachment !== undefined) {
      this.reattachments.delete(session);
      reattachment.task.dispose();
      reattachment.source.cancel();
      reattachment.source.dispose();
    }
  }

  /** Ends attaching sessions to the previous runtime. */
  endAll(): void {
    for (const session of [...this.reattachments.keys()]) {
      this.end(session);
    }
  }

  /** `undefined` if the session is attached, or cannot be. */
  private reattachmentOf(session: CloudSession): Reattachment | undefined {
    const known = this.reattachments.get(session);
    const client = this.parts.client();
    const { taskId, isRemote } = session.details;
    if (known !== undefined || client === undefined || !isRemote || taskId === undefined || session.isAttached) {
      return known;
    }
    const source = new CancellationTokenSource();
    const task = client.retries.task({
      // eslint-disable-next-line texts/localized -- words of the log
      name: `attach session ${session.sessionId} again`,
      run: () => this.attach(client, session, taskId, source.token),
      isWanted: () => client === this.parts.client() && !session.isDisposed,
    });
    const reattachment: Reattachment = { task, source, noted: undefined };
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
        throw released();
      }
    } catch (error) {
      this.onFailed(session, asCloudSessionsError(error));
      throw error;
    }
    this.end(session);
    if (attached !== session && this.parts.open.find(session.sessionId) === session) {
      this.parts.open.replace(session, attached);
    }
    attached.addNote('info', l10n.t('Connected again.'));
  }

  private onFailed(session: CloudSession, reason: CloudSessionsError): void {
    const reattachment = this.reattachments.get(session);
    if (reattachment === undefined || isOwnCancellation(reason) || reattachment.noted === kindOfFailure(reason)) {
      return;
    }
    reattachment.noted = kindOfFailure(reason);
    session.addNote(
      'error',
      `${l10n.t('Could not connect again: {0}', reason.message)} ${l10n.t('Connecting is retried automatically.')}`,
    );
    session.outbox.announceRestored();
  }
}

function released(): CloudSessionsError {
  return new CloudSessionsError(
    'connection-closed',
    l10n.t('The runtime released the session while it was being connected.'),
  );
}

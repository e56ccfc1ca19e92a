import * as l10n from '@vscode/l10n';
import { CancellationTokenSource, type CancellationToken } from 'vscode-jsonrpc/node';
import type { RuntimeClient } from '../client/runtimeClient';
import { asCloudSessionsError, CloudSessionsError, isOwnCancellation } from '../errors/cloudSessionsError';
import { kindOfFailure, type RetryTask } from '../errors/retry';
import type { CloudSession } from '../session/session';
import { textOf } from '../redaction/secrets';
import type { OpenSessions } from './openSessions';
import type { SessionRow } from './sessionRow';
import { rememberedLink, type SessionUrlMemory } from './sessionUrlMemory';

/** The work of attaching one open session to the present runtime. */
interface Reattachment {
  readonly task: RetryTask;
  readonly source: CancellationTokenSource;
  /** What the session's log said of the last failure: a run of the same one is said once. */
  said: string | undefined;
}

/** What attaching sessions needs of the store. */
export interface AttacherParts {
  readonly open: OpenSessions;
  readonly urls: SessionUrlMemory;
  /** The client of the present runtime, if there is one. */
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
 * Attaches sessions to the present runtime: one that somebody asks for, and those that are open in this window, again
 * for as long as that fails.
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
        l10n.t('“{0}” is a local session. It cannot be watched in the cloud.', row.title),
        { nextStep: l10n.t('Choose a cloud session.') },
      );
    }
    // Not the branch: in the details it is one that was chosen here.
    const details = row?.repository === undefined ? {} : { repository: row.repository };
    const session = await client.connectSession(row?.taskId ?? id, details, open, token);
    parts.assertUsable(session);
    session.offerRemoteUrl(rememberedLink(parts.urls, [session.sessionId, id]));
    const earlier = open ?? this.openOfTask(session);
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

  /** The runtime may have let go of the session without a word: reading its history finds that out, and mends it. */
  readAgain(session: CloudSession): void {
    session.reconcile().catch((error: unknown) => this.parts.warn(`Session ${session.sessionId}: ${textOf(error)}`));
  }

  /** The session is open from now on: it is attached, and again whenever the runtime has let go of it. */
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

  /** Attaches the session in the background. Does nothing for one that is attached, or cannot be. */
  keepAttached(session: CloudSession): void {
    // Failures are told by `attach`, and tried again.
    this.reattachmentOf(session)
      ?.task.run()
      .catch(() => undefined);
  }

  /** As `keepAttached`. @throws what the attachment failed with; it is tried again all the same */
  async attachNow(session: CloudSession): Promise<void> {
    await (this.reattachmentOf(session)?.task.run() ?? Promise.resolve(this.parts.requireClient()));
  }

  /**
   * The runtime has let go of the session by itself.
   * @returns what goes on in its place, or the session itself
   */
  private async reattachNow(session: CloudSession): Promise<CloudSession> {
    const { taskId } = session.details;
    const isBeingAttached = this.reattachments.has(session);
    this.parts.client()?.releaseSession(session);
    if (isBeingAttached) {
      // That is what the failed call is a part of: it must not wait for itself.
      throw letGo();
    }
    await this.attachNow(session);
    return (session.isDisposed && taskId !== undefined ? this.parts.open.find(taskId) : undefined) ?? session;
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

  /** The runtime may name by another id what is open here and about to be attached again. */
  private openOfTask(session: CloudSession): CloudSession | undefined {
    const { taskId } = session.details;
    return this.parts.open.all.find(
      (other) => other !== session && taskId !== undefined && other.details.taskId === taskId,
    );
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
    if (attached !== session && this.parts.open.find(session.sessionId) === session) {
      this.parts.open.replace(session, attached);
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

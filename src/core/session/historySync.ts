import * as l10n from '@vscode/l10n';
import type { SessionEvent } from '@github/copilot-sdk';
import { RunOnceScheduler } from '../common/runOnceScheduler';
import type { Timers } from '../common/timers';
import { CloudSessionsError } from '../errors/cloudSessionsError';
import { Retries } from '../errors/retry';
import { Rpc, type HistoryAnswer } from '../rpc/methods';
import { explainRequestError } from '../rpc/rpcErrors';
import type { Attachment, SessionTransport } from './attachment';
import { HistoryPoller } from '../history/historyPoller';
import type { HistoryReader } from '../history/historyReadQueue';
import type { CalledSession, SessionCalls } from './sessionCalls';
import type { SessionHistory } from './sessionHistory';

/** How long reading the history may fail before the session's state is taken from its events alone, in milliseconds. */
const HISTORY_PATIENCE_MS = 30_000;

/** The session that a history is read for. */
export interface SyncedSession {
  readonly sessionId: string;
  /** The priority of its history. */
  readonly reader: HistoryReader;
  isDisposed(): boolean;
  /** The agent's start is known. Its notification may never arrive (1.0.102); then only the history has it. */
  hasAgentStarted(): boolean;
  /** It existed before it was attached, and its agent has started: the service has events of it. */
  hasServiceEvents(): boolean;
  /** Resolves when the transcript has been added, or is no longer waited for. */
  transcriptRead(): Promise<void>;
  /**
   * A history was read, and is about to be added.
   * @param events as the runtime sent them
   * @param truncated the runtime said that they are only a part of the history
   */
  onHistoryArrived(events: readonly SessionEvent[], truncated: boolean): void;
  /** It was added. */
  onHistoryRead(events: readonly SessionEvent[], truncated: boolean): Promise<void>;
  /** The history is no longer waited for: the events are all that is known. */
  onHistoryMissed(): void;
}

/**
 * Reads a session's history from the runtime for each attachment, and adds the events that did not arrive: the runtime
 * drops first batches (1.0.102), the buffer has its limits, and a connection can break.
 */
export class HistorySync {
  /** Of the current attachment. */
  private poller: HistoryPoller | undefined;
  /** Runs while the history of this attachment is still to be read. */
  private readonly patience: RunOnceScheduler;
  private isRead = false;
  private isMissed = false;

  constructor(
    private readonly session: SyncedSession,
    private readonly history: SessionHistory,
    private readonly attachment: Attachment<SessionTransport>,
    private readonly calls: Pick<SessionCalls<CalledSession>, 'isRecovering' | 'request'>,
    private readonly timers: Timers,
  ) {
    this.patience = new RunOnceScheduler(() => this.onMissed(), HISTORY_PATIENCE_MS, timers);
  }

  /** The history of this attachment has been read, or could not be for `HISTORY_PATIENCE_MS`. */
  get isOver(): boolean {
    return this.isRead || this.isMissed;
  }

  /** The history of this attachment has been read. */
  get isHistoryRead(): boolean {
    return this.isRead;
  }

  /** The session is attached to `connection` from now on. */
  begin(connection: SessionTransport): void {
    this.poller = new HistoryPoller(
      connection.retries ?? new Retries(this.timers, (message) => connection.warn(message)),
      {
        // eslint-disable-next-line texts/localized -- words of the log
        name: `read the history of session ${this.session.sessionId}`,
        read: () => this.reconcile(),
        isComplete: () => this.isRead && this.session.hasAgentStarted(),
      },
    );
    this.isRead = false;
    this.isMissed = false;
  }

  /** The session is detached. */
  end(): void {
    this.patience.cancel();
    this.poller?.dispose();
    this.poller = undefined;
  }

  /** Reads the history once, in this session's turn. Rejects if that fails. */
  async reconcile(): Promise<void> {
    const { count, connection } = this.attachment;
    const reads = connection?.historyReads;
    // The call that waits for the session to be attached again may hold a place in the queue already.
    if (reads === undefined || this.calls.isRecovering) {
      return this.readAndMerge(count);
    }
    return reads.run(this.session.reader, () => this.readAndMerge(count));
  }

  /** As `reconcile`, but never rejects: the session's log tells of a failure, and of what is missing because of it. */
  async readNow(): Promise<void> {
    if (this.attachment.connection !== undefined && !this.isOver) {
      this.patience.schedule();
    }
    try {
      await (this.poller?.read() ?? this.reconcile());
    } catch (error) {
      if (!this.session.isDisposed()) {
        this.noteFailure(
          explainRequestError((reason) => l10n.t('Could not read the history of the session: {0}', reason), error),
        );
      }
    }
  }

  /** Reads it again in the background: it may have events that no notification brought. */
  readAgain(): void {
    this.poller?.readAgain();
  }

  /**
   * Reads it again until the agent's start is in it: its notification may never arrive (1.0.102). Does nothing while the
   * session is detached, as it may be since its first history was read.
   * @param atLeast how often it is read in any case: notifications may also be missing after a connect (1.0.102)
   */
  watchForStart(atLeast: number): void {
    this.poller?.start(atLeast);
  }

  /** Ends the polling if nothing is missing any more. */
  stopIfComplete(): void {
    this.poller?.stopIfComplete();
  }

  private async readAndMerge(count: number): Promise<void> {
    if (count !== this.attachment.count || this.session.isDisposed()) {
      throw new CloudSessionsError('cancelled', l10n.t('The session was closed before its history was read.'));
    }
    const { events, truncated } = await this.fetch();
    // The answer of an earlier attachment is stale: the current one reads its own.
    await this.session.transcriptRead();
    const isStale = (): boolean =>
      this.session.isDisposed() || count !== this.attachment.count || this.attachment.connection === undefined;
    if (events.length === 0 && !isStale() && this.session.hasServiceEvents()) {
      // After a restart, a runtime may not have the history yet. An empty one proves nothing, so the read is retried.
      throw new CloudSessionsError(
        'response-invalid',
        l10n.t('The Copilot runtime sent an empty history of a session that has events. Reading it is retried.'),
      );
    }
    if (isStale()) {
      return;
    }
    this.session.onHistoryArrived(events, truncated);
    if (!(await this.history.merge(events, truncated)) || isStale()) {
      return;
    }
    this.isRead = true;
    this.patience.cancel();
    await this.session.onHistoryRead(events, truncated);
  }

  private async fetch(): Promise<HistoryAnswer> {
    const params = { sessionId: this.session.sessionId };
    // While the session is being attached again, a refusal must not start another attachment.
    return this.calls.isRecovering
      ? this.attachment.required().request(Rpc.getMessages, params)
      : this.calls.request(Rpc.getMessages, params);
  }

  private noteFailure({ code, message }: CloudSessionsError): void {
    if (code === 'cancelled') {
      // The session was closed before its turn: nothing has failed.
      return;
    }
    const { missingCount } = this.history;
    const gap =
      missingCount === 1
        ? l10n.t('1 event that could not be held while the session was being opened may be missing.')
        : l10n.t('{0} events that could not be held while the session was being opened may be missing.', missingCount);
    this.history.addNote('warning', missingCount === 0 ? message : `${message} ${gap}`);
  }

  private onMissed(): void {
    this.isMissed = true;
    this.history.addNote(
      'warning',
      l10n.t(
        'The history of the session could not be read for {0} s. What is shown may be incomplete until a retry succeeds.',
        HISTORY_PATIENCE_MS / 1_000,
      ),
    );
    this.session.onHistoryMissed();
  }
}

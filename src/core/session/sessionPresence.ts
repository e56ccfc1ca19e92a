import { isBusy, type SessionActivity, type SessionStatus } from '../activity/activity';
import type { Timers } from '../common/timers';
import type { HistoryReader } from '../history/historyReadQueue';
import { TranscriptGate } from '../history/transcriptGate';
import type { Attachment, SessionTransport } from './attachment';
import type { OpenRequests } from './openRequests';
import type { StopState } from './stopRequest';

// eslint-disable-next-line texts/localized -- a status, not a text
const NEEDS_INPUT = 'needs input' satisfies SessionStatus;

/** The parts of a session that say how it is. */
export interface PresenceParts {
  readonly attachment: Attachment<SessionTransport>;
  readonly requests: OpenRequests;
  /** What its events say. */
  readonly activity: () => SessionActivity;
  readonly stopState: () => StopState;
  /** The history of the present attachment has been read, or is waited for no longer. */
  readonly isHistoryOver: () => boolean;
  readonly now: () => Date;
}

/** How a session is, and whether that is known to be so now: it may be detached, or its history still to be read. */
export class SessionPresence implements HistoryReader {
  /** It existed before it was attached: what it is shows only in its history. */
  private existedBefore = false;
  private detachedAt: Date | undefined;
  /** Somebody waits for it: it was opened just now, or used since it came back. */
  private wanted = true;
  /** What was kept of it is to be absorbed first. */
  private kept: TranscriptGate | undefined;

  constructor(private readonly parts: PresenceParts) {}

  get existed(): boolean {
    return this.existedBefore;
  }

  get isAttached(): boolean {
    return this.parts.attachment.connection !== undefined;
  }

  get isCaughtUp(): boolean {
    return this.isAttached && this.parts.isHistoryOver();
  }

  get isWanted(): boolean {
    return this.wanted;
  }

  get awaitsTranscript(): boolean {
    return this.kept?.isBeingRead === false;
  }

  get lastSeen(): Date | undefined {
    return this.isCurrent ? undefined : (this.detachedAt ?? this.parts.activity().lastEventTime);
  }

  get status(): SessionStatus {
    const { waitsForPerson } = this.parts.requests;
    if (!this.isCurrent) {
      // A request is asked now, whatever the history is still to tell.
      return this.isAttached && waitsForPerson ? NEEDS_INPUT : 'disconnected';
    }
    const status = waitsForPerson ? NEEDS_INPUT : this.parts.activity().status;
    const isStopping = this.parts.stopState() === 'stopping' && (isBusy(status) || status === 'queued');
    return isStopping ? 'stopping' : status;
  }

  /** See `CloudSession.want`. */
  want(): void {
    this.wanted = true;
    this.parts.attachment.connection?.historyReads?.update();
  }

  /** See `CloudSession.markAsExisting`. */
  markAsExisting(): void {
    this.existedBefore = true;
  }

  /** See `CloudSession.awaitKept`. */
  awaitKept(): TranscriptGate {
    this.wanted = false;
    const kept = new TranscriptGate(() => {
      this.kept = kept.isRead ? undefined : kept;
      this.parts.attachment.connection?.historyReads?.update();
    });
    this.kept = kept;
    return kept;
  }

  /** Resolves when what was kept of the session has been added, or is waited for no longer. */
  async transcriptRead(timers: Timers): Promise<void> {
    await this.kept?.within(timers);
  }

  /** To be called before the session is detached. */
  onDetach(): void {
    // What was seen last is what was known before an attachment whose history never came.
    this.detachedAt = this.isCurrent ? this.parts.now() : this.detachedAt;
    this.existedBefore = true;
    this.wanted = false;
  }

  /** Its state is that of now: it is attached, and nothing that it missed before is still to come. */
  private get isCurrent(): boolean {
    return this.isAttached && (!this.existedBefore || this.isCaughtUp);
  }
}

import type { SessionEvent } from '@github/copilot-sdk';
import type { CloudSessionsError } from '../errors/cloudSessionsError';
import { readDate } from '../common/json';
import { signatureOf } from '../activity/questionIdentity';
import type { CloudSession } from '../session/session';
import type { Answer } from './answer';
import { readQuestion, type Question } from './question';
import type { OpenQuestion } from '../activity/activity';
import type { InboundRequest } from '../rpc/inboundRequest';

/**
 * open: waits for an answer. sending: an answer is being sent. answered: the runtime has taken it, and the session has
 * not shown it yet. unconfirmed: the session did not show it within 10 s, so it may be lost (measured: the runtime
 * swallows the service's refusals) and may be given again. refused: the runtime no longer has such a question.
 */
export type QuestionState = 'open' | 'sending' | 'answered' | 'unconfirmed' | 'refused';

/** Where a question came from. */
export type QuestionOrigin =
  | { readonly kind: 'event'; readonly open: OpenQuestion }
  | { readonly kind: 'request'; readonly request: InboundRequest; readonly as: OpenQuestion['kind'] }
  /** The runtime's list of open permissions has it, and no event does. */
  | { readonly kind: 'list'; readonly request: Readonly<Record<string, unknown>> };

/** One question of one session, from the moment it is seen until it is answered or withdrawn. */
export class PendingQuestion {
  state: QuestionState = 'open';
  /** The last answer that was given here. */
  answer: Answer | undefined;
  /** Why the last answer could not be given. */
  failure: CloudSessionsError | undefined;
  /** Request ids that have the last answer: another attempt sends it to the others only. */
  readonly taken = new Set<string>();
  /** How often an answer was sent: the outcome of an earlier attempt is ignored. */
  attempts = 0;
  /** Why it is closed; `undefined` while it is open. */
  closed: Resolution | undefined;
  /** The resolutions of its request ids that are closed. */
  readonly ends: Resolution[] = [];
  /** People have been notified of it, or need not be. */
  announced = false;
  /** The agent asked the same before, and was given an answer. */
  isAskedAgain = false;
  /** Set if it is a duplicate: the same question also came as this request, which is answered instead. */
  duplicateOf: PendingQuestion | undefined;
  /** The open questions of the session's events that its answer goes to, by request id: the same one, asked again. */
  readonly opens = new Map<string, OpenQuestion>();
  private read: Question | undefined;
  private signed: string | undefined;

  constructor(
    /** Unique, so that an answer cannot reach another question than the one that was seen. */
    readonly key: string,
    /** Later ones have higher numbers. */
    readonly order: number,
    readonly session: CloudSession,
    private readonly firstRequestId: string,
    readonly source: QuestionOrigin,
  ) {
    if (source.kind === 'event') {
      this.opens.set(firstRequestId, source.open);
    }
  }

  /** Its request id; of several, the first one that is still open. */
  get requestId(): string {
    const [requestId = this.firstRequestId] = this.requestIds;
    return requestId;
  }

  /** All request ids that its answer goes to. */
  get requestIds(): readonly string[] {
    return this.opens.size === 0 ? [this.firstRequestId] : [...this.opens.keys()];
  }

  /** Parsed on first use: of ten thousand, most are never looked at. */
  get question(): Question {
    this.read ??= readQuestion(this.as, this.data);
    return this.read;
  }

  /** When it was asked, by the service's clock. */
  get askedAt(): Date | undefined {
    return this.source.kind === 'event' ? readDate(this.source.open.event, 'timestamp') : undefined;
  }

  get as(): OpenQuestion['kind'] {
    return this.source.kind === 'event'
      ? this.source.open.kind
      : this.source.kind === 'request'
        ? this.source.as
        : 'permission';
  }

  get data(): unknown {
    switch (this.source.kind) {
      case 'event':
        return this.source.open.event.data;
      case 'request':
        return this.source.request.params;
      case 'list':
        return { permissionRequest: this.source.request };
    }
  }

  /** It can be answered now. */
  get isAnswerable(): boolean {
    return this.state !== 'sending' && this.state !== 'answered';
  }

  /** The content of the question, to find duplicates: a request and an event do not name each other. */
  get signature(): string {
    this.signed ??= signatureOf(this.as, this.data);
    return this.signed;
  }

  /** Whether this event is still the same question: only its id and time may differ, as after a reconnect. */
  isSame(requestId: string, event: SessionEvent): boolean {
    const open = this.opens.get(requestId);
    return (
      open !== undefined && (open.event === event || JSON.stringify(open.event.data) === JSON.stringify(event.data))
    );
  }
}

/**
 * How a question ended. here: by an answer that was given here. contradicted: by another answer than the one given here,
 * which came too late. elsewhere: by an answer given elsewhere, such as on the web. withdrawn: nobody answered, and the
 * agent no longer waits. disconnected: the connection over which it came is closed. unwatched: the session is no longer
 * watched here.
 */
export type Resolution = 'here' | 'contradicted' | 'elsewhere' | 'withdrawn' | 'disconnected' | 'unwatched';

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
 * open: waits for an answer. sending: one is on its way. answered: the runtime has taken it, and the session has not
 * shown it yet. unconfirmed: for 10 s the session did not show it, so it may be lost (measured: the runtime swallows
 * the service's refusals), and may be given again. refused: the runtime knows of no such question any more.
 */
export type QuestionState = 'open' | 'sending' | 'answered' | 'unconfirmed' | 'refused';

/** Where a question came from. */
export type QuestionOrigin =
  | { readonly kind: 'event'; readonly open: OpenQuestion }
  | { readonly kind: 'request'; readonly request: InboundRequest; readonly as: OpenQuestion['kind'] }
  /** The runtime's list of open permissions has it, and no event told of it. */
  | { readonly kind: 'list'; readonly request: Readonly<Record<string, unknown>> };

/** One question of one session, from the moment that it is seen until it is answered or withdrawn. */
export class PendingQuestion {
  state: QuestionState = 'open';
  /** What was answered here. */
  answer: Answer | undefined;
  /** Why the last answer could not be given. */
  failure: CloudSessionsError | undefined;
  /** Request ids that have the last answer: it is given to the others only, if it is given again. */
  readonly taken = new Set<string>();
  /** How often an answer was sent: what comes of an earlier one changes nothing any more. */
  attempts = 0;
  /** Why it is closed; `undefined` while it is open. */
  closed: Resolution | undefined;
  /** How the request ids ended that are closed already. */
  readonly ends: Resolution[] = [];
  /** It was told of. */
  announced = false;
  /** The agent has asked the same before, and has its answer, or was given one. */
  isAskedAgain = false;
  /** The same question came as a request too, and that is to be answered. */
  shadowedBy: PendingQuestion | undefined;
  /** All open questions of the session's events that this one answers, by request id: the same one, asked twice. */
  readonly opens = new Map<string, OpenQuestion>();
  private read: Question | undefined;
  private signed: string | undefined;

  constructor(
    /** Never given twice, so that an answer cannot reach another question than the one that was seen. */
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

  /** Read when somebody asks: of ten thousand, most are never looked at. */
  get question(): Question {
    this.read ??= readQuestion(this.as, this.data);
    return this.read;
  }

  /** When it was asked, by the clock of the service. */
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

  /** What the question says, for finding the same one: a request and an event do not name each other. */
  get signature(): string {
    this.signed ??= signatureOf(this.as, this.data);
    return this.signed;
  }

  /** Is this event still the same question? Only its id and time may have changed, as they do after a reconnect. */
  isSame(requestId: string, event: SessionEvent): boolean {
    const open = this.opens.get(requestId);
    return (
      open !== undefined && (open.event === event || JSON.stringify(open.event.data) === JSON.stringify(event.data))
    );
  }
}

/**
 * here: by an answer that was given here. contradicted: by another answer than the one given here, which came too late.
 * elsewhere: on the web, say. withdrawn: nobody answered, the agent no longer waits. disconnected: the connection that it was
 * to be answered through is gone. unwatched: the session is no longer watched here.
 */
export type Resolution = 'here' | 'contradicted' | 'elsewhere' | 'withdrawn' | 'disconnected' | 'unwatched';

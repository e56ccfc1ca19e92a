import type { SessionEvent } from '@github/copilot-sdk';
import type { CloudSessionsError } from '../errors';
import type { InboundRequest } from '../inbound';
import { readDate, readRecord, readText } from '../json';
import type { CloudSession } from '../session';
import type { OpenQuestion } from '../sessionState';
import type { Answer } from './answer';
import { readQuestion, type Question } from './question';

/**
 * open: waits for an answer. sending: one is on its way. answered: the runtime has taken it, and the session has not
 * shown it yet. unconfirmed: for 10 s the session did not show it, so it may be lost (measured: the runtime swallows
 * the service's refusals), and may be given again. refused: the runtime knows of no such question any more.
 */
export type EntryState = 'open' | 'sending' | 'answered' | 'unconfirmed' | 'refused';

/** Where a question came from. */
export type EntrySource =
  | { readonly kind: 'event'; readonly open: OpenQuestion }
  | { readonly kind: 'request'; readonly request: InboundRequest; readonly as: OpenQuestion['kind'] }
  /** The runtime's list of open permissions has it, and no event told of it. */
  | { readonly kind: 'list'; readonly request: Readonly<Record<string, unknown>> };

/** One question of one session, from the moment that it is seen until it is answered or withdrawn. */
export class DeskEntry {
  state: EntryState = 'open';
  /** What was answered here. */
  answer: Answer | undefined;
  /** Why the last answer could not be given. */
  failure: CloudSessionsError | undefined;
  /** It was told of. */
  announced = false;
  /** The same question came as a request too, and that is to be answered. */
  shadowedBy: DeskEntry | undefined;
  /** The same was asked before under another id, and is open: what that is answered, this is answered too. */
  duplicateOf: DeskEntry | undefined;
  /** The same was asked before, and answered. */
  askedAgain = false;
  private read: Question | undefined;
  /** Computed once: it is asked for with each question that comes. */
  private signed: { readonly value: string | undefined } | undefined;

  constructor(
    /** Never given twice, so that an answer cannot reach another question than the one that was seen. */
    readonly key: string,
    /** Later ones have higher numbers. */
    readonly order: number,
    readonly session: CloudSession,
    readonly requestId: string,
    readonly source: EntrySource,
  ) {}

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
    const data = this.data as Readonly<Record<string, unknown>>;
    const said = [data['question'], data['choices'], data['summary'], data['planContent'], data['errorCode']];
    return JSON.stringify([this.as, ...said.map((part) => part ?? null)]);
  }

  /** It stands for itself: neither another request nor another event asks the same. */
  get isShown(): boolean {
    return this.shadowedBy === undefined && this.duplicateOf === undefined;
  }

  /**
   * What a permission is about: the tool call and all that was said of it. Two that are alike in this cannot be told
   * apart by a person. `undefined` for a question that names no tool call.
   */
  get toolCallSignature(): string | undefined {
    this.signed ??= { value: this.readToolCallSignature() };
    return this.signed.value;
  }

  private readToolCallSignature(): string | undefined {
    const request = this.source.kind === 'event' ? readRecord(this.data, 'permissionRequest') : undefined;
    const toolCallId = readText(request, 'toolCallId') ?? readText(this.data, 'toolCallId');
    return toolCallId === undefined ? undefined : JSON.stringify([this.as, toolCallId, request]);
  }

  /** Is this event still the same question? Only its id and time may have changed, as they do after a reconnect. */
  isSame(event: SessionEvent): boolean {
    return (
      this.source.kind === 'event' &&
      (this.source.open.event === event || JSON.stringify(this.source.open.event.data) === JSON.stringify(event.data))
    );
  }
}

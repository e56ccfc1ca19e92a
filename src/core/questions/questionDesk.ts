import { Emitter, type Disposable, type Event } from 'vscode-jsonrpc/node';
import { CloudSessionsError } from '../errors';
import type { InboundRequest } from '../inbound';
import { realTimers, type Timers } from '../pendingRouting';
import { explainRequestError } from '../requestErrors';
import type { CloudSession } from '../session';
import { problemOfAnswer, resultOfRequest, sendAnswer, type Answer } from './answer';
import type { Closing } from './closing';
import { DeskEntry, type EntrySource } from './deskEntry';
import { SessionQuestions, type QuestionKeeper } from './sessionQuestions';

/** How long the session may take to show an answer before it is said that it has not, in milliseconds. */
export const UNCONFIRMED_AFTER_MS = 10_000;

/**
 * sent: the answer is on its way (see `DeskEntry.state` for what becomes of it). already: it was answered here before.
 * gone: it was answered elsewhere, or withdrawn.
 */
export type AnswerOutcome = 'sent' | 'already' | 'gone';

export interface ClosedQuestion {
  readonly entry: DeskEntry;
  readonly how: Closing;
}

/** Where the sessions come from: the session store. */
export interface DeskSource {
  readonly openSessions: readonly CloudSession[];
  /** Anything about the sessions may have changed. */
  readonly onDidChange: Event<unknown>;
  readonly onDidOpen: Event<CloudSession>;
  readonly onDidClose: Event<CloudSession>;
}

/**
 * All that the agents of the open sessions ask, and the way to answer it. Nothing is answered by itself; each question
 * is answered once; and what came of an answer is known only when the session shows it.
 */
export class QuestionDesk implements Disposable {
  private readonly sessions = new Map<CloudSession, SessionQuestions>();
  private readonly byKey = new Map<string, DeskEntry>();
  private readonly confirmations = new Map<DeskEntry, Disposable>();
  private readonly subscriptions: readonly Disposable[];
  private readonly keeper: QuestionKeeper;
  private nextOrder = 1;
  private readonly changes = new Emitter<void>();
  private readonly asks = new Emitter<readonly DeskEntry[]>();
  private readonly closes = new Emitter<ClosedQuestion>();
  private readonly stalls = new Emitter<DeskEntry>();

  /** Questions came, went, or changed their state. */
  readonly onDidChange: Event<void> = this.changes.event;
  /** New ones, all that came together, once each. */
  readonly onDidAsk: Event<readonly DeskEntry[]> = this.asks.event;
  readonly onDidClose: Event<ClosedQuestion> = this.closes.event;
  /** An answer was taken, and the session does not show it. */
  readonly onDidStall: Event<DeskEntry> = this.stalls.event;

  constructor(
    private readonly source: DeskSource,
    private readonly timers: Timers = realTimers,
    warn: (message: string) => void = () => undefined,
  ) {
    this.keeper = {
      timers,
      warn,
      add: (session, requestId, from) => this.add(session, requestId, from),
      has: ({ key }) => this.byKey.has(key),
      close: (entry, how) => this.close(entry, how),
      changed: () => {
        this.changes.fire();
      },
      forget: (session) => this.forget(session),
      asked: (entries) => {
        this.asks.fire(entries);
      },
    };
    this.subscriptions = [
      // Changes are collected there: a burst of events is looked at once.
      source.onDidChange(() => this.lookAtAll()),
      source.onDidOpen((session) => this.questionsOf(session).look()),
      source.onDidClose((session) => this.forget(session)),
    ];
    this.lookAtAll();
  }

  /** Those that wait for a person, newest first; of one session if it is given. */
  list(session?: CloudSession): readonly DeskEntry[] {
    return [...this.byKey.values()]
      .filter((entry) => entry.isShown && (session === undefined || entry.session === session))
      .map((entry) => ({ entry, at: entry.askedAt?.getTime() ?? 0 }))
      .sort((a, b) => b.at - a.at || b.entry.order - a.entry.order)
      .map(({ entry }) => entry);
  }

  /** `undefined` once it is closed. */
  get(key: string): DeskEntry | undefined {
    return this.byKey.get(key);
  }

  /**
   * Answers a question.
   * @throws `invalid-argument` for an answer that the question does not offer; else what the sending failed with: then
   * the question is open as before.
   */
  async answer(key: string, answer: Answer): Promise<AnswerOutcome> {
    const entry = this.byKey.get(key);
    if (entry === undefined) {
      return 'gone';
    }
    if (!entry.isAnswerable) {
      return 'already';
    }
    const problem = problemOfAnswer(entry.question, answer);
    if (problem !== undefined) {
      throw new CloudSessionsError('invalid-argument', problem, { nextStep: 'Choose one of the answers offered.' });
    }
    if (entry.source.kind === 'request') {
      return this.respond(entry, entry.source.request, answer);
    }
    const duplicates = this.sessions.get(entry.session)?.duplicatesOf(entry) ?? [];
    const sent = this.send(entry, answer);
    for (const duplicate of duplicates) {
      // Its failure opens it again, as a question of its own.
      this.send(duplicate, answer).catch(() => {
        this.sessions.get(entry.session)?.separate(duplicate);
        this.changes.fire();
      });
    }
    return sent;
  }

  private async send(entry: DeskEntry, answer: Answer): Promise<AnswerOutcome> {
    entry.state = 'sending';
    entry.answer = answer;
    entry.failure = undefined;
    this.awaitConfirmation(entry, () => this.stall(entry));
    this.changes.fire();
    try {
      const taken = await sendAnswer(
        (method, params) => entry.session.request(method, params),
        entry.session.sessionId,
        entry.requestId,
        answer,
      );
      return this.onSent(entry, taken);
    } catch (error) {
      throw this.onFailed(entry, error);
    }
  }

  /** Takes a request of the runtime's; to be passed to `RuntimeClient` as `handleRequest`. */
  handleRequest(session: CloudSession, request: InboundRequest): boolean {
    return this.questionsOf(session).takeRequest(request);
  }

  dispose(): void {
    for (const disposable of [...this.subscriptions, ...this.confirmations.values()]) {
      disposable.dispose();
    }
    this.confirmations.clear();
    for (const questions of this.sessions.values()) {
      questions.dispose();
    }
    this.sessions.clear();
    this.byKey.clear();
    for (const emitter of [this.changes, this.asks, this.closes, this.stalls]) {
      emitter.dispose();
    }
  }

  private respond(entry: DeskEntry, request: InboundRequest, answer: Answer): AnswerOutcome {
    if (request.isAnswered) {
      return 'gone';
    }
    entry.answer = answer;
    entry.state = 'answered';
    request.respond(resultOfRequest(answer));
    // Its event, if there is one, stays in the shadow for as long as the session may take to show the answer.
    this.close(entry, 'here');
    this.awaitConfirmation(entry, () => {
      const twin = this.sessions.get(entry.session)?.release(entry);
      if (twin !== undefined) {
        twin.answer = answer;
        this.stall(twin);
      }
    });
    this.changes.fire();
    return 'sent';
  }

  private onSent(entry: DeskEntry, taken: boolean): AnswerOutcome {
    // The session may have shown it before the runtime answered.
    if (this.byKey.has(entry.key)) {
      if (taken) {
        entry.state = entry.state === 'sending' ? 'answered' : entry.state;
      } else {
        this.stopWaiting(entry);
        entry.answer = undefined;
        entry.state = 'refused';
      }
      this.changes.fire();
    }
    return taken ? 'sent' : 'gone';
  }

  private onFailed(entry: DeskEntry, error: unknown): CloudSessionsError {
    const reason = explainRequestError('answer the agent', error);
    this.stopWaiting(entry);
    entry.state = 'open';
    entry.answer = undefined;
    entry.failure = reason;
    this.changes.fire();
    return reason;
  }

  private stall(entry: DeskEntry): void {
    entry.state = 'unconfirmed';
    this.changes.fire();
    this.stalls.fire(entry);
  }

  private awaitConfirmation(entry: DeskEntry, onLate: () => void): void {
    this.stopWaiting(entry);
    const timer = this.timers(() => {
      this.confirmations.delete(entry);
      onLate();
    }, UNCONFIRMED_AFTER_MS);
    this.confirmations.set(entry, timer);
  }

  private stopWaiting(entry: DeskEntry): void {
    this.confirmations.get(entry)?.dispose();
    this.confirmations.delete(entry);
  }

  private lookAtAll(): void {
    for (const session of this.source.openSessions) {
      this.questionsOf(session).look();
    }
  }

  private questionsOf(session: CloudSession): SessionQuestions {
    let questions = this.sessions.get(session);
    if (questions === undefined) {
      questions = new SessionQuestions(session, this.keeper);
      this.sessions.set(session, questions);
    }
    return questions;
  }

  private forget(session: CloudSession): void {
    const questions = this.sessions.get(session);
    if (questions !== undefined) {
      this.sessions.delete(session);
      questions.dispose();
      this.changes.fire();
    }
  }

  private add(session: CloudSession, requestId: string, source: EntrySource): DeskEntry {
    const order = this.nextOrder++;
    const entry = new DeskEntry(String(order), order, session, requestId, source);
    this.byKey.set(entry.key, entry);
    return entry;
  }

  /** What stands in the shadow of a request closes unseen. */
  private close(entry: DeskEntry, how: Closing): void {
    this.stopWaiting(entry);
    this.byKey.delete(entry.key);
    if (entry.isShown) {
      this.closes.fire({ entry, how });
    }
  }
}

import * as l10n from '@vscode/l10n';
import { Emitter, type Disposable, type Event } from 'vscode-jsonrpc/node';
import { CloudSessionsError } from '../errors/cloudSessionsError';
import { explainRequestError } from '../rpc/rpcErrors';
import type { CloudSession } from '../session/session';
import { problemOfAnswer, resultOfRequest, sendAnswer, type Answer, type Call } from './answer';
import { AnswerConfirmations } from './answerConfirmations';
import { PendingQuestion, type QuestionOrigin, type Resolution } from './pendingQuestion';
import { SessionQuestions } from './sessionQuestions';
import { realTimers, type Timers } from '../common/timers';
import type { QuestionOwner } from './questionOwner';
import type { InboundRequest } from '../rpc/inboundRequest';

/**
 * sent: the answer was sent (`PendingQuestion.state` has what becomes of it). already: it was answered here before.
 * gone: it was answered elsewhere, or withdrawn.
 */
export type AnswerOutcome = 'sent' | 'already' | 'gone';

export interface ClosedQuestion {
  readonly entry: PendingQuestion;
  readonly how: Resolution;
}

/** What the service needs of the session store. */
export interface QuestionSource {
  readonly openSessions: readonly CloudSession[];
  /** Anything about the sessions may have changed. */
  readonly onDidChange: Event<unknown>;
  readonly onDidOpen: Event<CloudSession>;
}

/**
 * All that the agents of the open sessions ask, and the way to answer it. Nothing is answered automatically; each
 * question is answered once; and whether an answer arrived is known only when the session shows it.
 */
export class QuestionService implements Disposable {
  private readonly sessions = new Map<CloudSession, SessionQuestions>();
  private readonly byKey = new Map<string, PendingQuestion>();
  private readonly confirmations: AnswerConfirmations;
  private readonly subscriptions: readonly Disposable[];
  private readonly owner: QuestionOwner;
  private nextOrder = 1;
  private disposed = false;
  private readonly changes = new Emitter<void>();
  private readonly asks = new Emitter<readonly PendingQuestion[]>();
  private readonly closes = new Emitter<ClosedQuestion>();
  private readonly stalls = new Emitter<PendingQuestion>();

  /** Questions came, went, or changed their state. */
  readonly onDidChange: Event<void> = this.changes.event;
  /** New questions, each announced once. */
  readonly onDidAsk: Event<readonly PendingQuestion[]> = this.asks.event;
  readonly onDidClose: Event<ClosedQuestion> = this.closes.event;
  /** The runtime took an answer, and the session did not show it in time. */
  readonly onDidStall: Event<PendingQuestion> = this.stalls.event;

  constructor(
    private readonly source: QuestionSource,
    timers: Timers = realTimers,
    warn: (message: string) => void = () => undefined,
  ) {
    this.confirmations = new AnswerConfirmations(timers);
    this.owner = {
      timers,
      warn,
      add: (session, requestId, from) => this.add(session, requestId, from),
      close: (entry, how) => this.close(entry, how),
      stopWaiting: (entry) => this.confirmations.stop(entry),
      changed: () => {
        this.changes.fire();
      },
      asked: (entries) => {
        this.asks.fire(entries);
      },
    };
    this.subscriptions = [
      // The store collects changes: a burst of events is one change.
      source.onDidChange(() => this.updateAll()),
      source.onDidOpen((session) => this.questionsOf(session).update()),
    ];
    this.updateAll();
  }

  /** Questions that wait for a person, newest first; of one session if it is given. */
  list(session?: CloudSession): readonly PendingQuestion[] {
    return [...this.byKey.values()]
      .filter((entry) => entry.duplicateOf === undefined && (session === undefined || entry.session === session))
      .map((entry) => ({ entry, at: entry.askedAt?.getTime() ?? 0 }))
      .sort((a, b) => b.at - a.at || b.entry.order - a.entry.order)
      .map(({ entry }) => entry);
  }

  /** `undefined` once it is closed. */
  get(key: string): PendingQuestion | undefined {
    return this.byKey.get(key);
  }

  /**
   * Answers a question.
   * @throws `invalid-argument` for an answer that the question does not offer; otherwise the error of the sending, after
   * which it can be answered again
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
      throw new CloudSessionsError('invalid-argument', problem, {
        nextStep: l10n.t('Choose one of the answers offered.'),
      });
    }
    entry.attempts++;
    if (entry.source.kind === 'request') {
      return this.respond(entry, entry.source.request, answer);
    }
    return this.send(entry, answer);
  }

  /** Takes a request of the runtime; `RuntimeClient` gets this as `handleRequest`. */
  handleRequest(session: CloudSession, request: InboundRequest): boolean {
    return !this.disposed && this.questionsOf(session).takeRequest(request);
  }

  /** Answers every request that is still open with an error. */
  dispose(): void {
    this.disposed = true;
    for (const disposable of [...this.subscriptions, this.confirmations]) {
      disposable.dispose();
    }
    for (const questions of this.sessions.values()) {
      questions.dispose();
    }
    this.sessions.clear();
    this.byKey.clear();
    for (const emitter of [this.changes, this.asks, this.closes, this.stalls]) {
      emitter.dispose();
    }
  }

  /** Sends the answer for each request id of the question that does not have it yet. */
  private async send(entry: PendingQuestion, answer: Answer): Promise<AnswerOutcome> {
    const attempt = entry.attempts;
    const { session } = entry;
    const wasAttached = session.isAttached;
    entry.state = 'sending';
    entry.answer = answer;
    entry.failure = undefined;
    this.confirmations.start(entry, () => this.stall(entry));
    this.changes.fire();
    const requestIds = entry.requestIds.filter((requestId) => !entry.taken.has(requestId));
    const outcomes = await Promise.allSettled(
      requestIds.map(async (requestId) => {
        const call: Call = (method, params) => session.request(method, params);
        if (await sendAnswer(call, session.sessionId, requestId, answer)) {
          entry.taken.add(requestId);
        }
      }),
    );
    const failure = outcomes.find((outcome) => outcome.status === 'rejected');
    if (entry.closed !== undefined) {
      // The session showed the answer first, or is no longer watched.
      return entry.taken.size > 0 || entry.closed === 'here' ? 'sent' : 'gone';
    }
    if (attempt !== entry.attempts) {
      // It was answered again in the meantime: the outcome of that answer counts.
      return entry.taken.size > 0 ? 'sent' : 'gone';
    }
    if (failure !== undefined) {
      throw this.onFailed(entry, failure.reason, wasAttached);
    }
    return this.onSent(entry);
  }

  private respond(entry: PendingQuestion, request: InboundRequest, answer: Answer): AnswerOutcome {
    if (request.isAnswered) {
      return 'gone';
    }
    entry.answer = answer;
    entry.state = 'answered';
    // This closes it. Its event, if there is one, stays a duplicate while the session may still show the answer.
    request.respond(resultOfRequest(answer));
    if (!this.sessions.has(entry.session)) {
      return 'sent';
    }
    this.confirmations.start(entry, () => {
      const duplicate = this.sessions.get(entry.session)?.release(entry);
      if (duplicate !== undefined) {
        duplicate.answer = answer;
        this.stall(duplicate);
      }
    });
    this.changes.fire();
    return 'sent';
  }

  private onSent(entry: PendingQuestion): AnswerOutcome {
    const taken = entry.taken.size > 0;
    if (taken) {
      entry.state = entry.state === 'sending' ? 'answered' : entry.state;
    } else {
      this.confirmations.stop(entry);
      entry.answer = undefined;
      entry.state = 'refused';
      this.sessions.get(entry.session)?.update();
    }
    this.changes.fire();
    return taken ? 'sent' : 'gone';
  }

  /**
   * An answer may have arrived if the connection broke while it was being sent, or if its reply came too late: then the
   * question is unconfirmed rather than open.
   */
  private onFailed(entry: PendingQuestion, error: unknown, wasAttached: boolean): CloudSessionsError {
    const reason = explainRequestError((why) => l10n.t('Could not answer the agent: {0}', why), error);
    const mayHaveArrived =
      entry.taken.size > 0 || (wasAttached && (reason.code === 'connection-closed' || reason.code === 'timeout'));
    this.confirmations.stop(entry);
    entry.state = mayHaveArrived ? 'unconfirmed' : 'open';
    entry.answer = mayHaveArrived ? entry.answer : undefined;
    entry.failure = reason;
    this.changes.fire();
    return reason;
  }

  private stall(entry: PendingQuestion): void {
    entry.state = 'unconfirmed';
    // The answer may be lost for each of its ids.
    entry.taken.clear();
    this.changes.fire();
    this.stalls.fire(entry);
  }

  private updateAll(): void {
    for (const session of this.source.openSessions) {
      this.questionsOf(session).update();
    }
  }

  private questionsOf(session: CloudSession): SessionQuestions {
    let questions = this.sessions.get(session);
    if (questions === undefined) {
      questions = new SessionQuestions(session, this.owner);
      this.sessions.set(session, questions);
      // Not when the store closes it: the store never has the session of a create that is undone. The subscription ends
      // with the session; after this service it finds nothing to forget.
      session.onDidDispose(() => this.forget(session));
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

  private add(session: CloudSession, requestId: string, source: QuestionOrigin): PendingQuestion {
    const order = this.nextOrder++;
    const entry = new PendingQuestion(String(order), order, session, requestId, source);
    this.byKey.set(entry.key, entry);
    return entry;
  }

  /** A duplicate of a request closes without an event. */
  private close(entry: PendingQuestion, how: Resolution): void {
    if (entry.closed !== undefined) {
      return;
    }
    entry.closed = how;
    this.confirmations.stop(entry);
    this.byKey.delete(entry.key);
    if (entry.duplicateOf === undefined) {
      this.closes.fire({ entry, how });
    }
  }
}

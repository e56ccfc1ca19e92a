import type { SessionEvent } from '@github/copilot-sdk';
import type { Disposable } from 'vscode-jsonrpc/node';
import { RunOnceScheduler } from '../common/runOnceScheduler';
import { QUESTION_REQUESTS } from '../session/openRequests';
import { keyOfToolCall } from '../activity/questionIdentity';
import type { CloudSession } from '../session/session';
import { answeredBefore, answersIn, resolutionOf, strongest } from './resolution';
import type { PendingQuestion, Resolution } from './pendingQuestion';
import { ListedPermissions } from './listedPermissions';
import type { OpenQuestion } from '../activity/activity';
import type { QuestionOwner } from './questionOwner';
import { RpcErrorCode, type InboundRequest, type RequestSettlement } from '../rpc/inboundRequest';

/** How long new questions wait for the session's history, which may have their answers, before they are announced. */
const HISTORY_WAIT_MS = 3_000;
/** Most requests of one session that wait here; a runtime with more is broken. */
const MAX_REQUESTS = 1_000;
/** Most request ids that get one answer; a runtime that asks the same more often is broken. */
const MAX_JOINED = 100;

/** The questions of one session: from its events, from requests of the runtime, and from the runtime's list. */
export class SessionQuestions {
  /** The questions of the session's activity at the last update. */
  private seen: ReadonlyMap<string, OpenQuestion> | undefined;
  /** By request id; a question that is asked under several ids is here under each of them. */
  private readonly fromEvents = new Map<string, PendingQuestion>();
  /** The latest question about each tool call, by `keyOfToolCall`. */
  private readonly byToolCall = new Map<string, PendingQuestion>();
  /** Questions from requests, also answered ones while their event may still come or is still open. */
  private readonly requests = new Set<PendingQuestion>();
  private readonly listed: ListedPermissions;
  /** Not announced yet. */
  private readonly fresh = new Set<PendingQuestion>();
  private readonly historyWait: RunOnceScheduler;
  /**
   * Set while a question is open that the session's events do not have. Each change is handled then: otherwise a
   * question that also comes as an event, and is answered before the next update, would leave its request open for good.
   */
  private subscription: Disposable | undefined;
  /** Calls of `update` since the last one that finished. */
  private updates = 0;
  private disposed = false;

  constructor(
    private readonly session: CloudSession,
    private readonly owner: QuestionOwner,
  ) {
    const onHistoryWaitOver = (): void => {
      // The history of a detached session comes when it is attached again.
      if (this.session.isAttached) {
        this.announce(false);
      }
    };
    this.historyWait = new RunOnceScheduler(onHistoryWaitOver, HISTORY_WAIT_MS, owner.timers);
    this.listed = new ListedPermissions(session, owner, (entries) => {
      entries.forEach((entry) => this.fresh.add(entry));
      this.follow();
      this.announce();
    });
  }

  /** Updates the questions. Cheap while nothing has changed: the reducer makes a new map only for a change. */
  update(): void {
    this.updates++;
    if (this.updates > 1) {
      // Listeners may change the session: the outer call handles that.
      return;
    }
    for (let seen = 0; seen < this.updates;) {
      seen = this.updates;
      const { questions } = this.session.activity;
      if (questions !== this.seen) {
        this.reconcile(questions);
      }
      this.listed.update();
      this.follow();
      this.announce();
    }
    this.updates = 0;
  }

  /**
   * Takes a request of the runtime, if it asks a person.
   * @returns whether it was taken
   */
  takeRequest(request: InboundRequest): boolean {
    const as = QUESTION_REQUESTS.get(request.method);
    if (as === undefined || this.disposed || this.requests.size >= MAX_REQUESTS) {
      return false;
    }
    // The event of the same question may have come just now.
    this.update();
    const entry = this.owner.add(this.session, `request-${String(request.id)}`, { kind: 'request', request, as });
    this.requests.add(entry);
    this.follow();
    this.fresh.add(entry);
    for (const other of this.fromEvents.values()) {
      if (other.duplicateOf === undefined && other.state === 'open' && other.signature === entry.signature) {
        other.duplicateOf = entry;
        entry.announced = other.announced;
        break;
      }
    }
    request.onDidSettle((how) => this.onSettled(entry, how));
    this.owner.changed();
    this.announce();
    return true;
  }

  /**
   * Forgets a request whose answer the session had time to show. The same text is another question from now on.
   * @returns the duplicate that came as an event, if it is still open
   */
  release(request: PendingQuestion): PendingQuestion | undefined {
    this.forgetRequest(request);
    for (const duplicate of this.fromEvents.values()) {
      if (duplicate.duplicateOf === request) {
        duplicate.duplicateOf = undefined;
        return duplicate;
      }
    }
    return undefined;
  }

  /** For a session that is no longer watched. Each request is answered with an error, since nobody else answers it. */
  dispose(): void {
    this.disposed = true;
    this.historyWait.dispose();
    this.subscription?.dispose();
    this.listed.dispose();
    for (const entry of [...this.fromEvents.values(), ...this.requests]) {
      this.owner.close(entry, 'unwatched');
      this.owner.stopWaiting(entry);
      if (entry.source.kind === 'request') {
        // eslint-disable-next-line texts/localized -- an error of JSON-RPC, for the runtime
        entry.source.request.reject(RpcErrorCode.internalError, 'The session is no longer watched.');
      }
    }
    for (const entries of [this.fromEvents, this.byToolCall, this.requests, this.fresh]) {
      entries.clear();
    }
  }

  private reconcile(questions: ReadonlyMap<string, OpenQuestion>): void {
    this.seen = questions;
    const gone = this.closeGone(questions);
    const added = this.addNew(questions);
    if (gone || added) {
      this.owner.changed();
    }
  }

  private closeGone(questions: ReadonlyMap<string, OpenQuestion>): boolean {
    let answers: ReadonlyMap<string, SessionEvent> | undefined;
    for (const [requestId, entry] of this.fromEvents) {
      const now = questions.get(requestId);
      if (now !== undefined && entry.isSame(requestId, now.event)) {
        continue;
      }
      answers ??= answersIn(this.session.events);
      this.fromEvents.delete(requestId);
      // Asked again under the same id: an answer to the old question must not reach the new one.
      entry.ends.push(now === undefined ? resolutionOf(entry, answers.get(requestId)) : 'withdrawn');
      if (entry.opens.size > 1) {
        // It is still open under its other ids.
        entry.opens.delete(requestId);
      } else {
        this.close(entry, strongest(entry.ends));
      }
    }
    return answers !== undefined;
  }

  private addNew(questions: ReadonlyMap<string, OpenQuestion>): boolean {
    let free: PendingQuestion[] | undefined;
    let changed = false;
    const added = new Map<string, PendingQuestion>();
    for (const [requestId, open] of questions) {
      if (this.fromEvents.has(requestId)) {
        continue;
      }
      changed = true;
      const key = keyOfToolCall(open.event);
      const other = key === undefined ? undefined : this.byToolCall.get(key);
      if (other?.state === 'open' && other.opens.size < MAX_JOINED) {
        other.opens.set(requestId, open);
        this.fromEvents.set(requestId, other);
        continue;
      }
      const entry = this.owner.add(this.session, requestId, { kind: 'event', open });
      this.fromEvents.set(requestId, entry);
      this.fresh.add(entry);
      entry.isAskedAgain = other !== undefined && other.state !== 'open';
      if (key !== undefined) {
        this.byToolCall.set(key, entry);
        added.set(key, entry);
      }
      free ??= this.requestsWithoutEvent();
      const index = free.length === 0 ? -1 : free.findIndex(({ signature }) => signature === entry.signature);
      if (index >= 0) {
        // The request has the same question, answered or not.
        [entry.duplicateOf] = free.splice(index, 1);
        entry.announced = true;
      }
      entry.announced ||= this.listed.take(requestId)?.announced === true;
    }
    if (added.size > 0) {
      const answered = answeredBefore(this.session.events, new Set(added.keys()));
      for (const [key, entry] of added) {
        entry.isAskedAgain ||= answered.has(key);
      }
    }
    return changed;
  }

  private forgetRequest(request: PendingQuestion): void {
    this.requests.delete(request);
    this.follow();
  }

  private follow(): void {
    if (this.disposed || (this.requests.size === 0 && this.listed.isEmpty)) {
      this.subscription?.dispose();
      this.subscription = undefined;
    } else {
      this.subscription ??= this.session.onDidChange(() => this.update());
    }
  }

  private requestsWithoutEvent(): PendingQuestion[] {
    if (this.requests.size === 0) {
      return [];
    }
    const taken = new Set([...this.fromEvents.values()].map(({ duplicateOf }) => duplicateOf));
    return [...this.requests].filter((request) => !taken.has(request));
  }

  /** A request has ended: by an answer, by an error, by its withdrawal, or with its connection. */
  private onSettled(entry: PendingQuestion, how: RequestSettlement): void {
    if (entry.closed !== undefined) {
      return;
    }
    if (how === 'answered') {
      this.owner.close(entry, entry.answer === undefined ? 'elsewhere' : 'here');
      this.owner.changed();
      return;
    }
    const duplicate = this.release(entry);
    if (duplicate !== undefined) {
      // It also came as an event, and is still open.
      duplicate.announced = entry.announced;
    }
    this.owner.close(entry, how === 'cancelled' ? 'withdrawn' : 'disconnected');
    this.owner.changed();
  }

  /** Announces new questions, once the history has shown which of them are already answered. */
  private announce(waitsForHistory = true): void {
    const waits = !this.session.isCaughtUp && waitsForHistory;
    const announced: PendingQuestion[] = [];
    for (const entry of this.fresh) {
      if (entry.announced || entry.closed !== undefined) {
        this.fresh.delete(entry);
        // A history has no requests, so they do not wait for it.
      } else if (entry.duplicateOf === undefined && (!waits || entry.source.kind === 'request')) {
        this.fresh.delete(entry);
        entry.announced = true;
        announced.push(entry);
      }
    }
    if (waits && this.fresh.size > 0) {
      this.historyWait.schedule();
    }
    if (announced.length > 0) {
      this.owner.asked(announced);
    }
  }

  private close(entry: PendingQuestion, how: Resolution): void {
    const key = entry.source.kind === 'event' ? keyOfToolCall(entry.source.open.event) : undefined;
    if (key !== undefined && this.byToolCall.get(key) === entry) {
      this.byToolCall.delete(key);
    }
    const request = entry.duplicateOf;
    // A question that events no longer have was not necessarily answered: the runtime still waits for its request.
    if (request?.source.kind === 'request' && (how !== 'withdrawn' || request.closed !== undefined)) {
      this.forgetRequest(request);
      this.owner.stopWaiting(request);
      this.owner.close(request, how);
      // The request must not stay open, and nobody may answer it any more.
      // eslint-disable-next-line texts/localized -- an error of JSON-RPC, for the runtime
      request.source.request.reject(RpcErrorCode.internalError, 'The question was answered elsewhere.');
    }
    this.owner.close(entry, how);
  }
}

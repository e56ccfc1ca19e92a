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

/** How long questions wait for the session's history, which may answer them, before they are told of all the same. */
const HISTORY_WAIT_MS = 3_000;
/** At most this many requests of one session wait here: a runtime with more is broken. */
const MAX_REQUESTS = 1_000;
/** At most this many request ids get one answer: a runtime that asks the same more often is broken. */
const MAX_JOINED = 100;

/** The questions of one session: from its events, from requests of the runtime's, and from the runtime's own list. */
export class SessionQuestions {
  /** The session's questions as they were looked at last. */
  private seen: ReadonlyMap<string, OpenQuestion> | undefined;
  /** By request id; one that is asked under several ids stands here under each of them. */
  private readonly fromEvents = new Map<string, PendingQuestion>();
  /** The latest of those that ask about a tool call, by what they say. */
  private readonly byToolCall = new Map<string, PendingQuestion>();
  /** Answered ones too, for as long as their event may still come or is still open. */
  private readonly requests = new Set<PendingQuestion>();
  private readonly listed: ListedPermissions;
  /** Not told of yet. */
  private readonly fresh = new Set<PendingQuestion>();
  private readonly patience: RunOnceScheduler;
  /**
   * While something is open that the session's events did not tell of, each change is looked at: a question that comes
   * as an event as well and is answered before the next look would leave its request asked for good.
   */
  private subscription: Disposable | undefined;
  /** How often it was to be looked at since it was looked at last. */
  private looks = 0;
  private disposed = false;

  constructor(
    private readonly session: CloudSession,
    private readonly owner: QuestionOwner,
  ) {
    const hurry = (): void => {
      // Of a session that is detached by now, the history comes when it is attached again.
      if (this.session.isAttached) {
        this.announce(false);
      }
    };
    this.patience = new RunOnceScheduler(hurry, HISTORY_WAIT_MS, owner.timers);
    this.listed = new ListedPermissions(session, owner, (entries) => {
      entries.forEach((entry) => this.fresh.add(entry));
      this.follow();
      this.announce();
    });
  }

  /** Cheap while nothing has changed: the reducer makes a new map only when a question comes or goes. */
  look(): void {
    this.looks++;
    if (this.looks > 1) {
      // What is found may change the session: that is looked at behind it.
      return;
    }
    for (let seen = 0; seen < this.looks;) {
      seen = this.looks;
      const { questions } = this.session.activity;
      if (questions !== this.seen) {
        this.update(questions);
      }
      this.listed.update();
      this.follow();
      this.announce();
    }
    this.looks = 0;
  }

  /** Takes a request of the runtime's, if it is one that asks a person. */
  takeRequest(request: InboundRequest): boolean {
    const as = QUESTION_REQUESTS.get(request.method);
    if (as === undefined || this.disposed || this.requests.size >= MAX_REQUESTS) {
      return false;
    }
    // The event of the same question may have come in this moment.
    this.look();
    const entry = this.owner.add(this.session, `request-${String(request.id)}`, { kind: 'request', request, as });
    this.requests.add(entry);
    this.follow();
    this.fresh.add(entry);
    for (const other of this.fromEvents.values()) {
      if (other.shadowedBy === undefined && other.state === 'open' && other.signature === entry.signature) {
        other.shadowedBy = entry;
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
   * The session had time to show the answer to a request. The same words from now on are another question.
   * @returns the event's question, if it is still open
   */
  release(request: PendingQuestion): PendingQuestion | undefined {
    this.forgetRequest(request);
    for (const twin of this.fromEvents.values()) {
      if (twin.shadowedBy === request) {
        twin.shadowedBy = undefined;
        return twin;
      }
    }
    return undefined;
  }

  /** The session is no longer watched: each request is answered, for nobody else would. */
  dispose(): void {
    this.disposed = true;
    this.patience.dispose();
    this.subscription?.dispose();
    this.listed.dispose();
    for (const entry of [...this.fromEvents.values(), ...this.requests]) {
      this.owner.close(entry, 'unwatched');
      this.owner.stopWaiting(entry);
      if (entry.source.kind === 'request') {
        entry.source.request.reject(RpcErrorCode.internalError, 'The session is no longer watched.');
      }
    }
    for (const entries of [this.fromEvents, this.byToolCall, this.requests, this.fresh]) {
      entries.clear();
    }
  }

  private update(questions: ReadonlyMap<string, OpenQuestion>): void {
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
      // Asked anew under the same id: whoever looks at the old question must not answer the new one.
      entry.ends.push(now === undefined ? resolutionOf(entry, answers.get(requestId)) : 'withdrawn');
      if (entry.opens.size > 1) {
        // Asked under another id as well, it still waits.
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
      const twin = free.length === 0 ? -1 : free.findIndex(({ signature }) => signature === entry.signature);
      if (twin >= 0) {
        // The request of the same question, answered or not.
        [entry.shadowedBy] = free.splice(twin, 1);
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
      this.subscription ??= this.session.onDidChange(() => this.look());
    }
  }

  private requestsWithoutEvent(): PendingQuestion[] {
    if (this.requests.size === 0) {
      return [];
    }
    const taken = new Set([...this.fromEvents.values()].map(({ shadowedBy }) => shadowedBy));
    return [...this.requests].filter((request) => !taken.has(request));
  }

  /** Whoever answered, refused or withdrew it, or whatever became of its connection: it is no longer a question. */
  private onSettled(entry: PendingQuestion, how: RequestSettlement): void {
    if (entry.closed !== undefined) {
      return;
    }
    if (how === 'answered') {
      this.owner.close(entry, entry.answer === undefined ? 'elsewhere' : 'here');
      this.owner.changed();
      return;
    }
    const twin = this.release(entry);
    if (twin !== undefined) {
      // Asked by an event as well, it is still open.
      twin.announced = entry.announced;
    }
    this.owner.close(entry, how === 'cancelled' ? 'withdrawn' : 'disconnected');
    this.owner.changed();
  }

  /** Tells of those that are new, once the history has shown which of them are answered already. */
  private announce(isPatient = true): void {
    const waits = !this.session.isCaughtUp && isPatient;
    const told: PendingQuestion[] = [];
    for (const entry of this.fresh) {
      if (entry.announced || entry.closed !== undefined) {
        this.fresh.delete(entry);
        // Requests are never in a history.
      } else if (entry.shadowedBy === undefined && (!waits || entry.source.kind === 'request')) {
        this.fresh.delete(entry);
        entry.announced = true;
        told.push(entry);
      }
    }
    if (waits && this.fresh.size > 0) {
      this.patience.schedule();
    }
    if (told.length > 0) {
      this.owner.asked(told);
    }
  }

  private close(entry: PendingQuestion, how: Resolution): void {
    const key = entry.source.kind === 'event' ? keyOfToolCall(entry.source.open.event) : undefined;
    if (key !== undefined && this.byToolCall.get(key) === entry) {
      this.byToolCall.delete(key);
    }
    const request = entry.shadowedBy;
    // Events that no longer have it prove no answer: then the runtime still waits for the answer to its request.
    if (request?.source.kind === 'request' && (how !== 'withdrawn' || request.closed !== undefined)) {
      this.forgetRequest(request);
      this.owner.stopWaiting(request);
      this.owner.close(request, how);
      // Nobody is to answer the request any more, and it does not stay open.
      request.source.request.reject(RpcErrorCode.internalError, 'The question was answered elsewhere.');
    }
    this.owner.close(entry, how);
  }
}

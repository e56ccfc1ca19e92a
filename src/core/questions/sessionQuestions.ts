import type { SessionEvent } from '@github/copilot-sdk';
import { LRUCache, type Disposable } from 'vscode-jsonrpc/node';
import { RpcErrorCode, type InboundRequest } from '../inbound';
import { readString } from '../json';
import type { Timers } from '../pendingRouting';
import { Rpc } from '../protocol';
import type { CloudSession } from '../session';
import type { OpenQuestion } from '../sessionState';
import { answersIn, closingOf, type Closing } from './closing';
import type { DeskEntry, EntrySource } from './deskEntry';

/** How long questions wait for the session's history, which may answer them, before they are told of all the same. */
const HISTORY_WAIT_MS = 3_000;
/** At most this many requests of one session wait here: a runtime with more is broken. */
const MAX_REQUESTS = 1_000;
/** How many tool calls are remembered whose permission was asked for, to say so when it is asked for again. */
const MAX_ASKED = 1_000;

/** Requests that ask a person something, and the event that asks the same. */
const REQUEST_KINDS: ReadonlyMap<string, OpenQuestion['kind']> = new Map([
  ['userInput.request', 'input'],
  ['exitPlanMode.request', 'plan'],
  ['autoModeSwitch.request', 'autoMode'],
]);

/** What the desk does for the questions of each session. */
export interface QuestionKeeper {
  readonly timers: Timers;
  add(session: CloudSession, requestId: string, source: EntrySource): DeskEntry;
  /** Not closed yet. */
  has(entry: DeskEntry): boolean;
  close(entry: DeskEntry, how: Closing): void;
  changed(): void;
  /** The session is gone: nothing of it is kept. */
  forget(session: CloudSession): void;
  asked(entries: readonly DeskEntry[]): void;
  warn(message: string): void;
}

/** The questions of one session: from its events, from requests of the runtime's, and from the runtime's own list. */
export class SessionQuestions {
  /** The session's questions as they were looked at last. */
  private seen: ReadonlyMap<string, OpenQuestion> | undefined;
  private readonly fromEvents = new Map<string, DeskEntry>();
  /** Answered ones too, for as long as their event may still come or is still open. */
  private readonly requests = new Set<DeskEntry>();
  private readonly listed = new Map<string, DeskEntry>();
  /** Signatures of the tool calls that were asked about, and are no longer. */
  private readonly asked = new LRUCache<string, true>(MAX_ASKED);
  /** Of the questions that are open, the first about each tool call. */
  private readonly byToolCall = new Map<string, DeskEntry>();
  /** The others, by that. */
  private readonly duplicates = new Map<DeskEntry, readonly DeskEntry[]>();
  /** The list was asked for since the session was attached. */
  private askedForList = false;
  private timer: Disposable | undefined;

  constructor(
    private readonly session: CloudSession,
    private readonly keeper: QuestionKeeper,
  ) {}

  /** Cheap while nothing has changed: the reducer makes a new map only when a question comes or goes. */
  look(): void {
    const { questions } = this.session.activity;
    if (questions !== this.seen) {
      this.update(questions);
    }
    if (this.listed.size > 0) {
      this.closeListed();
    }
    if (this.session.isCaughtUp !== this.askedForList) {
      this.askedForList = this.session.isCaughtUp;
      if (this.askedForList) {
        void this.askForList();
      }
    }
    this.announce();
  }

  /** Takes a request of the runtime's, if it is one that asks a person. */
  takeRequest(request: InboundRequest): boolean {
    const as = REQUEST_KINDS.get(request.method);
    if (as === undefined || this.requests.size >= MAX_REQUESTS) {
      return false;
    }
    const source = { kind: 'request', request, as } as const;
    const entry = this.keeper.add(this.session, `request-${String(request.id)}`, source);
    this.requests.add(entry);
    for (const other of this.fromEvents.values()) {
      if (other.shadowedBy === undefined && other.state === 'open' && other.signature === entry.signature) {
        other.shadowedBy = entry;
        entry.announced = other.announced;
        break;
      }
    }
    request.onDidSettle(() => this.onSettled(entry));
    this.keeper.changed();
    this.announce();
    return true;
  }

  /**
   * The session had time to show the answer to a request. The same words from now on are another question.
   * @returns the event's question, if it is still open
   */
  release(request: DeskEntry): DeskEntry | undefined {
    this.requests.delete(request);
    for (const twin of this.fromEvents.values()) {
      if (twin.shadowedBy === request) {
        twin.shadowedBy = undefined;
        return twin;
      }
    }
    return undefined;
  }

  /** The session is no longer watched. */
  dispose(): void {
    this.timer?.dispose();
    this.timer = undefined;
    for (const entry of [...this.fromEvents.values(), ...this.requests, ...this.listed.values()]) {
      if (this.keeper.has(entry)) {
        this.keeper.close(entry, 'unwatched');
        if (entry.source.kind === 'request') {
          entry.source.request.reject(RpcErrorCode.internalError, 'The session is no longer watched.');
        }
      }
    }
  }

  private update(questions: ReadonlyMap<string, OpenQuestion>): void {
    this.seen = questions;
    const gone = this.closeGone(questions);
    const added = this.addNew(questions);
    if (gone || added) {
      this.keeper.changed();
    }
  }

  private closeGone(questions: ReadonlyMap<string, OpenQuestion>): boolean {
    let answers: ReadonlyMap<string, SessionEvent> | undefined;
    for (const [requestId, entry] of this.fromEvents) {
      const now = questions.get(requestId);
      if (now === undefined || !entry.isSame(now.event)) {
        answers ??= answersIn(this.session.events);
        this.fromEvents.delete(requestId);
        this.onGone(entry);
        // Asked anew under the same id: whoever looks at the old question must not answer the new one.
        this.close(entry, now === undefined ? closingOf(entry, answers.get(requestId)) : 'withdrawn');
      }
    }
    return answers !== undefined;
  }

  private addNew(questions: ReadonlyMap<string, OpenQuestion>): boolean {
    let free: DeskEntry[] | undefined;
    let changed = false;
    for (const [requestId, open] of questions) {
      if (this.fromEvents.has(requestId)) {
        continue;
      }
      changed = true;
      const entry = this.keeper.add(this.session, requestId, { kind: 'event', open });
      this.fromEvents.set(requestId, entry);
      free ??= this.requestsWithoutEvent();
      const twin = free.length === 0 ? -1 : free.findIndex(({ signature }) => signature === entry.signature);
      if (twin >= 0) {
        // The request of the same question, answered or not.
        [entry.shadowedBy] = free.splice(twin, 1);
        entry.announced = true;
      }
      this.findDuplicate(entry);
      const listed = this.listed.get(requestId);
      if (listed !== undefined) {
        this.listed.delete(requestId);
        entry.announced = listed.announced;
        this.keeper.close(listed, 'withdrawn');
      }
    }
    return changed;
  }

  /** Asked twice for the same tool call (a reconnect does that, and some agents): it is one question, or asked again. */
  private findDuplicate(entry: DeskEntry): void {
    const signature = entry.toolCallSignature;
    if (signature === undefined) {
      return;
    }
    const other = this.byToolCall.get(signature);
    if (other?.state === 'open') {
      entry.duplicateOf = other;
      this.duplicates.set(other, [...this.duplicatesOf(other), entry]);
      return;
    }
    entry.askedAgain = other !== undefined || this.asked.has(signature);
    this.byToolCall.set(signature, entry);
  }

  /** Those that ask the same as this one. */
  duplicatesOf(entry: DeskEntry): readonly DeskEntry[] {
    return this.duplicates.get(entry) ?? [];
  }

  /** It is no longer open: of several that ask the same, the next one stands for the rest. */
  private onGone(entry: DeskEntry): void {
    const signature = entry.toolCallSignature;
    if (signature === undefined) {
      return;
    }
    this.asked.set(signature, true);
    const original = entry.duplicateOf;
    if (original !== undefined) {
      this.duplicates.set(
        original,
        this.duplicatesOf(original).filter((other) => other !== entry),
      );
      return;
    }
    const [next, ...others] = this.duplicatesOf(entry);
    this.duplicates.delete(entry);
    if (this.byToolCall.get(signature) === entry) {
      this.byToolCall.delete(signature);
    }
    if (next !== undefined) {
      this.separate(next);
      this.byToolCall.set(signature, next);
      for (const other of others) {
        other.duplicateOf = next;
      }
      this.duplicates.set(next, others);
    }
  }

  /** It is a question of its own from now on. */
  separate(entry: DeskEntry): void {
    const original = entry.duplicateOf;
    entry.duplicateOf = undefined;
    entry.askedAgain = true;
    if (original !== undefined && this.duplicates.has(original)) {
      this.duplicates.set(
        original,
        this.duplicatesOf(original).filter((other) => other !== entry),
      );
    }
  }

  private requestsWithoutEvent(): DeskEntry[] {
    if (this.requests.size === 0) {
      return [];
    }
    const taken = new Set([...this.fromEvents.values()].map(({ shadowedBy }) => shadowedBy));
    return [...this.requests].filter((request) => !taken.has(request));
  }

  /** The request was withdrawn, refused for another reason than an answer given here, or its runtime is gone. */
  private onSettled(entry: DeskEntry): void {
    if (entry.state === 'answered' || !this.requests.has(entry) || !this.keeper.has(entry)) {
      return;
    }
    const twin = this.release(entry);
    if (twin !== undefined) {
      // Asked by an event as well, it is still open.
      twin.announced = entry.announced;
    }
    this.keeper.close(entry, this.session.isAttached ? 'withdrawn' : 'unwatched');
    this.keeper.changed();
    if (this.session.isDisposed) {
      // It was never opened in the store, so nobody else says that it is gone.
      this.keeper.forget(this.session);
    }
  }

  /** Tells of those that are new, once the history has shown which of them are answered already. */
  private announce(isPatient = true): void {
    const fresh: DeskEntry[] = [];
    for (const entries of [this.requests, this.fromEvents.values(), this.listed.values()]) {
      for (const entry of entries) {
        if (!entry.announced && entry.isShown && this.keeper.has(entry)) {
          fresh.push(entry);
        }
      }
    }
    if (fresh.length === 0) {
      return;
    }
    const waits = !this.session.isCaughtUp && isPatient;
    if (waits) {
      this.timer ??= this.keeper.timers(() => {
        this.timer = undefined;
        // Of a session that is detached by now, the history comes when it is attached again.
        if (this.session.isAttached) {
          this.announce(false);
        }
      }, HISTORY_WAIT_MS);
    }
    // Requests are never in a history.
    const told = waits ? fresh.filter(({ source }) => source.kind === 'request') : fresh;
    for (const entry of told) {
      entry.announced = true;
    }
    if (told.length > 0) {
      this.keeper.asked(told);
    }
  }

  /** What the runtime knows to be open, and no event told of: the history may have a gap. */
  private async askForList(): Promise<void> {
    const { session } = this;
    try {
      const pending = await session.request(Rpc.pendingPermissions, { sessionId: session.sessionId });
      if (pending.length === 0 || !this.askedForList) {
        return;
      }
      // What was asked in the events is the reducer's to judge: an abort ends a question, and the list keeps it.
      const known = new Set(session.events.map((event) => permissionIdOf(event)));
      for (const { requestId, request } of pending) {
        if (!known.has(requestId) && !this.listed.has(requestId)) {
          this.listed.set(requestId, this.keeper.add(session, requestId, { kind: 'list', request }));
        }
      }
      this.keeper.changed();
      this.announce();
    } catch (error) {
      // Older runtimes do not know the method; the events have the questions all the same.
      this.keeper.warn(`The open permissions of ${session.sessionId} could not be asked for: ${String(error)}`);
    }
  }

  private closeListed(): void {
    const answers = answersIn(this.session.events);
    for (const [requestId, entry] of this.listed) {
      const answered = answers.get(requestId);
      if (answered !== undefined) {
        this.listed.delete(requestId);
        this.keeper.close(entry, closingOf(entry, answered));
        this.keeper.changed();
      }
    }
  }

  private close(entry: DeskEntry, how: Closing): void {
    const request = entry.shadowedBy;
    if (request === undefined) {
      this.keeper.close(entry, how);
      return;
    }
    this.requests.delete(request);
    if (this.keeper.has(request)) {
      // Answered elsewhere: nobody is to answer the request any more.
      this.keeper.close(request, how);
    }
    this.keeper.close(entry, how);
  }
}

function permissionIdOf({ type, data }: SessionEvent): string | undefined {
  return type === 'permission.requested' || type === 'permission.completed' ? readString(data, 'requestId') : undefined;
}

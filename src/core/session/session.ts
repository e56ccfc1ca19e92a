import type { SessionEvent } from '@github/copilot-sdk';
import { Emitter, type CancellationToken, type Disposable, type Event } from 'vscode-jsonrpc/node';
import { checkListener, readSend } from '../arguments/callArguments';
import { CloudSessionsError } from '../errors/cloudSessionsError';
import { HistoryPoller } from './historyPoller';
import type { HistoryReader, HistoryReadQueue } from './historyReadQueue';
import { isRecord, readRecord, readText } from '../common/json';
import { TranscriptGate } from './transcriptGate';
import { isSessionNotFound } from '../errors/sessionNotFound';
import { Outbox, PromptNotTaken } from '../prompts/outbox';
import { OpenRequests } from './openRequests';
import { noteOfPrompt, type PromptHold } from '../prompts/promptNotes';
import { Rpc, type RpcMethod } from '../rpc/methods';
import { ActivityProjection } from '../activity/activityProjection';
import { parseSessionUrl, sessionUrlCandidate } from '../events/sessionUrl';
import { withoutReplay } from './replayFilter';
import { explainRequestError } from '../rpc/rpcErrors';
import { Retries } from '../errors/retry';
import { countOf, SessionHistory, type LogChange, type SessionNote } from './sessionHistory';
import { SessionChoices, type ChoicesHost } from './sessionChoices';
import { StopRequest, UNCONFIRMED_AFTER_MS, type StopState } from './stopRequest';
import type { UnknownEventTypes } from '../rendering/formatters/unknownEventTypes';
import { textOf } from '../redaction/secrets';
import type { EventListener } from '../events/eventListeners';
import { RunOnceScheduler } from '../common/runOnceScheduler';
import type { Timers } from '../common/timers';
import type { HeldTraffic, InboundItem } from '../routing/traffic';
import { isBusy, type SessionActivity, type SessionStatus } from '../activity/activity';
import { isAgentStart, provesAgentStart } from '../activity/eventRoles';
import type { Prompt, SendMode } from '../prompts/prompt';
import { RpcErrorCode, type InboundRequest } from '../rpc/inboundRequest';

/** The way from a session to the runtime, for as long as the session is attached to it. */
export interface SessionConnection {
  request<Params extends object, Result>(
    method: RpcMethod<Params, Result>,
    params: Params,
    token?: CancellationToken,
    onLate?: (result: Result) => void,
  ): Promise<Result>;
  /** A request from the runtime: true if somebody will answer it. */
  handleRequest(session: CloudSession, request: InboundRequest): boolean;
  warn(message: string): void;
  /** What is tried again on this connection; without it, each session tries for itself. */
  readonly retries?: Retries;
  /** Whose turn it is to read a history; without it, each session reads its own at once. */
  readonly historyReads?: HistoryReadQueue;
  /** Told of the type of each event. */
  readonly unknownEventTypes?: UnknownEventTypes;
  /** As the runtime named it in the handshake. */
  readonly runtimeVersion?: string | undefined;
}

/** How long the history may fail to be read before the session's state is taken from its events alone, in milliseconds. */
const HISTORY_PATIENCE_MS = 30_000;

export interface RoutingCounts {
  /** Messages that were held before the session was registered, and then delivered. */
  readonly buffered: number;
  /** Notifications that were dropped because a limit was reached. */
  readonly dropped: number;
  /** Parked requests that were answered with an error because a limit was reached. */
  readonly rejected: number;
}

export interface SessionDetails {
  readonly isRemote: boolean;
  readonly taskId?: string;
  readonly repository?: string;
  readonly branch?: string;
}

/** What was kept of a session, from before this process: see `CloudSession.absorb`. */
export interface KeptHistory {
  readonly events: readonly SessionEvent[];
  readonly notes: readonly SessionNote[];
}

/**
 * One session: its events, its link, its prompts. It outlives the runtime's process: when that ends the session is
 * detached, keeps all that it has, and can be attached to the next one.
 */
export class CloudSession implements Disposable, HistoryReader {
  private readonly history: SessionHistory;
  private readonly outboxStore: Outbox;
  /** What was chosen for it, on the way to the agent. */
  readonly choices: SessionChoices;
  private readonly stopRequest: StopRequest;
  /** Reads the history of the present attachment. */
  private poller: HistoryPoller | undefined;
  /** The runtime's requests that somebody here accepted: answered on the wire, whatever becomes of the session. */
  readonly requests = new OpenRequests(() => {
    this.changes.fire();
  });
  private readonly reduced: ActivityProjection;
  private readonly remoteUrlChanges = new Emitter<string>();
  private readonly changes = new Emitter<void>();
  private connection: SessionConnection | undefined;
  /** How often it was attached: from the second time on, the history has other ids than what came before. */
  private attachments = 0;
  private url: string | undefined;
  private counts: RoutingCounts = { buffered: 0, dropped: 0, rejected: 0 };
  private agentStarted = false;
  private disposed = false;
  private currentDetails: SessionDetails;
  /** It existed before it was attached: what it is shows only in its history. */
  private existedBefore = false;
  /** The history was read since the session was attached. */
  private historyRead = false;
  /** Set while the history of this attachment is still to be read. */
  private readonly patience: RunOnceScheduler;
  /** The history could not be read for `HISTORY_PATIENCE_MS`: what the events say is all that is known. */
  private historyMissed = false;
  /** A re-attachment after the runtime let go of the session; calls that failed for that reason wait for it. */
  private recovery: Promise<CloudSession> | undefined;
  /** What goes on in its place: the runtime named the session by another id when it was attached again. */
  private successor: CloudSession | undefined;
  /** When it was detached. */
  private detachedAt: Date | undefined;
  private givenName: string | undefined;
  /** Somebody waits for it: it was opened just now, or used since it came back. */
  private wanted = true;
  /** What was kept of it is to be absorbed first. */
  private kept: TranscriptGate | undefined;
  /** What has come and is not delivered yet: a listener may cause another message (an in-memory runtime does). */
  private readonly inbox: InboundItem[] = [];
  private delivering = false;

  /**
   * Attaches the session again after the runtime has let go of it. Set by whoever wants the session to stay attached.
   * Resolves to what goes on, which is another object where the runtime names the session by another id now. Rejects if
   * that failed.
   */
  reattach: (() => Promise<CloudSession>) | undefined;

  readonly onDidChangeRemoteUrl: Event<string> = this.remoteUrlChanges.event;
  /** What an output channel needs: one change for each event and note, in order. */
  readonly onDidChangeLog: Event<LogChange>;
  /** Anything that a row shows may have changed. */
  readonly onDidChange: Event<void> = this.changes.event;

  constructor(
    readonly sessionId: string,
    details: SessionDetails,
    private readonly timers: Timers,
    private readonly now: () => Date = () => new Date(),
  ) {
    this.currentDetails = details;
    this.history = new SessionHistory(now, (error) =>
      this.connection?.warn(`A listener of ${sessionId} failed: ${textOf(error)}`),
    );
    this.onDidChangeLog = this.history.onDidChange;
    this.reduced = new ActivityProjection(this.history.log, now);
    // The first of all listeners: those of others find the session as it is after the event.
    this.history.log.listen((event) => this.observe(event));
    this.outboxStore = new Outbox((text, mode) => this.transmit(text, mode), timers);
    this.outboxStore.onDidChange((prompt) => this.onPromptChange(prompt));
    this.stopRequest = new StopRequest(
      () => this.requestAbort(),
      () => this.activity,
      timers,
      (state) => this.onStopChange(state),
    );
    this.patience = new RunOnceScheduler(() => this.onHistoryMissed(), HISTORY_PATIENCE_MS, timers);
    this.choices = new SessionChoices(this.choicesHost(), timers);
  }

  get remoteUrl(): string | undefined {
    return this.url;
  }

  get routing(): RoutingCounts {
    return this.counts;
  }

  get details(): SessionDetails {
    return this.currentDetails;
  }

  get events(): readonly SessionEvent[] {
    return this.history.events;
  }

  get notes(): readonly SessionNote[] {
    return this.history.notes;
  }

  get outbox(): Outbox {
    return this.outboxStore;
  }

  get isAttached(): boolean {
    return this.connection !== undefined;
  }

  /** What its events say; computed when asked, so that a burst of events costs the reader nothing. */
  get activity(): SessionActivity {
    return this.reduced.current;
  }

  /** `disconnected` also between an attachment and its history: what was so before may have changed since. */
  get status(): SessionStatus {
    if (!this.isCurrent) {
      // A request is asked now, whatever the history is still to tell.
      return this.isAttached && this.waitsForPerson ? 'needs input' : 'disconnected';
    }
    const status = this.waitsForPerson ? 'needs input' : this.activity.status;
    return this.stopState === 'stopping' && (isBusy(status) || status === 'queued') ? 'stopping' : status;
  }

  /** The runtime waits for a person's answer that its events may not tell of: one to a request, say. */
  get waitsForPerson(): boolean {
    return this.requests.waitsForPerson;
  }

  /** Each question once, also one that came as an event and as a request. */
  get openQuestions(): number {
    return this.requests.countWith(this.activity.questions);
  }

  /** What became of the last wish that the agent stop. */
  get stopState(): StopState {
    return this.stopRequest.state;
  }

  /**
   * Nothing that happened before it was attached is still to come: its history has been read, or could not be for
   * `HISTORY_PATIENCE_MS`.
   */
  get isCaughtUp(): boolean {
    return this.isAttached && (this.historyRead || this.historyMissed);
  }

  /** Until when its state was known to be true; `undefined` while that is seen live, and if it never was. */
  get lastSeen(): Date | undefined {
    return this.isCurrent ? undefined : (this.detachedAt ?? this.activity.lastEventTime);
  }

  get isDisposed(): boolean {
    return this.disposed;
  }

  get isWanted(): boolean {
    return this.wanted;
  }

  get awaitsTranscript(): boolean {
    return this.kept?.isBeingRead === false;
  }

  /** Somebody looks at it, or uses it: from now on it waits for no other session. */
  want(): void {
    this.wanted = true;
    this.connection?.historyReads?.update();
  }

  /** Every event from the first one on: a listener that comes late is first given those it missed, in order. */
  onEvent(listener: EventListener): Disposable {
    checkListener(listener);
    return this.history.log.listen(listener);
  }

  /**
   * Sends a prompt as soon as the agent can take it.
   * @returns the runtime's message id: accepted, not yet delivered (see `outbox`).
   */
  async send(prompt: string, mode?: SendMode): Promise<string> {
    const given = readSend(prompt, mode);
    this.want();
    const others = this.outboxStore.stored.map(({ text }) => text);
    return this.outboxStore.send(this.choices.promptToSend(given.prompt, others), given.mode ?? 'enqueue');
  }

  /**
   * Asks the agent to stop; it has stopped when `abort` or an aborted `session.idle` arrives (see `stopState`).
   * @throws if the runtime or the service refuses
   */
  abort(): Promise<void> {
    this.want();
    return this.stopRequest.run();
  }

  /**
   * Gives the session another name, for everybody who sees it. It has to be attached (measured: 1.0.85 and 1.0.102
   * know no others by name). The runtime checks nothing: 1 to 100 characters are what its protocol allows.
   */
  async rename(name: string): Promise<void> {
    try {
      await this.request(Rpc.setName, { sessionId: this.sessionId, name });
    } catch (error) {
      throw explainRequestError('rename the session', error);
    }
    this.givenName = name;
    this.changes.fire();
  }

  /** The name that it was given here, until the session tells of another one. */
  get title(): string | undefined {
    return this.givenName ?? this.activity.title;
  }

  /**
   * Any call on the session; failures are the connection's own errors. If the runtime has let go of the session (it does
   * so with idle ones), the session is attached again, and the call repeated once.
   * @throws `connection-closed` while detached
   */
  async request<Params extends object, Result>(method: RpcMethod<Params, Result>, params: Params): Promise<Result> {
    const { attachments } = this;
    try {
      return await this.required().request(method, params);
    } catch (error) {
      if (!this.isRecoverable(error)) {
        throw error;
      }
      const session = await this.recover(attachments);
      const call = { ...params, sessionId: session.sessionId };
      return await (session === this ? this.required().request(method, call) : session.request(method, call));
    }
  }

  /**
   * Does something for the present attachment, and again while that lasts and it fails.
   * @returns when the first try is over; never rejects
   */
  async keepTrying(name: string, run: () => Promise<void>): Promise<void> {
    const { attachments } = this;
    const retries = this.connection?.retries ?? new Retries(this.timers, (message) => this.connection?.warn(message));
    await retries.keepTrying({ name, run, isWanted: () => this.isAttached && attachments === this.attachments });
  }

  /** Goes on waiting for the stop that another object for the same session was asked for. */
  takeStopFrom({ stopState }: CloudSession): void {
    if (stopState === 'stopping') {
      this.stopRequest.expect();
    }
  }

  update(details: Partial<SessionDetails>): void {
    this.currentDetails = { ...this.currentDetails, ...details };
    this.changes.fire();
  }

  /** Takes a link from the answer to a create, or from a saved state, if it is one that may be opened. */
  offerRemoteUrl(candidate: unknown): void {
    if (candidate === undefined || candidate === null || this.url !== undefined) {
      return;
    }
    const url = parseSessionUrl(candidate);
    if (url === undefined) {
      this.addNote('warning', 'The runtime named a link for this session that is not a web address; it is left out.');
      this.connection?.warn(`Session ${this.sessionId}: unusable link ${JSON.stringify(candidate).slice(0, 200)}`);
      return;
    }
    this.url = url;
    this.remoteUrlChanges.fire(url);
    this.changes.fire();
  }

  /** It is not being created, but attached to: until its history is read, nothing is claimed of it. */
  markAsExisting(): void {
    this.existedBefore = true;
  }

  /**
   * It comes back with others, and nobody waits for this one in particular. What was kept of it is about to be absorbed,
   * and its history is read and added behind that.
   */
  awaitKept(): TranscriptGate {
    this.wanted = false;
    const kept = new TranscriptGate(() => {
      this.kept = kept.isRead ? undefined : kept;
      this.connection?.historyReads?.update();
    });
    this.kept = kept;
    return kept;
  }

  /** Adds what was kept of it: events that the runtime may give again under other ids, and what was noted. */
  async absorb({ events, notes }: KeptHistory): Promise<void> {
    if (events.length === 0 && notes.length === 0) {
      return;
    }
    // The ids are those of a connection that has ended.
    this.attachments = Math.max(this.attachments, 1);
    this.existedBefore = true;
    if (await this.history.absorb(events, notes)) {
      await this.history.afterMerges(() => this.reduced.catchingUp());
      this.changes.fire();
    }
  }

  /**
   * Binds the session to a runtime, and delivers what was held for it before anything else can arrive.
   * Synchronous on purpose: between registering and delivering, nothing may be awaited.
   */
  attach(connection: SessionConnection, held: HeldTraffic): void {
    this.requests.rejectAll('The session has another connection now.');
    this.attachments++;
    this.outboxStore.newConnection();
    this.history.beginConnection();
    this.connection = connection;
    this.poller = new HistoryPoller(
      connection.retries ?? new Retries(this.timers, (message) => connection.warn(message)),
      {
        name: `read the history of session ${this.sessionId}`,
        read: () => this.reconcile(),
        isComplete: () => this.isComplete,
      },
    );
    this.counts = {
      buffered: this.counts.buffered + held.items.length,
      dropped: this.counts.dropped + held.dropped,
      rejected: this.counts.rejected + held.rejected,
    };
    this.history.expectMissing(held.droppedEvents);
    this.historyRead = false;
    this.historyMissed = false;
    const items = this.attachments > 1 || this.existedBefore ? withoutReplay(held, this.history) : held.items;
    for (const item of items) {
      this.deliver(item);
    }
    if (this.existedBefore) {
      this.history.endHeld();
    }
    this.onAgentReady();
    this.changes.fire();
  }

  /**
   * The runtime was asked to attach to the session while it was attached. It may have let go of it before, unseen: then
   * what comes has other ids than what came, and something was missed.
   * @param rereads how often the history is read at least
   */
  connectedAnew(rereads: number): void {
    this.history.beginConnection();
    this.watchForStart(rereads);
  }

  /** The runtime is gone, or the session is no longer watched; all that is known stays. */
  detach(reason: string): void {
    if (this.connection === undefined) {
      return;
    }
    // What was seen last is what was known before an attachment whose history never came.
    this.detachedAt = this.isCurrent ? this.now() : this.detachedAt;
    this.existedBefore = true;
    this.wanted = false;
    this.letGoOfConnection();
    this.choices.stop();
    this.outboxStore.setOpen(false);
    this.addNote('warning', reason);
    this.changes.fire();
  }

  /** One message from the runtime for this session, in the order of arrival. */
  deliver(item: InboundItem): void {
    if (this.delivering) {
      this.inbox.push(item);
      return;
    }
    this.delivering = true;
    try {
      for (let next: InboundItem | undefined = item; next !== undefined; next = this.inbox.shift()) {
        this.accept(next);
      }
    } finally {
      this.delivering = false;
    }
  }

  /**
   * Reads the session's history and adds what did not arrive: the runtime loses first batches (1.0.102), the buffer
   * has its limits, and a connection can break.
   */
  async reconcile(): Promise<void> {
    const { attachments, recovery } = this;
    const reads = this.connection?.historyReads;
    // Whoever waits for the session to be attached again may have a place already.
    if (reads === undefined || recovery !== undefined) {
      return this.readAndMerge(attachments);
    }
    return reads.run(this, () => this.readAndMerge(attachments));
  }

  private async readAndMerge(attachments: number): Promise<void> {
    if (attachments !== this.attachments || this.disposed) {
      throw new CloudSessionsError('cancelled', 'The session was let go of before its history was read.');
    }
    // While the session is being attached again, a refusal must not begin that anew.
    const { events, truncated } = await (this.recovery === undefined
      ? this.request(Rpc.getMessages, { sessionId: this.sessionId })
      : this.required().request(Rpc.getMessages, { sessionId: this.sessionId }));
    // The answer of an earlier attachment is of no use: the present one reads its own.
    await this.kept?.within(this.timers);
    const isStale = (): boolean => this.disposed || attachments !== this.attachments || !this.isAttached;
    if (isStale() || !(await this.history.merge(events, truncated)) || isStale()) {
      return;
    }
    this.historyRead = true;
    this.patience.cancel();
    this.outboxStore.prove(events);
    this.outboxStore.announceRestored();
    this.history.reportGap();
    await this.history.afterMerges(() => this.reduced.catchingUp());
    this.changes.fire();
  }

  /** As `reconcile`, but never rejects: a failure is said in the log, with what is missing because of it. */
  async readHistory(): Promise<void> {
    if (this.isAttached && !this.isCaughtUp) {
      this.patience.schedule();
    }
    try {
      await (this.poller?.read() ?? this.reconcile());
    } catch (error) {
      if (this.disposed) {
        return;
      }
      this.noteHistoryFailed(explainRequestError('read the history of the session', error));
    }
    this.outboxStore.announceRestored();
  }

  private noteHistoryFailed({ code, message }: CloudSessionsError): void {
    const { missingCount } = this.history;
    if (code === 'cancelled') {
      // It was let go of before its turn came: nothing has failed.
      return;
    }
    const gap =
      missingCount === 0
        ? ''
        : ` ${countOf(missingCount)} that could not be held while the session was being opened may be missing.`;
    this.addNote('warning', `${message}${gap}`);
  }

  addNote(level: SessionNote['level'], text: string): void {
    this.history.addNote(level, text);
  }

  dispose(): void {
    if (this.disposed) {
      return;
    }
    this.disposed = true;
    this.letGoOfConnection();
    this.reattach = undefined;
    this.outboxStore.dispose();
    this.choices.dispose();
    this.stopRequest.dispose();
    this.remoteUrlChanges.dispose();
    this.history.dispose();
    this.changes.dispose();
  }

  /**
   * Reads the history again until the agent's start is in it: its notification may never come (1.0.102). Does nothing
   * once the session is detached: it may have been while its first history was read.
   * @param atLeast so often it is read in any case: after a connect, too, a notification may never come (1.0.102)
   */
  watchForStart(atLeast = 0): void {
    this.poller?.start(atLeast);
  }

  /** Its state is that of now: it is attached, and nothing that it missed before is still to come. */
  private get isCurrent(): boolean {
    return this.isAttached && (!this.existedBefore || this.isCaughtUp);
  }

  /** What a queued prompt waits for. */
  get promptHold(): PromptHold {
    if (!this.isAttached) {
      return 'connection';
    }
    return this.outboxStore.isOpen ? 'earlier prompt' : this.agentStarted ? 'choices' : 'agent';
  }

  /** Nothing of a call that failed with this was carried out, and the session can be attached again. */
  private isRecoverable(error: unknown): boolean {
    return isSessionNotFound(error, this.sessionId) && (this.successor !== undefined || this.reattach !== undefined);
  }

  /** @returns what the call is to be repeated on */
  private async recover(attachments: number): Promise<CloudSession> {
    if (this.successor !== undefined || (attachments !== this.attachments && this.isAttached)) {
      // Somebody else's call has had it attached again in the meantime.
      return this.successor ?? this;
    }
    this.recovery ??= (this.reattach?.() ?? Promise.resolve(this)).finally(() => {
      this.recovery = undefined;
    });
    const session = await this.recovery;
    this.successor = session === this ? undefined : session;
    return session;
  }

  private onHistoryMissed(): void {
    this.historyMissed = true;
    this.addNote(
      'warning',
      `The history of the session could not be read for ${HISTORY_PATIENCE_MS / 1_000} s: what is shown may be incomplete. It is tried again.`,
    );
    this.changes.fire();
  }

  private letGoOfConnection(): void {
    this.connection = undefined;
    // Nobody here answers them any more; where the runtime is gone, this reaches nobody.
    this.requests.rejectAll('The session is no longer attached.');
    this.patience.cancel();
    this.poller?.dispose();
    this.poller = undefined;
  }

  /** Nothing of what the runtime keeps is missing. */
  private get isComplete(): boolean {
    return this.agentStarted && this.historyRead;
  }

  private accept(item: InboundItem): void {
    if (item.kind === 'request') {
      this.answer(item.request);
      return;
    }
    if (item.kind === 'notification') {
      this.changes.fire();
      return;
    }
    const event: unknown = item.notification.params['event'];
    if (!isRecord(event)) {
      this.addNote('warning', 'The runtime sent an event without content.');
      return;
    }
    this.addEvent(event as unknown as SessionEvent);
  }

  /** Never silence, and never an approval: the runtime learns that nobody here can answer this. */
  private answer(request: InboundRequest): void {
    try {
      if (this.connection?.handleRequest(this, request) === true) {
        this.requests.track(request);
        if (!this.isAttached) {
          // Whoever was told of it has let go of the session.
          this.requests.rejectAll('The session is closed.');
        }
      } else {
        request.reject(RpcErrorCode.methodNotFound, `Unhandled method ${request.method}`);
      }
    } catch (error) {
      this.connection?.warn(`The handler of ${request.method} failed: ${textOf(error)}`);
      request.reject(RpcErrorCode.internalError, `The client failed to handle ${request.method}`);
    }
  }

  private addEvent(event: SessionEvent): void {
    if (this.history.add(event)) {
      this.changes.fire();
    }
  }

  /** What an event means for the session itself, wherever it came from. */
  private observe(event: SessionEvent): void {
    this.connection?.unknownEventTypes?.observe(event.type);
    this.offerRemoteUrl(sessionUrlCandidate(event));
    this.outboxStore.onEvent(event);
    this.choices.observe(event);
    this.stopRequest.observe(event);
    if (event.type === 'session.title_changed') {
      this.givenName = undefined;
    }
    if (isAgentStart(event)) {
      this.compareBranch(event);
    }
    if (!this.agentStarted && provesAgentStart(event)) {
      this.agentStarted = true;
      this.poller?.stopIfComplete();
      this.onAgentReady();
    }
  }

  /** Says once if the agent has begun on another branch than the one that was chosen. */
  private compareBranch(event: SessionEvent): void {
    const chosen = this.currentDetails.branch;
    const actual = readText(readRecord(event.data, 'context'), 'branch');
    // What is kept was said when it came.
    if (this.isAttached && chosen !== undefined && actual !== undefined && actual !== chosen) {
      const text = `The agent has started on the branch ${actual}, not on ${chosen}, which was chosen.`;
      if (!this.history.notes.some((note) => note.text === text)) {
        this.addNote('warning', text);
      }
    }
  }

  /** Prompts go out once the agent has started and has what was chosen for it, or has not taken it. */
  private openOutbox(): void {
    this.outboxStore.setOpen(this.agentStarted && this.connection !== undefined && this.choices.isSettled);
  }

  private onAgentReady(): void {
    if (this.agentStarted && this.connection !== undefined) {
      this.choices.start();
    }
    this.openOutbox();
  }

  private choicesHost(): ChoicesHost {
    const version = (): string | undefined => this.connection?.runtimeVersion;
    return {
      sessionId: this.sessionId,
      get runtimeVersion() {
        return version();
      },
      request: (method, params) => this.request(method, params),
      note: (level, text) => this.addNote(level, text),
      changed: () => {
        this.openOutbox();
        this.changes.fire();
      },
    };
  }

  private onPromptChange(prompt: Prompt): void {
    // Of one that is delivered or discarded, there is nothing more to say.
    const isPending = this.outboxStore.pending.includes(prompt);
    const note = isPending ? noteOfPrompt(prompt, this.promptHold) : undefined;
    if (note !== undefined) {
      this.addNote(note.level, note.text);
    }
    if (isPending && (prompt.state === 'undelivered' || prompt.uncertain === true)) {
      // The history may show what no notification did.
      this.poller?.readAgain();
    }
    this.changes.fire();
  }

  private async requestAbort(): Promise<void> {
    try {
      await this.request(Rpc.abort, { sessionId: this.sessionId });
    } catch (error) {
      const reason = explainRequestError('stop the agent', error);
      this.addNote('error', `The agent could not be asked to stop. ${reason.message}`);
      throw reason;
    }
  }

  private onStopChange(state: StopState): void {
    if (state === 'stopping') {
      this.addNote('info', 'Asked the agent to stop.');
    } else if (state === 'unconfirmed') {
      const seconds = UNCONFIRMED_AFTER_MS / 1_000;
      this.addNote('warning', `The service has not confirmed the stop within ${seconds} s: the agent may go on.`);
    }
    this.changes.fire();
  }

  private async transmit(text: string, mode: SendMode): Promise<string> {
    const { attachments } = this;
    try {
      const messageId = await this.required().request(Rpc.send, { sessionId: this.sessionId, prompt: text, mode });
      this.connection?.retries?.succeeded();
      return messageId;
    } catch (error) {
      if (!this.isRecoverable(error)) {
        throw error;
      }
      // It goes out with the others once the session, or what takes its place, is attached again.
      this.outboxStore.setOpen(false);
      // A failure is told by whoever attaches it, and tried again.
      this.recover(attachments).then(
        () => this.openOutbox(),
        () => undefined,
      );
      throw new PromptNotTaken(error);
    }
  }

  private required(): SessionConnection {
    if (this.connection === undefined) {
      throw new CloudSessionsError('connection-closed', 'The session is not connected to a running Copilot runtime.', {
        nextStep: 'Restart the runtime, then watch the session again.',
      });
    }
    return this.connection;
  }
}

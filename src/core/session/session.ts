import * as l10n from '@vscode/l10n';
import type { SessionEvent } from '@github/copilot-sdk';
import { Emitter, type Disposable, type Event } from 'vscode-jsonrpc/node';
import { checkListener, readSend } from '../arguments/callArguments';
import { isRecord, readRecord, readText } from '../common/json';
import { TranscriptGate } from './transcriptGate';
import type { Outbox } from '../prompts/outbox';
import { Attachment, type SessionTransport } from './attachment';
import { HistorySync, type SyncedSession } from './historySync';
import { Inbox } from './inbox';
import { OpenRequests } from './openRequests';
import { SessionCalls } from './sessionCalls';
import { SessionPrompts } from './sessionPrompts';
import type { PromptHold } from '../prompts/promptNotes';
import { Rpc, type RpcMethod } from '../rpc/methods';
import { ActivityProjection } from '../activity/activityProjection';
import { parseSessionUrl, sessionUrlCandidate } from '../events/sessionUrl';
import { withoutReplay } from './replayFilter';
import { explainRequestError } from '../rpc/rpcErrors';
import { Retries } from '../errors/retry';
import { SessionHistory, type LogChange, type SessionNote } from './sessionHistory';
import type { SessionChoices } from './sessionChoices';
import { StopRequest, UNCONFIRMED_AFTER_MS, type StopState } from './stopRequest';
import { textOf } from '../redaction/secrets';
import type { EventListener } from '../events/eventListeners';
import type { Timers } from '../common/timers';
import type { HeldTraffic, InboundItem } from '../routing/traffic';
import { isBusy, type SessionActivity, type SessionStatus } from '../activity/activity';
import { isAgentStart } from '../activity/eventRoles';
import type { SendMode } from '../prompts/prompt';
import { RpcErrorCode, type InboundRequest } from '../rpc/inboundRequest';

/** The way from a session to the runtime, for as long as the session is attached to it. */
export interface SessionConnection extends SessionTransport {
  /** A request from the runtime: true if somebody will answer it. */
  handleRequest(session: CloudSession, request: InboundRequest): boolean;
}

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

// eslint-disable-next-line texts/localized -- a status, not a text
const NEEDS_INPUT = 'needs input' satisfies SessionStatus;

/** What was kept of a session, from before this process: see `CloudSession.absorb`. */
export interface KeptHistory {
  readonly events: readonly SessionEvent[];
  readonly notes: readonly SessionNote[];
}

/**
 * One session: its events, its link, its prompts. It outlives the runtime's process: when that ends the session is
 * detached, keeps all that it has, and can be attached to the next one.
 */
export class CloudSession implements Disposable, SyncedSession {
  private readonly history: SessionHistory;
  private readonly prompts: SessionPrompts;
  private readonly stopRequest: StopRequest;
  /** The runtime's requests that somebody here accepted: answered on the wire, whatever becomes of the session. */
  readonly requests = new OpenRequests(() => {
    this.changes.fire();
  });
  private readonly reduced: ActivityProjection;
  private readonly remoteUrlChanges = new Emitter<string>();
  private readonly changes = new Emitter<void>();
  private readonly disposals = new Emitter<void>();
  private readonly attachment = new Attachment<SessionConnection>();
  private readonly calls: SessionCalls<CloudSession> = new SessionCalls<CloudSession>(this, this.attachment);
  private readonly sync: HistorySync;
  private url: string | undefined;
  private counts: RoutingCounts = { buffered: 0, dropped: 0, rejected: 0 };
  private disposed = false;
  private currentDetails: SessionDetails;
  /** It existed before it was attached: what it is shows only in its history. */
  private existedBefore = false;
  /** When it was detached. */
  private detachedAt: Date | undefined;
  private givenName: string | undefined;
  /** Somebody waits for it: it was opened just now, or used since it came back. */
  private wanted = true;
  /** What was kept of it is to be absorbed first. */
  private kept: TranscriptGate | undefined;
  private readonly inbox = new Inbox<InboundItem>((item) => this.accept(item));

  readonly onDidChangeRemoteUrl: Event<string> = this.remoteUrlChanges.event;
  /** What an output channel needs: one change for each event and note, in order. */
  readonly onDidChangeLog: Event<LogChange>;
  /** Anything that a row shows may have changed. */
  readonly onDidChange: Event<void> = this.changes.event;
  /** It is let go of for good: fired once, before anything of it is. */
  readonly onDidDispose: Event<void> = this.disposals.event;

  constructor(
    readonly sessionId: string,
    details: SessionDetails,
    private readonly timers: Timers,
    private readonly now: () => Date = () => new Date(),
  ) {
    this.currentDetails = details;
    this.history = new SessionHistory(now, (error) => {
      // eslint-disable-next-line texts/localized -- a line of the log
      this.connection?.warn(`A listener of ${sessionId} failed: ${textOf(error)}`);
    });
    this.onDidChangeLog = this.history.onDidChange;
    this.reduced = new ActivityProjection(this.history.log, now);
    // The first of all listeners: those of others find the session as it is after the event.
    this.history.log.listen((event) => this.observe(event));
    this.sync = new HistorySync(this, this.history, this.attachment, this.calls, timers);
    this.prompts = new SessionPrompts(
      {
        sessionId,
        attachment: this.attachment,
        calls: this.calls,
        sync: this.sync,
        history: this.history,
        changed: () => {
          this.changes.fire();
        },
      },
      timers,
    );
    this.stopRequest = new StopRequest(
      () => this.requestAbort(),
      () => this.activity,
      timers,
      (state) => this.onStopChange(state),
    );
  }

  /**
   * Attaches the session again after the runtime has let go of it. Set by whoever wants the session to stay attached.
   * Resolves to what goes on, which is another object where the runtime names the session by another id now. Rejects if
   * that failed.
   */
  set reattach(reattach: (() => Promise<CloudSession>) | undefined) {
    this.calls.reattach = reattach;
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
    return this.prompts.outbox;
  }

  /** What was chosen for it, on the way to the agent. */
  get choices(): SessionChoices {
    return this.prompts.choices;
  }

  /** What a queued prompt waits for. */
  get promptHold(): PromptHold {
    return this.prompts.hold;
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
      return this.isAttached && this.waitsForPerson ? NEEDS_INPUT : 'disconnected';
    }
    const status = this.waitsForPerson ? NEEDS_INPUT : this.activity.status;
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
    return this.isAttached && this.sync.isOver;
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
    return this.prompts.send(given.prompt, given.mode ?? 'enqueue');
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
  request<Params extends object, Result>(method: RpcMethod<Params, Result>, params: Params): Promise<Result> {
    return this.calls.request(method, params);
  }

  /**
   * Does something for the present attachment, and again while that lasts and it fails.
   * @returns when the first try is over; never rejects
   */
  async keepTrying(name: string, run: () => Promise<void>): Promise<void> {
    const { count } = this.attachment;
    const retries = this.connection?.retries ?? new Retries(this.timers, (message) => this.connection?.warn(message));
    await retries.keepTrying({ name, run, isWanted: () => this.isAttached && count === this.attachment.count });
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
      this.addNote(
        'warning',
        l10n.t('The runtime sent a link for this session that is not a web address. The link is ignored.'),
      );
      // eslint-disable-next-line texts/localized -- a line of the log
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
    this.attachment.expectOtherIds();
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
    this.requests.rejectAll('reconnected');
    this.outbox.newConnection();
    this.history.beginConnection();
    this.attachment.begin(connection);
    this.sync.begin(connection);
    this.counts = {
      buffered: this.counts.buffered + held.items.length,
      dropped: this.counts.dropped + held.dropped,
      rejected: this.counts.rejected + held.rejected,
    };
    this.history.expectMissing(held.droppedEvents);
    const items = this.attachment.count > 1 || this.existedBefore ? withoutReplay(held, this.history) : held.items;
    for (const item of items) {
      this.deliver(item);
    }
    if (this.existedBefore) {
      this.history.endHeld();
    }
    this.prompts.onReady();
    this.changes.fire();
  }

  /**
   * The runtime was asked to attach to the session while it was attached. It may have let go of it before, unseen: then
   * what comes has other ids than what came, and something was missed.
   * @param rereads how often the history is read at least
   */
  connectedAnew(rereads: number): void {
    this.history.beginConnection();
    this.sync.watchForStart(rereads);
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
    this.prompts.onDetached();
    this.addNote('warning', reason);
    this.changes.fire();
  }

  /** One message from the runtime for this session, in the order of arrival. */
  deliver(item: InboundItem): void {
    this.inbox.deliver(item);
  }

  /** Reads the session's history once, and adds what did not arrive. Rejects if that fails. */
  reconcile(): Promise<void> {
    return this.sync.reconcile();
  }

  /** As `reconcile`, but never rejects: a failure is said in the log, with what is missing because of it. */
  async readHistory(): Promise<void> {
    await this.sync.readNow();
    if (!this.disposed) {
      this.outbox.announceRestored();
    }
  }

  get hasAgentStarted(): boolean {
    return this.prompts.hasAgentStarted;
  }

  async transcriptRead(): Promise<void> {
    await this.kept?.within(this.timers);
  }

  async onHistoryRead(events: readonly SessionEvent[]): Promise<void> {
    this.outbox.prove(events);
    this.outbox.announceRestored();
    this.history.reportGap();
    await this.history.afterMerges(() => this.reduced.catchingUp());
    this.changes.fire();
  }

  onHistoryMissed(): void {
    this.changes.fire();
  }

  addNote(level: SessionNote['level'], text: string): void {
    this.history.addNote(level, text);
  }

  dispose(): void {
    if (this.disposed) {
      return;
    }
    this.disposed = true;
    this.disposals.fire();
    this.letGoOfConnection();
    this.reattach = undefined;
    this.prompts.dispose();
    this.stopRequest.dispose();
    this.remoteUrlChanges.dispose();
    this.history.dispose();
    this.changes.dispose();
    this.disposals.dispose();
  }

  /** Reads the history again until the agent's start is in it, and at least so often. */
  watchForStart(atLeast = 0): void {
    this.sync.watchForStart(atLeast);
  }

  /** Its state is that of now: it is attached, and nothing that it missed before is still to come. */
  private get isCurrent(): boolean {
    return this.isAttached && (!this.existedBefore || this.isCaughtUp);
  }

  private letGoOfConnection(): void {
    this.attachment.end();
    // Nobody here answers them any more; where the runtime is gone, this reaches nobody.
    this.requests.rejectAll('detached');
    this.sync.end();
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
      this.addNote('warning', l10n.t('The runtime sent an event without content.'));
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
          this.requests.rejectAll('closed');
        }
      } else {
        // eslint-disable-next-line texts/localized -- an answer to the runtime
        request.reject(RpcErrorCode.methodNotFound, `Unhandled method ${request.method}`);
      }
    } catch (error) {
      // eslint-disable-next-line texts/localized -- a line of the log
      this.connection?.warn(`The handler of ${request.method} failed: ${textOf(error)}`);
      // eslint-disable-next-line texts/localized -- an answer to the runtime
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
    this.prompts.observe(event);
    this.stopRequest.observe(event);
    if (event.type === 'session.title_changed') {
      this.givenName = undefined;
    }
    if (isAgentStart(event)) {
      this.compareBranch(event);
    }
  }

  /** Says once if the agent has begun on another branch than the one that was chosen. */
  private compareBranch(event: SessionEvent): void {
    const chosen = this.currentDetails.branch;
    const actual = readText(readRecord(event.data, 'context'), 'branch');
    // What is kept was said when it came.
    if (this.isAttached && chosen !== undefined && actual !== undefined && actual !== chosen) {
      const text = l10n.t('The agent started on the branch {0}, not on {1}, which was chosen.', actual, chosen);
      if (!this.history.notes.some((note) => note.text === text)) {
        this.addNote('warning', text);
      }
    }
  }

  private async requestAbort(): Promise<void> {
    try {
      await this.request(Rpc.abort, { sessionId: this.sessionId });
    } catch (error) {
      const reason = explainRequestError('stop the agent', error);
      this.addNote('error', `${l10n.t('The agent could not be asked to stop.')} ${reason.message}`);
      throw reason;
    }
  }

  private onStopChange(state: StopState): void {
    if (state === 'stopping') {
      this.addNote('info', l10n.t('Asked the agent to stop.'));
    } else if (state === 'unconfirmed') {
      const seconds = UNCONFIRMED_AFTER_MS / 1_000;
      this.addNote(
        'warning',
        l10n.t('The service has not confirmed the stop within {0} s. The agent may still be working.', seconds),
      );
    }
    this.changes.fire();
  }

  private get connection(): SessionConnection | undefined {
    return this.attachment.connection;
  }
}

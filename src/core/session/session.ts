/*
 * Longer than 300 lines, because it is the one face of a session for all other folders: most members only pass on to the
 * part that does the work. What remains here is the order in which the parts act when a session is attached or detached,
 * when a message arrives, and when the session is disposed; no part knows that order.
 */
import type { SessionEvent } from '@github/copilot-sdk';
import * as l10n from '@vscode/l10n';
import { Emitter, type Disposable, type Event } from 'vscode-jsonrpc/node';
import type { SessionActivity, SessionStatus } from '../activity/activity';
import { ActivityProjection } from '../activity/activityProjection';
import { checkListener, readSend } from '../arguments/callArguments';
import { isRecord } from '../common/json';
import type { Timers } from '../common/timers';
import { Retries } from '../errors/retry';
import type { EventListener } from '../events/eventListeners';
import { UsageProjection } from '../usage/usageProjection';
import type { SessionUsage } from '../usage/usageTotals';
import type { TranscriptGate } from '../history/transcriptGate';
import type { Outbox } from '../prompts/outbox';
import type { SendMode } from '../prompts/prompt';
import type { PromptHold } from '../prompts/promptNotes';
import { textOf } from '../redaction/secrets';
import type { HeldTraffic, InboundItem } from '../routing/traffic';
import type { InboundRequest } from '../rpc/inboundRequest';
import { Rpc, type RpcMethod } from '../rpc/methods';
import { explainRequestError } from '../rpc/rpcErrors';
import { Attachment, type SessionTransport } from './attachment';
import { HistorySync } from './historySync';
import { Inbox } from './inbox';
import { OpenRequests } from './openRequests';
import { withoutReplay } from './replayFilter';
import { SessionCalls } from './sessionCalls';
import type { SessionChoices } from './sessionChoices';
import { SessionHistory, type KeptHistory, type LogChange, type SessionNote } from './sessionHistory';
import { SessionPresence } from './sessionPresence';
import { SessionProfile, type SessionDetails } from './sessionProfile';
import { SessionPrompts } from './sessionPrompts';
import { noteOfStop, StopRequest, type StopState } from './stopRequest';

export type { KeptHistory } from './sessionHistory';
export type { SessionDetails } from './sessionProfile';

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

/**
 * One session: its events, its link, its prompts. It outlives the runtime's process: when the process ends, the session
 * is detached, keeps everything, and can be attached to the next process.
 */
export class CloudSession implements Disposable {
  private readonly changes = new Emitter<void>();
  private readonly disposals = new Emitter<void>();
  private readonly attachment = new Attachment<SessionConnection>();
  private readonly calls: SessionCalls<CloudSession> = new SessionCalls<CloudSession>(this, this.attachment);
  private readonly inbox = new Inbox<InboundItem>((item) => this.accept(item));
  private readonly history: SessionHistory;
  private readonly reduced: ActivityProjection;
  private readonly used: UsageProjection;
  private readonly profile: SessionProfile;
  private readonly sync: HistorySync;
  private readonly prompts: SessionPrompts;
  private readonly stopRequest: StopRequest;
  private readonly presence: SessionPresence;
  private counts: RoutingCounts = { buffered: 0, dropped: 0, rejected: 0 };
  private disposed = false;

  /** The runtime's requests that were accepted here. Each is answered on the wire, even if the session is closed. */
  readonly requests = new OpenRequests(() => {
    this.changes.fire();
  });
  readonly onDidChangeRemoteUrl: Event<string>;
  /** One change for each event and note, in order. */
  readonly onDidChangeLog: Event<LogChange>;
  /** Anything that a row shows may have changed. */
  readonly onDidChange: Event<void> = this.changes.event;
  /** Fired once, before any part is disposed. */
  readonly onDidDispose: Event<void> = this.disposals.event;

  constructor(
    readonly sessionId: string,
    details: SessionDetails,
    private readonly timers: Timers,
    now: () => Date = () => new Date(),
  ) {
    const { attachment, calls } = this;
    const changed = (): void => {
      this.changes.fire();
    };
    this.history = new SessionHistory(now, (error) => {
      // eslint-disable-next-line texts/localized -- a line of the log
      this.connection?.warn(`A listener of ${sessionId} failed: ${textOf(error)}`);
    });
    const { history } = this;
    this.onDidChangeLog = history.onDidChange;
    this.reduced = new ActivityProjection(history.log, now);
    this.used = new UsageProjection(history.log);
    // The first listener: all others find the session in its state after the event.
    history.log.listen((event) => this.observe(event));
    this.profile = new SessionProfile(details, { sessionId, attachment, calls, history, changed });
    this.onDidChangeRemoteUrl = this.profile.onDidChangeRemoteUrl;
    this.stopRequest = new StopRequest(
      () => this.requestAbort(),
      () => this.activity,
      timers,
      (state) => this.onStopChange(state),
    );
    this.presence = new SessionPresence({
      attachment,
      requests: this.requests,
      activity: () => this.activity,
      stopState: () => this.stopState,
      isHistoryOver: () => this.sync.isOver,
      now,
    });
    this.sync = new HistorySync(
      {
        sessionId,
        reader: this.presence,
        isDisposed: () => this.disposed,
        hasAgentStarted: () => this.prompts.hasAgentStarted,
        hasServiceEvents: () => this.presence.existed && this.prompts.hasAgentStarted,
        transcriptRead: () => this.presence.transcriptRead(timers),
        onHistoryArrived: (events, truncated) => this.outbox.expect(events, truncated),
        onHistoryRead: (events, truncated) => this.onHistoryRead(events, truncated),
        onHistoryMissed: changed,
      },
      history,
      attachment,
      calls,
      timers,
    );
    this.prompts = new SessionPrompts({ sessionId, attachment, calls, sync: this.sync, history, changed }, timers);
  }

  /**
   * Attaches the session again after the runtime has released it. Set by the owner that keeps the session attached.
   * Resolves to the session to use from now on, which is another object if the runtime now uses another id. Rejects if
   * attaching fails.
   */
  set reattach(reattach: (() => Promise<CloudSession>) | undefined) {
    this.calls.reattach = reattach;
  }

  get remoteUrl(): string | undefined {
    return this.profile.remoteUrl;
  }

  get routing(): RoutingCounts {
    return this.counts;
  }

  get details(): SessionDetails {
    return this.profile.details;
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

  /** The model, effort and branch that were chosen, and whether the agent has them. */
  get choices(): SessionChoices {
    return this.prompts.choices;
  }

  /** What a queued prompt waits for. */
  get promptHold(): PromptHold {
    return this.prompts.hold;
  }

  get isAttached(): boolean {
    return this.presence.isAttached;
  }

  /** Of the runtime to which it is attached. */
  get runtimeVersion(): string | undefined {
    return this.attachment.connection?.runtimeVersion;
  }

  /** The state that the events say. Computed on demand, so that a burst of events is cheap. */
  get activity(): SessionActivity {
    return this.reduced.current;
  }

  /** What it has used, as far as its events say. Computed on demand. */
  get usage(): SessionUsage {
    return this.used.current(this.isWhole);
  }

  /** Attached, with all events from the first one on, as far as is known: what they add up to is the total so far. */
  get isWhole(): boolean {
    return this.isAttached && this.sync.isHistoryRead && !this.history.hasGaps;
  }

  /** Also `disconnected` until the history of an attachment is read: the state may have changed meanwhile. */
  get status(): SessionStatus {
    return this.presence.status;
  }

  /** The runtime waits for a person's answer, for example to a request; no event may say so. */
  get waitsForPerson(): boolean {
    return this.requests.waitsForPerson;
  }

  /** How many questions are open. One that came as an event and as a request counts once. */
  get openQuestions(): number {
    return this.requests.countWith(this.activity.questions);
  }

  /** The state of the last request that the agent stop. */
  get stopState(): StopState {
    return this.stopRequest.state;
  }

  /**
   * Attached, with everything from before the attachment: the history has been read, or could not be read for
   * `HISTORY_PATIENCE_MS`.
   */
  get isCaughtUp(): boolean {
    return this.presence.isCaughtUp;
  }

  /** Until when the state was known to be true; `undefined` while it is live, or if it never was known. */
  get lastSeen(): Date | undefined {
    return this.presence.lastSeen;
  }

  get isDisposed(): boolean {
    return this.disposed;
  }

  /** Somebody waits for this session: it was just opened, or was used since it was restored. */
  get isWanted(): boolean {
    return this.presence.isWanted;
  }

  /** Somebody views or uses the session: from now on its history is read before those of others. */
  want(): void {
    this.presence.want();
  }

  /** Every event from the first one on: a late listener is first given those that it missed, in order. */
  onEvent(listener: EventListener): Disposable {
    checkListener(listener);
    return this.history.log.listen(listener);
  }

  /**
   * Sends a prompt as soon as the agent can take it.
   * @returns the runtime's message id. The prompt is accepted then, not yet delivered (see `outbox`).
   */
  async send(prompt: string, mode?: SendMode): Promise<string> {
    const given = readSend(prompt, mode);
    this.want();
    return this.prompts.send(given.prompt, given.mode ?? 'enqueue');
  }

  /**
   * Asks the agent to stop. It has stopped when `abort` or an aborted `session.idle` arrives (see `stopState`).
   * @throws if the runtime or the service refuses
   */
  abort(): Promise<void> {
    this.want();
    return this.stopRequest.run();
  }

  /**
   * Renames the session for everybody who sees it. It must be attached (measured: 1.0.85 and 1.0.102 rename no others).
   * The runtime checks nothing; its protocol allows 1 to 100 characters.
   */
  rename(name: string): Promise<void> {
    return this.profile.rename(name);
  }

  /** The name that was given here, until an event names another one. */
  get title(): string | undefined {
    return this.profile.givenName ?? this.activity.title;
  }

  /**
   * Calls a method on the session; failures are the connection's own errors. If the runtime has released the session (as
   * it does with idle ones), the session is attached again and the call is repeated once.
   * @throws `connection-closed` while detached
   */
  request<Params extends object, Result>(method: RpcMethod<Params, Result>, params: Params): Promise<Result> {
    return this.calls.request(method, params);
  }

  /**
   * Runs work for the current attachment, and retries it while it fails and the attachment lasts.
   * @param name what the log calls the work, as an infinitive
   * @returns when the first try is over; never rejects
   */
  async keepTrying(name: string, run: () => Promise<void>): Promise<void> {
    const { count } = this.attachment;
    const retries = this.connection?.retries ?? new Retries(this.timers, (message) => this.connection?.warn(message));
    await retries.keepTrying({ name, run, isWanted: () => this.isAttached && count === this.attachment.count });
  }

  /** Continues to wait for a stop that was requested of another object for the same session. */
  takeStopFrom({ stopState }: CloudSession): void {
    if (stopState === 'stopping') {
      this.stopRequest.expect();
    }
  }

  update(details: Partial<SessionDetails>): void {
    this.profile.update(details);
  }

  /** Takes the link from the answer to a create, or from a saved state, if it may be opened. */
  offerRemoteUrl(candidate: unknown): void {
    this.profile.offerRemoteUrl(candidate);
  }

  /** The session was not created just now: its state is unknown until its history is read. */
  markAsExisting(): void {
    this.presence.markAsExisting();
  }

  /**
   * The session is restored with others, and nobody waits for this one in particular. Its transcript is about to be
   * absorbed; its history is read after that.
   */
  awaitKept(): TranscriptGate {
    return this.presence.awaitKept();
  }

  /** Adds the events and notes that were kept. The runtime may send the same events again under other ids. */
  async absorb({ events, notes }: KeptHistory): Promise<void> {
    if (events.length === 0 && notes.length === 0) {
      return;
    }
    // The ids are those of a connection that has ended.
    this.attachment.expectOtherIds();
    this.presence.markAsExisting();
    this.outbox.expectKept(events);
    if (await this.history.absorb(events, notes)) {
      await this.history.afterMerges(() => this.reduced.catchingUp());
      this.changes.fire();
    }
  }

  /**
   * Binds the session to a runtime and delivers the messages that were held for it. Synchronous on purpose: nothing may
   * be awaited between registering and delivering, or a later message could come first.
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
    const items = this.attachment.count > 1 || this.presence.existed ? withoutReplay(held, this.history) : held.items;
    for (const item of items) {
      this.deliver(item);
    }
    if (this.presence.existed) {
      this.history.endHeld();
    }
    this.prompts.onReady();
    this.changes.fire();
  }

  /**
   * The runtime was asked to attach to the session while it was attached. It may have released the session before,
   * unnoticed: then events have other ids from now on, and some were missed.
   * @param rereads how often the history is read at least
   */
  connectedAnew(rereads: number): void {
    this.history.beginConnection();
    this.outbox.connectedAnew();
    this.sync.watchForStart(rereads);
  }

  /** The runtime is gone, or the session is no longer watched. Everything that is known stays. @param reason a note */
  detach(reason: string): void {
    if (this.connection === undefined) {
      return;
    }
    this.presence.onDetach();
    this.endAttachment();
    this.prompts.onDetached();
    this.addNote('warning', reason);
    this.changes.fire();
  }

  /** One message from the runtime for this session, in the order of arrival. */
  deliver(item: InboundItem): void {
    this.inbox.deliver(item);
  }

  /** Reads the session's history once and adds the events that did not arrive. Rejects if that fails. */
  reconcile(): Promise<void> {
    return this.sync.reconcile();
  }

  /** As `reconcile`, but never rejects: the session's log tells of a failure, and of what is missing because of it. */
  async readHistory(): Promise<void> {
    await this.sync.readNow();
    if (!this.disposed) {
      this.outbox.announceRestored();
    }
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
    this.endAttachment();
    this.reattach = undefined;
    this.prompts.dispose();
    this.stopRequest.dispose();
    this.profile.dispose();
    this.history.dispose();
    this.changes.dispose();
    this.disposals.dispose();
  }

  /** Reads the history again until the agent's start is in it. @param atLeast how often at least */
  watchForStart(atLeast = 0): void {
    this.sync.watchForStart(atLeast);
  }

  private endAttachment(): void {
    this.attachment.end();
    // Nobody answers these any more. If the runtime is gone, the refusals reach nobody.
    this.requests.rejectAll('detached');
    this.sync.end();
  }

  private async onHistoryRead(events: readonly SessionEvent[], truncated: boolean): Promise<void> {
    this.outbox.prove(events, truncated);
    this.outbox.announceRestored();
    this.history.reportGap();
    await this.history.afterMerges(() => this.reduced.catchingUp());
    this.changes.fire();
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

  private answer(request: InboundRequest): void {
    this.requests.accept(
      request,
      () => this.connection?.handleRequest(this, request) === true,
      () => this.isAttached,
      (message) => this.connection?.warn(message),
    );
  }

  private addEvent(event: SessionEvent): void {
    if (this.history.add(event)) {
      this.changes.fire();
    }
  }

  /** Updates the parts by an event, live or from a history. */
  private observe(event: SessionEvent): void {
    this.connection?.unknownEventTypes?.observe(event.type);
    this.profile.observeLink(event);
    this.prompts.observe(event);
    this.stopRequest.observe(event);
    this.profile.observe(event);
  }

  private async requestAbort(): Promise<void> {
    try {
      await this.request(Rpc.abort, { sessionId: this.sessionId });
    } catch (error) {
      const failure = explainRequestError((reason) => l10n.t('Could not stop the agent: {0}', reason), error);
      this.addNote('error', `${l10n.t('The agent could not be asked to stop.')} ${failure.message}`);
      throw failure;
    }
  }

  private onStopChange(state: StopState): void {
    const note = noteOfStop(state);
    if (note !== undefined) {
      this.addNote(note.level, note.text);
    }
    this.changes.fire();
  }

  private get connection(): SessionConnection | undefined {
    return this.attachment.connection;
  }
}

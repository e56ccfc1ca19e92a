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
 * One session: its events, its link, its prompts. It outlives the runtime's process: when that ends the session is
 * detached, keeps all that it has, and can be attached to the next one.
 */
export class CloudSession implements Disposable {
  private readonly changes = new Emitter<void>();
  private readonly disposals = new Emitter<void>();
  private readonly attachment = new Attachment<SessionConnection>();
  private readonly calls: SessionCalls<CloudSession> = new SessionCalls<CloudSession>(this, this.attachment);
  private readonly inbox = new Inbox<InboundItem>((item) => this.accept(item));
  private readonly history: SessionHistory;
  private readonly reduced: ActivityProjection;
  private readonly profile: SessionProfile;
  private readonly sync: HistorySync;
  private readonly prompts: SessionPrompts;
  private readonly stopRequest: StopRequest;
  private readonly presence: SessionPresence;
  private counts: RoutingCounts = { buffered: 0, dropped: 0, rejected: 0 };
  private disposed = false;

  /** The runtime's requests that somebody here accepted: answered on the wire, whatever becomes of the session. */
  readonly requests = new OpenRequests(() => {
    this.changes.fire();
  });
  readonly onDidChangeRemoteUrl: Event<string>;
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
    // The first of all listeners: those of others find the session as it is after the event.
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
        transcriptRead: () => this.presence.transcriptRead(timers),
        onHistoryRead: (events) => this.onHistoryRead(events),
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
   * Attaches the session again after the runtime has let go of it. Set by whoever wants the session to stay attached.
   * Resolves to what goes on, which is another object where the runtime names the session by another id now. Rejects if
   * that failed.
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

  /** What was chosen for it, on the way to the agent. */
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

  /** What its events say; computed when asked, so that a burst of events costs the reader nothing. */
  get activity(): SessionActivity {
    return this.reduced.current;
  }

  /** `disconnected` also between an attachment and its history: what was so before may have changed since. */
  get status(): SessionStatus {
    return this.presence.status;
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
    return this.presence.isCaughtUp;
  }

  /** Until when its state was known to be true; `undefined` while that is seen live, and if it never was. */
  get lastSeen(): Date | undefined {
    return this.presence.lastSeen;
  }

  get isDisposed(): boolean {
    return this.disposed;
  }

  /** Somebody waits for it: it was opened just now, or used since it came back. */
  get isWanted(): boolean {
    return this.presence.isWanted;
  }

  /** Somebody looks at it, or uses it: from now on it waits for no other session. */
  want(): void {
    this.presence.want();
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
  rename(name: string): Promise<void> {
    return this.profile.rename(name);
  }

  /** The name that it was given here, until the session tells of another one. */
  get title(): string | undefined {
    return this.profile.givenName ?? this.activity.title;
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
    this.profile.update(details);
  }

  /** Takes a link from the answer to a create, or from a saved state, if it is one that may be opened. */
  offerRemoteUrl(candidate: unknown): void {
    this.profile.offerRemoteUrl(candidate);
  }

  /** It is not being created, but attached to: until its history is read, nothing is claimed of it. */
  markAsExisting(): void {
    this.presence.markAsExisting();
  }

  /**
   * It comes back with others, and nobody waits for this one in particular. What was kept of it is about to be absorbed,
   * and its history is read and added behind that.
   */
  awaitKept(): TranscriptGate {
    return this.presence.awaitKept();
  }

  /** Adds what was kept of it: events that the runtime may give again under other ids, and what was noted. */
  async absorb({ events, notes }: KeptHistory): Promise<void> {
    if (events.length === 0 && notes.length === 0) {
      return;
    }
    // The ids are those of a connection that has ended.
    this.attachment.expectOtherIds();
    this.presence.markAsExisting();
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
    this.presence.onDetach();
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
    this.profile.dispose();
    this.history.dispose();
    this.changes.dispose();
    this.disposals.dispose();
  }

  /** Reads the history again until the agent's start is in it, and at least so often. */
  watchForStart(atLeast = 0): void {
    this.sync.watchForStart(atLeast);
  }

  private letGoOfConnection(): void {
    this.attachment.end();
    // Nobody here answers them any more; where the runtime is gone, this reaches nobody.
    this.requests.rejectAll('detached');
    this.sync.end();
  }

  private async onHistoryRead(events: readonly SessionEvent[]): Promise<void> {
    this.outbox.prove(events);
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

  /** What an event means for the session itself, wherever it came from. */
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

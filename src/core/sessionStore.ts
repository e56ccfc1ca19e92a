import { Emitter, type CancellationToken, type Disposable, type Event } from 'vscode-jsonrpc/node';
import { asCloudSessionsError, CloudSessionsError } from './errors';
import { realTimers, type Timers } from './pendingRouting';
import { creationOf, keptCreation, keptSession, type KeptSession, type KeptState } from './keptState';
import type { RuntimeClient } from './runtimeClient';
import { CloudSession, type KeptHistory } from './session';
import type { CreateCloudSessionOptions } from './sessionOpener';
import { readListEntry, rowOf, rowOfCreation, type Creation, type ListEntry, type SessionRow } from './sessionRow';

/** Where the links are kept while no session that has them is open: they survive a reload of the window. */
export interface RemoteUrlMemory {
  get(sessionId: string): string | undefined;
  set(sessionId: string, url: string): void;
}

/** Which rows changed; `undefined` when rows came, went or may have moved. */
export type RowsChange = ReadonlySet<string> | undefined;

export type ListState =
  { readonly kind: 'unknown' | 'loading' | 'loaded' } | { readonly kind: 'failed'; readonly error: CloudSessionsError };

/** How long changes are collected before they are announced, in milliseconds. */
const ANNOUNCE_MS = 50;
/** How long the runtime's hints are collected before the list is read again, in milliseconds. */
const RELIST_MS = 500;

interface Open {
  readonly session: CloudSession;
  readonly since: Date;
  readonly subscriptions: readonly Disposable[];
}

/**
 * All sessions that are known: those being created, those open in this window, and those that the runtime lists. It
 * outlives the runtime's process, and attaches the open sessions again to the next one.
 */
export class SessionStore implements Disposable {
  private client: RuntimeClient | undefined;
  private clientSubscription: Disposable | undefined;
  private readonly creations = new Map<string, Creation>();
  private readonly open = new Map<string, Open>();
  private entries: readonly ListEntry[] = [];
  /** `entries` by each of their ids. */
  private index = new Map<string, ListEntry>();
  /** When the service's list was read. */
  private listedAt: Date | undefined;
  /** Rows by key, until something that they show changes: whoever asks for all of them is given a thousand. */
  private readonly rowCache = new Map<string, SessionRow>();
  /** Prompts of sessions that are no longer watched, by session id: they are not delivered, so they are kept. */
  private readonly parked = new Map<string, KeptSession>();
  /** Row keys of sessions whose row was there before their id was. */
  private readonly keys = new Map<string, string>();
  private listState: ListState = { kind: 'unknown' };
  private running: Promise<void> | undefined;
  private waiting: Promise<void> | undefined;
  private relistTimer: Disposable | undefined;
  private announceTimer: Disposable | undefined;
  private dirty: Set<string> | 'all' = new Set();
  private readonly attaching = new Set<CloudSession>();
  private nextCreation = 1;
  private disposed = false;
  private readonly changes = new Emitter<RowsChange>();
  private readonly opened = new Emitter<CloudSession>();
  private readonly closed = new Emitter<CloudSession>();

  readonly onDidChange: Event<RowsChange> = this.changes.event;
  /** A session was opened in this window: created here, or connected to. */
  readonly onDidOpen: Event<CloudSession> = this.opened.event;
  /** It is no longer watched in this window. */
  readonly onDidClose: Event<CloudSession> = this.closed.event;
  /**
   * Awaited before anything is sent that must not be lost, or sent twice: what `kept` says is to be kept then. Must not
   * reject.
   */
  beforeSend: () => Promise<void> = () => Promise.resolve();

  constructor(
    private readonly urls: RemoteUrlMemory,
    private readonly warn: (message: string) => void,
    private readonly timers: Timers = realTimers,
    private readonly now: () => Date = () => new Date(),
  ) {}

  get list(): ListState {
    return this.listState;
  }

  /** All rows: those being created first, then by the time of their last change, newest first. */
  get rows(): readonly SessionRow[] {
    const rows: SessionRow[] = [];
    const shown = new Set<ListEntry>();
    for (const { session } of this.open.values()) {
      const entry = this.entryOf(session);
      if (entry !== undefined) {
        shown.add(entry);
      }
      rows.push(this.rowOfSession(session));
    }
    for (const entry of this.entries) {
      if (!shown.has(entry)) {
        rows.push(this.rowOfEntry(entry));
      }
    }
    rows.sort((a, b) => b.modifiedTime.getTime() - a.modifiedTime.getTime() || a.key.localeCompare(b.key));
    return [...[...this.creations.values()].reverse().map(rowOfCreation), ...rows];
  }

  /** The row with this key, session id or task id. */
  find(id: string): SessionRow | undefined {
    const creation = this.creations.get(id);
    if (creation !== undefined) {
      return rowOfCreation(creation);
    }
    const session = this.getSession(id) ?? this.sessionByKey(id);
    if (session !== undefined) {
      return this.rowOfSession(session);
    }
    const entry = this.index.get(id);
    return entry && this.rowOfEntry(entry);
  }

  /** A session that is open in this window, by its own id or its task's. */
  getSession(id: string): CloudSession | undefined {
    return this.open.get(id)?.session ?? this.openByTask(id);
  }

  get openSessions(): readonly CloudSession[] {
    return [...this.open.values()].map(({ session }) => session);
  }

  /** What is to outlive this process: see `restore`. */
  get kept(): KeptState {
    const open = [...this.open.values()].filter(({ session }) => session.details.isRemote);
    return {
      sessions: [...open.map(({ session, since }) => keptSession(session, since)), ...this.parked.values()],
      creations: [...this.creations.values()].map(keptCreation),
    };
  }

  /**
   * Opens what was kept, with what it showed; it is attached again as soon as there is a runtime.
   * @param histories by session id
   */
  restore({ sessions, creations }: KeptState, histories: ReadonlyMap<string, KeptHistory>): void {
    for (const creation of creations) {
      const key = `creating-${this.nextCreation++}`;
      this.creations.set(key, creationOf(key, creation));
    }
    for (const kept of sessions) {
      const known = this.getSession(kept.sessionId);
      if (known !== undefined) {
        known.outbox.restore(kept.prompts);
      } else if (kept.open) {
        this.reopen(kept, histories.get(kept.sessionId));
      } else {
        this.parked.set(kept.sessionId, kept);
      }
    }
    this.touch('all');
  }

  /** Gives the store a runtime to ask, or takes it away. Sessions that were open are attached to the new one. */
  setClient(client: RuntimeClient | undefined): void {
    this.clientSubscription?.dispose();
    this.client = client;
    this.relistTimer?.dispose();
    this.relistTimer = undefined;
    if (client === undefined) {
      this.setList({ kind: 'unknown' });
      return;
    }
    this.clientSubscription = client.onLifecycle(({ sessionId, type }) => this.onLifecycle(sessionId, type));
    for (const session of this.openSessions) {
      void this.reattach(client, session);
    }
    this.refresh().catch(() => undefined);
  }

  /**
   * Reads the list again. Calls during a reading share the next one: it is never older than the call.
   * @throws what the lookup failed with; the rows stay as they were, and `list` says why.
   */
  refresh(): Promise<void> {
    if (this.running === undefined) {
      this.running = this.readList().finally(() => {
        this.running = undefined;
      });
      return this.running;
    }
    this.waiting ??= this.running
      .catch(() => undefined)
      .then(() => {
        this.waiting = undefined;
        return this.refresh();
      });
    return this.waiting;
  }

  /** Creates a cloud session; its row is there at once, and stays, with the reason, should it fail. */
  async create(options: CreateCloudSessionOptions, token?: CancellationToken): Promise<CloudSession> {
    const client = this.requireClient();
    const key = `creating-${this.nextCreation++}`;
    const creation: Creation = { key, options, startTime: this.now(), error: undefined };
    this.creations.set(key, creation);
    this.touch('all');
    try {
      await this.beforeSend();
      const session = await client.createCloudSession(options, token);
      this.creations.delete(key);
      this.keys.set(session.sessionId, key);
      this.adopt(session);
      return session;
    } catch (error) {
      const reason = asCloudSessionsError(error);
      if (reason.code === 'cancelled' || reason.code === 'invalid-argument') {
        this.creations.delete(key);
      } else {
        this.creations.set(key, { ...creation, error: reason });
      }
      throw reason;
    } finally {
      this.touch('all');
    }
  }

  /** Takes the row of a failed creation away. */
  dismiss(key: string): void {
    if (this.creations.get(key)?.error !== undefined) {
      this.creations.delete(key);
      this.touch('all');
    }
  }

  /** Attaches to a cloud session by its own id or its task's; one that is open already is returned as it is. */
  async connect(id: string): Promise<CloudSession> {
    const client = this.requireClient();
    const open = this.getSession(id);
    if (open?.isAttached === true) {
      return open;
    }
    const row = this.find(id);
    if (row !== undefined && !row.isRemote) {
      throw new CloudSessionsError(
        'invalid-argument',
        `${row.title} is a local session: it cannot be watched in the cloud.`,
        {
          nextStep: 'Choose a cloud session.',
        },
      );
    }
    const details = {
      ...(row?.repository === undefined ? {} : { repository: row.repository }),
      ...(row?.branch === undefined ? {} : { branch: row.branch }),
    };
    const session = await client.connectSession(row?.taskId ?? id, details, open);
    session.offerRemoteUrl(this.rememberedUrl([session.sessionId, id]));
    if (open !== undefined && open !== session) {
      this.replace(open, session);
    } else {
      this.adopt(session);
    }
    return session;
  }

  /** Stops watching: the agent goes on, the row stays as the list has it. */
  async disconnect(id: string): Promise<void> {
    const session = this.getSession(id);
    if (session === undefined) {
      throw notOpen(id);
    }
    const { prompts, ...rest } = keptSession(session, this.open.get(session.sessionId)?.since ?? this.now());
    this.release(session.sessionId);
    if (prompts.some(({ state }) => state !== 'shown')) {
      this.parked.set(session.sessionId, { ...rest, open: false, prompts });
    }
    this.touch('all');
    if (session.isAttached) {
      await this.requireClient().disconnectSession(session);
    }
  }

  /** Deletes a local session for good. */
  async delete(id: string): Promise<void> {
    const row = this.find(id);
    if (row?.isRemote === true) {
      throw new CloudSessionsError('invalid-argument', 'Cloud sessions cannot be deleted from here.', {
        nextStep: 'Open the session on the web and archive it there.',
      });
    }
    await this.requireClient().deleteSession(id);
    this.setEntries(this.entries.filter(({ ids }) => !ids.includes(id)));
    this.touch('all');
  }

  dispose(): void {
    this.disposed = true;
    this.clientSubscription?.dispose();
    this.relistTimer?.dispose();
    this.announceTimer?.dispose();
    for (const sessionId of [...this.open.keys()]) {
      this.open.get(sessionId)?.session.dispose();
      this.release(sessionId);
    }
    this.changes.dispose();
    this.opened.dispose();
    this.closed.dispose();
  }

  private requireClient(): RuntimeClient {
    if (this.client === undefined) {
      throw new CloudSessionsError('connection-closed', 'The Copilot runtime is not running.', {
        nextStep: 'Run “Cloud Sessions: Restart Runtime”.',
      });
    }
    return this.client;
  }

  private async readList(): Promise<void> {
    const { client } = this;
    if (client === undefined) {
      return;
    }
    if (this.listState.kind !== 'loaded') {
      this.setList({ kind: 'loading' });
    }
    // Asked separately: without a network, or a sign-in, there are still the sessions on this machine.
    const [local, remote] = await Promise.allSettled([client.listSessions('local'), client.listSessions('remote')]);
    // The answer of a runtime that has been replaced in the meantime says nothing about the new one.
    if (client !== this.client) {
      return;
    }
    const newest = (answer: typeof local, isRemote: boolean): readonly ListEntry[] =>
      answer.status === 'fulfilled'
        ? answer.value.map(readListEntry).filter((entry) => entry.isRemote === isRemote)
        : this.entries.filter((entry) => entry.isRemote === isRemote);
    this.listedAt = remote.status === 'fulfilled' ? this.now() : this.listedAt;
    this.setEntries([...newest(local, false), ...newest(remote, true)]);
    this.learnTaskIds();
    const failed = [local, remote].find((answer) => answer.status === 'rejected');
    if (failed !== undefined) {
      const error = asCloudSessionsError(failed.reason);
      this.setList({ kind: 'failed', error });
      throw error;
    }
    this.setList({ kind: 'loaded' });
  }

  private setEntries(entries: readonly ListEntry[]): void {
    this.entries = entries;
    this.index = new Map(entries.flatMap((entry) => entry.ids.map((id) => [id, entry] as const)));
    this.rowCache.clear();
  }

  private setList(state: ListState): void {
    this.listState = state;
    this.touch('all');
  }

  private async reattach(client: RuntimeClient, session: CloudSession): Promise<void> {
    const { taskId, isRemote } = session.details;
    if (!isRemote || taskId === undefined || session.isAttached || this.attaching.has(session)) {
      return;
    }
    this.attaching.add(session);
    try {
      const attached = await client.connectSession(taskId, {}, session);
      if (attached !== session && this.open.get(session.sessionId)?.session === session) {
        this.replace(session, attached);
      }
      attached.addNote('info', 'Connected again.');
    } catch (error) {
      this.warn(`Session ${session.sessionId} could not be attached again: ${String(error)}`);
      session.addNote('error', `Could not connect again: ${asCloudSessionsError(error).message}`);
      session.outbox.announceRestored();
    } finally {
      this.attaching.delete(session);
    }
  }

  private reopen({ sessionId, details, remoteUrl, openedAt, prompts }: KeptSession, history?: KeptHistory): void {
    const session = new CloudSession(sessionId, details, this.timers, this.now);
    session.offerRemoteUrl(remoteUrl);
    // Before the events: those that show a prompt prove that it was delivered.
    session.outbox.restore(prompts);
    if (history !== undefined) {
      session.absorb(history);
    }
    this.adopt(session, openedAt);
    if (this.client !== undefined) {
      void this.reattach(this.client, session);
    }
  }

  /** The runtime names a session by another id than before: it goes on under that, with all that it has. */
  private replace(session: CloudSession, successor: CloudSession): void {
    const { since } = this.open.get(session.sessionId) ?? { since: this.now() };
    const prompts = session.outbox.stored;
    const key = this.keyOf(session.sessionId);
    this.release(session.sessionId);
    session.dispose();
    this.keys.set(successor.sessionId, key);
    successor.offerRemoteUrl(session.remoteUrl);
    successor.absorb(session);
    this.adopt(successor, since);
    successor.outbox.restore(prompts);
    successor.outbox.announceRestored();
  }

  private adopt(session: CloudSession, since = this.now()): void {
    const open = this.open.get(session.sessionId);
    if (open !== undefined && open.session !== session) {
      // Another object for the same session: the prompts of the one before are not lost with it.
      session.outbox.restore(open.session.outbox.stored);
      this.release(session.sessionId);
    }
    if (!this.open.has(session.sessionId)) {
      const parked = this.parked.get(session.sessionId);
      this.parked.delete(session.sessionId);
      session.outbox.beforeSend = () => this.beforeSend();
      this.open.set(session.sessionId, {
        session,
        since,
        subscriptions: [
          session.onDidChange(() => {
            this.rememberUrl(session);
            this.touch(this.keyOf(session.sessionId));
          }),
          // A prompt is kept from the moment that it is given.
          session.outbox.onDidChange(() => void this.beforeSend()),
        ],
      });
      this.rememberUrl(session);
      this.learnTaskIds();
      this.opened.fire(session);
      if (parked !== undefined) {
        session.outbox.restore(parked.prompts);
        session.outbox.announceRestored();
      }
    }
    this.touch('all');
  }

  private release(sessionId: string): void {
    const open = this.open.get(sessionId);
    for (const subscription of open?.subscriptions ?? []) {
      subscription.dispose();
    }
    this.open.delete(sessionId);
    if (open !== undefined) {
      this.closed.fire(open.session);
    }
  }

  /** The list knows which task a session belongs to; without it a session cannot be attached again. */
  private learnTaskIds(): void {
    for (const { session } of this.open.values()) {
      const taskId = this.entryOf(session)?.taskId;
      if (session.details.taskId === undefined && taskId !== undefined) {
        session.update({ taskId });
        if (this.client !== undefined) {
          void this.reattach(this.client, session);
        }
      }
    }
  }

  private onLifecycle(sessionId: string, type: string): void {
    if (type === 'session.deleted') {
      this.setEntries(this.entries.filter(({ ids }) => !ids.includes(sessionId)));
      this.touch('all');
      return;
    }
    // An open session's row lives from its own events, and `updated` follows nearly each of them.
    if (type === 'session.updated' && this.open.has(sessionId)) {
      return;
    }
    this.relistTimer ??= this.timers(() => {
      this.relistTimer = undefined;
      this.refresh().catch((error: unknown) => this.warn(`The list could not be read: ${String(error)}`));
    }, RELIST_MS);
  }

  private touch(key: string): void {
    if (this.disposed) {
      return;
    }
    if (key === 'all') {
      this.dirty = 'all';
      this.rowCache.clear();
    } else {
      this.rowCache.delete(key);
      if (this.dirty !== 'all') {
        this.dirty.add(key);
      }
    }
    this.announceTimer ??= this.timers(() => {
      this.announceTimer = undefined;
      const change = this.dirty === 'all' ? undefined : this.dirty;
      this.dirty = new Set();
      this.changes.fire(change);
    }, ANNOUNCE_MS);
  }

  private rowOfSession(session: CloudSession): SessionRow {
    const since = this.open.get(session.sessionId)?.since ?? this.now();
    return this.cachedRow(this.keyOf(session.sessionId), (key) =>
      rowOf(key, session, this.entryOf(session), undefined, since),
    );
  }

  private rowOfEntry(entry: ListEntry): SessionRow {
    return this.cachedRow(this.keyOf(entry.sessionId), (key) =>
      rowOf(key, undefined, entry, this.rememberedUrl(entry.ids), this.now(), this.listedAt),
    );
  }

  private cachedRow(key: string, make: (key: string) => SessionRow): SessionRow {
    const known = this.rowCache.get(key);
    if (known !== undefined) {
      return known;
    }
    const row = make(key);
    this.rowCache.set(key, row);
    return row;
  }

  private entryOf(session: CloudSession): ListEntry | undefined {
    const { sessionId, details } = session;
    return this.index.get(sessionId) ?? (details.taskId === undefined ? undefined : this.index.get(details.taskId));
  }

  private openByTask(taskId: string): CloudSession | undefined {
    return this.openSessions.find(({ details }) => details.taskId === taskId);
  }

  private sessionByKey(key: string): CloudSession | undefined {
    return this.openSessions.find(({ sessionId }) => this.keyOf(sessionId) === key);
  }

  private keyOf(sessionId: string): string {
    return this.keys.get(sessionId) ?? sessionId;
  }

  /** Under both of its ids: the list knows a session only by its task's. */
  private rememberUrl({ sessionId, remoteUrl, details: { taskId } }: CloudSession): void {
    for (const id of remoteUrl === undefined ? [] : [sessionId, ...(taskId === undefined ? [] : [taskId])]) {
      if (this.urls.get(id) !== remoteUrl && remoteUrl !== undefined) {
        this.urls.set(id, remoteUrl);
      }
    }
  }

  private rememberedUrl(ids: readonly string[]): string | undefined {
    for (const id of ids) {
      const url = this.urls.get(id);
      if (url !== undefined) {
        return url;
      }
    }
    return undefined;
  }
}

function notOpen(id: string): CloudSessionsError {
  return new CloudSessionsError('session-not-found', `No session with the id ${id} is open in this window.`, {
    nextStep: 'Run “Cloud Sessions: Watch Session” first.',
  });
}

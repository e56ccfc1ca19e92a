import type { CancellationToken, Disposable, Event } from 'vscode-jsonrpc/node';
import { asCloudSessionsError, CloudSessionsError } from './errors';
import { OpenSessions } from './openSessions';
import { realTimers, type Timers } from './pendingRouting';
import { creationOf, keptCreation, type KeptSession, type KeptState } from './keptState';
import { rememberedLink, rememberLink, type RemoteUrlMemory } from './linkMemory';
import { RowChanges, type RowsChange } from './rowChanges';
import type { RuntimeClient } from './runtimeClient';
import { CloudSession, type KeptHistory } from './session';
import type { CreateCloudSessionOptions } from './sessionOpener';
import { SessionList, type ListState } from './sessionList';
import { rowOf, rowOfCreation, type Creation, type ListEntry, type SessionRow } from './sessionRow';

/**
 * All sessions that are known: those being created, those open in this window, and those that the runtime lists. It
 * outlives the runtime's process, and attaches the open sessions again to the next one.
 */
export class SessionStore implements Disposable {
  private client: RuntimeClient | undefined;
  private clientSubscription: Disposable | undefined;
  private readonly creations = new Map<string, Creation>();
  private readonly open: OpenSessions;
  private readonly attaching = new Set<CloudSession>();
  private nextCreation = 1;
  private readonly listed: SessionList;
  private readonly changes: RowChanges;

  readonly onDidChange: Event<RowsChange>;
  /** A session was opened in this window: created here, or connected to. */
  readonly onDidOpen: Event<CloudSession>;
  /** It is no longer watched in this window. */
  readonly onDidClose: Event<CloudSession>;
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
  ) {
    this.changes = new RowChanges(timers);
    this.onDidChange = this.changes.onDidChange;
    this.open = new OpenSessions(() => this.beforeSend(), now);
    this.onDidOpen = this.open.onDidOpen;
    this.onDidClose = this.open.onDidClose;
    this.onDidOpen((session) => {
      rememberLink(this.urls, session);
      this.learnTaskIds();
      this.changes.touchAll();
    });
    this.open.onDidChange((session) => {
      rememberLink(this.urls, session);
      this.changes.touch(this.open.keyOf(session.sessionId));
    });
    this.listed = new SessionList(warn, timers, now);
    this.listed.onDidChange(() => {
      this.learnTaskIds();
      this.changes.touchAll();
    });
  }

  get list(): ListState {
    return this.listed.state;
  }

  /** All rows: those being created first, then by the time of their last change, newest first. */
  get rows(): readonly SessionRow[] {
    const rows: SessionRow[] = [];
    const shown = new Set<ListEntry>();
    for (const session of this.open.all) {
      const entry = this.entryOf(session);
      if (entry !== undefined) {
        shown.add(entry);
      }
      rows.push(this.rowOfSession(session));
    }
    for (const entry of this.listed.entries) {
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
    const session = this.open.find(id) ?? this.open.findByKey(id);
    if (session !== undefined) {
      return this.rowOfSession(session);
    }
    const entry = this.listed.find(id) ?? this.listed.entries.find((listed) => this.open.keyOfEntry(listed) === id);
    return entry && this.rowOfEntry(entry);
  }

  /** A session that is open in this window, by its own id or its task's. */
  getSession(id: string): CloudSession | undefined {
    return this.open.find(id);
  }

  get openSessions(): readonly CloudSession[] {
    return this.open.all;
  }

  /** What is to outlive this process: see `restore`. */
  get kept(): KeptState {
    return {
      sessions: this.open.kept,
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
        this.open.park(kept);
      }
    }
    this.changes.touchAll();
  }

  /** Gives the store a runtime to ask, or takes it away. Sessions that were open are attached to the new one. */
  setClient(client: RuntimeClient | undefined): void {
    this.clientSubscription?.dispose();
    this.client = client;
    this.listed.setClient(client);
    if (client === undefined) {
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
    return this.listed.refresh();
  }

  /** Another account is signed in: the list is another. Sessions that are open in this window keep their rows. */
  forgetAccount(): void {
    this.listed.forgetRemote();
  }

  /** Creates a cloud session; its row is there at once, and stays, with the reason, should it fail. */
  async create(options: CreateCloudSessionOptions, token?: CancellationToken): Promise<CloudSession> {
    const client = this.requireClient();
    const key = `creating-${this.nextCreation++}`;
    const creation: Creation = { key, options, startTime: this.now(), error: undefined };
    this.creations.set(key, creation);
    this.changes.touchAll();
    try {
      await this.beforeSend();
      const session = await client.createCloudSession(options, token);
      this.creations.delete(key);
      this.open.setKey(session.sessionId, key);
      this.open.adopt(session);
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
      this.changes.touchAll();
    }
  }

  /** Takes the row of a failed creation away. */
  dismiss(key: string): void {
    if (this.creations.get(key)?.error !== undefined) {
      this.creations.delete(key);
      this.changes.touchAll();
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
    session.offerRemoteUrl(rememberedLink(this.urls, [session.sessionId, id]));
    if (open !== undefined && open !== session) {
      this.open.replace(open, session);
    } else {
      if (row !== undefined) {
        this.open.setKey(session.sessionId, row.key);
      }
      this.open.adopt(session);
    }
    return session;
  }

  /** Stops watching: the agent goes on, the row stays as the list has it. */
  async disconnect(id: string): Promise<void> {
    const session = this.getSession(id);
    if (session === undefined) {
      throw notOpen(id);
    }
    this.open.close(session);
    this.changes.touchAll();
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
    this.listed.remove(id);
  }

  dispose(): void {
    this.clientSubscription?.dispose();
    this.listed.dispose();
    this.changes.dispose();
    this.open.dispose();
  }

  private requireClient(): RuntimeClient {
    if (this.client === undefined) {
      throw new CloudSessionsError('connection-closed', 'The Copilot runtime is not running.', {
        nextStep: 'Run “Cloud Sessions: Restart Runtime”.',
      });
    }
    return this.client;
  }

  private async reattach(client: RuntimeClient, session: CloudSession): Promise<void> {
    const { taskId, isRemote } = session.details;
    if (!isRemote || taskId === undefined || session.isAttached || this.attaching.has(session)) {
      return;
    }
    this.attaching.add(session);
    try {
      const attached = await client.connectSession(taskId, {}, session);
      if (attached !== session && this.open.find(session.sessionId) === session) {
        this.open.replace(session, attached);
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
    this.open.adopt(session, openedAt);
    if (this.client !== undefined) {
      void this.reattach(this.client, session);
    }
  }

  /** The list knows which task a session belongs to; without it a session cannot be attached again. */
  private learnTaskIds(): void {
    for (const session of this.open.all) {
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
      this.listed.remove(sessionId);
      return;
    }
    // An open session's row lives from its own events, and `updated` follows nearly each of them.
    if (type === 'session.updated' && this.open.has(sessionId)) {
      return;
    }
    this.listed.refreshSoon();
  }

  private rowOfSession(session: CloudSession): SessionRow {
    return this.changes.row(this.open.keyOf(session.sessionId), (key) =>
      rowOf(key, session, this.entryOf(session), undefined, this.open.since(session)),
    );
  }

  private rowOfEntry(entry: ListEntry): SessionRow {
    return this.changes.row(this.open.keyOfEntry(entry), (key) =>
      rowOf(key, undefined, entry, rememberedLink(this.urls, entry.ids), this.now(), this.listed.listedAt),
    );
  }

  private entryOf(session: CloudSession): ListEntry | undefined {
    const { sessionId, details } = session;
    return this.listed.find(sessionId) ?? (details.taskId === undefined ? undefined : this.listed.find(details.taskId));
  }
}

function notOpen(id: string): CloudSessionsError {
  return new CloudSessionsError('session-not-found', `No session with the id ${id} is open in this window.`, {
    nextStep: 'Run “Cloud Sessions: Watch Session” first.',
  });
}

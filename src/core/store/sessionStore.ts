import type { CancellationToken, Disposable, Event } from 'vscode-jsonrpc/node';
import { checkToken } from '../arguments/callArguments';
import { readCreateOptions, type CreateCloudSessionOptions } from '../arguments/createOptions';
import { OpenSessions, type PromptChange } from './openSessions';
import type { Outbox } from '../prompts/outbox';
import { sessionOf, type PersistedState } from './persistedState';
import { ListObserver } from './listObserver';
import { rememberLink, type SessionUrlMemory } from './sessionUrlMemory';
import { RowCache, type RowsChange } from './rowCache';
import type { RuntimeClient } from '../client/runtimeClient';
import type { CloudSession } from '../session/session';
import { SessionList, type ListState } from './sessionList';
import { Creations } from './creations';
import { closedWhileOpening, notOpenHere, runtimeNotRunning } from './storeErrors';
import { SessionAttacher } from './sessionAttacher';
import { followReviews } from './sentReviews';
import { SessionRows } from './sessionRows';
import { idsToDelete, type SessionRow } from './sessionRow';
import { textOf } from '../redaction/secrets';
import { ReviewThreads } from '../review/reviewThreads';
import type { SessionStatus } from '../activity/activity';
import { realTimers, type Timers } from '../common/timers';

/**
 * All known sessions: those being created, those open in this window, and those that the runtime lists. It outlives the
 * runtime's process, and attaches the open sessions to the next one.
 */
export class SessionStore implements Disposable {
  private client: RuntimeClient | undefined;
  private clientSubscription: Disposable | undefined;
  private readonly creations: Creations;
  private readonly open: OpenSessions;
  private readonly attacher: SessionAttacher;
  private readonly listed: SessionList;
  private readonly observer: ListObserver;
  private readonly changes: RowCache;
  private readonly sessionRows: SessionRows;
  private disposed = false;

  /** The comments on the changes of sessions. */
  readonly reviews = new ReviewThreads();
  readonly onDidChange: Event<RowsChange>;
  /** A session was opened in this window: created or connected. */
  readonly onDidOpen: Event<CloudSession>;
  /** A session is no longer watched in this window; it is disposed right after this. */
  readonly onDidClose: Event<CloudSession>;
  /** A prompt of a session, watched or not, is new, has changed its state, or was discarded. */
  readonly onDidChangePrompt: Event<PromptChange>;
  /** Persists `kept`; awaited before anything is sent that must not be lost, or sent twice. Must not reject. */
  beforeSend: () => Promise<void> = () => Promise.resolve();

  constructor(
    private readonly urls: SessionUrlMemory,
    private readonly warn: (message: string) => void,
    private readonly timers: Timers = realTimers,
    private readonly now: () => Date = () => new Date(),
  ) {
    this.changes = new RowCache(timers);
    this.onDidChange = this.changes.onDidChange;
    this.open = new OpenSessions(() => this.beforeSend(), timers, now);
    this.creations = new Creations(() => this.changes.touchAll(), now);
    this.listed = new SessionList(timers, now);
    this.sessionRows = new SessionRows(this.open, this.listed, this.creations, this.changes, urls, now);
    this.attacher = new SessionAttacher({
      open: this.open,
      urls,
      client: () => this.client,
      requireClient: () => this.requireClient(),
      findRow: (id) => this.find(id),
      assertUsable: (session) => this.assertUsable(session),
      warn,
    });
    this.observer = new ListObserver(this.open, this.listed, this.sessionRows, this.attacher);
    this.onDidOpen = this.open.onDidOpen;
    this.onDidClose = this.open.onDidClose;
    this.onDidChangePrompt = this.open.onDidChangePrompt;
    this.onDidOpen((session) => {
      this.attacher.begin(session);
      rememberLink(this.urls, session);
      this.observer.learnTaskIds();
      this.changes.touchAll();
    });
    this.open.onDidChange((session) => {
      rememberLink(this.urls, session);
      this.changes.touch(this.open.keyOf(session.sessionId));
    });
    this.onDidClose((session) => this.attacher.end(session));
    this.onDidChangePrompt(({ sessionId }) => this.changes.touch(this.open.keyOf(sessionId)));
    followReviews(this, this.changes);
    this.listed.onDidChange(() => {
      this.observer.onListChange();
      this.changes.touchAll();
    });
  }

  get list(): ListState {
    return this.listed.state;
  }

  /** All rows: those being created first, then by the time of their last change, newest first. */
  get rows(): readonly SessionRow[] {
    return this.sessionRows.all;
  }

  /** How many rows have each status; a status that no row has is not among them. Cheap: see `SessionRows.counts`. */
  get counts(): ReadonlyMap<SessionStatus, number> {
    return this.sessionRows.counts;
  }

  /** The row with this key, session id or task id. */
  find(id: string): SessionRow | undefined {
    return this.sessionRows.find(id);
  }

  /** The prompts of a session, watched or not, by its own id or its task's; `undefined` if it has none. */
  outboxOf(id: string): Outbox | undefined {
    return this.open.outboxOf(id);
  }

  /** The outbox that has a prompt; `undefined` once it is delivered or discarded. */
  outboxWith(promptId: number): { readonly sessionId: string; readonly outbox: Outbox } | undefined {
    return this.open.outboxWith(promptId);
  }

  /** A session that is open in this window, by its own id or its task's. */
  getSession(id: string): CloudSession | undefined {
    return this.open.find(id);
  }

  get openSessions(): readonly CloudSession[] {
    return this.open.all;
  }

  /** The state to persist: see `restore`. */
  get kept(): PersistedState {
    return { sessions: this.open.kept, creations: this.creations.persisted, reviews: this.reviews.all };
  }

  /**
   * Opens the sessions of a persisted state; they are attached as soon as there is a runtime. Their transcripts are
   * absorbed later (see `CloudSession.absorb`).
   */
  restore({ sessions, creations, reviews }: PersistedState): void {
    this.creations.restore(creations);
    this.reviews.restore(reviews);
    for (const kept of sessions) {
      // A session that is only persisted for its prompts joins the open session of its task, also under another id.
      const otherId = kept.open ? undefined : kept.details.taskId;
      const known = this.getSession(kept.sessionId) ?? (otherId === undefined ? undefined : this.getSession(otherId));
      if (known !== undefined) {
        known.choices.choose(kept.choices ?? {});
        known.outbox.restore(kept.prompts);
      } else if (kept.open) {
        this.open.adopt(sessionOf(kept, this.timers, this.now), kept.openedAt);
      } else {
        const { open: _open, prompts, ...session } = kept;
        this.open.park(session).restore(prompts);
      }
    }
    // The list may have been read before.
    this.observer.joinTasks();
    this.changes.touchAll();
  }

  /** Sets the runtime's client, or removes it. Open sessions are attached to the new runtime. */
  setClient(client: RuntimeClient | undefined): void {
    this.clientSubscription?.dispose();
    this.attacher.endAll();
    this.client = client;
    this.listed.setClient(client);
    this.clientSubscription = client?.onLifecycle(({ sessionId, type }) => this.observer.onLifecycle(sessionId, type));
    if (client !== undefined) {
      this.attacher.keepAllAttached();
      this.listed.refresh().catch(() => undefined);
    }
  }

  /**
   * Reads the list again (see `SessionList.refresh`), and tries at once to attach the sessions that could not be.
   * @throws the error of the lookup; the rows stay as they were, and `list` has the error
   */
  async refresh(): Promise<void> {
    await this.listed.refresh();
    this.attacher.keepAllAttached();
  }

  /** Another account is signed in: clears the list. Sessions that are open in this window keep their rows. */
  forgetAccount(): void {
    this.listed.forgetRemote();
  }

  /**
   * Creates a cloud session. Its row appears at once, and stays with the reason if the creation fails.
   * @throws `invalid-argument`, before there is a row
   */
  async create(given: CreateCloudSessionOptions, token?: CancellationToken): Promise<CloudSession> {
    const options = readCreateOptions(given);
    checkToken(token);
    const client = this.requireClient();
    return this.creations.run(options, token, async (created) => {
      await this.beforeSend();
      // Before its prompt is sent: the prompt is persisted with the session once the creation is no longer persisted.
      return client.createCloudSession(options, token, (session) => {
        this.assertUsable(session);
        this.open.setKey(session.sessionId, created());
        this.open.adopt(session);
      });
    });
  }

  /** Removes the row of a failed creation. */
  dismiss(key: string): void {
    this.creations.dismiss(key);
  }

  /**
   * The sessions in the list, which is read anew, that a creation of unknown outcome may have become.
   * @throws the error of the lookup
   */
  async lookUpCreation(key: string): Promise<readonly SessionRow[]> {
    const creation = this.creations.get(key);
    if (creation === undefined) {
      return [];
    }
    await this.refresh();
    return this.creations.candidates(creation, this.rows);
  }

  /**
   * A creation of unknown outcome has become this session. The session is attached and gets the creation's choices and
   * prompt; the creation's row goes. (The prompt was not sent before: that happens only after a successful create.)
   */
  async resolveCreation(key: string, id: string): Promise<CloudSession> {
    const session = await this.connect(id);
    if (this.creations.resolve(key, session)) {
      this.changes.touchAll();
      await this.beforeSend();
    }
    return session;
  }

  /** Attaches by a session's own id or its task's. A cancelled token releases one that was not open before. */
  connect(id: string, token?: CancellationToken): Promise<CloudSession> {
    return this.attacher.connect(id, token);
  }

  /** Stops watching. The agent continues, the row shows what the list has, and undelivered prompts are kept. */
  async disconnect(id: string): Promise<void> {
    const session = this.getSession(id);
    if (session === undefined) {
      throw notOpenHere(id);
    }
    // Its first part is synchronous: no message reaches the session from here on.
    const released = session.isAttached ? this.client?.disconnectSession(session) : undefined;
    this.open.close(session);
    this.changes.touchAll();
    await released?.catch((error: unknown) => {
      // eslint-disable-next-line texts/localized -- a line of the log
      this.warn(`The runtime could not release session ${session.sessionId}: ${textOf(error)}`);
    });
  }

  /** Deletes a local session permanently, or the local copies of one that is in the cloud. */
  async delete(id: string): Promise<void> {
    const localIds = idsToDelete(id, this.find(id));
    const client = this.requireClient();
    for (const localId of localIds) {
      await client.deleteSession(localId);
      const open = this.open.find(localId);
      if (open?.details.isRemote === false) {
        this.open.close(open);
      }
      this.listed.remove(localId);
    }
  }

  dispose(): void {
    this.disposed = true;
    this.setClient(undefined);
    [this.listed, this.reviews, this.changes, this.open].forEach((part) => part.dispose());
  }

  private requireClient(): RuntimeClient {
    if (this.client === undefined) {
      throw runtimeNotRunning();
    }
    return this.client;
  }

  /** @throws `cancelled` if the store was disposed, or the session closed, while it was being opened */
  private assertUsable(session: CloudSession): void {
    if (this.disposed) {
      session.dispose();
    }
    if (session.isDisposed) {
      throw closedWhileOpening();
    }
  }
}

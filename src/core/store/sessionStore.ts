import * as l10n from '@vscode/l10n';
import type { CancellationToken, Disposable, Event } from 'vscode-jsonrpc/node';
import { checkToken } from '../arguments/callArguments';
import { choicesOf, readCreateOptions, type CreateCloudSessionOptions } from '../arguments/createOptions';
import { CloudSessionsError } from '../errors/cloudSessionsError';
import { OpenSessions, type PromptChange } from './openSessions';
import type { Outbox } from '../prompts/outbox';
import type { PersistedSession, PersistedState } from './persistedState';
import { MovedOnDetector } from './movedOnDetector';
import { rememberedLink, rememberLink, type SessionUrlMemory } from './sessionUrlMemory';
import { RowCache, type RowsChange } from './rowCache';
import type { RuntimeClient } from '../client/runtimeClient';
import { CloudSession } from '../session/session';
import { sendFirst } from '../client/sessionFactory';
import { SessionList, type ListState } from './sessionList';
import { Creations } from './creations';
import { SessionReattacher } from './sessionReattacher';
import { SessionRows } from './sessionRows';
import type { SessionRow } from './sessionRow';
import { textOf } from '../redaction/secrets';
import type { SessionStatus } from '../activity/activity';
import { realTimers, type Timers } from '../common/timers';

/**
 * All sessions that are known: those being created, those open in this window, and those that the runtime lists. It
 * outlives the runtime's process, and attaches the open sessions again to the next one.
 */
export class SessionStore implements Disposable {
  private client: RuntimeClient | undefined;
  private clientSubscription: Disposable | undefined;
  private readonly creations: Creations;
  private readonly open: OpenSessions;
  private readonly reattacher: SessionReattacher;
  private disposed = false;
  private readonly listed: SessionList;
  private readonly changes: RowCache;
  private readonly sessionRows: SessionRows;
  private readonly movedOn = new MovedOnDetector();

  readonly onDidChange: Event<RowsChange>;
  /** A session was opened in this window: created here, or connected to. */
  readonly onDidOpen: Event<CloudSession>;
  /** It is no longer watched in this window; it is disposed right after this. */
  readonly onDidClose: Event<CloudSession>;
  /** A prompt of a session, watched or not, is new, has changed its state, or was discarded. */
  readonly onDidChangePrompt: Event<PromptChange>;
  /**
   * Awaited before anything is sent that must not be lost, or sent twice: what `kept` says is to be kept then. Must not
   * reject.
   */
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
    this.reattacher = new SessionReattacher(
      this.open,
      () => this.client,
      () => this.requireClient(),
    );
    this.onDidOpen = this.open.onDidOpen;
    this.onDidClose = this.open.onDidClose;
    this.onDidChangePrompt = this.open.onDidChangePrompt;
    this.onDidOpen((session) => {
      session.reattach = () => this.reattacher.reattachNow(session);
      this.reattacher.keepAttached(session);
      rememberLink(this.urls, session);
      this.learnTaskIds();
      this.changes.touchAll();
    });
    this.open.onDidChange((session) => {
      rememberLink(this.urls, session);
      this.changes.touch(this.open.keyOf(session.sessionId));
    });
    this.onDidClose((session) => this.reattacher.end(session));
    this.onDidChangePrompt(({ sessionId }) => this.changes.touch(this.open.keyOf(sessionId)));
    this.listed = new SessionList(timers, now);
    this.sessionRows = new SessionRows(this.open, this.listed, this.creations, this.changes, urls, now);
    this.listed.onDidChange(() => {
      this.learnTaskIds();
      this.readMovedOn();
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

  /** Where a prompt is now; `undefined` once it is delivered or discarded. */
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

  /** What is to outlive this process: see `restore`. */
  get kept(): PersistedState {
    return {
      sessions: this.open.kept,
      creations: this.creations.persisted,
    };
  }

  /**
   * Opens what was kept; it is attached again as soon as there is a runtime. What the sessions showed is absorbed later,
   * by whoever reads it (see `CloudSession.absorb`): nothing waits for it.
   */
  restore({ sessions, creations }: PersistedState): void {
    this.creations.restore(creations);
    for (const kept of sessions) {
      const known = this.openAs(kept);
      if (known !== undefined) {
        known.choices.choose(kept.choices ?? {});
        known.outbox.restore(kept.prompts);
      } else if (kept.open) {
        this.reopen(kept);
      } else {
        const { open: _open, prompts, ...session } = kept;
        this.open.park(session).restore(prompts);
      }
    }
    this.changes.touchAll();
  }

  /** Gives the store a runtime to ask, or takes it away. Sessions that were open are attached to the new one. */
  setClient(client: RuntimeClient | undefined): void {
    this.clientSubscription?.dispose();
    this.reattacher.endAll();
    this.client = client;
    this.listed.setClient(client);
    if (client === undefined) {
      return;
    }
    this.clientSubscription = client.onLifecycle(({ sessionId, type }) => this.onLifecycle(sessionId, type));
    for (const session of this.openSessions) {
      this.reattacher.keepAttached(session);
    }
    this.listed.refresh().catch(() => undefined);
  }

  /**
   * Reads the list again. Calls during a reading share the next one: it is never older than the call.
   * Sessions that could not be attached are tried again at once: somebody has asked for what is so now.
   * @throws what the lookup failed with; the rows stay as they were, and `list` says why.
   */
  async refresh(): Promise<void> {
    await this.listed.refresh();
    for (const session of this.openSessions) {
      this.reattacher.keepAttached(session);
    }
  }

  /** Another account is signed in: the list is another. Sessions that are open in this window keep their rows. */
  forgetAccount(): void {
    this.listed.forgetRemote();
  }

  /**
   * Creates a cloud session; its row is there at once, and stays, with the reason, should it fail.
   * @throws `invalid-argument`, before there is a row
   */
  async create(given: CreateCloudSessionOptions, token?: CancellationToken): Promise<CloudSession> {
    const options = readCreateOptions(given);
    checkToken(token);
    const client = this.requireClient();
    return this.creations.run(options, token, async (created) => {
      await this.beforeSend();
      // Before its prompt goes out: that is kept with the session from the moment on that its creation is not.
      return client.createCloudSession(options, token, (session) => {
        this.assertUsable(session);
        this.open.setKey(session.sessionId, created());
        this.open.adopt(session);
      });
    });
  }

  /** Takes the row of a failed creation away. */
  dismiss(key: string): void {
    this.creations.dismiss(key);
  }

  /**
   * The sessions that a creation of unknown outcome may have become: those that the list, read anew, has of its
   * repository since then, and that were not created here. One that is watched by now may be it, and so may one of
   * which the list does not say the repository yet.
   * @throws what the lookup failed with
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
   * The creation of unknown outcome has become this session: that is attached to, gets the creation's choices and its
   * prompt, and the creation's row goes. (The prompt was not sent before: that happens only once a create has succeeded.)
   */
  async resolveCreation(key: string, id: string): Promise<CloudSession> {
    const session = await this.connect(id);
    const creation = this.creations.take(key);
    if (creation !== undefined) {
      const choices = choicesOf(creation.options);
      session.update(choices.branch === undefined ? {} : { branch: choices.branch });
      // Before the prompt, which waits for them.
      session.choices.choose(choices);
      sendFirst(session, creation.options.prompt);
      this.changes.touchAll();
      await this.beforeSend();
    }
    return session;
  }

  /**
   * Attaches to a cloud session by its own id or its task's; one that is open already is returned as it is.
   * @param token cancelled by whoever no longer waits: a session that was not open before is let go of then
   */
  async connect(id: string, token?: CancellationToken): Promise<CloudSession> {
    const client = this.requireClient();
    const open = this.getSession(id);
    open?.want();
    if (open?.isAttached === true) {
      this.readAgain(open);
      return open;
    }
    if (open?.details.taskId !== undefined) {
      await this.reattacher.attachNow(open);
      return this.getSession(id) ?? open;
    }
    const row = this.find(id);
    if (row !== undefined && !row.isRemote) {
      throw new CloudSessionsError(
        'invalid-argument',
        l10n.t('“{0}” is a local session. It cannot be watched in the cloud.', row.title),
        {
          nextStep: l10n.t('Choose a cloud session.'),
        },
      );
    }
    // Not the branch: in the details it is one that was chosen here.
    const details = row?.repository === undefined ? {} : { repository: row.repository };
    const session = await client.connectSession(row?.taskId ?? id, details, open, token);
    this.assertUsable(session);
    session.offerRemoteUrl(rememberedLink(this.urls, [session.sessionId, id]));
    const { taskId } = session.details;
    // The runtime may name by another id what is open here and about to be attached again.
    const earlier =
      open ??
      this.openSessions.find((other) => other !== session && taskId !== undefined && other.details.taskId === taskId);
    if (earlier !== undefined && earlier !== session && this.getSession(earlier.sessionId) === earlier) {
      this.open.replace(earlier, session);
    } else {
      if (row !== undefined && !this.open.has(session.sessionId)) {
        this.open.setKey(session.sessionId, row.key);
      }
      this.open.adopt(session);
    }
    return session;
  }

  /** Stops watching: the agent goes on, the row stays as the list has it, and what is not delivered is kept. */
  async disconnect(id: string): Promise<void> {
    const session = this.getSession(id);
    if (session === undefined) {
      throw notOpen(id);
    }
    // Its first part is synchronous: nothing reaches the session from here on.
    const letGo = session.isAttached ? this.client?.disconnectSession(session) : undefined;
    this.open.close(session);
    this.changes.touchAll();
    await letGo?.catch((error: unknown) => {
      // eslint-disable-next-line texts/localized -- a line of the log
      this.warn(`The runtime could not release session ${session.sessionId}: ${textOf(error)}`);
    });
  }

  /** Deletes a local session for good; of one that is in the cloud too, its copies on this machine. */
  async delete(id: string): Promise<void> {
    const row = this.find(id);
    const localIds = row?.localIds ?? [];
    if (row?.isRemote === true && localIds.length === 0) {
      throw new CloudSessionsError('invalid-argument', l10n.t('Cloud sessions cannot be deleted from here.'), {
        nextStep: l10n.t('Open the session on the web and archive it there.'),
      });
    }
    const client = this.requireClient();
    for (const localId of localIds.length === 0 || localIds.includes(id) ? [id] : localIds) {
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
    this.listed.dispose();
    this.changes.dispose();
    this.open.dispose();
  }

  private requireClient(): RuntimeClient {
    if (this.client === undefined) {
      throw new CloudSessionsError('connection-closed', l10n.t('The Copilot runtime is not running.'), {
        nextStep: l10n.t('Run “Cloud Sessions: Restart Runtime”.'),
      });
    }
    return this.client;
  }

  /** What was waited for is of no use to a store that is gone, or to a session that was closed meanwhile. */
  private assertUsable(session: CloudSession): void {
    if (this.disposed) {
      session.dispose();
    }
    if (session.isDisposed) {
      throw new CloudSessionsError('cancelled', l10n.t('The session was closed while it was being opened.'));
    }
  }

  /** The session that is open here and takes on what was kept: also under another id, if nothing else is to be joined. */
  private openAs({ sessionId, open, details: { taskId } }: PersistedSession): CloudSession | undefined {
    return this.getSession(sessionId) ?? (open || taskId === undefined ? undefined : this.getSession(taskId));
  }

  private reopen({ sessionId, details, remoteUrl, openedAt, prompts, choices = {} }: PersistedSession): void {
    const session = new CloudSession(sessionId, details, this.timers, this.now);
    session.offerRemoteUrl(remoteUrl);
    session.markAsExisting();
    session.choices.choose(choices);
    // Before the events: those that show a prompt prove that it was delivered.
    session.outbox.restore(prompts);
    this.open.adopt(session, openedAt);
  }

  /** The list knows which task a session belongs to; without it a session cannot be attached again. */
  private learnTaskIds(): void {
    for (const session of this.open.all) {
      const taskId = this.sessionRows.entryOf(session)?.taskId;
      if (session.details.taskId === undefined && taskId !== undefined) {
        session.update({ taskId });
        this.reattacher.keepAttached(session);
      }
    }
  }

  /** The runtime may have let go of it without a word: reading the history finds that out, and mends it. */
  private readAgain(session: CloudSession): void {
    session.reconcile().catch((error: unknown) => this.warn(`Session ${session.sessionId}: ${textOf(error)}`));
  }

  private readMovedOn(): void {
    for (const session of this.open.all) {
      if (this.movedOn.isNews(session, this.sessionRows.entryOf(session), this.listed.listedAt)) {
        this.readAgain(session);
      }
    }
  }

  private onLifecycle(sessionId: string, type: string): void {
    if (type === 'session.deleted') {
      this.listed.remove(sessionId);
      if (this.listed.find(sessionId) !== undefined) {
        // Of a session in the cloud, the service alone can say that it is gone.
        this.listed.refreshSoon();
      }
      return;
    }
    // An open session's row lives from its own events, and `updated` follows nearly each of them.
    if (type === 'session.updated' && this.open.has(sessionId)) {
      return;
    }
    this.listed.refreshSoon();
  }
}

function notOpen(id: string): CloudSessionsError {
  return new CloudSessionsError('session-not-found', l10n.t('No session with the id {0} is open in this window.', id), {
    nextStep: l10n.t('Run “Cloud Sessions: Watch Session” first.'),
  });
}

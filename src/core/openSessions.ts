import { Emitter, type Disposable, type Event } from 'vscode-jsonrpc/node';
import { keptSession, type KeptSession } from './keptState';
import type { CloudSession } from './session';
import type { ListEntry } from './sessionRow';

interface Open {
  readonly session: CloudSession;
  readonly since: Date;
  readonly subscriptions: readonly Disposable[];
}

/** The sessions that are open in this window, and what is kept of those that no longer are. */
export class OpenSessions implements Disposable {
  private readonly open = new Map<string, Open>();
  /** Prompts of sessions that are no longer watched, by session id: they are not delivered, so they are kept. */
  private readonly parked = new Map<string, KeptSession>();
  /** Row keys by session id: of what is, or was, open. */
  private readonly keys = new Map<string, string>();
  private readonly opened = new Emitter<CloudSession>();
  private readonly closed = new Emitter<CloudSession>();
  private readonly changed = new Emitter<CloudSession>();

  readonly onDidOpen: Event<CloudSession> = this.opened.event;
  readonly onDidClose: Event<CloudSession> = this.closed.event;
  /** Something that its row shows may have changed. */
  readonly onDidChange: Event<CloudSession> = this.changed.event;

  constructor(
    /** See `Outbox.beforeSend`. */
    private readonly beforeSend: () => Promise<void>,
    private readonly now: () => Date,
  ) {}

  get all(): readonly CloudSession[] {
    return [...this.open.values()].map(({ session }) => session);
  }

  /** What is to outlive this process. */
  get kept(): readonly KeptSession[] {
    const open = [...this.open.values()].filter(({ session }) => session.details.isRemote);
    return [...open.map(({ session, since }) => keptSession(session, since)), ...this.parked.values()];
  }

  has(sessionId: string): boolean {
    return this.open.has(sessionId);
  }

  /** By its own id, or its task's. */
  find(id: string): CloudSession | undefined {
    return this.open.get(id)?.session ?? this.all.find(({ details }) => details.taskId === id);
  }

  findByKey(key: string): CloudSession | undefined {
    return this.all.find(({ sessionId }) => this.keyOf(sessionId) === key);
  }

  /** Since when it is open. */
  since({ sessionId }: CloudSession): Date {
    return this.open.get(sessionId)?.since ?? this.now();
  }

  /** The key of an open session's row. */
  keyOf(sessionId: string): string {
    return this.keys.get(sessionId) ?? sessionId;
  }

  /**
   * The key of a row in the list: that of the session which it was while that was open, else the task's id, which the
   * list always knows. The session's own id may be told only later: the row, and its selection, must not go by it.
   */
  keyOfEntry({ sessionId, taskId, ids, isRemote }: ListEntry): string {
    if (!isRemote) {
      return this.keyOf(sessionId);
    }
    const opened = ids.find((id) => this.keys.has(id));
    return opened === undefined ? (taskId ?? sessionId) : this.keyOf(opened);
  }

  /** Its row was there before it was opened. */
  setKey(sessionId: string, key: string): void {
    this.keys.set(sessionId, key);
  }

  adopt(session: CloudSession, since = this.now()): void {
    const { sessionId, details } = session;
    this.setKey(sessionId, this.keys.get(sessionId) ?? details.taskId ?? sessionId);
    const open = this.open.get(sessionId);
    if (open?.session === session) {
      return;
    }
    if (open !== undefined) {
      // Another object for the same session: the prompts of the one before are not lost with it.
      session.choices.choose(open.session.choices.pending ?? {});
      session.outbox.restore(open.session.outbox.stored);
      this.release(sessionId);
    }
    const parked = this.parked.get(sessionId);
    this.parked.delete(sessionId);
    session.outbox.beforeSend = this.beforeSend;
    this.open.set(sessionId, {
      session,
      since,
      subscriptions: [
        session.onDidChange(() => {
          this.changed.fire(session);
        }),
        // A prompt is kept from the moment that it is given.
        session.outbox.onDidChange(() => void this.beforeSend()),
      ],
    });
    this.opened.fire(session);
    if (parked !== undefined) {
      // Before its prompts: they wait for what was chosen.
      session.choices.choose(parked.choices ?? {});
      session.outbox.restore(parked.prompts);
      session.outbox.announceRestored();
    }
  }

  /** The runtime names a session by another id than before: it goes on under that, with all that it has. */
  replace(session: CloudSession, successor: CloudSession): void {
    const since = this.since(session);
    const prompts = session.outbox.stored;
    const choices = session.choices.pending ?? {};
    const key = this.keyOf(session.sessionId);
    this.release(session.sessionId);
    session.dispose();
    this.setKey(successor.sessionId, key);
    successor.offerRemoteUrl(session.remoteUrl);
    successor.absorb(session);
    this.adopt(successor, since);
    successor.choices.choose(choices);
    successor.outbox.restore(prompts);
    successor.outbox.announceRestored();
  }

  /** Lets go of a session. The prompts that it did not show are kept. */
  close(session: CloudSession): void {
    const { prompts, ...rest } = keptSession(session, this.since(session));
    this.release(session.sessionId);
    if (prompts.some(({ state }) => state !== 'shown') || rest.choices !== undefined) {
      this.park({ ...rest, open: false, prompts });
    }
  }

  park(session: KeptSession): void {
    this.parked.set(session.sessionId, session);
  }

  dispose(): void {
    for (const session of this.all) {
      session.dispose();
      this.release(session.sessionId);
    }
    this.opened.dispose();
    this.closed.dispose();
    this.changed.dispose();
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
}

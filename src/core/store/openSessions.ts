import * as l10n from '@vscode/l10n';
import { Emitter, LRUCache, type Disposable, type Event } from 'vscode-jsonrpc/node';
import { persistedSession, type PersistedSession } from './persistedState';
import { CloudSessionsError } from '../errors/cloudSessionsError';
import { Outbox } from '../prompts/outbox';
import type { CloudSession } from '../session/session';
import type { ListEntry } from './listEntries';
import type { Timers } from '../common/timers';
import type { Prompt } from '../prompts/prompt';

interface Open {
  readonly session: CloudSession;
  readonly since: Date;
  readonly key: string;
  readonly subscriptions: readonly Disposable[];
}

/** A session that is not watched and has undelivered prompts. */
export interface Parked {
  session: Omit<PersistedSession, 'open' | 'prompts'>;
  readonly outbox: Outbox;
  readonly subscription: Disposable;
}

/** A prompt is new, has changed its state, or was discarded. */
export interface PromptChange {
  readonly sessionId: string;
  readonly prompt: Prompt;
}

/** How many unwatched sessions are remembered only for prompts that are shown and not proven. */
const MAX_SETTLED = 50;
/** How many row keys of closed sessions are remembered; a forgotten key loses the selection of its row. */
const MAX_CLOSED_KEYS = 1_000;

/**
 * The owner of the sessions that are open in this window, and of the prompts of closed ones. A session that is closed is
 * disposed; its prompts are taken over in the same step.
 */
export class OpenSessions implements Disposable {
  private readonly open = new Map<string, Open>();
  private readonly parked = new Map<string, Parked>();
  /** Row keys by session id, of sessions that are about to be open, are open, or were. */
  private readonly keys = new LRUCache<string, string>(MAX_CLOSED_KEYS);
  private readonly opened = new Emitter<CloudSession>();
  private readonly closed = new Emitter<CloudSession>();
  private readonly changed = new Emitter<CloudSession>();
  private readonly prompts = new Emitter<PromptChange>();

  readonly onDidOpen: Event<CloudSession> = this.opened.event;
  /** A session is no longer open; it is disposed right after this. */
  readonly onDidClose: Event<CloudSession> = this.closed.event;
  /** The row of a session may have changed. */
  readonly onDidChange: Event<CloudSession> = this.changed.event;
  readonly onDidChangePrompt: Event<PromptChange> = this.prompts.event;

  constructor(
    /** See `Outbox.beforeSend`. */
    private readonly beforeSend: () => Promise<void>,
    private readonly timers: Timers,
    private readonly now: () => Date,
  ) {}

  get all(): readonly CloudSession[] {
    return [...this.open.values()].map(({ session }) => session);
  }

  /** Sessions that are not watched and have prompts. */
  get allParked(): readonly Parked[] {
    return [...this.parked.values()];
  }

  /** The sessions, to be persisted. */
  get kept(): readonly PersistedSession[] {
    const open = [...this.open.values()].filter(({ session }) => session.details.isRemote);
    return [
      ...open.map(({ session, since }) => persistedSession(session, since)),
      ...this.allParked.map(({ session, outbox }) => ({ ...session, open: false, prompts: outbox.stored })),
    ];
  }

  has(sessionId: string): boolean {
    return this.open.has(sessionId);
  }

  /** By its own id, or its task's. */
  find(id: string): CloudSession | undefined {
    return this.open.get(id)?.session ?? this.all.find(({ details }) => details.taskId === id);
  }

  /** Another open session of the same task: the runtime may use another id for it now. */
  otherOfTask(session: CloudSession): CloudSession | undefined {
    const { taskId } = session.details;
    return this.all.find((other) => other !== session && taskId !== undefined && other.details.taskId === taskId);
  }

  /** By its own id, or its task's. */
  findParked(id: string): Parked | undefined {
    return this.parked.get(id) ?? this.allParked.find(({ session }) => session.details.taskId === id);
  }

  findByKey(key: string): CloudSession | undefined {
    return this.all.find(({ sessionId }) => this.keyOf(sessionId) === key);
  }

  /** The prompts of a session, watched or not, by its own id or its task's; `undefined` if it has none. */
  outboxOf(id: string): Outbox | undefined {
    return this.find(id)?.outbox ?? this.findParked(id)?.outbox;
  }

  /** The outbox that has this prompt now. */
  outboxWith(promptId: number): { readonly sessionId: string; readonly outbox: Outbox } | undefined {
    const outboxes = [
      ...this.all.map(({ sessionId, outbox }) => ({ sessionId, outbox })),
      ...this.allParked.map(({ session: { sessionId }, outbox }) => ({ sessionId, outbox })),
    ];
    return outboxes.find(({ outbox }) => outbox.pending.some(({ id }) => id === promptId));
  }

  /** When it was opened. */
  since({ sessionId }: CloudSession): Date {
    return this.open.get(sessionId)?.since ?? this.now();
  }

  /** The key of an open session's row. */
  keyOf(sessionId: string): string {
    return this.open.get(sessionId)?.key ?? this.keys.get(sessionId) ?? sessionId;
  }

  /**
   * The key of a row in the list: that of the session while it was open, else the task's id, which the list always has.
   * The session's own id may be added to the list later, and must not change the key and the selection.
   */
  keyOfEntry({ sessionId, taskId, ids, localIds, isRemote }: ListEntry): string {
    if (!isRemote) {
      return this.keyOf(sessionId);
    }
    const opened = ids.find((id) => this.open.has(id) || this.keys.has(id));
    return opened === undefined ? (localIds[0] ?? taskId ?? sessionId) : this.keyOf(opened);
  }

  /** Sets the key of a session whose row was there before the session is opened. */
  setKey(sessionId: string, key: string): void {
    this.keys.set(sessionId, key);
  }

  adopt(session: CloudSession, since = this.now()): void {
    const { sessionId, details } = session;
    const open = this.open.get(sessionId);
    if (open?.session === session) {
      return;
    }
    if (open !== undefined) {
      // Another object for the same session: it takes over the choices and the prompts.
      session.choices.choose(open.session.choices.pending ?? {});
      session.outbox.takeFrom(open.session.outbox);
      this.release(open.session);
    }
    const key = this.keys.get(sessionId) ?? open?.key ?? details.taskId ?? sessionId;
    this.keys.set(sessionId, key);
    session.outbox.beforeSend = this.beforeSend;
    let { taskId } = details;
    this.open.set(sessionId, {
      session,
      since,
      key,
      subscriptions: [
        session.onDidChange(() => {
          if (session.details.taskId !== taskId) {
            ({ taskId } = session.details);
            this.takeParked(session);
          }
          this.changed.fire(session);
        }),
        session.outbox.onDidChange((prompt) => this.onPromptChange(sessionId, prompt)),
      ],
    });
    this.opened.fire(session);
    this.takeParked(session);
    if (session.isCaughtUp) {
      session.outbox.announceRestored();
    }
  }

  /** The runtime uses another id for a session: `successor` takes everything over. */
  replace(session: CloudSession, successor: CloudSession): void {
    const since = this.since(session);
    this.setKey(successor.sessionId, this.keyOf(session.sessionId));
    successor.offerRemoteUrl(session.remoteUrl);
    void successor.absorb(session);
    this.adopt(successor, since);
    successor.choices.choose(session.choices.pending ?? {});
    successor.outbox.takeFrom(session.outbox);
    successor.takeStopFrom(session);
    this.release(session);
    successor.outbox.announceRestored();
  }

  /** Closes a session. Undelivered prompts are kept. */
  close(session: CloudSession): void {
    const { prompts: _moved, open: _closed, ...rest } = persistedSession(session, this.since(session));
    if (!session.outbox.isEmpty || rest.choices !== undefined) {
      this.park(rest).takeFrom(
        session.outbox,
        new CloudSessionsError('cancelled', l10n.t('The session is no longer watched. The prompt is kept.'), {
          nextStep: l10n.t('Watch the session again to send it.'),
        }),
      );
    }
    this.release(session);
  }

  /** An outbox for a session that is not watched: the existing one, if the session or its task is parked already. */
  park(session: Parked['session']): Outbox {
    const [known] = this.parkedOf(session);
    if (known !== undefined) {
      const choices = { ...session.choices, ...known.session.choices };
      known.session = { ...session, ...known.session, ...(Object.keys(choices).length === 0 ? {} : { choices }) };
      return known.outbox;
    }
    const outbox = new Outbox(undefined, this.timers);
    const subscription = outbox.onDidChange((prompt) => this.onPromptChange(session.sessionId, prompt));
    this.parked.set(session.sessionId, { session, outbox, subscription });
    this.forgetOldest();
    return outbox;
  }

  /** The task of a session that is not watched became known: its prompts join those of the task. */
  learnTaskOf(parked: Parked, taskId: string): void {
    parked.session = { ...parked.session, details: { ...parked.session.details, taskId } };
    const open = this.find(taskId);
    if (open !== undefined) {
      this.takeParked(open);
      if (open.isCaughtUp) {
        open.outbox.announceRestored();
      }
      return;
    }
    const [, ...others] = this.parkedOf(parked.session);
    for (const other of others) {
      this.park(other.session).takeFrom(other.outbox);
      this.unpark(other);
    }
  }

  /** May be several: another window's runtime may have used another id for the task. */
  private parkedOf({ sessionId, details: { taskId } }: Pick<CloudSession, 'sessionId' | 'details'>): readonly Parked[] {
    return this.allParked.filter(
      ({ session }) =>
        session.sessionId === sessionId ||
        (taskId !== undefined && (session.details.taskId === taskId || session.sessionId === taskId)),
    );
  }

  /** Gives a session the choices and prompts that were kept for it, or for its task, while it was not watched. */
  private takeParked(session: CloudSession): void {
    for (const parked of this.parkedOf(session)) {
      // Before the prompts, which wait for the choices.
      session.choices.choose(parked.session.choices ?? {});
      session.outbox.takeFrom(parked.outbox);
      this.unpark(parked);
    }
  }

  /** Forgets the oldest sessions that only wait for proofs. */
  private forgetOldest(): void {
    const settled = this.allParked.filter(({ outbox }) => outbox.isDone);
    for (const parked of settled.slice(0, Math.max(0, settled.length - MAX_SETTLED))) {
      this.unpark(parked);
    }
  }

  dispose(): void {
    for (const session of this.all) {
      this.release(session);
    }
    for (const parked of this.allParked) {
      this.unpark(parked);
    }
    this.opened.dispose();
    this.closed.dispose();
    this.changed.dispose();
    this.prompts.dispose();
  }

  private onPromptChange(sessionId: string, prompt: Prompt): void {
    // A prompt is persisted at once.
    void this.beforeSend();
    this.prompts.fire({ sessionId, prompt });
    const parked = this.parked.get(sessionId);
    if (parked?.outbox.isEmpty === true && parked.session.choices === undefined) {
      this.unpark(parked);
    }
  }

  private unpark({ session, outbox, subscription }: Parked): void {
    this.parked.delete(session.sessionId);
    subscription.dispose();
    outbox.dispose();
  }

  private release(session: CloudSession): void {
    const open = this.open.get(session.sessionId);
    if (open?.session === session) {
      for (const subscription of open.subscriptions) {
        subscription.dispose();
      }
      this.open.delete(session.sessionId);
    }
    this.closed.fire(session);
    session.dispose();
  }
}

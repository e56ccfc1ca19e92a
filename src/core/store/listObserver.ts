import { isBusy } from '../activity/activity';
import { isFinal, statusOfListed } from '../activity/taskStatus';
import type { CloudSession } from '../session/session';
import type { ListEntry } from './listEntries';
import type { OpenSessions } from './openSessions';
import type { SessionAttacher } from './sessionAttacher';
import type { SessionList } from './sessionList';
import type { SessionRows } from './sessionRows';

/** Updates open sessions with what only the runtime's list or its lifecycle messages tell. */
export class ListObserver {
  /** By session, the change in the list for which its history was read last, in milliseconds. */
  private readonly readFor = new WeakMap<CloudSession, number>();

  constructor(
    private readonly open: OpenSessions,
    private readonly listed: SessionList,
    private readonly rows: Pick<SessionRows, 'entryOf'>,
    private readonly attacher: Pick<SessionAttacher, 'keepAttached' | 'readAgain'>,
  ) {}

  /** The list was read, or has changed. */
  onListChange(): void {
    this.learnTaskIds();
    this.joinTasks();
    for (const session of this.open.all) {
      if (this.hasMovedOn(session)) {
        this.attacher.readAgain(session);
      }
    }
  }

  /** Only the list knows which task a session belongs to; without it a session cannot be attached again. */
  learnTaskIds(): void {
    for (const session of this.open.all) {
      const taskId = this.rows.entryOf(session)?.taskId;
      if (session.details.taskId === undefined && taskId !== undefined) {
        session.update({ taskId });
        this.attacher.keepAttached(session);
      }
    }
  }

  /**
   * What windows kept under different ids of a task, and one of them without the task, is one session as soon as the
   * list says so: it has one row, one outbox, and is watched or not. Not to be called while a session is being opened,
   * for that may be the one that goes.
   */
  joinTasks(): void {
    for (const parked of this.open.allParked) {
      const { details } = parked.session;
      const taskId = this.rows.entryOf(parked.session)?.taskId;
      if (details.isRemote && details.taskId === undefined && taskId !== undefined) {
        this.open.learnTaskOf(parked, taskId);
      }
    }
    for (const session of this.open.all) {
      const other = this.open.otherOfTask(session);
      // The runtime's id is that of an attached one.
      if (other !== undefined && !session.isAttached) {
        this.open.replace(session, other);
      }
    }
  }

  /** @param type of the runtime's lifecycle message, such as `session.deleted` */
  onLifecycle(sessionId: string, type: string): void {
    if (type === 'session.deleted') {
      this.listed.remove(sessionId);
      if (this.listed.find(sessionId) !== undefined) {
        // Only the service can say that a session in the cloud is gone.
        this.listed.refreshSoon();
      }
      return;
    }
    // An open session's row depends on its own events, and `updated` follows nearly each of them.
    if (type === 'session.updated' && this.open.has(sessionId)) {
      return;
    }
    this.listed.refreshSoon();
  }

  /**
   * Whether the session rests by its events, but works by the service's list, so that its events no longer arrive: the
   * runtime releases idle sessions without notice, and the work may continue from elsewhere (the web, a phone). True once
   * for each change in the list.
   */
  private hasMovedOn(session: CloudSession): boolean {
    const entry: ListEntry | undefined = this.rows.entryOf(session);
    const modified = entry?.modifiedTime;
    const { listedAt } = this.listed;
    if (entry === undefined || modified === undefined || listedAt === undefined || !session.isCaughtUp) {
      return false;
    }
    const { status, activity } = session;
    const rests = status === 'idle' || isFinal(status);
    const isNewer = activity.lastEventTime === undefined || activity.lastEventTime < modified;
    if (!rests || !isNewer || !isBusy(statusOfListed(entry, listedAt).status)) {
      return false;
    }
    const isNew = this.readFor.get(session) !== modified.getTime();
    this.readFor.set(session, modified.getTime());
    return isNew;
  }
}

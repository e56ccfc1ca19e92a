import type { SessionStatus } from '../activity/activity';
import type { CloudSession } from '../session/session';
import type { Creations } from './creations';
import type { OpenSessions, Parked } from './openSessions';
import type { RowCache } from './rowCache';
import type { SessionList } from './sessionList';
import type { ListEntry } from './listEntries';
import { rowOf, type SessionRow } from './sessionRow';
import { rememberedLink, type SessionUrlMemory } from './sessionUrlMemory';

/** The rows of all known sessions: open in this window, listed by the runtime, or only kept for their prompts. */
export class SessionRows {
  /** By row key, as counted in `countOfStatus`. */
  private readonly statuses = new Map<string, SessionStatus>();
  private readonly countOfStatus = new Map<SessionStatus, number>();

  constructor(
    private readonly open: OpenSessions,
    private readonly listed: SessionList,
    private readonly creations: Creations,
    private readonly cache: RowCache,
    private readonly urls: SessionUrlMemory,
    private readonly now: () => Date,
  ) {}

  /** All rows: those being created first, then by the time of their last change, newest first. */
  get all(): readonly SessionRow[] {
    const rows = this.sessions();
    rows.sort((a, b) => b.modifiedTime.getTime() - a.modifiedTime.getTime() || a.key.localeCompare(b.key));
    return [...this.creations.rows, ...rows];
  }

  /** How many rows have each status. Looks only at the rows that have changed since the last call. */
  get counts(): ReadonlyMap<SessionStatus, number> {
    const touched = this.cache.takeTouched();
    if (touched === undefined) {
      this.statuses.clear();
      this.countOfStatus.clear();
      for (const { key, status } of [...this.creations.rows, ...this.sessions()]) {
        this.count(key, status);
      }
    } else {
      for (const key of touched) {
        this.countAgain(key);
      }
    }
    return this.countOfStatus;
  }

  /** The row with this key, session id or task id. */
  find(id: string): SessionRow | undefined {
    const creation = this.creations.find(id);
    if (creation !== undefined) {
      return creation;
    }
    const session = this.open.find(id) ?? this.open.findByKey(id);
    if (session !== undefined) {
      return this.rowOfSession(session);
    }
    const entry = this.listed.find(id) ?? this.listed.entries.find((listed) => this.open.keyOfEntry(listed) === id);
    if (entry !== undefined) {
      return this.rowOfEntry(entry);
    }
    const parked = this.parkedWith(id);
    return parked && this.rowOfParked(parked);
  }

  /** What the runtime's list says of the session. */
  entryOf({ sessionId, details }: Pick<CloudSession, 'sessionId' | 'details'>): ListEntry | undefined {
    return this.listed.find(sessionId) ?? (details.taskId === undefined ? undefined : this.listed.find(details.taskId));
  }

  private countAgain(key: string): void {
    const session = this.open.find(key) ?? this.open.findByKey(key);
    const entry = session && this.entryOf(session);
    if (entry !== undefined) {
      // The session's task is known by now: the row of its entry in the list is gone.
      this.count(this.open.keyOfEntry(entry), undefined);
    }
    const row = this.find(key);
    // An unwatched session is shown while it has prompts.
    const parked = session === undefined ? this.parkedWith(key) : undefined;
    const isDone = parked?.outbox.isDone === true && this.entryOf(parked.session) === undefined;
    // A row with another key is that of the list, which is counted there.
    this.count(key, row?.key !== key || isDone ? undefined : row.status);
  }

  private count(key: string, status: SessionStatus | undefined): void {
    const before = this.statuses.get(key);
    if (before === status) {
      return;
    }
    if (before !== undefined) {
      const left = (this.countOfStatus.get(before) ?? 0) - 1;
      if (left > 0) {
        this.countOfStatus.set(before, left);
      } else {
        this.countOfStatus.delete(before);
      }
      this.statuses.delete(key);
    }
    if (status !== undefined) {
      this.countOfStatus.set(status, (this.countOfStatus.get(status) ?? 0) + 1);
      this.statuses.set(key, status);
    }
  }

  /** Without those that are being created, in no order. */
  private sessions(): SessionRow[] {
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
    for (const parked of this.open.allParked) {
      if (!parked.outbox.isDone && this.entryOf(parked.session) === undefined) {
        rows.push(this.rowOfParked(parked));
      }
    }
    return rows;
  }

  private parkedWith(id: string): Parked | undefined {
    return (
      this.open.findParked(id) ??
      this.open.allParked.find(({ session: { sessionId } }) => this.open.keyOf(sessionId) === id)
    );
  }

  private rowOfSession(session: CloudSession): SessionRow {
    return this.cache.row(this.open.keyOf(session.sessionId), (key) =>
      rowOf(key, session, this.entryOf(session), undefined, this.open.since(session), this.listed.listedAt),
    );
  }

  private rowOfEntry(entry: ListEntry): SessionRow {
    return this.cache.row(this.open.keyOfEntry(entry), (key) =>
      rowOf(
        key,
        undefined,
        entry,
        rememberedLink(this.urls, entry.ids),
        this.now(),
        this.listed.listedAt,
        entry.ids.map((id) => this.open.findParked(id)).find((parked) => parked !== undefined)?.outbox.pending,
      ),
    );
  }

  /** A session that is neither watched nor listed is shown for its prompts. */
  private rowOfParked({ session, outbox }: Parked): SessionRow {
    const { sessionId, details, remoteUrl, openedAt } = session;
    return this.cache.row(this.open.keyOf(sessionId), (key) => ({
      ...rowOf(
        key,
        undefined,
        {
          sessionId,
          taskId: details.taskId,
          ids: details.taskId === undefined ? [sessionId] : [sessionId, details.taskId],
          isRemote: details.isRemote,
          localIds: [],
          title: undefined,
          serviceState: undefined,
          taskType: undefined,
          hostStatus: undefined,
          hostActivity: undefined,
          staleAt: undefined,
          repository: details.repository,
          branch: details.branch,
          startTime: openedAt,
          modifiedTime: undefined,
        },
        remoteUrl,
        openedAt,
        undefined,
        outbox.pending,
      ),
      // Its state is unknown.
      status: 'disconnected' as const,
      listedBranch: undefined,
    }));
  }
}

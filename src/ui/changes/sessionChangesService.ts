import * as vscode from 'vscode';
import type { SessionEvent } from '@github/copilot-sdk';
import type { ChangedFile } from '../../core/changes/sessionChanges';
import { BoundedMap } from '../../core/common/bounded';
import { RunOnceScheduler } from '../../core/common/runOnceScheduler';
import { realTimers, type Timers } from '../../core/common/timers';
import type { CloudSession } from '../../core/session/session';
import type { SessionRow } from '../../core/store/sessionRow';
import type { SessionStore } from '../../core/store/sessionStore';
import type { ChangeSources, FoundChanges } from './changeSources';

/** Events after which the agent's machine may have other files. A shell may change any. */
const MAY_CHANGE_FILES: ReadonlySet<string> = new Set<SessionEvent['type']>([
  'tool.execution_complete',
  'assistant.turn_end',
  'session.idle',
]);
/** How long the agent is left alone after such an event, in milliseconds. */
const REFRESH_MS = 5_000;
/** Changes of the longest diffs can take megabytes. */
const MOST_KEPT = 100;

/** One reading of the changes of a session. Later ones have higher numbers. */
interface Reading {
  readonly number: number;
  readonly fetches: boolean;
  readonly answer: Promise<FoundChanges>;
}

/**
 * What the sessions have changed, as it was last read. While somebody looks, the changes of watched sessions are read
 * again after their agents have worked; nothing is fetched for that.
 */
export class SessionChangesService implements vscode.Disposable {
  private readonly changes = new vscode.EventEmitter<string>();
  /** The changes of the session with this row key were read anew. */
  readonly onDidChange = this.changes.event;
  /** The answers, each with the number of its reading. */
  private readonly known = new BoundedMap<string, { readonly number: number; readonly found: FoundChanges }>(MOST_KEPT);
  /** The last reading of each row that is running. */
  private readonly reading = new Map<string, Reading>();
  private readings = 0;
  /** The keys of sessions whose agents have worked since. */
  private readonly stale = new Set<string>();
  private readonly listeners = new Map<CloudSession, { dispose(): unknown }>();
  private readonly refresher: RunOnceScheduler;
  private readonly subscriptions: readonly { dispose(): unknown }[];
  private isRefreshing = false;

  /** @param isInView whether somebody looks at changes now */
  constructor(
    private readonly store: Pick<SessionStore, 'find' | 'openSessions' | 'onDidOpen' | 'onDidClose' | 'onDidChange'>,
    private readonly sources: Pick<ChangeSources, 'read'>,
    private readonly isInView: () => boolean,
    timers: Timers = realTimers,
  ) {
    this.refresher = new RunOnceScheduler(() => void this.refresh(), REFRESH_MS, timers);
    this.subscriptions = [
      store.onDidOpen((session) => this.follow(session)),
      store.onDidClose((session) => this.leave(session)),
      store.onDidChange(() => this.resume()),
    ];
    store.openSessions.forEach((session) => this.follow(session));
  }

  /** What was last read for the row with this key; `undefined` before. */
  ofRow(key: string): FoundChanges | undefined {
    return this.known.get(key)?.found;
  }

  /** The same by one of the ids of its session. That looks for the row: lists of many rows have the key. */
  get(id: string): FoundChanges | undefined {
    return this.ofRow(id) ?? this.ofRow(this.store.find(id)?.key ?? id);
  }

  filesOf(id: string): readonly ChangedFile[] {
    return this.get(id)?.set.changes.files ?? [];
  }

  /**
   * Reads the changes of a session; several calls at once share an answer.
   * @param fetches the pushed branch may be fetched
   * @throws as `ChangeSources.read`
   */
  read(row: SessionRow, { fetches }: { readonly fetches: boolean }): Promise<FoundChanges> {
    const { key } = row;
    const running = this.reading.get(key);
    if (running !== undefined && (running.fetches || !fetches)) {
      return running.answer;
    }
    const number = ++this.readings;
    const answer = this.sources
      .read(row, { fetches })
      .then((found) => this.keep(key, number, found))
      .finally(() => {
        if (this.reading.get(key)?.number === number) {
          this.reading.delete(key);
        }
        this.resume();
      });
    this.reading.set(key, { number, fetches, answer });
    return answer;
  }

  /** Call it when somebody begins to look. */
  resume(): void {
    if (this.stale.size > 0 && !this.isRefreshing && this.isInView()) {
      this.refresher.schedule();
    }
  }

  dispose(): void {
    this.refresher.dispose();
    this.stale.clear();
    [...this.subscriptions, ...this.listeners.values(), this.changes].forEach((part) => part.dispose());
    this.listeners.clear();
  }

  /** @returns what is known now: the answer of an earlier reading may come after that of a later one */
  private keep(key: string, number: number, found: FoundChanges): FoundChanges {
    const last = this.known.get(key);
    if (last !== undefined && last.number > number) {
      return last.found;
    }
    this.known.set(key, { number, found });
    this.changes.fire(key);
    return found;
  }

  private follow(session: CloudSession): void {
    if (!session.details.isRemote || this.listeners.has(session)) {
      return;
    }
    const { sessionId } = session;
    this.listeners.set(
      session,
      // Also the events before: a session that was restored has changes, too.
      session.onEvent(({ type }) => {
        if (MAY_CHANGE_FILES.has(type)) {
          this.stale.add(sessionId);
          this.resume();
        }
      }),
    );
  }

  private leave(session: CloudSession): void {
    this.listeners.get(session)?.dispose();
    this.listeners.delete(session);
    this.stale.delete(session.sessionId);
  }

  /**
   * One after the other: each is a request to the service. A failure leaves what was known, with its age. When nobody
   * looks any more, the rest waits until somebody does.
   */
  private async refresh(): Promise<void> {
    if (this.isRefreshing) {
      return;
    }
    this.isRefreshing = true;
    try {
      for (const sessionId of [...this.stale]) {
        const row = this.store.find(sessionId);
        // A reading that is running may have asked before the agent's last change.
        const mayRead = row?.session?.isCaughtUp === true && !this.reading.has(row.key) && this.isInView();
        if (mayRead && this.stale.delete(sessionId)) {
          await this.read(row, { fetches: false }).catch(() => undefined);
        }
      }
    } finally {
      this.isRefreshing = false;
    }
    if ([...this.stale].some((id) => this.store.find(id)?.session?.isCaughtUp === true)) {
      this.resume();
    }
  }
}

import type { SessionEvent } from '@github/copilot-sdk';
import { Emitter, type Disposable, type Event } from 'vscode-jsonrpc/node';
import { eventIdentity } from './eventIdentity';
import { EventLog } from './eventLog';

/** A place in the log where this client knows that something is missing, or has something to say itself. */
export interface SessionNote {
  readonly level: 'info' | 'warning' | 'error';
  readonly text: string;
  readonly at: Date;
  /** The event that it follows; `undefined` for the beginning. */
  readonly after: SessionEvent | undefined;
}

/** What was added to the end of the log, or `rewritten` when something came to stand before its end. */
export type LogChange =
  | { readonly kind: 'event'; readonly event: SessionEvent }
  | { readonly kind: 'note'; readonly note: SessionNote }
  | { readonly kind: 'rewritten' };

/** What is shown of a session: its events, each once and in order, and this client's notes between them. */
export class SessionHistory implements Disposable {
  readonly log: EventLog;
  private readonly noteList: SessionNote[] = [];
  private readonly changes = new Emitter<LogChange>();
  /** Ids of events that the buffer dropped and the history has not been searched for yet. */
  private missing: readonly (string | undefined)[] = [];

  /** One change for each event and note, in order. */
  readonly onDidChange: Event<LogChange> = this.changes.event;

  constructor(
    private readonly now: () => Date,
    onListenerError: (error: unknown) => void,
  ) {
    this.log = new EventLog(onListenerError);
  }

  get events(): readonly SessionEvent[] {
    return this.log.all;
  }

  get notes(): readonly SessionNote[] {
    return this.noteList;
  }

  /** How many events were dropped, and may be in the history that is still to be read. */
  get missingCount(): number {
    return this.missing.length;
  }

  /** What is known until now has the ids of another connection than what follows. */
  beginConnection(): void {
    this.log.beginConnection();
  }

  /** @returns false if it is known already. */
  add(event: SessionEvent): boolean {
    if (!this.log.append(event)) {
      return false;
    }
    this.changes.fire({ kind: 'event', event });
    return true;
  }

  addNote(level: SessionNote['level'], text: string): void {
    const note: SessionNote = { level, text, at: this.now(), after: this.log.all.at(-1) };
    this.noteList.push(note);
    this.changes.fire({ kind: 'note', note });
  }

  /**
   * Adds what the runtime's history has more.
   * @param renumbered what came over earlier connections had other ids
   * @returns whether that was anything
   */
  merge(history: readonly SessionEvent[], renumbered: boolean): boolean {
    const { added, reordered } = this.log.merge(history, renumbered ? 'earlier' : 'none');
    if (added.length === 0) {
      return false;
    }
    if (reordered) {
      this.changes.fire({ kind: 'rewritten' });
    } else {
      for (const event of added) {
        this.changes.fire({ kind: 'event', event });
      }
    }
    return true;
  }

  /** Adds what was kept of the same session, seen over other connections: events in their places, notes after them. */
  absorb(events: readonly SessionEvent[], notes: readonly SessionNote[]): void {
    const wasEmpty = this.log.all.length === 0;
    if (wasEmpty) {
      // All of them, also what has no id to be known by.
      events.forEach((event) => this.log.append(event));
    } else {
      this.log.merge(events, 'all');
    }
    this.log.beginConnection();
    let placed = notes;
    if (!wasEmpty && notes.length > 0) {
      const known = new Set(this.log.all);
      const same = new Map(this.log.all.map((event) => [eventIdentity(event), event] as const));
      placed = notes.map((note) =>
        note.after === undefined || known.has(note.after)
          ? note
          : { ...note, after: same.get(eventIdentity(note.after)) },
      );
    }
    // Kept ones are the older ones.
    this.noteList.unshift(...placed);
    if (events.length > 0 || notes.length > 0) {
      this.changes.fire({ kind: 'rewritten' });
    }
  }

  /** These could not be held while the session was being opened; the history may have them. */
  expectMissing(ids: readonly (string | undefined)[]): void {
    this.missing = [...this.missing, ...ids];
  }

  /** Of the events that the buffer dropped, those that the history does not have are lost for good: that is said. */
  reportGap(): void {
    const lost = this.missing.filter((id) => id === undefined || !this.log.has(id)).length;
    this.missing = [];
    if (lost > 0) {
      this.noteList.push({
        level: 'warning',
        text: `${countOf(lost)} could not be held while the session was being opened, and cannot be read again.`,
        at: this.now(),
        // They were the oldest.
        after: undefined,
      });
      this.changes.fire({ kind: 'rewritten' });
    }
  }

  dispose(): void {
    this.changes.dispose();
  }
}

/** "1 event", "2 events" */
export function countOf(events: number): string {
  return `${events} ${events === 1 ? 'event' : 'events'}`;
}

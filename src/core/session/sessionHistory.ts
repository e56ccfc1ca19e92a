import * as l10n from '@vscode/l10n';
import type { SessionEvent } from '@github/copilot-sdk';
import { Emitter, type Disposable, type Event } from 'vscode-jsonrpc/node';
import { identityHash } from '../events/eventIdentity';
import { EventLog, type Gap, type MergeResult } from '../eventLog/eventLog';
import { CALLS_AT_ONCE } from '../events/eventListeners';
import { defined } from '../common/defined';
import { SliceQueue, sharedTurns, type SlicedWork, type Turns } from '../common/timeSlices';

/** A line of the extension itself in a session's log: something is missing here, or something happened on this side. */
export interface SessionNote {
  readonly level: 'info' | 'warning' | 'error';
  readonly text: string;
  readonly at: Date;
  /** The event that it follows; `undefined` at the beginning. */
  readonly after: SessionEvent | undefined;
  /** What it is about, where that is noted only once: `gap-truncated`. Its text may be in another language. */
  readonly code?: string;
}

/** What the transcript of an earlier process has of a session: see `CloudSession.absorb`. */
export interface KeptHistory {
  readonly events: readonly SessionEvent[];
  readonly notes: readonly SessionNote[];
}

type OwnNote = { -readonly [Member in keyof SessionNote]: SessionNote[Member] };

/** What was added at the end of the log; `rewritten` if something was inserted before the end, or very much was added. */
export type LogChange =
  | { readonly kind: 'event'; readonly event: SessionEvent }
  | { readonly kind: 'note'; readonly note: SessionNote }
  | { readonly kind: 'rewritten' };

const EVENTS_PER_STEP = 64;
const GAP = 'gap-';
const GAP_TEXTS: Readonly<Record<Gap['reason'], string>> = {
  parent: l10n.t(
    'Gap: events may be missing here. The next event names a preceding one that the runtime did not send.',
  ),
  unrelated: l10n.t('Gap: events may be missing here. The events before and after this place have nothing in common.'),
  truncated: l10n.t('Gap: events may be missing here. The runtime sent only a part of the history.'),
};

/** Whether two notes say the same. Those of older transcripts have no code. */
export function isSameNote(a: Pick<SessionNote, 'code' | 'text'>, b: Pick<SessionNote, 'code' | 'text'>): boolean {
  return a.text === b.text || (a.code !== undefined && a.code === b.code);
}

/** The content of a session's log: its events, each once and in order, with notes between them. */
export class SessionHistory implements Disposable {
  readonly log: EventLog;
  private noteList: OwnNote[] = [];
  private readonly changes = new Emitter<LogChange>();
  /** Ids of the events that the buffer dropped and that were not looked up in the history yet. */
  private missing: readonly (string | undefined)[] = [];
  /** Dropped events were not in the history either. */
  private isLossy = false;
  /** Notes of gaps, with the id of the event that is missing there. */
  private readonly parentGaps = new Map<OwnNote, string>();
  /** Notes of gaps that this object found. Gaps in a transcript are notes like any other. */
  private readonly gapNotes = new WeakSet<OwnNote>();
  /** One merge at a time. */
  private readonly merges: SliceQueue;

  /** One change for each event and note, in order. */
  readonly onDidChange: Event<LogChange> = this.changes.event;

  constructor(
    private readonly now: () => Date,
    onListenerError: (error: unknown) => void,
    turns: Turns = sharedTurns,
  ) {
    this.log = new EventLog(onListenerError, (removed) => this.onDidRemove(removed));
    this.merges = new SliceQueue(turns);
  }

  get events(): readonly SessionEvent[] {
    return this.log.all;
  }

  get notes(): readonly SessionNote[] {
    return this.noteList;
  }

  /** Events are known to be missing, or may be. */
  get hasGaps(): boolean {
    return this.isLossy || this.noteList.some(({ code }) => code?.startsWith(GAP) === true);
  }

  /** How many events were dropped and may be in the history that is still to be read. */
  get missingCount(): number {
    return this.missing.length;
  }

  /** Events so far have the ids of another connection than the events that follow. */
  beginConnection(): void {
    this.log.beginConnection();
  }

  /** Events so far of this connection were held, and may be old. */
  endHeld(): void {
    this.log.endHeld();
  }

  /** @returns false if the event is known already */
  add(event: SessionEvent): boolean {
    if (!this.log.append(event)) {
      return false;
    }
    this.changes.fire({ kind: 'event', event });
    return true;
  }

  addNote(level: SessionNote['level'], text: string, code?: string): void {
    const note: SessionNote = { level, text, at: this.now(), after: this.log.all.at(-1), ...defined({ code }) };
    this.noteList.push(note);
    this.changes.fire({ kind: 'note', note });
  }

  /**
   * Adds the events of the runtime's history that are not known, in slices; events may arrive meanwhile. If one slice is
   * enough and no other merge is running, they are added before this returns.
   *
   * @param truncated the runtime sent only a part of the history
   * @returns false if the session was disposed before it was done
   */
  async merge(history: readonly SessionEvent[], truncated = false): Promise<boolean> {
    return (await this.merges.run(() => this.merging(history, truncated))) === true;
  }

  /** As `merge`, in one step: for events that must be added before the next message is handled. */
  mergeAtOnce(history: readonly SessionEvent[]): void {
    this.onMerged(this.log.merge(history, { recognised: 'earlier' }));
  }

  /**
   * Adds the transcript of the same session, as seen over other connections: events in their places, with their notes.
   * @returns false if the session was disposed before it was done
   */
  async absorb(events: readonly SessionEvent[], notes: readonly SessionNote[]): Promise<boolean> {
    return (await this.merges.run(() => this.absorbing(events, notes))) === true;
  }

  /** Does other work on the events, in slices, after the running merges. */
  async afterMerges(begin: () => SlicedWork<void>): Promise<void> {
    await this.merges.run(begin);
  }

  /** These events could not be held while the session was being opened; the history may have them. */
  expectMissing(ids: readonly (string | undefined)[]): void {
    this.missing = [...this.missing, ...ids];
  }

  /** Events that the buffer dropped and the history does not have are lost, and the log says so. */
  reportGap(): void {
    const lost = this.missing.filter((id) => id === undefined || !this.log.has(id)).length;
    this.missing = [];
    if (lost > 0) {
      this.isLossy = true;
      this.noteList.push({
        level: 'warning',
        text:
          lost === 1
            ? l10n.t('1 event could not be held while the session was being opened, and cannot be read again.')
            : l10n.t(
                '{0} events could not be held while the session was being opened, and cannot be read again.',
                lost,
              ),
        at: this.now(),
        // The dropped events were the oldest.
        after: undefined,
      });
      this.changes.fire({ kind: 'rewritten' });
    }
  }

  dispose(): void {
    this.merges.dispose();
    this.log.dispose();
    this.changes.dispose();
  }

  private *merging(history: readonly SessionEvent[], truncated: boolean): SlicedWork<boolean> {
    const isOneByOne = ({ added, reordered }: MergeResult): boolean => !reordered && added.length <= CALLS_AT_ONCE;
    const result = yield* this.log.merging(history, {
      recognised: 'earlier',
      isHistory: true,
      truncated,
      onMerged: (merged) => {
        // Listeners get this many events in slices; events that arrive between the slices must come after them.
        if (!isOneByOne(merged)) {
          this.onMerged(merged);
        }
      },
    });
    if (isOneByOne(result)) {
      this.onMerged(result);
    }
    return true;
  }

  private onMerged({ added, reordered, gaps }: MergeResult): void {
    if (reordered || added.length > CALLS_AT_ONCE) {
      this.noteGaps(gaps);
      this.changes.fire({ kind: 'rewritten' });
      return;
    }
    for (const event of added) {
      this.changes.fire({ kind: 'event', event });
    }
    if (this.noteGaps(gaps)) {
      this.changes.fire({ kind: 'rewritten' });
    }
  }

  private *absorbing(events: readonly SessionEvent[], notes: readonly SessionNote[]): SlicedWork<boolean> {
    const wasEmpty = this.log.all.length === 0;
    const placed = notes.map((note) => ({ ...note }));
    yield* this.log.merging(events, {
      recognised: 'kept',
      onMerged: ({ gaps }) => {
        // The notes of the transcript are older.
        this.noteList = [...placed, ...this.noteList];
        this.noteGaps(gaps);
        if (events.length > 0 || notes.length > 0) {
          this.changes.fire({ kind: 'rewritten' });
        }
      },
    });
    if (!wasEmpty && placed.length > 0) {
      yield* this.anchor(placed);
    }
    return true;
  }

  /** Notes that follow an event which the log has under another id are moved to that one. */
  private *anchor(notes: readonly OwnNote[]): SlicedWork<void> {
    const anchors = new Set(notes.flatMap(({ after }) => after ?? []));
    const events = [...this.log.all];
    for (const [index, event] of events.entries()) {
      anchors.delete(event);
      if (index % EVENTS_PER_STEP === 0) {
        yield;
      }
    }
    const wanted = new Set([...anchors].map(identityHash));
    const same = new Map<number, SessionEvent>();
    for (const [index, event] of anchors.size > 0 ? events.entries() : []) {
      const identity = identityHash(event);
      if (wanted.has(identity)) {
        same.set(identity, event);
      }
      if (index % EVENTS_PER_STEP === 0) {
        yield;
      }
    }
    for (const note of notes) {
      if (note.after !== undefined && anchors.has(note.after)) {
        note.after = same.get(identityHash(note.after));
      }
    }
    // The same gap may have been found here before the transcript was read.
    const isRepeated = (note: OwnNote): boolean =>
      (this.gapNotes.has(note) || note.code?.startsWith(GAP) === true) &&
      notes.some((kept) => kept !== note && isSameNote(kept, note) && kept.after === note.after);
    this.noteList = this.noteList.filter((note) => notes.includes(note) || !isRepeated(note));
    this.changes.fire({ kind: 'rewritten' });
  }

  /** Notes that follow a removed event are moved to the event before it. */
  private onDidRemove(removed: ReadonlyMap<SessionEvent, SessionEvent | undefined>): void {
    for (const note of this.noteList) {
      if (note.after !== undefined && removed.has(note.after)) {
        note.after = removed.get(note.after);
      }
    }
  }

  /** @returns whether notes were added or removed */
  private noteGaps(gaps: readonly Gap[]): boolean {
    const filled = new Set([...this.parentGaps].flatMap(([note, parentId]) => (this.log.has(parentId) ? [note] : [])));
    filled.forEach((note) => this.parentGaps.delete(note));
    this.noteList = this.noteList.filter((note) => !filled.has(note));
    let isNew = filled.size > 0;
    for (const { reason, parentId, after } of gaps) {
      const code = `${GAP}${reason}`;
      const note: OwnNote = { level: 'warning', text: GAP_TEXTS[reason], at: this.now(), after, code };
      if (!this.noteList.some((other) => isSameNote(other, note) && other.after === after)) {
        this.noteList.push(note);
        this.gapNotes.add(note);
        isNew = true;
        if (parentId !== undefined) {
          this.parentGaps.set(note, parentId);
        }
      }
    }
    return isNew;
  }
}

import type { SessionEvent } from '@github/copilot-sdk';
import { eventAt } from '../events/eventAt';
import type { Disposable } from 'vscode-jsonrpc/node';
import { Deltas } from '../events/deltas';
import { EventIds } from '../events/eventIds';
import { countBelow, Listeners, type EventListener } from '../events/eventListeners';
import { shareStrings } from '../events/sharedStrings';
import { EARLIER, type MergeTarget, type PreparedMerge, prepareMerge, StoredEvents } from './storedEvents';
import { atOnce, inSteps, type SlicedWork } from '../common/timeSlices';
import type { GapReason, MergeOptions, MergePlan } from './mergeTypes';

/** A place where events may be missing. */
export interface Gap {
  readonly reason: GapReason;
  /** The id of the event that is missing. */
  readonly parentId?: string;
  /** The event that it follows; `undefined` for the beginning. */
  readonly after: SessionEvent | undefined;
}

export interface MergeResult {
  /** Events that had not been seen, in their order. */
  readonly added: readonly SessionEvent[];
  /** True if any of them belongs before an event that listeners have been given already. */
  readonly reordered: boolean;
  readonly gaps: readonly Gap[];
}

/** A reader's place in a log. The log adjusts it when events before it are removed. */
export interface LogCursor {
  /** Index of the next event. */
  next: number;
}

/** How often a merge is planned again because the log has changed, before it runs without a pause. */
const MAX_PLANS = 3;

/**
 * All events of one session, each once, in the session's order.
 *
 * It has two sources: notifications, and `session.getMessages`, which adds what the notifications lacked. Both use the same
 * event ids (measured on 1.0.55 and 1.0.102), so a known id is not added again.
 */
export class EventLog implements Disposable {
  private stored = new StoredEvents();
  private connection = EARLIER + 1;
  /** The last connection whose history was merged. */
  private readConnection = EARLIER;
  private readonly ids = new EventIds();
  private readonly deltas = new Deltas();
  private readonly listeners: Listeners;
  private readonly cursors: LogCursor[] = [];
  private rewriteCount = 0;
  private refutedEvents: ReadonlySet<SessionEvent> = new Set();
  private missedEnd: SessionEvent | undefined;
  /** How often the indices of events have changed. */
  private moves = 0;
  /** How many merges are being prepared: meanwhile nothing may be removed. */
  private preparing = 0;
  /** Deltas to remove when no merge is being prepared. */
  private superseded: SessionEvent[] = [];

  /**
   * @param onDidRemove called with superseded events that were removed: for each, the event behind which it stood
   */
  constructor(
    onListenerError: (error: unknown) => void,
    private readonly onDidRemove?: (removed: ReadonlyMap<SessionEvent, SessionEvent | undefined>) => void,
  ) {
    this.listeners = new Listeners(() => this.stored.all, onListenerError);
  }

  get all(): readonly SessionEvent[] {
    return this.stored.all;
  }

  /** How often events were inserted before the end: what was derived from `all` is outdated then. */
  get rewrites(): number {
    return this.rewriteCount;
  }

  /** Prompts that a runtime showed, and that the service does not have, by the last history. */
  get refuted(): ReadonlySet<SessionEvent> {
    return this.refutedEvents;
  }

  /**
   * The last event that did not come live over this connection, once its history was read. Events that are in no history
   * (`session.idle`, say) may have been missed up to here.
   */
  get missedUpTo(): SessionEvent | undefined {
    return this.missedEnd;
  }

  has(id: string): boolean {
    return this.ids.has(id);
  }

  /** A new cursor at the beginning, which lives as long as the log. */
  cursor(): LogCursor {
    const cursor = { next: 0 };
    this.cursors.push(cursor);
    return cursor;
  }

  /** A new connection: what follows has other ids than what is known. */
  beginConnection(): void {
    this.connection++;
    this.ids.beginConnection();
  }

  /**
   * Marks what has come over this connection as possibly old, and in the history under other ids: some runtimes send old
   * events as if they were new, and an earlier attachment may have had them.
   */
  endHeld(): void {
    this.stored.makeEarlier(this.connection);
  }

  /** Adds an event that has just arrived; `false` if it is known already, or a piece of a text that is complete. */
  append(event: SessionEvent): boolean {
    if (this.deltas.isSuperseded(event) || !this.ids.add(event)) {
      return false;
    }
    this.stored.push(shareStrings(event, this.all.at(-1)), Number.NaN, this.connection);
    this.remove(this.deltas.observe(event));
    this.listeners.deliver();
    return true;
  }

  /** As `merging`, without a pause. */
  merge(history: readonly SessionEvent[], options: MergeOptions = {}): MergeResult {
    return atOnce(this.merging(history, options));
  }

  /**
   * Adds the unknown events of `history`, each behind the event that it follows in `history`. Events that `history` lacks
   * (ephemeral ones) keep their places. Listeners get the added ones, in their order.
   *
   * Events may arrive between its slices; the log changes in one step. Merges that pause must not overlap.
   *
   * @param options `onMerged` is called in that step
   */
  *merging(
    history: readonly SessionEvent[],
    options: MergeOptions & { readonly onMerged?: (result: MergeResult) => void } = {},
  ): SlicedWork<MergeResult> {
    const { connection } = this;
    let result: MergeResult | undefined;
    let plan: MergePlan | undefined;
    this.preparing++;
    try {
      for (let attempt = 1; result === undefined; attempt++) {
        const preparation = prepareMerge(this.mergeTarget(connection), history, options);
        const prepared = attempt > MAX_PLANS ? atOnce(preparation) : yield* preparation;
        plan = prepared.plan;
        result = this.commit(prepared, connection);
      }
    } finally {
      this.preparing--;
    }
    options.onMerged?.(result);
    yield* this.listeners.delivering(result.added, plan?.places ?? []);
    const superseded = yield* this.supersededBy(result.added);
    this.remove([...this.superseded.splice(0), ...superseded]);
    return result;
  }

  /** The listener is first given every event so far, in order, then each new one. */
  listen(listener: EventListener): Disposable {
    return this.listeners.add(listener);
  }

  dispose(): void {
    this.listeners.dispose();
  }

  private mergeTarget(connection: number): MergeTarget {
    return {
      stored: this.stored,
      ids: this.ids,
      connection,
      moves: this.moves,
      isRead: this.readConnection === connection,
      isSuperseded: (event) => this.deltas.isSuperseded(event),
    };
  }

  /** Commits in one step. @returns `undefined` if what has come meanwhile changes the plan */
  private commit(prepared: PreparedMerge, connection: number): MergeResult | undefined {
    const { plan, isHistory, moves, taken } = prepared;
    const isMoved = this.moves !== moves;
    const tail = plan.added.length === 0 ? [] : this.all.slice(taken);
    if (isMoved || tail.some(({ id }) => plan.hasId(id))) {
      return undefined;
    }
    this.ids.join(prepared.ids, connection === this.connection);
    if (connection === this.connection && plan.refuted !== undefined) {
      this.refute(isHistory ? plan.refuted : [...this.refutedEvents, ...plan.refuted]);
    }
    if (plan.added.length === 0) {
      this.endMissed(prepared, connection);
      return { added: [], reordered: false, gaps: this.gapsOf(plan) };
    }
    const reordered = (plan.places[0] ?? 0) < this.stored.length;
    while (prepared.taken < this.stored.length) {
      prepared.stored.pushFrom(this.stored, prepared.taken++);
    }
    this.stored = prepared.stored;
    this.moves++;
    this.endMissed(prepared, connection);
    if (reordered) {
      this.rewritten();
    }
    return { added: plan.added, reordered, gaps: this.gapsOf(plan) };
  }

  private refute(events: readonly SessionEvent[]): void {
    const before = this.refutedEvents;
    if (events.length !== before.size || !events.every((event) => before.has(event))) {
      this.refutedEvents = new Set(events);
      this.rewritten();
    }
  }

  /** The first history of a connection has what was missed; a persisted transcript that is added later is older. */
  private endMissed({ plan, isHistory }: PreparedMerge, connection: number): void {
    const isRead = this.readConnection === this.connection;
    if (connection !== this.connection || isRead === isHistory) {
      return;
    }
    this.readConnection = connection;
    const last = plan.added.at(-1);
    let index = this.stored.length - 1;
    for (; index >= 0 && this.stored.originOf(index) === connection; index--) {
      const event = this.all[index];
      if (event === last || event === this.missedEnd) {
        break;
      }
    }
    this.missedEnd = this.all[index];
  }

  private rewritten(): void {
    this.rewriteCount++;
    this.cursors.forEach((cursor) => (cursor.next = 0));
  }

  private *supersededBy(added: readonly SessionEvent[]): SlicedWork<readonly SessionEvent[]> {
    const superseded: SessionEvent[] = [];
    yield* inSteps(added.length, (index) => {
      const event = eventAt(added, index);
      if (this.deltas.isSuperseded(event)) {
        superseded.push(event);
      } else {
        superseded.push(...this.deltas.observe(event));
      }
    });
    return superseded;
  }

  private gapsOf({ gaps }: MergePlan): Gap[] {
    return gaps.map(({ reason, parentId, before }) => ({
      reason,
      ...(parentId === undefined ? {} : { parentId }),
      after: this.all[before - 1],
    }));
  }

  /** Removes superseded events. They are among the last, so the log is searched from its end. */
  private remove(events: readonly SessionEvent[]): void {
    if (events.length === 0) {
      return;
    }
    if (this.preparing > 0) {
      this.superseded.push(...events);
      return;
    }
    const { indices, removed } = this.stored.remove(new Set(events));
    this.moves++;
    this.listeners.onDidRemove(indices);
    for (const cursor of this.cursors) {
      cursor.next -= countBelow(indices, cursor.next);
    }
    this.onDidRemove?.(removed);
  }
}

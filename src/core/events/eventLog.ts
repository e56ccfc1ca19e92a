import type { SessionEvent } from '@github/copilot-sdk';
import { eventAt } from './eventAt';
import type { Disposable } from 'vscode-jsonrpc/node';
import { Deltas } from './deltas';
import { identityHash } from './eventIdentity';
import { IdsToBe, EventIds } from './eventIds';
import { countBelow, Listeners, type EventListener } from './eventListeners';
import { planMerge } from './mergePlan';
import { shareStrings } from './sharedStrings';
import { atOnce, inSteps, type SlicedWork } from '../common/timeSlices';
import type { GapReason, LogSnapshot, MergeOptions, MergePlan } from './mergeTypes';

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

/** A reader's place in a log. The log moves it when events before it are removed. */
export interface LogCursor {
  /** Index of the next event. */
  next: number;
}

/** Origin of events of which nobody knows the connection. */
const EARLIER = 0;
/** How often a merge is planned anew because the log has changed, before it is done without a pause. */
const MAX_PLANS = 3;

/**
 * All events of one session, each once, in the session's order.
 *
 * Two sources fill it: notifications as they come, and `session.getMessages`, which repairs what the notifications
 * lacked. Both use the same event ids (measured on 1.0.55 and 1.0.102), so an id that is known is not added again.
 */
export class EventLog implements Disposable {
  private events: SessionEvent[] = [];
  /** By index, what each event is; `NaN` until it is needed. */
  private identities: number[] = [];
  /** By index, over which connection each event came. */
  private origins: number[] = [];
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
  /** How many merges are being prepared: the indices are to stay as they are. */
  private preparing = 0;
  /** Deltas that are to be removed when no merge is being prepared. */
  private superseded: SessionEvent[] = [];

  /**
   * @param onDidRemove called when events are gone that others repeat: for each, the event behind which it stood
   */
  constructor(
    onListenerError: (error: unknown) => void,
    private readonly onDidRemove?: (removed: ReadonlyMap<SessionEvent, SessionEvent | undefined>) => void,
  ) {
    this.listeners = new Listeners(() => this.events, onListenerError);
  }

  get all(): readonly SessionEvent[] {
    return this.events;
  }

  /** How often something came to stand before the end: what was derived from `all` until then is to be derived anew. */
  get rewrites(): number {
    return this.rewriteCount;
  }

  /** Prompts that a runtime showed, and that the history which was read last shows the service not to have. */
  get refuted(): ReadonlySet<SessionEvent> {
    return this.refutedEvents;
  }

  /**
   * The last event that did not come live over this connection, once its history was read: of what is in no history
   * (`session.idle`, say), anything may have been missed up to here.
   */
  get missedUpTo(): SessionEvent | undefined {
    return this.missedEnd;
  }

  has(id: string): boolean {
    return this.ids.has(id);
  }

  /** A place at the beginning, for as long as the log lives. */
  cursor(): LogCursor {
    const cursor = { next: 0 };
    this.cursors.push(cursor);
    return cursor;
  }

  /** What is known until now has the ids of another connection than what follows. */
  beginConnection(): void {
    this.connection++;
    this.ids.beginConnection();
  }

  /**
   * What has come until now over this connection may be old, and stand in the history under other ids: some runtimes tell
   * that as if it were new, and an attachment before this one may have told of it.
   */
  endHeld(): void {
    for (let index = this.events.length - 1; index >= 0 && this.origins[index] === this.connection; index--) {
      this.origins[index] = EARLIER;
    }
  }

  /** Adds an event that has just arrived; `false` if it is known already, or a piece of a text that is there. */
  append(event: SessionEvent): boolean {
    if (this.deltas.isSuperseded(event) || !this.ids.add(event)) {
      return false;
    }
    this.events.push(shareStrings(event, this.events.at(-1)));
    this.identities.push(Number.NaN);
    this.origins.push(this.connection);
    this.remove(this.deltas.observe(event));
    this.listeners.deliver();
    return true;
  }

  /** As `merging`, without a pause. */
  merge(history: readonly SessionEvent[], options: MergeOptions = {}): MergeResult {
    return atOnce(this.merging(history, options));
  }

  /**
   * Adds those of `history` that are not known, each behind the event that it follows in `history`. Events that
   * `history` lacks (ephemeral ones) keep their places. Listeners are given the added ones, in their order.
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
        const preparation = this.prepare(history, options, connection);
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

  /** All that takes long; changes nothing. */
  private *prepare(
    history: readonly SessionEvent[],
    options: MergeOptions,
    connection: number,
  ): SlicedWork<PreparedMerge> {
    const { events, identities, origins, moves } = this;
    const snapshot: LogSnapshot = {
      events,
      length: events.length,
      ids: this.ids,
      identity: (index) => {
        let identity = identities[index] ?? Number.NaN;
        if (Number.isNaN(identity)) {
          identity = identityHash(eventAt(events, index));
          identities[index] = identity;
        }
        return identity;
      },
      isEarlier: (index) => (origins[index] ?? EARLIER) < connection,
    };
    const plan = yield* planMerge(snapshot, history, {
      ...options,
      isRead: this.readConnection === connection,
      isSuperseded: (event) => this.deltas.isSuperseded(event),
    });
    const { recognised = 'none', isHistory = false } = options;
    // In a transcript, and in what a runtime tells before it is asked, may be events of other connections.
    const origin = isHistory || recognised === 'none' ? connection : EARLIER;
    const ids = new IdsToBe();
    const prepared: PreparedMerge = {
      plan,
      isHistory,
      ids,
      moves,
      taken: 0,
      events: [],
      identities: [],
      origins: [],
    };
    yield* inSteps(plan.aliases.length, (index) => {
      const id = plan.aliases[index] ?? '';
      // It is, when the history is read again over the same connection.
      if (!this.ids.has(id)) {
        ids.aliases.add(id);
      }
    });
    yield* inSteps(plan.added.length, (index) => ids.add(eventAt(plan.added, index)));
    yield* inSteps(plan.added.length > 0 ? snapshot.length + plan.added.length : 0, () => {
      const next = prepared.events.length - prepared.taken;
      const place = plan.places[next];
      if (place === undefined || prepared.taken < place) {
        this.take(prepared);
      } else {
        prepared.events.push(eventAt(plan.added, next));
        prepared.identities.push(plan.identities[next] ?? Number.NaN);
        prepared.origins.push(origin);
      }
    });
    return prepared;
  }

  /** The next of the log's own events. */
  private take(prepared: PreparedMerge): void {
    const index = prepared.taken++;
    prepared.events.push(eventAt(this.events, index));
    prepared.identities.push(this.identities[index] ?? Number.NaN);
    prepared.origins.push(this.origins[index] ?? EARLIER);
  }

  /** One step. @returns `undefined` if what has come meanwhile changes the plan */
  private commit(prepared: PreparedMerge, connection: number): MergeResult | undefined {
    const { plan, isHistory, moves, taken } = prepared;
    const isMoved = this.moves !== moves;
    const tail = plan.added.length === 0 ? [] : this.events.slice(taken);
    if (isMoved || tail.some(({ id }) => plan.hasId(id))) {
      return undefined;
    }
    this.ids.join(prepared.ids, connection === this.connection);
    if (connection === this.connection && plan.refuted !== undefined) {
      this.refute(isHistory ? plan.refuted : [...this.refutedEvents, ...plan.refuted]);
    }
    if (plan.added.length === 0) {
      this.endMissed(prepared, connection);
      return { added: [], reordered: false, gaps: this.gapsOf(plan, this.events) };
    }
    const reordered = (plan.places[0] ?? 0) < this.events.length;
    while (prepared.taken < this.events.length) {
      this.take(prepared);
    }
    this.events = prepared.events;
    this.identities = prepared.identities;
    this.origins = prepared.origins;
    this.moves++;
    this.endMissed(prepared, connection);
    if (reordered) {
      this.rewritten();
    }
    return { added: plan.added, reordered, gaps: this.gapsOf(plan, this.events) };
  }

  private refute(events: readonly SessionEvent[]): void {
    const before = this.refutedEvents;
    if (events.length !== before.size || !events.every((event) => before.has(event))) {
      this.refutedEvents = new Set(events);
      this.rewritten();
    }
  }

  /** The first history of a connection tells what was missed; what was kept, and is added behind that, is older. */
  private endMissed({ plan, isHistory }: PreparedMerge, connection: number): void {
    const isRead = this.readConnection === this.connection;
    if (connection !== this.connection || isRead === isHistory) {
      return;
    }
    this.readConnection = connection;
    const last = plan.added.at(-1);
    let index = this.events.length - 1;
    for (; index >= 0 && this.origins[index] === connection; index--) {
      const event = this.events[index];
      if (event === last || event === this.missedEnd) {
        break;
      }
    }
    this.missedEnd = this.events[index];
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

  private gapsOf({ gaps }: MergePlan, events: readonly SessionEvent[]): Gap[] {
    return gaps.map(({ reason, parentId, before }) => ({
      reason,
      ...(parentId === undefined ? {} : { parentId }),
      after: events[before - 1],
    }));
  }

  /** Takes events out that others repeat. They are among the last: the log is searched from its end. */
  private remove(events: readonly SessionEvent[]): void {
    if (events.length === 0) {
      return;
    }
    if (this.preparing > 0) {
      this.superseded.push(...events);
      return;
    }
    const gone = new Set(events);
    const indices: number[] = [];
    for (let index = this.events.length - 1; index >= 0 && indices.length < gone.size; index--) {
      if (gone.has(eventAt(this.events, index))) {
        indices.push(index);
      }
    }
    indices.reverse();
    const [first = this.events.length] = indices;
    const removed = new Map<SessionEvent, SessionEvent | undefined>();
    let end = first;
    for (let index = first; index < this.events.length; index++) {
      const event = eventAt(this.events, index);
      if (gone.has(event)) {
        removed.set(event, this.events[end - 1]);
        continue;
      }
      this.events[end] = event;
      this.identities[end] = this.identities[index] ?? Number.NaN;
      this.origins[end] = this.origins[index] ?? EARLIER;
      end++;
    }
    this.events.length = this.identities.length = this.origins.length = end;
    this.moves++;
    this.listeners.onDidRemove(indices);
    for (const cursor of this.cursors) {
      cursor.next -= countBelow(indices, cursor.next);
    }
    this.onDidRemove?.(removed);
  }
}

/** The log as it will be. */
interface PreparedMerge {
  readonly plan: MergePlan;
  readonly isHistory: boolean;
  readonly ids: IdsToBe;
  readonly moves: number;
  /** How many of the log's own events are in it. */
  taken: number;
  readonly events: SessionEvent[];
  readonly identities: number[];
  readonly origins: number[];
}

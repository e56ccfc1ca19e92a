import type { Disposable } from 'vscode-jsonrpc/node';
import { BoundedMap } from '../common/bounded';
import { type Timers, realTimers } from '../common/timers';
import { RpcErrorCode, type InboundRequest } from '../rpc/inboundRequest';
import { PendingQueue, type HeldItem, type Losses } from './pendingQueue';
import type { InboundItem, HeldTraffic } from './traffic';

/* eslint-disable texts/localized -- What the SDKs for all languages answer: runtimes and their tests compare these texts. */
export const PENDING_BUFFER_OVERFLOW = 'pending session buffer overflow';
export const PENDING_ROUTING_ENDED = 'pending session routing ended before session was registered';
/* eslint-enable texts/localized */

export interface PendingRoutingLimits {
  /** Notifications of one kind (events, others) held for one id. */
  readonly eventsPerSession: number;
  /** Parked requests for one id. */
  readonly requestsPerSession: number;
  /** Ids that have a queue. */
  readonly sessions: number;
  /** Size of everything that is held, in bytes of its JSON. */
  readonly totalBytes: number;
  /** How long a request may stay parked, in milliseconds. */
  readonly requestTimeoutMs: number;
}

export const DEFAULT_PENDING_ROUTING_LIMITS: PendingRoutingLimits = {
  eventsPerSession: 128,
  requestsPerSession: 128,
  sessions: 64,
  totalBytes: 8 * 1024 * 1024,
  requestTimeoutMs: 60_000,
};

export interface PendingRoutingObserver {
  /** The first loss of an id while creates are open; later ones are only counted. */
  overflow(sessionId: string, limit: 'events' | 'requests' | 'sessions' | 'bytes'): void;
  /** A parked request was answered with an error because its session was not registered in time. */
  expired(sessionId: string, method: string): void;
  /** The last create ended, and no session with this id was registered. */
  unclaimed(sessionId: string, events: number, requests: number): void;
}

/**
 * Holds the traffic of sessions that are not registered yet, while at least one cloud session is being created.
 *
 * The runtime chooses a cloud session's id, so its events and requests can arrive before the answer that names it.
 * At other times nothing is held: traffic for an unknown id then belongs to no session, and a buffer would only grow.
 */
export class PendingRouting implements Disposable {
  private readonly queues = new Map<string, PendingQueue>();
  /**
   * Ids that lost their whole queue to the limit on ids. Bounded too: the counts of an id that was evicted long ago are of
   * no use.
   */
  private readonly evicted: BoundedMap<string, Losses>;
  private guards = 0;
  private sequence = 0;
  private bytes = 0;

  constructor(
    private readonly observer: PendingRoutingObserver,
    private readonly limits: PendingRoutingLimits = DEFAULT_PENDING_ROUTING_LIMITS,
    private readonly timers: Timers = realTimers,
  ) {
    this.evicted = new BoundedMap(limits.sessions * 16);
  }

  /** Whether a cloud session is being created. */
  get isActive(): boolean {
    return this.guards > 0;
  }

  /** Bytes held, for diagnostics and tests. */
  get heldBytes(): number {
    return this.bytes;
  }

  /** Opens the buffer for one `session.create`; dispose the guard when that has ended, however it did. */
  beginCreate(): Disposable {
    this.guards++;
    let released = false;
    return {
      dispose: () => {
        if (released) {
          return;
        }
        released = true;
        this.guards--;
        if (this.guards === 0) {
          this.end();
        }
      },
    };
  }

  /** Takes the item if the buffer is open; `false` leaves it to the caller. */
  hold(sessionId: string, item: InboundItem): boolean {
    if (!this.isActive) {
      return false;
    }
    const queue = this.queueFor(sessionId);
    const limit = item.kind === 'request' ? this.limits.requestsPerSession : this.limits.eventsPerSession;
    if (queue.held[item.kind] >= limit) {
      const oldest = queue.items.findIndex((held) => held.item.kind === item.kind);
      this.drop(sessionId, queue, oldest, item.kind === 'request' ? 'requests' : 'events');
    }
    const held = queue.add(item, this.sequence++);
    this.bytes += held.bytes;
    if (item.kind === 'request') {
      this.park(sessionId, queue, held, item.request);
    }
    if (held.bytes > this.limits.totalBytes) {
      // It never fits, so it must not evict what does.
      this.drop(sessionId, queue, queue.items.length - 1, 'bytes');
    }
    while (this.bytes > this.limits.totalBytes) {
      this.dropOldestOfAll();
    }
    return true;
  }

  /**
   * Hands over everything held for an id that is now registered, in arrival order. The caller delivers it before it
   * returns to the event loop, so that nothing that arrives later can overtake it.
   */
  take(sessionId: string): HeldTraffic {
    const queue = this.queues.get(sessionId);
    const losses = queue?.losses ?? this.evicted.get(sessionId);
    this.queues.delete(sessionId);
    this.evicted.delete(sessionId);
    const items: InboundItem[] = [];
    for (const held of queue?.items ?? []) {
      this.release(held);
      items.push(held.item);
    }
    return {
      items,
      dropped: losses?.dropped ?? 0,
      droppedEvents: losses?.events ?? [],
      rejected: losses?.rejected ?? 0,
    };
  }

  /** Drops what is held for an id that will not be registered: its requests are answered, its events are counted. */
  discard(sessionId: string): void {
    const { items, dropped, rejected } = this.take(sessionId);
    let events = dropped;
    let requests = rejected;
    for (const item of items) {
      if (item.kind === 'request') {
        requests++;
        item.request.reject(RpcErrorCode.internalError, PENDING_ROUTING_ENDED);
      } else {
        events++;
      }
    }
    if (events > 0 || requests > 0) {
      this.observer.unclaimed(sessionId, events, requests);
    }
  }

  dispose(): void {
    this.end();
  }

  private end(): void {
    for (const sessionId of [...this.queues.keys()]) {
      this.discard(sessionId);
    }
    this.evicted.clear();
  }

  private queueFor(sessionId: string): PendingQueue {
    const known = this.queues.get(sessionId);
    if (known !== undefined) {
      return known;
    }
    if (this.queues.size >= this.limits.sessions) {
      this.evictLeastActive();
    }
    const queue = new PendingQueue(this.evicted.get(sessionId));
    this.evicted.delete(sessionId);
    this.queues.set(sessionId, queue);
    return queue;
  }

  /** Evicts the stalest id: a flood of unknown ids must not evict the session that is being created. */
  private evictLeastActive(): void {
    let stalest: [string, PendingQueue] | undefined;
    for (const entry of this.queues) {
      if (stalest === undefined || entry[1].lastActivity < stalest[1].lastActivity) {
        stalest = entry;
      }
    }
    if (stalest === undefined) {
      return;
    }
    const [sessionId, queue] = stalest;
    while (queue.items.length > 0) {
      this.drop(sessionId, queue, 0, 'sessions');
    }
    this.queues.delete(sessionId);
    this.evicted.set(sessionId, queue.losses);
  }

  private dropOldestOfAll(): void {
    let oldest: { sessionId: string; queue: PendingQueue; sequence: number } | undefined;
    for (const [sessionId, queue] of this.queues) {
      const first = queue.items[0];
      if (first !== undefined && (oldest === undefined || first.sequence < oldest.sequence)) {
        oldest = { sessionId, queue, sequence: first.sequence };
      }
    }
    if (oldest !== undefined) {
      this.drop(oldest.sessionId, oldest.queue, 0, 'bytes');
    }
  }

  private drop(
    sessionId: string,
    queue: PendingQueue,
    index: number,
    limit: Parameters<PendingRoutingObserver['overflow']>[1],
  ): void {
    const held = queue.remove(index);
    if (held === undefined) {
      return;
    }
    this.release(held);
    if (held.item.kind === 'request') {
      queue.losses.rejected++;
      held.item.request.reject(RpcErrorCode.internalError, PENDING_BUFFER_OVERFLOW);
    } else {
      queue.countDropped(held.item);
    }
    if (!queue.losses.warned) {
      queue.losses.warned = true;
      this.observer.overflow(sessionId, limit);
    }
  }

  /** Gives a parked request a time limit: the runtime may wait for its answer before it answers the create. */
  private park(sessionId: string, queue: PendingQueue, held: HeldItem, request: InboundRequest): void {
    const settled = (): void => {
      const index = queue.items.indexOf(held);
      if (index >= 0) {
        queue.remove(index);
        this.release(held);
      }
    };
    const timeout = this.timers(() => {
      settled();
      request.reject(
        RpcErrorCode.internalError,
        // eslint-disable-next-line texts/localized -- for the runtime
        `pending session request timed out after ${this.limits.requestTimeoutMs / 1000} s`,
      );
      queue.losses.rejected++;
      this.observer.expired(sessionId, request.method);
    }, this.limits.requestTimeoutMs);
    const cancelled = request.token.onCancellationRequested(settled);
    held.timer = {
      dispose: () => {
        timeout.dispose();
        cancelled.dispose();
      },
    };
  }

  private release(held: HeldItem): void {
    held.timer?.dispose();
    this.bytes -= held.bytes;
  }
}

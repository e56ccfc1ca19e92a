import type { Disposable } from 'vscode-jsonrpc/node';
import { readString } from '../common/json';
import type { InboundItem } from './traffic';

export interface HeldItem {
  readonly item: InboundItem;
  /** Size of its JSON. */
  readonly bytes: number;
  /** Place in the arrival order over all ids. */
  readonly sequence: number;
  /** Ends the time limit of a parked request. */
  timer?: Disposable;
}

/** What a queue lost. It outlives the queue when the limit on ids evicts that, so that the counts stay true. */
export interface Losses {
  dropped: number;
  rejected: number;
  /** The ids of dropped events; `undefined` for an event without one. */
  readonly events: (string | undefined)[];
  /** The observer was notified. */
  warned: boolean;
}

/** Ids of dropped events that are kept for one session, so that a flood cannot fill the memory with them. */
const MAX_DROPPED_IDS = 50_000;

/** What is held for one id, in arrival order. */
export class PendingQueue {
  readonly items: HeldItem[] = [];
  /** How many of each kind `items` holds. */
  readonly held: Record<InboundItem['kind'], number> = { event: 0, notification: 0, request: 0 };
  readonly losses: Losses;
  /** Sequence of the last item. */
  lastActivity = 0;

  constructor(earlier: Losses | undefined) {
    this.losses = earlier ?? { dropped: 0, rejected: 0, events: [], warned: false };
  }

  add(item: InboundItem, sequence: number): HeldItem {
    const held: HeldItem = { item, bytes: sizeOf(item), sequence };
    this.items.push(held);
    this.held[item.kind]++;
    this.lastActivity = sequence;
    return held;
  }

  remove(index: number): HeldItem | undefined {
    const [removed] = this.items.splice(index, 1);
    if (removed !== undefined) {
      this.held[removed.item.kind]--;
    }
    return removed;
  }

  countDropped(item: InboundItem): void {
    this.losses.dropped++;
    if (item.kind === 'event' && this.losses.events.length < MAX_DROPPED_IDS) {
      this.losses.events.push(readString(item.notification.params['event'], 'id'));
    }
  }
}

function sizeOf(item: InboundItem): number {
  const params = item.kind === 'request' ? item.request.params : item.notification.params;
  return Buffer.byteLength(JSON.stringify(params));
}

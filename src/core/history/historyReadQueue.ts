import type { Disposable } from 'vscode-jsonrpc/node';
import { TRANSCRIPT_WAIT_MS } from './transcriptGate';
import type { Timers } from '../common/timers';

/**
 * How many histories are read and merged at once. Each is in memory as a whole until it is merged: thirty long sessions
 * would need hundreds of megabytes, and collecting that much garbage blocks the event loop.
 */
export const HISTORIES_AT_ONCE = 3;
/** How long a read holds its place in the queue, in milliseconds: the service may be slow with one history. */
export const PLACE_MS = 5_000;

/** A session whose history is to be read, with what decides the order. */
export interface HistoryReader {
  /** Somebody waits for this session. */
  readonly isWanted: boolean;
  /** Its transcript is still to be read (see `TranscriptGate`). */
  readonly awaitsTranscript: boolean;
  /** Its history was read before, in this attachment. */
  readonly isCaughtUp: boolean;
  /** Until when its state was known to be true. */
  readonly lastSeen: Date | undefined;
}

interface Waiting {
  readonly reader: HistoryReader;
  readonly start: () => void;
  /** Runs while it waits for the transcript. */
  keptTimer: Disposable | undefined;
}

/**
 * Orders the reads of histories over one connection, for many sessions may be restored at once. First reads come before
 * repeated ones, and among these the session that was seen last. A session that somebody waits for is read at once.
 */
export class HistoryReadQueue implements Disposable {
  private readonly waiting = new Set<Waiting>();
  private running = 0;
  private disposed = false;

  constructor(private readonly timers: Timers) {}

  /** Reads now or in its turn. Rejects with what `read` rejects with. */
  run(reader: HistoryReader, read: () => Promise<void>): Promise<void> {
    if (this.disposed || reader.isWanted) {
      return this.begin(read);
    }
    if (this.running < HISTORIES_AT_ONCE && !reader.awaitsTranscript && !(reader.isCaughtUp && this.isAnyUnread)) {
      return this.begin(read);
    }
    return new Promise((resolve, reject) => {
      const waiting: Waiting = {
        reader,
        start: () => {
          this.begin(read).then(resolve, reject);
        },
        keptTimer: undefined,
      };
      if (reader.awaitsTranscript) {
        waiting.keptTimer = this.timers(() => {
          waiting.keptTimer = undefined;
          this.update();
        }, TRANSCRIPT_WAIT_MS);
      }
      this.waiting.add(waiting);
    });
  }

  /** A session's `isWanted` or `awaitsTranscript` has changed. */
  update(): void {
    for (const waiting of [...this.waiting]) {
      if (waiting.reader.isWanted) {
        this.start(waiting);
      }
    }
    while (this.running < HISTORIES_AT_ONCE) {
      const next = this.next();
      if (next === undefined) {
        return;
      }
      this.start(next);
    }
  }

  /** The connection is gone: all waiting reads begin, and fail. */
  dispose(): void {
    this.disposed = true;
    for (const waiting of [...this.waiting]) {
      this.start(waiting);
    }
  }

  /** Repeated reads bring little, and wait for first ones. */
  private get isAnyUnread(): boolean {
    return [...this.waiting].some(({ reader }) => !reader.isCaughtUp);
  }

  private next(): Waiting | undefined {
    const { isAnyUnread } = this;
    let best: Waiting | undefined;
    for (const waiting of this.waiting) {
      const { awaitsTranscript, isCaughtUp } = waiting.reader;
      const isReady = (!awaitsTranscript || waiting.keptTimer === undefined) && !(isCaughtUp && isAnyUnread);
      if (isReady && (best === undefined || isBefore(waiting.reader, best.reader))) {
        best = waiting;
      }
    }
    return best;
  }

  private start(waiting: Waiting): void {
    this.waiting.delete(waiting);
    waiting.keptTimer?.dispose();
    waiting.start();
  }

  private async begin(read: () => Promise<void>): Promise<void> {
    this.running++;
    let hasPlace = true;
    const leave = (): void => {
      if (hasPlace) {
        hasPlace = false;
        this.running--;
        this.update();
      }
    };
    const overdue = this.timers(leave, PLACE_MS);
    try {
      await read();
    } finally {
      overdue.dispose();
      leave();
    }
  }
}

function isBefore(a: HistoryReader, b: HistoryReader): boolean {
  return timeOf(a) > timeOf(b);
}

function timeOf({ lastSeen }: HistoryReader): number {
  return lastSeen?.getTime() ?? 0;
}

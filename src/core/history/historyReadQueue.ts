import type { Disposable } from 'vscode-jsonrpc/node';
import { TRANSCRIPT_WAIT_MS } from './transcriptGate';
import type { Timers } from '../common/timers';

/**
 * How many histories are read and merged at once. Each is held whole until it is merged: those of thirty long sessions
 * would be hundreds of megabytes, and what the garbage collector has to go through holds up the event loop.
 */
export const HISTORIES_AT_ONCE = 3;
/** After so long a read keeps no other one waiting, in milliseconds: the service may take its time for one. */
export const PLACE_MS = 5_000;

/** Whose history it is, as far as the order goes. */
export interface HistoryReader {
  /** Somebody waits for this very session. */
  readonly isWanted: boolean;
  /** What was kept of it is still to be read (see `TranscriptGate`). */
  readonly awaitsTranscript: boolean;
  /** Its history was read before, on this attachment. */
  readonly isCaughtUp: boolean;
  /** Until when its state is known. */
  readonly lastSeen: Date | undefined;
}

interface Waiting {
  readonly reader: HistoryReader;
  readonly start: () => void;
  /** Set while it waits for what was kept. */
  keptTimer: Disposable | undefined;
}

/**
 * The reads of histories over one connection, a few at a time where many sessions come back at once: those that were
 * not read yet before those that are read again, of these the one that was seen last. What somebody waits for does not wait for these.
 */
export class HistoryReadQueue implements Disposable {
  private readonly waiting = new Set<Waiting>();
  private running = 0;
  private disposed = false;

  constructor(private readonly timers: Timers) {}

  /** Begins at once if there is a place, or none is needed. */
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

  /** Somebody waits for a session now, or what was kept of it is there. */
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

  /** The connection is gone: whoever waits finds that out by trying. */
  dispose(): void {
    this.disposed = true;
    for (const waiting of [...this.waiting]) {
      this.start(waiting);
    }
  }

  /** A history that is read again has little to tell, and may wait for those of which nothing is known. */
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

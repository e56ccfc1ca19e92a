/** A source that can be paused: a `Readable`, or anything of its shape. */
export interface PausableSource {
  pause?(): unknown;
  resume?(): unknown;
}

/**
 * Passes on bytes in their order, and pauses the source after a number of them until the event loop has had a turn:
 * otherwise thousands of messages, each with its listeners, would delay timers and the user's actions. The bytes of a
 * source that cannot be paused are passed on at once.
 */
export class BytePacer {
  /** What has come since the source was paused, and the rest of a chunk that was too long. */
  private backlog: Uint8Array[] = [];
  /** Bytes that were passed on since the event loop certainly had a turn. */
  private sinceTurn = 0;
  private isPaused = false;

  constructor(
    private readonly source: PausableSource,
    private readonly bytesPerTurn: number,
    private readonly passOn: (bytes: Uint8Array) => void,
    /** How many of the next bytes cause no work: they are passed on at once. */
    private readonly idleBytes: () => number = () => 0,
  ) {}

  take(chunk: Uint8Array): void {
    if (this.source.pause === undefined) {
      this.passOn(chunk);
      return;
    }
    this.backlog.push(chunk);
    if (!this.isPaused) {
      this.work();
    }
  }

  /** Passes on at once what is left: the source has ended. */
  flush(): void {
    const rest = this.backlog;
    this.backlog = [];
    rest.forEach(this.passOn);
  }

  /** Drops what is left. */
  clear(): void {
    this.backlog = [];
  }

  /** @returns whether the source may continue */
  private work(): boolean {
    for (let next = this.backlog.shift(); next !== undefined; next = this.backlog.shift()) {
      const idle = Math.min(this.idleBytes(), next.byteLength);
      if (idle > 0) {
        if (idle < next.byteLength) {
          this.backlog.unshift(next.subarray(idle));
        }
        this.passOn(next.subarray(0, idle));
        continue;
      }
      const room = this.bytesPerTurn - this.sinceTurn;
      if (next.byteLength > room) {
        this.backlog.unshift(next.subarray(room));
      }
      this.sinceTurn += Math.min(room, next.byteLength);
      const isFull = this.sinceTurn >= this.bytesPerTurn;
      if (isFull) {
        this.pauseSource();
      }
      this.passOn(next.subarray(0, room));
      if (isFull) {
        return false;
      }
    }
    return true;
  }

  private pauseSource(): void {
    this.isPaused = true;
    this.source.pause?.();
    setImmediate(() => {
      this.isPaused = false;
      this.sinceTurn = 0;
      // Also when the reader was disposed: a source that stays paused never ends.
      if (this.work()) {
        this.source.resume?.();
      }
    });
  }
}

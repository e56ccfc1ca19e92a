/** What can be told to send nothing for a while: a `Readable`, or a part of its shape. */
export interface PausableSource {
  pause?(): unknown;
  resume?(): unknown;
}

/**
 * Hands on bytes in their order, and after so many holds up their source until the event loop has had a turn: thousands
 * of messages, each with its listeners, would else keep timers and the user's own actions waiting. A source that cannot
 * be held up has its bytes handed on at once.
 */
export class BytePacer {
  /** What has come since the source was held up, and the rest of a chunk that was too long. */
  private backlog: Uint8Array[] = [];
  /** Bytes that were handed on since the event loop had a turn for certain. */
  private sinceTurn = 0;
  private heldUp = false;

  constructor(
    private readonly source: PausableSource,
    private readonly bytesPerTurn: number,
    private readonly handOn: (bytes: Uint8Array) => void,
    /** So many of the next bytes cause no work: they are handed on at once. */
    private readonly idleBytes: () => number = () => 0,
  ) {}

  take(chunk: Uint8Array): void {
    if (this.source.pause === undefined) {
      this.handOn(chunk);
      return;
    }
    this.backlog.push(chunk);
    if (!this.heldUp) {
      this.work();
    }
  }

  /** Hands on at once what is left: nothing comes any more. */
  flush(): void {
    const rest = this.backlog;
    this.backlog = [];
    rest.forEach(this.handOn);
  }

  /** Forgets what is left: nobody wants it any more. */
  clear(): void {
    this.backlog = [];
  }

  /** Returns whether the source may go on. */
  private work(): boolean {
    for (let next = this.backlog.shift(); next !== undefined; next = this.backlog.shift()) {
      const idle = Math.min(this.idleBytes(), next.byteLength);
      if (idle > 0) {
        if (idle < next.byteLength) {
          this.backlog.unshift(next.subarray(idle));
        }
        this.handOn(next.subarray(0, idle));
        continue;
      }
      const room = this.bytesPerTurn - this.sinceTurn;
      if (next.byteLength > room) {
        this.backlog.unshift(next.subarray(room));
      }
      this.sinceTurn += Math.min(room, next.byteLength);
      const isFull = this.sinceTurn >= this.bytesPerTurn;
      if (isFull) {
        this.holdUp();
      }
      this.handOn(next.subarray(0, room));
      if (isFull) {
        return false;
      }
    }
    return true;
  }

  private holdUp(): void {
    this.heldUp = true;
    this.source.pause?.();
    setImmediate(() => {
      this.heldUp = false;
      this.sinceTurn = 0;
      // Whatever became of the reader: a source that stays paused never ends.
      if (this.work()) {
        this.source.resume?.();
      }
    });
  }
}

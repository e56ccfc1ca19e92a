/** At most so many requests at a time; the others wait in their order. */
export class RequestSlots {
  private free: number;
  private readonly waiting = new Set<() => void>();

  constructor(size: number) {
    this.free = size;
  }

  /**
   * Runs the work when a slot is free.
   * @param cancelled the error of a wait that the signal ends
   */
  async run<T>(work: () => Promise<T>, signal: AbortSignal | undefined, cancelled: () => Error): Promise<T> {
    await this.take(signal, cancelled);
    try {
      return await work();
    } finally {
      this.free++;
      this.next();
    }
  }

  private async take(signal: AbortSignal | undefined, cancelled: () => Error): Promise<void> {
    if (signal?.aborted === true) {
      throw cancelled();
    }
    if (this.free > 0) {
      this.free--;
      return;
    }
    await new Promise<void>((resolve, reject) => {
      const start = (): void => {
        signal?.removeEventListener('abort', stop);
        this.free--;
        resolve();
      };
      const stop = (): void => {
        this.waiting.delete(start);
        reject(cancelled());
      };
      this.waiting.add(start);
      signal?.addEventListener('abort', stop, { once: true });
    });
  }

  private next(): void {
    const [start] = this.waiting;
    if (start !== undefined) {
      this.waiting.delete(start);
      start();
    }
  }
}

/** Who is told that what happens cannot be kept, and that it can again: once each, however many files it is about. */
export interface DiskListener {
  failed(error: unknown): void;
  recovered(): void;
}

const FIRST_RETRY_MS = 2_000;
const LAST_RETRY_MS = 60_000;

/** The state of the disk, as all writers find it together. */
export class DiskTrouble {
  /** Writers that failed, and how often in a row. */
  private readonly failing = new Map<object, number>();

  constructor(private readonly listener: DiskListener) {}

  /** @returns after how many milliseconds the writer is to try again */
  failed(writer: object, error: unknown): number {
    const attempts = this.failing.get(writer) ?? 0;
    if (this.failing.size === 0) {
      this.listener.failed(error);
    }
    this.failing.set(writer, attempts + 1);
    return Math.min(LAST_RETRY_MS, FIRST_RETRY_MS * 2 ** Math.min(attempts, 10));
  }

  succeeded(writer: object): void {
    if (this.failing.delete(writer) && this.failing.size === 0) {
      this.listener.recovered();
    }
  }

  /** The writer has ended: what it could not write is not waited for. */
  forget(writer: object): void {
    this.failing.delete(writer);
  }
}

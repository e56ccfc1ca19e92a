/** Is told once when files cannot be written, and once when they can again, however many files are affected. */
export interface DiskListener {
  failed(error: unknown): void;
  recovered(): void;
}

const FIRST_RETRY_MS = 2_000;
const LAST_RETRY_MS = 60_000;

/** The state of the disk, as seen by all writers together. */
export class DiskTrouble {
  /** Consecutive failures by writer. */
  private readonly failing = new Map<object, number>();

  constructor(private readonly listener: DiskListener) {}

  /** @returns the delay before the next attempt of the writer, in milliseconds */
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

  /** The writer has ended: its failure does not count any more. */
  forget(writer: object): void {
    this.failing.delete(writer);
  }
}

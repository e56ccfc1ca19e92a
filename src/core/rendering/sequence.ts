/** At most this many skipped numbers are remembered. */
const MAX_MISSING = 1024;

/** Recognises numbered pieces that come again. The numbers begin with 0. */
export class Sequence {
  private next = 0;
  private readonly missing = new Set<number>();

  /** @param number a value that is no such number counts as new */
  isNew(number: number | undefined): boolean {
    if (number === undefined || !Number.isSafeInteger(number) || number < 0) {
      return true;
    }
    if (number < this.next) {
      return this.missing.delete(number);
    }
    for (let skipped = Math.max(this.next, number - MAX_MISSING); skipped < number; skipped++) {
      if (this.missing.size < MAX_MISSING) {
        this.missing.add(skipped);
      }
    }
    this.next = number + 1;
    return true;
  }
}

/** At most this many numbers that were passed over are remembered. */
const MAX_MISSING = 1024;

/** Tells numbered pieces that come for the first time from those that come again. The numbers begin with 0. */
export class Sequence {
  private next = 0;
  private readonly missing = new Set<number>();

  /** @param number what is no number cannot be told apart, and counts as new */
  isNew(number: number | undefined): boolean {
    if (number === undefined || !Number.isSafeInteger(number) || number < 0) {
      return true;
    }
    if (number < this.next) {
      return this.missing.delete(number);
    }
    for (let passed = Math.max(this.next, number - MAX_MISSING); passed < number; passed++) {
      if (this.missing.size < MAX_MISSING) {
        this.missing.add(passed);
      }
    }
    this.next = number + 1;
    return true;
  }
}

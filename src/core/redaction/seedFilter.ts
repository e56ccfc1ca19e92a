/** How many characters of a seed are hashed. Seeds are ASCII, and not shorter. */
const WINDOW = 4;
/** Each character shifts the hash by 4 bits, so that 16 bits hold the last four. */
const HASH_MASK = 0xffff;
/** Result of `lookAtBytes`: a seed occurs. */
export const SEED = -1;

/**
 * Finds whether any of many short strings occurs in a text, in one pass (Rabin-Karp). Nearly all text of a runtime has
 * none, and must cost next to nothing: see "throughput" in `npm run bench`.
 */
export class SeedFilter {
  private readonly table = new Uint8Array(HASH_MASK + 1);
  private readonly seeds = new Map<number, string[]>();
  private readonly bits = new Uint8Array(256);

  /** @param marks at most 8 ASCII characters whose occurrence is reported as well */
  constructor(marks = '') {
    for (const [index, mark] of Array.from(marks).entries()) {
      this.bits[mark.charCodeAt(0)] = 1 << index;
    }
  }

  /** @param seed 4 characters or more */
  add(seed: string): void {
    let hash = 0;
    for (let at = 0; at < WINDOW; at++) {
      hash = ((hash << 4) ^ seed.charCodeAt(at)) & HASH_MASK;
    }
    const known = this.seeds.get(hash) ?? [];
    if (!known.includes(seed)) {
      this.seeds.set(hash, [...known, seed]);
      this.table[hash] = 1;
    }
  }

  /** @returns the seeds that occur, and a bit for each mark that occurs; the bit of the first mark is 1 */
  look(text: string): { readonly seeds: ReadonlySet<string>; readonly marks: number } {
    const { table, bits } = this;
    const found = new Set<string>();
    let hash = 0;
    let marks = 0;
    for (let at = 0; at < text.length; at++) {
      const code = text.charCodeAt(at);
      hash = ((hash << 4) ^ code) & HASH_MASK;
      marks |= bits[code & 0xff] ?? 0;
      if (table[hash] === 1) {
        this.collect(hash, text, at - WINDOW + 1, found);
      }
    }
    return { seeds: found, marks };
  }

  /**
   * As `look`, for a part of undecoded UTF-8 text, in half of the time.
   * @returns `SEED` if a seed occurs; else the bits of the marks
   */
  lookAtBytes(bytes: Buffer, start: number, end: number): number {
    const { table, bits } = this;
    let hash = 0;
    let marks = 0;
    for (let at = start; at < end; at++) {
      const byte = bytes[at] ?? 0;
      hash = ((hash << 4) ^ byte) & HASH_MASK;
      marks |= bits[byte] ?? 0;
      if (table[hash] === 1 && at - start >= WINDOW - 1 && this.isInBytes(hash, bytes, at - WINDOW + 1, end)) {
        return SEED;
      }
    }
    return marks;
  }

  /** A method of its own: a closure in the loop would cost more than the whole loop. */
  private collect(hash: number, text: string, start: number, found: Set<string>): void {
    for (const seed of this.seeds.get(hash) ?? []) {
      if (text.startsWith(seed, start)) {
        found.add(seed);
      }
    }
  }

  private isInBytes(hash: number, bytes: Buffer, start: number, end: number): boolean {
    const isThere = (seed: string): boolean =>
      bytes.toString('latin1', start, Math.min(end, start + seed.length)) === seed;
    return this.seeds.get(hash)?.some(isThere) === true;
  }
}

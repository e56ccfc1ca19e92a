import { needlesOf, squeezed } from './forms';

/** How many characters are hashed. No needle is shorter. */
const SEED = 6;
const MASK = 0xfffff;

/** Searches bytes for many strings at once (Rabin–Karp). */
export class Needles {
  private readonly table = new Uint8Array(MASK + 1);
  private readonly byHash = new Map<number, (readonly [needle: string, name: string])[]>();

  /** Adds needles, which are reported under the name. */
  add(name: string, needles: Iterable<string>): this {
    for (const needle of needles) {
      const bytes = Buffer.from(needle, 'latin1');
      if (bytes.length < SEED) {
        throw new Error(`${needle} is too short to be looked for.`);
      }
      let hash = 0;
      for (let at = 0; at < SEED; at++) {
        hash = step(hash, bytes[at] ?? 0);
      }
      this.table[hash] = 1;
      this.byHash.set(hash, [...(this.byHash.get(hash) ?? []), [needle, name]]);
    }
    return this;
  }

  /** A search for all forms of these secrets. */
  static ofSecrets(secrets: Readonly<Record<string, string>>): Needles {
    const needles = new Needles();
    for (const [name, secret] of Object.entries(secrets)) {
      needles.add(name, needlesOf(secret));
    }
    return needles;
  }

  /** The names whose needles are in the bytes, each with the text around the first match. */
  in(bytes: Buffer): ReadonlyMap<string, string> {
    const found = new Map<string, string>();
    for (const [text, isSqueezed] of [
      [bytes, false],
      [Buffer.from(squeezed(bytes.toString('latin1')), 'latin1'), true],
    ] as const) {
      let hash = 0;
      for (let at = 0; at < text.length; at++) {
        hash = step(hash, text[at] ?? 0);
        if (this.table[hash] === 1) {
          const start = at - SEED + 1;
          for (const [needle, name] of this.byHash.get(hash) ?? []) {
            if (!found.has(name) && text.toString('latin1', start, start + needle.length) === needle) {
              const around = text.toString('latin1', Math.max(0, start - 160), start + needle.length + 40);
              found.set(name, `${isSqueezed ? 'squeezed: ' : ''}${around}`);
            }
          }
        }
      }
    }
    return found;
  }
}

function step(hash: number, byte: number): number {
  // Six shifts by 4 bits exceed the mask, so older bytes drop out.
  return ((hash << 4) ^ byte) & MASK;
}

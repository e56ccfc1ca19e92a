import { BoundedMap } from '../common/bounded';
import { hashOf } from '../common/textHash';

/** At most this many names are remembered. */
const MAX_NAMES = 4096;

/** The text that was shown last under each name, as a digest: texts may be long and many. */
export class KnownTexts {
  private readonly digests = new BoundedMap<string, string>(MAX_NAMES);

  /**
   * @param maxLength how much of a text is compared, in UTF-16 units: beyond that, texts differ by their length only
   */
  constructor(private readonly maxLength: number) {}

  has(name: string): boolean {
    return this.digests.has(name);
  }

  /** True if exactly this text is remembered under `name`. */
  isKnown(name: string, text: string): boolean {
    return this.digests.get(name) === this.digestOf(text);
  }

  remember(name: string, text: string): void {
    this.digests.set(name, this.digestOf(text));
  }

  forget(name: string): void {
    this.digests.delete(name);
  }

  private digestOf(text: string): string {
    return `${text.length}:${hashOf(text.slice(0, this.maxLength))}`;
  }
}

import { BoundedMap } from '../common/bounded';
import { hashOf } from '../common/textHash';

/** How many names are remembered; the oldest goes first. */
const MAX_NAMES = 4096;

/** Which text was shown last under a name: its digest alone, for texts may be long and many. */
export class KnownTexts {
  private readonly digests = new BoundedMap<string, string>(MAX_NAMES);

  /**
   * @param maxLength how much of a text is looked at, in UTF-16 units: beyond what can be shown, texts are told apart by
   * their length only
   */
  constructor(private readonly maxLength: number) {}

  has(name: string): boolean {
    return this.digests.has(name);
  }

  /** True if this very text was remembered under `name`, and not forgotten since. */
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

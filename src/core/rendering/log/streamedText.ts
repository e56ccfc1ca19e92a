import * as l10n from '@vscode/l10n';
import { moreMark, TextSanitizer } from '../../common/sanitize';
import { lineCost } from './logWriter';
import { type StreamKey, FORMS } from '../textStreams';

/** An interrupted stream gets another header only for at least this many characters (UTF-16 units), or a line. */
const WORTH_A_HEADER = 80;

/** One text that comes in pieces: what was shown of it, and what waits to be shown. */
export class StreamedText {
  begun = false;
  at: Date | undefined;
  private readonly sanitizer: TextSanitizer;
  private waiting = '';
  /** The beginning of what has come, at most `maxLength` of it, and the length of all of it. */
  private raw = '';
  private rawLength = 0;
  private isMarked = false;
  /** Each text that comes is the whole text so far. */
  private isWhole = false;

  constructor(
    public key: StreamKey,
    private readonly maxLength: number,
  ) {
    this.sanitizer = new TextSanitizer({ maxLength, lineCost: lineCost(FORMS[key.kind]) });
  }

  get hidden(): number {
    return this.sanitizer.hidden;
  }

  get hasText(): boolean {
    return this.waiting.trim() !== '';
  }

  get isWorthAHeader(): boolean {
    return this.hasText && (this.waiting.length >= WORTH_A_HEADER || this.waiting.trimStart().includes('\n'));
  }

  push(key: StreamKey, piece: string, at: Date | undefined): void {
    this.key = key;
    this.at = at;
    this.rawLength += piece.length;
    this.raw += piece.slice(0, Math.max(0, this.maxLength - this.raw.length));
    this.waiting += this.sanitizer.push(piece);
    if (this.hidden > 0 && !this.isMarked) {
      this.isMarked = true;
      this.waiting += l10n.t('… (the rest is not shown)');
    }
  }

  /**
   * The whole text so far. A runtime's partial results of a shell are such texts (measured on 1.0.55 and 1.0.102, whose
   * schema says so; the SDK's types call them chunks, and other tools may send chunks). So a text that continues what
   * has come is taken for the whole, and any other for a piece. After a whole text, another text that does not continue
   * it is a rewritten output (a progress line): it is shown from the first line that differs.
   */
  replace(key: StreamKey, text: string, at: Date | undefined): void {
    const rest = this.restOf(text);
    if (rest !== undefined) {
      this.isWhole ||= rest !== '' && this.raw.trim() !== '';
      this.push(key, rest, at);
    } else if (this.isWhole) {
      const begun = this.raw;
      if (begun.startsWith(text)) {
        return; // a part of what was shown
      }
      this.push(key, `\n${text.slice(startOfDifference(begun, text))}`, at);
      this.raw = text.slice(0, this.maxLength);
      this.rawLength = text.length;
    } else {
      this.push(key, text, at);
    }
  }

  end(): void {
    this.waiting += this.sanitizer.end();
    if (this.hidden > 0 && this.key.kind !== 'output') {
      this.waiting += `\n${moreMark(this.hidden)}`;
    }
  }

  take(): string {
    const text = this.waiting;
    this.waiting = '';
    this.begun = true;
    return text;
  }

  /** What `whole` has beyond what was streamed; `undefined` if it is another text. White space at the ends is ignored. */
  restOf(whole: string): string | undefined {
    const streamed = this.raw.trimStart();
    const skipped = this.raw.length - streamed.length;
    const text = whole.trimStart();
    const length = this.rawLength - skipped;
    if (text.startsWith(streamed) && text.length >= length) {
      return text.slice(length);
    }
    return this.rawLength === this.raw.length && streamed.trimEnd() === text.trimEnd() ? '' : undefined;
  }
}

/** Index of the beginning of the first line of `second` that differs. */
function startOfDifference(first: string, second: string): number {
  let at = 0;
  while (at < first.length && first.charCodeAt(at) === second.charCodeAt(at)) {
    at++;
  }
  return at === 0 ? 0 : second.lastIndexOf('\n', at - 1) + 1;
}

import { StringDecoder } from 'node:string_decoder';
import { RunOnceScheduler } from '../core/common/runOnceScheduler';
import { unrefTimers } from '../core/common/timers';
import { LineRedactor } from '../core/redaction/pieces';
import { secrets } from '../core/redaction/secrets';

export interface LineLimits {
  /** The longest line, in UTF-16 units; a note replaces the rest of a longer one. */
  readonly maxLength: number;
  /** The most lines in one second; a note with their number replaces further ones. */
  readonly maxPerSecond: number;
  /** The most lines in `lastLines`. */
  readonly lastLines: number;
}

const DEFAULT_LINE_LIMITS: LineLimits = { maxLength: 8_192, maxPerSecond: 500, lastLines: 200 };

/** The length of the text that `lastLines` is taken from, in UTF-16 units; up to twice as much between two cuts. */
const TAIL_LENGTH = 64 * 1024;
/** Where a line may be cut. A cut within a word might leave half a secret, which no redactor recognises. */
const BOUNDARY = /[\s"'`,;:=&()[\]{}<>|](?=[^\s"'`,;:=&()[\]{}<>|]*$)/;

/**
 * Splits a byte stream into lines that are limited in length and number, so that a flood does not block this process.
 * The last lines are kept even if they were left out, because they explain a crash. Lines are without secrets.
 */
export class LineSplitter {
  private readonly decoder = new StringDecoder('utf8');
  private rest = '';
  private overlong = 0;
  private tail = '';
  private tailIsCut = false;
  private second = 0;
  private inSecond = 0;
  private omitted = 0;
  private readonly report = new RunOnceScheduler(() => this.reportOmitted(), 1_000, unrefTimers);
  private readonly limits: LineLimits;
  private readonly redactor = new LineRedactor(secrets);

  constructor(
    private readonly onLine: (line: string) => void,
    limits: Partial<LineLimits> = {},
    private readonly now: () => number = Date.now,
  ) {
    this.limits = { ...DEFAULT_LINE_LIMITS, ...limits };
  }

  /** The last lines that are not empty, oldest first, including an incomplete last one. */
  get lastLines(): readonly string[] {
    // Redacted as a whole: a secret may span lines.
    const lines = secrets.redact(this.tail).split('\n');
    if (this.tailIsCut) {
      // The first line lacks its beginning. A single endless line only loses its first word, which may be half a
      // secret.
      const [first = ''] = lines.splice(0, 1);
      if (lines.length === 0) {
        lines.push(first.replace(/^\S*/, '…'));
      }
    }
    return lines
      .map((line) => this.clip(line.replace(/\r$/, ''), 0))
      .map(({ shown, note }) => shown + note)
      .filter((line) => line.trim() !== '')
      .slice(-this.limits.lastLines);
  }

  write(chunk: Buffer): void {
    this.take(this.decoder.write(chunk));
  }

  /** The stream has ended: passes on the rest. */
  end(): void {
    this.take(this.decoder.end());
    if (this.rest !== '') {
      this.finish();
    }
    this.reportOmitted();
  }

  private take(text: string): void {
    this.keep(text);
    let start = 0;
    for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n', start)) {
      this.extend(text, start, end);
      this.finish();
      start = end + 1;
    }
    this.extend(text, start, text.length);
  }

  private keep(text: string): void {
    this.tail += text;
    // Not at every call: a short line must not cost a copy of the whole tail.
    if (this.tail.length > 2 * TAIL_LENGTH) {
      this.tail = this.tail.slice(-TAIL_LENGTH);
      this.tailIsCut = true;
    }
  }

  private extend(text: string, start: number, end: number): void {
    const taken = Math.min(end - start, Math.max(0, this.limits.maxLength - this.rest.length));
    this.rest += text.slice(start, start + taken);
    this.overlong += end - start - taken;
  }

  private finish(): void {
    const { rest, overlong } = this;
    this.rest = '';
    this.overlong = 0;
    const second = Math.floor(this.now() / 1_000);
    if (second !== this.second) {
      this.reportOmitted();
      this.second = second;
      this.inSecond = 0;
    }
    if (this.inSecond < this.limits.maxPerSecond) {
      this.inSecond++;
      const { shown, note } = this.clip(rest.replace(/\r$/, ''), overlong);
      // Redacted without the note: the end of a cut line may be the beginning of a secret.
      this.onLine(this.redactor.next(shown) + note);
    } else {
      this.omitted++;
      // By a timer: no line may follow a flood.
      this.report.schedule();
    }
  }

  private clip(line: string, overlong: number): { readonly shown: string; readonly note: string } {
    const { maxLength } = this.limits;
    if (overlong === 0 && line.length <= maxLength) {
      return { shown: line, note: '' };
    }
    const room = line.slice(0, maxLength);
    const cut = BOUNDARY.exec(room.slice(-1_024));
    const shown = cut === null ? room : room.slice(0, Math.max(0, room.length - 1_024) + cut.index + 1);
    // eslint-disable-next-line texts/localized -- a line of a log
    return { shown, note: `… (${line.length - shown.length + overlong} more characters)` };
  }

  private reportOmitted(): void {
    this.report.cancel();
    if (this.omitted > 0) {
      const { omitted } = this;
      this.omitted = 0;
      // eslint-disable-next-line texts/localized -- a line of a log
      this.onLine(`… ${omitted} more lines came within a second and were left out`);
    }
  }
}

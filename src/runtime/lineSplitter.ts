import { StringDecoder } from 'node:string_decoder';
import { RunOnceScheduler } from '../core/common/runOnceScheduler';
import { unrefTimers } from '../core/common/timers';
import { LineRedactor } from '../core/redaction/pieces';
import { secrets } from '../core/redaction/secrets';

export interface LineLimits {
  /** Longest line that is passed on, in UTF-16 units; the rest of it is left out, and that is said. */
  readonly maxLength: number;
  /** Most lines passed on in one second; a flood is counted, and the count is said. */
  readonly maxPerSecond: number;
  /** How many of the last lines are kept. */
  readonly kept: number;
}

const DEFAULT_LINE_LIMITS: LineLimits = { maxLength: 8_192, maxPerSecond: 500, kept: 200 };

/** How much text the last lines are kept from, in UTF-16 units; up to twice as much between two cuts. */
const TAIL_LENGTH = 64 * 1024;
/** Where a line may be cut: within a word it might be a secret, whose half no redactor knows. */
const BOUNDARY = /[\s"'`,;:=&()[\]{}<>|](?=[^\s"'`,;:=&()[\]{}<>|]*$)/;

/**
 * Cuts a stream of bytes into lines, bounded in length and in number, so that not even a flood keeps us busy. The last
 * lines are kept whatever was left out: they are what explains a crash. It is a boundary: no line has a secret in it.
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

  /** The last lines that are not empty, oldest first; also what has come of a line that has not ended. */
  get lastLines(): readonly string[] {
    // As a whole: a secret may be spread over lines.
    const lines = secrets.redact(this.tail).split('\n');
    if (this.tailIsCut) {
      // Its beginning is missing; of a single endless line, the first word goes: it may be half a secret.
      const [first = ''] = lines.splice(0, 1);
      if (lines.length === 0) {
        lines.push(first.replace(/^\S*/, '…'));
      }
    }
    return lines
      .map((line) => this.clip(line.replace(/\r$/, ''), 0))
      .map(({ shown, note }) => shown + note)
      .filter((line) => line.trim() !== '')
      .slice(-this.limits.kept);
  }

  write(chunk: Buffer): void {
    this.take(this.decoder.write(chunk));
  }

  /** Nothing more comes: says what is left. */
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
    // Cut only now and then, so that a short line does not cost the copying of all that is kept.
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
      // Without the note: what ends where the line was cut may be the beginning of a secret.
      this.onLine(this.redactor.next(shown) + note);
    } else {
      this.omitted++;
      // A flood that ends is told of, too: nothing may come after it.
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

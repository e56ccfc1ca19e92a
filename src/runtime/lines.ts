import { StringDecoder } from 'node:string_decoder';

export interface LineLimits {
  /** Longest line that is passed on, in characters; the rest of it is left out, and that is said. */
  readonly maxLength: number;
  /** Most lines passed on in one second; a flood is counted, and the count is said. */
  readonly maxPerSecond: number;
}

const DEFAULT_LIMITS: LineLimits = { maxLength: 8_192, maxPerSecond: 500 };

/** Cuts a stream of bytes into lines, bounded in length and in number. */
export class LineSplitter {
  private readonly decoder = new StringDecoder('utf8');
  private rest = '';
  private overlong = 0;
  private second = 0;
  private inSecond = 0;
  private omitted = 0;

  constructor(
    private readonly onLine: (line: string) => void,
    private readonly limits: LineLimits = DEFAULT_LIMITS,
    private readonly now: () => number = Date.now,
  ) {}

  write(chunk: Buffer): void {
    const text = this.decoder.write(chunk);
    let start = 0;
    for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n', start)) {
      this.extend(text.slice(start, end));
      this.finish();
      start = end + 1;
    }
    this.extend(text.slice(start));
  }

  end(): void {
    this.extend(this.decoder.end());
    if (this.rest !== '') {
      this.finish();
    }
    this.reportOmitted();
  }

  private extend(text: string): void {
    const room = this.limits.maxLength - this.rest.length;
    this.rest += text.slice(0, room);
    this.overlong += Math.max(0, text.length - room);
  }

  private finish(): void {
    const cut = this.overlong > 0 ? ` … (${this.overlong} more characters)` : '';
    const line = this.rest.replace(/\r$/, '') + cut;
    this.rest = '';
    this.overlong = 0;
    const second = Math.floor(this.now() / 1_000);
    if (second !== this.second) {
      this.reportOmitted();
      this.second = second;
      this.inSecond = 0;
    }
    if (this.inSecond++ < this.limits.maxPerSecond) {
      this.onLine(line);
    } else {
      this.omitted++;
    }
  }

  private reportOmitted(): void {
    if (this.omitted > 0) {
      this.onLine(`… ${this.omitted} more lines came within a second and were left out`);
      this.omitted = 0;
    }
  }
}

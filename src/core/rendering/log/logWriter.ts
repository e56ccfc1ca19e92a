import { moreMark, sanitizeLine, sanitizeText, TextSanitizer } from '../../common/sanitize';
import { truncateLines, moreLinesMark } from '../truncateLines';
import { LABEL_TEXTS } from '../labels';
import { type Body, type BodyKind, type Entry, type Group, lineOf } from '../entry';
import { DETAIL_MARK, markOf } from './lineMarks';

export interface LogWriterOptions {
  readonly formatTime: (date: Date) => string;
  readonly formatDate: (date: Date) => string;
  readonly maxBodyLength: number;
}

const NO_TIME = '--:--:--';
/** 8 in English. */
const LABEL_WIDTH = Math.max(...Object.values(LABEL_TEXTS).map((text) => text.length));
const SUMMARY_LENGTH = 1000;
/** The column of the labels: the editor's word wrap keeps it for the lines that it breaks. */
const INDENT = ' '.repeat(10);

/** Old, common characters, which every editor font has at the right width. */
const BARS: Readonly<Record<BodyKind, string>> = {
  prose: '',
  detail: '',
  thought: '¦ ',
  command: '$ ',
  output: '│ ',
  diff: '║ ',
  alert: '! ',
};

/** The layout of a log: columns, bars, blank lines and days. It knows no events. */
export class LogWriter {
  private text = '';
  private last: Group | 'head' | 'nothing' = 'nothing';
  private day: string | undefined;
  private lineOpen = false;
  private lastAbout: string | undefined;
  /** The bar of the body that is being streamed, and the line feeds that wait for text after them. */
  private bar = '';
  private pendingLines = 0;

  constructor(private readonly options: LogWriterOptions) {}

  /** The `about` of the last entry. */
  get about(): string | undefined {
    return this.lastAbout;
  }

  /** True if something was written since the last `take`. */
  get hasText(): boolean {
    return this.text !== '';
  }

  /** All that was written since the last call. */
  take(): string {
    const text = this.text;
    this.text = '';
    return text;
  }

  head(lines: readonly string[]): void {
    this.closeLine();
    this.text += lines.map((line) => `${line}\n`).join('');
    this.last = 'head';
    this.lastAbout = undefined;
  }

  entry(entry: Entry, at: Date | undefined): void {
    this.header(entry, at);
    for (const body of entry.body ?? []) {
      this.body(body);
    }
  }

  private header(entry: Entry, at: Date | undefined): void {
    const { label, agent, group = 'activity', about } = entry;
    this.closeLine();
    this.dayChange(at);
    if (this.last === 'message' || (group === 'message' && this.last !== 'nothing')) {
      this.text += '\n';
    }
    this.last = group;
    this.lastAbout = about;
    const time = at === undefined ? NO_TIME : sanitizeLine(this.options.formatTime(at), 40);
    const line = agent === undefined ? lineOf(entry) : `[${agent}] ${lineOf(entry)}`;
    this.text += `${time}  ${LABEL_TEXTS[label].padEnd(LABEL_WIDTH)}  ${sanitizeLine(line, SUMMARY_LENGTH)}`.trimEnd();
    this.text += `${markOf(entry)}\n`;
  }

  /** A whole body under the last entry. */
  body(body: Body): void {
    this.closeLine();
    const limit = this.options.maxBodyLength;
    const bar = BARS[body.kind];
    const text = trimLines(body.text);
    if (text === '') {
      return;
    }
    if (body.clip === undefined) {
      const sanitizer = new TextSanitizer({ maxLength: limit, lineCost: lineCost(body.kind) });
      this.lines(bar, sanitizer.push(text) + sanitizer.end(), body.kind === 'detail' ? DETAIL_MARK : '');
      if (sanitizer.hidden > 0) {
        this.lines(bar, moreMark(sanitizer.hidden));
      }
      return;
    }
    const { head, omitted, tail } = truncateLines(text, body.clip.head, body.clip.tail);
    this.lines(bar, sanitizeText(head, limit / 2));
    if (omitted > 0) {
      this.lines(bar, moreLinesMark(omitted));
    }
    if (tail !== '') {
      this.lines(bar, sanitizeText(tail, limit / 2));
    }
  }

  /** Opens a body that `stream` continues. */
  openBody(kind: BodyKind): void {
    this.closeLine();
    this.bar = BARS[kind];
    this.pendingLines = 0;
  }

  /** Appends sanitised text to the body that `openBody` opened. Line feeds at its ends are not written. */
  stream(text: string): void {
    const blank = this.bar === '' ? '' : (INDENT + this.bar).trimEnd();
    for (const [index, line] of text.split('\n').entries()) {
      this.pendingLines += index > 0 ? 1 : 0;
      if (line === '') {
        continue;
      }
      if (this.lineOpen && this.pendingLines > 0) {
        this.text += `\n${blank}`.repeat(this.pendingLines - 1) + '\n';
      }
      this.text += (this.lineOpen && this.pendingLines === 0 ? '' : INDENT + this.bar) + line;
      this.pendingLines = 0;
      this.lineOpen = true;
    }
  }

  /** Ends the line that a stream has left open. */
  closeLine(): void {
    if (this.lineOpen) {
      this.text += '\n';
    }
    this.lineOpen = false;
    this.pendingLines = 0;
  }

  private lines(bar: string, text: string, mark = ''): void {
    for (const line of text.split('\n')) {
      this.text += `${`${INDENT}${bar}${line}`.trimEnd()}${mark}\n`;
    }
  }

  private dayChange(at: Date | undefined): void {
    if (at === undefined) {
      return;
    }
    const day = sanitizeLine(this.options.formatDate(at), 40);
    if (day !== this.day) {
      this.text += `${this.last === 'nothing' ? '' : '\n'}── ${day} ──\n`;
      this.day = day;
      this.last = 'nothing';
    }
  }
}

/** The length of a line feed in a body of this kind, with all that stands around it but the text. */
export function lineCost(kind: BodyKind): number {
  return 1 + INDENT.length + BARS[kind].length + (kind === 'detail' ? DETAIL_MARK.length : 0);
}

/** Without blank lines at the beginning, and white space at the end. */
function trimLines(text: string): string {
  let start = 0;
  while (text.charAt(start) === '\n' || text.charAt(start) === '\r') {
    start++;
  }
  return text.slice(start).trimEnd();
}

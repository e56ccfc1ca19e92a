import { moreMark, TextSanitizer } from '../sanitize';
import { clipLines, moreLinesMark } from './clipLines';
import { type BodyKind, type Clip, type Group, type Label, lineCost, type Page } from './page';

/** A text that comes in pieces before it comes as a whole. */
export interface StreamKey {
  readonly kind: 'message' | 'reasoning' | 'output';
  /** The id that the pieces and the whole share; '' if they lack it. */
  readonly id: string;
  readonly label: Label;
  /** Who speaks, for the header; may change with every piece. */
  readonly summary: string;
}

/** So much must have come before a stream that was interrupted gets another header for it. */
const WORTH_A_HEADER = 80;
const MAX_OPEN = 256;
const MAX_DIGESTS = 4096;
/** What is shown of a tool's output while it runs; its end is shown with the result. */
const MAX_OUTPUT = 10_000;
const FORMS: Readonly<Record<StreamKey['kind'], BodyKind>> = {
  message: 'prose',
  reasoning: 'thought',
  output: 'output',
};

/**
 * Texts that are streamed, several at once and with other events between their pieces.
 *
 * One stream at a time has the open line at the end of the page, and its pieces are written as they come. A piece of
 * another one waits until it is worth a header (a line, or 80 characters): sub-agents that speak at the same time give
 * blocks that can be read, not a header for every word. Nothing waits for good: the whole message, `flush`, and
 * whatever ends the agent's work bring it out.
 */
export class Streams {
  private readonly open = new Map<string, Stream>();
  /** Of texts that are complete: what a second copy is recognised by. */
  private readonly digests = new Map<string, string>();
  private current: Stream | undefined;

  constructor(
    private readonly page: Page,
    private readonly maxLength: number,
  ) {}

  /** Somebody else writes on the page: whatever stream was being written is interrupted. */
  interrupt(): void {
    this.current = undefined;
  }

  /** Appends a piece. */
  push(key: StreamKey, piece: string, at: Date | undefined): void {
    const name = nameOf(key);
    if (this.digests.has(name)) {
      // A piece that comes behind the whole text is in it already.
      return;
    }
    let stream = this.open.get(name);
    if (stream === undefined) {
      stream = new Stream(key, key.kind === 'output' ? Math.min(this.maxLength, MAX_OUTPUT) : this.maxLength);
      this.open.set(name, stream);
      this.limitOpen();
    }
    stream.push(key, piece, at);
    const isFree = stream === this.current || (this.current === undefined && !stream.begun);
    if (isFree ? stream === this.current || stream.hasText : stream.isWorthAHeader) {
      this.write(stream);
    }
  }

  /** The text is complete: shows what of it has not been shown. */
  complete(key: StreamKey, text: string, at: Date | undefined): void {
    const name = nameOf(key);
    const stream = this.open.get(name);
    const isKnown = this.isKnown(name, text);
    const isRevised = this.digests.has(name);
    if (key.id !== '') {
      this.remember(name, text);
    }
    if (stream === undefined) {
      if (!isKnown && text.trim() !== '') {
        this.writeWhole({ ...key, summary: join(key.summary, isRevised ? '(revised)' : '') }, text, at);
      }
      return;
    }
    const rest = stream.restOf(text);
    if (rest !== undefined) {
      stream.push(key, rest, at);
    }
    this.close(name, stream);
    if (rest === undefined) {
      const why = text.trim() === '' ? '(the complete text is empty)' : '(complete; differs from what was streamed)';
      this.writeWhole({ ...key, summary: join(key.summary, why) }, text, at);
    }
  }

  /**
   * Ends the stream of a tool's output. If one of `candidates` (the forms of the whole output) continues what was
   * streamed, its rest is added there, clipped, and what is returned is what did not fit. `undefined` if there was no
   * such stream, or the output is another text.
   */
  endOutput(id: string, candidates: readonly string[], clip: Clip): string | undefined {
    const name = nameOf({ kind: 'output', id });
    const stream = this.open.get(name);
    if (stream === undefined) {
      return undefined;
    }
    const whole = candidates.find((candidate) => stream.restOf(candidate) !== undefined);
    const rest = whole === undefined ? '' : (stream.restOf(whole) ?? '');
    const hidden = stream.hidden;
    const { head, omitted, tail } = clipLines(rest.trimEnd(), clip.head, clip.tail);
    stream.push(stream.key, omitted === 0 ? head : `${head}\n${moreLinesMark(omitted)}\n${tail}`, stream.at);
    this.close(name, stream);
    return whole === undefined ? undefined : whole.slice(whole.length - (hidden === 0 ? 0 : rest.length + hidden));
  }

  /** The open stream, if any, that `text` completes. */
  find(kind: StreamKey['kind'], text: string): StreamKey | undefined {
    for (const stream of this.open.values()) {
      if (stream.key.kind === kind && stream.restOf(text) !== undefined) {
        return stream.key;
      }
    }
    return undefined;
  }

  /** Writes whatever waits. */
  flush(): void {
    for (const stream of this.open.values()) {
      if (stream.hasText) {
        this.write(stream);
      }
    }
  }

  private write(stream: Stream): void {
    const { key } = stream;
    if (stream !== this.current) {
      // A tool's output right behind the line that started it needs no header of its own.
      const follows = key.kind === 'output' && !stream.begun && this.page.about === key.id && key.id !== '';
      if (!follows) {
        const summary = join(key.summary, stream.begun ? '(continued)' : '');
        this.page.header(key.label, summary, groupOf(key), stream.at, key.kind === 'output' ? key.id : undefined);
      }
      this.page.openBody(FORMS[key.kind]);
      this.current = stream;
    }
    this.page.stream(stream.take());
  }

  private close(name: string, stream: Stream): void {
    stream.end();
    if (stream.hasText) {
      this.write(stream);
    }
    this.open.delete(name);
    if (this.current === stream) {
      this.page.closeLine();
      this.current = undefined;
    }
  }

  private writeWhole(key: StreamKey, text: string, at: Date | undefined): void {
    this.current = undefined;
    const body = [{ kind: FORMS[key.kind], text }];
    this.page.entry({ label: key.label, summary: key.summary, group: groupOf(key), body }, at);
  }

  /** True if this very text was remembered under `name`, and not forgotten since. */
  isKnown(name: string, text: string): boolean {
    return this.digests.get(name) === this.digestOf(text);
  }

  remember(name: string, text: string): void {
    this.digests.delete(name);
    this.digests.set(name, this.digestOf(text));
    if (this.digests.size > MAX_DIGESTS) {
      this.digests.delete(this.digests.keys().next().value ?? '');
    }
  }

  forget(name: string): void {
    this.digests.delete(name);
  }

  /** Beyond what can be shown, texts are told apart by their length only. */
  private digestOf(text: string): string {
    return `${text.length}:${hashOf(text.slice(0, this.maxLength))}`;
  }

  /** Streams that never end must not be kept for ever: the oldest is written out and forgotten. */
  private limitOpen(): void {
    if (this.open.size <= MAX_OPEN) {
      return;
    }
    for (const [name, stream] of this.open) {
      this.close(name, stream);
      return;
    }
  }
}

class Stream {
  begun = false;
  at: Date | undefined;
  private readonly sanitizer: TextSanitizer;
  private waiting = '';
  /** The beginning of what came, as long as what may be shown, and how long all of it is. */
  private raw = '';
  private rawLength = 0;
  private isMarked = false;

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
      this.waiting += '… (the rest is not shown)';
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

  /** What `whole` has beyond what was streamed; `undefined` if it is another text. White space at the ends is nothing. */
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

function nameOf(key: Pick<StreamKey, 'kind' | 'id'>): string {
  return `${key.kind} ${key.id}`;
}

function groupOf(key: StreamKey): Group {
  return key.kind === 'output' ? 'activity' : 'message';
}

function join(first: string, second: string): string {
  return first === '' || second === '' ? first + second : `${first} ${second}`;
}

/** Two 32-bit FNV-1a hashes over the UTF-16 units: enough to tell a repetition from another text. */
export function hashOf(text: string): string {
  let first = 0x811c9dc5;
  let second = 0x9747b28c;
  for (let index = 0; index < text.length; index++) {
    const unit = text.charCodeAt(index);
    first = Math.imul(first ^ unit, 0x01000193);
    second = Math.imul(second ^ unit, 0x5bd1e995);
  }
  return `${first >>> 0}:${second >>> 0}`;
}

import { truncateLines, moreLinesMark } from '../truncateLines';
import type { LogWriter } from './logWriter';
import { StreamedText } from './streamedText';
import { KnownTexts } from '../knownTexts';
import { FORMS, nameOf, type StreamKey, type TextStreams } from '../textStreams';
import type { Clip, Group } from '../entry';

const MAX_OPEN = 256;
/** What is shown of a tool's output while it runs; its end is shown with the result. */
const MAX_OUTPUT = 10_000;

/**
 * Texts that are streamed, several at once and with other events between their pieces.
 *
 * One stream at a time has the open line at the end of the log, and its pieces are written as they come. A piece of
 * another one waits until it is worth a header (a line, or 80 characters): sub-agents that speak at the same time give
 * blocks that can be read, not a header for every word. Nothing waits for good: the whole message, `flush`, and
 * whatever ends the agent's work bring it out.
 */
export class StreamedTexts implements TextStreams {
  private readonly open = new Map<string, StreamedText>();
  readonly known: KnownTexts;
  private current: StreamedText | undefined;

  constructor(
    private readonly writer: LogWriter,
    private readonly maxLength: number,
  ) {
    this.known = new KnownTexts(maxLength);
  }

  /** Somebody else writes to the log: whatever stream was being written is interrupted. */
  interrupt(): void {
    this.current = undefined;
  }

  /** Appends a piece. */
  push(key: StreamKey, piece: string, at: Date | undefined): void {
    const stream = this.openFor(key);
    if (stream !== undefined) {
      stream.push(key, piece, at);
      this.writeIfFree(stream);
    }
  }

  /** The text as far as it has come. What does not continue what came before is a piece of it, see `Stream.replace`. */
  replace(key: StreamKey, text: string, at: Date | undefined): void {
    const stream = this.openFor(key);
    if (stream !== undefined) {
      stream.replace(key, text, at);
      this.writeIfFree(stream);
    }
  }

  /** `undefined` if the text is complete: a piece that comes behind the whole text is in it already. */
  private openFor(key: StreamKey): StreamedText | undefined {
    const name = nameOf(key);
    if (this.known.has(name)) {
      return undefined;
    }
    let stream = this.open.get(name);
    if (stream === undefined) {
      stream = new StreamedText(key, key.kind === 'output' ? Math.min(this.maxLength, MAX_OUTPUT) : this.maxLength);
      this.open.set(name, stream);
      this.limitOpen();
    }
    return stream;
  }

  private writeIfFree(stream: StreamedText): void {
    const isFree = stream === this.current || (this.current === undefined && !stream.begun);
    if (isFree ? stream === this.current || stream.hasText : stream.isWorthAHeader) {
      this.write(stream);
    }
  }

  /** The text is complete: shows what of it has not been shown. */
  complete(key: StreamKey, text: string, at: Date | undefined): void {
    const name = nameOf(key);
    const stream = this.open.get(name);
    const isKnown = this.known.isKnown(name, text);
    const isRevised = this.known.has(name);
    if (key.id !== '') {
      this.known.remember(name, text);
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
    if (id !== '') {
      this.known.remember(name, '');
    }
    if (stream === undefined) {
      return undefined;
    }
    const whole = candidates.find((candidate) => stream.restOf(candidate) !== undefined);
    const rest = whole === undefined ? '' : (stream.restOf(whole) ?? '');
    const hidden = stream.hidden;
    const { head, omitted, tail } = truncateLines(rest.trimEnd(), clip.head, clip.tail);
    stream.push(stream.key, omitted === 0 ? head : `${head}\n${moreLinesMark(omitted)}\n${tail}`, stream.at);
    this.close(name, stream);
    return whole === undefined ? undefined : whole.slice(whole.length - (hidden === 0 ? 0 : rest.length + hidden));
  }

  /** The agent's open stream, if any, that `text` completes: the one that has most of it. */
  find(kind: StreamKey['kind'], agentId: string, text: string): StreamKey | undefined {
    let found: StreamKey | undefined;
    let shortest = Infinity;
    for (const stream of this.open.values()) {
      const isOf = stream.key.kind === kind && stream.key.agentId === agentId;
      const rest = isOf ? stream.restOf(text) : undefined;
      if (rest !== undefined && rest.length < shortest) {
        shortest = rest.length;
        found = stream.key;
      }
    }
    return found;
  }

  /** Writes whatever waits. */
  flush(): void {
    for (const stream of this.open.values()) {
      if (stream.hasText) {
        this.write(stream);
      }
    }
  }

  private write(stream: StreamedText): void {
    const { key } = stream;
    if (stream !== this.current) {
      // A tool's output right behind the line that started it needs no header of its own.
      const follows = key.kind === 'output' && !stream.begun && this.writer.about === key.id && key.id !== '';
      if (!follows) {
        const summary = join(key.summary, stream.begun ? '(continued)' : '');
        this.writer.header(key.label, summary, groupOf(key), stream.at, key.kind === 'output' ? key.id : undefined);
      }
      this.writer.openBody(FORMS[key.kind]);
      this.current = stream;
    }
    this.writer.stream(stream.take());
  }

  private close(name: string, stream: StreamedText): void {
    stream.end();
    if (stream.hasText) {
      this.write(stream);
    }
    this.open.delete(name);
    if (this.current === stream) {
      this.writer.closeLine();
      this.current = undefined;
    }
  }

  private writeWhole(key: StreamKey, text: string, at: Date | undefined): void {
    this.current = undefined;
    const body = [{ kind: FORMS[key.kind], text }];
    this.writer.entry({ label: key.label, summary: key.summary, group: groupOf(key), body }, at);
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

function groupOf(key: StreamKey): Group {
  return key.kind === 'output' ? 'activity' : 'message';
}

function join(first: string, second: string): string {
  return first === '' || second === '' ? first + second : `${first} ${second}`;
}

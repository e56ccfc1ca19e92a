import * as l10n from '@vscode/l10n';
import { truncateLines, moreLinesMark } from '../truncateLines';
import type { LogWriter } from './logWriter';
import { StreamedText } from './streamedText';
import { KnownTexts } from '../knownTexts';
import { FORMS, nameOf, type StreamKey, type TextStreams } from '../textStreams';
import type { Clip, Entry, Group } from '../entry';

/** At most this many streams are open: the oldest is written out and forgotten. */
const MAX_OPEN = 256;
/** The most that is shown of a tool's output while it runs, in UTF-16 units; its end is shown with the result. */
const MAX_OUTPUT = 10_000;

/**
 * Texts that are streamed to the log, several at once and with other events between their pieces.
 *
 * One stream at a time has the open line at the end of the log, and its pieces are written as they come. The pieces of
 * another one wait until they are a line or 80 characters, so that sub-agents that stream at the same time give blocks
 * that can be read, not a header for every word. The whole message, `flush`, and the events that end the agent's work
 * write what waits.
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

  /** To be called before anything else is written to the log: interrupts the stream that is being written. */
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

  /** The whole text so far; a text that does not continue what has come is a piece, see `StreamedText.replace`. */
  replace(key: StreamKey, text: string, at: Date | undefined): void {
    const stream = this.openFor(key);
    if (stream !== undefined) {
      stream.replace(key, text, at);
      this.writeIfFree(stream);
    }
  }

  /** `undefined` if the text is complete: the whole text contains a piece that comes after it. */
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

  /** The text is complete: shows what was not shown of it. */
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
        this.writeWhole(key, isRevised ? l10n.t({ message: '(revised)', comment: ['Of a message'] }) : '', text, at);
      }
      return;
    }
    const rest = stream.restOf(text);
    if (rest !== undefined) {
      stream.push(key, rest, at);
    }
    this.close(name, stream);
    if (rest === undefined) {
      const why =
        text.trim() === ''
          ? l10n.t({ message: '(the complete text is empty)', comment: ['Of a message'] })
          : l10n.t({ message: '(complete; differs from what was streamed)', comment: ['Of a message'] });
      this.writeWhole(key, why, text, at);
    }
  }

  /**
   * Ends the stream of a tool's output. If one of `candidates` (the forms of the whole output) continues what was
   * streamed, its rest is added there, clipped.
   * @returns what did not fit; `undefined` if there was no such stream, or the output is another text
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

  /** Of the agent's open streams that `text` completes, the one that has most of it. */
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

  /** Writes what waits. */
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
      // A tool's output directly below the line of its start needs no header of its own.
      const follows = key.kind === 'output' && !stream.begun && this.writer.about === key.id && key.id !== '';
      if (!follows) {
        const continued = stream.begun ? l10n.t({ message: '(continued)', comment: ['Of a message'] }) : '';
        this.writer.entry(
          { ...headerOf(key, continued), ...(key.kind === 'output' ? { about: key.id } : {}) },
          stream.at,
        );
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

  private writeWhole(key: StreamKey, remark: string, text: string, at: Date | undefined): void {
    this.current = undefined;
    this.writer.entry({ ...headerOf(key, remark), body: [{ kind: FORMS[key.kind], text }] }, at);
  }

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

function headerOf({ kind, label, agent, summary }: StreamKey, remark: string): Entry {
  const group: Group = kind === 'output' ? 'activity' : 'message';
  return { label, agent, summary: [summary, remark].filter((part) => part !== '').join(' '), group };
}

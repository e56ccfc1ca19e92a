import { AbstractMessageReader, Disposable, type DataCallback, type Message } from 'vscode-jsonrpc/node';
import { isRecord } from '../common/json';
import { OversizedFrame } from './oversizedFrame';
import { atOnce, inSlices, sharedTurns, type SlicedWork } from '../common/timeSlices';
import { parsingJson } from '../common/slicedJson';
import { cleanMessage, cleaningMessage } from '../redaction/messages';
import { secrets, textOf } from '../redaction/secrets';
import { BytePacer, type PausableSource } from './bytePacer';

/** Where bytes come from: a `Readable`, or anything of its shape. */
export interface ByteSource extends PausableSource {
  on(event: 'data', listener: (chunk: Uint8Array) => void): unknown;
  on(event: 'end' | 'close', listener: () => void): unknown;
  on(event: 'error', listener: (error: Error) => void): unknown;
  off(event: 'data', listener: (chunk: Uint8Array) => void): unknown;
  off(event: 'end' | 'close', listener: () => void): unknown;
  off(event: 'error', listener: (error: Error) => void): unknown;
}

export interface FramingLimits {
  /**
   * Largest body that is accepted, in bytes. A longer one is skipped, without ever being held in memory: an error takes
   * the place of an answer, and the call fails at once.
   */
  readonly maxBodyBytes: number;
  /** Largest header block, in bytes; what is longer is taken for garbage. */
  readonly maxHeaderBytes: number;
  /** After so many bytes the source is held up, and the rest waits, until the event loop has had a turn. */
  readonly bytesPerTurn: number;
  /** A body that is longer is parsed in slices, in bytes; what comes behind it waits. */
  readonly bytesAtOnce: number;
}

const DEFAULT_LIMITS: FramingLimits = {
  maxBodyBytes: 64 * 1024 * 1024,
  maxHeaderBytes: 8 * 1024,
  // Node.js reads 64 KB at once: some 300 events, which take 30 ms while the code is new to the engine.
  bytesPerTurn: 16 * 1024,
  bytesAtOnce: 512 * 1024,
};
/** No runtime makes longer JSON: a length beyond this is garbage, and is not waited for. */
const IMPLAUSIBLE_BYTES = 1024 * 1024 * 1024;

/** So much of a long body is looked through for secrets in one step, in bytes; what two steps have in common. */
const LOOK_BYTES = 128 * 1024;
const LOOK_OVERLAP = 512;

const HEADER_END = Buffer.from('\r\n\r\n', 'latin1');
const HEADER_START = 'content-length:';
const PLAIN_HEADER = Buffer.from('Content-Length: ', 'latin1');
/** `Content-Length: `, a number and the line's end, of a message that is not implausibly long. */
const LONGEST_PLAIN_HEADER = 40;
const NOTHING = new Uint8Array();
const CARRIAGE_RETURN = 13;
const LINE_FEED = 10;

/**
 * Reads JSON-RPC messages framed as in the language server protocol (`Content-Length: N\r\n\r\n` and N bytes of UTF-8).
 *
 * It replaces `StreamMessageReader`, which costs more than the parsing itself (see `npm run bench`) and which a single
 * line of garbage on stdout ends for good. This one reports garbage, broken JSON and oversized bodies through
 * `onError`, and goes on with the next whole message.
 *
 * It is a boundary: what it gives has no secrets. It looks for them in the bytes, before they are parsed, which costs a
 * tenth of looking into each string.
 */
export class FrameReader extends AbstractMessageReader {
  private readonly limits: FramingLimits;
  private callback: DataCallback | undefined;
  /** What has come and is not consumed yet: chunks, joined only when a message spans several. */
  private chunks: Buffer[] = [];
  private available = 0;
  /** Body length of the message whose header was read, -1 while a header is awaited. */
  private bodyLength = -1;
  /** Bytes still to be thrown away of a body that is over the limit. */
  private skip = 0;
  private oversized: OversizedFrame | undefined;
  /** Garbage is reported once for each run of it, not for each chunk. */
  private inGarbage = false;
  /** Chunks that are not looked at yet; the first of them is being worked on. */
  private readonly arrived: Uint8Array[] = [];
  private readonly turns: BytePacer;
  /** The body that is being parsed in slices. */
  private parsing: SlicedWork<void> | undefined;
  private listening: Disposable | undefined;

  constructor(
    private readonly source: ByteSource,
    limits: Partial<FramingLimits> = {},
  ) {
    super();
    this.limits = { ...DEFAULT_LIMITS, ...limits };
    this.turns = new BytePacer(
      source,
      this.limits.bytesPerTurn,
      (chunk) => this.push(chunk),
      () => this.idleBytes,
    );
  }

  /** All but the last of a long body's bytes are only put aside: a history is not to wait for its turns 400 times. */
  private get idleBytes(): number {
    const isLong = this.parsing === undefined && this.bodyLength > this.limits.bytesAtOnce;
    return isLong ? this.bodyLength - this.available - 1 : 0;
  }

  override listen(callback: DataCallback): Disposable {
    this.callback = callback;
    const onData = (chunk: Uint8Array): void => this.turns.take(chunk);
    const onEnd = (): void => this.end();
    const onError = (error: Error): void => {
      this.turns.flush();
      this.fireError(error);
    };
    this.source.on('error', onError);
    this.source.on('end', onEnd);
    this.source.on('close', onEnd);
    this.source.on('data', onData);
    this.listening = Disposable.create(() => {
      this.callback = undefined;
      this.source.off('data', onData);
      this.source.off('end', onEnd);
      this.source.off('close', onEnd);
      // `onError` stays: an error that nobody listens for would end the whole process.
    });
    return this.listening;
  }

  override dispose(): void {
    this.listening?.dispose();
    this.turns.clear();
    super.dispose();
  }

  private end(): void {
    this.turns.flush();
    // Nothing comes any more that it could hold up.
    while (this.parsing !== undefined) {
      atOnce(this.parsing);
    }
    if (this.available > 0 || this.bodyLength >= 0 || this.skip > 0) {
      this.oversized?.end();
      this.fireError(
        new Error(`The stream ended in the middle of a message (${this.available} bytes were left over).`),
      );
      this.reset();
    }
    this.fireClose();
  }

  private reset(): void {
    this.chunks = [];
    this.available = 0;
    this.bodyLength = -1;
    this.skip = 0;
    this.oversized = undefined;
  }

  /** A listener may cause another chunk (an in-memory stream does): that waits until this one is done with. */
  private push(chunk: Uint8Array): void {
    this.arrived.push(chunk);
    if (this.arrived.length === 1 && this.parsing === undefined) {
      this.takeArrived();
    }
  }

  private takeArrived(): void {
    while (this.parsing === undefined) {
      const [next] = this.arrived;
      if (next === undefined) {
        return;
      }
      this.take(next);
      this.arrived.shift();
    }
  }

  private take(chunk: Uint8Array): void {
    let bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    if (this.skip > 0) {
      const skipped = Math.min(this.skip, bytes.length);
      this.skipOversized(bytes.subarray(0, skipped));
      bytes = bytes.subarray(skipped);
    }
    if (bytes.length === 0) {
      return;
    }
    this.chunks.push(bytes);
    this.available += bytes.length;
    // A large body arrives in many chunks: they are joined once, when it is whole.
    if (this.bodyLength > this.available) {
      return;
    }
    this.consume();
  }

  private consume(): void {
    const [first] = this.chunks;
    const buffer = this.chunks.length === 1 && first !== undefined ? first : Buffer.concat(this.chunks, this.available);
    let offset = 0;
    // `callback` is checked each time: a listener may dispose the reader in the middle of a chunk.
    while (this.callback !== undefined && this.parsing === undefined) {
      if (this.bodyLength < 0) {
        const next = this.readHeader(buffer, offset);
        if (next === undefined) {
          break;
        }
        offset = next;
        continue;
      }
      const end = offset + this.bodyLength;
      if (end > buffer.length) {
        break;
      }
      this.bodyLength = -1;
      // A source that cannot be held up wants its messages at once (see `BytePacer`).
      if (end - offset > this.limits.bytesAtOnce && this.source.pause !== undefined) {
        this.parseInSlices(buffer.subarray(offset, end));
      } else {
        this.dispatch(buffer, offset, end);
      }
      offset = end;
    }
    const rest = buffer.subarray(offset);
    this.chunks = rest.length > 0 ? [rest] : [];
    this.available = rest.length;
  }

  /** Returns the offset to go on from, or `undefined` when more bytes are needed. */
  private readHeader(buffer: Buffer, offset: number): number | undefined {
    if (offset >= buffer.length) {
      return undefined;
    }
    const body = this.readPlainHeader(buffer, offset);
    if (body !== undefined) {
      return body;
    }
    const headerEnd = buffer.indexOf(HEADER_END, offset);
    if (headerEnd < 0) {
      if (buffer.length - offset > this.limits.maxHeaderBytes) {
        this.garbage(buffer.subarray(offset));
        return this.headerInTail(buffer);
      }
      return undefined;
    }
    const length = parseContentLength(buffer, offset, headerEnd);
    if (length === undefined) {
      return this.resynchronize(buffer, offset, headerEnd);
    }
    return this.beginBody(buffer, headerEnd + HEADER_END.length, length);
  }

  /** After garbage without an end, the tail may be the beginning of a header: where that would begin. */
  private headerInTail(buffer: Buffer): number {
    const tail = buffer.length - Math.min(LONGEST_PLAIN_HEADER, this.limits.maxHeaderBytes);
    const start = buffer.toString('latin1', tail).toLowerCase().lastIndexOf(HEADER_START);
    return start < 0 ? buffer.length - HEADER_START.length : tail + start;
  }

  /**
   * Nearly every header is `Content-Length: N` alone: this reads it without building a string, which is a quarter of
   * the whole cost of a message.
   */
  private readPlainHeader(buffer: Buffer, offset: number): number | undefined {
    for (let i = 0; i < PLAIN_HEADER.length; i++) {
      if (buffer[offset + i] !== PLAIN_HEADER[i]) {
        return undefined;
      }
    }
    let at = offset + PLAIN_HEADER.length;
    let length = 0;
    const firstDigit = at;
    for (; at - firstDigit < 15; at++) {
      const digit = (buffer[at] ?? 0) - 48;
      if (digit < 0 || digit > 9) {
        break;
      }
      length = length * 10 + digit;
    }
    if (
      at === firstDigit ||
      buffer[at] !== CARRIAGE_RETURN ||
      buffer[at + 1] !== LINE_FEED ||
      buffer[at + 2] !== CARRIAGE_RETURN ||
      buffer[at + 3] !== LINE_FEED
    ) {
      return undefined;
    }
    return this.beginBody(buffer, at + 4, length);
  }

  private beginBody(buffer: Buffer, body: number, length: number): number {
    if (length > Math.max(IMPLAUSIBLE_BYTES, this.limits.maxBodyBytes)) {
      this.garbage(buffer.subarray(Math.max(0, body - 80), body));
      return body;
    }
    this.inGarbage = false;
    if (length > this.limits.maxBodyBytes) {
      this.oversized = new OversizedFrame(length, this.limits.maxBodyBytes, (error, message) => {
        this.fireError(error);
        if (message !== undefined) {
          this.deliver(message);
        }
      });
      this.skip = length;
      const here = Math.min(length, buffer.length - body);
      this.skipOversized(buffer.subarray(body, body + here));
      return body + here;
    }
    this.bodyLength = length;
    return body;
  }

  private skipOversized(bytes: Buffer): void {
    const { oversized } = this;
    this.skip -= bytes.length;
    oversized?.push(bytes);
    if (this.skip === 0) {
      this.oversized = undefined;
      oversized?.end();
    }
  }

  /** The block up to `headerEnd` is no header: finds one that begins inside it, or else leaves it all out. */
  private resynchronize(buffer: Buffer, offset: number, headerEnd: number): number {
    const text = buffer.toString('latin1', offset, headerEnd).toLowerCase();
    const start = text.lastIndexOf(HEADER_START);
    if (start > 0) {
      this.garbage(buffer.subarray(offset, offset + start));
      // Only if it is a header: otherwise this very block would be looked at for ever.
      if (parseContentLength(buffer, offset + start, headerEnd) !== undefined) {
        return offset + start;
      }
    }
    this.garbage(buffer.subarray(offset, headerEnd));
    return headerEnd + HEADER_END.length;
  }

  private garbage(bytes: Buffer): void {
    if (this.inGarbage) {
      return;
    }
    this.inGarbage = true;
    // Cut only when it has no secrets: half of one is not known.
    const sample = JSON.stringify(secrets.redact(bytes.subarray(0, 4_096).toString('utf8')).slice(0, 80));
    this.fireError(new Error(`What came is not a JSON-RPC message and was left out: ${sample}`));
  }

  /** What comes behind it is looked at when it is done. */
  private parseInSlices(body: Buffer): void {
    const parsing = this.parseLong(body);
    this.parsing = parsing;
    // Not before what comes behind it is put aside.
    void sharedTurns.next().then(() => inSlices(parsing));
  }

  private *parseLong(body: Buffer): SlicedWork<void> {
    let message: unknown;
    let failure: unknown;
    try {
      message = yield* parsingJson(body);
      if (yield* mayHold(body)) {
        message = yield* cleaningMessage(message);
      }
    } catch (error) {
      failure = error;
    }
    this.parsing = undefined;
    // What a listener causes to arrive waits, as in `push`.
    this.arrived.unshift(NOTHING);
    if (failure === undefined) {
      this.handOn(message);
    } else {
      this.reportInvalid(body.length, failure);
    }
    if (this.available > 0) {
      this.consume();
    }
    this.arrived.shift();
    this.takeArrived();
  }

  private dispatch(buffer: Buffer, start: number, end: number): void {
    let message: unknown;
    try {
      message = JSON.parse(buffer.toString('utf8', start, end));
      if (secrets.mayHoldBytes(buffer, start, end)) {
        message = cleanMessage(message);
      }
    } catch (error) {
      this.reportInvalid(end - start, error);
      return;
    }
    this.handOn(message);
  }

  private reportInvalid(length: number, error: unknown): void {
    // V8 quotes what stands around the fault: a part of a secret, perhaps.
    const reason = textOf(error).replace(/, .*is not valid JSON$/s, '');
    this.fireError(new Error(`A message of ${length} bytes is not valid JSON and was left out: ${reason}`));
  }

  private handOn(message: unknown): void {
    if (!isRecord(message)) {
      this.fireError(new Error('A message that is not a JSON object was left out.'));
      return;
    }
    this.deliver(message as unknown as Message);
  }

  private deliver(message: Message): void {
    try {
      this.callback?.(message);
    } catch (error) {
      // A listener's fault must not take the messages behind it along.
      this.fireError(error);
    }
  }
}

/** As `mayHoldBytes`, in slices. */
function* mayHold(body: Buffer): SlicedWork<boolean> {
  for (let start = 0; start < body.length; start += LOOK_BYTES) {
    if (secrets.mayHoldBytes(body, start, Math.min(body.length, start + LOOK_BYTES + LOOK_OVERLAP))) {
      return true;
    }
    yield;
  }
  return false;
}

/** The value of `Content-Length` in a header block, or `undefined` if the block is no header block. */
function parseContentLength(buffer: Buffer, start: number, end: number): number | undefined {
  let length: number | undefined;
  let line = start;
  while (line < end) {
    let lineEnd = buffer.indexOf(CARRIAGE_RETURN, line);
    if (lineEnd < 0 || lineEnd > end) {
      lineEnd = end;
    } else if (lineEnd < end && buffer[lineEnd + 1] !== LINE_FEED) {
      // A header that was cut off in its line's end: what follows it is another one.
      return undefined;
    }
    const text = buffer.toString('latin1', line, lineEnd);
    const colon = text.indexOf(':');
    if (colon <= 0) {
      return undefined;
    }
    if (colon === HEADER_START.length - 1 && text.slice(0, colon + 1).toLowerCase() === HEADER_START) {
      const value = text.slice(colon + 1).trim();
      // Number('') is 0 and Number('1e3') is 1000: neither is a length.
      if (!/^\d{1,15}$/.test(value)) {
        return undefined;
      }
      length = Number(value);
    } else if (!/^[\w-]+$/.test(text.slice(0, colon))) {
      return undefined;
    }
    line = lineEnd + 2;
  }
  return length;
}

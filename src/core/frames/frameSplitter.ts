import type { Message } from 'vscode-jsonrpc/node';
import { secrets } from '../redaction/secrets';
import { OversizedFrame } from './oversizedFrame';

export interface FrameLimits {
  /**
   * Largest body that is accepted, in bytes. A longer one is skipped without being held in memory, and an error takes
   * the place of an answer, so that the call fails at once.
   */
  readonly maxBodyBytes: number;
  /** Largest header block, in bytes; a longer one is garbage. */
  readonly maxHeaderBytes: number;
}

/** What the splitter gives its findings to. */
export interface FrameSink {
  /** Whether it takes a frame now. After a false, `FrameSplitter.resume` gives it what has come meanwhile. */
  isReady(): boolean;
  /** A whole body, from `start` to `end` of a buffer that is not written to again. */
  onBody(buffer: Buffer, start: number, end: number): void;
  /** The message that takes the place of one that was left out for its size. */
  onSubstitute(message: Message): void;
  /** Garbage, or a body that was left out, for the log. */
  onError(error: Error): void;
}

/** No runtime writes longer JSON: a length beyond this is garbage, and is not waited for. */
const IMPLAUSIBLE_BYTES = 1024 * 1024 * 1024;

const HEADER_END = Buffer.from('\r\n\r\n', 'latin1');
const HEADER_START = 'content-length:';
const PLAIN_HEADER = Buffer.from('Content-Length: ', 'latin1');
/** Length of `Content-Length: `, a number and the end of the line, for a length that is not implausible. */
const LONGEST_PLAIN_HEADER = 40;
const CARRIAGE_RETURN = 13;
const LINE_FEED = 10;

/**
 * Splits a stream of bytes into the bodies of JSON-RPC messages that are framed as in the language server protocol:
 * `Content-Length: N\r\n\r\n` and N bytes. After garbage it resynchronises with the next header.
 */
export class FrameSplitter {
  /** Chunks that have come and are not consumed yet; they are joined only when a message spans several. */
  private chunks: Buffer[] = [];
  private available = 0;
  /** Body length of the message whose header was read, -1 while a header is awaited. */
  private bodyLength = -1;
  /** Bytes still to be skipped of a body that is over the limit. */
  private skip = 0;
  private oversized: OversizedFrame | undefined;
  /** Garbage is reported once for each run of it, not for each chunk. */
  private inGarbage = false;

  constructor(
    private readonly sink: FrameSink,
    private readonly limits: FrameLimits,
  ) {}

  /** How many bytes of a body are still to come, if it is longer than `bytes`; else 0. */
  missingOfBodyOver(bytes: number): number {
    return this.bodyLength > bytes ? this.bodyLength - this.available : 0;
  }

  take(chunk: Uint8Array): void {
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

  /** Continues after the sink was not ready. */
  resume(): void {
    if (this.available > 0) {
      this.consume();
    }
  }

  /** The stream is over: reports an incomplete message. */
  end(): void {
    if (this.available === 0 && this.bodyLength < 0 && this.skip === 0) {
      return;
    }
    this.oversized?.end();
    this.sink.onError(
      // eslint-disable-next-line texts/localized -- for the log
      new Error(`The stream ended in the middle of a message (${this.available} bytes were left over).`),
    );
    this.chunks = [];
    this.available = 0;
    this.bodyLength = -1;
    this.skip = 0;
    this.oversized = undefined;
  }

  private consume(): void {
    const [first] = this.chunks;
    const buffer = this.chunks.length === 1 && first !== undefined ? first : Buffer.concat(this.chunks, this.available);
    let offset = 0;
    // Asked each time: a listener may dispose the reader in the middle of a chunk.
    while (this.sink.isReady()) {
      if (this.bodyLength < 0) {
        const next = this.readHeader(buffer, offset);
        if (next === undefined) {
          break;
        }
        offset = next;
        continue;
      }
      const start = offset;
      const end = offset + this.bodyLength;
      if (end > buffer.length) {
        break;
      }
      this.bodyLength = -1;
      offset = end;
      this.sink.onBody(buffer, start, end);
    }
    const rest = buffer.subarray(offset);
    this.chunks = rest.length > 0 ? [rest] : [];
    this.available = rest.length;
  }

  /** @returns the offset to continue from, or `undefined` when more bytes are needed */
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
        this.reportGarbage(buffer.subarray(offset));
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
   * Reads a header that is `Content-Length: N` alone, as nearly all are, without a string: making one is a quarter of the
   * whole cost of a message.
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
      this.reportGarbage(buffer.subarray(Math.max(0, body - 80), body));
      return body;
    }
    this.inGarbage = false;
    if (length > this.limits.maxBodyBytes) {
      this.oversized = new OversizedFrame(length, this.limits.maxBodyBytes, (error, message) => {
        this.sink.onError(error);
        if (message !== undefined) {
          this.sink.onSubstitute(message);
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

  /** The block up to `headerEnd` is no header: finds one that begins inside it, or else skips the whole block. */
  private resynchronize(buffer: Buffer, offset: number, headerEnd: number): number {
    const text = buffer.toString('latin1', offset, headerEnd).toLowerCase();
    const start = text.lastIndexOf(HEADER_START);
    if (start > 0) {
      this.reportGarbage(buffer.subarray(offset, offset + start));
      // Only if it is a header: otherwise this very block would be read again for ever.
      if (parseContentLength(buffer, offset + start, headerEnd) !== undefined) {
        return offset + start;
      }
    }
    this.reportGarbage(buffer.subarray(offset, headerEnd));
    return headerEnd + HEADER_END.length;
  }

  private reportGarbage(bytes: Buffer): void {
    if (this.inGarbage) {
      return;
    }
    this.inGarbage = true;
    // Cut only after the redaction: half of a secret is not recognised.
    const sample = JSON.stringify(secrets.redact(bytes.subarray(0, 4_096).toString('utf8')).slice(0, 80));
    // eslint-disable-next-line texts/localized -- for the log
    this.sink.onError(new Error(`What came is not a JSON-RPC message and was left out: ${sample}`));
  }
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
      // A header that was cut off in the end of its line: another header follows.
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

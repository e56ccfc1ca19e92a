import { AbstractMessageReader, Disposable, type DataCallback, type Message } from 'vscode-jsonrpc/node';
import { BytePacer, type PausableSource } from '../common/bytePacer';
import { isRecord } from '../common/json';
import { parsingJson } from '../common/slicedJson';
import { atOnce, inSlices, sharedTurns, type SlicedWork } from '../common/timeSlices';
import { cleanMessage, cleaningMessage } from '../redaction/messages';
import { secrets, textOf } from '../redaction/secrets';
import { FrameSplitter, type FrameLimits } from './frameSplitter';

/** Where bytes come from: a `Readable`, or anything of its shape. */
export interface ByteSource extends PausableSource {
  on(event: 'data', listener: (chunk: Uint8Array) => void): unknown;
  on(event: 'end' | 'close', listener: () => void): unknown;
  on(event: 'error', listener: (error: Error) => void): unknown;
  off(event: 'data', listener: (chunk: Uint8Array) => void): unknown;
  off(event: 'end' | 'close', listener: () => void): unknown;
  off(event: 'error', listener: (error: Error) => void): unknown;
}

export interface FramingLimits extends FrameLimits {
  /** After this many bytes the source is paused, and the rest waits, until the event loop has had a turn. */
  readonly bytesPerTurn: number;
  /** A longer body, in bytes, is parsed in slices; what comes behind it waits. */
  readonly bytesAtOnce: number;
}

const DEFAULT_LIMITS: FramingLimits = {
  maxBodyBytes: 64 * 1024 * 1024,
  maxHeaderBytes: 8 * 1024,
  // Node.js reads 64 KB at once: some 300 events, which take 30 ms while the code is new to the engine.
  bytesPerTurn: 16 * 1024,
  bytesAtOnce: 512 * 1024,
};

/** A long body is searched for secrets in steps of this many bytes, which overlap. */
const LOOK_BYTES = 128 * 1024;
const LOOK_OVERLAP = 512;

const NOTHING = new Uint8Array();

/**
 * Reads JSON-RPC messages framed as in the language server protocol (`Content-Length: N\r\n\r\n` and N bytes of UTF-8).
 *
 * It replaces `StreamMessageReader`, which costs more than the parsing itself (see `npm run bench`) and which a single
 * line of garbage on stdout ends for good. This one reports garbage, broken JSON and oversized bodies through
 * `onError`, and continues with the next whole message.
 *
 * It is a boundary: its messages have no secrets. It looks for them in the bytes, before they are parsed, which costs a
 * tenth of looking into each string.
 */
export class FrameReader extends AbstractMessageReader {
  private readonly limits: FramingLimits;
  private readonly splitter: FrameSplitter;
  private callback: DataCallback | undefined;
  /** Chunks that are not split yet; the first of them is being worked on. */
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
    this.splitter = new FrameSplitter(
      {
        isReady: () => this.callback !== undefined && this.parsing === undefined,
        onBody: (buffer, start, end) => this.onBody(buffer, start, end),
        onSubstitute: (message) => this.deliver(message),
        onError: (error) => this.fireError(error),
      },
      this.limits,
    );
    this.turns = new BytePacer(
      source,
      this.limits.bytesPerTurn,
      (chunk) => this.push(chunk),
      () => this.idleBytes,
    );
  }

  /** All but the last of a long body's bytes are only stored: a history is not to wait for its turns 400 times. */
  private get idleBytes(): number {
    return this.parsing === undefined ? Math.max(0, this.splitter.missingOfBodyOver(this.limits.bytesAtOnce) - 1) : 0;
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
    // Nothing more comes that it could block.
    while (this.parsing !== undefined) {
      atOnce(this.parsing);
    }
    this.splitter.end();
    this.fireClose();
  }

  /** A listener may cause another chunk (an in-memory stream does): that waits until this one is done. */
  private push(chunk: Uint8Array): void {
    this.arrived.push(chunk);
    if (this.arrived.length === 1 && this.parsing === undefined) {
      this.splitArrived();
    }
  }

  private splitArrived(): void {
    while (this.parsing === undefined) {
      const [next] = this.arrived;
      if (next === undefined) {
        return;
      }
      this.splitter.take(next);
      this.arrived.shift();
    }
  }

  private onBody(buffer: Buffer, start: number, end: number): void {
    // A source that cannot be paused wants its messages at once (see `BytePacer`).
    if (end - start > this.limits.bytesAtOnce && this.source.pause !== undefined) {
      this.parseInSlices(buffer.subarray(start, end));
    } else {
      this.dispatch(buffer, start, end);
    }
  }

  /** What comes behind it waits until it is done. */
  private parseInSlices(body: Buffer): void {
    const parsing = this.parseLong(body);
    this.parsing = parsing;
    // Not before what comes behind it is stored.
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
      this.deliverRecord(message);
    } else {
      this.reportInvalid(body.length, failure);
    }
    this.splitter.resume();
    this.arrived.shift();
    this.splitArrived();
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
    this.deliverRecord(message);
  }

  private reportInvalid(length: number, error: unknown): void {
    // V8 quotes what stands around the fault: a part of a secret, perhaps.
    const reason = textOf(error).replace(/, .*is not valid JSON$/s, '');
    // eslint-disable-next-line texts/localized -- for the log
    this.fireError(new Error(`A message of ${length} bytes is not valid JSON and was left out: ${reason}`));
  }

  private deliverRecord(message: unknown): void {
    if (!isRecord(message)) {
      // eslint-disable-next-line texts/localized -- for the log
      this.fireError(new Error('A message that is not a JSON object was left out.'));
      return;
    }
    this.deliver(message as unknown as Message);
  }

  private deliver(message: Message): void {
    try {
      this.callback?.(message);
    } catch (error) {
      // A listener's fault must not affect the messages behind it.
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

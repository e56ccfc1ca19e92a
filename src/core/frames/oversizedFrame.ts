import { ErrorCodes, ResponseError, type Message } from 'vscode-jsonrpc/node';
import { defined } from '../common/defined';
import { isRecord } from '../common/json';
import { secrets } from '../redaction/secrets';

/** How much of the beginning is kept, in bytes: a runtime writes `jsonrpc`, `id` and `method` first. */
const HEAD_BYTES = 1_024;
/** How much of the end is kept, in bytes: a serializer that does not sort may write the id last. */
const TAIL_BYTES = 256;

const SCALAR = String.raw`"(?:[^"\\]|\\.)*"|-?\d[\d.eE+-]*|true|false|null`;
/** One member of the outermost object, as long as its value is a scalar. */
const MEMBER = new RegExp(String.raw`^\s*("(?:[^"\\]|\\.)*")\s*:\s*(?:(${SCALAR})\s*([,}])|[[{])`);
/** An `id` directly before the last brace belongs to the outermost object. */
const LAST_MEMBER = new RegExp(String.raw`,\s*"id"\s*:\s*(${SCALAR})\s*\}\s*$`);

/** A message that is larger than what is read. */
export interface Oversize {
  readonly bytes: number;
  readonly limitBytes: number;
}

const KIND = 'response-too-large';

/** The data of the error that takes the place of an answer that was left out for its size. */
export function oversizeData(oversize: Oversize): Readonly<Record<string, unknown>> {
  return { kind: KIND, ...oversize };
}

export function readOversize(data: unknown): Oversize | undefined {
  if (!isRecord(data) || data['kind'] !== KIND) {
    return undefined;
  }
  const { bytes, limitBytes } = data;
  return typeof bytes === 'number' && typeof limitBytes === 'number' ? { bytes, limitBytes } : undefined;
}

/** Reports a message that was left out for its size, to the log and to the call that waits. */
export class OversizedFrameError extends Error {
  constructor(
    readonly bytes: number,
    readonly limitBytes: number,
    /** What was left out, as far as its beginning and end tell. */
    readonly what: 'answer' | 'request' | 'notification' | 'unknown',
    name: string,
  ) {
    // eslint-disable-next-line texts/localized -- for the log
    super(`${name} of ${bytes} bytes is over the limit of ${limitBytes} bytes and was left out.`);
  }
}

/**
 * A message that is over the limit, while it is skipped. Only the beginning and the end of its body are kept. They tell
 * which call it answers: that call is rejected, where it would otherwise wait for its deadline, or for ever.
 */
export class OversizedFrame {
  private head: Buffer = Buffer.alloc(0);
  private tail: Buffer = Buffer.alloc(0);
  private isReported = false;

  constructor(
    private readonly bytes: number,
    private readonly limitBytes: number,
    private readonly report: (error: OversizedFrameError, message: Message | undefined) => void,
  ) {}

  /** Takes more of the body. What its head tells is reported at once: the rest may take long, or never come. */
  push(chunk: Buffer): void {
    this.tail = lastOf(this.tail, chunk);
    if (this.isReported || this.head.length >= HEAD_BYTES) {
      return;
    }
    this.head = Buffer.concat([this.head, chunk.subarray(0, HEAD_BYTES - this.head.length)]);
    const members = membersOf(this.head.toString('utf8'));
    if (members.id !== undefined && (members.isAnswer || members.method !== undefined)) {
      this.settle(members);
    }
  }

  /** The body is complete. */
  end(): void {
    if (this.isReported) {
      return;
    }
    const members = membersOf(this.head.toString('utf8'));
    const [, last] = LAST_MEMBER.exec(this.tail.toString('utf8')) ?? [];
    const id = members.id ?? idOf(last);
    this.settle({ ...members, ...defined({ id }) });
  }

  private settle({ id, method, isAnswer }: Members): void {
    this.isReported = true;
    const { bytes, limitBytes } = this;
    const report = (what: OversizedFrameError['what'], name: string, message?: object): void =>
      this.report(new OversizedFrameError(bytes, limitBytes, what, name), message as Message | undefined);
    if (method !== undefined) {
      // A request without its params cannot be carried out: the connection refuses it, so that the runtime does not wait.
      report(
        id === undefined ? 'notification' : 'request',
        `The ${id === undefined ? 'notification' : 'request'} ${secrets.clean(method).slice(0, 100)}`,
        id === undefined ? undefined : { jsonrpc: '2.0', id, method },
      );
    } else if (id !== undefined) {
      // eslint-disable-next-line texts/localized -- for the log: people get the text that `rpcErrors.ts` makes of the data
      const text = `The answer has ${bytes} bytes, more than the limit of ${limitBytes}, and was left out.`;
      const error = new ResponseError(ErrorCodes.MessageReadError, text, oversizeData({ bytes, limitBytes }));
      // eslint-disable-next-line texts/localized -- for the log
      report('answer', `The answer to request ${String(id)}`, { jsonrpc: '2.0', id, error: error.toJson() });
    } else {
      // eslint-disable-next-line texts/localized -- for the log
      report(isAnswer ? 'answer' : 'unknown', isAnswer ? 'An answer' : 'A message');
    }
  }
}

interface Members {
  readonly id?: string | number;
  readonly method?: string;
  /** It has a result or an error. */
  readonly isAnswer: boolean;
}

/** The members at the beginning of a truncated object, up to the first that is no scalar. */
function membersOf(text: string): Members {
  let rest = /^\s*\{/.test(text) ? text.replace(/^\s*\{/, '') : '';
  let members: Members = { isAnswer: false };
  for (let match = MEMBER.exec(rest); match !== null; match = MEMBER.exec(rest)) {
    const [whole, key, value, end] = match;
    const name = parse(key);
    if (name === 'result' || name === 'error') {
      members = { ...members, isAnswer: true };
    } else if (name === 'id') {
      const id = idOf(value);
      members = id === undefined ? members : { ...members, id };
    } else if (name === 'method') {
      const method = parse(value);
      members = typeof method === 'string' ? { ...members, method } : members;
    }
    if (end !== ',') {
      break;
    }
    rest = rest.slice(whole.length);
  }
  // A result that is a string of many megabytes has no end here.
  return /^\s*"(result|error)"\s*:/.test(rest) ? { ...members, isAnswer: true } : members;
}

function idOf(json: string | undefined): string | number | undefined {
  const id = parse(json);
  return typeof id === 'string' || typeof id === 'number' ? id : undefined;
}

function parse(json: string | undefined): unknown {
  try {
    return json === undefined ? undefined : JSON.parse(json);
  } catch {
    return undefined;
  }
}

function lastOf(before: Buffer, chunk: Buffer): Buffer {
  return chunk.length >= TAIL_BYTES
    ? Buffer.from(chunk.subarray(chunk.length - TAIL_BYTES))
    : Buffer.concat([before, chunk]).subarray(-TAIL_BYTES);
}

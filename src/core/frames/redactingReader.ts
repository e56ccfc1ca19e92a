import type { SessionEvent } from '@github/copilot-sdk';
import { LRUCache, type DataCallback, type Disposable, type Message, type MessageReader } from 'vscode-jsonrpc/node';
import { textOfDelta } from '../events/deltas';
import { FrameReader } from './frameReader';
import { isRecord } from '../common/json';
import { cleanMessage } from '../redaction/messages';
import { PieceRedactor, unfinishedIn } from '../redaction/pieces';
import { secrets } from '../redaction/secrets';

/** How many streamed texts are followed, the latest ones. */
const MOST_STREAMED = 256;

/**
 * Redacts the messages of any reader: the boundary at which a client reads. A streamed text is searched as a whole, because
 * a secret may be spread over its pieces.
 */
export class RedactingReader implements MessageReader {
  private readonly streamed = new LRUCache<string, PieceRedactor>(MOST_STREAMED);
  readonly onError: MessageReader['onError'];
  readonly onClose: MessageReader['onClose'];
  readonly onPartialMessage: MessageReader['onPartialMessage'];

  constructor(private readonly inner: MessageReader) {
    this.onError = inner.onError;
    this.onClose = inner.onClose;
    this.onPartialMessage = inner.onPartialMessage;
  }

  listen(callback: DataCallback): Disposable {
    // A frame reader has searched the bytes already.
    const clean = this.inner instanceof FrameReader ? (message: Message) => message : cleanMessage;
    return this.inner.listen((message) => callback(this.joined(clean(message) as Message)));
  }

  dispose(): void {
    this.inner.dispose();
  }

  private joined(message: Message): Message {
    const { params } = message as { params?: unknown };
    const event = isRecord(params) ? params['event'] : undefined;
    if (!isRecord(params) || !isRecord(event) || !isRecord(event['data'])) {
      return message;
    }
    const key = textOfDelta(event as unknown as SessionEvent);
    if (key === undefined) {
      return message;
    }
    const sessionId = typeof params['sessionId'] === 'string' ? params['sessionId'] : '';
    let data: Record<string, unknown> | undefined;
    for (const [name, value] of Object.entries(event['data'])) {
      const passed = typeof value === 'string' && !name.endsWith('Id') ? this.next(sessionId, key, name, value) : value;
      if (passed !== value) {
        data ??= { ...event['data'] };
        data[name] = passed;
      }
    }
    return data === undefined ? message : ({ ...message, params: { ...params, event: { ...event, data } } } as Message);
  }

  /** The fast path: nearly always no text is followed, and the piece, which is redacted already, begins no secret. */
  private next(sessionId: string, key: string, name: string, piece: string): string {
    if (this.streamed.size === 0 && unfinishedIn(piece, secrets) === '') {
      return piece;
    }
    const stream = `${sessionId} ${key} ${name}`;
    const redactor = this.streamed.get(stream) ?? new PieceRedactor(secrets);
    const passed = redactor.next(piece);
    if (redactor.isFresh) {
      this.streamed.delete(stream);
    } else {
      this.streamed.set(stream, redactor);
    }
    return passed;
  }
}

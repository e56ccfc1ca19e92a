import {
  AbstractMessageReader,
  Message,
  type DataCallback,
  type Disposable,
  type MessageReader,
  type MessageStrategy,
  type MessageWriter,
  type NotificationMessage,
  type RequestMessage,
  type ResponseMessage,
} from 'vscode-jsonrpc/node';
import { isRecord } from '../common/json';
import { InboundRequest } from './inboundRequest';

/** Takes the traffic of sessions, synchronously and in arrival order. */
export interface SessionMessageSink {
  notification(sessionId: string, method: string, params: Readonly<Record<string, unknown>>): void;
  request(sessionId: string, request: InboundRequest): void;
  /** A notification or request of a session method that is malformed; the description is for the log. */
  malformed(description: string): void;
}

/**
 * Takes the messages of sessions out of the stream, before `vscode-jsonrpc`'s queue.
 *
 * That queue handles one message per turn of the event loop, runs each handler asynchronously, and has one handler per
 * method. Routing needs the events, lifecycle notifications and requests of a session in one order, whatever their
 * methods are called; and 100,000 events must not cost 100,000 turns of the event loop. All other messages go to the
 * connection. What arrives behind a response waits until the connection has handled that, so that the order of the wire
 * is kept throughout: an event behind the answer to `session.create` finds its session registered.
 */
export class SessionMessageRouter extends AbstractMessageReader {
  private readonly open = new Map<string | number, InboundRequest>();
  private readonly subscriptions: Disposable[];
  /** What has arrived and is not dispatched yet. */
  private queue: Message[] = [];
  private draining = false;
  /** The response, or malformed message, that the connection has not handled yet: the queue waits for it. */
  private awaited: Message | undefined;
  /** The stream has ended; `onClose` fires when everything before its end is dispatched. */
  private ended = false;
  private callback: DataCallback = () => undefined;

  constructor(
    private readonly inner: MessageReader,
    private readonly writer: MessageWriter,
    private readonly sink: SessionMessageSink,
  ) {
    super();
    this.subscriptions = [
      inner.onError((error) => this.fireError(error)),
      inner.onClose(() => {
        this.ended = true;
        this.drain();
      }),
      inner.onPartialMessage((info) => this.firePartialMessage(info)),
    ];
  }

  override listen(callback: DataCallback): Disposable {
    this.callback = callback;
    const listening = this.inner.listen((message) => {
      if (this.draining || this.awaited !== undefined) {
        this.queue.push(message);
        return;
      }
      // The fast path: nearly always nothing is waiting, and nothing needs to be queued.
      this.draining = true;
      this.dispatch(message);
      this.draining = false;
      if (this.queue.length > 0 || this.ended) {
        this.drain();
      }
    });
    // The connection drops what this returns, so `dispose` has to end it.
    this.subscriptions.push(listening);
    return listening;
  }

  /**
   * Observes each message that the connection handles. The promise of the call that it answers continues in microtasks,
   * so the messages behind it are dispatched in the next turn: they find what a continuation registers.
   */
  readonly messageStrategy: MessageStrategy = {
    handleMessage: async (message, next) => {
      try {
        await next(message);
      } finally {
        if (message === this.awaited) {
          setImmediate(() => {
            this.awaited = undefined;
            this.drain();
          });
        }
      }
    },
  };

  override dispose(): void {
    for (const request of this.open.values()) {
      request.abandon();
    }
    this.open.clear();
    for (const subscription of this.subscriptions) {
      subscription.dispose();
    }
    this.queue = [];
    this.ended = false;
    this.inner.dispose();
    super.dispose();
  }

  /** A listener may cause another message (an in-memory runtime does): that waits in the queue. */
  private drain(): void {
    if (this.draining) {
      return;
    }
    this.draining = true;
    while (this.awaited === undefined) {
      const message = this.queue.shift();
      if (message === undefined) {
        break;
      }
      this.dispatch(message);
    }
    this.draining = false;
    if (this.ended && this.awaited === undefined) {
      this.fireClose();
    }
  }

  /** Never throws: it is called from timers too, and a fault in one message must not affect those behind it. */
  private dispatch(message: Message): void {
    try {
      if (Message.isNotification(message)) {
        this.onNotification(message);
      } else if (Message.isRequest(message)) {
        this.onRequest(message);
      } else {
        this.awaited = message;
        this.callback(message);
      }
    } catch (error) {
      this.fireError(error);
    }
  }

  private onNotification(message: NotificationMessage): void {
    const params: unknown = message.params;
    if (message.method === '$/cancelRequest') {
      const id = isRecord(params) ? params['id'] : undefined;
      if (typeof id !== 'string' && typeof id !== 'number') {
        // The connection would throw.
        // eslint-disable-next-line texts/localized -- for the log
        this.sink.malformed('$/cancelRequest without an id');
        return;
      }
      const request = this.open.get(id);
      if (request !== undefined) {
        request.cancel();
        return;
      }
    } else if (isRecord(params) && typeof params['sessionId'] === 'string') {
      this.sink.notification(params['sessionId'], message.method, params);
      return;
    } else if (message.method.startsWith('session.')) {
      // eslint-disable-next-line texts/localized -- for the log
      this.sink.malformed(`notification ${message.method} without a sessionId`);
      return;
    }
    this.callback(message);
  }

  private onRequest(message: RequestMessage): void {
    const params: unknown = message.params;
    if (message.id === null || !isRecord(params) || typeof params['sessionId'] !== 'string') {
      this.callback(message);
      return;
    }
    const request = new InboundRequest(message.id, message.method, params, (answered, response) => {
      // A runtime may use an id twice: the later request stays.
      if (this.open.get(answered.id) === answered) {
        this.open.delete(answered.id);
      }
      const reply: ResponseMessage = { jsonrpc: '2.0', id: answered.id, ...response };
      // A failed write means that the connection is closed, which its `onClose` reports.
      void this.writer.write(reply).catch(() => undefined);
    });
    this.open.set(request.id, request);
    this.sink.request(params['sessionId'], request);
  }
}

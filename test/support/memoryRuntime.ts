import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import type { SessionEvent } from '@github/copilot-sdk';
import { Message, StreamMessageReader, StreamMessageWriter, type ResponseMessage } from 'vscode-jsonrpc/node';
import { FrameReader } from '../../src/core/frames/frameReader';
import { RuntimeClient, type RuntimeClientOptions } from '../../src/core/client/runtimeClient';
import { ManualTimers } from './manualTimers';

type Params = Readonly<Record<string, unknown>>;

/** A request from the client, as received. */
export interface ClientRequest {
  readonly id: number | string;
  readonly method: string;
  readonly params: Params;
}

/** A notification from the client, as received. */
export interface ClientNotification {
  readonly method: string;
  readonly params: Params;
}

/** A request to the client, with its id and a promise of the answer. */
export interface RuntimeRequest {
  readonly id: string;
  readonly answer: Promise<ResponseMessage>;
}

export type RequestHandler = (request: ClientRequest) => void | Promise<void>;

/** How many turns of the event loop without a message count as silence. */
const QUIET_TURNS = 40;

/**
 * A scripted runtime, and a client that is connected to it through a pair of streams. The runtime's side reads and
 * writes plain JSON-RPC frames without any of our own code.
 *
 * It answers `session.getMessages` (from `history`), `session.metadata.snapshot` and `session.destroy` unless a test
 * overrides them. All other requests wait until the test answers them.
 */
export class MemoryRuntime {
  readonly timers = new ManualTimers();
  readonly client: RuntimeClient;
  /** All requests from the client, in order. */
  readonly requests: ClientRequest[] = [];
  readonly notifications: ClientNotification[] = [];
  /** All answers from the client, in order. */
  readonly responses: ResponseMessage[] = [];
  /** What the client wrote to its log. */
  readonly warnings: string[] = [];
  readonly infos: string[] = [];
  /** Whether the connection of the client has ended. */
  isClosed = false;
  /** The answer to `session.getMessages`, by session id. */
  readonly history = new Map<string, readonly SessionEvent[]>();
  private readonly handlers = new Map<string, RequestHandler>();
  private readonly toClient = new PassThrough();
  private readonly toRuntime = new PassThrough();
  private readonly answers = new Map<string, (response: ResponseMessage) => void>();
  private chunk: Buffer[] | undefined;
  private nextRequest = 1;
  private traffic = 0;

  constructor(options: Omit<RuntimeClientOptions, 'log' | 'timers'> = {}) {
    new StreamMessageReader(this.toRuntime).listen((message) => this.receive(message));
    this.client = new RuntimeClient(new FrameReader(this.toClient), new StreamMessageWriter(this.toRuntime), {
      ...options,
      timers: this.timers.create,
      log: { info: (message) => this.infos.push(message), warn: (message) => this.warnings.push(message) },
    });
    this.client.onDidClose(() => (this.isClosed = true));
    this.on('session.getMessages', ({ id, params }) =>
      this.respond(id, { events: this.history.get(String(params['sessionId'])) ?? [] }),
    );
    this.on('session.metadata.snapshot', ({ id }) => this.respond(id, {}));
    this.on('session.destroy', ({ id }) => this.respond(id, { success: true }));
  }

  /** Sets the handler of a method; `undefined` leaves its requests unanswered. */
  on(method: string, handler: RequestHandler | undefined): void {
    if (handler === undefined) {
      this.handlers.delete(method);
    } else {
      this.handlers.set(method, handler);
    }
  }

  onCreate(handler: RequestHandler): void {
    this.on('session.create', handler);
  }

  respond(id: ClientRequest['id'], result: unknown): void {
    this.send({ id, result });
  }

  fail(id: ClientRequest['id'], code: number, message: string): void {
    this.send({ id, error: { code, message } });
  }

  notify(method: string, params?: unknown): void {
    this.send({ method, ...(params === undefined ? {} : { params }) });
  }

  event(sessionId: string, event: SessionEvent): void {
    this.notify('session.event', { sessionId, event });
  }

  lifecycle(sessionId: string, type = 'session.updated'): void {
    this.notify('session.lifecycle', { sessionId, type });
  }

  request(method: string, params: Params = {}): RuntimeRequest {
    const id = `r${this.nextRequest++}`;
    const answer = new Promise<ResponseMessage>((resolve) => this.answers.set(id, resolve));
    this.send({ id, method, params });
    return { id, answer };
  }

  /** Cancels a request of the runtime. */
  cancelRequest(id: string): void {
    this.notify('$/cancelRequest', { id });
  }

  send(message: object): void {
    const body = Buffer.from(JSON.stringify({ jsonrpc: '2.0', ...message }));
    this.write(Buffer.concat([Buffer.from(`Content-Length: ${body.length}\r\n\r\n`), body]));
  }

  /** Writes any bytes. */
  write(bytes: Buffer | string): void {
    this.traffic++;
    const buffer = typeof bytes === 'string' ? Buffer.from(bytes) : bytes;
    if (this.chunk === undefined) {
      this.toClient.write(buffer);
    } else {
      this.chunk.push(buffer);
    }
  }

  /** Sends everything that `script` sends in one chunk, like a burst on a pipe. */
  inOneChunk(script: () => void): void {
    this.chunk = [];
    script();
    const bytes = Buffer.concat(this.chunk);
    this.chunk = undefined;
    this.write(bytes);
  }

  /** Ends the runtime's side of the stream, as the end of its process does. */
  end(): void {
    this.traffic++;
    this.toClient.end();
  }

  /** Waits until the client has sent `count` requests of this method; returns the last of them. */
  async received(method: string, count = 1): Promise<ClientRequest> {
    await until(() => this.requestsOf(method).length >= count, `${count} × ${method}`);
    return this.requestsOf(method)[count - 1]!;
  }

  requestsOf(method: string): ClientRequest[] {
    return this.requests.filter((request) => request.method === method);
  }

  /** All answers to a request of the runtime. There should be exactly one. */
  answersTo({ id }: RuntimeRequest): ResponseMessage[] {
    return this.responses.filter((response) => response.id === id);
  }

  /** Waits until neither side has sent anything for some turns of the event loop. */
  async settle(): Promise<void> {
    for (let quiet = 0; quiet < QUIET_TURNS; quiet++) {
      const before = this.traffic;
      await turn();
      if (this.traffic !== before) {
        quiet = 0;
      }
    }
  }

  private receive(message: Message): void {
    this.traffic++;
    // The client's writer serialized it, so it shares nothing with the client.
    const params = (message as { params?: unknown }).params as Params;
    if (Message.isRequest(message)) {
      const request: ClientRequest = { id: message.id!, method: message.method, params };
      this.requests.push(request);
      void this.handlers.get(message.method)?.(request);
    } else if (Message.isNotification(message)) {
      this.notifications.push({ method: message.method, params });
    } else if (Message.isResponse(message)) {
      this.responses.push(message);
      this.answers.get(String(message.id))?.(message);
    }
  }
}

export function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** Waits for something that needs only turns of the event loop, at most 2,000 of them. */
export async function until(condition: () => boolean, what = 'the condition'): Promise<void> {
  for (let turns = 0; turns < 2_000; turns++) {
    if (condition()) {
      return;
    }
    await turn();
  }
  assert.fail(`It never came: ${what}`);
}

/** Creates a cloud session whose id the runtime returns at once. */
export async function createdSession(runtime: MemoryRuntime, sessionId = 's1') {
  const creating = runtime.client.createCloudSession({ cloud: {} });
  const before = runtime.requestsOf('session.create').length;
  const { id } = await runtime.received('session.create', before + 1);
  runtime.respond(id, { sessionId });
  return creating;
}

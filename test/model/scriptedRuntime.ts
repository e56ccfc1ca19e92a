import type { Disposable, Message, MessageWriter } from 'vscode-jsonrpc/node';
import type { ByteSource } from '../../src/core/frames/frameReader';
import { MemoryWriter } from './memoryWriter';
import { RuntimeCalls } from './runtimeCalls';
import { RuntimeSession } from './runtimeSession';
import type { ScriptedService, Task } from './scriptedService';
import type { VirtualTime } from './virtualTime';
import type { Weather } from './weather';

type Params = Readonly<Record<string, unknown>>;

/** A request of the runtime to the client, and its outcome. */
export interface RuntimeRequest {
  readonly id: string;
  readonly method: string;
  readonly session: RuntimeSession;
  readonly requestId: string;
  answers: number;
  /** The connection ended before the answer: it can no longer be answered. */
  gone: boolean;
}

interface ClientCall {
  readonly id: number | string;
  readonly method: string;
  readonly params: Params;
}

/** How a call ends without a result. */
export class CallError extends Error {
  constructor(
    message: string,
    readonly data?: unknown,
    readonly code = -32603,
  ) {
    super(message);
  }
}

/**
 * One process of the runtime, as measured (see runtime-protocol.md), over a stream of JSON-RPC frames. It reads the
 * service at once, not every second; all other delays are those that the weather orders.
 */
export class ScriptedRuntime implements Disposable {
  readonly reader: ByteSource;
  readonly writer: MessageWriter;
  readonly sessions = new Map<string, RuntimeSession>();
  readonly requests: RuntimeRequest[] = [];
  /** It shows the service's echo of a prompt beside its own copy. */
  readonly showsEchoes: boolean;
  nextAttachment = 1;
  private readonly calls: RuntimeCalls;
  private readonly subscriptions: (() => void)[] = [];
  private readonly listeners = new Map<string, Set<(argument: never) => void>>();
  private readonly inbox: Message[] = [];
  private readonly waiting = new Map<string, RuntimeRequest>();
  private out: Buffer[] = [];
  private flushing = false;
  private ended = false;
  private isFrozen = false;
  private nextRequest = 1;

  constructor(
    readonly number: number,
    readonly service: ScriptedService,
    readonly time: VirtualTime,
    readonly weather: Weather,
    /** Local sessions of this machine. */
    readonly locals: Set<string>,
  ) {
    this.showsEchoes = number % 2 === 0;
    this.calls = new RuntimeCalls(this);
    const on = (event: string, listener: (argument: never) => void): void => {
      const all = this.listeners.get(event) ?? new Set();
      this.listeners.set(event, all.add(listener));
    };
    this.reader = { on, off: (event, listener) => this.listeners.get(event)?.delete(listener) };
    this.writer = new MemoryWriter((message) => this.receive(message));
    this.subscriptions.push(service.onUp(() => this.syncAll()));
  }

  get isAlive(): boolean {
    return !this.ended;
  }

  get frozen(): boolean {
    return this.isFrozen;
  }

  /** The session of this task, if this runtime has it. */
  sessionOf(task: Task): RuntimeSession | undefined {
    return [...this.sessions.values()].find((session) => session.task === task);
  }

  freeze(): void {
    this.isFrozen = true;
  }

  thaw(): void {
    if (this.isFrozen) {
      this.isFrozen = false;
      this.inbox.splice(0).forEach((message) => this.receive(message));
      this.syncAll();
      this.flushSoon();
    }
  }

  /** Ends the process. What was written before is read before the end of the stream. */
  crash(): void {
    if (this.ended) {
      return;
    }
    this.ended = true;
    this.subscriptions.forEach((dispose) => dispose());
    this.sessions.forEach((session) => session.dispose());
    this.sessions.clear();
    for (const request of this.waiting.values()) {
      request.gone = true;
      dropQuestion(request);
    }
    this.waiting.clear();
    this.weather.forget(this);
    if (!this.isFrozen) {
      this.flush();
    }
    this.emit('end', undefined);
    this.emit('close', undefined);
  }

  dispose(): void {
    this.crash();
    this.listeners.clear();
  }

  add(task: Task, silent: boolean): RuntimeSession {
    const session = new RuntimeSession(this, task, silent);
    this.sessions.set(session.sessionId, session);
    return session;
  }

  /** Releases a session, as the runtime does with idle ones; its requests are withdrawn. */
  letGo(session: RuntimeSession): void {
    this.sessions.delete(session.sessionId);
    this.withdraw(session);
    session.dispose();
  }

  notify(method: string, params: object): void {
    this.send({ method, params });
  }

  /** Asks the client; the answer closes the question. */
  ask(session: RuntimeSession, requestId: string, text: string): void {
    const request: RuntimeRequest = {
      id: `r${this.number}-${this.nextRequest++}`,
      method: 'userInput.request',
      session,
      requestId,
      answers: 0,
      gone: false,
    };
    this.requests.push(request);
    this.waiting.set(request.id, request);
    const params = { sessionId: session.sessionId, question: text, choices: ['yes', 'no'], allowFreeform: true };
    this.send({ id: request.id, method: request.method, params });
  }

  /** The agent no longer waits for what it asked. */
  withdraw(session: RuntimeSession): void {
    for (const request of this.waiting.values()) {
      if (request.session === session) {
        dropQuestion(request);
        this.notify('$/cancelRequest', { id: request.id });
      }
    }
  }

  respond(id: number | string, result: unknown): void {
    this.send({ id, result });
  }

  private syncAll(): void {
    this.sessions.forEach((session) => session.sync());
  }

  private receive(message: Message): void {
    if (this.ended) {
      return;
    }
    if (this.isFrozen) {
      this.inbox.push(message);
      return;
    }
    const { id, method, params, result } = message as { id?: string | number; method?: string; params?: Params } & {
      result?: unknown;
    };
    if (method !== undefined && id !== undefined) {
      this.call({ id, method, params: params ?? {} });
    } else if (id !== undefined) {
      this.onAnswer(String(id), result);
    }
  }

  private onAnswer(id: string, result: unknown): void {
    const request = this.requests.find((one) => one.id === id);
    if (request === undefined) {
      return;
    }
    request.answers++;
    this.waiting.delete(id);
    const { task } = request.session;
    const isAnswer = typeof result === 'object' && result !== null;
    const byEvent = task.questions.get(request.requestId)?.byEvent === true;
    // Without an answer, a question that was also asked by an event stays open there.
    if (isAnswer || !byEvent) {
      task.answer(request.requestId, 'user_input');
    }
  }

  private call(call: ClientCall): void {
    const answer = (work: () => unknown) => (): void => {
      if (this.ended) {
        return;
      }
      try {
        const result = work() ?? null;
        this.send({ id: call.id, result });
        const opened = this.sessions.get(String((result as Params | null)?.['sessionId']));
        if (opened !== undefined) {
          opened.isAnswered = true;
        }
      } catch (error) {
        const { code, message, data } = error instanceof CallError ? error : new CallError(String(error));
        this.send({ id: call.id, error: { code, message, ...(data === undefined ? {} : { data }) } });
      }
    };
    this.weather.pass(this, call.method, {
      work: () => this.calls.run(call.method, call.params),
      answer,
      refuse: (message) => {
        throw new CallError(message);
      },
      undo: (result) => {
        const session = this.sessions.get((result as { sessionId?: string }).sessionId ?? '');
        if (session !== undefined) {
          this.letGo(session);
        }
      },
    });
  }

  private send(message: object): void {
    if (this.ended) {
      return;
    }
    const body = Buffer.from(JSON.stringify({ jsonrpc: '2.0', ...message }));
    this.out.push(Buffer.from(`Content-Length: ${body.length}\r\n\r\n`), body);
    this.flushSoon();
  }

  /** Sends everything that is written in one turn in one chunk, as on a pipe. */
  private flushSoon(): void {
    if (!this.flushing && this.out.length > 0) {
      this.flushing = true;
      setImmediate(() => {
        this.flushing = false;
        if (!this.isFrozen && !this.ended) {
          this.flush();
        }
      });
    }
  }

  private flush(): void {
    const bytes = Buffer.concat(this.out);
    this.out = [];
    if (bytes.length > 0) {
      this.emit('data', bytes);
    }
  }

  private emit(event: string, argument: unknown): void {
    for (const listener of [...(this.listeners.get(event) ?? [])]) {
      listener(argument as never);
    }
  }
}

/** A question that was also asked by an event stays open. */
function dropQuestion({ session: { task }, requestId }: RuntimeRequest): void {
  if (task.questions.get(requestId)?.byEvent === false) {
    task.questions.delete(requestId);
  }
}

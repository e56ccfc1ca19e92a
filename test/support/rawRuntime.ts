import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import {
  createMessageConnection,
  StreamMessageReader,
  StreamMessageWriter,
  type MessageConnection,
} from 'vscode-jsonrpc/node';
import { PATIENCE_MS } from './eventually';

export interface RawRuntimeOptions {
  /** The executable. */
  readonly command: string;
  /** Variables on top of the inherited ones, from which everything about Copilot, GitHub and proxies is removed. */
  readonly env: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** Inherits nothing: the runtime gets `env` only. */
  readonly isAlone?: boolean;
  /** Arguments after `--headless --no-auto-update --log-level error --stdio`. */
  readonly args?: readonly string[];
}

export interface RawNotification {
  readonly method: string;
  readonly params: unknown;
  /** `performance.now()` when it arrived. */
  readonly at: number;
}

/** A `session.event`, as received. */
export interface RawEvent {
  readonly id: string;
  readonly timestamp: string;
  readonly parentId: string | null;
  readonly ephemeral?: boolean;
  readonly type: string;
  readonly data: Readonly<Record<string, unknown>>;
}

export interface Handshake {
  readonly ok: boolean;
  readonly protocolVersion: number;
  readonly version: string;
}

const ARGUMENTS = ['--headless', '--no-auto-update', '--log-level', 'error', '--stdio'];

/** How long a step of {@link RawRuntime.stop} may take, in milliseconds. */
const STEP_MS = 2_000;

/**
 * A real runtime as a child process, used directly over JSON-RPC. None of our own client's code is in between, so that
 * measurements show the runtime itself.
 */
export class RawRuntime {
  /** All notifications, in order. */
  readonly notifications: RawNotification[] = [];
  /** Requests from the runtime. Each was answered with "method not found". */
  readonly inboundRequests: RawNotification[] = [];
  /** Lines of its stderr. */
  readonly stderr: string[] = [];
  private readonly listeners = new Set<() => void>();
  private readonly exited: Promise<void>;
  private hasExited = false;

  private constructor(
    private readonly child: ChildProcessWithoutNullStreams,
    private readonly connection: MessageConnection,
  ) {
    this.exited = new Promise((resolve) => {
      child.once('exit', () => {
        this.hasExited = true;
        // Only this rejects requests that are in flight.
        connection.dispose();
        resolve();
      });
    });
    child.stdin.on('error', () => undefined);
    createInterface({ input: child.stderr }).on('line', (line) => this.stderr.push(line));
    connection.onError(() => undefined);
    connection.onNotification((method, params: unknown) => {
      this.notifications.push({ method, params, at: performance.now() });
      this.listeners.forEach((listener) => listener());
    });
    connection.onRequest((method, params: unknown) => {
      this.inboundRequests.push({ method, params, at: performance.now() });
      throw new Error(`Unhandled method ${method}`);
    });
    connection.listen();
  }

  /** Starts the runtime, and resolves once its process runs. Call {@link connect} before anything else. */
  static async start({ command, env, cwd, isAlone = false, args = [] }: RawRuntimeOptions): Promise<RawRuntime> {
    const child = spawn(command, [...ARGUMENTS, ...args], {
      env: { ...(isAlone ? {} : neutralEnvironment()), ...env },
      cwd,
      stdio: 'pipe',
      windowsHide: true,
    });
    await once(child, 'spawn');
    const connection = createMessageConnection(
      new StreamMessageReader(child.stdout),
      new StreamMessageWriter(child.stdin),
    );
    return new RawRuntime(child, connection);
  }

  get pid(): number | undefined {
    return this.child.pid;
  }

  /** Does the handshake. */
  connect(params: Readonly<Record<string, unknown>> = {}, timeoutMs = PATIENCE_MS): Promise<Handshake> {
    return this.request<Handshake>('connect', params, timeoutMs);
  }

  /**
   * @param Result the type that the caller expects; not checked
   * @throws the runtime's `ResponseError`, or an `Error` after `timeoutMs`
   */
  async request<Result = unknown>(method: string, params: unknown, timeoutMs = PATIENCE_MS): Promise<Result> {
    const answer = this.connection.sendRequest<Result>(method, params);
    return await within(answer, timeoutMs, () => `${method} was not answered within ${timeoutMs} ms`);
  }

  /** The events of one session or of all, in the order of their notifications. */
  events(sessionId?: string): readonly RawEvent[] {
    return this.notifications.flatMap(({ method, params }) => {
      const { sessionId: id, event } = params as { sessionId?: string; event?: RawEvent };
      return method === 'session.event' && event !== undefined && (sessionId === undefined || id === sessionId)
        ? [event]
        : [];
    });
  }

  /** The answer to `session.getMessages`. */
  async messages(sessionId: string): Promise<readonly RawEvent[]> {
    return (await this.request<{ events: readonly RawEvent[] }>('session.getMessages', { sessionId })).events;
  }

  /**
   * The first event of a session that `matches`, including earlier ones.
   *
   * @throws after `timeoutMs`, with the types of the events that came instead
   */
  async waitForEvent(
    sessionId: string,
    matches: string | ((event: RawEvent) => boolean),
    timeoutMs = PATIENCE_MS,
  ): Promise<RawEvent> {
    const test = typeof matches === 'string' ? ({ type }: RawEvent) => type === matches : matches;
    let listener: (() => void) | undefined;
    const found = new Promise<RawEvent>((resolve) => {
      listener = () => {
        const event = this.events(sessionId).find(test);
        if (event !== undefined) {
          resolve(event);
        }
      };
      this.listeners.add(listener);
      listener();
    });
    try {
      return await within(found, timeoutMs, () => {
        const seen = this.events(sessionId).map(({ type }) => type);
        return `no event matched ${matches.toString()} within ${timeoutMs} ms; there were: ${seen.join(', ')}`;
      });
    } finally {
      this.listeners.delete(listener!);
    }
  }

  /** Ends the runtime with `runtime.shutdown`, then SIGTERM, then SIGKILL. Resolves when it has ended. */
  async stop(): Promise<void> {
    const shutdown = this.request('runtime.shutdown', {}, STEP_MS).catch(() => undefined);
    await Promise.race([this.exited, shutdown]);
    for (const end of [
      () => this.child.stdin.end(),
      () => this.child.kill('SIGTERM'),
      () => this.child.kill('SIGKILL'),
    ]) {
      if (this.hasExited) {
        return;
      }
      end();
      await within(this.exited, STEP_MS, () => 'still running').catch(() => undefined);
    }
    await this.exited;
  }
}

/**
 * The environment of this process without anything that would give a runtime the user's own sign-in, settings or proxy.
 */
function neutralEnvironment(): Record<string, string> {
  const personal = /^(COPILOT_|GH_|GITHUB_|NODE_OPTIONS$|NODE_DEBUG$|(HTTPS?|ALL)_PROXY$)/i;
  return Object.fromEntries(
    Object.entries(process.env).filter(
      (entry): entry is [string, string] => entry[1] !== undefined && !personal.test(entry[0]),
    ),
  );
}

async function within<T>(promise: Promise<T>, timeoutMs: number, describe: () => string): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const patience = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(describe())), timeoutMs);
  });
  try {
    return await Promise.race([promise, patience]);
  } finally {
    clearTimeout(timer);
  }
}

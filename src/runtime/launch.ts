import { ErrorCodes, type Disposable, type Event } from 'vscode-jsonrpc/node';
import { defined } from '../core/common/defined';
import { within, withTimeout } from '../core/common/async';
import { CloudSessionsError } from '../core/errors/cloudSessionsError';
import { isScript } from './runtimeProgram';
import type { RunRecords } from './processes/runtimeRun';
import { RuntimeProcess, type StopLimits, type StopReport } from './runtimeProcess';
import {
  crashError,
  handshakeTimeout,
  hangError,
  serverClosedError,
  startExitError,
  streamError,
  superseded,
} from './runtimeErrors';
import {
  connectToServer,
  formatServerAddress,
  parseServerAddress,
  processTransport,
  type CloseReason,
  type Transport,
} from './transport';
import type { RuntimeCommand } from './runtimeCommand';

/** What is to be run or connected to, read anew for each start. */
export type RuntimeTarget =
  | { readonly kind: 'process'; readonly command: RuntimeCommand }
  | { readonly kind: 'server'; readonly address: string };

/** What speaks to a runtime: disposing it rejects whatever is in flight. */
export interface RuntimeConnection extends Disposable {
  /** Fired once when the stream has ended, by either side. */
  readonly onDidClose: Event<void>;
  /** Asks the runtime to end itself. */
  shutdown(): Promise<void>;
}

export interface LaunchOptions<C extends RuntimeConnection> {
  target(): Promise<RuntimeTarget>;
  /** Opens the conversation over a new transport. Its time is bounded here. */
  open(transport: Transport): C;
  /** The first calls; the connection counts as running when they have succeeded. */
  handshake(connection: C, transport: Transport): Promise<void>;
  /** Watches a connection that runs, and calls back once when the runtime hangs; disposed with the connection. */
  watch?(connection: C, onHang: () => void): Disposable;
  /** Given the lines that the runtime's process writes to stderr. */
  onLine(line: string): void;
  /** Given what is worth a line in the log. */
  info(message: string): void;
  readonly limits?: Partial<LaunchLimits>;
  /** Where runs are recorded, for when our own process is killed. */
  readonly runs?: RunRecords;
}

/** In milliseconds. */
export interface LaunchLimits extends StopLimits {
  readonly connectMs: number;
  /** How long the first conversation may take. */
  readonly handshakeMs: number;
}

/** A new runtime unpacks itself first, which takes more than 10 s where the machine is busy (measured on 1.0.102, 1.0.55). */
const HANDSHAKE_MS = 20_000;
/**
 * How long the exit is waited for after the stream's end: it says why, and follows it closely. While it was running,
 * every moment of waiting is one in which the state on the screen is not true.
 */
const EXIT_AFTER_END_MS = 100;
const EXIT_DURING_START_MS = 500;

/** One start of the runtime: what it has opened, and how that is ended. It is opened once and ended once. */
export class Launch<C extends RuntimeConnection> {
  private readonly abort = new AbortController();
  private readonly aborted: Promise<never>;
  private opening: Promise<C> | undefined;
  private ending: Promise<StopReport | undefined> | undefined;
  private process: RuntimeProcess | undefined;
  private transport: Transport | undefined;
  private opened: C | undefined;
  private target: RuntimeTarget | undefined;
  private where = '';
  private watch: Disposable | undefined;

  constructor(private readonly options: LaunchOptions<C>) {
    this.aborted = new Promise((_resolve, reject) => {
      this.abort.signal.addEventListener('abort', () => reject(superseded()), { once: true });
    });
    this.aborted.catch(() => undefined);
  }

  /** Set from the first conversation on. */
  get connection(): C | undefined {
    return this.opened;
  }

  get pid(): number | undefined {
    return this.process?.pid;
  }

  /** Resolves when its process has ended; `undefined` without one. */
  get exited(): Promise<unknown> | undefined {
    return this.process?.exited;
  }

  /** It is a server that runs without us, as far as the settings have been read. */
  get isServer(): boolean {
    return this.target?.kind === 'server';
  }

  /** Whether the settings have been read. */
  get hasBegun(): boolean {
    return this.opening !== undefined;
  }

  /**
   * Starts or connects, and has the first conversation.
   * @throws why that failed; `cancelled` after {@link end}. Whatever it has opened is still to be ended.
   */
  open(): Promise<C> {
    this.opening ??= this.doOpen();
    return this.opening;
  }

  /** Calls back once, at once when the runtime or its stream has ended; the reason may take a moment longer. */
  onLoss(listener: (reason: Promise<CloudSessionsError>) => void): void {
    let told = false;
    const tell = (reason: () => Promise<CloudSessionsError>): void => {
      if (!told) {
        told = true;
        this.stopWatching();
        listener(reason());
      }
    };
    void this.transport?.closed.then((close) => tell(() => this.lossOf(close)));
    const { opened } = this;
    if (opened !== undefined) {
      opened.onDidClose(() => tell(() => this.lossOf({ kind: 'end' })));
      this.watch = this.options.watch?.(opened, () =>
        tell(() => Promise.resolve(hangError(this.where, this.isServer))),
      );
    }
  }

  /**
   * Ends all of it; one that is still being opened is given up. A server that we only connected to goes on.
   *
   * @param politely ask the runtime to end itself first
   * @returns what ended its process, if it has one
   */
  end(politely: boolean): Promise<StopReport | undefined> {
    this.ending ??= this.doEnd(politely);
    return this.ending;
  }

  private async doOpen(): Promise<C> {
    const target = await Promise.race([this.options.target(), this.aborted]);
    this.target = target;
    this.transport = await (target.kind === 'server' ? this.connect(target.address) : this.spawn(target.command));
    this.abort.signal.throwIfAborted();
    const connection = this.options.open(this.transport);
    this.opened = connection;
    await this.greet(connection, this.transport, target);
    return connection;
  }

  private async spawn(command: RuntimeCommand): Promise<Transport> {
    const { options } = this;
    this.process = await RuntimeProcess.start(command, (line) => options.onLine(line), options.limits, options.runs);
    const [first] = command.args;
    this.where = first !== undefined && isScript(first) ? first : command.command;
    options.info(`Started ${[command.command, ...command.args].join(' ')} (process ${this.process.pid}).`);
    return processTransport(this.process);
  }

  private async connect(text: string): Promise<Transport> {
    const address = parseServerAddress(text);
    const { connectMs } = this.options.limits ?? {};
    const transport = await connectToServer(address, {
      signal: this.abort.signal,
      ...defined({ timeoutMs: connectMs }),
    });
    this.where = formatServerAddress(address);
    // eslint-disable-next-line texts/localized -- a line of the log
    this.options.info(`Connected to the runtime at ${this.where}.`);
    return transport;
  }

  /** Bounded, and ended at once by the end of the process. */
  private async greet(connection: C, transport: Transport, target: RuntimeTarget): Promise<void> {
    const { handshakeMs = HANDSHAKE_MS } = this.options.limits ?? {};
    const greeted = this.options.handshake(connection, transport).catch(async (error: unknown) => {
      throw (await this.exitDuringStart(target)) ?? (await this.closeDuringStart(error)) ?? error;
    });
    const lost = transport.closed.then(async (close) => {
      throw (await this.exitDuringStart(target)) ?? (await this.lossOf(close));
    });
    try {
      const first = Promise.race([greeted, this.aborted, lost]);
      await withTimeout(first, handshakeMs, () => handshakeTimeout(handshakeMs, this.where, this.isServer));
    } finally {
      // Whichever comes second is nobody's any more.
      greeted.catch(() => undefined);
      lost.catch(() => undefined);
    }
  }

  /** A process that ends takes its streams along; why it ended is the better reason. */
  private async exitDuringStart(target: RuntimeTarget): Promise<CloudSessionsError | undefined> {
    const exit = this.process === undefined ? undefined : await within(this.process.exited, EXIT_DURING_START_MS);
    return exit === undefined || target.kind === 'server' ? undefined : startExitError(target.command, exit);
  }

  /** A server that closes the connection before it has answered is away (a tunnel's far end is), and not wrong. */
  private async closeDuringStart(error: unknown): Promise<CloudSessionsError | undefined> {
    if (!this.isServer || this.transport === undefined || isAnswer(error)) {
      return undefined;
    }
    const close = await within(this.transport.closed, EXIT_AFTER_END_MS);
    return close && this.lossOf(close);
  }

  private async lossOf(close: CloseReason): Promise<CloudSessionsError> {
    if (close.kind === 'exit') {
      return crashError(close.exit);
    }
    if (this.process === undefined) {
      return serverClosedError(this.where, close.error);
    }
    const exit = await within(this.process.exited, EXIT_AFTER_END_MS);
    return exit === undefined ? streamError(close.error) : crashError(exit);
  }

  private async doEnd(politely: boolean): Promise<StopReport | undefined> {
    this.abort.abort();
    this.stopWatching();
    const isOpen = await this.settled();
    const { opened } = this;
    if (!politely || !isOpen) {
      opened?.dispose();
    }
    const report = await this.process?.stop(
      politely && isOpen && opened !== undefined ? () => opened.shutdown() : undefined,
    );
    opened?.dispose();
    this.transport?.dispose();
    if (report !== undefined && report.left.length > 0) {
      // eslint-disable-next-line texts/localized -- a line of the log
      this.options.info(`What the runtime had started could not be ended: process ${report.left.join(', ')}.`);
    }
    return report;
  }

  private stopWatching(): void {
    this.watch?.dispose();
    this.watch = undefined;
  }

  private async settled(): Promise<boolean> {
    try {
      await this.opening;
      return this.opening !== undefined;
    } catch {
      return false;
    }
  }
}

/** Errors that vscode-jsonrpc itself makes when a connection has ended. */
const CONNECTION_ENDS: readonly number[] = [
  ErrorCodes.MessageWriteError,
  ErrorCodes.MessageReadError,
  ErrorCodes.PendingResponseRejected,
  ErrorCodes.ConnectionInactive,
];

/** Whether the runtime itself has said so, or what it said is at fault. */
function isAnswer(error: unknown): boolean {
  if (!(error instanceof CloudSessionsError) || error.code !== 'handshake-failed') {
    return true;
  }
  const { cause } = error;
  // An answer of the protocol has a number. Its class may have gone with a secret that it quoted.
  const code: unknown = cause instanceof Error && 'code' in cause ? cause.code : undefined;
  return typeof code === 'number'
    ? !CONNECTION_ENDS.includes(code)
    : cause instanceof CloudSessionsError && cause.code !== 'connection-closed';
}

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

/** What to run or connect to; read again for each start. */
export type RuntimeTarget =
  | { readonly kind: 'process'; readonly command: RuntimeCommand }
  | { readonly kind: 'server'; readonly address: string };

/** A connection to a runtime. Disposing it rejects all calls in flight. */
export interface RuntimeConnection extends Disposable {
  /** Fires once when either side has ended the stream. */
  readonly onDidClose: Event<void>;
  /** Asks the runtime to exit. */
  shutdown(): Promise<void>;
}

export interface LaunchOptions<C extends RuntimeConnection> {
  target(): Promise<RuntimeTarget>;
  /** Opens a connection over a new transport. */
  open(transport: Transport): C;
  /** The first calls; the connection counts as running once they have succeeded. Their time is limited here. */
  handshake(connection: C, transport: Transport): Promise<void>;
  /** Watches a running connection, and calls back once when the runtime hangs; disposed with the connection. */
  watch?(connection: C, onHang: () => void): Disposable;
  /** Receives the lines that the process writes to stderr. */
  onLine(line: string): void;
  /** Receives lines for the log. */
  info(message: string): void;
  readonly limits?: Partial<LaunchLimits>;
  /** Where runs are recorded, so that they can be ended after this process was killed. */
  readonly runs?: RunRecords;
}

/** In milliseconds. */
export interface LaunchLimits extends StopLimits {
  readonly connectMs: number;
  /** How long the handshake may take. */
  readonly handshakeMs: number;
}

/** A new runtime unpacks itself first, which takes over 10 s on a busy machine (measured on 1.0.102, 1.0.55). */
const HANDSHAKE_MS = 20_000;
/**
 * How long to wait for the exit after the end of the stream, in milliseconds: the exit says why, and follows closely.
 * For a runtime that was running, the state on the screen is wrong while this waits.
 */
const EXIT_AFTER_END_MS = 100;
const EXIT_DURING_START_MS = 500;

/** One start of the runtime: opened once, and ended once. */
export class Launch<C extends RuntimeConnection> {
  private readonly abort = new AbortController();
  private readonly aborted: Promise<never>;
  private opening: Promise<C> | undefined;
  private ending: Promise<StopReport | undefined> | undefined;
  private process: RuntimeProcess | undefined;
  private transport: Transport | undefined;
  private opened: C | undefined;
  private target: RuntimeTarget | undefined;
  /** The program or the address, for messages. */
  private where = '';
  private watch: Disposable | undefined;

  constructor(private readonly options: LaunchOptions<C>) {
    this.aborted = new Promise((_resolve, reject) => {
      this.abort.signal.addEventListener('abort', () => reject(superseded()), { once: true });
    });
    this.aborted.catch(() => undefined);
  }

  /** Set from the handshake on. */
  get connection(): C | undefined {
    return this.opened;
  }

  get pid(): number | undefined {
    return this.process?.pid;
  }

  /** Resolves when the process has ended; `undefined` without a process. */
  get exited(): Promise<unknown> | undefined {
    return this.process?.exited;
  }

  /** Whether it is a server that runs without us; false until the settings have been read. */
  get isServer(): boolean {
    return this.target?.kind === 'server';
  }

  /** Whether the settings have been read. */
  get hasBegun(): boolean {
    return this.opening !== undefined;
  }

  /**
   * Starts or connects, and does the handshake.
   * @throws {CloudSessionsError} why that failed; `cancelled` after {@link end}. {@link end} has to be called also
   * then.
   */
  open(): Promise<C> {
    this.opening ??= this.doOpen();
    return this.opening;
  }

  /**
   * Calls back once, as soon as the runtime or its stream has ended or it hangs; the reason may take a moment longer.
   */
  onLoss(listener: (reason: Promise<CloudSessionsError>) => void): void {
    let isReported = false;
    const report = (reason: () => Promise<CloudSessionsError>): void => {
      if (!isReported) {
        isReported = true;
        this.stopWatching();
        listener(reason());
      }
    };
    void this.transport?.closed.then((close) => report(() => this.lossOf(close)));
    const { opened } = this;
    if (opened !== undefined) {
      opened.onDidClose(() => report(() => this.lossOf({ kind: 'end' })));
      this.watch = this.options.watch?.(opened, () =>
        report(() => Promise.resolve(hangError(this.where, this.isServer))),
      );
    }
  }

  /**
   * Ends it, also while it is being opened. A server that we connected to keeps running.
   *
   * @param politely whether to ask the runtime to exit first
   * @returns what ended the process; `undefined` without one
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
    await this.shakeHands(connection, this.transport, target);
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

  /** Limited in time, and ended at once by the end of the process. */
  private async shakeHands(connection: C, transport: Transport, target: RuntimeTarget): Promise<void> {
    const { handshakeMs = HANDSHAKE_MS } = this.options.limits ?? {};
    const handshake = this.options.handshake(connection, transport).catch(async (error: unknown) => {
      throw (await this.exitDuringStart(target)) ?? (await this.closeDuringStart(error)) ?? error;
    });
    const lost = transport.closed.then(async (close) => {
      throw (await this.exitDuringStart(target)) ?? (await this.lossOf(close));
    });
    try {
      const first = Promise.race([handshake, this.aborted, lost]);
      await withTimeout(first, handshakeMs, () => handshakeTimeout(handshakeMs, this.where, this.isServer));
    } finally {
      // The one that settles second has no other handler.
      handshake.catch(() => undefined);
      lost.catch(() => undefined);
    }
  }

  /** The exit of the process is a better reason than the end of its streams, which it causes. */
  private async exitDuringStart(target: RuntimeTarget): Promise<CloudSessionsError | undefined> {
    const exit = this.process === undefined ? undefined : await within(this.process.exited, EXIT_DURING_START_MS);
    return exit === undefined || target.kind === 'server' ? undefined : startExitError(target.command, exit);
  }

  /** A server that closes the connection before its first answer is away (behind a tunnel, say), not incompatible. */
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

/** Errors that vscode-jsonrpc creates when a connection has ended. */
const CONNECTION_ENDS: readonly number[] = [
  ErrorCodes.MessageWriteError,
  ErrorCodes.MessageReadError,
  ErrorCodes.PendingResponseRejected,
  ErrorCodes.ConnectionInactive,
];

/** Whether the error is an answer of the runtime, or caused by one. */
function isAnswer(error: unknown): boolean {
  if (!(error instanceof CloudSessionsError) || error.code !== 'handshake-failed') {
    return true;
  }
  const { cause } = error;
  // An error response has a numeric code. Its class may have been lost when a secret in it was redacted.
  const code: unknown = cause instanceof Error && 'code' in cause ? cause.code : undefined;
  return typeof code === 'number'
    ? !CONNECTION_ENDS.includes(code)
    : cause instanceof CloudSessionsError && cause.code !== 'connection-closed';
}

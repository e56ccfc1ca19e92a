import { Emitter, type Disposable, type Event } from 'vscode-jsonrpc/node';
import { asCloudSessionsError, CloudSessionsError } from '../core/errors';
import { describeExit, RuntimeProcess, type ProcessExit, type RuntimeCommand, type StopStep } from './process';
import { connectToServer, parseServerAddress, type Transport } from './transport';

export type RuntimeState = 'stopped' | 'starting' | 'running' | 'restarting' | 'failed';

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

export interface SupervisorOptions<C extends RuntimeConnection> {
  target(): Promise<RuntimeTarget>;
  /** Opens the conversation over a new transport. Its time is bounded here. */
  open(transport: Transport): C;
  /** The first calls; the connection counts as running when they have succeeded. */
  handshake(connection: C): Promise<void>;
  onLine(line: string): void;
  info(message: string): void;
}

/** How long the first conversation may take, in milliseconds. */
export const HANDSHAKE_MS = 10_000;

interface Running<C> {
  readonly connection: C;
  readonly process: RuntimeProcess | undefined;
  readonly close: () => void;
}

/**
 * The life of one runtime: start, watch, restart, stop. One state with one setter; whatever an earlier process still
 * says is ignored.
 */
export class RuntimeSupervisor<C extends RuntimeConnection> implements Disposable {
  private current: RuntimeState = 'stopped';
  private lastError: CloudSessionsError | undefined;
  private running: Running<C> | undefined;
  private starting: Promise<C> | undefined;
  private restarting: Promise<C> | undefined;
  /** Counts starts and stops: what belongs to an earlier one has no say. */
  private generation = 0;
  /** Ends what a start under way has opened. */
  private abortStart: (() => void) | undefined;
  private readonly changes = new Emitter<RuntimeState>();
  private readonly connections = new Emitter<C | undefined>();

  readonly onDidChangeState: Event<RuntimeState> = this.changes.event;
  /** A connection that works, or `undefined` when it is gone. */
  readonly onDidChangeConnection: Event<C | undefined> = this.connections.event;

  constructor(private readonly options: SupervisorOptions<C>) {}

  get state(): RuntimeState {
    return this.current;
  }

  /** Why it failed; `undefined` in every other state. */
  get error(): CloudSessionsError | undefined {
    return this.lastError;
  }

  get connection(): C | undefined {
    return this.running?.connection;
  }

  get pid(): number | undefined {
    return this.running?.process?.pid;
  }

  /** Starts the runtime, or waits for the start that is under way. */
  start(): Promise<C> {
    if (this.running !== undefined) {
      return Promise.resolve(this.running.connection);
    }
    this.starting ??= this.launch('starting').finally(() => {
      this.starting = undefined;
    });
    return this.starting;
  }

  /** Stops and starts. Calls at the same time share one restart. */
  restart(): Promise<C> {
    this.restarting ??= this.replace().finally(() => {
      this.restarting = undefined;
    });
    return this.restarting;
  }

  /** Ends the runtime; no process of its is left when this resolves. A server that we only connected to goes on. */
  async stop(): Promise<void> {
    await this.end();
    this.setState('stopped');
  }

  dispose(): void {
    void this.end();
    this.changes.dispose();
    this.connections.dispose();
  }

  private async replace(): Promise<C> {
    this.setState('restarting');
    await this.end();
    this.starting = this.launch('restarting').finally(() => {
      this.starting = undefined;
    });
    return this.starting;
  }

  private async launch(state: 'starting' | 'restarting'): Promise<C> {
    const generation = ++this.generation;
    this.setState(state);
    let opened: { process: RuntimeProcess | undefined; transport: Transport; close: () => void } | undefined;
    let connection: C | undefined;
    const abandon = (): void => {
      connection?.dispose();
      opened?.close();
    };
    try {
      opened = await this.openTransport(await this.options.target());
      if (generation !== this.generation) {
        throw superseded();
      }
      this.abortStart = abandon;
      connection = this.options.open(opened.transport);
      await this.handshake(connection, opened.process);
      if (generation !== this.generation) {
        throw superseded();
      }
      return this.adopt(connection, opened, generation);
    } catch (error) {
      abandon();
      await opened?.process?.stop();
      const reason = asCloudSessionsError(error);
      if (generation === this.generation) {
        this.setState('failed', reason);
      }
      throw reason;
    } finally {
      if (this.abortStart === abandon) {
        this.abortStart = undefined;
      }
    }
  }

  private adopt(
    connection: C,
    opened: { process: RuntimeProcess | undefined; close: () => void },
    generation: number,
  ): C {
    this.running = { connection, process: opened.process, close: opened.close };
    const lost = (error: CloudSessionsError): void => {
      if (generation !== this.generation) {
        return;
      }
      this.generation++;
      this.release();
      connection.dispose();
      opened.close();
      void opened.process?.stop();
      this.setState('failed', error);
    };
    void opened.process?.exited.then((exit) => lost(exitError(exit)));
    // The stream can end before the process does, or without it: nothing more comes then, and that is what counts.
    connection.onDidClose(() => {
      const { process } = opened;
      if (process === undefined) {
        lost(
          new CloudSessionsError('connection-closed', 'The runtime server closed the connection.', {
            nextStep: 'Check that it still runs, then restart.',
          }),
        );
      } else {
        // Its exit says more than the end of its stream, and follows it closely.
        void within(process.exited, 500).then((exit) => lost(exit === undefined ? streamError() : exitError(exit)));
      }
    });
    this.setState('running');
    this.connections.fire(connection);
    return connection;
  }

  private release(): void {
    this.running = undefined;
    this.connections.fire(undefined);
  }

  private async end(): Promise<void> {
    this.generation++;
    this.abortStart?.();
    const under = this.starting;
    const { running } = this;
    if (running !== undefined) {
      this.release();
      const { connection, process, close } = running;
      const step = await process?.stop(() => connection.shutdown());
      if (step !== undefined) {
        this.reportStop(step);
      }
      connection.dispose();
      close();
    }
    // A start that was overtaken cleans up behind itself: wait for that too.
    await under?.catch(() => undefined);
  }

  private reportStop(step: StopStep): void {
    this.options.info(`The runtime has ended (${step}).`);
  }

  private async openTransport(
    target: RuntimeTarget,
  ): Promise<{ process: RuntimeProcess | undefined; transport: Transport; close: () => void }> {
    if (target.kind === 'server') {
      const socket = await connectToServer(parseServerAddress(target.address));
      this.options.info(`Connected to the runtime at ${target.address}.`);
      return { process: undefined, transport: { reader: socket, writer: socket }, close: () => socket.destroy() };
    }
    const process = await RuntimeProcess.start(target.command, (line) => this.options.onLine(line));
    this.options.info(
      `Started ${[target.command.command, ...target.command.args].join(' ')} (process ${process.pid ?? 'unknown'}).`,
    );
    return { process, transport: { reader: process.output, writer: process.input }, close: () => undefined };
  }

  /** Bounded, and ended at once by the end of the process. */
  private async handshake(connection: C, process: RuntimeProcess | undefined): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const deadline = new Promise<never>((_, reject) => {
      timer = setTimeout(
        () =>
          reject(
            new CloudSessionsError('timeout', `The Copilot runtime did not answer within ${HANDSHAKE_MS / 1_000} s.`, {
              nextStep: 'Check that cloudSessions.runtime.path names a Copilot runtime, then restart.',
            }),
          ),
        HANDSHAKE_MS,
      );
    });
    const exit = process?.exited.then((exited) => Promise.reject(startExitError(exited)));
    exit?.catch(() => undefined);
    try {
      const answered = this.options.handshake(connection).catch(async (error: unknown) => {
        // A process that ends takes its streams along; why it ended is the better reason.
        const exited = process === undefined ? undefined : await within(process.exited, 500);
        throw exited === undefined ? error : startExitError(exited);
      });
      await Promise.race([answered, deadline, ...(exit === undefined ? [] : [exit])]);
    } finally {
      clearTimeout(timer);
    }
  }

  private setState(state: RuntimeState, error?: CloudSessionsError): void {
    const changed = state !== this.current || error !== this.lastError;
    this.current = state;
    this.lastError = error;
    if (changed) {
      this.changes.fire(state);
    }
  }
}

async function within<T>(promise: Promise<T>, milliseconds: number): Promise<T | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const patience = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), milliseconds);
  });
  try {
    return await Promise.race([promise, patience]);
  } finally {
    clearTimeout(timer);
  }
}

function superseded(): CloudSessionsError {
  return new CloudSessionsError('cancelled', 'The start of the runtime was given up.');
}

function exitError(exit: ProcessExit): CloudSessionsError {
  return new CloudSessionsError(
    'runtime-exited',
    `The Copilot runtime has ended unexpectedly (${describeExit(exit)}).`,
    {
      nextStep: 'Restart it; its log has the details.',
      details: exit.lastLines.join('\n'),
    },
  );
}

function startExitError(exit: ProcessExit): CloudSessionsError {
  const last = exit.lastLines.at(-1);
  return new CloudSessionsError(
    'runtime-start-failed',
    `The Copilot runtime ended while it was being started (${describeExit(exit)})${last === undefined ? '' : `: ${last.slice(0, 200)}`}.`,
    { nextStep: 'Check cloudSessions.runtime.path and its log.', details: exit.lastLines.join('\n') },
  );
}

function streamError(): CloudSessionsError {
  return new CloudSessionsError('runtime-exited', 'The Copilot runtime closed its connection without ending.', {
    nextStep: 'Restart it; its log has the details.',
  });
}

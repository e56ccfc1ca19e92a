import { Emitter, type Disposable, type Event } from 'vscode-jsonrpc/node';
import { asCloudSessionsError, type CloudSessionsError } from '../core/errors/cloudSessionsError';
import { Recovery, type RecoveryOptions } from './recovery';
import { Launch, type LaunchOptions, type RuntimeConnection } from './launch';
import type { StopReport } from './runtimeProcess';
import { superseded, survivedError } from './runtimeErrors';

export type RuntimeState = 'stopped' | 'starting' | 'running' | 'restarting' | 'failed';

export interface SupervisorOptions<C extends RuntimeConnection> extends LaunchOptions<C>, RecoveryOptions {}

/** A state with its details. */
export interface RuntimeStateDetail {
  readonly state: RuntimeState;
  /** Why it failed; in state `restarting`, why it has to be restarted. */
  readonly error?: CloudSessionsError;
  /** The process id of the runtime; absent for a server. */
  readonly pid?: number;
  /** The delay before this restart, in milliseconds. */
  readonly restartDelayMs?: number;
  /** It is a server that cannot be reached, and is retried until it answers. `error` says why. */
  readonly isAway?: true;
}

/** A launch within its supervisor: its outcome, and what became of it. */
class Attempt<C extends RuntimeConnection> {
  running = false;
  /** Set when the runtime was lost: resolves when that has become a state. */
  loss: Promise<void> | undefined;
  /** The attempt that replaced it: callers that wait for this one get the outcome of that one. */
  successor: Attempt<C> | undefined;
  readonly outcome: Promise<C>;

  constructor(
    readonly launch: Launch<C>,
    /** Whether a crash caused it, not a call. */
    readonly automatic: boolean,
    run: (attempt: Attempt<C>) => Promise<C>,
  ) {
    this.outcome = run(this);
    // A failure is also a state: it is not an unhandled rejection if nobody waits for the outcome.
    this.outcome.catch(() => undefined);
  }
}

/**
 * The lifecycle of one runtime: start, watch, restart, stop. There is one state with one setter, and one attempt at a
 * time: results of earlier attempts are ignored. A process is not started before the previous one has ended.
 *
 * The file has over 300 lines because these are the transitions of one state machine, which have to be read together.
 * What one start does is in `launch.ts`, and whether and when another one follows is in `recovery.ts`.
 */
export class RuntimeSupervisor<C extends RuntimeConnection> implements Disposable {
  private currentDetail: RuntimeStateDetail = { state: 'stopped' };
  private attempt: Attempt<C> | undefined;
  /** Resolves when all released attempts have ended; never rejects. */
  private ending: Promise<void> = Promise.resolve();
  private readonly recovery: Recovery;
  /** Set while a process that could not be killed is still running. */
  private survivor: CloudSessionsError | undefined;
  private disposed = false;
  private readonly changes = new Emitter<RuntimeState>();
  private readonly connections = new Emitter<C | undefined>();

  /** Fires only when the state or its error changes; `detail` has the rest. */
  readonly onDidChangeState: Event<RuntimeState> = this.changes.event;
  /** Fires with a connection that works, or with `undefined` when it is lost. */
  readonly onDidChangeConnection: Event<C | undefined> = this.connections.event;

  constructor(private readonly options: SupervisorOptions<C>) {
    this.recovery = new Recovery(options);
  }

  get state(): RuntimeState {
    return this.currentDetail.state;
  }

  get detail(): RuntimeStateDetail {
    const { pid } = this;
    return pid === undefined ? this.currentDetail : { ...this.currentDetail, pid };
  }

  /** Why it failed; `undefined` in all other states. */
  get error(): CloudSessionsError | undefined {
    return this.state === 'failed' ? this.currentDetail.error : undefined;
  }

  get connection(): C | undefined {
    return this.attempt?.running === true ? this.attempt.launch.connection : undefined;
  }

  get pid(): number | undefined {
    return this.attempt?.launch.pid;
  }

  /**
   * Starts the runtime, or waits for the start in progress; skips the delay before a restart.
   *
   * @returns the connection; that of the restarted runtime if a restart overtakes this start
   * @throws {CloudSessionsError} why it could not be started; `cancelled` if it was stopped meanwhile
   */
  start(): Promise<C> {
    if (this.disposed) {
      return Promise.reject(superseded());
    }
    const { attempt } = this;
    if (attempt !== undefined) {
      return attempt.loss === undefined ? attempt.outcome : attempt.loss.then(() => this.start());
    }
    if (this.state === 'failed') {
      this.recovery.reset();
    }
    return this.begin(this.recovery.isWaiting ? 'restarting' : 'starting');
  }

  /**
   * Stops and starts with the current settings. Calls before the settings are read share one start; a later call
   * overtakes it.
   */
  restart(): Promise<C> {
    if (this.disposed) {
      return Promise.reject(superseded());
    }
    this.recovery.reset();
    const { attempt } = this;
    return attempt !== undefined && !attempt.launch.hasBegun
      ? attempt.outcome
      : this.begin('restarting', { anew: true });
  }

  /**
   * Ends the runtime; none of its processes is left when this resolves. A server that we connected to keeps running.
   */
  async stop(): Promise<void> {
    this.recovery.cancel();
    this.recovery.reset();
    this.release();
    // No requests can be sent from here on, so the state is not `running`, although the process may still be ending.
    this.setState(this.restingState());
    await this.allEnded();
    if (this.attempt === undefined && !this.recovery.isWaiting) {
      this.setState(this.restingState());
    }
  }

  /** As `stop`, without waiting for it. No event fires any more. */
  dispose(): void {
    this.disposed = true;
    void this.stop();
    this.changes.dispose();
    this.connections.dispose();
  }

  private begin(state: 'starting' | 'restarting', { automatic = false, anew = false } = {}): Promise<C> {
    this.recovery.cancel();
    const attempt = new Attempt(new Launch(this.options), automatic, (self) => this.run(self));
    this.release(attempt);
    const { isAway, error } = this.currentDetail;
    // A retry says nothing new about a server that is away, unless it reads the settings again.
    this.setState(!anew && isAway === true && error !== undefined ? { state, isAway, error } : { state });
    return attempt.outcome;
  }

  private async run(attempt: Attempt<C>): Promise<C> {
    try {
      // Two runtimes at once would use the same files. The await also lets `begin` put the attempt in place.
      await this.allEnded();
      this.assertCurrent(attempt);
      const connection = await attempt.launch.open();
      this.assertCurrent(attempt);
      this.adopt(attempt, connection);
      return connection;
    } catch (error) {
      if (attempt === this.attempt) {
        const reason = asCloudSessionsError(error);
        this.release();
        this.startFailed(attempt, reason);
        throw reason;
      }
      if (attempt.successor !== undefined) {
        return attempt.successor.outcome;
      }
      throw superseded();
    }
  }

  private assertCurrent(attempt: Attempt<C>): void {
    if (attempt !== this.attempt) {
      throw superseded();
    }
  }

  private adopt(attempt: Attempt<C>, connection: C): void {
    attempt.running = true;
    this.recovery.started(attempt.launch.isServer);
    attempt.launch.onLoss((reason) => {
      if (attempt === this.attempt) {
        attempt.loss ??= this.onLost(attempt, reason);
      }
    });
    this.setState({ state: 'running' });
    this.connections.fire(connection);
  }

  private async onLost(attempt: Attempt<C>, reason: Promise<CloudSessionsError>): Promise<void> {
    // `attempt.loss` has to be set before listeners learn that the connection is gone.
    await Promise.resolve();
    this.withdrawConnection(attempt);
    attempt.launch.connection?.dispose();
    const error = await reason;
    // It may have been restarted meanwhile.
    if (attempt === this.attempt) {
      this.release();
      this.recover(attempt, error);
    }
  }

  private withdrawConnection(attempt: Attempt<C>): void {
    if (attempt.running) {
      attempt.running = false;
      this.connections.fire(undefined);
    }
  }

  /** Ends the current attempt in the background, and replaces it by `successor`, or by none. */
  private release(successor?: Attempt<C>): void {
    const { attempt } = this;
    this.attempt = successor;
    if (attempt === undefined) {
      return;
    }
    if (successor !== undefined) {
      attempt.successor = successor;
    }
    const wasRunning = attempt.running;
    this.withdrawConnection(attempt);
    const { pid } = attempt.launch;
    const ended = attempt.launch.end(wasRunning).then((report) => this.onEnded(attempt.launch, pid, report));
    this.ending = Promise.all([this.ending, ended]).then(() => undefined);
  }

  private async allEnded(): Promise<void> {
    for (let seen: Promise<void> | undefined; seen !== this.ending;) {
      seen = this.ending;
      await seen;
    }
  }

  private onEnded(launch: Launch<C>, pid: number | undefined, report: StopReport | undefined): void {
    // A process that ended by itself is reported as a crash.
    if (report === undefined || report.endedBy === 'exited') {
      return;
    }
    if (report.endedBy === undefined) {
      const survivor = survivedError(pid ?? 0);
      this.survivor = survivor;
      void launch.exited?.then(() => this.onSurvivorEnded(survivor));
    }
    /* eslint-disable texts/localized -- lines of the log */
    this.options.info(
      report.endedBy === undefined
        ? `The runtime (process ${pid}) could not be ended.`
        : `The runtime has ended (${report.endedBy}, after ${report.milliseconds} ms).`,
    );
    /* eslint-enable texts/localized */
  }

  /** The process that could not be killed has ended. */
  private onSurvivorEnded(survivor: CloudSessionsError): void {
    if (this.survivor === survivor) {
      this.survivor = undefined;
    }
    if (this.error === survivor) {
      this.setState(this.restingState());
    }
  }

  private restingState(): RuntimeStateDetail {
    return this.survivor === undefined ? { state: 'stopped' } : { state: 'failed', error: this.survivor };
  }

  private startFailed(attempt: Attempt<C>, error: CloudSessionsError): void {
    const { automatic, launch } = attempt;
    if (this.recovery.isTransient(error, launch.isServer, automatic)) {
      this.recover(attempt, error);
    } else {
      this.setState({ state: 'failed', error });
    }
  }

  /** Schedules a restart after a loss, or fails. */
  private recover({ launch: { isServer } }: Attempt<C>, reason: CloudSessionsError): void {
    const { error, restartDelayMs } = this.recovery.schedule(reason, isServer, () => {
      void this.begin('restarting', { automatic: true });
    });
    if (restartDelayMs === undefined) {
      this.setState({ state: 'failed', error });
    } else {
      this.setState(
        isServer
          ? { state: 'restarting', error: this.unlessRepeated(error), restartDelayMs, isAway: true }
          : { state: 'restarting', error, restartDelayMs },
      );
    }
  }

  /** The current error if the new one says the same, so that repeated failures are reported once. */
  private unlessRepeated(error: CloudSessionsError): CloudSessionsError {
    const { isAway, error: before } = this.currentDetail;
    return isAway === true && before?.code === error.code && before.message === error.message ? before : error;
  }

  private setState(detail: RuntimeStateDetail): void {
    const { state, error } = this.currentDetail;
    this.currentDetail = detail;
    if (detail.state !== state || detail.error !== error) {
      this.changes.fire(detail.state);
    }
  }
}

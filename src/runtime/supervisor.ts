import { Emitter, type Disposable, type Event } from 'vscode-jsonrpc/node';
import { asCloudSessionsError, type CloudSessionsError } from '../core/errors/cloudSessionsError';
import { Recovery, type RecoveryOptions } from './recovery';
import { Launch, type LaunchOptions, type RuntimeConnection } from './launch';
import type { StopReport } from './runtimeProcess';
import { superseded, survivedError } from './runtimeErrors';

export type RuntimeState = 'stopped' | 'starting' | 'running' | 'restarting' | 'failed';

export interface SupervisorOptions<C extends RuntimeConnection> extends LaunchOptions<C>, RecoveryOptions {}

/** What there is to know of a state. */
export interface RuntimeStateDetail {
  readonly state: RuntimeState;
  /** Why it failed, or (`restarting`) why it has to be started again. */
  readonly error?: CloudSessionsError;
  /** The runtime's process; absent for a server. */
  readonly pid?: number;
  /** How long it is, or was, waited before the next start, in milliseconds. */
  readonly restartDelayMs?: number;
  /** It is a server of somebody else's that is away: it is tried again until it answers. `error` says why. */
  readonly isAway?: true;
}

/** A launch within its supervisor: those that wait for it, and what has become of it. */
class Attempt<C extends RuntimeConnection> {
  running = false;
  /** Set when what ran was lost: resolves when that has become a state. */
  loss: Promise<void> | undefined;
  /** The one that took its place: those that wait get what that gives. */
  successor: Attempt<C> | undefined;
  readonly outcome: Promise<C>;

  constructor(
    readonly launch: Launch<C>,
    /** A crash caused it, not a call. */
    readonly automatic: boolean,
    run: (attempt: Attempt<C>) => Promise<C>,
  ) {
    this.outcome = run(this);
    // The state tells of a failure, too: nobody has to wait for this one.
    this.outcome.catch(() => undefined);
  }
}

/**
 * The life of one runtime: start, watch, restart, stop. One state with one setter; there is one attempt at a time, and
 * whatever an earlier one still says is ignored. A process is not started before the one before it has ended.
 *
 * The file is over 300 lines long because these are the transitions of one state machine, which have to be read together;
 * what one start does is in `launch.ts`, and when there is another in `recovery.ts`.
 */
export class RuntimeSupervisor<C extends RuntimeConnection> implements Disposable {
  private currentDetail: RuntimeStateDetail = { state: 'stopped' };
  private attempt: Attempt<C> | undefined;
  /** Resolves when all that was let go of has ended; never rejects. */
  private ending: Promise<void> = Promise.resolve();
  private readonly recovery: Recovery;
  private survivor: CloudSessionsError | undefined;
  private disposed = false;
  private readonly changes = new Emitter<RuntimeState>();
  private readonly connections = new Emitter<C | undefined>();

  /** Fired when the state or its error changes, and only then; `detail` has the rest. */
  readonly onDidChangeState: Event<RuntimeState> = this.changes.event;
  /** A connection that works, or `undefined` when it is gone. */
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

  /** Why it failed; `undefined` in every other state. */
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
   * Starts the runtime, or waits for the start that is under way; the pause before a restart is cut short.
   *
   * @throws why it could not be started; `cancelled` when it was stopped meanwhile. Those that a restart overtakes get
   * the restarted one.
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
   * Stops and starts, with the settings as they are now. Of several calls, those that come before the settings are
   * read share one start; a later one overtakes it.
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

  /** Ends the runtime; no process of its is left when this resolves. A server that we only connected to goes on. */
  async stop(): Promise<void> {
    this.recovery.cancel();
    this.recovery.reset();
    this.letGo();
    // Nothing can be asked of it from now on, so it does not run any more, though its process may still be ending.
    this.setState(this.restingState());
    await this.allEnded();
    if (this.attempt === undefined && !this.recovery.isWaiting) {
      this.setState(this.restingState());
    }
  }

  /** As `stop`, without anybody waiting for it; nothing is told any more. */
  dispose(): void {
    this.disposed = true;
    void this.stop();
    this.changes.dispose();
    this.connections.dispose();
  }

  private begin(state: 'starting' | 'restarting', { automatic = false, anew = false } = {}): Promise<C> {
    this.recovery.cancel();
    const attempt = new Attempt(new Launch(this.options), automatic, (self) => this.run(self));
    this.letGo(attempt);
    const { isAway, error } = this.currentDetail;
    // A further try says nothing new of a server that is away, unless the settings are read anew for it.
    this.setState(!anew && isAway === true && error !== undefined ? { state, isAway, error } : { state });
    return attempt.outcome;
  }

  private async run(attempt: Attempt<C>): Promise<C> {
    try {
      // Two runtimes at once would work on the same files. This is also what lets `begin` put the attempt in place.
      await this.allEnded();
      this.assertCurrent(attempt);
      const connection = await attempt.launch.open();
      this.assertCurrent(attempt);
      this.adopt(attempt, connection);
      return connection;
    } catch (error) {
      if (attempt === this.attempt) {
        const reason = asCloudSessionsError(error);
        this.letGo();
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
        attempt.loss ??= this.lose(attempt, reason);
      }
    });
    this.setState({ state: 'running' });
    this.connections.fire(connection);
  }

  private async lose(attempt: Attempt<C>, reason: Promise<CloudSessionsError>): Promise<void> {
    // Nothing may be sent to it from now on, and this promise has to be in its place before anybody is told so.
    await Promise.resolve();
    this.takeConnection(attempt);
    attempt.launch.connection?.dispose();
    const error = await reason;
    // Somebody may have started it anew in the meantime.
    if (attempt === this.attempt) {
      this.letGo();
      this.recover(attempt, error);
    }
  }

  private takeConnection(attempt: Attempt<C>): void {
    if (attempt.running) {
      attempt.running = false;
      this.connections.fire(undefined);
    }
  }

  /** Ends the current attempt, in the background, and puts another in its place, or none. */
  private letGo(successor?: Attempt<C>): void {
    const { attempt } = this;
    this.attempt = successor;
    if (attempt === undefined) {
      return;
    }
    if (successor !== undefined) {
      attempt.successor = successor;
    }
    const wasRunning = attempt.running;
    this.takeConnection(attempt);
    const { pid } = attempt.launch;
    const ended = attempt.launch.end(wasRunning).then((report) => this.noteEnd(attempt.launch, pid, report));
    this.ending = Promise.all([this.ending, ended]).then(() => undefined);
  }

  private async allEnded(): Promise<void> {
    for (let seen: Promise<void> | undefined; seen !== this.ending;) {
      seen = this.ending;
      await seen;
    }
  }

  private noteEnd(launch: Launch<C>, pid: number | undefined, report: StopReport | undefined): void {
    // One that had ended by itself is told of as a crash.
    if (report === undefined || report.endedBy === 'exited') {
      return;
    }
    if (report.endedBy === undefined) {
      const survivor = survivedError(pid ?? 0);
      this.survivor = survivor;
      void launch.exited?.then(() => this.withdraw(survivor));
    }
    /* eslint-disable texts/localized -- lines of the log */
    this.options.info(
      report.endedBy === undefined
        ? `The runtime (process ${pid}) could not be ended.`
        : `The runtime has ended (${report.endedBy}, after ${report.milliseconds} ms).`,
    );
    /* eslint-enable texts/localized */
  }

  /** It could not be ended, and has ended by now. */
  private withdraw(survivor: CloudSessionsError): void {
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

  /** What ran, or was to run again, is lost for a reason that may pass. */
  private recover({ launch: { isServer } }: Attempt<C>, reason: CloudSessionsError): void {
    const { error, restartDelayMs } = this.recovery.schedule(reason, isServer, () => {
      void this.begin('restarting', { automatic: true });
    });
    if (restartDelayMs === undefined) {
      this.setState({ state: 'failed', error });
    } else {
      this.setState(
        isServer
          ? { state: 'restarting', error: this.sameAsBefore(error), restartDelayMs, isAway: true }
          : { state: 'restarting', error, restartDelayMs },
      );
    }
  }

  /** The failure that is known already, if this one says the same: a run of them is told of once. */
  private sameAsBefore(error: CloudSessionsError): CloudSessionsError {
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

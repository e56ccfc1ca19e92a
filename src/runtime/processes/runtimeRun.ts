import { defined } from '../../core/common/defined';
import { killTree, signalGroup } from '../../system/processTree';
import { findProcess, type ProcessKey } from '../../system/processTable';
import { newRunId, RUN_VARIABLE } from './runMark';
import { RunProcesses } from './runProcesses';
import { removeRecord, thisPlace, thisProcess, writeRecord } from './runRecord';
import { startWatcher, type WatcherProgram } from './watcher';

/** Where runs are recorded, so that what is left of one is ended though its owner was killed. */
export interface RunRecords {
  /** A folder for these records alone, private to the user. It is made when needed. */
  readonly folder: string;
  /** Ends it at once, and not only at the next activation. Not used on Windows. */
  readonly watcher?: WatcherProgram;
}

/** For the end of all when our own process ends, in milliseconds. */
const EXIT_MS = 2_000;

/**
 * One run of the runtime, from before its process is started until nobody of it is left.
 *
 * On Windows nothing is recorded: a number alone does not tell a process from a later one, and when one was started is
 * only told by programs that take a second.
 */
export class RuntimeRun {
  private readonly runId = newRunId();
  private releaseWatcher: () => void = () => undefined;
  private processes: RunProcesses | undefined;
  private pid: number | undefined;
  /** It has been waited for: from now on, its number may become another's. */
  private reaped = false;

  private constructor(private readonly records: RunRecords | undefined) {}

  /** Records that a run begins. Where that cannot be done, it goes without. */
  static begin(records?: RunRecords): RuntimeRun {
    const run = new RuntimeRun(records);
    if (run.record() && records?.watcher !== undefined) {
      run.releaseWatcher = startWatcher(records.watcher, records.folder, run.runId);
    }
    return run;
  }

  /** What the runtime is to have in its environment. */
  get env(): Readonly<Record<string, string>> {
    return { [RUN_VARIABLE]: this.runId };
  }

  /** The runtime has been started, and not been waited for. */
  started(pid: number): void {
    this.pid = pid;
    const root = findProcess(pid);
    if (root !== undefined) {
      this.processes = new RunProcesses(this.runId, root, root.start);
      this.record({ pid, start: root.start });
    }
    owned.add(this);
  }

  /** Marks its processes where the system lets us. Before the first request: what that starts inherits the mark. */
  async mark(): Promise<void> {
    if (!this.reaped) {
      await this.processes?.mark();
    }
  }

  /** Notes who belongs to it while parents still live. */
  remember(): void {
    if (!this.reaped) {
      this.processes?.remember();
    }
  }

  /**
   * Ends the runtime and all that it has started.
   * @returns the numbers of those that are left after that time
   */
  async end(limitMs: number): Promise<readonly number[]> {
    if (this.processes !== undefined) {
      return this.processes.end(limitMs, { ownsGroup: !this.reaped });
    }
    this.kill();
    return Promise.resolve([]);
  }

  /**
   * The runtime has just been waited for: what it has started does not outlive it. Now, and never later: its number may soon
   * be another's.
   *
   * @returns the numbers of those that are left after that time
   */
  async exited(limitMs: number): Promise<readonly number[]> {
    // Its first look is taken before anything else happens.
    const ending = this.processes?.end(limitMs, { ownsGroup: true });
    this.reaped = true;
    if (process.platform !== 'win32' && this.pid !== undefined) {
      signalGroup(this.pid, 'SIGKILL');
    }
    const left = (await ending) ?? [];
    this.closeIfOver(left);
    return left;
  }

  /** Ends all at once, as our own process ends. */
  endSync(): void {
    const left = this.processes?.endSync(EXIT_MS, { ownsGroup: !this.reaped });
    this.kill();
    this.closeIfOver(left);
  }

  /** It never started, or nobody is left. */
  close(): void {
    owned.delete(this);
    this.releaseWatcher();
    if (this.records !== undefined) {
      removeRecord(this.records.folder, this.runId);
    }
  }

  /** Otherwise its record stays: with the end of our own process, the watcher looks once more. */
  private closeIfOver(left: readonly number[] | undefined): void {
    if (left?.length === 0 && this.processes?.isSettled !== false) {
      this.close();
    }
  }

  private kill(): void {
    if (this.pid !== undefined && !this.reaped) {
      killTree(this.pid);
    }
  }

  /** @returns whether it is recorded */
  private record(runtime?: ProcessKey): boolean {
    const owner = thisProcess();
    if (this.records === undefined || owner === undefined) {
      return false;
    }
    try {
      writeRecord(this.records.folder, {
        runId: this.runId,
        place: thisPlace(),
        owner,
        ...defined({ runtime }),
      });
      return true;
    } catch {
      // A disk that is full or read-only is told of elsewhere, and is no reason not to start.
      return false;
    }
  }
}

/** The runs of which somebody may be left: when our own process ends before it has ended them, they are killed at once. */
const owned = {
  runs: new Set<RuntimeRun>(),
  kill: (): void => owned.runs.forEach((run) => run.endSync()),
  add(run: RuntimeRun): void {
    if (this.runs.size === 0) {
      process.once('exit', this.kill);
    }
    this.runs.add(run);
  },
  delete(run: RuntimeRun): void {
    if (this.runs.delete(run) && this.runs.size === 0) {
      process.off('exit', this.kill);
    }
  },
};

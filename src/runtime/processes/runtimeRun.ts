import { defined } from '../../core/common/defined';
import { killTree, signalGroup } from '../../system/processTree';
import { findProcess, type ProcessKey } from '../../system/processTable';
import { newRunId, RUN_VARIABLE } from './runMark';
import { RunProcesses } from './runProcesses';
import { removeRecord, thisPlace, thisProcess, writeRecord } from './runRecord';
import { startWatcher, type WatcherProgram } from './watcher';

/** Where runs are recorded, so that their processes are ended even if the owner was killed. */
export interface RunRecords {
  /** Absolute path of a folder for these records only, private to the user. It is created when needed. */
  readonly folder: string;
  /** Ends them at once, not only at the next activation. Not used on Windows. */
  readonly watcher?: WatcherProgram;
}

/** The time limit for ending all processes at the exit of this process, in milliseconds. */
const EXIT_MS = 2_000;

/**
 * One run of the runtime, from before the start of its process until none of its processes is left.
 *
 * On Windows nothing is recorded: an id alone does not distinguish a process from a later one, and start times are only
 * available from programs that take a second.
 */
export class RuntimeRun {
  private readonly runId = newRunId();
  private releaseWatcher: () => void = () => undefined;
  private processes: RunProcesses | undefined;
  private pid: number | undefined;
  /** The runtime has been reaped: its id may be reused from now on. */
  private reaped = false;

  private constructor(private readonly records: RunRecords | undefined) {}

  /** Begins a run, and records it if that is possible. */
  static begin(records?: RunRecords): RuntimeRun {
    const run = new RuntimeRun(records);
    if (run.record() && records?.watcher !== undefined) {
      run.releaseWatcher = startWatcher(records.watcher, records.folder, run.runId);
    }
    return run;
  }

  /** The variables that the runtime needs in its environment. */
  get env(): Readonly<Record<string, string>> {
    return { [RUN_VARIABLE]: this.runId };
  }

  /** The runtime was started, and has not been reaped. */
  started(pid: number): void {
    this.pid = pid;
    const root = findProcess(pid);
    if (root !== undefined) {
      this.processes = new RunProcesses(this.runId, root, root.start);
      this.record({ pid, start: root.start });
    }
    owned.add(this);
  }

  /** Marks its processes where possible. Before the first request: processes that it causes inherit the mark. */
  async mark(): Promise<void> {
    if (!this.reaped) {
      await this.processes?.mark();
    }
  }

  /** Remembers its processes while their parents live. */
  remember(): void {
    if (!this.reaped) {
      this.processes?.remember();
    }
  }

  /**
   * Ends the runtime and its descendants.
   * @returns the ids of processes that are left after `limitMs` milliseconds
   */
  async end(limitMs: number): Promise<readonly number[]> {
    if (this.processes !== undefined) {
      return this.processes.end(limitMs, { ownsGroup: !this.reaped });
    }
    this.kill();
    return Promise.resolve([]);
  }

  /**
   * The runtime has just been reaped: ends its descendants. To be called at once, because its id may soon be reused.
   *
   * @returns the ids of processes that are left after `limitMs` milliseconds
   */
  async exited(limitMs: number): Promise<readonly number[]> {
    // The first scan is synchronous.
    const ending = this.processes?.end(limitMs, { ownsGroup: true });
    this.reaped = true;
    if (process.platform !== 'win32' && this.pid !== undefined) {
      signalGroup(this.pid, 'SIGKILL');
    }
    const left = (await ending) ?? [];
    this.closeIfOver(left);
    return left;
  }

  /** Ends all synchronously, at the exit of this process. */
  endSync(): void {
    const left = this.processes?.endSync(EXIT_MS, { ownsGroup: !this.reaped });
    this.kill();
    this.closeIfOver(left);
  }

  /** It never started, or none of its processes is left. */
  close(): void {
    owned.delete(this);
    this.releaseWatcher();
    if (this.records !== undefined) {
      removeRecord(this.records.folder, this.runId);
    }
  }

  /** Closes it if none is left. Otherwise its record stays, and the watcher tries again at the end of this process. */
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
      // A full or read-only disk is reported elsewhere, and is no reason not to start.
      return false;
    }
  }
}

/** The runs that may have processes left; they are killed at the exit of this process. */
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

import { bearsMark, hasLimit, markProcess } from './runMark';
import {
  findProcess,
  hasTable,
  lastPid,
  ownLine,
  processTable,
  signalProcesses,
  stopGroup,
  type ProcessEntry,
  type ProcessKey,
} from '../../system/processTable';

/** Consecutive scans that must find no new and no running process, if processes started during a scan are not known. */
const QUIET_SCANS = 2;
/** Time in which no new process may end before its run is known, in milliseconds. */
const SETTLED_MS = 15;
/** The longest chase before the next scan, in milliseconds. It blocks the process. */
const CHASE_MS = 45;
/** The most new process ids that a chase examines at once; if there are more, all processes are scanned again. */
const CHASED = 256;
/**
 * How long to try to stop all of them before the stopped ones are killed anyway, in milliseconds; at most half of the
 * time limit. On a machine where others start processes all the time it never settles, but by then a process that keeps
 * forking and exiting has been found.
 */
const STOPPING_MS = 450;
/** The pause between two scans, in milliseconds. */
const PAUSE_MS = 2;
/** The most scans for unmarked children of processes that have just been marked: each was started before the mark. */
const MARK_ROUNDS = 5;

/**
 * The processes of one run: the runtime and its descendants. A process belongs to the run if it has the mark of the run
 * (`runMark.ts`), if its parent belongs to the run, or if it is in the group or session of the runtime. Processes that
 * were found once are remembered by id and start time, because their parents may die.
 */
export class RunProcesses {
  private readonly known = new Map<number, ProcessEntry>();
  /** Keys of processes that this process has no permission to end. */
  private readonly denied = new Set<string>();
  private settled = false;
  /** This process and its ancestors (such as the editor). They are never ended, whatever a record or a mark says. */
  private line: ReadonlySet<number> | undefined;

  /**
   * @param root the runtime; `undefined` if unknown, so that its processes can only be found by the mark
   * @param since start time of the run, in the unit of `ProcessKey.start`: no older process belongs to it
   */
  constructor(
    readonly runId: string,
    private readonly root: ProcessKey | undefined,
    private readonly since: number,
  ) {}

  /**
   * Whether the last `end` is known to have found all of them. On a machine where others start processes all the time
   * it may be false although none is seen any more.
   */
  get isSettled(): boolean {
    return this.settled;
  }

  /** Marks the runtime and its present descendants. @returns whether that is possible here */
  async mark(): Promise<boolean> {
    if (this.root === undefined || !(await markProcess(this.root.pid, this.runId))) {
      return false;
    }
    for (let round = 0; round < MARK_ROUNDS; round++) {
      this.scan({ ownsGroup: true });
      const unmarked = [...this.known.values()].filter(({ pid }) => !hasLimit(pid, this.runId));
      if (unmarked.length === 0) {
        break;
      }
      await Promise.all(unmarked.map(({ pid }) => markProcess(pid, this.runId)));
    }
    return true;
  }

  /** Remembers the present processes, for when their parents have died. */
  remember(): void {
    this.scan({ ownsGroup: true });
  }

  /**
   * Ends all of them: stops them, generation by generation, until no new one is found, and only then kills them,
   * because a killed process leaves behind what it has started meanwhile. All in one turn of the event loop except for
   * pauses.
   *
   * @param ownsGroup whether the runtime is not or only just reaped, so that its id is still that of its group and session
   * @returns the ids of processes that are left; empty if all have ended
   */
  end(limitMs: number, { ownsGroup }: { readonly ownsGroup: boolean }): Promise<readonly number[]> {
    const steps = this.steps(limitMs, ownsGroup);
    // The first step at once, while the ids are known to be theirs.
    const first = steps.next();
    return (async () => {
      let step = first;
      while (step.done !== true) {
        const pauseMs = step.value;
        await new Promise((resolve) => setTimeout(resolve, pauseMs));
        step = steps.next();
      }
      return step.value;
    })();
  }

  /** As `end`, but synchronous, for the exit of this process. */
  endSync(limitMs: number, { ownsGroup }: { readonly ownsGroup: boolean }): readonly number[] {
    const steps = this.steps(limitMs, ownsGroup);
    let step = steps.next();
    while (step.done !== true) {
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, step.value);
      step = steps.next();
    }
    return step.value;
  }

  /** Yields pauses in milliseconds; returns the ids of processes that are left. */
  private *steps(limitMs: number, ownsGroup: boolean): Generator<number, readonly number[]> {
    if (!hasTable()) {
      this.settled = true;
      return [];
    }
    const begin = performance.now();
    const elapsed = (): number => performance.now() - begin;
    let owns = ownsGroup;
    for (;;) {
      const stopUntil = elapsed() + Math.min(STOPPING_MS, limitMs / 2);
      let quiet = 0;
      do {
        const last = lastPid();
        const { fresh, running } = this.scan({ stop: true, ownsGroup: owns });
        // As long as one of them lives, no other group or session gets the id.
        owns &&= this.living().some((entry) => this.isInGroup(entry));
        if (fresh > 0 || running > 0) {
          quiet = 0;
          yield running > 0 ? PAUSE_MS : 0;
        } else if (last === undefined) {
          quiet++;
        } else if (this.chase(last, owns)) {
          quiet = QUIET_SCANS;
        } else {
          yield 0;
        }
      } while (quiet < QUIET_SCANS && elapsed() < stopUntil);
      this.settled = quiet >= QUIET_SCANS;
      if (this.living().length === 0) {
        if (this.settled || elapsed() >= limitMs) {
          return this.deniedPids();
        }
        // On a busy machine, a process that keeps forking and exiting may have escaped all scans.
        yield PAUSE_MS;
        continue;
      }
      this.signal(this.living(), 'SIGKILL');
      owns = false;
      let fresh: number;
      do {
        yield PAUSE_MS;
        ({ fresh } = this.scan());
      } while (fresh === 0 && this.living().length > 0 && elapsed() < limitMs);
      if (elapsed() >= limitMs) {
        this.settled = false;
        return [...this.living().map(({ pid }) => pid), ...this.deniedPids()];
      }
      // Again: processes that could not be stopped in time may have started others.
    }
  }

  /**
   * Scans all processes once, and replaces the known ones by those that belong to the run.
   *
   * @param stop whether to stop each as soon as it is found
   * @returns how many were not known before, and how many were running: a stop takes a moment
   */
  private scan({ stop = false, ownsGroup = false } = {}): { readonly fresh: number; readonly running: number } {
    let fresh = 0;
    let running = 0;
    const before = new Map(this.known);
    this.known.clear();
    const take = (entry: ProcessEntry): void => {
      fresh += before.get(entry.pid)?.start === entry.start ? 0 : 1;
      running += entry.state === 'running' && !this.denied.has(keyOf(entry)) ? 1 : 0;
      this.take(entry, stop);
    };
    let others: ProcessEntry[] = [];
    for (const entry of processTable()) {
      if (!this.isPossible(entry)) {
        if (stop && this.isTrace(entry)) {
          stopGroup(entry);
        }
        continue;
      }
      if (before.get(entry.pid)?.start === entry.start || this.belongs(entry, ownsGroup)) {
        take(entry);
      } else {
        others.push(entry);
      }
    }
    // A child may have been found before its parent. Only parents of this scan count: others have ended, and their ids
    // may have been reused.
    for (let count = -1; others.length !== count;) {
      count = others.length;
      const children = new Set(others.filter(({ parent }) => this.known.has(parent)));
      children.forEach(take);
      others = others.filter((entry) => !children.has(entry));
    }
    return { fresh, running };
  }

  /**
   * Examines new processes at the moment that they start. A process that keeps forking and exiting can escape every
   * scan, but it uses up process ids.
   *
   * @param last the last id that was assigned before a scan that found no new and no running process
   * @returns whether no process is left that could start others. False: scan again.
   */
  private chase(last: number, ownsGroup: boolean): boolean {
    const begin = performance.now();
    let at = last;
    let settledAt = 0;
    for (let now = begin; now - begin < CHASE_MS; now = performance.now()) {
      const newest = lastPid();
      if (newest === undefined || newest < at || newest - at > CHASED) {
        // Ids wrap around.
        return false;
      }
      // The newest first: it most likely still exists.
      for (let pid = newest; pid > at; pid--) {
        const entry = findProcess(pid);
        if (entry === undefined || entry.state === 'ended') {
          settledAt = now + SETTLED_MS;
          if (entry !== undefined && this.isTrace(entry)) {
            stopGroup(entry);
            return false;
          }
        } else if (this.isPossible(entry) && this.belongs(entry, ownsGroup)) {
          this.take(entry, true);
          return false;
        }
      }
      at = newest;
      if (now >= settledAt) {
        return true;
      }
    }
    return false;
  }

  private take(entry: ProcessEntry, stop: boolean): void {
    this.known.set(entry.pid, entry);
    if (stop && entry.state === 'running' && !this.denied.has(keyOf(entry))) {
      stopGroup(entry);
      this.signal([entry], 'SIGSTOP');
    }
  }

  /** Whether it ended a moment ago and belonged to the run: others may live on in its group. */
  private isTrace({ pid, start, state }: ProcessEntry): boolean {
    return state === 'ended' && start >= this.since && hasLimit(pid, this.runId);
  }

  private isPossible({ pid, start, state }: ProcessEntry): boolean {
    this.line ??= ownLine();
    return start >= this.since && !this.line.has(pid) && state !== 'ended';
  }

  /** Whether it belongs to the run by itself, whatever its parent is. */
  private belongs(entry: ProcessEntry, ownsGroup: boolean): boolean {
    return this.isRoot(entry) || (ownsGroup && this.isInGroup(entry)) || bearsMark(entry, this.runId);
  }

  private isRoot({ pid, start }: ProcessKey): boolean {
    return this.root?.pid === pid && this.root.start === start;
  }

  private isInGroup({ group, session }: ProcessEntry): boolean {
    return this.root !== undefined && (group === this.root.pid || session === this.root.pid);
  }

  private living(): readonly ProcessEntry[] {
    return [...this.known.values()].filter((entry) => !this.denied.has(keyOf(entry)));
  }

  private deniedPids(): readonly number[] {
    return [...this.known.values()].filter((entry) => this.denied.has(keyOf(entry))).map(({ pid }) => pid);
  }

  private signal(entries: readonly ProcessEntry[], signal: 'SIGSTOP' | 'SIGKILL'): void {
    for (const key of signalProcesses(entries, signal)) {
      this.denied.add(keyOf(key));
    }
  }
}

function keyOf({ pid, start }: ProcessKey): string {
  return `${pid}:${start}`;
}

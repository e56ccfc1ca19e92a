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

/** Where it is not known what was started during a look: how many in a row have to find nobody new and nobody running. */
const QUIET_LOOKS = 2;
/** For so long, nothing may be started that ends before it is known whose it is, in milliseconds. */
const SETTLED_MS = 15;
/** How long that is waited for before all is looked at again, in milliseconds: nothing else is done meanwhile. */
const CHASE_MS = 45;
/** So many processes are looked at that were started since the last time; should there be more, it is looked at all. */
const CHASED = 256;
/**
 * How long it is tried to have all of them stopped before those that are stopped are killed all the same, in milliseconds;
 * at most half of the time that there is. Where others start things all the time it is never settled; but by then one that
 * goes on as its own child has been met.
 */
const STOPPING_MS = 450;
/** Between two looks at whether they have ended or stopped, in milliseconds. */
const PAUSE_MS = 2;
/** How often the children of one that has just been marked are looked for: each must have been started before that. */
const MARK_ROUNDS = 5;

/**
 * The processes of one run of the runtime: itself, and all that descends from it. A process belongs to it that bears its
 * mark (`runMark.ts`), whose parent belongs to it, or that is in its group or session. What was once seen to belong to it is
 * remembered by number and start time: a parent may die.
 */
export class RunProcesses {
  private readonly known = new Map<number, ProcessEntry>();
  /** Those that the system does not let us end. */
  private readonly denied = new Set<string>();
  private settled = false;
  /** Ourselves, and what we descend from: the editor, say. Whatever a record or a mark says, these are not ended. */
  private line: ReadonlySet<number> | undefined;

  /**
   * @param root the runtime; `undefined` if that is not known, and its processes are to be found by the mark alone
   * @param since when the run began: nothing that is older belongs to it
   */
  constructor(
    readonly runId: string,
    private readonly root: ProcessKey | undefined,
    private readonly since: number,
  ) {}

  /**
   * Whether the last `end` is known to have found them all. Where others start things all the time it may not be, though
   * nobody is seen any more.
   */
  get isSettled(): boolean {
    return this.settled;
  }

  /** Marks the runtime and what it has started by now. @returns whether that is possible here */
  async mark(): Promise<boolean> {
    if (this.root === undefined || !(await markProcess(this.root.pid, this.runId))) {
      return false;
    }
    for (let round = 0; round < MARK_ROUNDS; round++) {
      this.look({ ownsGroup: true });
      const unmarked = [...this.known.values()].filter(({ pid }) => !hasLimit(pid, this.runId));
      if (unmarked.length === 0) {
        break;
      }
      await Promise.all(unmarked.map(({ pid }) => markProcess(pid, this.runId)));
    }
    return true;
  }

  /** Remembers who belongs to it now, for when parents have died. */
  remember(): void {
    this.look({ ownsGroup: true });
  }

  /**
   * Ends all of them: they are stopped, generation by generation, until nobody new is found, and only then killed, for one
   * that is killed leaves those behind that it has started in the meantime. All in one turn of the event loop, but for
   * pauses.
   *
   * @param ownsGroup the runtime has not been waited for, or just now, so that its number is still its group's and session's
   * @returns the numbers of those that are left: empty if all has ended
   */
  end(limitMs: number, { ownsGroup }: { readonly ownsGroup: boolean }): Promise<readonly number[]> {
    const steps = this.steps(limitMs, ownsGroup);
    // The first step at once: the numbers are known to be theirs now.
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

  /** As `end`, for when our own process ends and nothing can be waited for. */
  endSync(limitMs: number, { ownsGroup }: { readonly ownsGroup: boolean }): readonly number[] {
    const steps = this.steps(limitMs, ownsGroup);
    let step = steps.next();
    while (step.done !== true) {
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, step.value);
      step = steps.next();
    }
    return step.value;
  }

  /** Yields how long to wait, in milliseconds. */
  private *steps(limitMs: number, ownsGroup: boolean): Generator<number, readonly number[]> {
    if (!hasTable()) {
      this.settled = true;
      return [];
    }
    const begin = performance.now();
    const passed = (): number => performance.now() - begin;
    let owns = ownsGroup;
    for (;;) {
      const stopUntil = passed() + Math.min(STOPPING_MS, limitMs / 2);
      let quiet = 0;
      do {
        const last = lastPid();
        const { fresh, running } = this.look({ stop: true, ownsGroup: owns });
        // As long as one of them lives, no other group or session gets the number.
        owns &&= this.living().some((entry) => this.isInGroup(entry));
        if (fresh > 0 || running > 0) {
          quiet = 0;
          yield running > 0 ? PAUSE_MS : 0;
        } else if (last === undefined) {
          quiet++;
        } else if (this.chase(last, owns)) {
          quiet = QUIET_LOOKS;
        } else {
          yield 0;
        }
      } while (quiet < QUIET_LOOKS && passed() < stopUntil);
      this.settled = quiet >= QUIET_LOOKS;
      if (this.living().length === 0) {
        if (this.settled || passed() >= limitMs) {
          return this.deniedPids();
        }
        // On a busy machine one that goes on as its own child may have been between all looks.
        yield PAUSE_MS;
        continue;
      }
      this.signal(this.living(), 'SIGKILL');
      owns = false;
      let fresh: number;
      do {
        yield PAUSE_MS;
        ({ fresh } = this.look());
      } while (fresh === 0 && this.living().length > 0 && passed() < limitMs);
      if (passed() >= limitMs) {
        this.settled = false;
        return [...this.living().map(({ pid }) => pid), ...this.deniedPids()];
      }
      // Once more: whoever could not be stopped in time may have started others.
    }
  }

  /**
   * Looks at all processes once; those that belong to it are known from then on, and no others.
   *
   * @param stop stops each as soon as it is seen
   * @returns how many were not known before, and how many were seen running: a stop takes a moment
   */
  private look({ stop = false, ownsGroup = false } = {}): { readonly fresh: number; readonly running: number } {
    let fresh = 0;
    let running = 0;
    const before = new Map(this.known);
    this.known.clear();
    const take = (entry: ProcessEntry): void => {
      fresh += before.get(entry.pid)?.start === entry.start ? 0 : 1;
      running += entry.state === 'running' && !this.denied.has(keyOf(entry)) ? 1 : 0;
      this.take(entry, stop);
    };
    let strangers: ProcessEntry[] = [];
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
        strangers.push(entry);
      }
    }
    // A child may have been seen before its parent. By those alone that were seen in this look: others have ended, and
    // their numbers may be anybody's.
    for (let count = -1; strangers.length !== count;) {
      count = strangers.length;
      const children = new Set(strangers.filter(({ parent }) => this.known.has(parent)));
      children.forEach(take);
      strangers = strangers.filter((entry) => !children.has(entry));
    }
    return { fresh, running };
  }

  /**
   * Looks at what is started, the moment that it is. One that goes on as its own child again and again is between the lines
   * of any look at all processes; but it cannot do so without numbers being given out.
   *
   * @param last the number that was given last before a look that found nobody new and nobody running
   * @returns whether nobody is left who could start anything. False: look again.
   */
  private chase(last: number, ownsGroup: boolean): boolean {
    const begin = performance.now();
    let at = last;
    let settledAt = 0;
    for (let now = begin; now - begin < CHASE_MS; now = performance.now()) {
      const newest = lastPid();
      if (newest === undefined || newest < at || newest - at > CHASED) {
        // They begin anew at some time.
        return false;
      }
      // The newest first: it is the one that is most likely to be there still.
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

  /** One that has ended a moment ago and belongs to it: somebody may go on in its group. */
  private isTrace({ pid, start, state }: ProcessEntry): boolean {
    return state === 'ended' && start >= this.since && hasLimit(pid, this.runId);
  }

  private isPossible({ pid, start, state }: ProcessEntry): boolean {
    this.line ??= ownLine();
    return start >= this.since && !this.line.has(pid) && state !== 'ended';
  }

  /** By what it says itself; that of its parent comes on top. */
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

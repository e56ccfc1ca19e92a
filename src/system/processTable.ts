import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';

/** How long the system's own tools may take, in milliseconds. */
const TOOL_MS = 1_000;
/** By its full path: what stands first on the `PATH` may be anybody's. */
const PS = '/bin/ps';

/** A process as the system knows it: the number alone may be another's a moment later. */
export interface ProcessKey {
  readonly pid: number;
  /** Linux: clock ticks since the system was started. Elsewhere: milliseconds since 1970, in whole seconds. */
  readonly start: number;
}

export interface ProcessEntry extends ProcessKey {
  readonly parent: number;
  readonly group: number;
  /** 0 where that cannot be told. */
  readonly session: number;
  /** `ended`: it only waits for its parent to take note. */
  readonly state: 'running' | 'stopped' | 'ended';
  /** Its command and environment, where the table itself says so (macOS). */
  readonly text?: string;
}

/** Which processes there are. Windows has no such table without a program that takes seconds. */
export function hasTable(platform = process.platform): boolean {
  return platform !== 'win32';
}

/** All processes, one by one, so that each can be dealt with before the next is looked at. */
export function* processTable(): Generator<ProcessEntry> {
  if (process.platform !== 'linux') {
    yield* tableOfPs();
    return;
  }
  // The youngest first: a process that goes on as its own child, again and again, is met before it has.
  const pids = pidsInProc().sort((a, b) => b - a);
  for (const pid of pids) {
    const entry = entryInProc(pid);
    if (entry !== undefined) {
      yield entry;
    }
  }
}

/**
 * The number that the system gave last, to a process or a thread: those that follow are given to what is started from now
 * on, one after another. `undefined` where that is not told.
 */
export function lastPid(): number | undefined {
  if (process.platform !== 'linux') {
    return undefined;
  }
  try {
    const last = Number(readFileSync('/proc/loadavg', 'latin1').trim().split(' ')[4]);
    return Number.isSafeInteger(last) && last > 0 ? last : undefined;
  } catch {
    return undefined;
  }
}

/** One process; `undefined` if there is none of that number, or that cannot be told. */
export function findProcess(pid: number): ProcessEntry | undefined {
  if (process.platform === 'linux') {
    return entryInProc(pid);
  }
  return hasTable() ? tableOfPs(['-p', String(pid)])[0] : undefined;
}

/** Whether it runs still, and is no other of the same number. */
export function isAlive({ pid, start }: ProcessKey): boolean {
  const now = findProcess(pid);
  return now?.start === start && now.state !== 'ended';
}

/** This process and all that it descends from, by their numbers: none of them is ever one that we have started. */
export function ownLine(): ReadonlySet<number> {
  const parents = new Map(
    process.platform === 'linux' ? [] : [...processTable()].map(({ pid, parent }) => [pid, parent] as const),
  );
  const line = new Set<number>();
  for (let pid = process.pid; pid > 0 && !line.has(pid);) {
    line.add(pid);
    pid = (process.platform === 'linux' ? findProcess(pid)?.parent : parents.get(pid)) ?? 0;
  }
  return line;
}

/**
 * Signals processes, each after a look at whether it is still the one that is meant.
 * @returns those that may not be signalled, such as another user's
 */
export function signalProcesses(keys: readonly ProcessKey[], signal: 'SIGSTOP' | 'SIGKILL'): readonly ProcessKey[] {
  let isSame = ({ pid, start }: ProcessKey): boolean => findProcess(pid)?.start === start;
  if (process.platform !== 'linux' && keys.length > 0) {
    const starts = new Map(
      tableOfPs(['-p', keys.map(({ pid }) => pid).join()]).map((entry) => [entry.pid, entry.start]),
    );
    isSame = ({ pid, start }) => starts.get(pid) === start;
  }
  return keys.filter((key) => isSame(key) && !trySignal(key.pid, signal));
}

/**
 * Stops all of the group of a process that has just been seen, in one step: also one that is being started by another of
 * them right now, which no look at single processes meets for certain. A group has members of one session only, and a run
 * has sessions of its own: so all of them belong to whom one belongs to.
 */
export function stopGroup({ group, session }: ProcessEntry): void {
  ownEntry ??= findProcess(process.pid);
  const isOurs = ownEntry === undefined || group === ownEntry.group || (session !== 0 && session === ownEntry.session);
  if (group > 1 && !isOurs) {
    trySignal(-group, 'SIGSTOP');
  }
}

let ownEntry: ProcessEntry | undefined;

/** @returns false if it is there and may not be signalled */
function trySignal(pid: number, signal: NodeJS.Signals): boolean {
  try {
    process.kill(pid, signal);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'EPERM';
  }
}

function pidsInProc(): number[] {
  try {
    return readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .map(Number);
  } catch {
    return [];
  }
}

function entryInProc(pid: number): ProcessEntry | undefined {
  try {
    return parseStat(pid, readFileSync(`/proc/${pid}/stat`, 'latin1'));
  } catch {
    // It has ended, or hides from us (`hidepid`) and is another user's.
    return undefined;
  }
}

/** "pid (name) state parent group session ...": the name may hold anything, parentheses too. */
export function parseStat(pid: number, stat: string): ProcessEntry | undefined {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [state = ''] = fields;
  const [parent = NaN, group = NaN, session = NaN] = fields.slice(1, 4).map(Number);
  const [threads, start] = [Number(fields[17]), Number(fields[19])];
  // The first thread of a program may end before the others: then the state is that thread's alone.
  const isHalfEnded = stateOf(state) === 'ended' && threads > 1;
  return Number.isSafeInteger(start) && start > 0 && Number.isSafeInteger(parent)
    ? { pid, parent, group, session, start, state: isHalfEnded ? 'running' : stateOf(state) }
    : undefined;
}

function tableOfPs(which: readonly string[] = ['-A']): ProcessEntry[] {
  const environment = process.platform === 'darwin' ? ['-E'] : [];
  const columns = ['-ww', '-o', 'pid=,ppid=,pgid=,stat=,lstart=,command='];
  try {
    const text = execFileSync(PS, [...which, ...environment, ...columns], {
      encoding: 'latin1',
      timeout: TOOL_MS,
      maxBuffer: 64 * 1024 * 1024,
      stdio: ['ignore', 'pipe', 'ignore'],
      cwd: '/',
      // The time of the start, always in the same words.
      env: { LC_ALL: 'C', TZ: 'UTC' },
    });
    return parsePs(text);
  } catch {
    return [];
  }
}

const PS_LINE = /^\s*(\d+)\s+(\d+)\s+(\d+)\s+(\S+)\s+(\w{3}\s+\w{3}\s+\d+\s+[\d:]+\s+\d{4})\s?(.*)$/;

/** Of `ps -o pid=,ppid=,pgid=,stat=,lstart=,command=`, the youngest first. */
export function parsePs(output: string): ProcessEntry[] {
  return output
    .split('\n')
    .flatMap((line) => {
      const [, pid, parent, group, state = '', lstart = '', text = ''] = PS_LINE.exec(line) ?? [];
      const start = Date.parse(`${lstart} UTC`);
      return pid === undefined || Number.isNaN(start)
        ? []
        : [
            {
              pid: Number(pid),
              parent: Number(parent),
              group: Number(group),
              session: 0,
              start,
              state: stateOf(state),
              text,
            },
          ];
    })
    .sort((a, b) => b.start - a.start || b.pid - a.pid);
}

function stateOf(text: string): ProcessEntry['state'] {
  switch (text[0]) {
    case 'T':
    case 't':
      return 'stopped';
    case 'Z':
    case 'X':
      return 'ended';
    default:
      return 'running';
  }
}

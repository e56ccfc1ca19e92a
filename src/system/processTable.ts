import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';

/** The time limit of system tools, in milliseconds. */
const TOOL_MS = 1_000;
/** Absolute: the first one on the `PATH` may be somebody else's. */
const PS = '/bin/ps';

/** Identifies a process. Its id alone may be reused. */
export interface ProcessKey {
  readonly pid: number;
  /** The start time. Linux: clock ticks since boot. Elsewhere: milliseconds since 1970, in whole seconds. */
  readonly start: number;
}

export interface ProcessEntry extends ProcessKey {
  readonly parent: number;
  readonly group: number;
  /** 0 if not known. */
  readonly session: number;
  /** `ended`: a zombie, which its parent has not reaped. */
  readonly state: 'running' | 'stopped' | 'ended';
  /** Its command and environment, where the table has them (macOS). */
  readonly text?: string;
}

/** Whether the processes can be listed. On Windows that needs a program that takes seconds. */
export function hasTable(platform = process.platform): boolean {
  return platform !== 'win32';
}

/** All processes, one by one, so that each can be handled before the next one is read. */
export function* processTable(): Generator<ProcessEntry> {
  if (process.platform !== 'linux') {
    yield* tableOfPs();
    return;
  }
  // The youngest first, to find a process that keeps forking and exiting before its next fork.
  const pids = pidsInProc().sort((a, b) => b - a);
  for (const pid of pids) {
    const entry = entryInProc(pid);
    if (entry !== undefined) {
      yield entry;
    }
  }
}

/**
 * The id that the system assigned last, to a process or a thread. Later ones get the following ids in order.
 * `undefined` if not known.
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

/** One process; `undefined` if there is none with that id, or it cannot be read. */
export function findProcess(pid: number): ProcessEntry | undefined {
  if (process.platform === 'linux') {
    return entryInProc(pid);
  }
  return hasTable() ? tableOfPs(['-p', String(pid)])[0] : undefined;
}

/** Whether it is still running, and not another one with the same id. */
export function isAlive({ pid, start }: ProcessKey): boolean {
  const now = findProcess(pid);
  return now?.start === start && now.state !== 'ended';
}

/** The ids of this process and its ancestors, none of which was started by this process. */
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
 * Signals processes, after checking that each is still the same one.
 * @returns those that may not be signalled, such as processes of another user
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
 * Stops the whole group of a process that has just been read, in one step. That includes a member that is being started
 * right now, which a scan of single processes may miss. A group is within one session, and a run has sessions of its
 * own, so all members belong to the same run.
 */
export function stopGroup({ group, session }: ProcessEntry): void {
  ownEntry ??= findProcess(process.pid);
  const isOurs = ownEntry === undefined || group === ownEntry.group || (session !== 0 && session === ownEntry.session);
  if (group > 1 && !isOurs) {
    trySignal(-group, 'SIGSTOP');
  }
}

let ownEntry: ProcessEntry | undefined;

/** @returns false if it exists and may not be signalled */
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
    // It has ended, or belongs to another user and is hidden (`hidepid`).
    return undefined;
  }
}

/** Parses "pid (name) state parent group session ...". The name may contain anything, also parentheses. */
export function parseStat(pid: number, stat: string): ProcessEntry | undefined {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [state = ''] = fields;
  const [parent = NaN, group = NaN, session = NaN] = fields.slice(1, 4).map(Number);
  const [threads, start] = [Number(fields[17]), Number(fields[19])];
  // The main thread may end before the others. The state is then only that of the main thread.
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
      // For a fixed format of the start time.
      env: { LC_ALL: 'C', TZ: 'UTC' },
    });
    return parsePs(text);
  } catch {
    return [];
  }
}

const PS_LINE = /^\s*(\d+)\s+(\d+)\s+(\d+)\s+(\S+)\s+(\w{3}\s+\w{3}\s+\d+\s+[\d:]+\s+\d{4})\s?(.*)$/;

/** Parses the output of `ps -o pid=,ppid=,pgid=,stat=,lstart=,command=`. The youngest first. */
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

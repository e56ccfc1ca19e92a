import { setTimeout as delay } from 'node:timers/promises';
import { signalGroup } from '../../system/processTree';
import { isAlive, ownLine, type ProcessKey } from '../../system/processTable';
import { recordsLeftOver, removeRecord, type RunRecord } from './runRecord';
import { RunProcesses } from './runProcesses';

/** The time limit of each step, in milliseconds. Nobody waits for the end of a run whose owner is dead. */
const STDIN_MS = 2_000;
const SIGTERM_MS = 1_000;
const KILL_MS = 10_000;
const LOOK_MS = 20;

/** The result for a run whose owner is dead. */
export interface LeftOverRun {
  readonly runId: string;
  /** The ids of processes that could not be ended: the record is kept for the next attempt. */
  readonly left: readonly number[];
}

/**
 * Ends the processes that are left of recorded runs whose owners (extension hosts) are dead. Runs of living owners are
 * not touched. Several windows may call it at once.
 *
 * @param folder absolute path of the folder of the records; need not exist
 * @param only the id of a single run to end; by default all
 */
export async function endLeftOverRuns(folder: string, only?: string): Promise<readonly LeftOverRun[]> {
  const records = (await recordsLeftOver(folder)).filter(({ runId }) => only === undefined || runId === only);
  return Promise.all(
    records.map(async (record) => {
      const left = await endRun(record);
      if (left.length === 0) {
        removeRecord(folder, record.runId);
      }
      return { runId: record.runId, left };
    }),
  );
}

async function endRun({ runId, owner, runtime: noted }: RunRecord): Promise<readonly number[]> {
  // A record that names this process or an ancestor is false: those groups must not be signalled.
  const runtime = noted !== undefined && ownLine().has(noted.pid) ? undefined : noted;
  const processes = new RunProcesses(runId, runtime, (runtime ?? owner).start);
  if (runtime !== undefined && isAlive(runtime)) {
    processes.remember();
    // Its stdin ended with its owner, which lets it exit by itself.
    if (!(await endsWithin(runtime, STDIN_MS)) && isAlive(runtime)) {
      signalGroup(runtime.pid, 'SIGTERM');
      await endsWithin(runtime, SIGTERM_MS);
    }
  }
  return processes.end(KILL_MS, { ownsGroup: runtime !== undefined && isAlive(runtime) });
}

async function endsWithin(key: ProcessKey, milliseconds: number): Promise<boolean> {
  const end = performance.now() + milliseconds;
  while (isAlive(key)) {
    if (performance.now() > end) {
      return false;
    }
    await delay(LOOK_MS);
  }
  return true;
}

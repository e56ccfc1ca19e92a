import { setTimeout as delay } from 'node:timers/promises';
import { signalGroup } from '../../system/processTree';
import { isAlive, ownLine, type ProcessKey } from '../../system/processTable';
import { recordsLeftOver, removeRecord, type RunRecord } from './runRecord';
import { RunProcesses } from './runProcesses';

/** How long each step may take for a run whose owner is dead, in milliseconds: nobody waits for it. */
const STDIN_MS = 2_000;
const SIGTERM_MS = 1_000;
const KILL_MS = 10_000;
const LOOK_MS = 20;

/** What became of a run whose owner had died. */
export interface LeftOverRun {
  readonly runId: string;
  /** The numbers of processes that could not be ended: the record stays, and they are tried again. */
  readonly left: readonly number[];
}

/**
 * Ends what is left of runs whose owners (extension hosts) are dead, killed ones for example, as their records say. Runs
 * whose owners live are not touched. Safe to be called by several windows at once.
 *
 * @param folder of the records; need not exist
 * @param only the id of the one run that is meant
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
  // A record that names us, or the editor that has started us, is not true: their groups are nobody's to signal.
  const runtime = noted !== undefined && ownLine().has(noted.pid) ? undefined : noted;
  const processes = new RunProcesses(runId, runtime, (runtime ?? owner).start);
  if (runtime !== undefined && isAlive(runtime)) {
    processes.remember();
    // Its stdin has ended with its owner: by that alone it ends in good order.
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

import { setTimeout as delay } from 'node:timers/promises';
import { endLeftOverRuns } from './leftOverRuns';

/*
 * A separate program, `node endRun.js FOLDER RUN`: ends the processes that are left of one run after its owner was
 * killed. `watcher.ts` starts it at the end of its stdin, which may come shortly before the owner has ended. It runs
 * without an editor, so it has no texts for users.
 */

/** How long to wait for the end of the owner, in milliseconds. */
const OWNER_MS = 5_000;
/**
 * How long to retry while processes are left, in milliseconds: on a busy machine, one that forks forever may escape.
 */
const PATIENCE_MS = 60_000;
const LOOK_MS = 20;

async function main([folder = '', runId = '']: readonly string[]): Promise<void> {
  for (;;) {
    const [run] = await endLeftOverRuns(folder, runId);
    if (run?.left.length === 0 || performance.now() > (run === undefined ? OWNER_MS : PATIENCE_MS)) {
      return;
    }
    await delay(LOOK_MS);
  }
}

void main(process.argv.slice(2));

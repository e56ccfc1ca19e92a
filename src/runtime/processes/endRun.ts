import { setTimeout as delay } from 'node:timers/promises';
import { endLeftOverRuns } from './leftOverRuns';

/*
 * A program of its own, `node endRun.js FOLDER RUN`: ends what is left of one run when the process that started it has
 * been killed. Started by `watcher.ts` at the end of its stdin, which may come a moment before that process has ended.
 */

/** How long the owner may take to end, in milliseconds. */
const OWNER_MS = 5_000;
/** How long it is tried again where somebody is left, in milliseconds: on a busy machine one that forks for ever may win. */
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

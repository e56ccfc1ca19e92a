import { setTimeout as delay } from 'node:timers/promises';
import { endLeftOverRuns } from './leftOverRuns';

/*
 * A program of its own, `node endRun.js FOLDER RUN`: ends what is left of one run when the process that started it has
 * been killed. Started by `watcher.ts` at the end of its stdin, which may come a moment before that process has ended.
 */

const PATIENCE_MS = 5_000;
const LOOK_MS = 20;

async function main([folder = '', runId = '']: readonly string[]): Promise<void> {
  const end = performance.now() + PATIENCE_MS;
  while ((await endLeftOverRuns(folder, runId)).length === 0 && performance.now() < end) {
    await delay(LOOK_MS);
  }
}

void main(process.argv.slice(2));

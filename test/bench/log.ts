import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import type { LogOutcome } from './logProcess';
import type { Row } from './statistics';

const PACED = { sessions: 10, events: 4_000, rate: 200 };
const BURST = { sessions: 10, events: 100_000, rate: 0 };

/**
 * Measures the delay from an event on the pipe to its line in the log, and what a burst does to the event loop and
 * memory.
 */
export async function benchLog(log: (line: string) => void): Promise<Row[]> {
  const folder = await mkdtemp(path.join(tmpdir(), 'cloud-sessions-bench-'));
  try {
    const file = path.join(folder, 'logProcess.cjs');
    await build({
      entryPoints: [path.join(__dirname, 'logProcess.ts')],
      outfile: file,
      bundle: true,
      platform: 'node',
      format: 'cjs',
      alias: { vscode: path.join(__dirname, 'fakeVscode.ts') },
      logLevel: 'warning',
    });
    log(`Event to line, ${PACED.rate} events a second over ${PACED.sessions} sessions…`);
    const paced = await run(file, PACED);
    log(`A burst of ${BURST.events} events…`);
    const burst = await run(file, BURST);
    const lines = `${PACED.rate} events a second over ${PACED.sessions} sessions`;
    return [
      { what: `event to log line, median (${lines})`, value: milliseconds(paced.median) },
      { what: 'event to log line, 99th percentile', value: milliseconds(paced.percentile99) },
      { what: `burst of ${BURST.events} events: lines in the logs`, value: String(burst.shown) },
      { what: 'burst: longest time in which the event loop was blocked', value: milliseconds(burst.longestBlock) },
      { what: 'burst: memory kept after it', value: `${(burst.memory / 1024 / 1024).toFixed(0)} MB` },
    ];
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function run(file: string, load: typeof PACED): Promise<LogOutcome> {
  const { stdout } = await promisify(execFile)(process.execPath, ['--expose-gc', file], {
    env: {
      ...process.env,
      BENCH_RUNTIME: path.join(__dirname, 'pacedRuntime.cjs'),
      BENCH_SESSIONS: String(load.sessions),
      BENCH_EVENTS: String(load.events),
      BENCH_RATE: String(load.rate),
    },
  });
  return JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as LogOutcome;
}

function milliseconds(value: number): string {
  return `${value.toFixed(1)} ms`;
}

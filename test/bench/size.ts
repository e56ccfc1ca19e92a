import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import type { SizeOutcome } from './sizeProcess';
import type { Row } from './statistics';

const RELOAD = { sessions: 30, events: 20_000 };
const REATTACH = { sessions: 1, events: 50_000 };
const WATCHED = 500;

/** Measures what many and long sessions do to the event loop and memory. */
export async function benchSize(log: (line: string) => void): Promise<Row[]> {
  const folder = await mkdtemp(path.join(tmpdir(), 'cloud-sessions-bench-'));
  try {
    const file = path.join(folder, 'sizeProcess.js');
    const runtime = path.join(folder, 'longRuntime.js');
    await build({
      entryPoints: [path.join(__dirname, 'sizeProcess.ts'), path.join(__dirname, 'longRuntime.ts')],
      outdir: folder,
      bundle: true,
      platform: 'node',
      format: 'cjs',
      alias: { vscode: path.join(__dirname, 'fakeVscode.ts') },
      logLevel: 'warning',
    });
    const rows: Row[] = [];
    for (const { sessions, events } of [RELOAD, REATTACH]) {
      log(`Reload with ${sessions} sessions of ${events} events…`);
      const kept = await run(file, {}, 'keep', sessions, events);
      const environment = { BENCH_KEPT: JSON.stringify(kept), BENCH_RUNTIME: runtime };
      const outcome = (await run(file, environment, 'reload', sessions, events)) as SizeOutcome;
      const what = `reload with ${sessions} × ${events} events`;
      rows.push(
        { what: `${what}: rows`, value: milliseconds(outcome.rows) },
        {
          what: `${what}: longest time in which the event loop was blocked`,
          value: milliseconds(outcome.longestBlock),
        },
        ...(outcome.longestWork === undefined
          ? []
          : [
              {
                what: `${what}: of that, at most, work of the thread itself`,
                value: milliseconds(outcome.longestWork),
              },
            ]),
        { what: `${what}: all attached and caught up`, value: milliseconds(outcome.whole) },
        { what: `${what}: heap`, value: megabytes(outcome.heap) },
      );
    }
    log(`Watch and stop ${WATCHED} sessions…`);
    const { growth } = (await run(file, {}, 'watch', WATCHED)) as { readonly growth: number };
    rows.push({ what: `watch and stop ${WATCHED} sessions: growth of the heap`, value: megabytes(growth) });
    return rows;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function run(
  file: string,
  environment: Readonly<Record<string, string>>,
  ...args: readonly (string | number)[]
): Promise<unknown> {
  const { stdout } = await promisify(execFile)(process.execPath, ['--expose-gc', file, ...args.map(String)], {
    env: { ...process.env, ...environment },
  });
  return JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as unknown;
}

function milliseconds(value: number): string {
  return `${value.toFixed(0)} ms`;
}

function megabytes(bytes: number): string {
  return `${(bytes / 1024 / 1024).toFixed(1)} MB`;
}

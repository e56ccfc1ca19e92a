import { spawn } from 'node:child_process';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as delay } from 'node:timers/promises';
import { StreamMessageWriter } from 'vscode-jsonrpc/node';
import { FrameReader } from '../../src/core/frames/frameReader';
import { RuntimeClient } from '../../src/core/client/runtimeClient';
import { SessionStore } from '../../src/core/store/sessionStore';
import { SessionOutputs } from '../../src/ui/transcripts/sessionOutput';
import { listenToChannels } from './fakeVscode';
import { percentile } from './statistics';

/** The result of one run, printed as JSON on the last line. Delays in milliseconds, memory in bytes. */
export interface LogOutcome {
  readonly shown: number;
  /** From the time at which the runtime wrote an event to the time at which its line was passed to VS Code. */
  readonly median: number;
  readonly percentile99: number;
  /** The longest time for which the event loop was blocked. */
  readonly longestBlock: number;
  /** Growth of the heap and the buffers. */
  readonly memory: number;
}

const SENT_AT = /sent at <(\d+\.\d+)>/g;

/**
 * Runs the part of the extension between the pipe and the logs, as composed there, in its own process. Environment:
 * BENCH_RUNTIME (the scripted runtime), BENCH_SESSIONS, BENCH_EVENTS, BENCH_RATE (events a second).
 */
async function run(): Promise<LogOutcome> {
  const sessions = Number(process.env['BENCH_SESSIONS']);
  const expected = Number(process.env['BENCH_EVENTS']);
  const runtime = spawn(process.execPath, [process.env['BENCH_RUNTIME'] ?? ''], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const client = new RuntimeClient(new FrameReader(runtime.stdout), new StreamMessageWriter(runtime.stdin));
  await client.handshake();
  const store = new SessionStore({ get: () => undefined, set: () => undefined }, () => undefined);
  const outputs = new SessionOutputs();
  // Show each log, because a log is rendered only once it is shown.
  store.onDidOpen((session) => outputs.open(session).show(true));
  // As the tree does for its badge and rows.
  store.onDidChange(() => store.rows.filter(({ status }) => status === 'needs input').length);
  store.setClient(client);
  for (let count = 0; count < sessions; count++) {
    await store.create({ cloud: {} });
  }
  const delays: number[] = [];
  let shown = 0;
  let finish!: () => void;
  const done = new Promise<void>((resolve) => {
    finish = resolve;
  });
  listenToChannels((_, text) => {
    const now = performance.timeOrigin + performance.now();
    for (const match of text.matchAll(SENT_AT)) {
      delays.push(now - Number(match[1]));
      shown++;
    }
    if (shown >= expected) {
      finish();
    }
  });
  await delay(200);
  const before = used();
  // Do not count memory that was allocated before the burst.
  await delay(200);
  const loop = monitorEventLoopDelay({ resolution: 1 });
  loop.enable();
  await client.request({ method: 'bench.begin', read: (answer: unknown) => answer }, {});
  await done;
  await delay(100);
  loop.disable();
  const kept = used() - before;
  runtime.kill();
  return {
    shown,
    median: percentile(delays, 0.5),
    percentile99: percentile(delays, 0.99),
    longestBlock: loop.max / 1e6,
    memory: kept,
  };
}

function used(): number {
  globalThis.gc?.();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

void run().then((outcome) => {
  console.log(JSON.stringify(outcome));
  process.exit(0);
});

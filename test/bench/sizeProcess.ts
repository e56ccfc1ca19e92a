import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as delay } from 'node:timers/promises';
import { StreamMessageWriter } from 'vscode-jsonrpc/node';
import { FrameReader } from '../../src/core/frames/frameReader';
import { RuntimeClient } from '../../src/core/client/runtimeClient';
import { SessionStore } from '../../src/core/store/sessionStore';
import { SessionOutputs } from '../../src/ui/transcripts/sessionOutput';
import { deliver, KeptFolder, openSession } from '../support/keptFolder';
import { MemoryRuntime } from '../support/memoryRuntime';
import { historyOfSession } from './longHistory';
import { ThreadTime } from './threadTime';

/** What a closed window left on disk. */
export interface Kept {
  readonly folder: string;
  readonly ids: readonly string[];
}

/** The result of one run, printed as JSON on the last line. Times in milliseconds, memory in bytes. */
export interface SizeOutcome {
  /** From the start of the restore until all sessions have rows. */
  readonly rows: number;
  /** Until all sessions are attached and caught up. */
  readonly whole: number;
  /** The longest time for which the event loop was blocked. */
  readonly longestBlock: number;
  /** As `longestBlock`, without the time that the thread waited for a CPU; absent where that is not known. */
  readonly longestWork?: number | undefined;
  readonly heap: number;
}

/** The share of events stored before the window is closed; the rest is missed. */
const KEPT = 0.9;
const TIMEOUT_MS = 180_000;

/** Runs in its own process, so that only this heap and this event loop are measured. */
async function run(): Promise<object> {
  const [mode, sessions, events] = process.argv.slice(2);
  switch (mode) {
    case 'watch':
      return watchAndStop(Number(sessions));
    case 'keep':
      return keep(Number(sessions), Number(events));
    default:
      return reload(JSON.parse(process.env['BENCH_KEPT'] ?? '') as Kept, Number(events));
  }
}

/** Runs the previous window in another process, as in production, so that none of its memory is measured. */
async function keep(sessions: number, events: number): Promise<Kept> {
  const folder = await KeptFolder.make();
  const ids: string[] = Array.from({ length: sessions }, () => randomUUID());
  const window = await folder.open();
  for (const id of ids) {
    const session = openSession(window, id);
    historyOfSession(id, 'a', events)
      .slice(0, events * KEPT)
      .forEach((event) => deliver(session, event));
  }
  await folder.close(window);
  return { folder: folder.path, ids };
}

async function reload(kept: Kept, events: number): Promise<SizeOutcome> {
  const { ids } = kept;
  const folder = KeptFolder.at(kept.folder);
  const runtime = spawn(process.execPath, [process.env['BENCH_RUNTIME'] ?? '', String(events), ...ids], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const client = new RuntimeClient(new FrameReader(runtime.stdout), new StreamMessageWriter(runtime.stdin));
  // The runtime answers once it has built its histories, so that building them is not measured.
  await client.handshake();
  globalThis.gc?.();
  await delay(200);
  const loop = monitorEventLoopDelay({ resolution: 1 });
  loop.enable();
  const work = new ThreadTime();
  const began = performance.now();
  let rows = 0;
  const outputs = new SessionOutputs();
  const window = folder.window();
  window.store.onDidOpen((session) => outputs.open(session));
  // As the tree does for its badge and rows.
  window.store.onDidChange(() => {
    if (window.store.rows.length === ids.length) {
      rows ||= performance.now() - began;
    }
  });
  const restored = window.persistence.restore();
  window.store.setClient(client);
  const isDone = (): boolean =>
    ids.every((id) => {
      const session = window.store.getSession(id);
      return session?.isCaughtUp === true && session.events.length === events;
    });
  while (!isDone()) {
    await delay(5);
    if (performance.now() - began > TIMEOUT_MS) {
      throw new Error('The sessions were never caught up.');
    }
  }
  const whole = performance.now() - began;
  await restored;
  const longestBlock = loop.max / 1e6;
  loop.disable();
  const longestWork = work.stop();
  globalThis.gc?.();
  const heap = process.memoryUsage().heapUsed;
  window.store.setClient(undefined);
  client.dispose();
  runtime.kill();
  await folder.dispose();
  return { rows, whole, longestBlock, longestWork, heap };
}

/** Measures the memory that remains for sessions that are no longer watched. */
async function watchAndStop(sessions: number): Promise<{ readonly growth: number }> {
  const runtime = new MemoryRuntime();
  runtime.on('sessions.list', ({ id }) => runtime.respond(id, { sessions: [] }));
  runtime.on('sessions.connect', ({ id, params }) => {
    const taskId = String(params['sessionId']);
    runtime.respond(id, { sessionId: taskId.slice('task-'.length), metadata: { resourceId: taskId } });
  });
  const store = new SessionStore({ get: () => undefined, set: () => undefined }, () => undefined);
  const outputs = new SessionOutputs();
  store.onDidOpen((session) => outputs.open(session));
  store.onDidClose((session) => outputs.close(session));
  store.setClient(runtime.client);
  const watch = async (name: string): Promise<void> => {
    runtime.history.set(name, historyOfSession(name, 'a', 100));
    const session = await store.connect(`task-${name}`);
    await store.disconnect(session.sessionId);
    runtime.history.delete(name);
    runtime.requests.length = runtime.responses.length = 0;
  };
  // Warm up: compile the code and fill caches.
  for (let index = 0; index < 50; index++) {
    await watch(`first${index}`);
  }
  const before = await used();
  for (let index = 0; index < sessions; index++) {
    await watch(`s${index}`);
  }
  return { growth: (await used()) - before };
}

async function used(): Promise<number> {
  for (let round = 0; round < 3; round++) {
    await delay(50);
    globalThis.gc?.();
  }
  return process.memoryUsage().heapUsed;
}

void run().then((outcome) => {
  console.log(JSON.stringify(outcome));
  process.exit(0);
});

import { randomUUID } from 'node:crypto';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as delay } from 'node:timers/promises';
import { SessionStore } from '../../src/core/sessionStore';
import { SessionOutputs } from '../../src/ui/sessionOutput';
import { deliver, KeptFolder, openSession } from '../support/keptFolder';
import { MemoryRuntime } from '../support/memoryRuntime';
import { historyOfSession } from './longHistory';

/** What one run gave; times in milliseconds, memory in bytes. Printed as JSON, the last line. */
export interface SizeOutcome {
  /** From the beginning of the restore to the rows of all sessions. */
  readonly rows: number;
  /** Until all are attached and caught up. */
  readonly whole: number;
  /** The longest time in which the event loop did nothing else. */
  readonly longestBlock: number;
  readonly heap: number;
}

/** The last tenth is missed while the window is away. */
const KEPT = 0.9;
const TIMEOUT_MS = 180_000;

/**
 * A process of its own: what is measured is this heap and this event loop. The runtime is in it as well, so the answers
 * of `session.getMessages` are made before, and only handed over while it is measured.
 */
async function run(): Promise<object> {
  const [mode, sessions, events] = process.argv.slice(2);
  return mode === 'watch' ? watchAndStop(Number(sessions)) : reload(Number(sessions), Number(events));
}

async function reload(sessions: number, events: number): Promise<SizeOutcome> {
  const folder = await KeptFolder.make();
  const ids: string[] = Array.from({ length: sessions }, () => randomUUID());
  const before = await folder.open();
  for (const id of ids) {
    const session = openSession(before, id);
    historyOfSession(id, 'a', events)
      .slice(0, events * KEPT)
      .forEach((event) => deliver(session, event));
  }
  await folder.close(before);
  const runtime = new MemoryRuntime();
  runtime.on('sessions.list', ({ id }) => runtime.respond(id, { sessions: [] }));
  runtime.on('sessions.connect', ({ id, params }) => {
    const taskId = String(params['sessionId']);
    runtime.respond(id, { sessionId: taskId.slice('task-'.length), metadata: { resourceId: taskId } });
  });
  // Outside of the heap, as in a runtime's process.
  const answers = new Map<string, Buffer>(
    ids.map((id) => [id, Buffer.from(JSON.stringify(historyOfSession(id, 'b', events)))]),
  );
  runtime.on('session.getMessages', ({ id, params }) => {
    const answer = answers.get(String(params['sessionId'])) ?? Buffer.alloc(0);
    const head = Buffer.from(`{"jsonrpc":"2.0","id":${JSON.stringify(id)},"result":{"events":`);
    const end = Buffer.from('}}');
    const length = head.length + answer.length + end.length;
    runtime.write(Buffer.concat([Buffer.from(`Content-Length: ${length}\r\n\r\n`), head, answer, end]));
  });
  globalThis.gc?.();
  await delay(200);
  const loop = monitorEventLoopDelay({ resolution: 1 });
  loop.enable();
  const began = performance.now();
  let rows = 0;
  const outputs = new SessionOutputs();
  const after = folder.window();
  after.store.onDidOpen((session) => outputs.open(session));
  // As the tree does for its badge and its rows.
  after.store.onDidChange(() => {
    if (after.store.rows.length === sessions) {
      rows ||= performance.now() - began;
    }
  });
  const restored = after.keeper.restore();
  after.store.setClient(runtime.client);
  const isDone = (): boolean =>
    ids.every((id) => {
      const session = after.store.getSession(id);
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
  globalThis.gc?.();
  const heap = process.memoryUsage().heapUsed;
  after.store.setClient(undefined);
  runtime.client.dispose();
  await folder.dispose();
  return { rows, whole, longestBlock, heap };
}

/** What stays in memory of sessions that are no longer watched. */
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
  // Code that is compiled, and whatever else is made once.
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

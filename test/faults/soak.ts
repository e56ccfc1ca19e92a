import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { SessionStore } from '../../src/core/store/sessionStore';
import { superviseScript } from '../support/headlessExtension';
import { openHandles } from '../support/openHandles';
import { until } from '../support/processes';

/*
 * Opens, streams, closes, crashes and reattaches sessions repeatedly, then checks that memory is what it was. Run by
 * `npm run test:faults` with --expose-gc. SOAK_MINUTES is the duration: ten minutes do the work of two hours of use.
 */

const MINUTES = Number(process.env['SOAK_MINUTES'] ?? 10);
const MOST_GROWTH = 5 * 1024 * 1024;
const EVENTS = 200;
const MESSAGE = { type: 'assistant.message', data: { messageId: 'm$i', content: 'The sea, the sea, message $i' } };

/** Events before and after the answer. */
function opening(sessionId: string): readonly object[] {
  const burst = { event: MESSAGE, sessionId, times: EVENTS };
  return [burst, { result: { sessionId, metadata: { resourceId: 'task' } } }, burst];
}

async function main(): Promise<void> {
  const folder = await mkdtemp(path.join(tmpdir(), 'soak-'));
  const script = path.join(folder, 'script.json');
  const onRequest = { 'session.create': opening('created-$n'), 'sessions.connect': opening('watched-$n') };
  await writeFile(script, JSON.stringify({ onRequest }));
  const store = new SessionStore({ get: () => undefined, set: () => undefined }, () => undefined);
  const supervisor = superviseScript({ SCRIPTED_RUNTIME: script });
  supervisor.onDidChangeConnection((client) => store.setClient(client));
  await supervisor.start();
  let rounds = 0;
  let events = 0;
  const round = async (): Promise<void> => {
    const created = await store.create({ cloud: {} });
    const connected = await store.connect(`watched-${rounds}`);
    await until(() => [created, connected].every((one) => one.events.length > 0), 'the events');
    if (rounds % 5 === 0) {
      const { pid } = supervisor;
      assert.ok(pid !== undefined);
      process.kill(pid, 'SIGKILL');
      // The session returns as another one, under another id.
      const isBack = (): boolean => store.openSessions.some(({ isAttached }) => isAttached);
      await until(() => supervisor.pid !== pid && isBack(), 'it is attached again');
    }
    for (const session of store.openSessions) {
      events += session.events.length;
      await store.disconnect(session.sessionId);
    }
    rounds++;
  };
  // Warm up: compile the code and fill caches before measuring.
  for (const end = performance.now() + (MINUTES * 60_000) / 6; performance.now() < end;) {
    await round();
  }
  const before = heapUsed();
  const handles = openHandles();
  const warm = rounds;
  for (const end = performance.now() + (MINUTES * 60_000 * 5) / 6; performance.now() < end;) {
    await round();
  }
  const growth = heapUsed() - before;
  const left = openHandles() - handles;
  console.table({
    soak: {
      minutes: MINUTES,
      'rounds (warm-up)': `${rounds} (${warm})`,
      events,
      'heap before': megabytes(before),
      growth: megabytes(growth),
      'more handles': left,
    },
  });
  await supervisor.stop();
  supervisor.dispose();
  store.dispose();
  await rm(folder, { recursive: true });
  assert.ok(growth < MOST_GROWTH, `The memory grew by ${megabytes(growth)}.`);
  assert.ok(left <= 2, `${left} handles are left.`);
}

function heapUsed(): number {
  assert.ok(globalThis.gc, 'Run it with node --expose-gc.');
  globalThis.gc();
  globalThis.gc();
  return process.memoryUsage().heapUsed;
}

function megabytes(bytes: number): string {
  return `${(bytes / 1024 / 1024).toFixed(2)} MB`;
}

main().catch((error: unknown) => {
  console.error(error);
  process.exit(1);
});

import type { SessionEvent } from '@github/copilot-sdk';
import { deliver, eventually, KeptFolder, openSession } from '../support/keptFolder';
import { MemoryRuntime } from '../support/memoryRuntime';
import { median, type Row } from './statistics';

const SESSIONS = 20;
const EVENTS = 2_000;
const ROUNDS = 3;

/**
 * Measures the reload of a window with twenty sessions: from reading their stored state until all are attached and
 * caught up, with a runtime that answers at once.
 */
export async function benchReattach(log: (line: string) => void): Promise<Row[]> {
  const times: number[] = [];
  for (let round = 1; round <= ROUNDS; round++) {
    log(`Reattaching ${SESSIONS} sessions of ${EVENTS} events, round ${round} of ${ROUNDS}…`);
    times.push(await reload());
  }
  const what = `${SESSIONS} sessions of ${EVENTS} events attached again after a reload, beside the runtime’s own time`;
  return [{ what, value: `${Math.round(median(times))} ms` }];
}

async function reload(): Promise<number> {
  const folder = await KeptFolder.make();
  try {
    const before = await folder.open();
    const ids = Array.from({ length: SESSIONS }, (_, index) => `s${index}`);
    for (const id of ids) {
      const session = openSession(before, id);
      // The window missed the last tenth while it was closed.
      history(id, 'a')
        .slice(0, EVENTS * 0.9)
        .forEach((event) => deliver(session, event));
    }
    await folder.close(before);

    const runtime = new MemoryRuntime();
    runtime.on('sessions.list', ({ id }) => runtime.respond(id, { sessions: [] }));
    runtime.on('sessions.connect', ({ id, params }) => {
      const taskId = String(params['sessionId']);
      runtime.respond(id, { sessionId: taskId.slice('task-'.length), metadata: { resourceId: taskId } });
    });
    for (const id of ids) {
      // The ids differ from the stored ones, as after every connect.
      runtime.history.set(id, history(id, 'b'));
    }
    const began = performance.now();
    const after = await folder.open();
    after.store.setClient(runtime.client);
    await eventually('all to be caught up', () =>
      ids.every((id) => {
        const session = after.store.getSession(id);
        return session?.isCaughtUp === true && session.events.length === EVENTS;
      }),
    );
    const time = performance.now() - began;
    after.store.setClient(undefined);
    runtime.client.dispose();
    return time;
  } finally {
    await folder.dispose();
  }
}

function history(sessionId: string, connection: string): SessionEvent[] {
  return Array.from(
    { length: EVENTS },
    (_, index) =>
      ({
        id: `${connection}${index}`,
        timestamp: new Date(1_750_000_000_000 + index).toISOString(),
        parentId: null,
        ...(index === 0
          ? { type: 'session.start', data: { sessionId, producer: 'copilot-agent' } }
          : {
              type: 'assistant.message',
              data: { messageId: `m${index}`, content: `What the agent said in its ${index}th message.` },
            }),
      }) as unknown as SessionEvent,
  );
}

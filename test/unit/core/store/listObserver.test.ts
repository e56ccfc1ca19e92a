import assert from 'node:assert/strict';
import { SessionStore } from '../../../../src/core/store/sessionStore';
import { ManualTimers } from '../../../support/manualTimers';
import { MemoryRuntime, until } from '../../../support/memoryRuntime';
import { agentStart, event } from '../../../support/sessionEvents';

const LISTED = {
  sessionId: 't1',
  isRemote: true,
  state: 'idle',
  startTime: '2026-01-02T03:00:00.000Z',
  modifiedTime: '2026-01-02T03:05:00.000Z',
};

/** A watched session whose agent is idle. */
async function stage() {
  const timers = new ManualTimers();
  const store = new SessionStore(
    { get: () => undefined, set: () => undefined },
    () => undefined,
    timers.create,
    () => new Date('2026-01-02T05:00:00Z'),
  );
  const runtime = new MemoryRuntime();
  let listed = {};
  const list = async (more: object): Promise<void> => {
    listed = { ...LISTED, ...more };
    await store.refresh();
    await runtime.settle();
  };
  runtime.on('sessions.list', ({ id, params }) =>
    runtime.respond(id, { sessions: params['source'] === 'remote' ? [{ ...LISTED, ...listed }] : [] }),
  );
  runtime.on('sessions.connect', ({ id }) => runtime.respond(id, { sessionId: 's1', metadata: { resourceId: 't1' } }));
  runtime.history.set('s1', [agentStart()]);
  store.setClient(runtime.client);
  await until(() => store.list.kind === 'loaded', 'the list');
  const session = await store.connect('t1');
  await runtime.settle();
  const reads = (): number => runtime.requestsOf('session.getMessages').length;
  return { store, runtime, session, list, reads };
}

describe('ListObserver', () => {
  it('attaches a session again that the runtime has let go of, once the list says that its agent works', async () => {
    const { store, runtime, session, list } = await stage();
    assert.equal(store.find('s1')?.status, 'idle');
    runtime.on('session.getMessages', ({ id }) => {
      runtime.on('session.getMessages', ({ id: next }) =>
        runtime.respond(next, {
          events: [
            agentStart(),
            event('turn', 'assistant.turn_start', {}, { timestamp: '2026-01-02T04:00:00.000Z', parentId: 'start' }),
          ],
        }),
      );
      runtime.fail(id, -32603, 'Session not found: s1');
    });
    await list({ state: 'in_progress', modifiedTime: '2026-01-02T04:00:01.000Z' });
    assert.deepEqual([session.isAttached, store.find('s1')?.status], [true, 'working']);
    assert.equal(runtime.requestsOf('sessions.connect').length, 2);
  });

  it('reads once for what the list says, and not for what the events say as well or say later', async () => {
    const { runtime, list, reads } = await stage();
    const before = reads();
    await list({ state: 'idle', modifiedTime: '2026-01-02T04:00:00.000Z' });
    await list({ state: 'in_progress', modifiedTime: '2026-01-02T03:04:00.000Z' });
    assert.equal(reads(), before);
    await list({ state: 'in_progress', modifiedTime: '2026-01-02T04:00:00.000Z' });
    await list({ state: 'in_progress', modifiedTime: '2026-01-02T04:00:00.000Z' });
    assert.equal(reads(), before + 1);
    await list({ state: 'waiting_for_user', modifiedTime: '2026-01-02T04:10:00.000Z' });
    assert.equal(reads(), before + 2);
    runtime.event('s1', event('turn', 'assistant.turn_start', {}, { timestamp: '2026-01-02T04:20:00.000Z' }));
    await list({ state: 'in_progress', modifiedTime: '2026-01-02T04:30:00.000Z' });
    assert.equal(reads(), before + 2, 'it works by its events, too');
  });
});

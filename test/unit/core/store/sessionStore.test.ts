import assert from 'node:assert/strict';
import type { RowsChange } from '../../../../src/core/store/rowCache';
import { SessionStore } from '../../../../src/core/store/sessionStore';
import { MemoryRuntime, until } from '../../../support/memoryRuntime';
import { agentStart, event, remoteInfo } from '../../../support/sessionEvents';
import { ManualTimers } from '../../../support/manualTimers';

const LINK = 'https://github.com/copilot/tasks/t1';
const REMOTE = {
  sessionId: 't1',
  isRemote: true,
  name: 'Repair the lamp',
  state: 'in_progress',
  startTime: '2026-01-01T10:00:00.000Z',
  modifiedTime: '2026-01-01T11:00:00.000Z',
  repository: { owner: 'octo', name: 'lighthouse', branch: 'main' },
  remoteSessionIds: [],
};
const LOCAL = {
  sessionId: 'l1',
  isRemote: false,
  summary: 'Here',
  startTime: '2026-01-01T08:00:00.000Z',
  modifiedTime: '2026-01-01T12:00:00.000Z',
};

/** A store over an in-memory runtime that lists these sessions. */
function stage(listed: { local?: readonly object[]; remote?: readonly object[] } = {}) {
  const runtime = new MemoryRuntime();
  const urls = new Map<string, string>();
  const timers = new ManualTimers();
  const changes: RowsChange[] = [];
  const lists = { local: [LOCAL] as readonly object[], remote: [REMOTE] as readonly object[], ...listed };
  runtime.on('sessions.list', ({ id, params }) =>
    runtime.respond(id, { sessions: params['source'] === 'remote' ? lists.remote : lists.local }),
  );
  runtime.on('session.metadata.snapshot', ({ id }) =>
    runtime.respond(id, { remoteMetadata: { resourceId: 't1', owner: 'octo', name: 'lighthouse' } }),
  );
  runtime.on('session.destroy', ({ id }) => runtime.respond(id, {}));
  const store = new SessionStore(
    { get: (id) => urls.get(id), set: (id, url) => urls.set(id, url) },
    () => undefined,
    timers.create,
    () => new Date('2026-01-01T12:30:00Z'),
  );
  store.onDidChange((change) => changes.push(change));
  const loaded = async (): Promise<void> => {
    store.setClient(runtime.client);
    await until(() => store.list.kind === 'loaded', 'the list');
  };
  const create = async (prompt?: string) => {
    runtime.onCreate(({ id }) => runtime.respond(id, { sessionId: 's1' }));
    return store.create({ cloud: {}, ...(prompt === undefined ? {} : { prompt }) });
  };
  return { runtime, urls, timers, changes, lists, store, loaded, create };
}

describe('SessionStore', () => {
  it('has a row for each listed session, the last changed first', async () => {
    const { store, loaded } = stage();
    await loaded();
    assert.deepEqual(
      store.rows.map(({ title, isRemote, status, repository }) => [title, isRemote, status, repository]),
      [
        ['Here', false, 'idle', undefined],
        ['Repair the lamp', true, 'working', 'octo/lighthouse'],
      ],
    );
  });

  it('keeps the local sessions, and says why, when those in the cloud cannot be read', async () => {
    const { store, runtime } = stage();
    runtime.on('sessions.list', ({ id, params }) =>
      params['source'] === 'remote'
        ? runtime.fail(id, -32603, 'Not authenticated. Please authenticate first.')
        : runtime.respond(id, { sessions: [LOCAL] }),
    );
    store.setClient(runtime.client);
    await until(() => store.list.kind === 'failed', 'the failure');
    assert.equal(store.list.kind === 'failed' && store.list.error.code, 'not-signed-in');
    assert.deepEqual(
      store.rows.map(({ key }) => key),
      ['l1'],
    );
  });

  it('keeps what it had of the cloud when a later reading fails', async () => {
    const { store, runtime, loaded } = stage();
    await loaded();
    runtime.on('sessions.list', ({ id }) => runtime.fail(id, -32603, '503 Service Unavailable'));
    await assert.rejects(store.refresh(), { code: 'service-unavailable' });
    assert.equal(store.rows.length, 2);
  });

  it('lists nothing of the account before, once there is another; local and open sessions stay', async () => {
    const { runtime, lists, store, loaded } = stage();
    await loaded();
    runtime.on('sessions.connect', ({ id }) => runtime.respond(id, { sessionId: 's9', metadata: {} }));
    await store.connect('t1');
    lists.remote = [REMOTE, { ...REMOTE, sessionId: 't2' }];
    await store.refresh();
    const keys = () => store.rows.map(({ sessionId, taskId }) => taskId ?? sessionId);
    assert.deepEqual(new Set(keys()), new Set(['t1', 't2', 'l1']));
    store.forgetAccount();
    assert.deepEqual(new Set(keys()), new Set(['t1', 'l1']));
    // A failed read does not bring the old ones back.
    runtime.on('sessions.list', ({ id }) => runtime.fail(id, -32603, 'HTTP 500'));
    await assert.rejects(store.refresh());
    assert.deepEqual(new Set(keys()), new Set(['t1', 'l1']));
  });

  it('shares one reading between calls that come while one is under way', async () => {
    const { store, runtime, loaded } = stage();
    await loaded();
    const before = runtime.requestsOf('sessions.list').length;
    await Promise.all([store.refresh(), store.refresh(), store.refresh()]);
    // One read for the first call and one for the two later calls; each lists local and remote sessions.
    assert.equal(runtime.requestsOf('sessions.list').length - before, 4);
  });

  it('shows a row the moment that a create begins, and keeps its key when it becomes the session', async () => {
    const { store, runtime, loaded } = stage({ remote: [] });
    await loaded();
    let answer = (): void => undefined;
    runtime.onCreate(({ id }) => {
      answer = () => runtime.respond(id, { sessionId: 's1' });
    });
    const creating = store.create({ cloud: { repository: { owner: 'octo', name: 'app' } }, prompt: 'Fix it\nnow' });
    const [row] = store.rows;
    assert.deepEqual([row?.status, row?.title, row?.sessionId], ['starting', 'Fix it', undefined]);
    await runtime.received('session.create');
    answer();
    await creating;
    assert.deepEqual(
      store.rows.filter(({ isRemote }) => isRemote).map(({ key, sessionId, title }) => [key, sessionId, title]),
      [[row?.key, 's1', 'Fix it']],
    );
  });

  it('keeps the row and the prompt of a create that failed, until it is dismissed', async () => {
    const { store, runtime, loaded } = stage({ local: [], remote: [] });
    await loaded();
    runtime.onCreate(({ id }) => runtime.fail(id, -32603, '403 forbidden by policy'));
    await assert.rejects(store.create({ cloud: {}, prompt: 'Do not lose me' }), { code: 'forbidden' });
    const [row] = store.rows;
    assert.deepEqual([row?.status, row?.creation?.options.prompt], ['failed', 'Do not lose me']);
    store.dismiss(row?.key ?? '');
    assert.deepEqual(store.rows, []);
  });

  it('leaves no row of what cannot be created at all', async () => {
    const { store, loaded } = stage({ local: [], remote: [] });
    await loaded();
    await assert.rejects(store.create({} as never), { code: 'invalid-argument' });
    assert.deepEqual(store.rows, []);
  });

  it('has one row for a session that is open and listed, whichever id the list has', async () => {
    const { store, loaded, create } = stage({ local: [] });
    await loaded();
    await create();
    assert.deepEqual(
      store.rows.map(({ sessionId, taskId }) => [sessionId, taskId]),
      [['s1', 't1']],
    );
    assert.equal(store.find('t1')?.session, store.getSession('s1'));
  });

  it('remembers the link under both ids', async () => {
    const { store, runtime, urls, loaded, create } = stage({ local: [] });
    await loaded();
    await create();
    runtime.event('s1', remoteInfo('link', LINK));
    await until(() => urls.size === 2, 'both links');
    assert.deepEqual([urls.get('s1'), urls.get('t1')], [LINK, LINK]);
    assert.equal(store.find('t1')?.remoteUrl, LINK);
  });

  it('announces one row for the change of one session, in one go for many events', async () => {
    const { store, runtime, timers, changes, loaded, create } = stage();
    await loaded();
    await create();
    timers.advance(100);
    changes.length = 0;
    for (let index = 0; index < 50; index++) {
      runtime.event('s1', event(`e${index}`, 'assistant.turn_start', {}));
    }
    await until(() => store.getSession('s1')?.events.length === 50, 'the events');
    timers.advance(100);
    assert.deepEqual(
      changes.map((change) => change && [...change]),
      [[store.find('s1')?.key]],
    );
  });

  it('reads the list again after the runtime’s hints, once for many, and not for a session that is open', async () => {
    const { runtime, timers, loaded, create } = stage();
    await loaded();
    await create();
    const before = runtime.requestsOf('sessions.list').length;
    runtime.lifecycle('s1');
    await runtime.settle();
    timers.advance(1_000);
    await runtime.settle();
    assert.equal(runtime.requestsOf('sessions.list').length, before);
    for (let index = 0; index < 20; index++) {
      runtime.lifecycle('another');
    }
    await runtime.settle();
    timers.advance(1_000);
    await until(() => runtime.requestsOf('sessions.list').length > before, 'a reading');
    assert.equal(runtime.requestsOf('sessions.list').length, before + 2);
  });

  it('takes a deleted session’s row away at once', async () => {
    const { store, runtime, loaded } = stage();
    await loaded();
    runtime.lifecycle('l1', 'session.deleted');
    await until(() => store.find('l1') === undefined, 'the end of the row');
  });

  for (const watched of [true, false]) {
    it(`keeps the row of a cloud session that the runtime has deleted its copy of, ${watched ? '' : 'not '}watched`, async () => {
      const { store, runtime, timers, loaded } = stage();
      runtime.on('sessions.connect', ({ id }) => runtime.respond(id, { sessionId: 's1' }));
      await loaded();
      if (watched) {
        await store.connect('t1');
      }
      const before = runtime.requestsOf('sessions.list').length;
      const row = store.find('t1');
      runtime.lifecycle('t1', 'session.deleted');
      await runtime.settle();
      assert.equal(store.find('t1')?.title, row?.title);
      assert.notEqual(row, undefined);
      timers.advance(1_000);
      await until(() => runtime.requestsOf('sessions.list').length > before, 'what the service says');
    });
  }

  it('says that open sessions are disconnected when the runtime is gone, and attaches them to the next one', async () => {
    const first = stage({ local: [] });
    await first.loaded();
    const session = await first.create();
    first.runtime.event('s1', agentStart());
    await until(() => session.events.length === 1, 'the start');
    first.runtime.client.dispose();
    first.store.setClient(undefined);
    assert.equal(first.store.find('s1')?.status, 'disconnected');

    const next = new MemoryRuntime();
    next.on('sessions.list', ({ id }) => next.respond(id, { sessions: [] }));
    next.on('sessions.connect', ({ id, params }) => {
      assert.equal(params['sessionId'], 't1');
      next.respond(id, { sessionId: 's1', metadata: { resourceId: 't1' } });
    });
    next.history.set('s1', [agentStart(), event('missed', 'assistant.turn_start', {})]);
    first.store.setClient(next.client);
    await until(() => session.isAttached && session.events.length === 2, 'the session with what was missed');
    assert.equal(first.store.find('s1')?.status, 'working');
    assert.equal(first.store.getSession('s1'), session);
  });

  it('goes on with a session that the next runtime names otherwise: its row, link, events and prompts', async () => {
    const first = stage({ local: [] });
    await first.loaded();
    const session = await first.create();
    const key = first.store.find('s1')?.key;
    first.runtime.event('s1', remoteInfo('a', LINK));
    await until(() => session.events.length === 1, 'the link');
    // The agent has not started, so the prompt waits.
    session.send('Wait for it').catch(() => undefined);
    first.runtime.client.dispose();
    first.store.setClient(undefined);

    const next = new MemoryRuntime();
    next.on('sessions.list', ({ id }) => next.respond(id, { sessions: [] }));
    next.on('sessions.connect', ({ id }) => next.respond(id, { sessionId: 's2', metadata: { resourceId: 't1' } }));
    next.history.set('s2', [remoteInfo('x', LINK), event('missed', 'session.warning', { message: 'm' })]);
    first.store.setClient(next.client);
    await until(() => first.store.getSession('s2') !== undefined, 'the session under its other id');
    const successor = first.store.getSession('t1');
    assert.ok(successor);
    assert.deepEqual([first.store.getSession('s1'), first.store.openSessions], [undefined, [successor]]);
    const row = first.store.find('s2');
    assert.deepEqual([row?.key, row?.remoteUrl, row?.pendingPrompts], [key, LINK, 1]);
    assert.deepEqual(
      successor.outbox.pending.map(({ text, state }) => [text, state]),
      [['Wait for it', 'queued']],
    );
    assert.equal(successor.events.filter(({ type }) => type === 'session.info').length, 1);
    assert.ok(successor.events.some(({ id }) => id === 'missed'));
  });

  it('keeps the key of a listed session’s row when its own id becomes known, it is opened, and it is closed', async () => {
    const { store, runtime, lists, loaded } = stage({ local: [] });
    await loaded();
    const key = store.rows[0]?.key;
    const rows = (): readonly unknown[] => store.rows.map((row) => [row.key, row.sessionId, store.find(row.key)?.key]);
    lists.remote = [{ ...REMOTE, remoteSessionIds: ['s1'] }];
    await store.refresh();
    assert.deepEqual(rows(), [[key, 's1', key]]);
    runtime.on('sessions.connect', ({ id }) =>
      runtime.respond(id, { sessionId: 's2', metadata: { resourceId: 't1' } }),
    );
    runtime.history.set('s2', [agentStart()]);
    await store.connect('t1');
    assert.deepEqual(rows(), [[key, 's2', key]]);
    lists.remote = [{ ...REMOTE, remoteSessionIds: ['s1', 's2'] }];
    await store.refresh();
    assert.deepEqual(rows(), [[key, 's2', key]]);
    await store.disconnect('s2');
    assert.deepEqual(rows(), [[key, 's1', key]]);
  });

  it('finds the row of a session that was created here by its key, also when it is no longer watched', async () => {
    const { store, loaded, create } = stage({ local: [], remote: [{ ...REMOTE, remoteSessionIds: ['s1'] }] });
    await loaded();
    await create('Fix it');
    const key = store.find('s1')?.key;
    await store.disconnect('s1');
    assert.deepEqual(
      store.rows.map((row) => [row.key, store.find(row.key)?.title]),
      [[key, 'Repair the lamp']],
    );
  });

  it('has one row for a session that is here and in the cloud: it can be watched, and its copy here deleted', async () => {
    const mirrored = { ...REMOTE, remoteSessionIds: ['l1'], taskType: 'cli', hostStatus: 'idle' };
    const { store, loaded, runtime, lists } = stage({ local: [{ ...LOCAL, mcTaskId: 't1' }], remote: [mirrored] });
    await loaded();
    const rows = store.rows.map(({ sessionId, taskId, isRemote, runsOn }) => [sessionId, taskId, isRemote, runsOn]);
    assert.deepEqual(rows, [['l1', 't1', true, 'local']]);
    assert.equal(store.find('l1'), store.find('t1'));

    runtime.on('sessions.connect', ({ id }) =>
      runtime.respond(id, { sessionId: 'l1', metadata: { resourceId: 't1' } }),
    );
    await store.connect('l1');
    assert.deepEqual(
      runtime.requestsOf('sessions.connect').map(({ params }) => params['sessionId']),
      ['t1'],
    );
    assert.equal(store.rows.length, 1);
    await store.disconnect('l1');

    runtime.on('session.delete', ({ id }) => runtime.respond(id, { success: true }));
    await store.delete('t1');
    assert.deepEqual(
      runtime.requestsOf('session.delete').map(({ params }) => params['sessionId']),
      ['l1'],
    );
    assert.deepEqual(
      store.rows.map(({ taskId, runsOn }) => [taskId, runsOn]),
      [['t1', 'machine']],
    );
    lists.local = [];
    await assert.rejects(store.delete('t1'), { code: 'invalid-argument' });
  });

  it('refuses to delete cloud sessions and to connect to local ones, without asking the runtime', async () => {
    const { store, runtime, loaded } = stage();
    await loaded();
    await assert.rejects(store.delete('t1'), { code: 'invalid-argument' });
    await assert.rejects(store.connect('l1'), { code: 'invalid-argument' });
    assert.deepEqual([runtime.requestsOf('session.delete'), runtime.requestsOf('sessions.connect')], [[], []]);
  });

  it('rejects everything in so many words while no runtime runs', async () => {
    const { store } = stage();
    await assert.rejects(store.create({ cloud: {} }), { code: 'connection-closed' });
    await assert.rejects(store.connect('t1'), { code: 'connection-closed' });
    await assert.rejects(store.disconnect('t1'), { code: 'session-not-found' });
  });

  it('makes a row again only when something that it shows changes', async () => {
    const { runtime, store, loaded } = stage();
    await loaded();
    runtime.on('sessions.connect', ({ id }) => runtime.respond(id, { sessionId: 's1' }));
    await store.connect('t1');
    const [local, remote] = [store.find('l1'), store.find('s1')];
    assert.equal(store.find('l1'), local);
    assert.equal(store.find('s1'), remote);
    runtime.event('s1', event('q', 'permission.requested', { requestId: 'r' }));
    await until(() => store.find('s1')?.status === 'needs input');
    assert.equal(store.find('l1'), local);
    assert.equal(
      store.rows.find(({ sessionId }) => sessionId === 's1'),
      store.find('s1'),
    );
    await store.refresh();
    assert.notEqual(store.find('l1'), local);
  });

  it('says when the list was read, of sessions that only the list tells of', async () => {
    const { store, loaded } = stage();
    await loaded();
    assert.deepEqual(store.find('t1')?.seenAt, new Date('2026-01-01T12:30:00Z'));
  });
});

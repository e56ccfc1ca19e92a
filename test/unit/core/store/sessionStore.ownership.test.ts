import assert from 'node:assert/strict';
import { CancellationTokenSource } from 'vscode-jsonrpc/node';
import type { CloudSession } from '../../../../src/core/session/session';
import { SessionStore } from '../../../../src/core/store/sessionStore';
import { ManualTimers } from '../../../support/manualTimers';
import { MemoryRuntime, turn, until, type ClientRequest } from '../../../support/memoryRuntime';
import { agentStart, event, userMessage } from '../../../support/sessionEvents';

const NOW = new Date('2026-01-01T12:30:00Z');
const REMOTE = {
  sessionId: 't1',
  isRemote: true,
  name: 'Repair the lamp',
  state: 'in_progress',
  startTime: '2026-01-01T10:00:00.000Z',
  modifiedTime: '2026-01-01T11:00:00.000Z',
  repository: { owner: 'octo', name: 'lighthouse', branch: 'main' },
};

/** A runtime that lists one cloud session and attaches to it as `s1`. */
function runtimeWith(history = [agentStart()]): MemoryRuntime {
  const runtime = new MemoryRuntime();
  runtime.on('sessions.list', ({ id, params }) =>
    runtime.respond(id, { sessions: params['source'] === 'remote' ? [REMOTE] : [] }),
  );
  runtime.on('sessions.connect', (request) => connected(runtime, request));
  runtime.on('session.metadata.snapshot', ({ id }) => runtime.respond(id, { remoteMetadata: { resourceId: 't1' } }));
  runtime.history.set('s1', history);
  return runtime;
}

function connected(runtime: MemoryRuntime, { id, params }: ClientRequest): void {
  runtime.respond(id, {
    sessionId: `s${String(params['sessionId']).slice(1)}`,
    metadata: { resourceId: params['sessionId'] },
  });
}

function stage(history = [agentStart()]) {
  const timers = new ManualTimers();
  const warnings: string[] = [];
  const store = new SessionStore(
    { get: () => undefined, set: () => undefined },
    (message) => warnings.push(message),
    timers.create,
    () => NOW,
  );
  const runtime = runtimeWith(history);
  const loaded = async (client = runtime): Promise<void> => {
    store.setClient(client.client);
    await until(() => store.list.kind === 'loaded', 'the list');
  };
  return { store, runtime, timers, warnings, loaded };
}

const sends = (...runtimes: MemoryRuntime[]): unknown[] =>
  runtimes.flatMap((runtime) => runtime.requestsOf('session.send').map(({ params }) => params['prompt']));

const pendingOf = (store: SessionStore): unknown[] =>
  store.rows.map(({ pendingPrompts, session }) => [session !== undefined, pendingPrompts]);

/** Ends a connection as a crash of the runtime does. */
async function crash(runtime: MemoryRuntime, store: SessionStore): Promise<void> {
  runtime.end();
  await until(() => runtime.isClosed, 'the end of the connection');
  store.setClient(undefined);
}

describe('SessionStore, as the owner', () => {
  describe('of what is not delivered when a session is no longer watched', () => {
    /** Moments at which a session with a queued prompt may be unwatched. */
    const moments: Readonly<Record<string, (runtime: MemoryRuntime) => Promise<unknown>>> = {
      'while it is attached again': (runtime) => runtime.received('sessions.connect'),
      'while its history is read': (runtime) => runtime.received('session.getMessages'),
      'before anything is asked': () => Promise.resolve(),
    };
    for (const [moment, reach] of Object.entries(moments)) {
      it(`sends a queued prompt once if that comes ${moment}`, async () => {
        const { store, runtime, loaded } = stage([]);
        await loaded();
        const session = await store.connect('t1');
        session.send('Go').catch(() => undefined);
        await crash(runtime, store);

        const next = runtimeWith();
        const held: ClientRequest[] = [];
        const hold = (request: ClientRequest): void => void held.push(request);
        next.on('sessions.connect', moment.includes('attached') ? hold : (request) => connected(next, request));
        next.on(
          'session.getMessages',
          moment.includes('history') ? hold : ({ id }) => next.respond(id, { events: [] }),
        );
        await loaded(next);
        await reach(next);
        await store.disconnect('s1');
        assert.deepEqual(pendingOf(store), [[false, 1]], 'the prompt is shown, and nobody watches');
        next.on('sessions.connect', (request) => connected(next, request));
        next.on('session.getMessages', ({ id }) => next.respond(id, { events: [agentStart()] }));
        const again = store.connect('t1');
        for (const request of held) {
          if (request.method === 'sessions.connect') {
            connected(next, request);
          } else {
            next.respond(request.id, { events: [agentStart()] });
          }
        }
        await again;
        await next.received('session.send');
        await next.settle();
        assert.deepEqual(sends(runtime, next), ['Go']);
        assert.equal(store.openSessions.length, 1);
        assert.equal(store.openSessions[0]?.isDisposed, false);
        assert.equal(session.isDisposed, true);
      });
    }

    it('settles the promises of those who wait, and tells nobody else anything', async () => {
      const { store, runtime, loaded } = stage([]);
      await loaded();
      const session = await store.connect('t1');
      const queued = assert.rejects(session.send('Go'), { code: 'cancelled' });
      await store.disconnect('s1');
      await queued;
      await assert.rejects(session.send('More'), { code: 'cancelled' });
      runtime.event('s1', agentStart());
      await runtime.settle();
      assert.deepEqual(sends(runtime), []);
    });

    it('discards for good what is discarded while nobody watches, by an id that it keeps', async () => {
      const { store, runtime, loaded } = stage([]);
      await loaded();
      const session = await store.connect('t1');
      session.send('Go').catch(() => undefined);
      const [prompt] = session.outbox.pending;
      await store.disconnect('s1');
      const changes: unknown[] = [];
      store.onDidChangePrompt((change) => changes.push([change.sessionId, change.prompt.id]));
      assert.equal(store.outboxWith(prompt!.id)?.outbox.discard(prompt!.id), true);
      assert.deepEqual(changes, [['s1', prompt!.id]]);
      assert.deepEqual(
        [store.outboxWith(prompt!.id), store.outboxOf('s1'), store.kept.sessions],
        [undefined, undefined, []],
      );
      runtime.history.set('s1', [agentStart()]);
      await store.connect('t1');
      await runtime.settle();
      assert.deepEqual(sends(runtime), []);
    });

    it('sends again when it is watched again, if the user said so before', async () => {
      const { store, runtime, loaded } = stage();
      runtime.on('session.send', ({ id }) => runtime.fail(id, -32603, 'HTTP 502'));
      await loaded();
      const session = await store.connect('t1');
      await assert.rejects(session.send('Go'));
      await store.disconnect('s1');
      const [prompt] = store.outboxOf('t1')!.pending;
      assert.equal(store.outboxWith(prompt!.id)?.outbox.retry(prompt!.id), true);
      await runtime.settle();
      assert.deepEqual(sends(runtime), ['Go']);
      runtime.on('session.send', ({ id }) => runtime.respond(id, { messageId: 'm' }));
      await store.connect('t1');
      await runtime.received('session.send', 2);
    });

    it('shows the row of a session with prompts that no list has, as one of which nothing is known', async () => {
      const { store, runtime, loaded } = stage([]);
      await loaded();
      const session = await store.connect('t1');
      session.send('Go').catch(() => undefined);
      await store.disconnect('s1');
      runtime.on('sessions.list', ({ id }) => runtime.respond(id, { sessions: [] }));
      await store.refresh();
      assert.deepEqual(
        store.rows.map(({ sessionId, status, pendingPrompts }) => [sessionId, status, pendingPrompts]),
        [['s1', 'disconnected', 1]],
      );
      assert.equal(store.find('s1')?.pendingPrompts, 1);
      assert.equal(store.find(store.rows[0]!.key)?.sessionId, 's1');
    });
  });

  it('keeps nothing of 200 sessions that were watched and are no longer', async () => {
    const { store, runtime, timers, loaded } = stage();
    await loaded();
    const closed: CloudSession[] = [];
    store.onDidClose((session) => closed.push(session));
    for (let index = 1; index <= 200; index++) {
      runtime.history.set(`s${index}`, [agentStart()]);
      await store.connect(`t${index}`);
      await store.disconnect(`s${index}`);
    }
    timers.advance(100);
    await runtime.settle();
    assert.deepEqual(
      [store.openSessions.length, store.kept.sessions.length, timers.pending, runtime.timers.pending],
      [0, 0, 0, 0],
    );
    assert.deepEqual(
      closed.map((session) => session.isDisposed),
      closed.map(() => true),
    );
    assert.equal(closed.length, 200);
  });

  it('lets go of a session whose connecting was cancelled, at any moment, and leaves nothing waiting', async () => {
    for (const method of ['sessions.connect', 'session.getMessages']) {
      const { store, runtime, loaded } = stage();
      await loaded();
      const held: ClientRequest[] = [];
      runtime.on(method, (request) => void held.push(request));
      const source = new CancellationTokenSource();
      const connecting = assert.rejects(store.connect('t1', source.token), { code: 'cancelled' });
      await runtime.received(method);
      source.cancel();
      if (method === 'sessions.connect') {
        await connecting;
        connected(runtime, held[0]!);
      } else {
        runtime.respond(held[0]!.id, { events: [] });
        await connecting;
      }
      await runtime.received('session.destroy');
      assert.deepEqual(store.openSessions, []);
      const asked = runtime.request('userInput.request', { sessionId: 's1', question: 'Well?' });
      assert.ok((await asked.answer).error, 'nobody is there to answer');
    }
  });

  it('does not let go of a session that somebody else connects to at the same time', async () => {
    const { store, runtime, loaded } = stage();
    await loaded();
    const held: ClientRequest[] = [];
    runtime.on('sessions.connect', (request) => void held.push(request));
    const source = new CancellationTokenSource();
    const cancelled = assert.rejects(store.connect('t1', source.token), { code: 'cancelled' });
    const other = store.connect('t1');
    await runtime.received('sessions.connect');
    source.cancel();
    await cancelled;
    held.forEach((request) => connected(runtime, request));
    assert.equal((await other).isAttached, true);
    await runtime.settle();
    assert.deepEqual([held.length, runtime.requestsOf('session.destroy').length], [1, 0]);
  });

  it('tells of a prompt that the service does not have, also where the first reading of the history failed', async () => {
    const { store, runtime, timers, loaded } = stage();
    store.restore({
      sessions: [
        {
          sessionId: 's1',
          details: { isRemote: true, taskId: 't1' },
          openedAt: NOW,
          open: true,
          prompts: [{ text: 'Go', mode: 'enqueue', state: 'shown', transmitted: true, uncertain: true }],
        },
      ],
      creations: [],
      reviews: [],
    });
    let refused = 0;
    runtime.on('session.getMessages', ({ id }) =>
      refused++ === 0 ? runtime.fail(id, -32603, 'HTTP 500') : runtime.respond(id, { events: [agentStart()] }),
    );
    await loaded();
    const session = store.getSession('s1')!;
    await until(() => session.isAttached, 'the attachment');
    await runtime.settle();
    for (let second = 0; second < 60 && session.outbox.isDone; second++) {
      runtime.timers.advance(1_000);
      timers.advance(1_000);
      await runtime.settle();
    }
    assert.deepEqual(
      session.outbox.pending.map(({ text, state }) => [text, state]),
      [['Go', 'undelivered']],
    );
    assert.equal(session.notes.filter(({ text }) => text.startsWith('A prompt was sent, but')).length, 1);
  });

  it('lets go of a session whose attachment comes after its time', async () => {
    const { store, runtime, loaded } = stage();
    await loaded();
    const held: ClientRequest[] = [];
    runtime.on('sessions.connect', (request) => void held.push(request));
    const connecting = assert.rejects(store.connect('t1'), { code: 'timeout' });
    await runtime.received('sessions.connect');
    runtime.timers.advance(180_000);
    await connecting;
    held.forEach((request) => connected(runtime, request));
    await runtime.received('session.destroy');
    assert.deepEqual(
      runtime.requestsOf('session.destroy').map(({ params }) => params['sessionId']),
      ['s1'],
    );
    // The user can connect again.
    runtime.on('sessions.connect', (request) => connected(runtime, request));
    assert.equal((await store.connect('t1')).isAttached, true);
  });

  it('sends the prompt of a create before those of whoever watches the session meanwhile', async () => {
    const { store, runtime, loaded } = stage();
    await loaded();
    runtime.onCreate(({ id }) => runtime.respond(id, { sessionId: 's1' }));
    runtime.on('session.send', ({ id }) => runtime.respond(id, { messageId: 'm' }));
    const held: ClientRequest[] = [];
    runtime.on('session.metadata.snapshot', (request) => void held.push(request));
    const creating = store.create({ cloud: {}, prompt: 'first' });
    await runtime.received('session.metadata.snapshot');
    const second = store.connect('t1').then((session) => session.send('second'));
    await runtime.received('sessions.connect');
    await runtime.settle();
    held.forEach(({ id }) => runtime.respond(id, { remoteMetadata: { resourceId: 't1' } }));
    await creating;
    await second;
    assert.deepEqual(sends(runtime), ['first', 'second']);
  });
  for (const method of ['session.abort', 'session.name.set', 'session.send']) {
    it(`makes a call of ${method} to the session as the runtime names it once it has let go of it`, async () => {
      const { store, runtime, loaded } = stage([agentStart(), event('turn', 'assistant.turn_start')]);
      await loaded();
      const session = await store.connect('t1');
      await runtime.settle();
      runtime.history.set('s9', [agentStart(), event('turn', 'assistant.turn_start')]);
      runtime.on('sessions.connect', ({ id }) =>
        runtime.respond(id, { sessionId: 's9', metadata: { resourceId: 't1' } }),
      );
      runtime.on(method, ({ id, params }) =>
        params['sessionId'] === 's9'
          ? runtime.respond(id, { messageId: 'm' })
          : runtime.fail(id, -32603, `Session not found: ${String(params['sessionId'])}`),
      );
      if (method === 'session.abort') {
        await session.abort();
      } else if (method === 'session.name.set') {
        await session.rename('Lamp');
      } else {
        session.send('Go').catch(() => undefined);
      }
      await runtime.settle();
      assert.deepEqual(
        runtime.requestsOf(method).map(({ params }) => params['sessionId']),
        ['s1', 's9'],
      );
      const successor = store.getSession('t1');
      assert.deepEqual([successor?.sessionId, session.isDisposed, store.rows.length], ['s9', true, 1]);
      assert.equal(successor?.stopState, method === 'session.abort' ? 'stopping' : 'none');
    });
  }

  it('keeps a session that is watched from the list while its create is cancelled', async () => {
    const { store, runtime, loaded } = stage();
    await loaded();
    runtime.onCreate(({ id }) => runtime.respond(id, { sessionId: 's1' }));
    const held: ClientRequest[] = [];
    runtime.on('session.getMessages', (request) => void held.push(request));
    const source = new CancellationTokenSource();
    const creating = assert.rejects(store.create({ cloud: {} }, source.token), { code: 'cancelled' });
    await runtime.received('session.getMessages');
    // The connect starts after the create has registered its session.
    const connecting = store.connect('t1');
    await runtime.received('sessions.connect');
    await runtime.settle();
    source.cancel();
    await creating;
    const session = await connecting;
    await runtime.settle();
    assert.deepEqual(
      [session.isDisposed, session.isAttached, store.openSessions, runtime.requestsOf('session.destroy')],
      [false, true, [session], []],
    );
  });

  it('keeps what a session showed and nothing proved, when it is no longer watched, and forgets the oldest of that', async () => {
    const { store, runtime, loaded } = stage();
    runtime.on('session.send', ({ id }) => runtime.respond(id, { messageId: 'm' }));
    await loaded();
    for (let index = 1; index <= 60; index++) {
      runtime.history.set(`s${index}`, [agentStart()]);
      const session = await store.connect(`t${index}`);
      await session.send('Go');
      runtime.event(`s${index}`, userMessage(`u${index}`, 'Go'));
      await until(() => session.outbox.isDone, 'the prompt');
      await store.disconnect(`s${index}`);
    }
    const { sessions } = store.kept;
    assert.deepEqual([sessions.length, sessions[0]?.sessionId, sessions[0]?.prompts[0]?.state], [50, 's11', 'shown']);
    assert.equal(store.rows.filter(({ pendingPrompts }) => pendingPrompts > 0).length, 0);
    // The service never received it.
    runtime.history.set('s60', [agentStart()]);
    const again = await store.connect('t60');
    assert.deepEqual(
      again.outbox.pending.map(({ text, state }) => [text, state]),
      [['Go', 'undelivered']],
    );
  });

  it('disposes of what comes after its own end', async () => {
    const { store, runtime, timers, loaded } = stage();
    await loaded();
    const held: ClientRequest[] = [];
    runtime.on('sessions.connect', (request) => void held.push(request));
    const connecting = assert.rejects(store.connect('t1'), { code: 'cancelled' });
    await runtime.received('sessions.connect');
    store.dispose();
    connected(runtime, held[0]!);
    await connecting;
    runtime.client.dispose();
    await turn();
    assert.deepEqual([timers.pending, runtime.timers.pending], [0, 0]);
  });

  describe('of a creation whose outcome nobody knows', () => {
    const options = { cloud: { repository: { owner: 'octo', name: 'lighthouse' } }, prompt: 'Go' };

    async function broken() {
      const all = stage();
      await all.loaded();
      const creating = assert.rejects(all.store.create(options), { code: 'connection-closed' });
      await all.runtime.received('session.create');
      await crash(all.runtime, all.store);
      await creating;
      return all;
    }

    it('says that it may exist, finds it in the list, and gives it the prompt, once', async () => {
      const { store, loaded } = await broken();
      const [row] = store.rows;
      assert.deepEqual([row?.status, row?.creation?.mayExist], ['failed', true]);
      assert.match(row?.detail ?? '', /may exist/);
      const next = runtimeWith();
      next.on('session.send', ({ id }) => next.respond(id, { messageId: 'm' }));
      next.on('sessions.list', ({ id, params }) =>
        next.respond(id, {
          sessions:
            params['source'] === 'remote'
              ? [
                  { ...REMOTE, startTime: '2026-01-01T12:29:30.000Z' },
                  { ...REMOTE, sessionId: 't2' },
                  {
                    ...REMOTE,
                    sessionId: 't3',
                    startTime: '2026-01-01T12:31:00Z',
                    repository: { owner: 'o', name: 'x' },
                  },
                ]
              : [],
        }),
      );
      await loaded(next);
      const found = await store.lookUpCreation(row!.key);
      assert.deepEqual(
        found.map(({ taskId }) => taskId),
        ['t1'],
      );
      const session = await store.resolveCreation(row!.key, 't1');
      await next.received('session.send');
      assert.deepEqual([sends(next), session.sessionId, store.find(row!.key)], [['Go'], 's1', undefined]);
      assert.equal(next.requestsOf('session.create').length, 0);
    });

    it('stays, with its prompt, when the lookup fails', async () => {
      const { store } = await broken();
      const key = store.rows[0]!.key;
      const next = runtimeWith();
      next.on('sessions.list', ({ id }) => next.fail(id, -32603, 'HTTP 502'));
      store.setClient(next.client);
      await assert.rejects(store.lookUpCreation(key), { code: 'service-unavailable' });
      assert.equal(store.find(key)?.creation?.options.prompt, 'Go');
    });

    it('is only one that may have been carried out', async () => {
      for (const [text, mayExist] of [
        ['HTTP 502', true],
        ['403 Forbidden', false],
        ['429 Too Many Requests', false],
        ['401 Unauthorized', false],
      ] as const) {
        const { store, runtime, loaded } = stage();
        await loaded();
        runtime.onCreate(({ id }) => runtime.fail(id, -32603, text));
        await assert.rejects(store.create(options));
        assert.equal(store.rows.find(({ creation }) => creation)?.creation?.mayExist, mayExist, text);
      }
    });
  });

  describe('brings a session back', () => {
    it('for which one attempt failed: after a while, and at once when something else works again', async () => {
      for (const wait of ['time', 'list'] as const) {
        const { store, runtime, loaded } = stage();
        await loaded();
        const session = await store.connect('t1');
        await crash(runtime, store);
        const next = runtimeWith();
        next.on('sessions.connect', ({ id }) => next.fail(id, -32603, 'fetch failed'));
        await loaded(next);
        await next.received('sessions.connect');
        await next.settle();
        assert.equal(session.isAttached, false);
        assert.equal(session.notes.filter(({ text }) => text.startsWith('Could not connect again')).length, 1);
        next.on('sessions.connect', (request) => connected(next, request));
        if (wait === 'time') {
          next.timers.advance(2_000);
        } else {
          await store.refresh();
        }
        await until(() => session.isAttached, 'the session');
        await next.settle();
        assert.equal(store.find('s1')?.status, 'idle');
      }
    });

    it('says a run of the same failure once, and goes on for hours', async () => {
      const { store, runtime, loaded } = stage();
      await loaded();
      const session = await store.connect('t1');
      await crash(runtime, store);
      const next = runtimeWith();
      next.on('sessions.connect', ({ id }) => next.fail(id, -32603, 'fetch failed'));
      await loaded(next);
      for (let minute = 0; minute < 120; minute++) {
        next.timers.advance(60_000);
        await next.settle();
      }
      assert.equal(session.notes.filter(({ text }) => text.startsWith('Could not connect again')).length, 1);
      assert.equal(next.warnings.filter((line) => line.includes('attach session s1')).length, 1);
      next.on('sessions.connect', (request) => connected(next, request));
      next.timers.advance(60_000);
      await until(() => session.isAttached, 'the session');
    });

    it('that the runtime has let go of, and repeats the call once: whichever call it is', async () => {
      const calls: Readonly<Record<string, readonly [string, (session: CloudSession) => Promise<unknown>]>> = {
        send: ['session.send', (session) => session.send('Go')],
        abort: ['session.abort', (session) => session.abort()],
        rename: ['session.name.set', (session) => session.rename('Other')],
        history: ['session.getMessages', (session) => session.reconcile()],
      };
      for (const [name, [method, call]] of Object.entries(calls)) {
        for (const text of ['Session not found: s1', 'Session not found for sessionId: s1']) {
          const { store, runtime, loaded } = stage();
          await loaded();
          const session = await store.connect('t1');
          const before = runtime.requestsOf(method).length;
          let refused = 0;
          const results: Readonly<Record<string, unknown>> = {
            'session.send': { messageId: 'm' },
            'session.getMessages': { events: [agentStart()] },
          };
          runtime.on(method, ({ id }) =>
            refused++ === 0
              ? runtime.fail(id, -32603, `Request ${method} failed with message: ${text}`)
              : runtime.respond(id, results[method] ?? { success: true }),
          );
          await call(session);
          assert.equal(runtime.requestsOf('sessions.connect').length, 2, name);
          // A read of the history by the attachment itself counts as well.
          assert.ok(runtime.requestsOf(method).length >= before + 2, name);
          assert.deepEqual([session.isAttached, store.getSession('s1')], [true, session], name);
        }
      }
    });

    it('that the runtime has let go of, also where it is named by another id then: each call goes on there', async () => {
      const calls: Readonly<Record<string, readonly [string, (session: CloudSession) => Promise<unknown>]>> = {
        send: ['session.send', (session) => session.send('Go')],
        abort: ['session.abort', (session) => session.abort()],
        rename: ['session.name.set', (session) => session.rename('Other')],
      };
      for (const [name, [method, call]] of Object.entries(calls)) {
        const { store, runtime, loaded } = stage();
        await loaded();
        const session = await store.connect('t1');
        runtime.history.set('other', [agentStart()]);
        runtime.on('sessions.connect', ({ id }) =>
          runtime.respond(id, { sessionId: 'other', metadata: { resourceId: 't1' } }),
        );
        runtime.on(method, ({ id, params }) =>
          params['sessionId'] === 's1'
            ? runtime.fail(id, -32603, 'Session not found: s1')
            : runtime.respond(id, { success: true, messageId: 'm' }),
        );
        await call(session);
        assert.deepEqual(
          runtime.requestsOf(method).map(({ params }) => params['sessionId']),
          ['s1', 'other'],
          name,
        );
        const [open] = store.openSessions;
        const pending = open?.outbox.pending.map(({ state }) => state);
        assert.deepEqual([store.openSessions.length, pending], [1, name === 'send' ? ['sent'] : []], name);
      }
    });

    it('that the runtime lets go of again and again: a prompt goes out twice, and is then shown as failed', async () => {
      const { store, runtime, loaded } = stage();
      await loaded();
      const session = await store.connect('t1');
      runtime.on('session.send', ({ id }) => runtime.fail(id, -32603, 'Session not found: s1'));
      await assert.rejects(session.send('Go'));
      await runtime.settle();
      assert.deepEqual(sends(runtime), ['Go', 'Go']);
      assert.deepEqual(
        session.outbox.pending.map(({ state, uncertain }) => [state, uncertain]),
        [['failed', false]],
      );
    });

    it('that the runtime lets go of while it is being attached', async () => {
      const { store, runtime, timers, loaded } = stage();
      await loaded();
      const session = await store.connect('t1');
      await crash(runtime, store);
      const next = runtimeWith();
      let refused = 0;
      next.on('session.getMessages', ({ id }) =>
        refused++ === 0 ? next.fail(id, -32603, 'Session not found: s1') : next.respond(id, { events: [agentStart()] }),
      );
      await loaded(next);
      await next.received('session.getMessages');
      await next.settle();
      for (let second = 0; second < 60 && !session.isAttached; second++) {
        next.timers.advance(1_000);
        timers.advance(1_000);
        await next.settle();
      }
      assert.deepEqual([session.isAttached, session.isCaughtUp], [true, true]);
      assert.equal(session.notes.filter(({ text }) => text === 'Connected again.').length, 1);
    });

    it('as detached if that fails too, and tries again', async () => {
      const { store, runtime, loaded } = stage();
      await loaded();
      const session = await store.connect('t1');
      runtime.on('session.abort', ({ id }) => runtime.fail(id, -32603, 'Session not found: s1'));
      runtime.on('sessions.connect', ({ id }) => runtime.fail(id, -32603, 'fetch failed'));
      await assert.rejects(session.abort(), { code: 'service-unavailable' });
      assert.deepEqual([session.isAttached, store.find('s1')?.status], [false, 'disconnected']);
      runtime.on('sessions.connect', (request) => connected(runtime, request));
      runtime.timers.advance(1_000);
      await until(() => session.isAttached, 'the session');
    });

    it('not for a session of another id, nor for a text that only quotes the words', async () => {
      for (const text of ['Session not found: s2', 'The model said “Session not found: s1” and stopped']) {
        const { store, runtime, loaded } = stage();
        await loaded();
        const session = await store.connect('t1');
        runtime.on('session.send', ({ id }) => runtime.fail(id, -32603, text));
        await assert.rejects(session.send('Go'));
        assert.equal(runtime.requestsOf('sessions.connect').length, 1, text);
      }
    });

    it('when the list could not be read: by time, not by hints, with one line in the log', async () => {
      const { store, runtime, timers, loaded } = stage();
      await loaded();
      runtime.on('sessions.list', ({ id }) => runtime.fail(id, -32603, 'HTTP 500'));
      await store.refresh().catch(() => undefined);
      const before = runtime.requestsOf('sessions.list').length;
      for (let second = 0; second < 125; second++) {
        runtime.lifecycle('unknown');
        await runtime.settle();
        timers.advance(1_000);
        runtime.timers.advance(1_000);
        await runtime.settle();
      }
      const tries = (runtime.requestsOf('sessions.list').length - before) / 2;
      assert.ok(tries >= 6 && tries <= 9, `${tries} tries in 125 s`);
      assert.equal(runtime.warnings.filter((line) => line.includes('the list of sessions')).length, 1);
      runtime.on('sessions.list', ({ id }) => runtime.respond(id, { sessions: [] }));
      runtime.timers.advance(60_000);
      await until(() => store.list.kind === 'loaded', 'the list');
    });
  });

  describe('claims nothing before it is known', () => {
    it('of a session that was restored, or attached again: until its history is read, or could not be for 30 s', async () => {
      for (const how of ['read', 'missed'] as const) {
        const { store, runtime, timers, loaded } = stage();
        store.restore({
          sessions: [
            { sessionId: 's1', details: { isRemote: true, taskId: 't1' }, openedAt: NOW, open: true, prompts: [] },
          ],
          creations: [],
          reviews: [],
        });
        await store
          .getSession('s1')
          ?.absorb({ events: [agentStart(), event('w', 'assistant.turn_start', {})], notes: [] });
        const held: ClientRequest[] = [];
        runtime.on('session.getMessages', (request) => void held.push(request));
        await loaded();
        await runtime.received('session.getMessages');
        assert.equal(store.getSession('s1')?.isAttached, true);
        assert.deepEqual([store.find('s1')?.status, store.find('s1')?.workingSince], ['disconnected', undefined]);
        assert.ok(store.find('s1')?.seenAt !== undefined);
        if (how === 'read') {
          runtime.respond(held[0]!.id, {
            events: [agentStart(), event('w', 'assistant.turn_start', {}), event('end', 'assistant.turn_end', {})],
          });
          await until(() => store.find('s1')?.status === 'idle', 'the state of now');
        } else {
          runtime.fail(held[0]!.id, -32603, 'HTTP 500');
          await runtime.settle();
          timers.advance(30_000);
          await runtime.settle();
          assert.deepEqual([store.find('s1')?.status, store.getSession('s1')?.isCaughtUp], ['working', true]);
        }
      }
    });

    it('and takes the agent for started by anything that only a started agent does', async () => {
      const { store, runtime, loaded } = stage([]);
      await loaded();
      const session = await store.connect('t1');
      session.send('Go').catch(() => undefined);
      // Its first batch is lost, and nothing has arrived for 77 s.
      runtime.timers.advance(77_000);
      await runtime.settle();
      runtime.event('s1', userMessage('u', 'somebody else'));
      await runtime.settle();
      assert.deepEqual(sends(runtime), []);
      runtime.history.set('s1', [agentStart()]);
      runtime.timers.advance(60_000);
      await runtime.received('session.send');
    });
  });
});

import assert from 'node:assert/strict';
import { SessionStore } from '../../../../src/core/store/sessionStore';
import { ManualTimers } from '../../../support/manualTimers';
import { MemoryRuntime, until } from '../../../support/memoryRuntime';
import { agentStart } from '../../../support/sessionEvents';

const NOW = new Date('2026-01-01T12:30:00Z');
const REMOTE = {
  sessionId: 't1',
  isRemote: true,
  startTime: '2026-01-01T12:29:40.000Z',
  modifiedTime: '2026-01-01T12:29:50.000Z',
  repository: { owner: 'octo', name: 'lighthouse' },
};
const OPTIONS = {
  cloud: { repository: { owner: 'octo', name: 'lighthouse', branch: 'dev' } },
  prompt: 'Go',
  model: 'model-9',
  reasoningEffort: 'high',
};

function runtimeWith(): MemoryRuntime {
  const runtime = new MemoryRuntime();
  runtime.on('sessions.list', ({ id, params }) =>
    runtime.respond(id, { sessions: params['source'] === 'remote' ? [REMOTE] : [] }),
  );
  runtime.on('sessions.connect', ({ id }) => runtime.respond(id, { sessionId: 's1', metadata: { resourceId: 't1' } }));
  runtime.history.set('s1', [agentStart()]);
  return runtime;
}

function stage() {
  const timers = new ManualTimers();
  const store = new SessionStore(
    { get: () => undefined, set: () => undefined },
    () => undefined,
    timers.create,
    () => NOW,
  );
  const runtime = runtimeWith();
  const loaded = async (client = runtime): Promise<void> => {
    store.setClient(client.client);
    await until(() => store.list.kind === 'loaded', 'the list');
  };
  return { store, runtime, timers, loaded };
}

const creationsOf = (store: SessionStore): unknown[] =>
  store.rows.flatMap(({ status, creation }) =>
    creation === undefined ? [] : [[status, creation.options.prompt, creation.mayExist]],
  );

describe('SessionStore, of what is being created', () => {
  /** Codes and texts of the runtime, and whether the session may exist nevertheless. */
  const refusals: readonly (readonly [code: number, text: string, mayExist: boolean])[] = [
    [-32602, 'Invalid params: streaming', false],
    [-32600, 'Invalid request', false],
    [-32603, 'Model model-9 is not available', false],
    [-32800, 'Request cancelled', true],
    [-32603, 'something else', false],
    [-32603, 'error decoding response body', true],
    [-32603, 'cloud task metadata omitted its session id', true],
    [-32603, 'connection closed before message completed', true],
  ];
  for (const [code, text, mayExist] of refusals) {
    it(`keeps the row and the prompt when the runtime answers ${code}, “${text}”`, async () => {
      const { store, runtime, loaded } = stage();
      await loaded();
      runtime.onCreate(({ id }) => runtime.fail(id, code, text));
      await assert.rejects(store.create(OPTIONS));
      assert.deepEqual(creationsOf(store), [['failed', 'Go', mayExist]]);
    });
  }

  it('sends the prompt only when the session has it in its keeping', async () => {
    const { store, runtime, loaded } = stage();
    await loaded();
    runtime.onCreate(({ id }) => runtime.respond(id, { sessionId: 's1' }));
    const kept: unknown[] = [];
    store.beforeSend = async () => {
      const { creations, sessions } = store.kept;
      kept.push([creations.length, sessions.flatMap(({ prompts }) => prompts.map(({ state }) => state))]);
      await runtime.settle();
    };
    await store.create({ cloud: {}, prompt: 'Go' });
    await runtime.received('session.send');
    assert.deepEqual(kept[0], [1, []], 'before the create');
    assert.deepEqual(kept.at(-1), [0, ['sending']], 'before the prompt');
  });

  it('keeps the prompt if somebody watches and leaves the session while its history is read', async () => {
    const { store, runtime, loaded } = stage();
    await loaded();
    runtime.onCreate(({ id }) => runtime.respond(id, { sessionId: 's1' }));
    const held: (() => void)[] = [];
    runtime.on('session.getMessages', ({ id }) => {
      held.push(() => runtime.respond(id, { events: [] }));
    });
    const creating = store.create(OPTIONS);
    await runtime.received('session.getMessages');
    const watching = store.connect('t1');
    await runtime.received('sessions.connect');
    await runtime.settle();
    held.forEach((answer) => answer());
    assert.equal(await watching, await creating);
    await store.disconnect('s1');
    const waiting = store.rows.filter(({ pendingPrompts }) => pendingPrompts === 1);
    assert.deepEqual([creationsOf(store), waiting.map(({ session }) => session)], [[], [undefined]]);
  });

  it('leaves no row for a token that is none', async () => {
    const { store, loaded } = stage();
    await loaded();
    await assert.rejects(store.create(OPTIONS, 'stop' as never), { code: 'invalid-argument' });
    assert.deepEqual(creationsOf(store), []);
  });

  it('gives all that was chosen to the session that a creation turns out to have become', async () => {
    const { store, runtime, loaded } = stage();
    await loaded();
    const creating = assert.rejects(store.create(OPTIONS), { code: 'connection-closed' });
    await runtime.received('session.create');
    runtime.end();
    await until(() => runtime.isClosed, 'the end of the connection');
    store.setClient(undefined);
    await creating;
    const next = runtimeWith();
    await loaded(next);
    const [row] = store.rows;
    const session = await store.resolveCreation(row!.key, 't1');
    assert.deepEqual(session.choices.pending, { model: 'model-9', reasoningEffort: 'high', branch: 'dev' });
    assert.equal(session.details.branch, 'dev');
    assert.match(session.outbox.pending[0]?.text ?? '', /^Go\n\n.*`dev`/s);
    await next.settle();
    assert.deepEqual(next.requestsOf('session.send'), [], 'the prompt waits for the model');
  });
});

describe('SessionStore, of a session that was created', () => {
  it('learns its task though the first question for it fails: without it, it could not be attached again', async () => {
    const { store, runtime, loaded } = stage();
    runtime.on('sessions.list', ({ id }) => runtime.respond(id, { sessions: [] }));
    await loaded();
    runtime.onCreate(({ id }) => runtime.respond(id, { sessionId: 's1' }));
    runtime.on('session.metadata.snapshot', ({ id }) => runtime.fail(id, -32603, '502 Bad Gateway'));
    const session = await store.create({ cloud: {} });
    assert.equal(session.details.taskId, undefined);
    runtime.on('session.metadata.snapshot', ({ id }) => runtime.respond(id, { remoteMetadata: { resourceId: 't1' } }));
    runtime.timers.advance(1_000);
    await until(() => session.details.taskId === 't1', 'the task');
    await runtime.settle();
    const asked = runtime.requestsOf('session.metadata.snapshot').length;
    runtime.timers.advance(600_000);
    await runtime.settle();
    assert.equal(runtime.requestsOf('session.metadata.snapshot').length, asked);
  });
});

describe('SessionStore, of what a creation may have become', () => {
  async function broken(listed: object) {
    const all = stage();
    await all.loaded();
    all.runtime.onCreate(({ id }) => all.runtime.fail(id, -32603, 'connection closed before message completed'));
    await assert.rejects(all.store.create(OPTIONS));
    all.runtime.on('sessions.list', ({ id, params }) =>
      all.runtime.respond(id, { sessions: params['source'] === 'remote' ? [{ ...REMOTE, ...listed }] : [] }),
    );
    const [row] = all.store.rows;
    const find = async () => (await all.store.lookUpCreation(row!.key)).map(({ taskId }) => taskId);
    return { ...all, find, key: row!.key };
  }

  it('finds a session of which the list does not say the repository yet', async () => {
    const { find } = await broken({ repository: undefined });
    assert.deepEqual(await find(), ['t1']);
  });

  it('finds one that somebody watches by now, and gives it the prompt', async () => {
    const { store, find, key } = await broken({});
    const session = await store.connect('t1');
    assert.deepEqual(await find(), ['t1']);
    assert.equal(await store.resolveCreation(key, 't1'), session);
    assert.equal(session.outbox.pending.length, 1);
  });

  it('finds none that was created here', async () => {
    const { runtime, store, find } = await broken({});
    runtime.onCreate(({ id }) => runtime.respond(id, { sessionId: 's1' }));
    runtime.on('session.metadata.snapshot', ({ id }) => runtime.respond(id, { remoteMetadata: { resourceId: 't1' } }));
    await store.create({ cloud: {} });
    assert.deepEqual(await find(), []);
  });
});

describe('SessionStore, of what the runtime cancels by itself', () => {
  it('reads the list again', async () => {
    const { store, runtime } = stage();
    runtime.on('sessions.list', ({ id }) => runtime.fail(id, -32800, 'Request cancelled'));
    store.setClient(runtime.client);
    await until(() => store.list.kind === 'failed', 'the failure');
    runtime.on('sessions.list', ({ id }) => runtime.respond(id, { sessions: [] }));
    runtime.timers.advance(1_000);
    await until(() => store.list.kind === 'loaded', 'the list');
  });

  it('attaches a session again, and says why that is late', async () => {
    const { store, runtime, loaded } = stage();
    await loaded();
    const session = await store.connect('t1');
    const next = runtimeWith();
    next.on('sessions.connect', ({ id }) => next.fail(id, -32800, 'Request cancelled'));
    runtime.end();
    await until(() => runtime.isClosed, 'the end of the connection');
    await loaded(next);
    await until(() => session.notes.some(({ text }) => /Could not connect again: .*cancelled/.test(text)), 'the note');
    next.on('sessions.connect', ({ id }) => next.respond(id, { sessionId: 's1', metadata: { resourceId: 't1' } }));
    next.timers.advance(1_000);
    await until(() => session.isAttached, 'the attachment');
  });
});

describe('SessionStore, after a change of account', () => {
  it('keeps the copy on this machine of a session that is in the cloud as well', async () => {
    const { store, runtime, loaded } = stage();
    runtime.on('sessions.list', ({ id, params }) =>
      runtime.respond(id, {
        sessions:
          params['source'] === 'remote'
            ? [{ ...REMOTE, remoteSessionIds: ['l1'] }]
            : [{ ...REMOTE, sessionId: 'l1', isRemote: false, mcTaskId: 't1' }],
      }),
    );
    await loaded();
    store.forgetAccount();
    assert.deepEqual(
      store.rows.map(({ sessionId, isRemote }) => [sessionId, isRemote]),
      [['l1', false]],
    );
  });
});

describe('SessionStore, of a task that two windows knew by different ids', () => {
  const kept = (sessionId: string, text: string, open: boolean, taskId?: string) => ({
    sessionId,
    details: { isRemote: true, ...(taskId === undefined ? {} : { taskId }) },
    openedAt: NOW,
    open,
    prompts: [{ text, mode: 'enqueue' as const, state: 'queued' as const, transmitted: false, uncertain: false }],
  });
  for (const open of [
    [true, true],
    [true, false],
    [false, true],
    [false, false],
  ] as const) {
    it(`has one row and all prompts, ${open.map((is) => (is ? 'watched' : 'not watched')).join(' and ')}`, async () => {
      const { store, runtime, loaded } = stage();
      runtime.on('session.send', ({ id }) => runtime.respond(id, { messageId: 'm' }));
      store.restore({ sessions: [kept('s1', 'One', open[0], 't1')], creations: [], reviews: [] });
      store.restore({ sessions: [kept('s2', 'Two', open[1], 't1')], creations: [], reviews: [] });
      await loaded();
      await store.connect('t1');
      await runtime.received('session.send', 2);
      assert.deepEqual(
        runtime
          .requestsOf('session.send')
          .map(({ params }) => params['prompt'])
          .sort(),
        ['One', 'Two'],
      );
      assert.deepEqual(
        store.rows.map(({ pendingPrompts }) => pendingPrompts),
        [2],
      );
    });
  }

  it('takes over the prompts of the task when a session’s task becomes known', async () => {
    const { store, loaded } = stage();
    store.restore({ sessions: [kept('s2', 'Two', false, 't1')], creations: [], reviews: [] });
    await loaded();
    store.restore({ sessions: [kept('s1', 'One', true)], creations: [], reviews: [] });
    const [session] = store.openSessions;
    session!.update({ taskId: 't1' });
    assert.deepEqual(session!.outbox.pending.map(({ text }) => text).sort(), ['One', 'Two']);
  });

  describe('and one of them without its task', () => {
    /** A runtime that lists the task with both ids. @param attaches whether the service lets it attach to the task */
    function bothListed({ attaches }: { readonly attaches: boolean }) {
      const { store, runtime, loaded } = stage();
      runtime.on('sessions.list', ({ id, params }) =>
        runtime.respond(id, {
          sessions: params['source'] === 'remote' ? [{ ...REMOTE, remoteSessionIds: ['s2', 's1'] }] : [],
        }),
      );
      runtime.on('sessions.connect', ({ id }) =>
        attaches
          ? runtime.respond(id, { sessionId: 's2', metadata: { resourceId: 't1' } })
          : runtime.fail(id, -32603, 'HTTP 502'),
      );
      const listed = async (): Promise<void> => {
        await loaded();
        await runtime.settle();
      };
      const restore = (first: boolean, second: boolean): void =>
        store.restore({
          sessions: [kept('s1', 'One', first), kept('s2', 'Two', second, 't1')],
          creations: [],
          reviews: [],
        });
      /** Each row, whether it is watched, and how many prompts it shows. */
      const rows = (): unknown[] =>
        store.rows
          .map(({ sessionId, session, pendingPrompts }) => [sessionId, session !== undefined, pendingPrompts])
          .sort();
      const prompts = (): unknown[] =>
        store
          .outboxOf('t1')!
          .pending.map(({ text }) => text)
          .sort();
      return { store, runtime, listed, restore, rows, prompts };
    }

    for (const [id, other] of [
      ['s1', 's2'],
      ['s2', 's1'],
    ] as const) {
      for (const attaches of [true, false]) {
        it(`goes on watching ${other} if ${id} was stopped before anybody could know, with all prompts (${attaches ? 'attached' : 'detached'})`, async () => {
          const { store, listed, restore, rows, prompts } = bothListed({ attaches });
          restore(true, true);
          assert.equal(store.rows.length, 2);
          await store.disconnect(id);
          await listed();
          assert.deepEqual(rows(), [[attaches ? 's2' : other, true, 2]]);
          assert.deepEqual(prompts(), ['One', 'Two']);
        });
      }
    }

    for (const [first, second, attaches] of [true, false].flatMap((one) =>
      [true, false].flatMap((two) => [true, false].map((three) => [one, two, three] as const)),
    )) {
      const watched = [first, second].map((is) => (is ? 'watched' : 'not watched')).join(' and ');
      for (const when of ['before', 'after'] as const) {
        it(`has one row and all prompts, ${watched}, ${attaches ? 'attached' : 'detached'}, restored ${when} the list`, async () => {
          const { store, runtime, listed, restore, rows, prompts } = bothListed({ attaches });
          if (when === 'before') {
            restore(first, second);
            await listed();
          } else {
            await listed();
            restore(first, second);
            await runtime.settle();
          }
          const isWatched = first || second;
          assert.deepEqual(rows(), [[attaches || second || !first ? 's2' : 's1', isWatched, 2]]);
          assert.deepEqual(prompts(), ['One', 'Two']);
          if (isWatched) {
            await store.disconnect('t1');
            assert.deepEqual(store.openSessions, [], 'nothing is watched any more');
            assert.deepEqual(rows(), [['s2', false, 2]]);
          }
          assert.equal(store.kept.sessions.length, 1);
        });
      }
    }
  });
});

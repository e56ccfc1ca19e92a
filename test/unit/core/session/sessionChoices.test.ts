import assert from 'node:assert/strict';
import fc from 'fast-check';
import { persistedSession, parsePersistedState } from '../../../../src/core/store/persistedState';
import type { CloudSession } from '../../../../src/core/session/session';
import { APPLY_MS, CONFIRM_MS } from '../../../../src/core/session/sessionChoices';
import { SessionStore } from '../../../../src/core/store/sessionStore';
import { choiceLines } from '../../../../src/ui/rows/choicePresentation';
import { MemoryRuntime, until, type ClientRequest } from '../../../support/memoryRuntime';
import { agentStart, event, userMessage } from '../../../support/sessionEvents';

const SWITCH = 'session.model.switchTo';
const CURRENT = 'session.model.getCurrent';

type Options = Parameters<MemoryRuntime['client']['createCloudSession']>[0];

interface Stage {
  readonly runtime: MemoryRuntime;
  readonly session: CloudSession;
  /** Calls about the choice and the prompts, in the order of the wire. */
  readonly calls: () => string[];
  readonly notes: () => string[];
}

const runtimes: MemoryRuntime[] = [];
const sessions: CloudSession[] = [];

function start(): MemoryRuntime {
  const runtime = new MemoryRuntime();
  runtime.onCreate(({ id }) => runtime.respond(id, { sessionId: 's1' }));
  runtime.on('session.send', ({ id }) => runtime.respond(id, { messageId: `m${String(id)}` }));
  runtimes.push(runtime);
  return runtime;
}

const wire = (runtime: MemoryRuntime): string[] =>
  runtime.requests
    .filter(({ method }) => method.startsWith('session.model.') || method === 'session.send')
    .map(({ method, params }) => {
      const rest = Object.entries(params).filter(([name]) => name !== 'sessionId' && name !== 'mode');
      return `${method} ${JSON.stringify(Object.fromEntries(rest))}`;
    });

/** A session created with these options, whose agent has not started. */
async function created(options: Partial<Options>, version?: string): Promise<Stage> {
  const runtime = start();
  if (version !== undefined) {
    runtime.on('connect', ({ id }) => runtime.respond(id, { ok: true, protocolVersion: 3, version }));
    await runtime.client.handshake();
  }
  const session = await runtime.client.createCloudSession({ cloud: {}, ...options });
  sessions.push(session);
  return {
    runtime,
    session,
    calls: () => wire(runtime),
    notes: () => session.notes.map(({ level, text }) => `${level}: ${text}`),
  };
}

const answer = (runtime: MemoryRuntime, result: unknown): void =>
  runtime.on(SWITCH, ({ id }) => runtime.respond(id, result));

const modelChange = (id: string, newModel: string, more: object = {}, timestamp = '2026-01-02T03:05:00.000Z') =>
  event(id, 'session.model_change', { newModel, source: 'sdk', ...more }, { timestamp });

const MODEL = { model: 'gpt-5', reasoningEffort: 'high', prompt: 'Go' } as const;
const ASKED = `${SWITCH} {"modelId":"gpt-5","reasoningEffort":"high"}`;
const SENT = 'session.send {"prompt":"Go"}';

describe('SessionChoices', () => {
  afterEach(async () => {
    sessions.splice(0).forEach((session) => session.dispose());
    runtimes.forEach((runtime) => runtime.client.dispose());
    await runtimes[0]?.settle();
    for (const runtime of runtimes.splice(0)) {
      assert.equal(runtime.timers.pending, 0, 'timers that run on');
    }
  });

  it('asks for the model after the agent’s start and before the first prompt, which waits for the answer', async () => {
    const { runtime, session, calls, notes } = await created(MODEL);
    assert.deepEqual([session.choices.state, calls()], ['waiting', []]);
    let pending: ClientRequest | undefined;
    runtime.on(SWITCH, (request) => void (pending = request));
    runtime.event('s1', agentStart());
    await runtime.settle();
    assert.deepEqual([session.choices.state, calls(), session.choices.agentModel], ['applying', [ASKED], undefined]);
    runtime.respond(pending!.id, { modelId: 'gpt-5', modelState: { modelId: 'gpt-5', reasoningEffort: 'high' } });
    await runtime.settle();
    assert.deepEqual(calls(), [ASKED, SENT]);
    assert.equal(session.choices.state, 'applied');
    assert.deepEqual(session.choices.agentModel, { model: 'gpt-5', reasoningEffort: 'high' });
    assert.ok(
      notes().some((note) => /^info: .*confirmed the model “gpt-5” with the reasoning effort “high”/.test(note)),
    );
    assert.equal(session.choices.pending, undefined);
  });

  it('lets prompts out at once where nothing was chosen', async () => {
    const { runtime, session, calls } = await created({ prompt: 'Go' });
    runtime.event('s1', agentStart());
    await runtime.settle();
    assert.deepEqual([calls(), session.choices.state], [[SENT], 'none']);
  });

  it('takes the event for the proof where the answer has none, before or after it', async () => {
    for (const early of [true, false]) {
      const { runtime, session, calls } = await created(MODEL);
      let pending: ClientRequest | undefined;
      runtime.on(SWITCH, (request) => void (pending = request));
      runtime.event('s1', agentStart());
      await runtime.received(SWITCH);
      const shown = modelChange('c', 'gpt-5');
      if (early) {
        runtime.event('s1', shown);
      }
      runtime.respond(pending!.id, { success: true });
      await runtime.settle();
      if (!early) {
        assert.deepEqual([session.choices.state, calls()], ['applying', [ASKED]]);
        runtime.event('s1', modelChange('other', 'gpt-4', {}, '2026-01-02T03:04:59.000Z'));
        await runtime.settle();
        assert.equal(session.choices.state, 'applying', 'another model proves nothing');
        runtime.event('s1', shown);
      }
      await runtime.settle();
      assert.deepEqual([session.choices.state, calls()], ['applied', [ASKED, SENT]]);
      assert.deepEqual(session.choices.agentModel, { model: 'gpt-5' });
    }
  });

  it('says before the prompt goes out that it did not arrive, and sends the prompt all the same', async () => {
    const refuse = (code: number, message: string) => (runtime: MemoryRuntime) =>
      runtime.on(SWITCH, ({ id }) => runtime.fail(id, code, message));
    const cases: readonly (readonly [name: string, (runtime: MemoryRuntime) => void, RegExp, wait?: number])[] = [
      [
        'no answer',
        (runtime) => runtime.on(SWITCH, undefined),
        /is not confirmed: .*did not answer within 30 s\./,
        APPLY_MS,
      ],
      ['an answer without fields', (runtime) => answer(runtime, {}), /is not confirmed: .*which model/, CONFIRM_MS],
      ['nothing', (runtime) => answer(runtime, null), /is not confirmed/, CONFIRM_MS],
      [
        'put off',
        (runtime) => answer(runtime, { modelId: 'old', deferred: true }),
        /not confirmed: .*deferred it/,
        CONFIRM_MS,
      ],
      [
        'another model',
        (runtime) => answer(runtime, { modelId: 'gpt-4' }),
        /chose a different one\. The agent uses the model “gpt-4”\./,
      ],
      [
        'another effort',
        (runtime) => answer(runtime, { modelId: 'gpt-5', modelState: { reasoningEffort: 'low' } }),
        /chose a different one/,
      ],
      [
        'a question back',
        (runtime) => answer(runtime, { modelId: 'gpt-4', confirmation: {}, message: 'Compact?' }),
        /Compact\?/,
      ],
      ['a failure as a result', (runtime) => answer(runtime, { success: false, error: 'Not now' }), /Not now/],
      [
        'an unknown method',
        refuse(-32601, 'Unhandled method'),
        /this version of the Copilot runtime does not support it/,
      ],
      [
        'a refusal',
        refuse(-32603, 'RPC error from remote CLI: Model gpt-5 is not available'),
        /gpt-5 is not available/,
      ],
      [
        'a failure',
        refuse(-32603, 'a reason that nobody foresaw.'),
        /a reason that nobody foresaw\. The agent uses its/,
      ],
    ];
    for (const [name, script, note, wait] of cases) {
      const { runtime, session, calls } = await created(MODEL);
      script(runtime);
      const order: string[] = [];
      session.onDidChangeLog((change) => change.kind === 'note' && order.push(change.note.text));
      session.outbox.onDidChange(({ state }) => state === 'sending' && order.push('sending'));
      runtime.event('s1', agentStart());
      await runtime.settle();
      if (wait !== undefined) {
        runtime.timers.advance(wait - 1);
        await runtime.settle();
        assert.deepEqual(calls(), [ASKED], name);
        runtime.timers.advance(1);
        await runtime.settle();
      }
      assert.deepEqual(calls(), [ASKED, SENT], name);
      assert.equal(session.choices.state, 'refused', name);
      const said = session.notes.filter(({ level, text }) => level === 'warning' && note.test(text));
      assert.equal(said.length, 1, `${name}: ${JSON.stringify(session.notes)}`);
      assert.match(said[0]!.text, /^The model “gpt-5” with the reasoning effort “high” /);
      assert.ok(order.indexOf(said[0]!.text) < order.indexOf('sending'), name);
      assert.ok(
        choiceLines(session.choices).some(([key, value]) => key === 'Chosen' && value.includes('not confirmed')),
      );
    }
  });

  it('becomes true when the agent says so later, and shows what the agent has, whoever chose it', async () => {
    const { runtime, session } = await created({ model: 'gpt-5' });
    answer(runtime, {});
    runtime.event('s1', event('start', 'session.start', { producer: 'copilot-agent', selectedModel: 'default-1' }));
    await runtime.settle();
    assert.deepEqual(session.choices.agentModel, { model: 'default-1' });
    assert.deepEqual(choiceLines(session.choices), [
      ['Model', 'default-1'],
      ['Chosen', 'the model “gpt-5”: not set yet'],
    ]);
    runtime.timers.advance(CONFIRM_MS);
    assert.match(session.notes.at(-1)!.text, /The agent may use the model “default-1”\./);
    runtime.event('s1', modelChange('c1', 'gpt-5'));
    await runtime.settle();
    assert.equal(session.choices.state, 'applied');
    runtime.event('s1', modelChange('sub', 'tiny', {}, '2026-01-02T03:05:01.000Z'));
    runtime.event('s1', event('a', 'session.model_change', { newModel: 'tiny' }, { agentId: 'sub-agent' }));
    runtime.event('s1', modelChange('c2', 'web', { reasoningEffort: 'low' }, '2026-01-02T03:06:00.000Z'));
    runtime.event('s1', modelChange('old', 'stale', {}, '2026-01-02T03:05:30.000Z'));
    await runtime.settle();
    assert.deepEqual(session.choices.agentModel, { model: 'web', reasoningEffort: 'low' });
    assert.deepEqual(choiceLines(session.choices), [['Model', 'web (low)']]);
  });

  it('asks an effort alone of the model that the agent uses', async () => {
    const { runtime, session, calls } = await created({ reasoningEffort: 'low', prompt: 'Go' });
    runtime.on(CURRENT, ({ id }) => runtime.respond(id, { modelId: 'claude' }));
    answer(runtime, { modelId: 'claude' });
    runtime.event('s1', agentStart());
    await runtime.settle();
    assert.deepEqual(calls(), [`${CURRENT} {}`, `${SWITCH} {"modelId":"claude","reasoningEffort":"low"}`, SENT]);
    assert.equal(session.choices.state, 'applied');

    const other = await created({ reasoningEffort: 'low', prompt: 'Go' });
    other.runtime.on(CURRENT, ({ id }) => other.runtime.respond(id, { success: true }));
    other.runtime.event('s1', agentStart());
    await other.runtime.settle();
    assert.deepEqual(other.calls(), [`${CURRENT} {}`, SENT]);
    assert.match(other.notes().at(-1)!, /The reasoning effort “low” could not be chosen: the agent does not say/);
  });

  it('asks no runtime that would set the model of nothing but itself, with the same answer', async () => {
    const old = await created(MODEL, '1.0.55');
    answer(old.runtime, { modelId: 'gpt-5' });
    old.runtime.event('s1', agentStart());
    await old.runtime.settle();
    assert.deepEqual(old.calls(), [SENT]);
    assert.equal(old.session.choices.state, 'refused');
    assert.match(old.notes().join('\n'), /runtime 1\.0\.55 does not pass the choice of a model on to the cloud\. /);

    // Not measured. This runtime has no model of its own, so a reported model is the agent's.
    for (const [current, calls] of [
      [{}, [`${CURRENT} {}`, SENT]],
      [{ modelId: 'x' }, [`${CURRENT} {}`, ASKED, SENT]],
    ] as const) {
      const between = await created(MODEL, '1.0.70');
      between.runtime.on(CURRENT, ({ id }) => between.runtime.respond(id, current));
      answer(between.runtime, { modelId: 'gpt-5' });
      between.runtime.event('s1', agentStart());
      await between.runtime.settle();
      assert.deepEqual(between.calls(), calls);
    }
    const fresh = await created(MODEL, '1.0.102');
    answer(fresh.runtime, { modelId: 'gpt-5' });
    fresh.runtime.event('s1', agentStart());
    await fresh.runtime.settle();
    assert.deepEqual(fresh.calls(), [ASKED, SENT]);
  });

  it('is asked for again when the connection breaks on the way, and not a second time once it is settled', async () => {
    const { runtime, session } = await created(MODEL);
    session.update({ taskId: 't1' });
    runtime.on(SWITCH, undefined);
    runtime.event('s1', agentStart());
    await runtime.received(SWITCH);
    runtime.end();
    await until(() => !session.isAttached, 'the end of the connection');
    assert.equal(session.choices.state, 'waiting');
    assert.deepEqual(session.choices.pending, { model: 'gpt-5', reasoningEffort: 'high' });

    const next = async (): Promise<MemoryRuntime> => {
      const other = start();
      other.on('sessions.connect', ({ id }) => other.respond(id, { sessionId: 's1' }));
      answer(other, { modelId: 'gpt-5' });
      await other.client.connectSession('t1', {}, session);
      await other.settle();
      return other;
    };
    const second = await next();
    assert.deepEqual([wire(second), session.choices.state], [[ASKED, SENT], 'applied']);
    second.end();
    await until(() => !session.isAttached, 'the end of the connection');
    assert.deepEqual(wire(await next()), []);
    runtime.timers.advance(APPLY_MS);
    assert.equal(session.choices.state, 'applied');
  });

  it('finds the agent’s start in the history, where its notification was lost', async () => {
    const { runtime, calls } = await created(MODEL);
    answer(runtime, { modelId: 'gpt-5' });
    runtime.history.set('s1', [agentStart()]);
    runtime.timers.advance(2_000);
    await runtime.settle();
    assert.deepEqual(calls(), [ASKED, SENT]);
  });

  it('comes back after a reload, before the prompts that were queued; what was settled does not', async () => {
    const reload = async (before: CloudSession): Promise<{ runtime: MemoryRuntime; store: SessionStore }> => {
      const kept = { sessions: [persistedSession(before, new Date(0))], creations: [], reviews: [] };
      const runtime = start();
      runtime.on('sessions.list', ({ id }) => runtime.respond(id, { sessions: [] }));
      runtime.on('sessions.connect', ({ id }) => runtime.respond(id, { sessionId: 's1' }));
      runtime.history.set('s1', [agentStart()]);
      answer(runtime, { modelId: 'gpt-5' });
      const memory = { get: () => undefined, set: () => undefined };
      const store = new SessionStore(memory, () => undefined, runtime.timers.create);
      store.restore(parsePersistedState(JSON.parse(JSON.stringify(kept))));
      store.setClient(runtime.client);
      await runtime.settle();
      return { runtime, store };
    };
    const first = await created({ ...MODEL, cloud: { repository: { owner: 'o', name: 'n', branch: 'dev' } } });
    first.session.update({ taskId: 't1' });
    const prompt = 'session.send {"prompt":"Go\\n\\nWork on the branch `dev`."}';
    const second = await reload(first.session);
    assert.deepEqual(wire(second.runtime), [ASKED, prompt]);
    const restored = second.store.getSession('s1')!;
    assert.deepEqual(restored.choices.pending, { branch: 'dev' }, 'no prompt was seen yet');
    second.runtime.event('s1', userMessage('u', 'Go\n\nWork on the branch `dev`.'));
    await second.runtime.settle();
    assert.equal(restored.choices.pending, undefined);
    const third = await reload(restored);
    assert.deepEqual(wire(third.runtime), []);
    second.store.dispose();
    third.store.dispose();
  });

  it('is not lost with a session that is no longer watched before its agent has started', async () => {
    const runtime = start();
    runtime.on('sessions.list', ({ id }) => runtime.respond(id, { sessions: [] }));
    runtime.on('sessions.connect', ({ id }) => runtime.respond(id, { sessionId: 's1' }));
    answer(runtime, { modelId: 'gpt-5' });
    const memory = { get: () => undefined, set: () => undefined };
    const store = new SessionStore(memory, () => undefined, runtime.timers.create);
    store.setClient(runtime.client);
    await store.create({ cloud: {}, model: 'gpt-5' });
    await store.disconnect('s1');
    runtime.history.set('s1', [agentStart()]);
    await store.connect('s1');
    await runtime.settle();
    assert.deepEqual(wire(runtime), [`${SWITCH} {"modelId":"gpt-5"}`]);
    store.dispose();
  });

  describe('the branch', () => {
    const branched = { cloud: { repository: { owner: 'o', name: 'n', branch: 'main' } } };
    const texts = (runtime: MemoryRuntime): unknown[] =>
      runtime.requestsOf('session.send').map(({ params }) => params['prompt']);

    it('is named in the first prompt, once, and not in the next', async () => {
      const { runtime, session } = await created({ ...branched, prompt: 'Repair the main loop' });
      runtime.event('s1', agentStart());
      await session.send('And the lamp');
      assert.deepEqual(texts(runtime), ['Repair the main loop\n\nWork on the branch `main`.', 'And the lamp']);
      assert.deepEqual(runtime.requestsOf('session.create')[0]!.params['cloud'], branched.cloud);
    });

    it('is named in the prompt that comes later, if there was none at first', async () => {
      const { runtime, session } = await created(branched);
      runtime.event('s1', agentStart());
      await session.send('Go');
      runtime.event('s1', userMessage('u', 'Go\n\nWork on the branch `main`.'));
      await runtime.settle();
      await session.send('On');
      assert.deepEqual(texts(runtime), ['Go\n\nWork on the branch `main`.', 'On']);
    });

    it('goes to the next prompt when the first is discarded, and never into a blank one', async () => {
      const { runtime, session } = await created({ ...branched, prompt: 'First' });
      session.outbox.discard(session.outbox.pending[0]!.id);
      await assert.rejects(session.send(' '), { code: 'invalid-argument' });
      const sent = session.send('Second');
      runtime.event('s1', agentStart());
      await sent;
      assert.deepEqual(texts(runtime), ['Second\n\nWork on the branch `main`.']);
    });

    it('is not named where the prompt names it', async () => {
      const { runtime } = await created({ ...branched, prompt: 'Work on the branch main. Fix it' });
      runtime.event('s1', agentStart());
      await runtime.settle();
      assert.deepEqual(texts(runtime), ['Work on the branch main. Fix it']);
    });
  });

  it('lets no prompt out before the agent was asked, and each prompt once, in any order of what happens', async () => {
    const step = fc.constantFrom('start', 'answer', 'error', 'change', 'send', 'time', 'cut');
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 12 }), async (steps) => {
        const { session, runtime: first } = await created({ model: 'gpt-5' });
        session.update({ taskId: 't1' });
        const all = [first];
        const open: ClientRequest[] = [];
        let runtime = first;
        const prepare = (): void => {
          runtime.on(SWITCH, (request) => void open.push(request));
          runtime.on('sessions.connect', ({ id }) => runtime.respond(id, { sessionId: 's1' }));
        };
        prepare();
        let sent = 0;
        let started = false;
        for (const [index, each] of [...steps, 'start', 'send', 'time'].entries()) {
          const request = open.shift();
          if (each === 'start') {
            started = true;
            runtime.event('s1', agentStart());
          } else if (each === 'answer' && request !== undefined) {
            runtime.respond(request.id, index % 2 === 0 ? { modelId: 'gpt-5' } : {});
          } else if (each === 'error' && request !== undefined) {
            runtime.fail(request.id, -32603, 'no');
          } else if (each === 'change') {
            runtime.event('s1', modelChange(`c${index}`, 'gpt-5'));
          } else if (each === 'send') {
            session.send(`p${sent++}`).catch(() => undefined);
          } else if (each === 'time') {
            runtime.timers.advance(APPLY_MS);
            first.timers.advance(APPLY_MS);
          } else if (each === 'cut') {
            runtime.end();
            await until(() => !session.isAttached, 'the end');
            runtime = start();
            all.push(runtime);
            open.length = 0;
            prepare();
            await runtime.client.connectSession('t1', {}, session);
          }
          if (request !== undefined && each !== 'answer' && each !== 'error' && each !== 'cut') {
            open.unshift(request);
          }
          await runtime.settle();
          const calls = all.flatMap(wire);
          const firstPrompt = calls.findIndex((call) => call.startsWith('session.send'));
          if (firstPrompt >= 0) {
            assert.ok(started);
            assert.ok(calls.slice(0, firstPrompt).some((call) => call.startsWith(SWITCH)));
            assert.ok(!calls.slice(firstPrompt).some((call) => call.startsWith(SWITCH)), calls.join('\n'));
            assert.ok(session.choices.isSettled);
          }
        }
        const prompts = all.flatMap((each) => each.requestsOf('session.send').map(({ params }) => params['prompt']));
        assert.equal(new Set(prompts).size, prompts.length);
        assert.equal(prompts.length, sent);
        session.dispose();
        all.forEach((each) => each.client.dispose());
      }),
      { numRuns: 40 },
    );
  });
});

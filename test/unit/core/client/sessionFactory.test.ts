import assert from 'node:assert/strict';
import { CancellationTokenSource } from 'vscode-jsonrpc/node';
import type { CloudSession } from '../../../../src/core/session/session';
import { createdSession, MemoryRuntime, turn, until } from '../../../support/memoryRuntime';
import { agentStart, ephemeral, event, ids, range, remoteInfo, userMessage } from '../../../support/sessionEvents';
import type { CreateCloudSessionOptions } from '../../../../src/core/arguments/createOptions';
import type { InboundRequest } from '../../../../src/core/rpc/inboundRequest';

const REPOSITORY = { owner: 'octo', name: 'app', branch: 'main' };
const ENDED = { code: -32603, message: 'pending session routing ended before session was registered' };
const OVERFLOW = { code: -32603, message: 'pending session buffer overflow' };

/** Members that current runtimes refuse together with `cloud`. */
const REFUSED = [
  'requestPermission',
  'requestUserInput',
  'requestElicitation',
  'requestExitPlanMode',
  'requestAutoModeSwitch',
  'hooks',
  'includeSubAgentStreamingEvents',
  'tools',
  'commands',
  'sessionId',
  'provider',
];

/** Starts a runtime. `afterEach` checks that it leaves no timers. */
function start(options?: ConstructorParameters<typeof MemoryRuntime>[0]): MemoryRuntime {
  const runtime = new MemoryRuntime(options);
  runtimes.push(runtime);
  return runtime;
}

let runtimes: MemoryRuntime[] = [];

function heardBy(session: CloudSession): string[] {
  const heard: string[] = [];
  session.onEvent(({ id }) => heard.push(id));
  return heard;
}

async function failed(promise: Promise<unknown>): Promise<{ code?: string; message: string; nextStep?: string }> {
  try {
    await promise;
  } catch (error) {
    return error as Error;
  }
  return assert.fail('It did not fail.');
}

describe('SessionFactory', () => {
  afterEach(async () => {
    for (const runtime of runtimes) {
      const sessions = runtime.requestsOf('session.getMessages').map(({ params }) => String(params['sessionId']));
      // Sessions outlive the connection, with their prompts.
      sessions.forEach((id) => runtime.client.getSession(id)?.dispose());
      runtime.client.dispose();
    }
    await turn();
    // Checked at the end, because a reattached session keeps the timers of its first runtime.
    for (const runtime of runtimes) {
      assert.equal(runtime.timers.pending, 0, 'timers that run on');
    }
    runtimes = [];
  });

  describe('the wire', () => {
    async function paramsOf(options: CreateCloudSessionOptions) {
      const runtime = start();
      runtime.onCreate(({ id }) => runtime.respond(id, { sessionId: 's1' }));
      await runtime.client.createCloudSession(options);
      assert.equal(runtime.requestsOf('session.create').length, 1);
      return runtime.requestsOf('session.create')[0]!.params;
    }

    it('carries cloud as it was given, no session id, and nothing that a runtime refuses with it', async () => {
      const params = await paramsOf({ cloud: { repository: REPOSITORY } });
      assert.deepEqual(params, {
        clientName: 'cloud-sessions-vscode',
        streaming: true,
        cloud: { repository: REPOSITORY },
      });
      assert.deepEqual((await paramsOf({ cloud: {} }))['cloud'], {});
      const branched = { repository: { owner: 'o', name: 'n', branch: 'feature/x' } };
      assert.deepEqual((await paramsOf({ cloud: branched }))['cloud'], branched);
    });

    it('carries optional params only where they are given, and never one that is refused', async () => {
      const params = await paramsOf({ cloud: {}, model: 'gpt-5', reasoningEffort: 'high', prompt: 'go' });
      assert.deepEqual([params['model'], params['reasoningEffort']], ['gpt-5', 'high']);
      assert.deepEqual(
        REFUSED.filter((name) => name in params),
        [],
      );
      assert.equal('prompt' in params, false);
    });

    it('asks once more, with nothing but cloud, when the runtime does not take the params', async () => {
      const runtime = start();
      runtime.onCreate(({ id, params }) =>
        Object.keys(params).length > 1
          ? runtime.fail(id, -32601, 'Unhandled method session.create')
          : runtime.respond(id, { sessionId: 's1' }),
      );
      await runtime.client.createCloudSession({ cloud: { repository: REPOSITORY }, model: 'gpt-5' });
      const [, second, third] = runtime.requestsOf('session.create');
      assert.deepEqual(second!.params, { cloud: { repository: REPOSITORY } });
      assert.equal(third, undefined);
    });

    it('asks no third time, and not again for any other error', async () => {
      for (const [code, times, reason] of [
        [-32601, 2, 'not-supported'],
        [-32603, 1, 'request-failed'],
        [-32602, 1, 'invalid-argument'],
      ] as const) {
        const runtime = start();
        runtime.onCreate(({ id }) => runtime.fail(id, code, 'Unhandled'));
        await assert.rejects(runtime.client.createCloudSession({ cloud: {} }), { code: reason });
        await runtime.settle();
        assert.equal(runtime.requestsOf('session.create').length, times);
      }
    });

    it('does not ask again for somebody who has cancelled in the meantime', async () => {
      const runtime = start();
      const source = new CancellationTokenSource();
      const creating = failed(runtime.client.createCloudSession({ cloud: {} }, source.token));
      const { id } = await runtime.received('session.create');
      source.cancel();
      runtime.fail(id, -32601, 'Unhandled method session.create');
      assert.equal((await creating).code, 'cancelled');
      await runtime.settle();
      assert.equal(runtime.requestsOf('session.create').length, 1);
    });

    it('asks for a local session with the params as they are, once', async () => {
      const runtime = start();
      runtime.onCreate(({ id, params }) =>
        'fail' in params ? runtime.fail(id, -32601, 'no') : runtime.respond(id, { sessionId: 'local' }),
      );
      const params = { sessionId: 'mine', model: 'gpt-5', provider: { type: 'x' } };
      const session = await runtime.client.createSession(params);
      assert.deepEqual(runtime.requestsOf('session.create')[0]!.params, params);
      assert.deepEqual([session.sessionId, session.details], ['local', { isRemote: false }]);
      // The session is not a cloud task.
      assert.deepEqual(runtime.requestsOf('session.metadata.snapshot'), []);
      await assert.rejects(runtime.client.createSession({ fail: true }));
      assert.equal(runtime.requestsOf('session.create').length, 2);
    });
  });

  describe('what it refuses before anything is sent', () => {
    const refused: readonly (readonly [name: string, options: unknown, nextStep: RegExp])[] = [
      ['no cloud', {}, /createSession/],
      ['nothing', undefined, /createSession/],
      ['cloud: null', { cloud: null }, /createSession/],
      ['cloud: true', { cloud: true }, /createSession/],
      ['cloud: []', { cloud: [] }, /createSession/],
      ['a session id', { cloud: {}, sessionId: 'mine' }, /createSession/],
      ['an empty session id', { cloud: {}, sessionId: '' }, /createSession/],
      ['a provider', { cloud: {}, provider: { type: 'openai' } }, /createSession/],
      ['a repository without a name', { cloud: { repository: { owner: 'o' } } }, /owner, name/],
      ['a repository with a blank owner', { cloud: { repository: { owner: ' ', name: 'n' } } }, /owner, name/],
      ['repository: null', { cloud: { repository: null } }, /owner, name/],
    ];
    for (const [name, options, nextStep] of refused) {
      it(name, async () => {
        const runtime = start();
        const error = await failed(runtime.client.createCloudSession(options as CreateCloudSessionOptions));
        assert.equal(error.code, 'invalid-argument');
        assert.match(error.nextStep ?? '', nextStep);
        await runtime.settle();
        assert.deepEqual(runtime.requests, []);
      });
    }

    it('cloud in createSession', async () => {
      const runtime = start();
      const error = await failed(runtime.client.createSession({ cloud: {} }));
      assert.equal(error.code, 'invalid-argument');
      assert.match(error.nextStep ?? '', /createCloudSession/);
      await runtime.settle();
      assert.deepEqual(runtime.requests, []);
    });

    it('a token that is cancelled already', async () => {
      const runtime = start();
      const source = new CancellationTokenSource();
      source.cancel();
      const error = await failed(runtime.client.createCloudSession({ cloud: {} }, source.token));
      assert.equal(error.code, 'cancelled');
      await runtime.settle();
      assert.deepEqual(runtime.requests, []);
    });
  });

  describe('the answer', () => {
    it('makes a session that knows what it was created for', async () => {
      const runtime = start();
      runtime.onCreate(({ id }) => runtime.respond(id, { sessionId: 's1' }));
      runtime.on('session.metadata.snapshot', ({ id }) =>
        runtime.respond(id, { remoteMetadata: { resourceId: 't1' } }),
      );
      const session = await runtime.client.createCloudSession({ cloud: { repository: REPOSITORY } });
      assert.equal(session.sessionId, 's1');
      assert.deepEqual(session.details, { isRemote: true, repository: 'octo/app', branch: 'main', taskId: 't1' });
      assert.equal(runtime.client.getSession('s1'), session);
      assert.equal(session.isAttached, true);
      assert.deepEqual(session.routing, { buffered: 0, dropped: 0, rejected: 0 });
    });

    for (const answer of [
      {},
      null,
      'text',
      { sessionId: '' },
      { sessionId: ' ' },
      { sessionId: 7 },
      { sessionId: null },
    ]) {
      it(`is refused as ${JSON.stringify(answer)}, and the guard is released`, async () => {
        const runtime = start();
        const creating = failed(runtime.client.createCloudSession({ cloud: {} }));
        const { id } = await runtime.received('session.create');
        const parked = runtime.request('userInput.request', { sessionId: 'x' });
        runtime.respond(id, answer);
        const error = await creating;
        assert.equal(error.code, 'response-invalid');
        assert.match(error.message, /session\.create/);
        assert.deepEqual((await parked.answer).error, ENDED);
        // Requests are no longer held, but refused at once.
        assert.notDeepEqual((await runtime.request('m', { sessionId: 'x' }).answer).error, ENDED);
        assert.deepEqual(runtime.requestsOf('session.destroy'), []);
      });
    }

    it('is refused with an id that an open session has, which goes on as before', async () => {
      const asked: CloudSession[] = [];
      const runtime = start({
        handleRequest: (session, request) => (asked.push(session), request.respond('mine'), true),
      });
      const older = await createdSession(runtime, 's1');
      const heard = heardBy(older);
      const creating = failed(runtime.client.createCloudSession({ cloud: {} }));
      await runtime.received('session.create', 2);
      runtime.event('s1', event('during'));
      runtime.respond(runtime.requestsOf('session.create')[1]!.id, { sessionId: 's1', remoteUrl: 'https://new/' });
      assert.equal((await creating).code, 'session-id-in-use');
      runtime.event('s1', event('after'));
      assert.equal((await runtime.request('m', { sessionId: 's1' }).answer).result, 'mine');
      await runtime.settle();
      assert.deepEqual(heard, ['during', 'after']);
      assert.deepEqual(asked, [older]);
      assert.deepEqual([older.isAttached, older.remoteUrl, runtime.client.getSession('s1')], [true, undefined, older]);
      assert.deepEqual(runtime.requestsOf('session.destroy'), []);
    });

    it('is refused with an id in use also if the create was cancelled: the older session is not destroyed', async () => {
      const runtime = start();
      const older = await createdSession(runtime, 's1');
      const source = new CancellationTokenSource();
      const creating = failed(runtime.client.createCloudSession({ cloud: {} }, source.token));
      const { id } = await runtime.received('session.create', 2);
      source.cancel();
      assert.equal((await creating).code, 'cancelled');
      runtime.respond(id, { sessionId: 's1' });
      await runtime.settle();
      assert.deepEqual(runtime.requestsOf('session.destroy'), []);
      assert.equal(runtime.client.getSession('s1'), older);
      assert.equal(older.isAttached, true);
    });

    const refusals = { 403: 'forbidden', 401: 'not-signed-in', 429: 'rate-limited', 404: 'repository-not-found' };
    for (const [status, code] of Object.entries(refusals)) {
      it(`says ${code} when the service says ${status}`, async () => {
        const runtime = start();
        runtime.onCreate(({ id }) =>
          runtime.fail(id, -32603, `Request session.create failed with message: the service said ${status}`),
        );
        const error = await failed(runtime.client.createCloudSession({ cloud: {} }));
        assert.equal(error.code, code);
        assert.match(error.message, /^Could not create the cloud session: /);
      });
    }
  });

  describe('the link', () => {
    const LINK = 'https://github.com/copilot/tasks/1';

    it('comes from the answer, and is there when the session is', async () => {
      const runtime = start();
      runtime.onCreate(({ id }) => runtime.respond(id, { sessionId: 's1', remoteUrl: LINK }));
      assert.equal((await runtime.client.createCloudSession({ cloud: {} })).remoteUrl, LINK);
    });

    it('comes from the first event that has one, early or live', async () => {
      const runtime = start();
      runtime.onCreate(({ id }) => {
        runtime.event('s1', remoteInfo('e1', LINK));
        runtime.event('s1', remoteInfo('e2', 'https://github.com/other'));
        runtime.respond(id, { sessionId: 's1' });
      });
      assert.equal((await runtime.client.createCloudSession({ cloud: {} })).remoteUrl, LINK);

      const live = await createdSession(start(), 's1');
      const changes: string[] = [];
      live.onDidChangeRemoteUrl((url) => changes.push(url));
      const seen: (string | undefined)[] = [];
      live.onEvent(() => seen.push(live.remoteUrl));
      runtimes[1]!.event('s1', remoteInfo('e1', LINK));
      runtimes[1]!.event('s1', remoteInfo('e2', 'https://github.com/other'));
      await until(() => seen.length === 2);
      assert.deepEqual(changes, [LINK]);
      // The link is already set when listeners receive the event.
      assert.deepEqual(seen, [LINK, LINK]);
    });

    it('comes from the history, if the event never came', async () => {
      const runtime = start();
      runtime.history.set('s1', [agentStart(), remoteInfo('e1', LINK)]);
      assert.equal((await createdSession(runtime, 's1')).remoteUrl, LINK);
    });

    it('is that of the answer, if both have one', async () => {
      const runtime = start();
      runtime.onCreate(({ id }) => {
        runtime.event('s1', remoteInfo('e1', 'https://github.com/event'));
        runtime.respond(id, { sessionId: 's1', remoteUrl: LINK });
      });
      assert.equal((await runtime.client.createCloudSession({ cloud: {} })).remoteUrl, LINK);
    });

    for (const url of [
      'javascript:alert(1)',
      'file:///etc/passwd',
      'command:x',
      'no url',
      '',
      5,
      {},
      'http://a.com/',
    ]) {
      it(`is not ${JSON.stringify(url)}, which is noted; a later one counts`, async () => {
        const runtime = start();
        runtime.onCreate(({ id }) => runtime.respond(id, { sessionId: 's1', remoteUrl: url }));
        const session = await runtime.client.createCloudSession({ cloud: {} });
        assert.equal(session.remoteUrl, undefined);
        assert.deepEqual(
          session.notes.map(({ level }) => level),
          ['warning'],
        );
        runtime.event('s1', remoteInfo('e1', url));
        runtime.event('s1', remoteInfo('e2', LINK));
        await until(() => session.remoteUrl === LINK);
        assert.equal(session.notes.length, 2);
        assert.match(runtime.warnings.join('\n'), /unusable link/);
      });
    }

    it('may be missing', async () => {
      const runtime = start();
      runtime.onCreate(({ id }) => runtime.respond(id, { sessionId: 's1', remoteUrl: null }));
      const session = await runtime.client.createCloudSession({ cloud: {} });
      assert.deepEqual([session.remoteUrl, session.notes], [undefined, []]);
    });
  });

  describe('early traffic', () => {
    it('is delivered once and in order, before what comes later, however it is cut', async () => {
      for (const together of [true, false]) {
        const runtime = start();
        const seen: string[] = [];
        const creating = runtime.client.createCloudSession({ cloud: {} });
        const { id } = await runtime.received('session.create');
        const script = (): void => {
          range('early', 1, 3).forEach((name) => runtime.event('s1', event(name)));
          runtime.respond(id, { sessionId: 's1' });
          range('live', 1, 300).forEach((name) => runtime.event('s1', event(name)));
        };
        if (together) {
          runtime.inOneChunk(script);
        } else {
          script();
        }
        const session = await creating;
        session.onEvent((one) => seen.push(one.id));
        runtime.event('s1', event('last'));
        await until(() => seen.includes('last'));
        assert.deepEqual(seen, [...range('early', 1, 3), ...range('live', 1, 300), 'last']);
        // Messages after the answer are no longer early, even in the same chunk.
        assert.deepEqual(session.routing, { buffered: 3, dropped: 0, rejected: 0 });
      }
    });

    it('keeps events, lifecycle notifications and requests in one order', async () => {
      const order: string[] = [];
      const requests: InboundRequest[] = [];
      const runtime = start({
        handleRequest: (session, request) => {
          order.push(`${request.method} behind ${session.events.at(-1)?.id ?? 'nothing'}`);
          requests.push(request);
          return true;
        },
      });
      const lifecycles: string[] = [];
      runtime.client.onLifecycle(({ sessionId, type }) => lifecycles.push(`${sessionId} ${type}`));
      const creating = runtime.client.createCloudSession({ cloud: {} });
      const { id } = await runtime.received('session.create');
      const first = runtime.request('userInput.request', { sessionId: 's1' });
      runtime.lifecycle('s1', 'session.created');
      runtime.event('s1', event('e1'));
      const second = runtime.request('something.new', { sessionId: 's1', n: 2 });
      runtime.event('s1', event('e2'));
      await runtime.settle();
      assert.deepEqual([order, runtime.responses], [[], []]);
      // The lifecycle event for the list does not wait for the create.
      assert.deepEqual(lifecycles, ['s1 session.created']);
      runtime.respond(id, { sessionId: 's1' });
      const session = await creating;
      assert.deepEqual(order, ['userInput.request behind nothing', 'something.new behind e1']);
      assert.deepEqual(ids(session.events), ['e1', 'e2']);
      assert.equal(session.routing.buffered, 5);
      requests[1]!.respond({ b: 2 });
      requests[0]!.respond({ a: 1 });
      assert.deepEqual([(await first.answer).result, (await second.answer).result], [{ a: 1 }, { b: 2 }]);
    });

    it('refuses a parked request after registration if nobody handles it: never silence, never an approval', async () => {
      const runtime = start({ handleRequest: () => false });
      const creating = runtime.client.createCloudSession({ cloud: {} });
      const { id } = await runtime.received('session.create');
      const parked = runtime.request('exitPlanMode.request', { sessionId: 's1' });
      runtime.respond(id, { sessionId: 's1' });
      assert.equal((await parked.answer).error?.code, -32601);
      await creating;
      assert.equal((await runtime.request('later', { sessionId: 's1' }).answer).error?.code, -32601);
    });

    it('refuses a request whose handler throws, and delivers what is behind it', async () => {
      const runtime = start({
        handleRequest: () => {
          throw new Error('secret detail');
        },
      });
      const creating = runtime.client.createCloudSession({ cloud: {} });
      const { id } = await runtime.received('session.create');
      const parked = runtime.request('m', { sessionId: 's1' });
      runtime.event('s1', event('e1'));
      runtime.respond(id, { sessionId: 's1' });
      const { error } = await parked.answer;
      assert.equal(error?.code, -32603);
      assert.doesNotMatch(error.message, /secret/);
      assert.deepEqual(ids((await creating).events), ['e1']);
    });

    it('answers 128 of 129 parked requests by the handler, and the oldest with the overflow text', async () => {
      const runtime = start({ handleRequest: (_, request) => (request.respond(request.params['n']), true) });
      const creating = runtime.client.createCloudSession({ cloud: {} });
      const { id } = await runtime.received('session.create');
      const parked = range('', 1, 129).map((n) => runtime.request('userInput.request', { sessionId: 's1', n }));
      assert.deepEqual((await parked[0]!.answer).error, OVERFLOW);
      await runtime.settle();
      assert.equal(runtime.responses.length, 1);
      runtime.respond(id, { sessionId: 's1' });
      const session = await creating;
      const answers = await Promise.all(parked.slice(1).map(({ answer }) => answer));
      assert.deepEqual(
        answers.map(({ result }) => result),
        range('', 2, 129),
      );
      assert.ok(parked.every((request) => runtime.answersTo(request).length === 1));
      assert.deepEqual(session.routing, { buffered: 128, dropped: 0, rejected: 1 });
    });

    it('answers parked requests with the ended text when the create fails', async () => {
      const runtime = start();
      const creating = failed(runtime.client.createCloudSession({ cloud: {} }));
      const { id } = await runtime.received('session.create');
      const parked = runtime.request('userInput.request', { sessionId: 's1' });
      runtime.event('s1', event('e1'));
      runtime.fail(id, -32603, 'Request session.create failed with message: no');
      assert.deepEqual((await parked.answer).error, ENDED);
      assert.equal((await creating).code, 'request-failed');
      assert.match(runtime.warnings.join('\n'), /Nobody claimed session s1: 1 events dropped, 1 requests refused/);
    });

    it('does not take what overflowed for lost if the history has it; the rest is a visible gap', async () => {
      const runtime = start();
      const creating = runtime.client.createCloudSession({ cloud: {} });
      const { id } = await runtime.received('session.create');
      const persisted = range('e', 1, 100).map((name) => event(name));
      persisted.forEach((one, index) => {
        runtime.event('s1', one);
        runtime.event('s1', ephemeral(`d${index + 1}`));
      });
      runtime.history.set('s1', persisted);
      runtime.respond(id, { sessionId: 's1' });
      const session = await creating;
      // 200 arrived and 128 are held: the first 36 persisted and the first 36 ephemeral events were dropped.
      assert.deepEqual(session.routing, { buffered: 128, dropped: 72, rejected: 0 });
      assert.deepEqual(
        ids(session.events).filter((name) => name.startsWith('e')),
        range('e', 1, 100),
      );
      assert.deepEqual(
        ids(session.events).filter((name) => name.startsWith('d')),
        range('d', 37, 100),
      );
      assert.equal(session.notes.length, 1);
      assert.match(session.notes[0]!.text, /^36 events could not be held/);
      assert.equal(session.notes[0]!.after, undefined);
    });

    it('shows no gap if the history has everything that was dropped', async () => {
      const runtime = start();
      const creating = runtime.client.createCloudSession({ cloud: {} });
      const { id } = await runtime.received('session.create');
      const all = range('e', 1, 500).map((name) => event(name));
      all.forEach((one) => runtime.event('s1', one));
      runtime.history.set('s1', all);
      runtime.respond(id, { sessionId: 's1' });
      const session = await creating;
      assert.deepEqual(ids(session.events), ids(all));
      assert.deepEqual([session.routing.dropped, session.notes], [372, []]);
    });

    it('answers a request that stays parked for 60 s, as the create may be waiting for it', async () => {
      const runtime = start();
      const creating = runtime.client.createCloudSession({ cloud: {} });
      const { id } = await runtime.received('session.create');
      const parked = runtime.request('hooks.invoke', { sessionId: 's1' });
      await runtime.settle();
      runtime.timers.advance(59_999);
      await runtime.settle();
      assert.deepEqual(runtime.responses, []);
      runtime.timers.advance(1);
      assert.equal((await parked.answer).error?.code, -32603);
      runtime.respond(id, { sessionId: 's1' });
      const session = await creating;
      assert.deepEqual(session.routing, { buffered: 0, dropped: 0, rejected: 1 });
      assert.equal(runtime.answersTo(parked).length, 1);
    });

    it('answers a parked request that the runtime cancels, at once and once', async () => {
      const handled: string[] = [];
      const runtime = start({ handleRequest: (_, { method }) => handled.push(method) > 0 });
      const creating = runtime.client.createCloudSession({ cloud: {} });
      const { id } = await runtime.received('session.create');
      const parked = runtime.request('userInput.request', { sessionId: 's1' });
      runtime.cancelRequest(parked.id);
      assert.equal((await parked.answer).error?.code, -32800);
      runtime.respond(id, { sessionId: 's1' });
      await creating;
      assert.deepEqual(handled, []);
      assert.equal(runtime.answersTo(parked).length, 1);
    });

    it('is not held outside a create', async () => {
      const runtime = start();
      runtime.event('s1', event('before'));
      const refused = await runtime.request('m', { sessionId: 's1' }).answer;
      assert.equal(refused.error?.code, -32603);
      const session = await createdSession(runtime, 's1');
      assert.deepEqual([ids(session.events), session.routing.buffered], [[], 0]);
    });

    it('is held while a local session is created, too', async () => {
      const runtime = start();
      runtime.onCreate(({ id }) => {
        runtime.event('s1', event('early'));
        runtime.respond(id, { sessionId: 's1' });
      });
      assert.deepEqual(ids((await runtime.client.createSession({})).events), ['early']);
    });
  });

  describe('two creates at once', () => {
    it('neither loses nor receives the other’s traffic, and the end of one does not end the other’s', async () => {
      const runtime = start({
        handleRequest: (session, request) => (request.respond(session.sessionId), true),
      });
      const first = runtime.client.createCloudSession({ cloud: {} });
      const second = runtime.client.createCloudSession({ cloud: {} });
      await runtime.received('session.create', 2);
      const [one, two] = runtime.requestsOf('session.create');
      runtime.event('s2', event('b1'));
      runtime.event('s1', event('a1'));
      const parked = runtime.request('m', { sessionId: 's2' });
      runtime.event('s1', event('a2'));
      runtime.respond(one!.id, { sessionId: 's1' });
      const session1 = await first;
      runtime.event('s2', event('b2'));
      runtime.event('s1', event('a3'));
      await runtime.settle();
      assert.deepEqual(runtime.responses, []);
      runtime.respond(two!.id, { sessionId: 's2' });
      const session2 = await second;
      assert.equal((await parked.answer).result, 's2');
      assert.deepEqual(ids(session1.events), ['a1', 'a2', 'a3']);
      assert.deepEqual(ids(session2.events), ['b1', 'b2']);
    });

    it('survives that the other fails', async () => {
      const runtime = start();
      const failing = failed(runtime.client.createCloudSession({ cloud: {} }));
      const creating = runtime.client.createCloudSession({ cloud: {} });
      await runtime.received('session.create', 2);
      const [one, two] = runtime.requestsOf('session.create');
      runtime.event('s2', event('b1'));
      runtime.fail(one!.id, -32603, 'no');
      await failing;
      runtime.respond(two!.id, { sessionId: 's2' });
      assert.deepEqual(ids((await creating).events), ['b1']);
    });
  });

  describe('cancelling', () => {
    it('rejects at once, and closes the session in the cloud as soon as its id is known', async () => {
      const handled: string[] = [];
      const runtime = start({ handleRequest: (_, { method }) => handled.push(method) > 0 });
      const source = new CancellationTokenSource();
      const creating = failed(runtime.client.createCloudSession({ cloud: {} }, source.token));
      const { id } = await runtime.received('session.create');
      runtime.event('s1', event('e1'));
      const parked = runtime.request('exitPlanMode.request', { sessionId: 's1' });
      await runtime.settle();
      source.cancel();
      assert.equal((await creating).code, 'cancelled');
      await runtime.settle();
      assert.deepEqual([runtime.requestsOf('session.destroy'), runtime.responses], [[], []]);
      // The request is still held, because its session id is not known.
      runtime.respond(id, { sessionId: 's1' });
      assert.deepEqual((await runtime.received('session.destroy')).params, { sessionId: 's1' });
      // Requests are not shown after the user has cancelled.
      assert.deepEqual((await parked.answer).error, ENDED);
      assert.deepEqual([handled, runtime.client.getSession('s1')], [[], undefined]);
      assert.deepEqual(runtime.requestsOf('session.getMessages'), []);
    });

    it('lets go of nothing in the cloud if the create fails', async () => {
      const runtime = start();
      const source = new CancellationTokenSource();
      const creating = failed(runtime.client.createCloudSession({ cloud: {} }, source.token));
      const { id } = await runtime.received('session.create');
      source.cancel();
      await creating;
      runtime.fail(id, -32603, 'no');
      await runtime.settle();
      assert.deepEqual(runtime.requestsOf('session.destroy'), []);
      assert.deepEqual(runtime.warnings, []);
    });

    it('undoes the registration while the history is read', async () => {
      const runtime = start();
      runtime.on('session.getMessages', undefined);
      const source = new CancellationTokenSource();
      const creating = failed(runtime.client.createCloudSession({ cloud: {} }, source.token));
      const { id } = await runtime.received('session.create');
      runtime.respond(id, { sessionId: 's1' });
      const history = await runtime.received('session.getMessages');
      assert.notEqual(runtime.client.getSession('s1'), undefined);
      source.cancel();
      assert.equal((await creating).code, 'cancelled');
      await runtime.received('session.destroy');
      assert.equal(runtime.client.getSession('s1'), undefined);
      runtime.respond(history.id, { events: [agentStart()] });
      await runtime.settle();
      assert.equal(runtime.requestsOf('session.destroy').length, 1);
    });

    it('does not hold what still comes for the session that it gave up', async () => {
      const runtime = start();
      const source = new CancellationTokenSource();
      const creating = failed(runtime.client.createCloudSession({ cloud: {} }, source.token));
      const { id } = await runtime.received('session.create');
      source.cancel();
      await creating;
      const other = runtime.client.createCloudSession({ cloud: {} });
      const { id: otherId } = await runtime.received('session.create', 2);
      runtime.respond(id, { sessionId: 's1' });
      await runtime.received('session.destroy');
      const refused = await runtime.request('m', { sessionId: 's1' }).answer;
      assert.equal(refused.error?.code, -32603);
      assert.notDeepEqual(refused.error, ENDED);
      runtime.respond(otherId, { sessionId: 's2' });
      await other;
    });

    it('reports a destroy that fails, and nothing else', async () => {
      const runtime = start();
      runtime.on('session.destroy', ({ id }) => runtime.fail(id, -32603, 'busy'));
      const source = new CancellationTokenSource();
      const creating = failed(runtime.client.createCloudSession({ cloud: {} }, source.token));
      const { id } = await runtime.received('session.create');
      source.cancel();
      await creating;
      runtime.respond(id, { sessionId: 's1' });
      await until(() => runtime.warnings.some((warning) => /s1 could not be closed: .*busy/.test(warning)));
    });

    it('is not listened for any longer than the create takes', async () => {
      const runtime = start();
      let listeners = 0;
      const token = {
        isCancellationRequested: false,
        onCancellationRequested: () => {
          listeners++;
          return { dispose: () => listeners-- };
        },
      };
      runtime.onCreate(({ id }) => runtime.respond(id, { sessionId: 's1' }));
      await runtime.client.createCloudSession({ cloud: {} }, token);
      runtime.onCreate(({ id }) => runtime.fail(id, -32603, 'no'));
      await failed(runtime.client.createCloudSession({ cloud: {} }, token));
      assert.equal(listeners, 0);
    });

    it('after the session was handed over changes nothing', async () => {
      const runtime = start();
      runtime.onCreate(({ id }) => runtime.respond(id, { sessionId: 's1' }));
      const source = new CancellationTokenSource();
      const session = await runtime.client.createCloudSession({ cloud: {} }, source.token);
      source.cancel();
      await runtime.settle();
      assert.deepEqual([session.isAttached, runtime.requestsOf('session.destroy')], [true, []]);
    });

    it('undoes one’s own registration alone, never a newer one under the same id', async () => {
      const runtime = start();
      runtime.on('session.getMessages', undefined);
      const source = new CancellationTokenSource();
      const creating = failed(runtime.client.createCloudSession({ cloud: {} }, source.token));
      const { id } = await runtime.received('session.create');
      runtime.respond(id, { sessionId: 's1' });
      await runtime.received('session.getMessages');
      // The first session is disconnected explicitly, and its id is reused by another one.
      await runtime.client.disconnectSession(runtime.client.getSession('s1')!);
      const again = runtime.client.createCloudSession({ cloud: {} });
      const { id: second } = await runtime.received('session.create', 2);
      runtime.respond(second, { sessionId: 's1' });
      const { id: history } = await runtime.received('session.getMessages', 2);
      runtime.respond(history, { events: [] });
      const newer = await again;
      source.cancel();
      await creating;
      await runtime.settle();
      assert.equal(runtime.client.getSession('s1'), newer);
      assert.equal(newer.isAttached, true);
      // Only the disconnected session is destroyed: a second call would end the newer one.
      assert.equal(runtime.requestsOf('session.destroy').length, 1);
    });
  });

  describe('the end of the connection', () => {
    for (const how of ['the runtime ends', 'the client is disposed'] as const) {
      it(`rejects a create in flight and releases what is held when ${how}`, async () => {
        const runtime = start();
        const creating = failed(runtime.client.createCloudSession({ cloud: {} }));
        await runtime.received('session.create');
        runtime.event('s1', event('e1'));
        runtime.request('userInput.request', { sessionId: 's1' });
        await runtime.settle();
        // The timers of the parked request and of the create itself.
        assert.equal(runtime.timers.pending, 2);
        if (how === 'the runtime ends') {
          runtime.end();
        } else {
          runtime.client.dispose();
        }
        assert.equal((await creating).code, 'connection-closed');
        assert.deepEqual([runtime.timers.pending, runtime.responses], [0, []]);
        assert.match(runtime.warnings.join('\n'), /Nobody claimed session s1: 1 events dropped/);
        assert.equal((await failed(runtime.client.createCloudSession({ cloud: {} }))).code, 'connection-closed');
      });
    }

    it('leaves a session that is detached if it comes while the history is read', async () => {
      const runtime = start();
      runtime.on('session.getMessages', undefined);
      const creating = runtime.client.createCloudSession({ cloud: {}, prompt: 'go' });
      const { id } = await runtime.received('session.create');
      runtime.respond(id, { sessionId: 's1' });
      await runtime.received('session.getMessages');
      runtime.end();
      const session = await creating;
      assert.deepEqual([session.isAttached, session.status], [false, 'disconnected']);
      assert.equal(session.outbox.pending[0]?.text, 'go');
      assert.match(session.notes.map(({ text }) => text).join('\n'), /Could not read the history/);
      session.dispose();
    });

    for (const [call, method] of [
      ['createCloudSession', 'session.create'],
      ['connectSession', 'sessions.connect'],
    ] as const) {
      it(`leaves nothing to be read again if it comes while the history is read after ${method}`, async () => {
        const runtime = start();
        runtime.on('session.getMessages', undefined);
        const opening =
          call === 'connectSession'
            ? runtime.client.connectSession('t1')
            : runtime.client.createCloudSession({ cloud: {} });
        const { id } = await runtime.received(method);
        runtime.respond(id, { sessionId: 's1' });
        await runtime.received('session.getMessages');
        runtime.end();
        const session = await opening;
        assert.equal(session.isAttached, false);
        assert.equal(runtime.timers.pending, 0);
        session.dispose();
      });
    }
  });

  describe('the history', () => {
    it('is read once, right after registration, and merged', async () => {
      const runtime = start();
      runtime.history.set('s1', [agentStart(), event('e1'), event('e2'), event('e3')]);
      const creating = runtime.client.createCloudSession({ cloud: {} });
      const { id } = await runtime.received('session.create');
      runtime.event('s1', event('e2'));
      runtime.respond(id, { sessionId: 's1' });
      const session = await creating;
      assert.deepEqual(ids(session.events), ['start', 'e1', 'e2', 'e3']);
      assert.deepEqual(heardBy(session), ['start', 'e1', 'e2', 'e3']);
      runtime.timers.advance(600_000);
      await runtime.settle();
      assert.equal(runtime.requestsOf('session.getMessages').length, 1);
    });

    it('is waited for 2 s and no longer, and merged when it comes', async () => {
      const runtime = start();
      runtime.on('session.getMessages', undefined);
      const creating = runtime.client.createCloudSession({ cloud: {} });
      const { id } = await runtime.received('session.create');
      runtime.respond(id, { sessionId: 's1' });
      const history = await runtime.received('session.getMessages');
      let done = false;
      void creating.then(() => (done = true));
      runtime.timers.advance(1_999);
      await runtime.settle();
      assert.equal(done, false);
      runtime.timers.advance(1);
      const session = await creating;
      runtime.respond(history.id, { events: [agentStart(), event('e1')] });
      await until(() => session.events.length === 2);
    });

    it('is read again, at growing distances, until the agent’s start is in it', async () => {
      const runtime = start();
      const session = await createdSession(runtime, 's1');
      for (const [index, delay] of [2_000, 5_000, 10_000].entries()) {
        runtime.timers.advance(delay - 1);
        await runtime.settle();
        assert.equal(runtime.requestsOf('session.getMessages').length, index + 1);
        runtime.timers.advance(1);
        await runtime.settle();
        assert.equal(runtime.requestsOf('session.getMessages').length, index + 2);
      }
      runtime.history.set('s1', [agentStart()]);
      runtime.timers.advance(20_000);
      await until(() => session.events.length === 1);
      await runtime.settle();
      assert.equal(runtime.timers.pending, 0);
    });

    it('is read for as long as the start is not seen, each minute in the end, and not after that', async () => {
      const runtime = start();
      await createdSession(runtime, 's1');
      for (let minute = 0; minute < 20; minute++) {
        runtime.timers.advance(60_000);
        await runtime.settle();
      }
      assert.equal(runtime.requestsOf('session.getMessages').length, 21);
      runtime.history.set('s1', [agentStart()]);
      runtime.timers.advance(60_000);
      await runtime.settle();
      assert.equal(runtime.timers.pending, 0);

      const started = start();
      await createdSession(started, 's1');
      assert.equal(started.timers.pending, 1);
      started.event('s1', agentStart());
      await started.settle();
      assert.equal(started.timers.pending, 0);
    });

    it('that cannot be read is said, with what may be missing, and read again though the agent has started', async () => {
      const runtime = start();
      runtime.on('session.getMessages', ({ id }) => runtime.fail(id, -32603, 'HTTP 502'));
      const creating = runtime.client.createCloudSession({ cloud: {} });
      const { id } = await runtime.received('session.create');
      const all = [...range('e', 1, 130).map((name) => event(name)), agentStart()];
      all.forEach((one) => runtime.event('s1', one));
      runtime.respond(id, { sessionId: 's1' });
      const session = await creating;
      assert.equal(session.notes.length, 1);
      assert.match(session.notes[0]!.text, /Could not read the history.*502.* 3 events that could not be held/);
      runtime.on('session.getMessages', ({ id: read }) => runtime.respond(read, { events: all }));
      runtime.timers.advance(2_000);
      await until(() => session.events.length === all.length);
      assert.deepEqual(ids(session.events), ids(all));
      assert.equal(session.notes.length, 1);
      await runtime.settle();
      assert.equal(runtime.timers.pending, 0);
    });
  });

  describe('the first prompt', () => {
    it('waits for the agent’s own start, not for that of others', async () => {
      const runtime = start();
      runtime.onCreate(({ id }) => runtime.respond(id, { sessionId: 's1' }));
      runtime.on('session.send', ({ id }) => runtime.respond(id, { messageId: 'm1' }));
      const session = await runtime.client.createCloudSession({ cloud: {}, prompt: 'fix it' });
      runtime.event('s1', event('s', 'session.start', { producer: 'service' }));
      runtime.event('s1', event('r', 'session.requested'));
      await runtime.settle();
      assert.deepEqual(runtime.requestsOf('session.send'), []);
      assert.equal(session.outbox.pending[0]?.state, 'queued');
      runtime.event('s1', agentStart());
      const { params } = await runtime.received('session.send');
      assert.deepEqual(params, { sessionId: 's1', prompt: 'fix it', mode: 'enqueue' });
      await until(() => session.outbox.pending[0]?.state === 'sent');
      runtime.event('s1', userMessage('u1', 'fix it'));
      await until(() => session.outbox.pending.length === 0);
    });

    it('goes out at once if the start came before the answer, or with the history', async () => {
      for (const early of [true, false]) {
        const runtime = start();
        runtime.onCreate(({ id }) => {
          if (early) {
            runtime.event('s1', agentStart());
          } else {
            runtime.history.set('s1', [agentStart()]);
          }
          runtime.respond(id, { sessionId: 's1' });
        });
        await runtime.client.createCloudSession({ cloud: {}, prompt: 'fix it' });
        await runtime.received('session.send');
      }
    });

    it('is none if it is blank, and its refusal is no failure of the create', async () => {
      const runtime = start();
      runtime.onCreate(({ id }) => runtime.respond(id, { sessionId: `s${id}` }));
      runtime.on('session.send', ({ id }) => runtime.fail(id, -32603, 'HTTP 429'));
      const blank = await runtime.client.createCloudSession({ cloud: {}, prompt: ' \n' });
      assert.deepEqual(blank.outbox.pending, []);
      const session = await runtime.client.createCloudSession({ cloud: {}, prompt: 'go' });
      runtime.event(session.sessionId, agentStart());
      await until(() => session.outbox.pending[0]?.state === 'failed');
      assert.equal(session.outbox.pending[0]?.error?.code, 'rate-limited');
    });
  });

  describe('connect', () => {
    function answering(runtime: MemoryRuntime, answer: unknown, before: () => void = () => undefined): void {
      runtime.on('sessions.connect', ({ id }) => {
        before();
        runtime.respond(id, answer);
      });
    }

    it('asks for the task, and knows the session by its own id', async () => {
      const runtime = start();
      runtime.history.set('s1', [agentStart(), event('e1')]);
      answering(runtime, { sessionId: 's1' });
      const session = await runtime.client.connectSession('t1', { repository: 'octo/app' });
      assert.deepEqual(runtime.requestsOf('sessions.connect')[0]!.params, { sessionId: 't1' });
      assert.deepEqual(session.details, { repository: 'octo/app', isRemote: true, taskId: 't1' });
      assert.deepEqual(ids(session.events), ['start', 'e1']);
      assert.equal(runtime.client.getSession('s1'), session);
    });

    it('takes the task’s id from the answer, if that says one', async () => {
      const runtime = start();
      answering(runtime, { sessionId: 's1', metadata: { resourceId: 'task' } });
      assert.equal((await runtime.client.connectSession('s1')).details.taskId, 'task');
    });

    it('holds a history that comes before the answer, also of a session that was closed before', async () => {
      const runtime = start();
      answering(runtime, { sessionId: 's1' }, () => range('e', 1, 3).forEach((id) => runtime.event('s1', event(id))));
      const session = await runtime.client.connectSession('t1');
      assert.deepEqual(ids(session.events), ['e1', 'e2', 'e3']);
      await runtime.client.disconnectSession(session);
      assert.deepEqual(ids((await runtime.client.connectSession('t1')).events), ['e1', 'e2', 'e3']);
    });

    it('gives the session that is open already', async () => {
      const runtime = start();
      answering(runtime, { sessionId: 's1' });
      const [one, two] = await Promise.all([runtime.client.connectSession('t1'), runtime.client.connectSession('t1')]);
      assert.equal(one, two);
      assert.equal(await runtime.client.connectSession('t1'), one);
    });

    it('fills up a session of an earlier connection, without a duplicate or a hole', async () => {
      const runtime = start();
      const session = await createdSession(runtime, 's1');
      runtime.event('s1', agentStart());
      runtime.event('s1', event('e1'));
      runtime.event('s1', ephemeral('d1'));
      await until(() => session.events.length === 3);
      const heard = heardBy(session);
      runtime.client.dispose();
      assert.equal(session.status, 'disconnected');

      const next = start();
      next.history.set('s1', [agentStart(), event('e1'), event('e2')]);
      answering(next, { sessionId: 's1' });
      assert.equal(await next.client.connectSession('t1', {}, session), session);
      assert.deepEqual([session.isAttached, session.details.taskId], [true, 't1']);
      assert.deepEqual(heard, ['start', 'e1', 'd1', 'e2']);
      assert.deepEqual(ids(session.events), ['start', 'e1', 'e2', 'd1']);
    });

    it('makes a new session if the runtime now names another id: the old one would receive nothing', async () => {
      const runtime = start();
      const old = await createdSession(runtime, 'task-id');
      old.update({ repository: 'octo/app' });
      runtime.client.dispose();
      const next = start();
      answering(next, { sessionId: 'own-id' });
      const session = await next.client.connectSession('task-id', {}, old);
      assert.notEqual(session, old);
      assert.deepEqual([session.sessionId, session.details.repository], ['own-id', 'octo/app']);
      next.event('own-id', event('e1'));
      await until(() => session.events.length === 1);
    });

    it('rejects with the reason, and holds nothing afterwards', async () => {
      const runtime = start();
      runtime.on('sessions.connect', ({ id }) => runtime.fail(id, -32603, 'Session not found: t1'));
      const error = await failed(runtime.client.connectSession('t1'));
      assert.equal(error.code, 'session-not-found');
      assert.match(error.message, /^Could not connect to the cloud session/);
      answering(runtime, {});
      assert.equal((await failed(runtime.client.connectSession('t1'))).code, 'response-invalid');
      const refused = await runtime.request('m', { sessionId: 's1' }).answer;
      assert.notDeepEqual(refused.error, ENDED);
    });

    it('is attached though the history cannot be read, and says so', async () => {
      const runtime = start();
      answering(runtime, { sessionId: 's1' });
      runtime.on('session.getMessages', ({ id }) => runtime.respond(id, { nothing: true }));
      const session = await runtime.client.connectSession('t1');
      assert.equal(session.isAttached, true);
      assert.match(session.notes[0]!.text, /session\.getMessages cannot be used/);
    });
  });
});

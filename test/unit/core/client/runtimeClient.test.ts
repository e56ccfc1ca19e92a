import assert from 'node:assert/strict';
import { CancellationTokenSource } from 'vscode-jsonrpc/node';
import type { RuntimeClient } from '../../../../src/core/client/runtimeClient';
import { Rpc } from '../../../../src/core/rpc/methods';
import { explainRequestError } from '../../../../src/core/rpc/rpcErrors';
import { createdSession, MemoryRuntime, turn, until } from '../../../support/memoryRuntime';
import { event, ids } from '../../../support/sessionEvents';

/** As a session reads its history. */
const readHistory = (client: RuntimeClient) =>
  client.request(Rpc.getMessages, { sessionId: 's' }).catch((error: unknown) => {
    throw explainRequestError((reason) => `Could not read the history of the session: ${reason}`, error);
  });

describe('RuntimeClient', () => {
  let runtime: MemoryRuntime;

  beforeEach(() => {
    runtime = new MemoryRuntime();
  });

  afterEach(() => runtime.client.dispose());

  describe('handshake', () => {
    const OK = { ok: true, protocolVersion: 3, version: '1.0.102' };

    it('says the token, if there is one, and learns the version', async () => {
      runtime.on('connect', ({ id }) => runtime.respond(id, OK));
      assert.deepEqual(await runtime.client.handshake('secret'), { protocolVersion: 3, version: '1.0.102' });
      await runtime.client.handshake();
      assert.deepEqual(
        runtime.requests.map(({ method, params }) => [method, params]),
        [
          ['connect', { token: 'secret' }],
          ['connect', {}],
        ],
      );
    });

    it('falls back to ping where connect is not known', async () => {
      runtime.on('connect', ({ id }) => runtime.fail(id, -32601, 'Unhandled method connect'));
      runtime.on('ping', ({ id }) => runtime.respond(id, { protocolVersion: 3, timestamp: 1 }));
      assert.deepEqual(await runtime.client.handshake(), { protocolVersion: 3, version: undefined });
    });

    const others: readonly (readonly [answer: unknown, said: RegExp])[] = [
      [{ ok: true, protocolVersion: 2 }, /version 2 /],
      [{ ok: true, protocolVersion: 4, version: '2.0.0' }, /version 4 /],
      [{ ok: true }, /does not say which version/],
      [{ protocolVersion: '3' }, /does not say which version/],
      [null, /does not say which version/],
    ];
    for (const [answer, said] of others) {
      it(`refuses ${JSON.stringify(answer)}, from either call`, async () => {
        runtime.on('connect', ({ id }) => runtime.respond(id, answer));
        await assert.rejects(runtime.client.handshake(), { code: 'protocol-version', message: said });
        runtime.on('connect', ({ id }) => runtime.fail(id, -32601, 'no'));
        runtime.on('ping', ({ id }) => runtime.respond(id, answer));
        await assert.rejects(runtime.client.handshake(), { code: 'protocol-version', message: said });
      });
    }

    it('fails with the runtime’s reason, without asking otherwise', async () => {
      runtime.on('connect', ({ id }) => runtime.fail(id, -32603, 'AUTHENTICATION_FAILED: wrong token'));
      await assert.rejects(runtime.client.handshake('wrong'), { code: 'handshake-failed', message: /wrong token/ });
      assert.equal(runtime.requests.length, 1);
      runtime.on('connect', ({ id }) => runtime.fail(id, -32601, 'no'));
      runtime.on('ping', ({ id }) => runtime.fail(id, -32601, 'no ping either'));
      await assert.rejects(runtime.client.handshake(), { code: 'handshake-failed', message: /no ping either/ });
    });

    it('fails when the stream ends, or is not of a runtime', async () => {
      const handshake = runtime.client.handshake();
      runtime.write('bash: copilot: command not found\r\n\r\nusage: ...\n');
      runtime.end();
      await assert.rejects(handshake, { code: 'handshake-failed', message: /closed/ });
      assert.match(runtime.warnings.join('\n'), /not a JSON-RPC message.*command not found/);
    });
  });

  describe('calls', () => {
    it('carry what the runtime needs, and read what it answers', async () => {
      const { client } = runtime;
      runtime.on('auth.getStatus', ({ id }) => runtime.respond(id, { isAuthenticated: true, login: 'octo' }));
      runtime.on('sessions.list', ({ id }) => runtime.respond(id, { sessions: [{ sessionId: 'a' }, {}] }));
      runtime.on('session.delete', ({ id }) => runtime.respond(id, { success: true }));
      runtime.on('runtime.shutdown', ({ id }) => runtime.respond(id, null));
      runtime.history.set('s', [event('e1')]);
      assert.equal((await client.getAuthStatus()).login, 'octo');
      assert.deepEqual(await client.listSessions('remote'), [{ sessionId: 'a' }]);
      assert.deepEqual(ids((await readHistory(client)).events), ['e1']);
      await client.deleteSession('s');
      await client.shutdown();
      assert.deepEqual(
        runtime.requests.map(({ method, params }) => [method, params]),
        [
          ['auth.getStatus', {}],
          ['sessions.list', { source: 'remote', throwOnError: true }],
          ['session.getMessages', { sessionId: 's' }],
          ['session.delete', { sessionId: 's' }],
          ['runtime.shutdown', {}],
        ],
      );
    });

    it('say what could not be done, and why', async () => {
      const { client } = runtime;
      for (const method of ['auth.getStatus', 'sessions.list', 'session.getMessages']) {
        runtime.on(method, ({ id }) => runtime.fail(id, -32603, `Request ${method} failed with message: HTTP 503`));
      }
      runtime.on('session.delete', ({ id }) =>
        runtime.respond(id, { success: false, error: 'It is a cloud session.' }),
      );
      const unavailable = { code: 'service-unavailable' };
      await assert.rejects(client.getAuthStatus(), unavailable);
      await assert.rejects(client.listSessions('all'), { ...unavailable, message: /^Could not list the sessions: / });
      await assert.rejects(readHistory(client), unavailable);
      await assert.rejects(client.deleteSession('s'), /It is a cloud session/);
    });

    it('pass a cancellation on to the runtime', async () => {
      const source = new CancellationTokenSource();
      const list = runtime.client.listSessions('all', source.token);
      const { id } = await runtime.received('sessions.list');
      source.cancel();
      await until(() => runtime.notifications.length === 1);
      assert.deepEqual(runtime.notifications, [{ method: '$/cancelRequest', params: { id } }]);
      runtime.fail(id, -32800, 'Request cancelled');
      // A cancellation by the caller has no next step; one by the runtime has.
      await assert.rejects(list, { code: 'cancelled', nextStep: undefined });
      runtime.on('sessions.list', ({ id: next }) => runtime.fail(next, -32800, 'Request cancelled'));
      await assert.rejects(runtime.client.listSessions('all'), { code: 'cancelled', nextStep: 'Try again.' });
    });

    it('name what they were about when they fail', async () => {
      const named = new MemoryRuntime({ account: () => ({ account: 'mona', host: 'acme.ghe.com' }) });
      named.onCreate(({ id }) => named.fail(id, -32603, 'Request session.create failed with message: Not Found'));
      await assert.rejects(named.client.createCloudSession({ cloud: { repository: { owner: 'octo', name: 'app' } } }), {
        code: 'repository-not-found',
        message: /acme\.ghe\.com has no repository octo\/app that the account mona can read/,
      });
      named.client.dispose();
      runtime.on('session.name.set', ({ id }) => runtime.fail(id, -32603, 'Method not found: session.name.set'));
      const session = await createdSession(runtime, 's1');
      await assert.rejects(session.rename('new name'), { code: 'not-supported', message: /does not support/ });
      runtime.on('session.name.set', ({ id }) =>
        runtime.respond(id, { success: false, error: 'line 512 is too long' }),
      );
      await assert.rejects(session.rename('new name'), { code: 'request-failed', message: /line 512 is too long/ });
    });

    it('fail at once, and with the size, when the answer is too large to be read', async () => {
      const { client } = runtime;
      const huge = 'x'.repeat(1024 * 1024);
      const respondHuge = (id: number | string, idLast: boolean) => {
        const head = idLast
          ? '{"jsonrpc":"2.0","result":{"events":["'
          : `{"jsonrpc":"2.0","id":${id},"result":{"events":["`;
        const tail = idLast ? `"]},"more":{},"id":${id},"last":null}` : '"]}}';
        runtime.write(`Content-Length: ${head.length + 70 * huge.length + tail.length}\r\n\r\n${head}`);
        for (let count = 0; count < 70; count++) {
          runtime.write(huge);
        }
        runtime.write(tail);
      };
      runtime.on('session.getMessages', ({ id }) => respondHuge(id, false));
      await assert.rejects(readHistory(client), {
        code: 'response-too-large',
        message: /70 MB, more than the limit of 64 MB/,
        nextStep: /on the web/,
      });
      // If the answer cannot be matched to a call, the call times out and its error mentions the omitted message.
      runtime.on('session.getMessages', ({ id }) => respondHuge(id, true));
      const waiting = assert.rejects(readHistory(client), {
        code: 'timeout',
        message: /in 60 s\. Meanwhile a message of 734\d+ bytes was left out/,
      });
      while (!runtime.warnings.some((text) => text.includes('An answer of'))) {
        await turn();
      }
      runtime.timers.advance(60_000);
      await waiting;
    });
  });

  describe('disconnecting', () => {
    it('lets go of the session, and takes nothing more for it', async () => {
      const session = await createdSession(runtime, 's1');
      await runtime.client.disconnectSession(session);
      assert.deepEqual(runtime.requestsOf('session.destroy')[0]!.params, { sessionId: 's1' });
      runtime.event('s1', event('late'));
      await runtime.settle();
      assert.deepEqual(
        [session.status, session.events, runtime.client.getSession('s1')],
        ['disconnected', [], undefined],
      );
      assert.match(session.notes.at(-1)!.text, /The agent continues/);
    });

    it('does nothing for a session that is not open here', async () => {
      const old = await createdSession(runtime, 's1');
      await runtime.client.disconnectSession(old);
      const newer = await createdSession(runtime, 's1');
      await runtime.client.disconnectSession(old);
      assert.equal(runtime.requestsOf('session.destroy').length, 1);
      assert.equal(newer.isAttached, true);
    });

    it('is local even if the runtime cannot let go, and says so', async () => {
      const session = await createdSession(runtime, 's1');
      runtime.on('session.destroy', ({ id }) => runtime.fail(id, -32603, 'busy'));
      await assert.rejects(runtime.client.disconnectSession(session), /Could not stop watching the session: busy/);
      assert.equal(session.isAttached, false);
    });
  });

  describe('the end', () => {
    for (const how of ['the runtime ends', 'the client is disposed'] as const) {
      it(`rejects everything in flight and later when ${how}, tells it once, and detaches the sessions`, async () => {
        const { client } = runtime;
        const session = await createdSession(runtime, 's1');
        runtime.on('session.getMessages', undefined);
        let closes = 0;
        client.onDidClose(() => closes++);
        const calls = [client.listSessions('all'), readHistory(client), client.shutdown(), session.abort()];
        const outcomes = Promise.allSettled(calls);
        await runtime.received('session.abort');
        assert.equal(closes, 0);
        if (how === 'the runtime ends') {
          runtime.end();
        } else {
          client.dispose();
        }
        assert.deepEqual(
          (await outcomes).map(({ status }) => status),
          calls.map(() => 'rejected'),
        );
        await assert.rejects(client.listSessions('all'), { code: 'connection-closed' });
        await assert.rejects(client.request(Rpc.ping, {}), { code: 'connection-closed' });
        runtime.end();
        client.dispose();
        await runtime.settle();
        assert.deepEqual([closes, session.status], [1, 'disconnected']);
        assert.equal(session.notes.filter(({ level }) => level === 'warning').length, 1);
        assert.equal(client.getSession('s1'), undefined);
      });
    }

    it('comes after the events that came before it', async () => {
      const session = await createdSession(runtime, 's1');
      const list = runtime.client.listSessions('all');
      const { id } = await runtime.received('sessions.list');
      runtime.inOneChunk(() => {
        runtime.respond(id, { sessions: [] });
        runtime.event('s1', event('last words'));
      });
      runtime.end();
      assert.deepEqual(await list, []);
      await until(() => !session.isAttached);
      assert.deepEqual(ids(session.events), ['last words']);
    });

    it('hears nothing more of the stream once it is disposed', async () => {
      const session = await createdSession(runtime, 's1');
      runtime.client.dispose();
      runtime.event('s1', event('late'));
      runtime.request('m', { sessionId: 's1' });
      await runtime.settle();
      assert.deepEqual([session.events, runtime.responses], [[], []]);
    });
  });

  describe('what a runtime may send', () => {
    it('is answered with MethodNotFound if it is a request that names no session', async () => {
      for (const params of [{}, { sessionId: 5 }, { sessionId: null }]) {
        assert.equal((await runtime.request('userInput.request', params).answer).error?.code, -32601);
      }
    });

    it('may be malformed in any way: what comes later still arrives', async () => {
      const session = await createdSession(runtime, 's1');
      runtime.on('sessions.list', ({ id }) => runtime.respond(id, { sessions: [] }));
      const odd: readonly object[] = [
        { method: 'session.event' },
        { method: 'session.event', params: null },
        { method: 'session.event', params: [] },
        { method: 'session.event', params: 'text' },
        { method: 'session.event', params: {} },
        { method: 'session.event', params: { sessionId: 5, event: event('x') } },
        { method: 'session.event', params: { sessionId: 's1' } },
        { method: 'session.event', params: { sessionId: 's1', event: null } },
        { method: 'session.event', params: { sessionId: 's1', event: 'text' } },
        { method: 'session.lifecycle', params: { sessionId: 's1' } },
        { method: 'session.lifecycle', params: { sessionId: 's1', type: {} } },
        { method: 5 },
        { method: '$/cancelRequest' },
        { method: '$/progress', params: {} },
        { id: 10_000, result: {} },
        { id: null, error: { code: 1, message: 'm' } },
        { id: {}, method: 'm', params: { sessionId: 's1' } },
        { result: 5 },
        {},
      ];
      runtime.inOneChunk(() => odd.forEach((message) => runtime.send(message)));
      odd.forEach((message) => runtime.send(message));
      runtime.write('garbage\r\n\r\n');
      runtime.write('Content-Length: 9\r\n\r\n{"broken"');
      runtime.event('s1', event('after'));
      await until(() => session.events.length === 1);
      assert.deepEqual(await runtime.client.listSessions('all'), []);
      assert.equal((await runtime.request('m', { sessionId: 's1' }).answer).error?.code, -32601);
      assert.equal(runtime.isClosed, false);
      assert.match(runtime.warnings.join('\n'), /Malformed message from the runtime/);
    });

    it('may be events of types that nobody knows: they are kept, and each type is named once in the log', async () => {
      const first = await createdSession(runtime, 's1');
      const second = await createdSession(runtime, 's2');
      runtime.event('s1', event('a', 'vendor.new'));
      runtime.event('s1', event('b', 'vendor.new'));
      runtime.event('s2', event('c', 'vendor.new'));
      runtime.event('s2', event('d', 'session.indexed_search'));
      await until(() => first.events.length === 2 && second.events.length === 2);
      assert.deepEqual([ids(first.events), first.notes, second.notes], [['a', 'b'], [], []]);
      const named = runtime.infos.filter((message) => message.includes('does not know'));
      assert.equal(named.length, 1, named.join('\n'));
      assert.match(named[0] ?? '', /"vendor\.new"/);
    });

    it('may be an event of 5 MB', async () => {
      const session = await createdSession(runtime, 's1');
      runtime.event('s1', event('big', 'assistant.message', { content: 'x'.repeat(5_000_000) }));
      runtime.event('s1', event('after'));
      await until(() => session.events.length === 2);
    });

    it('tells of sessions that are not open here', async () => {
      const told: string[] = [];
      runtime.client.onLifecycle(({ sessionId, type }) => told.push(`${sessionId} ${type}`));
      runtime.lifecycle('elsewhere', 'session.created');
      await until(() => told.length === 1);
      assert.deepEqual(told, ['elsewhere session.created']);
    });
  });
});

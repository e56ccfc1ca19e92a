import assert from 'node:assert/strict';
import { CancellationTokenSource } from 'vscode-jsonrpc/node';
import { QuestionService } from '../../../../src/core/questions/questionService';
import { SessionStore } from '../../../../src/core/store/sessionStore';
import { ManualTimers } from '../../../support/manualTimers';
import { MemoryRuntime, until, type ClientRequest, type RuntimeRequest } from '../../../support/memoryRuntime';
import { agentStart, event } from '../../../support/sessionEvents';

/** A store and a question service over an in-memory runtime, composed as in the extension. */
function stage() {
  const timers = new ManualTimers();
  const store = new SessionStore({ get: () => undefined, set: () => undefined }, () => undefined, timers.create);
  const questionService = new QuestionService(store, timers.create);
  const runtime = new MemoryRuntime({
    handleRequest: (session, request) => questionService.handleRequest(session, request),
  });
  runtime.on('sessions.list', ({ id }) => runtime.respond(id, { sessions: [] }));
  runtime.onCreate(({ id }) => runtime.respond(id, { sessionId: 's1' }));
  runtime.on('sessions.connect', ({ id }) => runtime.respond(id, { sessionId: 's1', metadata: { resourceId: 't1' } }));
  runtime.on('session.metadata.snapshot', ({ id }) => runtime.respond(id, { remoteMetadata: { resourceId: 't1' } }));
  runtime.history.set('s1', [agentStart()]);
  store.setClient(runtime.client);
  return { timers, store, questionService, runtime };
}

const METHODS: Readonly<Record<string, object>> = {
  'userInput.request': { question: 'Which?', choices: ['a', 'b'] },
  'exitPlanMode.request': { summary: 'A plan', actions: ['interactive'] },
  'autoModeSwitch.request': { errorCode: 'limit' },
};

describe('a request of the runtime that a person is to answer', () => {
  /** Every way to end the session or the request, with the expected answer on the wire, if any. */
  const ends: Readonly<
    Record<string, (on: ReturnType<typeof stage>, asked: RuntimeRequest) => Promise<unknown> | undefined>
  > = {
    'the session is no longer watched': ({ store }) => store.disconnect('s1'),
    'the runtime withdraws it': ({ runtime }, asked) => {
      runtime.cancelRequest(asked.id);
      return undefined;
    },
    'the store is disposed of': ({ store }) => {
      store.dispose();
      return undefined;
    },
    'the questionService is disposed of': ({ questionService }) => {
      questionService.dispose();
      return undefined;
    },
    'the runtime lets go of the session': async ({ store, runtime }) => {
      runtime.on('session.abort', ({ id }) => runtime.fail(id, -32603, 'Session not found: s1'));
      await store
        .getSession('s1')
        ?.abort()
        .catch(() => undefined);
    },
  };
  for (const [how, end] of Object.entries(ends)) {
    for (const [method, params] of Object.entries(METHODS)) {
      it(`${method}: is answered with an error, once, when ${how}, and the question goes`, async () => {
        const on = stage();
        await on.store.create({ cloud: {} });
        const asked = on.runtime.request(method, { sessionId: 's1', ...params });
        await until(() => on.questionService.list().length === 1, 'the question');
        assert.deepEqual(
          [on.store.getSession('s1')?.waitsForPerson, on.store.find('s1')?.status],
          [true, 'needs input'],
        );
        await end(on, asked);
        assert.ok((await asked.answer).error);
        await on.runtime.settle();
        assert.deepEqual([on.runtime.answersTo(asked).length, on.questionService.list()], [1, []]);
        assert.notEqual(on.store.getSession('s1')?.waitsForPerson, true);
      });
    }
  }

  for (const [what, asksElse] of [
    ['is answered with an error', false],
    ['goes with what else the session asks', true],
  ] as const) {
    it(`${what} when the create is cancelled while the history is read`, async () => {
      const { store, questionService, runtime } = stage();
      const held: ClientRequest[] = [];
      runtime.on('session.getMessages', (request) => void held.push(request));
      const source = new CancellationTokenSource();
      const creating = assert.rejects(store.create({ cloud: {} }, source.token), { code: 'cancelled' });
      await runtime.received('session.getMessages');
      const asked = runtime.request('userInput.request', { sessionId: 's1', question: 'Which?' });
      if (asksElse) {
        const permission = { requestId: 'p1', permissionRequest: { kind: 'shell' } };
        runtime.event('s1', agentStart());
        runtime.event('s1', event('q', 'permission.requested', permission));
      }
      await until(() => questionService.list().length === (asksElse ? 2 : 1), 'what is asked');
      source.cancel();
      await creating;
      assert.ok((await asked.answer).error);
      await runtime.received('session.destroy');
      assert.deepEqual([questionService.list(), store.openSessions], [[], []]);
    });
  }

  it('is gone when the runtime is, and the row says that it is not connected', async () => {
    const { store, questionService, runtime } = stage();
    await store.create({ cloud: {} });
    runtime.request('userInput.request', { sessionId: 's1', question: 'Which?' });
    await until(() => questionService.list().length === 1, 'the question');
    runtime.end();
    await until(() => runtime.isClosed, 'the end');
    store.setClient(undefined);
    assert.deepEqual([questionService.list(), store.find('s1')?.status], [[], 'disconnected']);
  });

  it('waits no more once it is answered', async () => {
    const { store, questionService, runtime } = stage();
    await store.create({ cloud: {} });
    const asked = runtime.request('userInput.request', { sessionId: 's1', question: 'Which?', choices: ['a'] });
    await until(() => questionService.list().length === 1, 'the question');
    const [question] = questionService.list();
    const closings: string[] = [];
    questionService.onDidClose(({ how }) => closings.push(how));
    await questionService.answer(question!.key, { kind: 'input', answer: 'a', wasFreeform: false });
    assert.deepEqual((await asked.answer).result, { answer: 'a', wasFreeform: false });
    assert.deepEqual([closings, store.getSession('s1')?.waitsForPerson], [['here'], false]);
  });
});

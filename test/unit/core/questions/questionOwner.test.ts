import assert from 'node:assert/strict';
import { CancellationTokenSource } from 'vscode-jsonrpc/node';
import { QuestionService } from '../../../../src/core/questions/questionService';
import { SessionStore } from '../../../../src/core/store/sessionStore';
import { ManualTimers } from '../../../support/manualTimers';
import { createdSession, MemoryRuntime, turn, until } from '../../../support/memoryRuntime';

const ASK = { question: 'Which storage?' };

/** The store, the question service and a runtime, composed as in the extension. */
function extension() {
  const timers = new ManualTimers();
  const store = new SessionStore({ get: () => undefined, set: () => undefined }, () => undefined, timers.create);
  const questionService: QuestionService = new QuestionService(store, timers.create);
  const runtime = new MemoryRuntime({
    handleRequest: (session, request) => questionService.handleRequest(session, request),
  });
  runtime.on('sessions.list', ({ id }) => runtime.respond(id, { sessions: [] }));
  store.setClient(runtime.client);
  const inside = questionService as unknown as Record<'sessions' | 'byKey', Map<unknown, unknown>>;
  return { store, questionService, runtime, timers, left: () => [inside.sessions.size, inside.byKey.size] };
}

describe('the owner of a question', () => {
  it('of a create that is cancelled while its history is read answers with an error, and the question goes', async () => {
    const { store, questionService, runtime, left } = extension();
    runtime.on('session.getMessages', undefined);
    const source = new CancellationTokenSource();
    const creating = store.create({ cloud: {} }, source.token);
    const { id } = await runtime.received('session.create');
    runtime.respond(id, { sessionId: 's1' });
    await runtime.received('session.getMessages');
    const request = runtime.request('userInput.request', { sessionId: 's1', ...ASK });
    await until(() => questionService.list().length === 1);
    source.cancel();
    await assert.rejects(creating, { code: 'cancelled' });
    const { error } = await request.answer;
    assert.equal(error?.code, -32603);
    await runtime.received('session.destroy');
    assert.deepEqual([questionService.list(), left(), runtime.answersTo(request).length], [[], [0, 0], 1]);
  });

  it('that is no longer watched answers before the runtime lets go of the session', async () => {
    const { store, questionService, runtime, left } = extension();
    const creating = store.create({ cloud: {} });
    const { id } = await runtime.received('session.create');
    runtime.respond(id, { sessionId: 's1' });
    await creating;
    const request = runtime.request('exitPlanMode.request', { sessionId: 's1', summary: 'S', actions: [] });
    await until(() => questionService.list().length === 1);
    assert.equal(store.find('s1')?.status, 'needs input');
    await store.disconnect('s1');
    assert.equal((await request.answer).error?.code, -32603);
    assert.deepEqual([questionService.list(), left(), runtime.answersTo(request).length], [[], [0, 0], 1]);
  });

  it('whose runtime is lost forgets the request, and the next runtime’s is another one', async () => {
    const { store, questionService, runtime } = extension();
    const creating = store.create({ cloud: {} });
    const { id } = await runtime.received('session.create');
    runtime.respond(id, { sessionId: 's1' });
    const session = await creating;
    runtime.request('userInput.request', { sessionId: 's1', ...ASK });
    await until(() => questionService.list().length === 1);
    runtime.end();
    await until(() => !session.isAttached);
    assert.deepEqual([questionService.list(), session.waitsForPerson, session.status], [[], false, 'disconnected']);
  });

  it('of a session that no store took answers when that is disposed', async () => {
    const { questionService, runtime, left } = extension();
    const session = await createdSession(runtime);
    const request = runtime.request('autoModeSwitch.request', { sessionId: 's1', errorCode: 'rate_limit' });
    await until(() => questionService.list().length === 1, 'the question is seen, though nobody adopted the session');
    session.dispose();
    assert.equal((await request.answer).error?.code, -32603);
    await turn();
    assert.deepEqual([questionService.list(), left()], [[], [0, 0]]);
  });

  it('keeps nothing of 200 sessions that were watched and let go of', async () => {
    const { store, runtime, timers, left } = extension();
    for (let index = 0; index < 200; index++) {
      const creating = store.create({ cloud: {} });
      const { id } = await runtime.received('session.create', index + 1);
      runtime.respond(id, { sessionId: `s${index}` });
      await creating;
      runtime.request('userInput.request', { sessionId: `s${index}`, ...ASK });
      runtime.event(`s${index}`, {
        id: `e${index}`,
        type: 'permission.requested',
        timestamp: new Date(0).toISOString(),
        parentId: null,
        data: { requestId: 'p1', permissionRequest: { kind: 'shell', fullCommandText: 'ls' } },
      } as never);
      await turn();
      timers.advance(1_000);
      await store.disconnect(`s${index}`);
    }
    await runtime.settle();
    timers.advance(60_000);
    assert.deepEqual(left(), [0, 0]);
    assert.equal(runtime.responses.filter(({ error }) => error?.code === -32603).length, 200);
  });
});

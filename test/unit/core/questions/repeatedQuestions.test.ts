import assert from 'node:assert/strict';
import type { SessionEvent } from '@github/copilot-sdk';
import { ConnectionError, ConnectionErrors, ResponseError } from 'vscode-jsonrpc/node';
import { EntryTexts } from '../../../../src/ui/questions/entryTexts';
import { choicesOf } from '../../../../src/ui/questions/choices';
import { sentenceOf } from '../../../../src/ui/questions/questionTexts';
import { turn } from '../../../support/memoryRuntime';
import { asked, decided, questionService, shell } from './questionFixture';

const ONCE = { kind: 'permission', decision: 'once' } as const;
const same = (requestId: string, toolCallId = 'call'): SessionEvent => shell(requestId, 'npm test', { toolCallId });

describe('questions that are asked more than once', () => {
  it('with the same tool call and content are one, and its answer goes to each id once', async () => {
    const { one, told, calls, deliver, how, session } = await questionService();
    deliver(same('p1'), same('p2'));
    deliver(same('p3'));
    assert.deepEqual([one.list().length, told.length, session.openQuestions], [1, 1, 1]);
    const answering = one.answer(one.list()[0]!.key, ONCE);
    assert.deepEqual(
      calls.map(({ params }) => params['requestId']),
      ['p1', 'p2', 'p3'],
    );
    calls.forEach((call) => call.answer({ success: true }));
    assert.equal(await answering, 'sent');
    deliver(decided('p1', 'approved'), decided('p2', 'approved'));
    assert.equal(one.list().length, 1);
    deliver(decided('p3', 'approved'));
    assert.deepEqual([one.list(), how()], [[], ['here']]);
  });

  it('stay open under the ids that are not resolved elsewhere', async () => {
    const { one, calls, deliver, how } = await questionService();
    deliver(same('p1'), same('p2'));
    deliver(decided('p1', 'denied-interactively-by-user'));
    assert.deepEqual([one.list()[0]?.requestId, how()], ['p2', []]);
    void one.answer(one.list()[0]!.key, ONCE);
    assert.deepEqual(
      calls.map(({ params }) => params['requestId']),
      ['p2'],
    );
  });

  it('give an answer that one of two did not take to the other one only, when it is given again', async () => {
    const { one, calls, deliver } = await questionService();
    deliver(same('p1'), same('p2'));
    const { key } = one.list()[0]!;
    const first = one.answer(key, ONCE);
    calls[0]!.answer({ success: true });
    calls[1]!.fail(new Error('boom'));
    await assert.rejects(first, { name: 'CloudSessionsError' });
    const again = one.answer(key, ONCE);
    assert.deepEqual(
      calls.map(({ params }) => params['requestId']),
      ['p1', 'p2', 'p2'],
    );
    calls[2]!.answer({ success: true });
    assert.equal(await again, 'sent');
  });

  it('after their answer are asked again: told anew, said so, and not answered by what was answered before', async () => {
    for (const isShown of [true, false]) {
      const { one, told, calls, deliver } = await questionService();
      const texts = new EntryTexts(one);
      deliver(same('p1'));
      void one.answer(one.list()[0]!.key, ONCE);
      if (isShown) {
        deliver(decided('p1', 'approved'));
      }
      deliver(same('p2'));
      assert.deepEqual([told.length, calls.length], [2, 1]);
      assert.equal(texts.sentenceOf(told[1]!), 'Asked again: The agent wants to run npm test.');
    }
  });

  it('are asked again also after a reload, which has the first answer in the history only', async () => {
    const { told, catchUp } = await questionService({ caughtUp: false });
    await catchUp(same('p1'), decided('p1', 'approved'), same('p2'));
    assert.deepEqual(
      told.map(({ requestId, isAskedAgain }) => [requestId, isAskedAgain]),
      [['p2', true]],
    );
  });

  it('are one also when they come under new ids after a reconnect', async () => {
    const { one, told, session, attach, changed, catchUp, deliver } = await questionService();
    deliver(same('p1'));
    session.detach('gone');
    changed();
    attach();
    await catchUp(same('q1'));
    assert.deepEqual([one.list().length, told.length, one.list()[0]?.requestIds], [1, 1, ['p1', 'q1']]);
  });

  it('of other tool calls, or of none, are questions of their own, told apart by a number that they keep', async () => {
    const { one, told, deliver } = await questionService();
    const texts = new EntryTexts(one);
    deliver(same('p1', 'a'), same('p2', 'b'), shell('p3', 'npm test'), shell('p4', 'npm test'));
    const sentences = told.map((entry) => texts.sentenceOf(entry));
    assert.equal(new Set(sentences).size, 4);
    deliver(decided('p1', 'approved'));
    assert.deepEqual(
      told.slice(1).map((entry) => texts.sentenceOf(entry)),
      sentences.slice(1),
    );
    deliver(decided('p2', 'approved'), decided('p3', 'approved'), decided('p4', 'approved'));
    assert.equal((texts as unknown as { keys: Map<unknown, unknown> }).keys.size, 0);
  });

  it('whose answer may have been lost with the connection are not confirmed, rather than open', async () => {
    const { one, calls, deliver, session, how } = await questionService();
    deliver(same('p1'));
    const entry = one.list()[0]!;
    const answering = one.answer(entry.key, ONCE);
    session.detach('gone');
    calls[0]!.fail(new ConnectionError(ConnectionErrors.Closed, 'The connection got disposed'));
    await assert.rejects(answering, { code: 'connection-closed' });
    assert.deepEqual([entry.state, entry.isAnswerable], ['unconfirmed', true]);
    deliver(decided('p1', 'approved'));
    assert.deepEqual([one.list(), how()], [[], ['here']]);
  });
});

describe('requests of the runtime that somebody accepted', () => {
  const ASK = { question: 'Which storage?' };

  it('are answered with an error whichever way the session is let go of, and their questions go', async () => {
    for (const way of ['detach', 'dispose', 'unwatch', 'attach', 'questionService'] as const) {
      const { one, session, request, attach, unwatch, timers, how } = await questionService();
      const { answers } = request('userInput.request', ASK);
      assert.deepEqual([session.waitsForPerson, session.status, session.openQuestions], [true, 'needs input', 1]);
      ({
        detach: () => session.detach('gone'),
        dispose: () => session.dispose(),
        unwatch,
        attach,
        questionService: () => one.dispose(),
      })[way]();
      assert.equal((answers as { code: number }[])[0]?.code, -32603, way);
      assert.deepEqual([answers.length, one.list(), session.waitsForPerson, timers.pending], [1, [], false, 0], way);
      assert.equal(way === 'questionService' || how().length === 1, true, way);
    }
  });

  it('are refused by a questionService that is gone', async () => {
    const { one, request } = await questionService();
    one.dispose();
    assert.equal((request('userInput.request', ASK).answers as { code: number }[])[0]?.code, -32601);
  });

  it('are gone with their connection, and nothing is sent', async () => {
    const { one, request, how, session } = await questionService();
    const { inbound, answers } = request('userInput.request', ASK);
    inbound.abandon();
    assert.deepEqual([answers, one.list(), how(), session.waitsForPerson], [[], [], ['disconnected'], false]);
  });

  it('are answered with an error when their event was answered elsewhere', async () => {
    const { one, request, deliver, how } = await questionService();
    const { answers } = request('userInput.request', ASK);
    deliver(asked('user_input.requested', 'i1', ASK));
    deliver(asked('user_input.completed', 'i1', { answer: 'x' }));
    assert.equal((answers as { code: number }[])[0]?.code, -32603);
    assert.deepEqual([one.list(), how()], [[], ['elsewhere']]);
  });

  it('count as one question with their event, and make the row need input without it', async () => {
    const { session, request, deliver } = await questionService();
    deliver(asked('user_input.requested', 'i1', ASK), shell('p1'));
    request('userInput.request', ASK);
    assert.equal(session.openQuestions, 2);
    request('userInput.request', ASK);
    assert.equal(session.openQuestions, 3);
  });

  it('of which the handler lets go of the session while it takes them are answered all the same', async () => {
    const { one, session, request } = await questionService();
    one.onDidAsk(() => session.detach('gone'));
    const { answers } = request('userInput.request', ASK);
    assert.deepEqual([answers.length, one.list(), session.waitsForPerson], [1, [], false]);
  });
});

describe('permissions that only the runtime’s list tells of', () => {
  const pending = [{ requestId: 'p9', request: { kind: 'commands', fullCommandText: 'make' } }];

  it('make the row need input, and go when the agent’s work ends', async () => {
    const { one, session, deliver, changed } = await questionService({ pending });
    await turn();
    assert.deepEqual([session.status, session.openQuestions, one.list().length], ['needs input', 1, 1]);
    deliver(asked('user.message', '', { content: 'go on' }));
    assert.equal(session.status, 'needs input');
    deliver(asked('session.idle', ''));
    changed();
    assert.deepEqual([session.status, session.openQuestions, one.list()], ['idle', 0, []]);
  });

  it('are asked for again when that failed, and not of a runtime that does not know how to list them', async () => {
    const failing = await questionService({ pending, listFailure: new ResponseError(-32603, '502 Bad Gateway') });
    await turn();
    assert.deepEqual([failing.listings.count, failing.one.list().length], [1, 0]);
    failing.listings.failure = undefined;
    failing.timers.advance(1_000);
    await turn();
    assert.deepEqual([failing.listings.count, failing.session.status], [2, 'needs input']);
    const old = await questionService({ pending, listFailure: new ResponseError(-32601, 'Method not found') });
    await turn();
    old.timers.advance(600_000);
    await turn();
    assert.equal(old.listings.count, 1);
  });

  it('do not come back from a list that was asked for before the session was let go of', async () => {
    const { one, catchUp, unwatch } = await questionService({ caughtUp: false, pending });
    const reading = catchUp();
    unwatch();
    await reading;
    assert.deepEqual(one.list(), []);
  });
});

describe('what an agent waits for and nobody can answer here', () => {
  it('is shown as waiting, with a page only if it is one that may be opened, and the ways out', async () => {
    const { one, session, deliver } = await questionService();
    const signIn = (requestId: string, authorizationUrl?: string): SessionEvent =>
      asked('mcp.oauth_required', requestId, {
        serverName: 'jira',
        serverUrl: 'https://jira.example/mcp',
        authorizationUrl,
      });
    deliver(
      signIn('o1', 'https://jira.example/authorize'),
      signIn('o2', 'javascript:alert(1)'),
      signIn('o3', 'https://me:secret@jira.example/'),
      asked('sampling.requested', 's1', { serverName: 'jira' }),
      asked('external_tool.requested', 't1', { toolName: 'open_file', toolCallId: 'c' }),
    );
    assert.equal(session.status, 'needs input');
    const titles = one
      .list()
      .map(({ question }) => choicesOf(question).map(({ title }) => title))
      .reverse();
    const out = ['Open on the Web', 'Stop Agent'];
    assert.deepEqual(titles, [['Open Page…', ...out], out, out, out, out]);
    assert.match(sentenceOf(one.list().at(-1)!.question), /The MCP server jira .*sign in/);
    deliver(
      asked('mcp.oauth_completed', 'o1', { outcome: 'token' }),
      asked('mcp.oauth_completed', 'o2', { outcome: 'cancelled' }),
      asked('mcp.oauth_completed', 'o3', { outcome: 'cancelled' }),
      asked('sampling.completed', 's1'),
      asked('external_tool.completed', 't1'),
    );
    assert.deepEqual([one.list(), session.status], [[], 'working']);
  });
});

import assert from 'node:assert/strict';
import { turn } from '../../../support/memoryRuntime';
import { asked, decided, questionService, shell } from './questionFixture';

const ONCE = { kind: 'permission', decision: 'once' } as const;
const DENY = { kind: 'permission', decision: 'deny' } as const;
const STORAGE = { question: 'Which storage?', choices: ['SQLite', 'a file'], allowFreeform: true };

describe('QuestionService', () => {
  it('tells of each question once, and answers nothing by itself', async () => {
    const { one, told, calls, deliver, timers } = await questionService();
    deliver(shell('p1'), shell('p2'));
    deliver();
    timers.advance(3_600_000);
    assert.deepEqual(
      told.map(({ requestId }) => requestId),
      ['p1', 'p2'],
    );
    assert.deepEqual(calls, []);
    assert.deepEqual(
      one.list().map(({ requestId, state }) => [requestId, state]),
      [
        ['p2', 'open'],
        ['p1', 'open'],
      ],
    );
  });

  it('sends an answer once, and closes the question when the session shows it', async () => {
    const { one, calls, deliver, how, timers, stalled } = await questionService();
    deliver(shell('p1'));
    const { key } = one.list()[0]!;
    const first = one.answer(key, ONCE);
    assert.equal(await one.answer(key, DENY), 'already');
    assert.deepEqual(
      calls.map(({ method, params }) => [method, params]),
      [
        [
          'session.permissions.handlePendingPermissionRequest',
          { sessionId: 's', requestId: 'p1', result: { kind: 'approve-once' } },
        ],
      ],
    );
    calls[0]!.answer({ success: true });
    assert.equal(await first, 'sent');
    assert.equal(one.get(key)?.state, 'answered', 'taken by the runtime is not yet decided');
    assert.equal(await one.answer(key, DENY), 'already');
    deliver(decided('p1', 'approved'));
    assert.deepEqual([one.list(), how()], [[], ['here']]);
    assert.equal(await one.answer(key, DENY), 'gone');
    timers.advance(60_000);
    assert.deepEqual([stalled, calls.length], [[], 1]);
  });

  it('closes by itself what is answered elsewhere, withdrawn, or no longer watched', async () => {
    const { one, deliver, how, unwatch } = await questionService();
    deliver(shell('p1'), shell('p2'), shell('p3'));
    deliver(decided('p1', 'denied-interactively-by-user'));
    assert.deepEqual(how(), ['elsewhere']);
    deliver(asked('abort', '', { reason: 'user' }));
    assert.deepEqual(how(), ['elsewhere', 'withdrawn', 'withdrawn']);
    deliver(shell('p4'));
    unwatch();
    assert.deepEqual([how().at(-1), one.list()], ['unwatched', []]);
  });

  it('closes a request with the event of the same question, also where that comes and goes between two looks', async () => {
    const asks = asked('user_input.requested', 'i1', STORAGE);
    const ends = asked('user_input.completed', 'i1', { answer: 'SQLite' });
    const event = (one: typeof asks) =>
      ({ kind: 'event', notification: { method: 'session.event', params: { sessionId: 's', event: one } } }) as const;
    for (const isFirst of [true, false]) {
      const { one, session, request, how, changed } = await questionService();
      if (isFirst) {
        session.deliver(event(asks));
      }
      const { answers } = request('userInput.request', STORAGE);
      if (!isFirst) {
        session.deliver(event(asks));
      }
      assert.equal(session.status, 'needs input');
      session.deliver(event(ends));
      assert.deepEqual([session.status, answers.length, one.list()], ['working', 1, []]);
      changed();
      assert.deepEqual([how(), one.list()], [['elsewhere'], []]);
    }
  });

  it('says when somebody else decided otherwise', async () => {
    const { one, calls, deliver, how } = await questionService();
    deliver(shell('p1'));
    const answering = one.answer(one.list()[0]!.key, DENY);
    calls[0]!.answer({ success: true });
    await answering;
    deliver(decided('p1', 'approved'));
    assert.deepEqual(how(), ['contradicted']);
  });

  it('says after 10 s that an answer is not confirmed, and lets it be given again', async () => {
    const { one, calls, deliver, stalled, timers, how } = await questionService();
    deliver(shell('p1'));
    const { key } = one.list()[0]!;
    const answering = one.answer(key, ONCE);
    calls[0]!.answer({ success: true });
    await answering;
    timers.advance(9_999);
    assert.deepEqual([stalled.length, one.get(key)?.state], [0, 'answered']);
    timers.advance(1);
    assert.deepEqual([stalled.length, one.get(key)?.state], [1, 'unconfirmed']);
    const again = one.answer(key, ONCE);
    calls[1]!.answer({ success: false });
    assert.equal(await again, 'gone');
    assert.equal(one.get(key)?.state, 'refused');
    deliver(decided('p1', 'approved'));
    assert.deepEqual(how(), ['elsewhere'], 'of what was refused nobody knows whose answer it is');
  });

  it('keeps a question open whose answer could not be sent', async () => {
    const { one, calls, deliver } = await questionService();
    deliver(shell('p1'));
    const entry = one.list()[0]!;
    const answering = one.answer(entry.key, ONCE);
    calls[0]!.fail(new Error('boom'));
    await assert.rejects(answering, { name: 'CloudSessionsError' });
    assert.deepEqual([entry.state, entry.answer, entry.failure !== undefined], ['open', undefined, true]);
  });

  it('takes no answer that was not offered', async () => {
    const { one, calls, deliver } = await questionService();
    deliver(shell('p1'), asked('user_input.requested', 'i1', { ...STORAGE, allowFreeform: false }));
    const [input, permission] = one.list();
    for (const [entry, answer] of [
      [permission!, { kind: 'permission', decision: 'session' }],
      [permission!, { kind: 'autoMode', response: 'yes' }],
      [input!, { kind: 'input', answer: 'Oracle', wasFreeform: false }],
      [input!, { kind: 'input', answer: 'Oracle', wasFreeform: true }],
    ] as const) {
      await assert.rejects(one.answer(entry.key, answer), { code: 'invalid-argument' });
    }
    assert.deepEqual(calls, []);
  });

  it('does not let the answer to an old question reach a new one with the same id', async () => {
    const { one, deliver, how, calls } = await questionService();
    deliver(shell('p1', 'ls'));
    const { key } = one.list()[0]!;
    deliver(shell('p1', 'rm -rf /'));
    assert.deepEqual(how(), ['withdrawn']);
    assert.equal(await one.answer(key, ONCE), 'gone');
    assert.deepEqual(calls, []);
    assert.equal(one.list().length, 1);
  });

  describe('requests of the runtime', () => {
    it('and the event of the same question are one question, whichever comes first; the request is answered', async () => {
      for (const requestFirst of [true, false]) {
        const { one, told, request, deliver, calls, how } = await questionService();
        const event = asked('user_input.requested', 'i1', STORAGE);
        if (!requestFirst) {
          deliver(event);
        }
        const { answers } = request('userInput.request', STORAGE);
        if (requestFirst) {
          deliver(event);
        }
        assert.deepEqual([one.list().length, told.length], [1, 1]);
        const answer = { kind: 'input', answer: 'SQLite', wasFreeform: false } as const;
        assert.equal(await one.answer(one.list()[0]!.key, answer), 'sent');
        assert.deepEqual(answers, [{ answer: 'SQLite', wasFreeform: false }]);
        assert.deepEqual([calls, one.list(), how()], [[], [], ['here']]);
        deliver(asked('user_input.completed', 'i1', { answer: 'SQLite' }));
        assert.deepEqual(how(), ['here']);
      }
    });

    it('do not hide a later question in the same words', async () => {
      const { one, request, deliver, timers } = await questionService();
      request('userInput.request', STORAGE);
      await one.answer(one.list()[0]!.key, { kind: 'input', answer: 'SQLite', wasFreeform: false });
      timers.advance(10_000);
      deliver(asked('user_input.requested', 'i2', STORAGE));
      assert.equal(one.list().length, 1);
    });

    it('say so if the session does not show the answer', async () => {
      const { one, request, deliver, timers, stalled } = await questionService();
      deliver(asked('user_input.requested', 'i1', STORAGE));
      request('userInput.request', STORAGE);
      await one.answer(one.list()[0]!.key, { kind: 'input', answer: 'SQLite', wasFreeform: false });
      timers.advance(10_000);
      assert.deepEqual([stalled.length, one.list()[0]?.state], [1, 'unconfirmed']);
    });

    it('leave the event’s question open when they are withdrawn', async () => {
      const { one, request, deliver, how, told } = await questionService();
      deliver(asked('exit_plan_mode.requested', 'x1', { summary: 'S', planContent: 'P', actions: ['interactive'] }));
      const { inbound } = request('exitPlanMode.request', { summary: 'S', planContent: 'P', actions: ['interactive'] });
      inbound.cancel();
      assert.deepEqual([one.list().length, how(), told.length], [1, ['withdrawn'], 1]);
      assert.equal(one.list()[0]?.requestId, 'x1');
    });

    it('that ask nobody are refused, and those of a session that is no longer watched are answered', async () => {
      const { request, unwatch } = await questionService();
      assert.equal((request('hooks.invoke', {}).answers as { code: number }[])[0]?.code, -32601);
      const { answers } = request('autoModeSwitch.request', { errorCode: 'rate_limit' });
      assert.equal(answers.length, 0);
      unwatch();
      assert.equal((answers as { code: number }[])[0]?.code, -32603);
    });
  });

  describe('after a reload', () => {
    it('finds what is open in the history, and tells nothing of what was answered', async () => {
      const { one, told, catchUp } = await questionService({ caughtUp: false });
      await catchUp(shell('p1'), decided('p1', 'approved'), shell('p2'));
      assert.deepEqual(
        told.map(({ requestId }) => requestId),
        ['p2'],
      );
      assert.equal(one.list().length, 1);
    });

    it('waits 3 s for the history, and then tells without it', async () => {
      const { told, deliver, timers } = await questionService({ caughtUp: false });
      deliver(shell('p1'));
      assert.deepEqual(told, []);
      timers.advance(3_000);
      assert.equal(told.length, 1);
    });

    it('asks the runtime for what no event told of; an event that comes late takes its place', async () => {
      const pending = [{ requestId: 'p9', request: { kind: 'commands', fullCommandText: 'make' } }, 'junk'];
      const { one, told, deliver, how } = await questionService({ pending: pending as object[] });
      await turn();
      assert.deepEqual(
        told.map(({ requestId, question }) => [requestId, question.kind === 'permission' && question.what]),
        [['p9', 'run make']],
      );
      deliver(shell('p9', 'make'));
      assert.deepEqual([one.list().length, told.length, how()], [1, 1, ['withdrawn']]);
    });
  });

  it('shows no question that only the runtime lists any longer than until its answer', async () => {
    const { session, one } = await questionService({ pending: [{ requestId: 'p9', request: { kind: 'commands' } }] });
    await turn();
    assert.equal(session.status, 'needs input');
    const event = decided('p9', 'approved');
    session.deliver({ kind: 'event', notification: { method: 'session.event', params: { sessionId: 's', event } } });
    assert.deepEqual([session.waitsForPerson, one.list()], [false, []]);
  });

  it('has room for 10,000 open questions', async () => {
    const { one, deliver, told } = await questionService();
    const events = Array.from({ length: 12_000 }, (_, index) => shell(`p${index}`, `echo ${index}`));
    deliver(...events);
    const list = one.list();
    assert.deepEqual([list.length, told.length], [10_000, 10_000]);
    deliver(decided('p5', 'approved'));
    assert.equal(one.list().length, 9_999);
  });
});

import assert from 'node:assert/strict';
import type { SessionEvent } from '@github/copilot-sdk';
import { Outbox } from '../../../../src/core/prompts/outbox';
import { CloudSession, type SessionConnection } from '../../../../src/core/session/session';
import { ManualTimers } from '../../../support/manualTimers';
import { turn } from '../../../support/memoryRuntime';
import { agentStart, ephemeral, event, ids, range, remoteInfo, userMessage } from '../../../support/sessionEvents';
import type { HeldTraffic, InboundItem } from '../../../../src/core/routing/traffic';
import { InboundRequest } from '../../../../src/core/rpc/inboundRequest';

const NOTHING_HELD: HeldTraffic = { items: [], dropped: 0, droppedEvents: [], rejected: 0 };
const NOW = new Date('2026-01-02T03:04:05Z');

function eventItem(one: unknown): InboundItem {
  return { kind: 'event', notification: { method: 'session.event', params: { sessionId: 's', event: one } } };
}

function held(items: readonly InboundItem[], more: Partial<HeldTraffic> = {}): HeldTraffic {
  return { ...NOTHING_HELD, items, ...more };
}

/** A session, and a connection whose calls are answered by the test. */
function session({ attached = true, handle = (_: InboundRequest): boolean => false } = {}) {
  const timers = new ManualTimers();
  const calls: { method: string; params: unknown; answer: (value: unknown) => void; fail: (error: unknown) => void }[] =
    [];
  const warnings: string[] = [];
  const connection: SessionConnection = {
    request: async (method, params) =>
      method.read(await new Promise((answer, fail) => calls.push({ method: method.method, params, answer, fail }))),
    handleRequest: (_, request) => handle(request),
    warn: (message) => warnings.push(message),
  };
  const one = new CloudSession('s', { isRemote: true }, timers.create, () => NOW);
  const changes: string[] = [];
  one.onDidChangeLog((change) =>
    changes.push(
      change.kind === 'event' ? change.event.id : change.kind === 'note' ? `note ${change.note.level}` : change.kind,
    ),
  );
  let rowChanges = 0;
  one.onDidChange(() => rowChanges++);
  if (attached) {
    one.attach(connection, NOTHING_HELD);
  }
  const deliver = (...events: SessionEvent[]): void => events.forEach((next) => one.deliver(eventItem(next)));
  const merge = async (...events: SessionEvent[]): Promise<void> => {
    const reading = one.reconcile();
    calls.at(-1)!.answer({ events });
    await reading;
  };
  const notes = (): string[] => one.notes.map(({ text }) => text);
  return { one, timers, calls, warnings, connection, changes, deliver, merge, notes, rowChanges: () => rowChanges };
}

function request(method: string, answers: unknown[]): InboundRequest {
  return new InboundRequest(1, method, {}, (_, { result, error }) => answers.push(error ?? result));
}

describe('CloudSession', () => {
  describe('events', () => {
    it('are kept, told to listeners and to the log, each once', () => {
      const { one, changes, deliver, rowChanges } = session();
      const heard: string[] = [];
      one.onEvent(({ id }) => heard.push(id));
      const before = rowChanges();
      deliver(event('a'), event('b'), event('a'));
      assert.deepEqual(
        [ids(one.events), heard, changes],
        [
          ['a', 'b'],
          ['a', 'b'],
          ['a', 'b'],
        ],
      );
      assert.equal(rowChanges() - before, 2);
    });

    it('without an id, a type or data are shown all the same; one without content is noted', () => {
      const { one, deliver, notes } = session();
      const odd = [{}, { type: 5, id: 7 }, { id: 'a' }, { type: 'session.info', data: null }, { id: 'b', data: 'x' }];
      deliver(...(odd as unknown as SessionEvent[]));
      for (const none of [undefined, null, 'text', 5, []]) {
        one.deliver(eventItem(none));
      }
      deliver(event('after'));
      assert.equal(one.events.length, odd.length + 1);
      assert.deepEqual(notes(), Array(5).fill('The runtime sent an event without content.'));
      assert.equal(one.activity.status, 'working');
    });

    it('that a listener causes wait for their turn', () => {
      const { one, deliver, changes } = session();
      const order: string[] = [];
      one.onEvent(({ id }) => {
        order.push(`${id}>`);
        if (id === 'a') {
          deliver(event('c'));
        }
        order.push(`<${id}`);
      });
      deliver(event('a'), event('b'));
      assert.deepEqual(order, ['a>', '<a', 'c>', '<c', 'b>', '<b']);
      assert.deepEqual(changes, ['a', 'c', 'b']);
    });

    it('go on to the others when a listener throws', () => {
      const { one, warnings, deliver, changes } = session();
      one.onEvent(() => {
        throw new Error('listener');
      });
      deliver(event('a'), event('b'));
      assert.deepEqual(changes, ['a', 'b']);
      assert.match(warnings[0]!, /listener of s failed: listener/i);
    });

    it('find the session as it is after them', () => {
      const { one, deliver } = session();
      const seen: unknown[] = [];
      one.onEvent(() => seen.push([one.remoteUrl, one.status]));
      deliver(remoteInfo('a', 'https://github.com/x'), event('b', 'assistant.turn_start'));
      assert.deepEqual(seen, [
        ['https://github.com/x', 'queued'],
        ['https://github.com/x', 'working'],
      ]);
    });

    it('reach listeners after the session is attached again, or disposed of them', () => {
      const { one, deliver, connection } = session();
      const heard: string[] = [];
      const subscription = one.onEvent(({ id }) => heard.push(id));
      one.detach('gone');
      one.attach(connection, held([eventItem(event('a'))]));
      subscription.dispose();
      deliver(event('b'));
      assert.deepEqual(heard, ['a']);
    });
  });

  describe('attach', () => {
    it('takes a history that is told anew, under other ids, for what it is; what is like it but live, for new', () => {
      const start = (id: string): SessionEvent => event(id, 'session.start', { producer: 'copilot-agent' });
      const say = (id: string, messageId: string): SessionEvent => event(id, 'assistant.message', { messageId });
      const idle = (id: string): SessionEvent => ({ ...event(id, 'session.idle', {}), ephemeral: true });
      const { one, connection, deliver } = session();
      deliver(start('a'), say('b', 'm1'), idle('c'));
      one.detach('gone');
      const again = [start('x'), say('y', 'm1'), idle('live'), say('z', 'm2')].map(eventItem);
      one.attach(connection, held(again));
      assert.deepEqual(ids(one.events).sort(), ['a', 'b', 'c', 'live', 'z']);
      deliver(say('y', 'm1'));
      assert.equal(one.events.length, 5, 'its new id is known, too');

      // Without the first event it is not a history, so the event is new.
      one.detach('gone again');
      one.attach(connection, held([eventItem(say('again', 'm1'))]));
      assert.ok(ids(one.events).includes('again'));
      // Unless the first event was dropped.
      one.detach('and again');
      one.attach(connection, held([eventItem(say('once more', 'm1'))], { dropped: 1, droppedEvents: ['w'] }));
      assert.ok(!ids(one.events).includes('once more'));
    });

    it('delivers what was held before it returns, and adds up the counts', () => {
      const answers: unknown[] = [];
      const { one, connection } = session({ attached: false, handle: (asked) => (asked.respond('yes'), true) });
      const items: InboundItem[] = [
        eventItem(event('a')),
        { kind: 'request', request: request('m', answers) },
        { kind: 'notification', notification: { method: 'session.lifecycle', params: {} } },
        eventItem(event('b')),
      ];
      one.attach(connection, held(items, { dropped: 2, rejected: 1 }));
      assert.deepEqual([ids(one.events), answers], [['a', 'b'], ['yes']]);
      assert.deepEqual(one.routing, { buffered: 4, dropped: 2, rejected: 1 });
      one.detach('gone');
      one.attach(connection, held([eventItem(event('c'))], { dropped: 1 }));
      assert.deepEqual(one.routing, { buffered: 5, dropped: 3, rejected: 1 });
    });

    it('takes a great many dropped ids', async () => {
      const { one, connection, merge, notes } = session({ attached: false });
      one.attach(connection, held([], { dropped: 50_000, droppedEvents: range('e', 1, 50_000) }));
      await merge(event('e1'));
      assert.match(notes()[0]!, /^49999 events could not be held/);
    });
  });

  describe('requests', () => {
    it('go to the handler, with their session', () => {
      const asked: string[] = [];
      const { one } = session({ handle: ({ method }) => asked.push(method) > 0 });
      const answers: unknown[] = [];
      one.deliver({ kind: 'request', request: request('userInput.request', answers) });
      assert.deepEqual([asked, answers], [['userInput.request'], []]);
    });

    it('are refused when nobody handles them, or the handler throws', () => {
      const answers: unknown[] = [];
      const none = session();
      none.one.deliver({ kind: 'request', request: request('exitPlanMode.request', answers) });
      const throwing = session({
        handle: () => {
          throw new Error('broken');
        },
      });
      throwing.one.deliver({ kind: 'request', request: request('m', answers) });
      assert.deepEqual(answers, [
        { code: -32601, message: 'Unhandled method exitPlanMode.request' },
        { code: -32603, message: 'The client failed to handle m' },
      ]);
      assert.match(throwing.warnings[0]!, /broken/);
    });
  });

  describe('status', () => {
    it('is disconnected while detached, whatever the events say', () => {
      const { one, connection, deliver } = session({ attached: false });
      assert.equal(one.status, 'disconnected');
      one.attach(connection, NOTHING_HELD);
      assert.equal(one.status, 'queued');
      deliver(agentStart(), event('a', 'assistant.turn_start'));
      assert.equal(one.status, 'working');
      one.detach('gone');
      assert.deepEqual([one.status, one.activity.status], ['disconnected', 'working']);
      one.detach('gone again');
      assert.equal(one.notes.length, 1);
    });

    it('is that of the events in their order, also when some come to stand before others', async () => {
      const { one, deliver, merge } = session();
      deliver(event('b', 'permission.completed', { requestId: 'r' }), event('c', 'session.idle'));
      assert.equal(one.status, 'idle');
      const seen: string[] = [];
      one.onEvent(({ id }) => seen.push(`${id} ${one.status} ${one.activity.title ?? ''}`));
      await merge(
        event('t', 'session.title_changed', { title: 'Title' }),
        event('a', 'permission.requested', { requestId: 'r' }),
        event('b', 'permission.completed', { requestId: 'r' }),
      );
      assert.deepEqual([one.status, one.activity.title, one.activity.questions.size], ['idle', 'Title', 0]);
      // No other state in between.
      assert.deepEqual(seen, ['b idle ', 'c idle ', 't idle Title', 'a idle Title']);
    });
  });

  describe('reconcile', () => {
    it('adds at the end event by event, and says so when it rewrites', async () => {
      const { changes, deliver, merge } = session();
      deliver(event('b'));
      await merge(event('b'), event('c'));
      await merge(event('b'), event('c'));
      await merge(event('a'), event('b'), event('c'));
      assert.deepEqual(changes, ['b', 'c', 'rewritten']);
    });

    it('takes link, start and deliveries from the history', async () => {
      const { one, calls, merge } = session();
      void one.send('go').catch(() => undefined);
      await merge(agentStart(), remoteInfo('r', 'https://github.com/x'));
      assert.equal(one.remoteUrl, 'https://github.com/x');
      const send = calls.find(({ method }) => method === 'session.send')!;
      send.answer({ messageId: 'm' });
      await turn();
      assert.equal(one.outbox.pending[0]?.state, 'sent');
      await merge(userMessage('u', 'go'));
      assert.equal(one.outbox.pending.length, 0);
    });

    describe('with prompts of the same text', () => {
      /** The service's record of a prompt, which has the same name over every connection. */
      const record = (id: string, name = id): SessionEvent =>
        event(id, 'user.message', { content: 'go', source: `command-${name}` });
      const states = ({ outbox }: CloudSession): string[] => outbox.pending.map(({ state }) => state);

      /** Sends a prompt, which the runtime accepts. @param copy the id of the runtime's copy; without it, none is shown */
      const send = async ({ one, calls, deliver }: ReturnType<typeof session>, copy?: string): Promise<void> => {
        void one.send('go').catch(() => undefined);
        if (copy !== undefined) {
          deliver(userMessage(copy, 'go'));
        }
        calls.at(-1)!.answer({ messageId: 'm' });
        await turn();
      };

      it('takes none of before the connection for one that was sent before the history came', async () => {
        const all = session();
        const { one, deliver, merge } = all;
        deliver(agentStart());
        await send(all);
        await merge(agentStart(), record('old'));
        assert.deepEqual(states(one), ['sent']);
      });

      it('counts none of a transcript that is read when the session is attached already', async () => {
        const all = session();
        const { one, connection, merge } = all;
        const before = session();
        before.deliver(userMessage('kept', 'go'));
        await one.absorb(before.one);
        await merge(agentStart(), record('old'));
        await send(all, 'copy');
        one.detach('gone');
        one.attach(connection, NOTHING_HELD);
        await merge(agentStart(), record('old again', 'old'), record('new'));
        assert.deepEqual(states(one), []);
      });

      it('takes none for undelivered whose record came before the history, whoever had the prompt then', async () => {
        const { one, connection, deliver, merge } = session({ attached: false });
        const shown = { text: 'go', mode: 'enqueue', state: 'shown', transmitted: true, uncertain: false } as const;
        one.outbox.restore([shown]);
        one.attach(connection, NOTHING_HELD);
        deliver(record('r', 'a'), record('s', 'b'));
        await merge(agentStart(), record('r', 'a'), record('s', 'b'));
        assert.deepEqual(states(one), []);
        const parked = new Outbox(undefined);
        parked.restore([shown]);
        one.outbox.takeFrom(parked);
        assert.deepEqual(states(one), []);
      });

      it('takes none for undelivered whose record is in the history because the runtime attached anew', async () => {
        const all = session();
        const { one, connection, deliver, merge } = all;
        deliver(agentStart());
        await send(all, 'copy');
        one.connectedAnew(0);
        await merge(agentStart(), record('r', 'a'));
        one.detach('gone');
        one.attach(connection, NOTHING_HELD);
        await merge(agentStart(), record('s', 'a'));
        assert.deepEqual(states(one), []);
      });

      it('takes nothing for undelivered that a part of the history lacks', async () => {
        const all = session();
        const { one, calls, connection, deliver } = all;
        deliver(agentStart());
        await send(all, 'copy');
        one.detach('gone');
        one.attach(connection, NOTHING_HELD);
        const reading = one.reconcile();
        calls.at(-1)!.answer({ events: [event('later')], truncated: true });
        await reading;
        assert.deepEqual(states(one), []);
      });
    });

    it('says once how many dropped events cannot be read again, at the beginning', async () => {
      const { one, connection, merge, changes, notes } = session({ attached: false });
      const dropped = { dropped: 4, droppedEvents: ['a', undefined, 'x'] };
      one.attach(connection, held([eventItem(event('c'))], dropped));
      await merge(event('a'), event('c'));
      await merge(event('a'), event('c'));
      assert.deepEqual(notes(), [
        '2 events could not be held while the session was being opened, and cannot be read again.',
      ]);
      assert.deepEqual([one.notes[0]!.after, one.notes[0]!.at, one.notes[0]!.level], [undefined, NOW, 'warning']);
      assert.deepEqual(changes, ['c', 'rewritten', 'rewritten']);
      const single = session({ attached: false });
      single.one.attach(single.connection, held([], { dropped: 1, droppedEvents: ['x'] }));
      await single.merge();
      assert.match(single.notes()[0]!, /^1 event could not/);
    });

    it('is done again after the session was attached again, until it succeeds', async () => {
      const { one, connection, timers, merge } = session();
      await merge(agentStart());
      one.watchForStart();
      assert.equal(timers.pending, 0);
      one.detach('gone');
      one.attach(connection, NOTHING_HELD);
      one.watchForStart();
      assert.equal(timers.pending, 1);
      await merge(agentStart());
      one.watchForStart();
      assert.equal(timers.pending, 0);
    });

    it('that ends after the session was detached sends no prompt into the void', async () => {
      const { one, calls } = session();
      void one.send('go').catch(() => undefined);
      const reading = one.reconcile();
      one.detach('gone');
      calls.at(-1)!.answer({ events: [agentStart()] });
      await reading;
      await turn();
      assert.deepEqual([one.outbox.pending[0]?.state, calls.length], ['queued', 1]);
    });

    it('takes an empty history of a session that has events for a failed read, unless the session is new', async () => {
      const { one, connection, calls, merge } = session();
      one.deliver(eventItem(agentStart()));
      await merge();
      assert.equal(one.isCaughtUp, true, 'the history of a new session lags');
      one.detach('gone');
      one.attach(connection, NOTHING_HELD);
      const reading = one.reconcile();
      calls.at(-1)!.answer({ events: [] });
      await assert.rejects(reading, { code: 'response-invalid' });
      assert.equal(one.status, 'disconnected');
      await merge(agentStart());
      assert.equal(one.status, 'idle');
    });

    it('takes an empty history also for a failed read where only the transcript has the agent’s start', async () => {
      const { one, calls } = session();
      one.markAsExisting();
      const kept = one.awaitKept();
      kept.begin();
      const reading = one.reconcile();
      calls.at(-1)!.answer({ events: [] });
      await turn();
      const before = session().one;
      before.deliver(eventItem(agentStart()));
      await one.absorb(before);
      kept.end();
      await assert.rejects(reading, { code: 'response-invalid' });
    });

    it('says nothing of an empty history of an earlier attachment', async () => {
      const { one, calls } = session();
      one.deliver(eventItem(agentStart()));
      one.markAsExisting();
      const reading = one.reconcile();
      one.detach('gone');
      calls.at(-1)!.answer({ events: [] });
      await reading;
      assert.ok(one.notes.every(({ text }) => !text.includes('empty history')));
    });

    it('fails while detached, and for an answer that is no history', async () => {
      const { one, calls } = session();
      const reading = one.reconcile();
      calls[0]!.answer({});
      await assert.rejects(reading, { code: 'response-invalid' });
      one.detach('gone');
      await assert.rejects(one.reconcile(), { code: 'connection-closed' });
      await one.readHistory();
      assert.match(one.notes.at(-1)!.text, /not connected/);
    });
  });

  describe('the link', () => {
    it('is the first that may be opened', () => {
      const { one, notes, warnings } = session();
      const told: string[] = [];
      one.onDidChangeRemoteUrl((url) => told.push(url));
      one.offerRemoteUrl(undefined);
      one.offerRemoteUrl(null);
      one.offerRemoteUrl('javascript:alert(1)');
      one.offerRemoteUrl({ big: 'x'.repeat(10_000) });
      one.offerRemoteUrl('https://github.com/a');
      one.offerRemoteUrl('https://github.com/b');
      one.offerRemoteUrl('javascript:alert(1)');
      assert.deepEqual([one.remoteUrl, told], ['https://github.com/a', ['https://github.com/a']]);
      assert.equal(notes().length, 2);
      assert.equal(warnings.length, 2);
      assert.ok(warnings.every((warning) => warning.length < 300));
    });
  });

  describe('prompts', () => {
    it('wait while the session is detached, and go out when it is attached to a started agent', async () => {
      const { one, calls, connection, deliver } = session();
      deliver(agentStart());
      one.detach('gone');
      void one.send('go', 'immediate').catch(() => undefined);
      await turn();
      assert.deepEqual(calls, []);
      one.attach(connection, NOTHING_HELD);
      await turn();
      assert.deepEqual(
        calls.map(({ method, params }) => [method, params]),
        [['session.send', { sessionId: 's', prompt: 'go', mode: 'immediate' }]],
      );
    });

    it('are noted where nothing else shows what became of them, and no longer when they are discarded', async () => {
      const { one, calls, deliver, timers, notes } = session();
      void one.send('one').catch(() => undefined);
      timers.advance(60_000);
      deliver(agentStart());
      calls[0]!.fail(new Error('no such mode'));
      await turn();
      one.outbox.discard(one.outbox.pending[0]!.id);
      void one.send('two').catch(() => undefined);
      calls[1]!.answer({ messageId: 'm' });
      await turn();
      timers.advance(30_000);
      one.outbox.discard(one.outbox.pending[0]!.id);
      void one.send('three').catch(() => undefined);
      deliver(userMessage('u', 'three'));
      calls[2]!.answer({ messageId: 'm' });
      await turn();
      const expected = [
        /^A prompt is queued until the agent has started/,
        /^The agent has not started yet/,
        /^A prompt could not be sent: .*no such mode/,
        /^A prompt was sent, but the session does not show it/,
      ];
      assert.equal(notes().length, expected.length, notes().join('\n'));
      expected.forEach((pattern, index) => assert.match(notes()[index]!, pattern));
    });

    it('that wait for another reason than the agent’s start are not said to wait for that', () => {
      const { one, deliver, timers, notes } = session();
      deliver(agentStart());
      one.detach('gone');
      void one.send('one').catch(() => undefined);
      timers.advance(60_000);
      assert.equal(notes().length, 2);
      assert.match(notes()[1]!, /^The session is not connected\. The prompt is still queued/);
    });
  });

  describe('abort', () => {
    it('asks the runtime, and reports its refusal', async () => {
      const { one, calls, notes } = session();
      const aborting = one.abort();
      assert.deepEqual([calls[0]!.method, calls[0]!.params], ['session.abort', { sessionId: 's' }]);
      calls[0]!.answer({ success: true });
      await aborting;
      const refused = one.abort();
      calls[1]!.answer({ success: false, error: 'not now' });
      await assert.rejects(refused, /not now/);
      assert.match(notes().at(-1)!, /^The agent could not be asked to stop\. .*not now/);
      one.detach('gone');
      await assert.rejects(one.abort(), { code: 'connection-closed' });
    });

    it('shows that the agent is stopping at once, and idle when that was seen', async () => {
      const { one, calls, deliver, notes, rowChanges } = session();
      deliver(agentStart(), event('a', 'assistant.turn_start'));
      const before = rowChanges();
      const aborting = one.abort();
      assert.deepEqual([one.status, one.stopState], ['stopping', 'stopping']);
      assert.ok(rowChanges() > before);
      assert.deepEqual(notes(), ['Asked the agent to stop.']);
      calls[0]!.answer({ success: true });
      await aborting;
      deliver(event('b', 'assistant.message'));
      assert.equal(one.status, 'stopping');
      deliver(event('c', 'abort'));
      assert.deepEqual([one.status, one.stopState], ['idle', 'none']);
    });

    it('says after 10 s that it is not confirmed, in the log too, and that the agent works', () => {
      const { one, timers, deliver, notes } = session();
      deliver(agentStart(), event('a', 'assistant.turn_start'));
      one.abort().catch(() => undefined);
      timers.advance(10_000);
      assert.deepEqual([one.status, one.stopState], ['working', 'unconfirmed']);
      assert.match(notes().at(-1)!, /has not confirmed the stop within 10 s/);
    });

    it('finds in the history that the agent has stopped', async () => {
      const { one, merge } = session();
      await merge(agentStart(), event('a', 'assistant.turn_start'));
      one.abort().catch(() => undefined);
      await merge(agentStart(), event('a', 'assistant.turn_start'), event('b', 'abort'));
      assert.deepEqual([one.status, one.stopState], ['idle', 'none']);
    });
  });

  it('has the total of what it used while it is attached, its history is read and nothing is known to be missing', async () => {
    const { one, connection, deliver, merge } = session({ attached: false });
    const used = (id: string) => event(id, 'assistant.usage', { model: 'm', inputTokens: 100 });
    const tokens = () => one.usage.inputTokens;
    one.attach(connection, NOTHING_HELD);
    deliver(agentStart(), used('a'));
    assert.deepEqual(tokens(), { value: 100, isTotal: false });
    await merge(agentStart(), used('a'), used('b'));
    assert.deepEqual(tokens(), { value: 200, isTotal: true });
    deliver(used('c'));
    assert.deepEqual(tokens(), { value: 300, isTotal: true });
    one.detach('gone');
    assert.deepEqual(tokens(), { value: 300, isTotal: false });
    one.attach(connection, NOTHING_HELD);
    await merge(event('x', 'assistant.turn_start', {}, { parentId: 'never sent' }), event('y', 'assistant.turn_end'));
    assert.equal(one.isWhole, false, 'there is a gap');
  });

  it('knows when it was last seen, and when it has caught up', async () => {
    const { one, connection, deliver, merge } = session({ attached: false });
    assert.deepEqual([one.lastSeen, one.isCaughtUp], [undefined, false]);
    one.attach(connection, NOTHING_HELD);
    deliver(agentStart());
    assert.deepEqual([one.lastSeen, one.isCaughtUp], [undefined, false]);
    await merge(agentStart());
    assert.equal(one.isCaughtUp, true);
    one.detach('gone');
    assert.deepEqual([one.lastSeen, one.isCaughtUp], [NOW, false]);
  });

  it('places a note behind the last event', () => {
    const { one, deliver } = session();
    one.addNote('info', 'first');
    deliver(event('a'), ephemeral('b'));
    one.addNote('error', 'second');
    assert.deepEqual(
      one.notes.map(({ level, text, at, after }) => [level, text, at, after?.id]),
      [
        ['info', 'first', NOW, undefined],
        ['error', 'second', NOW, 'b'],
      ],
    );
  });

  it('keeps what it knows when more is learned', () => {
    const { one } = session();
    one.update({ taskId: 't' });
    one.update({ repository: 'o/n' });
    assert.deepEqual(one.details, { isRemote: true, taskId: 't', repository: 'o/n' });
  });

  it('leaves no timer and tells nobody anything when it is disposed, also of calls that end later', async () => {
    const { one, calls, timers, changes, deliver, rowChanges } = session();
    void one.send('go').catch(() => undefined);
    one.watchForStart();
    timers.advance(2_000);
    const reading = calls.at(-1)!;
    one.watchForStart();
    one.dispose();
    one.dispose();
    assert.equal(timers.pending, 0);
    const before = [changes.length, rowChanges()];
    reading.answer({ events: [agentStart()] });
    deliver(event('late'));
    one.detach('late');
    await turn();
    assert.deepEqual([timers.pending, changes.length, rowChanges()], [0, ...before]);
    await assert.rejects(one.send('late'), { code: 'cancelled' });
  });
});

import assert from 'node:assert/strict';
import { DEFAULT_PENDING_ROUTING_LIMITS } from '../../../../src/core/routing/pendingRouting';
import { CloudSession, type SessionConnection } from '../../../../src/core/session/session';
import { SessionRegistry } from '../../../../src/core/client/sessionRegistry';
import { ManualTimers } from '../../../support/manualTimers';
import { event, ids, range } from '../../../support/sessionEvents';
import { InboundRequest } from '../../../../src/core/rpc/inboundRequest';

const CONNECTION: SessionConnection = {
  request: () => new Promise(() => undefined),
  handleRequest: (session, request) => {
    request.respond(session.sessionId);
    return true;
  },
  warn: () => undefined,
};

function registry() {
  const timers = new ManualTimers();
  const warnings: string[] = [];
  const one = new SessionRegistry(
    { info: () => undefined, warn: (message) => warnings.push(message) },
    DEFAULT_PENDING_ROUTING_LIMITS,
    timers.create,
  );
  const session = (sessionId: string): CloudSession => new CloudSession(sessionId, { isRemote: true }, timers.create);
  const register = (sessionId: string): CloudSession => {
    const registered = session(sessionId);
    one.register(registered, CONNECTION);
    return registered;
  };
  const send = (sessionId: string, ...names: string[]): void =>
    names.forEach((name) => one.notification(sessionId, 'session.event', { sessionId, event: event(name) }));
  const answers: unknown[] = [];
  const ask = (sessionId: string): void =>
    one.request(sessionId, new InboundRequest(1, 'm', {}, (_, { result, error }) => answers.push(error ?? result)));
  return { one, timers, warnings, session, register, send, ask, answers };
}

const NOT_OPEN = { code: -32603, message: 'Session s is not open in this client' };
const ENDED = { code: -32603, message: 'pending session routing ended before session was registered' };

describe('SessionRegistry', () => {
  it('gives each message to the session that it names, and to no other', () => {
    const { register, send, ask, answers, one } = registry();
    const [a, b] = [register('a'), register('b')];
    send('a', 'a1');
    send('b', 'b1');
    ask('b');
    send('a', 'a2');
    assert.deepEqual([ids(a.events), ids(b.events), answers], [['a1', 'a2'], ['b1'], ['b']]);
    assert.equal(one.get('a'), a);
    assert.equal(one.get('c'), undefined);
  });

  it('drops events and refuses requests for ids that it does not know, while nothing is created', () => {
    const { register, send, ask, answers } = registry();
    send('s', 'before');
    ask('s');
    assert.deepEqual(answers, [NOT_OPEN]);
    assert.deepEqual(register('s').events, []);
  });

  it('registers and delivers in one go', () => {
    const { one, register, send, ask, answers } = registry();
    one.beginCreate();
    send('s', 'e1');
    ask('s');
    send('s', 'e2');
    assert.deepEqual(answers, []);
    const session = register('s');
    assert.deepEqual([ids(session.events), answers], [['e1', 'e2'], ['s']]);
    send('s', 'e3');
    assert.deepEqual(ids(session.events), ['e1', 'e2', 'e3']);
  });

  it('refuses an id that an open session has, and leaves what is held to whom it belongs', () => {
    const { one, register, session } = registry();
    const first = register('s');
    assert.throws(() => one.register(session('s'), CONNECTION), { code: 'session-id-in-use' });
    assert.equal(one.get('s'), first);
  });

  it('holds nothing for an id that was closed, until it is registered again', () => {
    const { one, register, send, ask, answers } = registry();
    const first = register('s');
    one.beginCreate();
    assert.equal(one.unregister(first), true);
    send('s', 'late');
    ask('s');
    assert.deepEqual([first.events, answers], [[], [NOT_OPEN]]);
    const second = register('s');
    send('s', 'new');
    assert.deepEqual(ids(second.events), ['new']);
    assert.equal(one.unregister(second), true);
  });

  it('holds what comes for a closed id while a session is being connected to', () => {
    const { one, register, send } = registry();
    one.unregister(register('s'));
    const guard = one.beginConnect();
    send('s', 'e1');
    assert.deepEqual(ids(register('s').events), ['e1']);
    guard.dispose();
    one.unregister(one.get('s')!);
    one.beginCreate();
    send('s', 'late');
    assert.deepEqual(register('s').events, []);
  });

  it('counts a guard once, however often it is disposed', () => {
    const { one, register, send } = registry();
    one.unregister(register('s'));
    const first = one.beginConnect();
    one.beginConnect();
    first.dispose();
    first.dispose();
    send('s', 'e1');
    assert.deepEqual(ids(register('s').events), ['e1']);
  });

  it('takes back one’s own registration alone', () => {
    const { one, register, session } = registry();
    const first = register('s');
    one.unregister(first);
    const second = register('s');
    assert.equal(one.unregister(first), false);
    assert.equal(one.unregister(session('s')), false);
    assert.equal(one.get('s'), second);
  });

  it('gives up an id that was never registered', () => {
    const { one, register, send, ask, answers, warnings } = registry();
    one.beginCreate();
    send('s', 'e1');
    ask('s');
    one.abandon('s');
    ask('s');
    assert.deepEqual(answers, [ENDED, NOT_OPEN]);
    assert.deepEqual(register('s').events, []);
    assert.equal(warnings.length, 1);
  });

  it('remembers a thousand closed ids, and forgets the oldest', () => {
    const { one, send, register } = registry();
    one.beginCreate();
    range('s', 1, 1_001).forEach((id) => one.abandon(id));
    send('s1', 'held');
    send('s2', 'dropped');
    assert.deepEqual([ids(register('s1').events), ids(register('s2').events)], [['held'], []]);
  });

  it('tells of lifecycle notifications at once, whoever they are about', () => {
    const { one, register } = registry();
    const told: string[] = [];
    one.onLifecycle(({ sessionId, type }) => told.push(`${sessionId} ${type}`));
    const session = register('s');
    let changes = 0;
    session.onDidChange(() => changes++);
    one.beginCreate();
    one.notification('s', 'session.lifecycle', { sessionId: 's', type: 'session.updated' });
    one.notification('unknown', 'session.lifecycle', { sessionId: 'unknown', type: 5 });
    one.notification('unknown', 'session.other', { sessionId: 'unknown', type: 'x' });
    assert.deepEqual(told, ['s session.updated', 'unknown ']);
    assert.equal(changes, 1);
  });

  it('detaches every session and releases what is held when the connection closes', () => {
    const { one, timers, register, ask, send, answers } = registry();
    const sessions = [register('a'), register('b')];
    one.beginCreate();
    send('s', 'e1');
    ask('s');
    assert.equal(timers.pending, 1);
    one.close('The end.');
    assert.deepEqual(
      sessions.map(({ status, notes }) => [status, notes[0]?.text]),
      [
        ['disconnected', 'The end.'],
        ['disconnected', 'The end.'],
      ],
    );
    assert.deepEqual([one.get('a'), timers.pending, answers], [undefined, 0, [ENDED]]);
  });

  it('writes to the log what is lost, late or malformed', () => {
    const { one, timers, send, ask, warnings } = registry();
    const guard = one.beginCreate();
    send('s', ...range('e', 1, 130));
    ask('t');
    timers.advance(60_000);
    guard.dispose();
    one.malformed('something');
    assert.equal(warnings.length, 5);
    [
      /session s, .*\(events\)/,
      /t was not registered in time to answer m/,
      /s: 130 events dropped, 0 requests/,
      /t: 0 events dropped, 1 requests/,
      /something/,
    ].forEach((pattern) =>
      assert.ok(
        warnings.some((warning) => pattern.test(warning)),
        pattern.source,
      ),
    );
  });
});

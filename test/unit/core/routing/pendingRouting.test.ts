import assert from 'node:assert/strict';
import {
  DEFAULT_PENDING_ROUTING_LIMITS,
  PENDING_BUFFER_OVERFLOW,
  PENDING_ROUTING_ENDED,
  PendingRouting,
  type PendingRoutingLimits,
} from '../../../../src/core/routing/pendingRouting';
import { ManualTimers } from '../../../support/manualTimers';
import { range } from '../../../support/sessionEvents';
import { realTimers } from '../../../../src/core/common/timers';
import type { InboundItem } from '../../../../src/core/routing/traffic';
import { InboundRequest } from '../../../../src/core/rpc/inboundRequest';

function routing(limits: Partial<PendingRoutingLimits> = {}) {
  const timers = new ManualTimers();
  const told: string[] = [];
  const answers: unknown[] = [];
  const pending = new PendingRouting(
    {
      overflow: (sessionId, limit) => told.push(`overflow ${sessionId} ${limit}`),
      expired: (sessionId, method) => told.push(`expired ${sessionId} ${method}`),
      unclaimed: (sessionId, events, requests) => told.push(`unclaimed ${sessionId} ${events} ${requests}`),
    },
    { ...DEFAULT_PENDING_ROUTING_LIMITS, ...limits },
    timers.create,
  );
  let nextId = 0;
  const request = (name: string, text: string): InboundRequest =>
    new InboundRequest(nextId++, name, { sessionId: 's', text }, (_, { result, error }) =>
      answers.push(error === undefined ? [name, result] : [name, error.code, error.message]),
    );
  const event = (id: string, text = ''): InboundItem => ({
    kind: 'event',
    notification: { method: 'session.event', params: { event: { id, text } } },
  });
  const park = (sessionId: string, name: string, text = ''): InboundRequest => {
    const parked = request(name, text);
    assert.equal(pending.hold(sessionId, { kind: 'request', request: parked }), true);
    return parked;
  };
  const hold = (sessionId: string, ...ids: string[]): void => {
    for (const id of ids) {
      assert.equal(pending.hold(sessionId, event(id)), true);
    }
  };
  return { pending, timers, told, answers, event, park, hold };
}

const lifecycle = (type: string): InboundItem => ({
  kind: 'notification',
  notification: { method: 'session.lifecycle', params: { type } },
});

/** The name that an item was created with. */
function nameOf(item: InboundItem): string {
  if (item.kind === 'request') {
    return `${item.request.method}?`;
  }
  const { params } = item.notification;
  return item.kind === 'event' ? (params['event'] as { id: string }).id : String(params['type']);
}

describe('PendingRouting', () => {
  it('holds nothing while no create is in flight', () => {
    const { pending, event } = routing();
    assert.equal(pending.hold('s', event('e1')), false);
    const guard = pending.beginCreate();
    assert.equal(pending.isActive, true);
    assert.equal(pending.hold('s', event('e2')), true);
    guard.dispose();
    assert.equal(pending.isActive, false);
    assert.equal(pending.hold('s', event('e3')), false);
    assert.deepEqual(pending.take('s').items, []);
    assert.equal(pending.heldBytes, 0);
  });

  it('hands over events, notifications and requests of one id in one order, once', () => {
    const { pending, park, hold, timers, answers } = routing();
    pending.beginCreate();
    hold('s', 'e1');
    park('s', 'q1');
    pending.hold('s', lifecycle('session.created'));
    hold('other', 'o1');
    hold('s', 'e2');
    park('s', 'q2');
    const held = pending.take('s');
    assert.deepEqual(held.items.map(nameOf), ['e1', 'q1?', 'session.created', 'e2', 'q2?']);
    assert.deepEqual([held.dropped, held.rejected, held.droppedEvents], [0, 0, []]);
    assert.deepEqual(pending.take('s').items, []);
    assert.deepEqual(pending.take('other').items.map(nameOf), ['o1']);
    assert.deepEqual([pending.heldBytes, timers.pending, answers.length], [0, 0, 0]);
  });

  it('drops the oldest event over the limit, counts it, warns once', () => {
    const { pending, hold, told } = routing();
    pending.beginCreate();
    pending.hold('s', lifecycle('l1'));
    hold('s', ...range('e', 1, 130));
    const held = pending.take('s');
    assert.deepEqual(held.items.map(nameOf), ['l1', ...range('e', 3, 130)]);
    assert.equal(held.dropped, 2);
    assert.deepEqual(held.droppedEvents, ['e1', 'e2']);
    assert.deepEqual(told, ['overflow s events']);
  });

  it('counts events and other notifications apart, and remembers no ids of the latter', () => {
    const { pending, hold } = routing({ eventsPerSession: 2 });
    pending.beginCreate();
    hold('s', 'e1', 'e2');
    for (const type of range('l', 1, 3)) {
      pending.hold('s', lifecycle(type));
    }
    const held = pending.take('s');
    assert.deepEqual(held.items.map(nameOf), ['e1', 'e2', 'l2', 'l3']);
    assert.deepEqual([held.dropped, held.droppedEvents], [1, []]);
  });

  it('remembers a dropped event without an id as one that cannot be found again', () => {
    const { pending, hold } = routing({ eventsPerSession: 1 });
    pending.beginCreate();
    pending.hold('s', { kind: 'event', notification: { method: 'session.event', params: {} } });
    hold('s', 'e2');
    assert.deepEqual(pending.take('s').droppedEvents, [undefined]);
  });

  it('answers the oldest parked request over the limit with the overflow text', () => {
    const { pending, park, hold, answers, told } = routing();
    pending.beginCreate();
    hold('s', 'e1');
    for (const name of range('q', 1, 129)) {
      park('s', name);
    }
    assert.deepEqual(answers, [['q1', -32603, 'pending session buffer overflow']]);
    const held = pending.take('s');
    assert.deepEqual(held.items.map(nameOf), ['e1', ...range('q', 2, 129).map((name) => `${name}?`)]);
    assert.deepEqual([held.dropped, held.rejected], [0, 1]);
    assert.deepEqual(told, ['overflow s requests']);
    assert.equal(PENDING_BUFFER_OVERFLOW, 'pending session buffer overflow');
  });

  it('answers what is parked with the ended text when the last create ends, and counts the events', () => {
    const { pending, park, hold, answers, told, timers } = routing();
    const first = pending.beginCreate();
    const second = pending.beginCreate();
    hold('s', 'e1', 'e2');
    park('s', 'q1');
    park('t', 'q2');
    first.dispose();
    first.dispose();
    assert.deepEqual([answers, pending.isActive], [[], true]);
    hold('s', 'e3');
    second.dispose();
    const text = 'pending session routing ended before session was registered';
    assert.deepEqual(answers, [
      ['q1', -32603, text],
      ['q2', -32603, text],
    ]);
    assert.deepEqual(told, ['unclaimed s 3 1', 'unclaimed t 0 1']);
    assert.deepEqual([pending.heldBytes, timers.pending], [0, 0]);
    assert.equal(PENDING_ROUTING_ENDED, text);
  });

  it('gives up one id alone', () => {
    const { pending, park, hold, answers, told } = routing();
    pending.beginCreate();
    park('s', 'q1');
    hold('t', 'e1');
    pending.discard('s');
    pending.discard('unknown');
    assert.deepEqual(answers, [['q1', -32603, PENDING_ROUTING_ENDED]]);
    assert.deepEqual(told, ['unclaimed s 0 1']);
    assert.deepEqual(pending.take('t').items.map(nameOf), ['e1']);
  });

  it('answers a parked request after its time, and goes on without it', () => {
    const { pending, park, hold, answers, told, timers } = routing();
    pending.beginCreate();
    park('s', 'q1');
    timers.advance(30_000);
    hold('s', 'e1');
    park('s', 'q2');
    timers.advance(29_999);
    assert.deepEqual(answers, []);
    timers.advance(1);
    assert.deepEqual(answers, [['q1', -32603, 'pending session request timed out after 60 s']]);
    assert.deepEqual(told, ['expired s q1']);
    const held = pending.take('s');
    assert.deepEqual(held.items.map(nameOf), ['e1', 'q2?']);
    assert.equal(held.rejected, 1);
    timers.advance(100_000);
    assert.equal(answers.length, 1);
    assert.deepEqual([timers.pending, pending.heldBytes], [0, 0]);
  });

  it('lets go of a parked request that the runtime cancels', () => {
    const { pending, park, hold, answers, timers } = routing();
    pending.beginCreate();
    const parked = park('s', 'q1');
    hold('s', 'e1');
    parked.cancel();
    assert.deepEqual(answers, [['q1', -32800, 'Request cancelled']]);
    const held = pending.take('s');
    assert.deepEqual(held.items.map(nameOf), ['e1']);
    // The runtime cancelled it, so it does not count as rejected.
    assert.equal(held.rejected, 0);
    assert.deepEqual([timers.pending, pending.heldBytes], [0, 0]);
  });

  it('frees the place of a request that was answered in the meantime', () => {
    const { pending, park, answers } = routing({ requestsPerSession: 2 });
    pending.beginCreate();
    park('s', 'q1');
    park('s', 'q2').cancel();
    park('s', 'q3');
    assert.equal(answers.length, 1);
    assert.deepEqual(pending.take('s').items.map(nameOf), ['q1?', 'q3?']);
  });

  it('gives the place of the stalest id to a new one, and keeps its losses', () => {
    const { pending, park, hold, answers, told } = routing({ sessions: 3 });
    pending.beginCreate();
    hold('a', 'a1');
    hold('b', 'b1');
    park('b', 'q1');
    hold('c', 'c1');
    hold('a', 'a2');
    hold('d', 'd1');
    assert.deepEqual(answers, [['q1', -32603, PENDING_BUFFER_OVERFLOW]]);
    assert.deepEqual(told, ['overflow b sessions']);
    const late = pending.take('b');
    assert.deepEqual([late.items, late.dropped, late.rejected, late.droppedEvents], [[], 1, 1, ['b1']]);
    assert.deepEqual(pending.take('a').items.map(nameOf), ['a1', 'a2']);
  });

  it('adds up the losses of an id that was pushed out and came back', () => {
    const { pending, hold } = routing({ sessions: 1, eventsPerSession: 1 });
    pending.beginCreate();
    hold('a', 'a1');
    hold('b', 'b1');
    hold('a', 'a2', 'a3');
    const held = pending.take('a');
    assert.deepEqual(held.items.map(nameOf), ['a3']);
    assert.deepEqual([held.dropped, held.droppedEvents], [2, ['a1', 'a2']]);
    assert.deepEqual(pending.take('a').droppedEvents, []);
  });

  it('warns once of an id that is pushed out again and again', () => {
    const { pending, told, hold } = routing({ sessions: 1 });
    pending.beginCreate();
    for (let round = 0; round < 5; round++) {
      hold('a', `a${round}`);
      hold('b', `b${round}`);
    }
    assert.deepEqual(told, ['overflow a sessions', 'overflow b sessions']);
  });

  it('forgets the losses when the last create has ended', () => {
    const { pending, hold } = routing({ sessions: 1 });
    const guard = pending.beginCreate();
    hold('a', 'a1');
    hold('b', 'b1');
    guard.dispose();
    pending.beginCreate();
    hold('a', 'a2');
    assert.deepEqual([pending.take('a').dropped, pending.take('b').dropped], [0, 0]);
  });

  it('holds no more than 64 ids, and forgets what it lost of the oldest of thousands', () => {
    const { pending, hold } = routing();
    pending.beginCreate();
    for (const id of range('s', 1, 5_000)) {
      hold(id, 'e');
    }
    assert.equal(pending.take('s4936').items.length, 0);
    assert.equal(pending.take('s4937').items.length, 1);
    assert.equal(pending.take('s4900').dropped, 1);
    assert.equal(pending.take('s1').dropped, 0);
  });

  it('drops the oldest of all ids when there are too many bytes', () => {
    const { pending, park, event, answers, told } = routing({ totalBytes: 1_000 });
    pending.beginCreate();
    pending.hold('a', event('a1', 'x'.repeat(300)));
    park('b', 'q1', 'x'.repeat(100));
    // Limits count bytes, not characters: these 200 characters are 400 bytes.
    pending.hold('b', event('b1', 'ü'.repeat(200)));
    assert.deepEqual(told, []);
    pending.hold('a', event('a2', 'x'.repeat(500)));
    assert.deepEqual(told, ['overflow a bytes', 'overflow b bytes']);
    assert.deepEqual(answers, [['q1', -32603, PENDING_BUFFER_OVERFLOW]]);
    assert.ok(pending.heldBytes <= 1_000);
    const [a, b] = [pending.take('a'), pending.take('b')];
    assert.deepEqual([a.items.map(nameOf), b.items.map(nameOf)], [['a2'], ['b1']]);
    assert.deepEqual([a.droppedEvents, b.dropped, b.rejected], [['a1'], 0, 1]);
    assert.equal(pending.heldBytes, 0);
  });

  it('drops an item alone that is over the limit of bytes by itself', () => {
    const { pending, hold, event } = routing({ totalBytes: 1_000 });
    pending.beginCreate();
    hold('a', 'a1');
    hold('b', 'b1');
    pending.hold('b', event('huge', 'x'.repeat(2_000)));
    assert.deepEqual(pending.take('a').items.map(nameOf), ['a1']);
    const b = pending.take('b');
    assert.deepEqual([b.items.map(nameOf), b.droppedEvents], [['b1'], ['huge']]);
    assert.equal(pending.heldBytes, 0);
  });

  it('releases everything when it is disposed, and again when the guards are', () => {
    const { pending, park, hold, answers, timers } = routing();
    const guard = pending.beginCreate();
    hold('s', 'e1');
    park('s', 'q1');
    pending.dispose();
    assert.deepEqual([answers.length, timers.pending, pending.heldBytes], [1, 0, 0]);
    guard.dispose();
    assert.equal(answers.length, 1);
  });

  it('has the limits that the SDKs share', () => {
    assert.deepEqual(DEFAULT_PENDING_ROUTING_LIMITS, {
      eventsPerSession: 128,
      requestsPerSession: 128,
      sessions: 64,
      totalBytes: 8 * 1024 * 1024,
      requestTimeoutMs: 60_000,
    });
  });
});

describe('realTimers', () => {
  it('calls back, or not if disposed', async () => {
    const called: string[] = [];
    realTimers(() => called.push('disposed'), 0).dispose();
    await new Promise<void>((resolve) => realTimers(resolve, 1));
    assert.deepEqual(called, []);
  });
});

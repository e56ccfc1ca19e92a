import assert from 'node:assert/strict';
import { eventIdentity, IdentityIndex } from '../../../src/core/eventIdentity';
import { EventLog } from '../../../src/core/eventLog';
import { event, ids, userMessage } from '../../support/sessionEvents';

const log = () =>
  new EventLog((error) => {
    throw error;
  });
const idle = (id: string) => event(id, 'session.idle', {});

describe('what an event is, whatever its id', () => {
  it('is the same for a prompt and its echo', () => {
    const echo = { ...userMessage('b', 'Fix it'), data: { content: 'Fix it', source: 'command-1' } } as never;
    assert.equal(eventIdentity(userMessage('a', 'Fix it')), eventIdentity(echo));
  });

  it('is another for another type, text or data', () => {
    const all = [
      userMessage('a', 'Fix it'),
      userMessage('a', 'Leave it'),
      event('a', 'assistant.message', { messageId: 'm1' }),
      event('a', 'assistant.message', { messageId: 'm2' }),
      event('a', 'session.info', { message: 'one' }),
      event('a', 'session.info', { message: 'two' }),
      event('a', 'session.warning', { message: 'two' }),
    ];
    assert.equal(new Set(all.map(eventIdentity)).size, all.length);
  });

  it('finds each of several equal events once, the first one first', () => {
    const index = new IdentityIndex([idle('a'), userMessage('b', 'x'), idle('c')]);
    assert.deepEqual([index.take(idle('d')), index.take(idle('e')), index.take(idle('f'))], [0, 2, undefined]);
  });
});

describe('a history under other ids', () => {
  it('adds only what was not seen, in its place', () => {
    const one = log();
    for (const seen of [userMessage('1', 'Fix it'), event('2', 'assistant.turn_start', { turnId: '0' }), idle('4')]) {
      one.append(seen);
    }
    const { added } = one.merge(
      [
        userMessage('s1', 'Fix it'),
        event('s2', 'assistant.turn_start', { turnId: '0' }),
        event('s3', 'assistant.turn_end', { turnId: '0' }),
        idle('s4'),
        userMessage('s5', 'Again'),
      ],
      true,
    );
    assert.deepEqual(
      [ids(added), ids(one.all)],
      [
        ['s3', 's5'],
        ['1', '2', 's3', '4', 's5'],
      ],
    );
  });

  it('does not take an event that kept its id for another one that says the same', () => {
    const one = log();
    one.append(idle('1'));
    assert.deepEqual(ids(one.merge([idle('1'), idle('s2')], true).added), ['s2']);
  });

  it('does not add again what comes later under the id that it has there', () => {
    const one = log();
    one.append(userMessage('1', 'Fix it'));
    one.merge([userMessage('s1', 'Fix it')], true);
    assert.equal(one.append(userMessage('s1', 'Fix it')), false);
    assert.deepEqual(one.merge([userMessage('s1', 'Fix it')], true).added, []);
  });

  it('keeps events apart that say the same, when the ids are of one connection', () => {
    const one = log();
    one.append(idle('1'));
    assert.deepEqual(ids(one.merge([idle('1'), idle('2')]).added), ['2']);
  });
});

import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { SessionEvent } from '@github/copilot-sdk';
import { atOnce } from '../../../../src/core/common/timeSlices';
import { identityHash } from '../../../../src/core/events/eventIdentity';
import { matching } from '../../../../src/core/eventLog/identityMatching';
import { EventLog } from '../../../../src/core/eventLog/eventLog';
import { isOwnCopy } from '../../../../src/core/events/ownPrompt';
import { eventIdentity } from '../../../support/eventIdentity';
import { event, ids, userMessage } from '../../../support/sessionEvents';

const log = () =>
  new EventLog((error) => {
    throw error;
  });

/** For each event of `history` that is found, its index in `events`. */
function matchByIdentity(events: readonly SessionEvent[], history: readonly SessionEvent[]) {
  const listOf = (some: readonly SessionEvent[]) => ({
    length: some.length,
    identity: (index: number) => identityHash(some[index]!),
    isPart: () => true,
    isOpen: () => true,
    isEarly: (index: number) => isOwnCopy(some[index]!),
  });
  const matches = atOnce(matching(listOf(events), listOf(history)));
  return new Map([...matches].flatMap((match, index) => (match < 0 ? [] : [[history[index]!, match] as const])));
}

/** The service's record of a prompt, which stands where the agent took it; the runtime's copy stands where it was sent. */
const echo = (id: string, content: string) => event(id, 'user.message', { content, source: `command-${id}` });
const message = (id: string, messageId: string) => event(id, 'assistant.message', { messageId });
const idle = (id: string) => event(id, 'session.idle', {});

describe('what an event is, whatever its id', () => {
  it('is the same for a prompt and its echo', () => {
    const echo = { ...userMessage('b', 'Fix it'), data: { content: 'Fix it', source: 'command-1' } } as never;
    assert.equal(identityHash(userMessage('a', 'Fix it')), identityHash(echo));
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
    assert.equal(new Set(all.map(identityHash)).size, all.length);
  });

  it('finds each of several equal events once, the first one first', () => {
    const seen = [idle('a'), userMessage('b', 'x'), idle('c')];
    const history = [idle('d'), idle('e'), idle('f')];
    const matches = matchByIdentity(seen, history);
    assert.deepEqual(
      history.map((one) => matches.get(one)),
      [0, 2, undefined],
    );
  });

  it('tells equal events apart by what they stand between', () => {
    const seen = [userMessage('1', 'x'), idle('2'), userMessage('3', 'y')];
    const history = [idle('a'), userMessage('b', 'x'), idle('c'), userMessage('d', 'y'), idle('e')];
    const matches = matchByIdentity(seen, history);
    assert.deepEqual(
      history.map((one) => matches.get(one)),
      [undefined, 0, 1, 2, undefined],
    );
  });

  it('finds an equal event elsewhere when it is not in its section', () => {
    const seen = [userMessage('1', 'x'), userMessage('2', 'y'), idle('3')];
    const history = [userMessage('a', 'x'), idle('b'), userMessage('c', 'y')];
    assert.equal(matchByIdentity(seen, history).get(history[1]!), 2);
  });

  it('does not tell them apart by an event that both lists have in another order', () => {
    const seen = [message('1', 'a'), message('2', 'z'), idle('3'), message('4', 'b'), message('5', 'c')];
    const history = [message('a', 'a'), idle('b'), message('c', 'b'), message('d', 'c'), message('e', 'z'), idle('f')];
    const matches = matchByIdentity(seen, history);
    assert.deepEqual([matches.get(history[1]!), matches.get(history[5]!)], [2, undefined]);
  });

  it('does not tell them apart by a prompt, which stands earlier where the runtime showed it', () => {
    const seen = [message('1', 'a'), userMessage('2', 'Go on'), idle('3')];
    const history = [message('a', 'a'), idle('b'), echo('c', 'Go on'), idle('d')];
    const matches = matchByIdentity(seen, history);
    assert.deepEqual(
      history.map((one) => matches.get(one)),
      [0, 2, 1, undefined],
    );
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
      { recognised: 'all' },
    );
    assert.deepEqual(
      [ids(added), ids(one.all)],
      [
        ['s3', 's5'],
        ['1', '2', 's3', '4', 's5'],
      ],
    );
  });

  it('puts what was missed where it belongs, however much of it is alike', () => {
    fc.assert(
      fc.property(fc.array(fc.record({ alike: fc.boolean(), seen: fc.boolean() }), { maxLength: 60 }), (plan) => {
        const said = (index: number, prefix: string) =>
          plan[index]?.alike === true
            ? idle(`${prefix}${index}`)
            : userMessage(`${prefix}${index}`, `Message ${index}`);
        const one = log();
        plan.forEach(({ seen }, index) => seen && one.append(said(index, 'live')));
        one.merge(
          plan.map((_, index) => said(index, 'kept')),
          { recognised: 'all' },
        );
        assert.deepEqual(
          one.all.map(eventIdentity),
          plan.map((_, index) => eventIdentity(said(index, ''))),
        );
      }),
    );
  });

  it('puts what was missed where it belongs, though the prompts stand where they were sent', () => {
    const kind = fc.constantFrom('alike' as const, 'message' as const, 'prompt' as const);
    const plan = fc.array(fc.record({ kind, seen: fc.nat({ max: 9 }), early: fc.nat({ max: 6 }) }), { maxLength: 40 });
    fc.assert(
      fc.property(plan, fc.nat({ max: 40 }), (all, cut) => {
        const withoutPrompts = (events: readonly SessionEvent[]) =>
          events.filter(({ type }) => type !== 'user.message').map(eventIdentity);
        const service = all.map(({ kind }, index) =>
          kind === 'alike'
            ? idle(`s${index}`)
            : kind === 'message'
              ? message(`s${index}`, `m${index}`)
              : echo(`s${index}`, `Prompt ${index}`),
        );
        // The earlier connection had all up to a place, or nearly all; its prompts stand where they were sent.
        const live: SessionEvent[] = [];
        service.slice(0, cut).forEach((one, index) => {
          const { kind, seen, early } = all[index]!;
          if (seen === 0) {
            return;
          }
          if (kind === 'prompt') {
            const place = Math.max(0, live.length - early);
            live.splice(place, 0, userMessage(`l${index}`, `Prompt ${index}`));
          } else {
            live.push({ ...one, id: `l${index}` });
          }
        });
        const one = log();
        live.forEach((event) => one.append(event));
        one.beginConnection();
        one.merge(service, { recognised: 'earlier', isHistory: true });
        assert.deepEqual(withoutPrompts(one.all), withoutPrompts(service));
        assert.equal(one.all.length, service.length);
      }),
      { numRuns: 500 },
    );
  });

  it('does not take an event that kept its id for another one that says the same', () => {
    const one = log();
    one.append(idle('1'));
    assert.deepEqual(ids(one.merge([idle('1'), idle('s2')], { recognised: 'all' }).added), ['s2']);
  });

  it('does not add again what comes later under the id that it has there', () => {
    const one = log();
    one.append(userMessage('1', 'Fix it'));
    one.merge([userMessage('s1', 'Fix it')], { recognised: 'all' });
    assert.equal(one.append(userMessage('s1', 'Fix it')), false);
    assert.deepEqual(one.merge([userMessage('s1', 'Fix it')], { recognised: 'all' }).added, []);
  });

  it('does not take what came over this connection for what was missed of an earlier one and says the same', () => {
    const one = log();
    one.append(userMessage('1', 'Fix it'));
    one.beginConnection();
    // A live event that is not in the history read next, which is older.
    one.append(idle('n9'));
    const missed = [userMessage('n1', 'Fix it'), idle('n2'), userMessage('n3', 'Again')];
    one.merge(missed, { recognised: 'earlier' });
    assert.deepEqual(ids(one.all), ['1', 'n2', 'n3', 'n9']);
    assert.deepEqual(one.merge([...missed, idle('n9')], { recognised: 'earlier' }).added, []);
    assert.deepEqual(ids(one.all), ['1', 'n2', 'n3', 'n9']);
  });

  it('still knows what is of an earlier connection after something was added in between', () => {
    const one = log();
    [userMessage('1', 'a'), userMessage('3', 'c')].forEach((event) => one.append(event));
    one.beginConnection();
    one.append(userMessage('n4', 'd'));
    const history = [userMessage('n1', 'a'), userMessage('n2', 'b'), userMessage('n3', 'c')];
    assert.deepEqual(ids(one.merge(history, { recognised: 'earlier' }).added), ['n2']);
    assert.deepEqual(one.merge(history, { recognised: 'earlier' }).added, []);
    assert.deepEqual(ids(one.all), ['1', 'n2', '3', 'n4']);
  });

  it('keeps events apart that say the same, when the ids are of one connection', () => {
    const one = log();
    one.append(idle('1'));
    assert.deepEqual(ids(one.merge([idle('1'), idle('2')]).added), ['2']);
  });
});

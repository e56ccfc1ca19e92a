import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { SessionEvent } from '@github/copilot-sdk';
import { SessionHistory, type SessionNote } from '../../../../src/core/session/sessionHistory';
import type { Turns } from '../../../../src/core/common/timeSlices';
import { turn } from '../../../support/memoryRuntime';
import { ephemeral, event, ids, userMessage } from '../../../support/sessionEvents';

const NOW = new Date('2026-01-02T03:04:05Z');
const fail = (error: unknown): void => {
  throw error;
};
/** Slices that end after this many checks. */
const shortTurns = (looks: number): Turns => ({
  begin: () => {
    let left = looks;
    return () => left-- === 0;
  },
  next: turn,
});
const historyWith = (looks?: number) =>
  new SessionHistory(() => NOW, fail, ...(looks === undefined ? [] : [shortTurns(looks)]));
const linked = (...names: string[]): SessionEvent[] =>
  names.map((name, index) => event(name, 'user.message', { content: name }, { parentId: names[index - 1] ?? null }));
const gaps = (history: SessionHistory) =>
  history.notes.map(
    ({ after, text }) => `${after?.id ?? 'beginning'}: ${text.startsWith('Gap: events may be missing')}`,
  );

describe('a history that is merged in slices', () => {
  it('is what it is when merged in one step, whatever arrives meanwhile', async () => {
    const mark = fc.record({ seen: fc.boolean(), alike: fc.boolean() });
    await fc.assert(
      fc.asyncProperty(
        fc.array(mark, { minLength: 1, maxLength: 300 }),
        fc.nat({ max: 30 }),
        fc.integer({ min: 1, max: 4 }),
        fc.array(fc.nat({ max: 3 }), { maxLength: 12 }),
        async (plan, cut, looks, arrivals) => {
          const said = (index: number, prefix: string): SessionEvent =>
            plan[index]?.alike === true
              ? event(`${prefix}${index}`, 'session.info', {})
              : userMessage(`${prefix}${index}`, `Message ${index}`);
          const [sliced, whole] = [historyWith(looks), historyWith()];
          const heard: string[] = [];
          sliced.log.listen(({ id }) => heard.push(id));
          for (const one of [sliced, whole]) {
            plan.forEach(({ seen }, index) => seen && one.add(said(index, 'a')));
            one.beginConnection();
          }
          const history = plan.map((_, index) => said(index, 'b'));
          const merges = [sliced.merge(history.slice(0, cut)), sliced.merge(history)];
          let arrived = 0;
          const live: SessionEvent[] = [];
          for (const count of arrivals) {
            for (let n = 0; n < count; n++) {
              const one = event(`live${arrived++}`, 'assistant.intent', {});
              live.push(one);
              sliced.add(one);
            }
            await turn();
          }
          assert.deepEqual(await Promise.all(merges), [true, true]);
          await whole.merge(history.slice(0, cut));
          await whole.merge(history);
          live.forEach((one) => whole.add(one));
          assert.deepEqual(ids(sliced.events), ids(whole.events));
          assert.deepEqual([...heard].sort(), ids(sliced.events).sort());
          assert.equal(new Set(heard).size, heard.length);
        },
      ),
      { numRuns: 60 },
    );
  });

  it('is planned anew when an event arrives that it has', async () => {
    const history = historyWith(1);
    const whole = linked('a', 'b', 'c', 'd');
    history.add(event('x', 'session.info', {}));
    const merging = history.merge(whole);
    history.add(event('b', 'user.message', { content: 'b' }));
    await merging;
    assert.equal(new Set(ids(history.events)).size, history.events.length);
    assert.deepEqual(ids(history.events).sort(), ['a', 'b', 'c', 'd', 'x']);
  });

  it('gives listeners everything once, what arrives meanwhile last, though there is too much for one slice', async () => {
    const history = historyWith(2);
    const heard: string[] = [];
    history.log.listen(({ id }) => heard.push(id));
    const whole = Array.from({ length: 5_000 }, (_, index) => event(`h${index}`));
    const merging = history.merge(whole);
    let arrived = 0;
    const done = { value: false };
    void merging.then(() => {
      done.value = true;
    });
    while (!done.value) {
      await turn();
      if (arrived < 20 && history.events.length > 0) {
        history.add(event(`live${arrived++}`));
      }
    }
    assert.equal(arrived, 20);
    assert.deepEqual(heard, ids(history.events));
    assert.equal(heard.length, 5_020);
  });

  it('ends silently, and tells nobody anything more, when the session is disposed', async () => {
    const history = historyWith(1);
    const told: string[] = [];
    history.log.listen(({ id }) => told.push(id));
    history.onDidChange(({ kind }) => told.push(kind));
    const merging = [history.merge(linked('a', 'b', 'c')), history.absorb(linked('x'), [])];
    history.dispose();
    assert.deepEqual(await Promise.all(merging), [false, false]);
    assert.deepEqual(told, []);
  });
});

describe('a history with gaps', () => {
  it('says so where it has nothing in common with what is kept, in the order of time', async () => {
    const history = historyWith();
    await history.absorb(linked('a', 'b'), []);
    history.beginConnection();
    history.add(ephemeral('live', 'session.idle', {}));
    const newer = linked('x', 'y').map((one) => ({ ...one, timestamp: '2026-03-01T00:00:00Z' }));
    await history.merge(newer);
    assert.deepEqual(ids(history.events), ['a', 'b', 'x', 'y', 'live']);
    assert.deepEqual(gaps(history), ['b: true']);
    await history.merge(newer);
    assert.deepEqual(gaps(history), ['b: true']);
  });

  it('puts what was missed behind the ephemeral events of before: an old idle does not end newer work', async () => {
    const history = historyWith();
    history.add(event('a'));
    history.add({ ...ephemeral('rest', 'session.idle', {}), timestamp: '2026-01-02T03:05:00Z' });
    history.beginConnection();
    const later = (id: string): SessionEvent => ({ ...event(id), timestamp: '2026-01-02T03:06:00Z' });
    history.add(ephemeral('now', 'session.idle', {}));
    await history.merge([event('a'), later('missed')]);
    assert.deepEqual(ids(history.events), ['a', 'rest', 'missed', 'now']);
  });

  it('says so where what was kept is read later and has nothing in common with it', async () => {
    const history = historyWith();
    history.beginConnection();
    await history.merge(linked('x', 'y').map((one) => ({ ...one, timestamp: '2026-03-01T00:00:00Z' })));
    await history.absorb(linked('a', 'b'), []);
    assert.deepEqual(ids(history.events), ['a', 'b', 'x', 'y']);
    assert.deepEqual(gaps(history), ['b: true']);
  });

  it('says so at an unknown parent, once, and no longer when that is there', async () => {
    const history = historyWith();
    const [a, b, c, d] = linked('a', 'b', 'c', 'd') as [SessionEvent, SessionEvent, SessionEvent, SessionEvent];
    await history.merge([a, b, d]);
    await history.merge([a, b, d]);
    assert.deepEqual(gaps(history), ['b: true']);
    await history.merge([a, b, c, d]);
    assert.deepEqual([ids(history.events), gaps(history)], [['a', 'b', 'c', 'd'], []]);
  });

  it('says nothing where the ids of parents are not those of events', async () => {
    const history = historyWith();
    await history.merge(
      Array.from({ length: 10 }, (_, index) => event(`e${index}`, 'session.info', {}, { parentId: `other${index}` })),
    );
    assert.deepEqual(gaps(history), []);
  });

  it('says so where the answer was cut off, unless what is kept goes on there', async () => {
    const history = historyWith();
    history.add(userMessage('c', 'c'));
    await history.merge(linked('c', 'd'), true);
    assert.deepEqual(gaps(history), ['beginning: true']);
    const kept = historyWith();
    await kept.absorb(linked('a', 'b', 'c'), []);
    kept.beginConnection();
    await kept.merge([userMessage('n3', 'c'), userMessage('n4', 'd')], true);
    assert.deepEqual([ids(kept.events), gaps(kept)], [['a', 'b', 'c', 'n4'], []]);
  });

  it('is not one before a usage, whose parent the runtime never sends', async () => {
    const history = new SessionHistory(() => NOW, fail);
    await history.merge([
      event('a'),
      event('b', 'assistant.turn_end', {}, { parentId: 'lost' }),
      event('c'),
      event('d', 'assistant.usage', { model: 'x' }, { parentId: 'never sent' }),
    ]);
    assert.deepEqual(gaps(history), ['a: true']);
  });

  it('does not say again what was kept of the same gap', async () => {
    const found = historyWith();
    await found.merge([event('a'), event('b', 'user.message', { content: 'b' }, { parentId: 'lost' })]);
    const again = historyWith();
    again.beginConnection();
    await again.merge([event('n1'), event('n2', 'user.message', { content: 'b' }, { parentId: 'lost2' })]);
    await again.absorb(found.events, found.notes);
    assert.equal(gaps(again).length, 1);
  });

  it('does not say again what was kept of the same gap in another language', async () => {
    const found = historyWith();
    const history = [event('a'), event('b', 'user.message', { content: 'b' }, { parentId: 'lost' })];
    await found.merge(history);
    const again = historyWith();
    await again.absorb(
      found.events,
      found.notes.map((note) => ({ ...note, text: 'Lücke' })),
    );
    again.beginConnection();
    await again.merge(history);
    assert.deepEqual(
      again.notes.map(({ text }) => text),
      ['Lücke'],
    );
  });

  it('shows entries without an id once, however often it is read', async () => {
    const history = historyWith();
    const odd = (text: string) => event('', 'session.info', { message: text });
    const whole = [userMessage('1', 'x'), odd('a'), odd('a'), userMessage('2', 'y'), odd('b')];
    await history.merge(whole);
    await history.merge(whole);
    history.beginConnection();
    await history.merge([userMessage('n1', 'x'), odd('a'), odd('a'), userMessage('n2', 'y'), odd('b')]);
    assert.deepEqual(ids(history.events), ['1', '', '', '2', '']);
  });

  it('shows an ephemeral event once that comes several times under one id', () => {
    const history = historyWith();
    for (let time = 0; time < 6; time++) {
      history.add(ephemeral('i', 'session.idle', {}));
    }
    assert.deepEqual(ids(history.events), ['i']);
  });
});

describe('a note', () => {
  it('stays where it was when the event that it follows is gone', () => {
    const history = historyWith();
    history.add(event('a'));
    history.add(ephemeral('d', 'assistant.message_delta', { messageId: 'm', deltaContent: 'x' }));
    history.addNote('info', 'Asked the agent to stop.');
    history.add(event('w', 'assistant.message', { messageId: 'm', content: 'x' }));
    const [note] = history.notes as readonly [SessionNote];
    assert.equal(note.after?.id, 'a');
  });

  it('of a kept event follows the same event under its new id', async () => {
    const history = historyWith();
    history.beginConnection();
    await history.merge([userMessage('n1', 'a'), userMessage('n2', 'b')]);
    const kept = [userMessage('k1', 'a'), userMessage('k2', 'b')];
    await history.absorb(kept, [{ level: 'info', text: 'A note.', at: NOW, after: kept[0] }]);
    assert.deepEqual(
      history.notes.map(({ after }) => after?.id),
      ['n1'],
    );
  });
});

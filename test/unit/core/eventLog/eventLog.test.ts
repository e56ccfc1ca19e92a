import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { SessionEvent } from '@github/copilot-sdk';
import type { Disposable } from 'vscode-jsonrpc/node';
import { EventLog } from '../../../../src/core/eventLog/eventLog';
import { ephemeral, event, ids, range } from '../../../support/sessionEvents';

function logOf(...first: SessionEvent[]) {
  const errors: unknown[] = [];
  const log = new EventLog((error) => errors.push(error));
  first.forEach((one) => log.append(one));
  const heard: string[] = [];
  return { log, errors, heard, listen: () => log.listen(({ id }) => heard.push(id)) };
}

const events = (...names: string[]): SessionEvent[] => names.map((name) => event(name));

describe('EventLog', () => {
  it('keeps the order of arrival, and each event once', () => {
    const { log, heard, listen } = logOf();
    listen();
    assert.equal(log.append(event('a')), true);
    assert.equal(log.append(event('b')), true);
    assert.equal(log.append(event('a')), false);
    assert.deepEqual(ids(log.all), ['a', 'b']);
    assert.deepEqual(heard, ['a', 'b']);
    assert.deepEqual([log.has('a'), log.has('c')], [true, false]);
  });

  it('takes each event without an id for a new one', () => {
    const { log } = logOf();
    for (const id of [undefined, '', 7, null]) {
      assert.equal(log.append(event('x', 'y', {}, { id })), true);
      assert.equal(log.append(event('x', 'y', {}, { id })), true);
    }
    assert.equal(log.all.length, 8);
    assert.equal(log.merge([event('x', 'y', {}, { id: '' })]).added.length, 0);
  });

  describe('listen', () => {
    it('gives a late listener everything in order, then each new event', () => {
      const { log, heard, listen } = logOf(...events('a', 'b'));
      listen();
      log.append(event('c'));
      assert.deepEqual(heard, ['a', 'b', 'c']);
    });

    it('gives nothing to a listener that has disposed itself', () => {
      const { log } = logOf(...events('a', 'b', 'c'));
      const heard: string[] = [];
      const subscription = log.listen(({ id }) => {
        heard.push(id);
        if (id === 'd') {
          log.append(event('e'));
          subscription.dispose();
        }
      });
      log.append(event('d'));
      log.append(event('f'));
      log.merge(events('0', 'a'));
      assert.deepEqual(heard, ['a', 'b', 'c', 'd']);

      const merged: string[] = [];
      const another = log.listen(({ id }) => {
        merged.push(id);
        if (id === '00') {
          another.dispose();
        }
      });
      log.merge(events('00', '01', '02', '0'));
      assert.equal(merged.at(-1), '00');
    });

    it('goes on with the others when one throws', () => {
      const { log, errors, heard, listen } = logOf();
      log.listen(() => {
        throw new Error('listener');
      });
      listen();
      log.append(event('a'));
      log.append(event('b'));
      log.merge(events('0', 'a'));
      assert.deepEqual(heard, ['a', 'b', '0']);
      assert.equal(errors.length, 3);
    });

    it('keeps the order for all when a listener causes another event', () => {
      const { log, heard, listen } = logOf();
      const first: string[] = [];
      log.listen(({ id }) => {
        first.push(`${id}>`);
        if (id === 'a') {
          log.append(event('b'));
        }
        first.push(`<${id}`);
      });
      listen();
      log.append(event('a'));
      assert.deepEqual(first, ['a>', '<a', 'b>', '<b']);
      assert.deepEqual(heard, ['a', 'b']);
    });

    it('keeps the order when a listener causes another event while it is given those before', () => {
      const { log, heard, listen } = logOf(...events('a', 'b'));
      listen();
      const late: string[] = [];
      log.listen(({ id }) => {
        late.push(`${id}>`);
        if (id === 'a') {
          log.append(event('c'));
        }
        late.push(`<${id}`);
      });
      assert.deepEqual(late, ['a>', '<a', 'b>', '<b', 'c>', '<c']);
      assert.deepEqual(heard, ['a', 'b', 'c']);
    });

    it('gives a listener that is added by another everything, at once', () => {
      const { log, heard, listen } = logOf(...events('a'));
      let heardAtOnce: string[] | undefined;
      log.listen(({ id }) => {
        if (id === 'b' && heardAtOnce === undefined) {
          listen();
          heardAtOnce = [...heard];
        }
      });
      log.append(event('b'));
      log.append(event('c'));
      assert.deepEqual(
        [heardAtOnce, heard],
        [
          ['a', 'b'],
          ['a', 'b', 'c'],
        ],
      );
    });

    it('does not call a listener that another one disposed', () => {
      const { log } = logOf();
      const heard: string[] = [];
      const subscriptions: Disposable[] = [];
      log.listen(() => subscriptions[0]?.dispose());
      subscriptions.push(log.listen(({ id }) => heard.push(id)));
      log.append(event('a'));
      log.merge(events('0', 'a'));
      assert.deepEqual(heard, []);
    });
  });

  describe('merge', () => {
    it('adds a first batch that never came, before everything', () => {
      const { log, heard, listen } = logOf(...events('c', 'd'));
      listen();
      const { added, reordered } = log.merge(events('a', 'b', 'c', 'd'));
      assert.deepEqual(ids(added), ['a', 'b']);
      assert.equal(reordered, true);
      assert.equal(log.rewrites, 1);
      assert.deepEqual(ids(log.all), ['a', 'b', 'c', 'd']);
      assert.deepEqual(heard, ['c', 'd', 'a', 'b']);
    });

    it('fills holes in the middle and at the end', () => {
      const { log, heard, listen } = logOf(...events('a', 'c', 'f'));
      listen();
      const { added, reordered } = log.merge(events('a', 'b', 'c', 'd', 'e', 'f', 'g'));
      assert.deepEqual(ids(added), ['b', 'd', 'e', 'g']);
      assert.equal(reordered, true);
      assert.deepEqual(ids(log.all), ['a', 'b', 'c', 'd', 'e', 'f', 'g']);
      assert.deepEqual(heard, ['a', 'c', 'f', 'b', 'd', 'e', 'g']);
    });

    it('is no rewriting if all comes behind the end, or if there is nothing new', () => {
      const { log, heard, listen } = logOf(...events('a'));
      listen();
      assert.deepEqual(log.merge(events('a')), { added: [], reordered: false, gaps: [] });
      const { added, reordered } = log.merge(events('a', 'b', 'c'));
      assert.deepEqual([ids(added), reordered, log.rewrites], [['b', 'c'], false, 0]);
      assert.deepEqual(heard, ['a', 'b', 'c']);
    });

    it('leaves ephemeral events, and others that the history lacks, where they are', () => {
      const { log } = logOf(event('a'), ephemeral('d1'), ephemeral('d2'), event('c'), ephemeral('i'), event('live'));
      log.merge(events('a', 'b', 'c', 'd'));
      assert.deepEqual(ids(log.all), ['a', 'b', 'd1', 'd2', 'c', 'd', 'i', 'live']);
    });

    it('adds an event once that the history has twice, and takes the places from the order of the history', () => {
      const { log } = logOf(...events('b', 'a'));
      const { added } = log.merge([...events('a', 'x', 'x', 'b', 'y')]);
      assert.deepEqual(ids(added), ['x', 'y']);
      assert.deepEqual(ids(log.all), ['b', 'a', 'x', 'y']);
    });

    it('takes a transcript as it is where there is nothing else, each event once, without the pieces of whole texts', () => {
      const { log, heard, listen } = logOf();
      listen();
      const piece = ephemeral('p', 'assistant.message_delta', { messageId: 'm', deltaContent: 'Wh' });
      const whole = event('w', 'assistant.message', { messageId: 'm', content: 'Whole.' });
      const { added, reordered, gaps } = log.merge([event('a'), event('a'), piece, whole, ephemeral('i')], {
        recognised: 'kept',
      });
      assert.deepEqual([ids(added), reordered, gaps], [['a', 'p', 'w', 'i'], false, []]);
      assert.deepEqual(ids(log.all), ['a', 'w', 'i']);
      assert.deepEqual(
        [log.append(event('a')), log.append(ephemeral('i')), log.append(event('b'))],
        [false, false, true],
      );
      assert.deepEqual(heard.slice(0, 1), ['a']);
    });

    it('knows all ids of a long history in the step in which it is added, and those of the connection only in that', () => {
      const said = (prefix: string, count: number): SessionEvent[] =>
        range(prefix, 1, count).map((id) => event(id, 'assistant.message', { messageId: id.slice(1), content: 'x' }));
      const { log } = logOf();
      log.merge(said('a', 2_000), { recognised: 'kept' });
      log.beginConnection();
      assert.deepEqual(ids(log.merge(said('b', 4_000), { recognised: 'earlier' }).added), range('b', 2_001, 4_000));
      assert.deepEqual(
        [log.has('a7'), log.has('b7'), log.has('b3000'), log.append(event('b7'))],
        [true, true, true, false],
      );
      log.beginConnection();
      assert.deepEqual([log.has('a7'), log.has('b7'), log.has('b3000')], [true, false, true]);
    });

    it('finds nothing in a history that is read again but what is new, or follows what nobody knows', () => {
      const said = (prefix: string, count: number): SessionEvent[] =>
        range(prefix, 1, count).map((id) => event(id, 'assistant.message', { messageId: id.slice(1), content: 'x' }));
      const { log } = logOf(...said('a', 3));
      log.beginConnection();
      log.merge(said('b', 3), { recognised: 'earlier' });
      assert.deepEqual(log.merge(said('b', 3), { recognised: 'earlier' }), { added: [], reordered: false, gaps: [] });
      assert.deepEqual(ids(log.merge(said('b', 4), { recognised: 'earlier' }).added), ['b4']);
      const lost = said('b', 4).map((one, index) => (index === 3 ? { ...one, parentId: 'lost' } : one));
      const { gaps } = log.merge(lost, { recognised: 'earlier' });
      assert.deepEqual(
        gaps.map(({ reason, after }) => [reason, after?.id]),
        [['parent', 'a3']],
      );
    });

    it('ignores the notification of an event that it has merged', () => {
      const { log, heard, listen } = logOf();
      listen();
      log.merge(events('a', 'b'));
      assert.equal(log.append(event('b')), false);
      assert.deepEqual(heard, ['a', 'b']);
    });

    it('gives an event that is caused meanwhile after all that is added', () => {
      const { log, heard, listen } = logOf(...events('c'));
      let caused = false;
      log.listen(({ id }) => {
        if (id === 'a' && !caused) {
          caused = true;
          log.append(event('z'));
        }
      });
      listen();
      log.merge(events('a', 'b', 'c', 'd'));
      assert.deepEqual(heard, ['c', 'a', 'b', 'd', 'z']);
      assert.deepEqual(ids(log.all), ['a', 'b', 'c', 'd', 'z']);
    });

    it('gives a listener that is still behind everything in its place', () => {
      const { log } = logOf(...events('c'));
      const heard: string[] = [];
      log.listen(({ id }) => {
        if (id === 'd') {
          log.merge(events('a', 'b', 'c', 'd', 'e'));
        }
      });
      log.listen(({ id }) => heard.push(id));
      log.append(event('d'));
      // The listener gets `c` during the merge, and `d` after it.
      assert.deepEqual(heard, ['c', 'a', 'b', 'd', 'e']);
    });

    it('takes a history longer than any argument list, and many holes', () => {
      const long = range('h', 1, 150_000).map((id) => event(id));
      const { log, heard, listen } = logOf(event('h150000'));
      listen();
      log.merge(long);
      assert.equal(log.all.length, 150_000);
      assert.equal(heard.length, 150_000);
      log.merge([event('h0'), event('h1')]);
      assert.deepEqual(ids(log.all.slice(0, 2)), ['h0', 'h1']);

      const whole = long.slice(0, 20_000);
      const sparse = logOf(...whole.filter((_, index) => index % 2 === 0));
      sparse.log.merge(whole);
      assert.ok(sparse.log.all.every((one, index) => one === whole[index]));
      assert.equal(sparse.log.all.length, whole.length);
    });

    it('makes of any part of the history, and any ephemeral events between, the whole of it, each event once', () => {
      const history = fc.uniqueArray(
        fc.nat({ max: 60 }).map((n) => `h${n}`),
        { maxLength: 30 },
      );
      const mark = fc.record({ seen: fc.boolean(), ephemeralBehind: fc.nat({ max: 2 }) });
      fc.assert(
        fc.property(
          history,
          fc.array(mark, { minLength: 30, maxLength: 30 }),
          fc.nat({ max: 30 }),
          (whole, marks, n) => {
            const { log, heard, listen } = logOf();
            listen();
            const arrived: string[] = [];
            whole.forEach((id, index) => {
              const { seen, ephemeralBehind } = marks[index]!;
              if (seen) {
                arrived.push(id);
              }
              arrived.push(...range(`${id}-`, 1, ephemeralBehind));
            });
            for (const id of arrived) {
              log.append(id.includes('-') ? ephemeral(id) : event(id));
            }
            // An older answer comes first, then the whole history: the first read must not affect the result.
            log.merge(events(...whole.slice(0, n)));
            log.merge(events(...whole));
            const all = ids(log.all);
            assert.deepEqual(
              all.filter((id) => !id.includes('-')),
              whole,
            );
            assert.deepEqual(
              all.filter((id) => arrived.includes(id)),
              arrived,
            );
            assert.equal(new Set(all).size, all.length);
            assert.deepEqual([...heard].sort(), [...all].sort());
          },
        ),
      );
    });
  });
});

import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { SessionRow } from '../../../../src/core/store/sessionRow';
import {
  arrange,
  DEFAULT_ARRANGEMENT,
  GROUPINGS,
  isFiltered,
  NO_FILTER,
  PLACES,
  readArrangement,
  SORTINGS,
  type Arrangement,
  type RowFilter,
} from '../../../../src/ui/rows/arrangement';
import { hiddenMessage } from '../../../../src/ui/rows/hiddenMessage';
import { sessionRow } from '../../../support/sessionRows';
import { SESSION_STATUSES } from '../../../../src/core/activity/activity';

/** Local noon, so that days do not depend on the time zone. */
const NOW = new Date(2026, 2, 15, 12);
const daysAgo = (days: number, hours = 0): Date => new Date(2026, 2, 15 - days, 12 - hours);
const creation = (key: string, startTime: Date) => ({ key, startTime, options: { cloud: {} }, error: undefined });

function arranged(rows: readonly SessionRow[], change: Partial<Arrangement> = {}) {
  const { groups, hidden } = arrange(rows, { ...DEFAULT_ARRANGEMENT, ...change }, NOW, 'en');
  return {
    groups: groups.map(({ id, label, rows: members }) => [id, label, members.map(({ key }) => key).join(' ')]),
    hidden: hidden.map(({ key }) => key),
  };
}

const filtered = (rows: readonly SessionRow[], filter: Partial<RowFilter>): string[] =>
  arranged(rows, { filter: { ...NO_FILTER, ...filter } }).groups.map(([, , keys]) => keys ?? '');

describe('arrange', () => {
  const rows = [
    sessionRow('a', { title: 'zebra 10', startTime: daysAgo(3), modifiedTime: daysAgo(1), status: 'working' }),
    sessionRow('b', { title: 'Zebra 9', startTime: daysAgo(1), modifiedTime: daysAgo(0, 1), repository: 'Octo/App' }),
    sessionRow('c', { title: 'apple', startTime: daysAgo(9), modifiedTime: daysAgo(40), repository: undefined }),
    sessionRow('d', { title: 'Éclair', startTime: daysAgo(2), modifiedTime: daysAgo(20), isRemote: false }),
  ];

  it('sorts by last change, creation or title, as people do', () => {
    assert.deepEqual(arranged(rows).groups, [['', '', 'b a d c']]);
    assert.deepEqual(arranged(rows, { sorting: 'created' }).groups, [['', '', 'b d a c']]);
    assert.deepEqual(arranged(rows, { sorting: 'title' }).groups, [['', '', 'c d b a']]);
  });

  it('gives rows of the same time one order', () => {
    const same = ['x', 'y', 'z'].map((key) => sessionRow(key));
    assert.deepEqual(arranged(same).groups, arranged([...same].reverse()).groups);
  });

  it('groups by state, first those that want attention', () => {
    const states = [...SESSION_STATUSES].reverse().map((status) => sessionRow(status, { status }));
    assert.deepEqual(
      arranged(states, { grouping: 'state' }).groups.map(([id]) => id),
      SESSION_STATUSES.map((status) => `state:${status}`),
    );
    assert.deepEqual(arranged(rows, { grouping: 'state' }).groups, [
      ['state:working', 'Working', 'a'],
      ['state:idle', 'Idle', 'b d c'],
    ]);
  });

  it('groups by repository, whatever the case of its letters; those without one come last', () => {
    assert.deepEqual(arranged(rows, { grouping: 'repository' }).groups, [
      ['repository:octo/app', 'Octo/App', 'b a d'],
      ['repository:', 'No repository', 'c'],
    ]);
  });

  it('groups by the day of the change, or of the creation if it sorts by that', () => {
    assert.deepEqual(arranged(rows, { grouping: 'date' }).groups, [
      ['date:today', 'Today', 'b'],
      ['date:yesterday', 'Yesterday', 'a'],
      ['date:month', 'Last 30 days', 'd'],
      ['date:older', 'Older', 'c'],
    ]);
    assert.deepEqual(arranged(rows, { grouping: 'date', sorting: 'created' }).groups, [
      ['date:yesterday', 'Yesterday', 'b'],
      ['date:week', 'Last 7 days', 'd a'],
      ['date:month', 'Last 30 days', 'c'],
    ]);
    const future = [sessionRow('f', { modifiedTime: daysAgo(-5) })];
    assert.deepEqual(arranged(future, { grouping: 'date' }).groups, [['date:today', 'Today', 'f']]);
  });

  it('filters by state, repository and place: one of each kind has to fit', () => {
    assert.deepEqual(filtered(rows, { statuses: ['working', 'failed'] }), ['a']);
    assert.deepEqual(filtered(rows, { repositories: ['octo/app'] }), ['b a d']);
    assert.deepEqual(filtered(rows, { repositories: [''] }), ['c']);
    assert.deepEqual(filtered(rows, { places: ['local'] }), ['d']);
    assert.deepEqual(filtered(rows, { repositories: ['octo/app'], places: ['cloud'], statuses: ['idle'] }), ['b']);
    assert.deepEqual(arranged(rows, { filter: { ...NO_FILTER, places: ['local'] } }).hidden, ['a', 'b', 'c']);
  });

  it('never hides what is being created, and has it on top', () => {
    const made = [1, 2].map((hour) =>
      sessionRow(`n${hour}`, { status: 'starting', creation: creation(`n${hour}`, daysAgo(0, hour)) }),
    );
    for (const sorting of SORTINGS) {
      const filter = { statuses: ['done' as const], repositories: ['x/y'], places: ['local' as const] };
      assert.deepEqual(arranged([...rows, ...made], { sorting, filter }).groups, [['', '', 'n1 n2']]);
      assert.match(arranged([...rows, ...made], { sorting }).groups[0]?.[2] ?? '', /^n1 n2 /);
    }
  });

  it('shows or hides each row exactly once, in whatever arrangement', () => {
    const aRow = fc.record({
      key: fc.uuid(),
      status: fc.constantFrom(...SESSION_STATUSES),
      isRemote: fc.boolean(),
      title: fc.string(),
      repository: fc.option(fc.constantFrom('a/b', 'A/B', 'c/d'), { nil: undefined }),
      modifiedTime: fc.date({ noInvalidDate: true }),
    });
    const anArrangement = fc.record({
      grouping: fc.constantFrom(...GROUPINGS),
      sorting: fc.constantFrom(...SORTINGS),
      filter: fc.record({
        statuses: fc.uniqueArray(fc.constantFrom(...SESSION_STATUSES)),
        repositories: fc.uniqueArray(fc.constantFrom('', 'a/b', 'c/d')),
        places: fc.uniqueArray(fc.constantFrom(...PLACES)),
      }),
    });
    fc.assert(
      fc.property(fc.uniqueArray(aRow, { selector: ({ key }) => key }), anArrangement, (parts, arrangement) => {
        const all = parts.map((part) => sessionRow(part.key, part));
        const { groups, hidden } = arrange(all, arrangement, NOW, 'en');
        const found = [...groups.flatMap((group) => group.rows), ...hidden].map(({ key }) => key);
        assert.deepEqual([...found].sort(), all.map(({ key }) => key).sort());
        assert.equal(new Set(groups.map(({ id }) => id)).size, groups.length);
        if (!isFiltered(arrangement.filter)) {
          assert.equal(hidden.length, 0);
        }
      }),
    );
  });
});

describe('readArrangement', () => {
  it('gives back what was saved', () => {
    const saved: Arrangement = {
      filter: { statuses: ['failed', 'done'], repositories: ['a/b', ''], places: ['cloud'] },
      grouping: 'date',
      sorting: 'title',
    };
    assert.deepEqual(readArrangement(JSON.parse(JSON.stringify(saved))), saved);
  });

  it('takes what it can use of anything else', () => {
    for (const odd of [undefined, null, 5, [], 'x', {}, { filter: 5, grouping: 'constructor', sorting: null }]) {
      assert.deepEqual(readArrangement(odd), DEFAULT_ARRANGEMENT);
    }
    const filter = { statuses: ['done', 'dancing', 5], repositories: [5, 'a/b'], places: ['moon'] };
    assert.deepEqual(readArrangement({ filter }).filter, { statuses: ['done'], repositories: ['a/b'], places: [] });
  });
});

describe('hiddenMessage', () => {
  const hidden = (...statuses: SessionRow['status'][]): string =>
    hiddenMessage(
      statuses.map((status, index) => sessionRow(String(index), { status })),
      'en',
    );

  it('says how many are hidden, and whether any of them waits', () => {
    assert.equal(hidden(), '');
    assert.equal(hidden('idle', 'done', 'failed'), '3 hidden by the filter.');
    assert.equal(hidden('needs input'), '1 hidden by the filter: it needs your input.');
    assert.equal(hidden('needs input', 'idle'), '2 hidden by the filter: 1 of them needs your input.');
    assert.equal(hidden('needs input', 'needs input'), '2 hidden by the filter: 2 of them need your input.');
  });
});

import assert from 'node:assert/strict';
import type { SessionRow } from '../../../../src/core/store/sessionRow';
import { DEFAULT_ARRANGEMENT, NO_FILTER, type Arrangement } from '../../../../src/ui/rows/arrangement';
import { isFileNode, isFolderNode } from '../../../../src/ui/rows/fileNodes';
import {
  isSessionNode,
  TreeModel,
  type GroupNode,
  type Refresh,
  type TreeNode,
} from '../../../../src/ui/rows/treeModel';
import { sessionRow } from '../../../support/sessionRows';

const at = (minute: number): Date => new Date(2026, 2, 15, 12, minute);

function stage(rows: readonly SessionRow[], change: Partial<Arrangement> = {}) {
  const byKey = new Map(rows.map((row) => [row.key, row]));
  let now = at(30);
  let listings = 0;
  const source = {
    get rows() {
      listings++;
      return [...byKey.values()];
    },
    find: (key: string) => byKey.get(key),
  };
  const model = new TreeModel(
    source,
    { ...DEFAULT_ARRANGEMENT, ...change },
    'en',
    () => [],
    () => now,
  );
  model.update(undefined);
  const name = (node: TreeNode): string => (isSessionNode(node) ? node.key : `[${(node as GroupNode).group}]`);
  const names = (refresh: Refresh) => (refresh === 'all' ? 'all' : refresh.map(name));
  const update = (key: string, more: Partial<SessionRow>) => {
    const row = byKey.get(key);
    byKey.set(key, { ...sessionRow(key), ...row, ...more });
    return names(model.update(new Set([key])));
  };
  const tree = () => model.children().map((node) => [name(node), ...model.children(node).map(name)].join(' '));
  const pass = (to: Date): boolean => {
    now = to;
    return model.passTime();
  };
  return { model, byKey, update, tree, pass, listings: () => listings };
}

describe('TreeModel', () => {
  const rows = [
    sessionRow('a', { modifiedTime: at(3), status: 'working' }),
    sessionRow('b', { modifiedTime: at(2) }),
    sessionRow('c', { modifiedTime: at(1), repository: 'x/y' }),
  ];

  it('has all rows, in order, before anything has changed', () => {
    assert.deepEqual(stage(rows).tree(), ['a', 'b', 'c']);
  });

  it('shows one row anew when its text changes, and looks at no other', () => {
    const { update, tree, listings } = stage(rows);
    const before = listings();
    assert.deepEqual(update('b', { detail: 'Reading', modifiedTime: at(9) }), ['b']);
    assert.equal(listings(), before);
    // It did not move above the row before it.
    assert.deepEqual(tree(), ['a', 'b', 'c']);
  });

  it('shows one row anew when its state changes and its place does not', () => {
    assert.deepEqual(stage(rows).update('a', { status: 'idle' }), ['a']);
  });

  it('puts a row into its new place when it becomes another', () => {
    const { update, tree } = stage(rows);
    assert.equal(update('c', { status: 'working', modifiedTime: at(9) }), 'all');
    assert.deepEqual(tree(), ['c', 'a', 'b']);
  });

  it('shows rows that come, and no longer those that go', () => {
    const { model, byKey, update, tree } = stage(rows);
    assert.equal(update('d', { modifiedTime: at(0) }), 'all');
    assert.deepEqual(tree(), ['a', 'b', 'c', 'd']);
    byKey.delete('b');
    assert.equal(model.update(undefined), 'all');
    assert.deepEqual(tree(), ['a', 'c', 'd']);
    assert.deepEqual(model.update(new Set(['b', 'nobody'])), []);
    assert.deepEqual(model.update(undefined).length, 3, 'the list was read again, and nothing has moved');
  });

  it('keeps the nodes of rows and groups, by which VS Code knows them', () => {
    const { model } = stage(rows, { grouping: 'repository' });
    const nodes = model.children().flatMap((node) => [node, ...model.children(node)]);
    model.update(undefined);
    assert.deepEqual(
      model
        .children()
        .flatMap((node) => [node, ...model.children(node)])
        .map((node, index) => node === nodes[index]),
      nodes.map(() => true),
    );
    assert.equal(model.parent(nodes[1]!), nodes[0]);
    assert.equal(model.parent(nodes[0]!), undefined);
    model.setArrangement(DEFAULT_ARRANGEMENT);
    assert.equal(model.parent(nodes[1]!), undefined);
  });

  it('moves a row from group to group', () => {
    const { update, tree } = stage(rows, { grouping: 'state' });
    assert.deepEqual(tree(), ['[state:working] a', '[state:idle] b c']);
    assert.equal(update('b', { status: 'working' }), 'all');
    assert.deepEqual(tree(), ['[state:working] a b', '[state:idle] c']);
  });

  it('knows what the filter hides, also of rows that change', () => {
    const { model, update, tree } = stage(rows, { filter: { ...NO_FILTER, statuses: ['working'] } });
    assert.deepEqual([tree(), model.hidden.length, model.size], [['a'], 2, 1]);
    assert.deepEqual(update('b', { detail: 'x' }), []);
    assert.equal(update('b', { status: 'working' }), 'all');
    assert.deepEqual([tree(), model.hidden.length], [['a', 'b'], 1]);
    // Only a hidden row changes, which the line above the list reports.
    update('c', { status: 'needs input' });
    assert.deepEqual(
      model.hidden.map(({ status }) => status),
      ['needs input'],
    );
  });

  it('moves rows to yesterday at midnight, and only by date', () => {
    const { pass, tree } = stage(rows, { grouping: 'date' });
    assert.deepEqual(tree(), ['[date:today] a b c']);
    assert.equal(pass(at(45)), false);
    assert.equal(pass(new Date(2026, 2, 16, 0, 1)), true);
    assert.deepEqual(tree(), ['[date:yesterday] a b c']);
    assert.equal(stage(rows).pass(new Date(2026, 2, 16, 0, 1)), false);
  });

  it('shows one of 1,000 rows anew, and no other', () => {
    const { update } = stage(Array.from({ length: 1_000 }, (_, index) => sessionRow(`r${index}`)));
    for (let step = 0; step < 100; step++) {
      assert.deepEqual(update('r500', { detail: String(step) }), ['r500']);
    }
  });

  describe('with changed files', () => {
    const paths = ['src/a.ts', 'src/deep/b.ts', 'readme'];
    const files = paths.map((path) => ({ path, status: 'modified', additions: 1, deletions: 0 }) as const);
    const source = { rows, find: (key: string) => rows.find((row) => row.key === key) };
    const modelOf = (change: Partial<Arrangement> = {}) =>
      new TreeModel(source, { ...DEFAULT_ARRANGEMENT, ...change }, 'en', (key) => (key === 'b' ? files : []));
    const below = (model: TreeModel, node: TreeNode): TreeNode[] =>
      model.children(node).flatMap((child) => [child, ...below(model, child)]);

    it('has them below their session, and none below another or below a file', () => {
      const model = modelOf();
      const nodes = below(model, model.node('b')!);
      assert.deepEqual(
        nodes.filter(isFolderNode).map(({ folder }) => folder),
        ['src/', 'src/deep/'],
      );
      assert.deepEqual(
        nodes.filter(isFileNode).map(({ path }) => path),
        ['src/deep/b.ts', 'src/a.ts', 'readme'],
      );
      assert.deepEqual(model.children(model.node('a')), []);
      assert.deepEqual(model.children(nodes.find(isFileNode)), []);
    });

    it('finds the session of a file and of a folder, also in a group', () => {
      const model = modelOf({ grouping: 'repository' });
      const session = model.node('b')!;
      for (const node of below(model, session)) {
        assert.equal(model.parent(node), session);
      }
      assert.ok(isSessionNode(session) && !isFileNode(session) && !isFolderNode(session));
      assert.equal(below(model, model.parent(session)!).filter(isFileNode).length, paths.length);
    });
  });
});

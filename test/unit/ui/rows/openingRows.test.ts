import assert from 'node:assert/strict';
import { OpeningRows } from '../../../../src/ui/rows/openingRows';
import type { GroupNode, SessionNode, TreeNode } from '../../../../src/ui/rows/treeModel';

describe('rows that open', () => {
  const [first, second]: readonly GroupNode[] = [{ group: '1' }, { group: '2' }];
  const [a, b, c]: readonly SessionNode[] = [{ key: 'a' }, { key: 'b' }, { key: 'c' }];
  const model = {
    children: (parent?: TreeNode): TreeNode[] => (parent === first ? [a!, b!] : parent === second ? [c!] : []),
    parent: (node: TreeNode): GroupNode | undefined => (node === c ? second : first),
  };

  it('move those beside them when the first appears and the last disappears', () => {
    const open = new Set<string>();
    const rows = new OpeningRows(model, (key) => open.has(key));
    const change = (node: SessionNode, opens: boolean): readonly SessionNode[] => {
      open[opens ? 'add' : 'delete'](node.key);
      const affected = rows.affectedBy(node);
      affected.forEach((each) => rows.show(each));
      return affected;
    };
    [a!, b!, c!].forEach((node) => assert.equal(rows.show(node), false));
    assert.deepEqual(change(a!, false), [a]);
    assert.deepEqual(change(a!, true), [a, b]);
    assert.deepEqual(change(b!, true), [b]);
    assert.deepEqual(change(a!, false), [a]);
    assert.deepEqual(change(c!, true), [c]);
    assert.deepEqual(change(b!, false), [a, b]);
  });
});

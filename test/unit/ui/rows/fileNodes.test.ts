import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { ChangedFile } from '../../../../src/core/changes/sessionChanges';
import {
  fileNodes,
  inTreeOrder,
  isFileNode,
  isFolderNode,
  type FileNode,
  type FolderNode,
} from '../../../../src/ui/rows/fileNodes';
import { isViewNode } from '../../../../src/ui/rows/viewNodes';

const filesOf = (paths: readonly string[]): ChangedFile[] =>
  paths.map((path) => ({ path, status: 'modified', additions: 1, deletions: 0 }));

/** The tree below a session, in the order of its rows: folders as `label/`, indented by their depth. */
function outline(paths: readonly string[], folder = '', indent = ''): string[] {
  return fileNodes('s1', filesOf(paths), folder, 'en').flatMap((node) =>
    isFolderNode(node)
      ? [`${indent}${node.label}/`, ...outline(paths, node.folder, `${indent}  `)]
      : [`${indent}${node.path}`],
  );
}

function nodesBelow(paths: readonly string[], folder = '', depth = 0): (FileNode | FolderNode)[] {
  assert.ok(depth < 50, 'a folder leads to itself');
  return fileNodes('s1', filesOf(paths), folder, 'en').flatMap((node) =>
    isFolderNode(node) ? [node, ...nodesBelow(paths, node.folder, depth + 1)] : [node],
  );
}

describe('the changed files below a session', () => {
  it('are folders first, then files, each by name', () => {
    assert.deepEqual(outline(['b.txt', 'a10.txt', 'a9.txt', 'z/1', 'z/2', 'Y/1', 'y2/1']), [
      ...['Y/', '  Y/1', 'y2/', '  y2/1', 'z/', '  z/1', '  z/2'],
      ...['a9.txt', 'a10.txt', 'b.txt'],
    ]);
  });

  it('have a folder before those whose names begin with its name', () => {
    const names = ['src', 'src gen', 'src_gen', 'src-gen', 'src.gen', 'src2'];
    const { compare } = new Intl.Collator('en', { numeric: true });
    const labels = fileNodes('s1', filesOf(names.map((name) => `${name}/x`)), '', 'en').map((node) =>
      isFolderNode(node) ? node.label : '',
    );
    assert.equal(labels[0], 'src');
    assert.deepEqual(labels, [...names].sort(compare));
  });

  it('are reviewed in the order of their rows', () => {
    const names = fc.array(fc.constantFrom('a', 'b', 'b.ts', 'b10', 'b9', 'B', 'src', 'src-gen'), {
      minLength: 1,
      maxLength: 4,
    });
    fc.assert(
      fc.property(fc.uniqueArray(names.map((each) => each.join('/'))), (paths) => {
        const rows = nodesBelow(paths).filter(isFileNode);
        assert.deepEqual(
          inTreeOrder(filesOf(paths), 'en').map(({ path }) => path),
          rows.map(({ path }) => path),
        );
      }),
    );
  });

  it('have folders with nothing but one folder as one', () => {
    assert.deepEqual(outline(['a/b/c/x', 'a/b/c/y', 'd/x', 'd/e/x']), [
      ...['a/b/c/', '  a/b/c/x', '  a/b/c/y'],
      ...['d/', '  e/', '    d/e/x', '  d/x'],
    ]);
    // One begins with the name of the other.
    assert.deepEqual(outline(['a/b/x', 'a/bc/x']), ['a/', '  b/', '    a/b/x', '  bc/', '    a/bc/x']);
  });

  it('have a name each, also for paths that no repository has', () => {
    assert.deepEqual(outline(['/abs']), ['//', '  /abs']);
    assert.deepEqual(outline(['/etc/hosts']), ['/etc/', '  /etc/hosts']);
    assert.deepEqual(outline(['../x']), ['../', '  ../x']);
    assert.deepEqual(outline(['a//b']), ['a//', '  a//b']);
    assert.deepEqual(outline(['nested/']), ['nested/', '  nested/']);
    assert.deepEqual(outline(['']), ['']);
    assert.deepEqual(outline([]), []);
  });

  it('appear exactly once each, whatever their paths are', () => {
    const part = fc.constantFrom('a', 'b', 'a-b', 'A', '..', '.', '', ' ', 'ä', '__proto__', 'a\nb');
    const path = fc.oneof(
      fc.array(part, { minLength: 1, maxLength: 5 }).map((parts) => parts.join('/')),
      fc.constantFrom('', '/', '//', '/abs', '../x', 'a//b', 'a/', 'a'),
      fc.string(),
    );
    fc.assert(
      fc.property(fc.uniqueArray(path, { maxLength: 20 }), (paths) => {
        const nodes = nodesBelow(paths);
        const files = nodes.filter(isFileNode).map((node) => node.path);
        assert.deepEqual([...files].sort(), [...paths].sort());
        const folders = nodes.filter(isFolderNode);
        assert.equal(new Set(folders.map(({ folder }) => folder)).size, folders.length);
        for (const { folder, label } of folders) {
          assert.notEqual(label, '');
          assert.ok(
            paths.some((each) => each.startsWith(folder)),
            folder,
          );
        }
      }),
      { numRuns: 500 },
    );
  });

  it('are known as nodes of the view, and of their session', () => {
    const nodes = nodesBelow(['a/b', 'c']);
    assert.ok(nodes.every((node) => isViewNode(node) && node.of === 's1'));
    assert.deepEqual(nodes.map(isFileNode), [false, true, true]);
    const [, node] = nodes;
    assert.ok(!isViewNode({ ...node }), 'an object of other code');
    for (const value of [undefined, null, 's1', { of: 's1' }, { path: 'a' }, { of: 1, path: 'a' }]) {
      assert.ok(!isFileNode(value) && !isFolderNode(value));
    }
  });

  it('can be 2,000 in as many folders', () => {
    const paths = Array.from({ length: 2_000 }, (_, index) => `src/part${index}/deep/er/file.ts`);
    assert.equal(fileNodes('s1', filesOf(paths), '', 'en').length, 1);
    assert.equal(fileNodes('s1', filesOf(paths), 'src/', 'en').length, 2_000);
  });
});

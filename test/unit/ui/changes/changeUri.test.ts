import assert from 'node:assert/strict';
import { readManifest } from '../../../support/packageManifest';
import { replaceMembers } from '../../../support/vscodeStub';
import fc from 'fast-check';
import type { ChangedFile } from '../../../../src/core/changes/sessionChanges';
import { CHANGE_SCHEME, pathIn, readUri, uriOfPatch, uriOfSide } from '../../../../src/ui/changes/changeUri';

interface Components {
  readonly scheme: string;
  readonly path: string;
  readonly query: string;
}

/** As VS Code, for these components: a path without an authority must not begin with two slashes. */
const from = ({ scheme, path, query }: Components): Components => {
  assert.ok(!path.startsWith('//') && path.startsWith('/'), path);
  return { scheme, path, query };
};
const file = (path: string, more: Partial<ChangedFile> = {}): ChangedFile => ({
  ...{ path, status: 'modified', additions: 1, deletions: 0 },
  ...more,
});

describe('the address of a changed file', () => {
  let restore: () => void;

  before(() => {
    restore = replaceMembers({ api: { Uri: { from } } });
  });

  after(() => restore());

  it('is shown by its path, without the slash at its beginning', () => {
    const { contributes } = readManifest() as {
      readonly contributes: { readonly resourceLabelFormatters: readonly { readonly scheme: string }[] };
    };
    assert.deepEqual(
      contributes.resourceLabelFormatters.map(({ scheme }) => scheme),
      [CHANGE_SCHEME],
    );
  });

  it('names session, side and path, whatever they are', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.string(), fc.string({ unit: 'grapheme' }), fc.constantFrom('a&view=patch', 'a b', '%41', 'a#b+c')),
        fc.oneof(fc.string(), fc.constantFrom('/abs', '//x', '../x', 'a//b', '', 'a?b#c', 'a%20b', 'ä\n')),
        fc.constantFrom('before', 'after'),
        (key, path, side) => {
          const uri = uriOfSide(key, file(path), side);
          assert.equal(uri.scheme, CHANGE_SCHEME);
          assert.deepEqual(readUri(uri), { id: key, view: side, path: pathIn(file(path), side) });
        },
      ),
    );
  });

  it('has the former path on the side before', () => {
    const renamed = file('new/a.ts', { status: 'renamed', oldPath: 'old/a.ts' });
    assert.deepEqual([pathIn(renamed, 'before'), pathIn(renamed, 'after')], ['/old/a.ts', '/new/a.ts']);
    assert.equal(pathIn(file('a.ts'), 'before'), '/a.ts');
  });

  it('of a patch ends as diffs do, under a name that can be one of a file', () => {
    const uri = uriOfPatch('s1', 'Fix: “a/b” \\ ü?');
    assert.equal(uri.path, '/Fix_ _a_b_ _ ü_.diff');
    assert.deepEqual(readUri(uri), { id: 's1', view: 'patch', path: uri.path });
  });

  it('of something else is none', () => {
    for (const query of ['', 'view=after', 'session=a', 'view=other&session=a', 'view=&session=', '%']) {
      assert.equal(readUri({ scheme: CHANGE_SCHEME, path: '/a', query } as never), undefined, query);
    }
  });
});

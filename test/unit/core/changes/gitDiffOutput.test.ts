import assert from 'node:assert/strict';
import { chmodSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { GIT_DIFF, readGitDiff, type GitChangedFile } from '../../../../src/core/changes/gitDiffOutput';
import { byPath } from '../../../../src/core/changes/sessionChanges';
import { useRealGit, type RealGit } from '../../../support/realGit';

const NUL = '\0';
/** Names that Git quotes, that look like options or patterns, and plain ones. */
const ODD_NAMES = [
  ...['plain.txt', 'two words', ' blank ', '-dash', '--', 'tab\there', 'line\nfeed', '"quoted"', 'back\\slash'],
  ...['ä ö ü €.txt', '日本語.md', '😀', ':(top)x', '*', 'a => b', '{a => b}', '\u0001', '12\t3\tname', 'name\r'],
];
const text = (name: string, count = 30): string =>
  Array.from({ length: count }, (_, index) => `${name} ${index}\n`).join('');

interface Counted {
  readonly path: string;
  readonly oldPath?: string;
  readonly status: string;
  readonly additions: number | undefined;
  readonly deletions: number | undefined;
}

describe('the output of git diff', () => {
  describe('of Git itself', function () {
    let git: RealGit;

    useRealGit((found) => {
      git = found;
      git.run(['init', '--quiet']);
    });

    const read = (from: string, to: string): readonly GitChangedFile[] => {
      const files = readGitDiff(git.run([...GIT_DIFF, from, to, '--']));
      assert.ok(files !== undefined);
      return files;
    };

    /** The same by `--numstat` and `--name-status`, each on its own. */
    const truth = (from: string, to: string): Counted[] => {
      const fields = (option: string) => git.run(['diff', option, '-M', '-z', from, to, '--']).split(NUL);
      const statuses = fields('--name-status');
      const counts = fields('--numstat');
      const result: Counted[] = [];
      for (let letter = statuses.shift(); letter; letter = statuses.shift()) {
        const [added = '', deleted = '', name = ''] = (counts.shift() ?? '').split(/\t([^]*?)\t([^]*)/, 3);
        const [oldPath, newPath] = letter.startsWith('R')
          ? [statuses.shift(), statuses.shift()]
          : [undefined, statuses.shift()];
        const counted = name === '' ? [counts.shift(), counts.shift()] : [undefined, name];
        assert.deepEqual(counted, [oldPath, newPath]);
        const number = (count: string) => (count === '-' ? undefined : Number(count));
        result.push({
          path: newPath ?? '',
          ...(oldPath === undefined ? {} : { oldPath }),
          status: letter.charAt(0),
          additions: number(added),
          deletions: number(deleted),
        });
      }
      return result.sort(byPath);
    };
    const LETTERS = { added: ['A'], deleted: ['D'], renamed: ['R'], modified: ['M', 'T'] };
    const assertTruth = (from: string, to: string): void => {
      const files = read(from, to);
      const counted = truth(from, to);
      assert.deepEqual(
        files.map(({ path: name, oldPath, additions, deletions, isBinary }) => ({
          path: name,
          ...(oldPath === undefined ? {} : { oldPath }),
          additions: isBinary === true ? undefined : additions,
          deletions: isBinary === true ? undefined : deletions,
        })),
        counted.map(({ status: _status, ...rest }) => rest),
      );
      files.forEach(({ status }, index) => {
        assert.ok(LETTERS[status].includes(counted[index]?.status ?? ''), `${status} ${counted[index]?.status}`);
      });
    };
    const commits = (first: () => void, second: () => void): [string, string] => {
      git.run(['read-tree', '--empty']);
      git.run(['clean', '-fdxq']);
      first();
      const from = git.commit();
      second();
      return [from, git.commit()];
    };
    const named = (files: readonly GitChangedFile[]) =>
      Object.fromEntries(
        files.map(({ path: name, oldPath, status, additions, deletions, isBinary, before, after }) => [
          name,
          [
            [oldPath, status].filter(Boolean).join(' '),
            isBinary === true ? 'binary' : `+${additions} -${deletions}`,
            `${before?.mode ?? ''}>${after?.mode ?? ''}`,
          ].join(' '),
        ]),
      );
    const at = (name: string): string => path.join(git.root, name);

    it('has each kind of change, with the objects of both sides', () => {
      const [from, to] = commits(
        () => {
          git.write('modified', text('m'));
          git.write('deleted', text('d'));
          git.write('old/renamed', text('r'));
          git.write('old/edited', text('e'));
          git.write('mode', text('x'));
          git.write('binary', Buffer.from([0, 1, 2]));
          git.write('file to link', text('f'));
          symlinkSync('modified', at('link to file'));
          symlinkSync('modified', at('link'));
          git.write('crlf', 'a\r\nb\r\n');
          git.write('open', 'a\nb');
          git.write('full', 'a\n');
          git.write('same', 'same\n');
        },
        () => {
          git.write('modified', `${text('m')}more\n`);
          rmSync(at('deleted'));
          git.write('added', 'a\nb\n');
          git.write('empty', '');
          git.write('new/edited', `${text('e')}more\n`);
          renameSync(at('old/renamed'), at('new/renamed'));
          rmSync(at('old/edited'));
          chmodSync(at('mode'), 0o755);
          git.write('binary', Buffer.from([0, 1, 3]));
          git.write('new binary', Buffer.from([0, 9]));
          rmSync(at('file to link'));
          symlinkSync('same', at('file to link'));
          rmSync(at('link to file'));
          git.write('link to file', 'now a file\n');
          rmSync(at('link'));
          symlinkSync('same', at('link'));
          git.write('crlf', 'a\r\nc\r\n');
          git.write('open', 'a\nb\n');
          git.write('full', '');
        },
      );
      assert.deepEqual(named(read(from, to)), {
        added: 'added +2 -0 >100644',
        binary: 'modified binary 100644>100644',
        crlf: 'modified +1 -1 100644>100644',
        deleted: 'deleted +0 -30 100644>',
        empty: 'added +0 -0 >100644',
        'file to link': 'modified +1 -30 100644>120000',
        full: 'modified +0 -1 100644>100644',
        link: 'modified +1 -1 120000>120000',
        'link to file': 'modified +1 -1 120000>100644',
        mode: 'modified +0 -0 100644>100755',
        modified: 'modified +1 -0 100644>100644',
        'new binary': 'added binary >100644',
        'new/edited': 'old/edited renamed +1 -0 100644>100644',
        'new/renamed': 'old/renamed renamed +0 -0 100644>100644',
        open: 'modified +1 -1 100644>100644',
      });
      assertTruth(from, to);
      for (const { before, after } of read(from, to)) {
        for (const object of [before, after]) {
          assert.ok(object === undefined || git.run(['cat-file', '-t', object.id]) === 'blob\n');
        }
      }
    });

    it('has submodules with their commits, whatever the configuration says about them', () => {
      const [one, two] = ['1'.repeat(40), '2'.repeat(40)];
      const submodule = (id: string) => git.run(['update-index', '--add', '--cacheinfo', `160000,${id},sub`]);
      const tree = (id: string): string => {
        git.run(['read-tree', '--empty']);
        submodule(id);
        return git.run(['write-tree']).trim();
      };
      const [from, to] = [tree(one), tree(two)];
      const empty = git.run(['mktree'], '').trim();
      git.run(['config', 'diff.ignoreSubmodules', 'all']);
      git.run(['config', 'diff.submodule', 'log']);
      try {
        assert.deepEqual(read(from, to), [
          {
            ...{ path: 'sub', status: 'modified', additions: 1, deletions: 1 },
            ...{ before: { id: one, mode: '160000' }, after: { id: two, mode: '160000' } },
          },
        ]);
        assert.deepEqual(named(read(empty, to)), { sub: 'added +1 -0 >160000' });
        assert.deepEqual(named(read(from, empty)), { sub: 'deleted +0 -1 160000>' });
      } finally {
        git.run(['config', '--unset', 'diff.ignoreSubmodules']);
        git.run(['config', '--unset', 'diff.submodule']);
      }
    });

    it('does not depend on how the repository has Git show differences', () => {
      const [from, to] = commits(
        () => git.write('folder/a', text('a')),
        () => {
          git.write('folder/b', text('a'));
          rmSync(at('folder/a'));
          git.write('folder/c', text('c'));
        },
      );
      const expected = read(from, to);
      const settings = {
        'diff.renames': 'false',
        'diff.noprefix': 'true',
        'diff.external': '/bin/false',
        'diff.relative': 'true',
        'diff.orderFile': '/dev/null',
        'diff.colorMoved': 'plain',
        'color.ui': 'always',
        'core.abbrev': '7',
        'diff.mnemonicPrefix': 'true',
      };
      Object.entries(settings).forEach(([name, value]) => git.run(['config', name, value]));
      try {
        assert.deepEqual(read(from, to), expected);
      } finally {
        Object.keys(settings).forEach((name) => git.run(['config', '--unset', name]));
      }
    });

    it('has nothing where there is no difference', () => {
      const [from] = commits(
        () => git.write('a', 'a\n'),
        () => undefined,
      );
      assert.deepEqual(read(from, from), []);
    });

    it('is what --numstat says, for any two trees with any names', () => {
      const contents = [
        ...['', 'a\n', 'a', 'a\r\nb\r\n', text('x'), `${text('x')}y\n`, text('z'), `y\n${text('z')}`],
        ...[`${text('b')}\0`, `${text('b')}\0more`],
      ];
      const blobs = contents.map((content) => git.run(['hash-object', '-w', '--stdin'], content).trim());
      const name = fc.constantFrom(...ODD_NAMES);
      // Files and folders never share a name.
      const file = fc.tuple(fc.option(fc.constantFrom('folder', 'földer "x"\t')), name);
      const entry = fc.record({
        file: file.map(([folder, own]) => (folder === null ? `f${own}` : `${folder}/${own}`)),
        object: fc.oneof(
          fc.tuple(fc.constantFrom('100644', '100755', '120000'), fc.constantFrom(...blobs)),
          fc.tuple(fc.constant('160000'), fc.constantFrom('1'.repeat(40), '2'.repeat(40))),
        ),
      });
      const tree = fc.uniqueArray(entry, { selector: (one) => one.file, maxLength: 12 });
      const write = (entries: readonly { file: string; object: [mode: string, id: string] }[]): string => {
        const lines = entries.map(({ file: own, object: [mode, id] }) => `${mode} ${id}\t${own}${NUL}`);
        git.run(['read-tree', '--empty']);
        git.run(['update-index', '-z', '--index-info'], lines.join(''));
        return git.run(['write-tree']).trim();
      };
      fc.assert(
        fc.property(tree, tree, (before, after) => assertTruth(write(before), write(after))),
        { numRuns: 40 },
      );
    });
  });

  const id = 'a'.repeat(40);
  const raw = `:100644 100644 ${id} ${id} M${NUL}file${NUL}`;

  it('is unknown if it is cut off or something else', () => {
    assert.deepEqual(readGitDiff(''), []);
    assert.equal(readGitDiff(`${raw}1\t2\tfile${NUL}`)?.length, 1);
    for (const output of [
      'fatal: bad object\n',
      `fatal: bad object${NUL}`,
      raw.slice(0, -1),
      `:100644 100644 ${id} M${NUL}file${NUL}`,
      `:100644 100644 ${id} ${id} R100${NUL}old${NUL}`,
      `${raw}1\t2\tother${NUL}`,
      `${raw}x\t2\tfile${NUL}`,
      `${raw}1\t2\t${NUL}file${NUL}`,
    ]) {
      assert.equal(readGitDiff(output), undefined, JSON.stringify(output));
    }
  });

  it('is read without an error, whatever it is', () => {
    const part = fc.oneof(fc.constantFrom(raw, NUL, ':', '1\t2\tfile', '-\t-\t', 'R100'), fc.string());
    fc.assert(
      fc.property(fc.array(part), (parts) => void readGitDiff(parts.join(''))),
      { numRuns: 1_000 },
    );
  });
});

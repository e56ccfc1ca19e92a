import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { chmodSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import { AgentChangeSet, type BaseFiles } from '../../../../src/core/changes/agentChanges';
import { MAX_FILE_BYTES, type FileContent, type Side } from '../../../../src/core/changes/changeSet';
import { readWorkspaceDiff } from '../../../../src/core/changes/workspaceDiff';
import { useRealGit, type RealGit } from '../../../support/realGit';

const READ_AT = new Date('2026-03-04T10:00:00Z');
const NONE: BaseFiles = { read: () => Promise.resolve(undefined) };

function changeSet(changes: readonly Readonly<Record<string, unknown>>[], files = NONE, baseBranch?: string) {
  const diff = readWorkspaceDiff({ changes, isFallback: false, baseBranch });
  assert.ok(diff !== undefined);
  return new AgentChangeSet(diff, { base: 'chosen', head: 'topic' }, files, READ_AT);
}

/** The blobs of a repository, as text. */
function blobs(known: Readonly<Record<string, string | Uint8Array>>): BaseFiles & { asked: string[] } {
  const asked: string[] = [];
  return {
    asked,
    read: (file, blob) => {
      asked.push(`${file} ${blob ?? 'base'}`);
      const content = known[blob ?? file];
      return Promise.resolve(content === undefined ? undefined : Buffer.from(content));
    },
  };
}

function shown(content: FileContent): string {
  switch (content.kind) {
    case 'bytes':
      return `=${Buffer.from(content.bytes).toString('utf8')}`;
    case 'absent':
      return 'absent';
    case 'omitted':
      return content.reason;
  }
}

async function sidesOf(set: AgentChangeSet, name: string): Promise<string[]> {
  const file = set.changes.files.find((each) => each.path === name);
  assert.ok(file !== undefined, name);
  return Promise.all((['before', 'after'] as Side[]).map(async (side) => shown(await set.content(file, side))));
}

const patchOf = (set: AgentChangeSet, name: string) => {
  const file = set.changes.files.find((each) => each.path === name);
  assert.ok(file !== undefined, name);
  return set.patch(file);
};

const idOf = (content: string | Uint8Array): string =>
  createHash('sha1')
    .update(`blob ${Buffer.from(content).length}\0`)
    .update(content)
    .digest('hex')
    .slice(0, 7);

const AFTER = idOf('a\nB\nc\n');
const DIFF = `index 1234abc..${AFTER} 100644\n--- a/a\n+++ b/a\n@@ -2 +2 @@\n-b\n+B\n`;
const INEXACT = 'The agent’s machine does not send this file byte for byte: only the changed lines are known.';
const HUNKS_ONLY = 'The file before the change cannot be read here: only the changed lines are known.';

describe('the changes on the agent’s machine', () => {
  it('say where they are from, and nothing of how they were read', () => {
    const of = (baseBranch?: string) =>
      changeSet([{ path: 'a', changeType: 'modified', diff: DIFF }], NONE, baseBranch);
    assert.deepEqual(of('main').changes, {
      ...{ source: 'agent', base: 'main', head: 'topic', readAt: READ_AT },
      files: [{ path: 'a', status: 'modified', additions: 1, deletions: 1 }],
    });
    assert.equal(of().changes.base, 'chosen');
  });

  it('are whole files where the blob before is known, and the diff belongs to it', async () => {
    const files = blobs({ '1234abc': 'a\nb\nc\n' });
    const set = changeSet([{ path: 'a', changeType: 'modified', diff: DIFF }], files);
    assert.deepEqual(await sidesOf(set, 'a'), ['=a\nb\nc\n', '=a\nB\nc\n']);
    assert.equal(await patchOf(set, 'a'), undefined);
    assert.ok(files.asked.every((asked) => asked === 'a 1234abc'));
  });

  it('have the line ends of which the diff has lost the carriage returns, as its ids prove', async () => {
    const table = [
      ['a\r\nb\r\nc\r\n', 'a\r\nB\r\nc\r\n'],
      ['b\n', 'B\r\n'],
      ['b\r\n', 'B\n'],
      ['b', 'B'],
      ['a\r\nb', 'a\r\nB'],
    ] as const;
    for (const [before, after] of table) {
      const at = before.startsWith('a') ? 2 : 1;
      const isOpen = before.endsWith('b');
      const end = isOpen ? '\n\\ No newline at end of file' : '';
      const diff = `index 1234abc..${idOf(after)} 100644\n@@ -${at} +${at} @@\n-b${end}\n+B${end}`;
      const set = changeSet([{ path: 'a', changeType: 'modified', diff }], blobs({ '1234abc': before }));
      assert.deepEqual(await sidesOf(set, 'a'), [`=${before}`, `=${after}`]);
    }
    const added = { path: 'a', changeType: 'added', diff: `index 0000000..${idOf('a\r\n')}\n@@ -0,0 +1 @@\n+a` };
    assert.deepEqual(await sidesOf(changeSet([added]), 'a'), ['absent', '=a\r\n']);
    const gone = { path: 'a', changeType: 'deleted', diff: `index ${idOf('a\r\n')}..0000000\n@@ -1 +0,0 @@\n-a` };
    assert.deepEqual(await sidesOf(changeSet([gone]), 'a'), ['=a\r\n', 'absent']);
  });

  it('are never other bytes: what the diff has lost is not made up', async () => {
    const of = (before: string | Uint8Array, after: string | Uint8Array, lines: string) =>
      changeSet(
        [{ path: 'a', changeType: 'modified', diff: `index 1234abc..${idOf(after)} 100644\n@@ -1 +1 @@\n${lines}` }],
        blobs({ '1234abc': before }),
      );
    for (const [before, after, lines] of [
      ['a\n', 'b \n', '-a\n+b'],
      ['a\nx\n', 'b\r\nx\n', '-a\n+b\n\\ No newline at end of file'],
      ['a\n', Uint8Array.from([0xff, 0x0a]), '-a\n+\uFFFD'],
    ] as const) {
      const set = of(before, after, lines);
      assert.deepEqual(await sidesOf(set, 'a'), [`=${before}`, INEXACT], lines);
      assert.match((await patchOf(set, 'a')) ?? '', /^index [^]*\n$/, 'it ends with a line end');
    }
    // Of a deleted file, the diff counts only if it is exact. Otherwise the file is read.
    const gone = { path: 'a', changeType: 'deleted', diff: `index ${idOf('a \n')}..0000000\n@@ -1 +0,0 @@\n-a` };
    assert.deepEqual(await sidesOf(changeSet([gone]), 'a'), [HUNKS_ONLY, 'absent']);
    assert.deepEqual(await sidesOf(changeSet([gone], blobs({ [idOf('a \n')]: 'a \n' })), 'a'), ['=a \n', 'absent']);
    // The runtime's own diff of a file that Git does not track yet.
    const binary = { path: 'a', changeType: 'added', diff: 'new file mode 100644\n@@ -0,0 +1 @@\n+a\uFFFD' };
    assert.deepEqual(await sidesOf(changeSet([binary]), 'a'), ['absent', INEXACT]);
  });

  it('are read from the clone once they were pushed, also binary files', async () => {
    const diff = 'index 1234abc..2345bcd 100644\nBinary files a/i and b/i differ\n';
    const set = changeSet([{ path: 'i', changeType: 'modified', diff }], blobs({ '1234abc': 'old', '2345bcd': 'new' }));
    assert.deepEqual(await sidesOf(set, 'i'), ['=old', '=new']);
  });

  it('of a file that became a link are its new side, and the old one if the base has it', async () => {
    const diff = `new file mode 120000\nindex 0000000..${idOf('target')}\n@@ -0,0 +1 @@\n+target\n\\ No newline at end of file`;
    const changes = [{ path: 'a', changeType: 'modified', diff }];
    assert.deepEqual(await sidesOf(changeSet(changes), 'a'), [HUNKS_ONLY, '=target']);
    assert.deepEqual(await sidesOf(changeSet(changes, blobs({ a: 'text\n' })), 'a'), ['=text\n', '=target']);
  });

  it('are the diff where it is not proven that they belong to a file', async () => {
    const unproven: readonly (readonly [string, BaseFiles, string, readonly string[]])[] = [
      ['the blob is not here', NONE, DIFF, [HUNKS_ONLY, HUNKS_ONLY]],
      ['the blob is another one', blobs({ '1234abc': 'a\nx\nc\n' }), DIFF, ['=a\nx\nc\n', INEXACT]],
      ['the diff belongs to another one', blobs({ '1234abc': 'x\nb\nc\n' }), DIFF, ['=x\nb\nc\n', INEXACT]],
      ['no blob is named', blobs({ a: 'a\nb\nc\n' }), DIFF.slice(DIFF.indexOf('---')), [HUNKS_ONLY, HUNKS_ONLY]],
      [
        'a new file is named as the blob',
        blobs({ a: 'a\nb\n' }),
        DIFF.replace('1234abc', '0000000'),
        [HUNKS_ONLY, HUNKS_ONLY],
      ],
    ];
    for (const [why, files, diff, expected] of unproven) {
      const set = changeSet([{ path: 'a', changeType: 'modified', diff }], files);
      assert.deepEqual(await sidesOf(set, 'a'), expected, why);
      assert.equal(await patchOf(set, 'a'), diff, why);
    }
  });

  it('of a new file with lines before it, or a deleted one with a gap, are the diff', async () => {
    const wrong = [
      { path: 'new', changeType: 'added', diff: '@@ -1 +1,2 @@\n a\n+b\n' },
      { path: 'gone', changeType: 'deleted', diff: '@@ -1 +0,0 @@\n-a\n@@ -5 +0,0 @@\n-b\n' },
    ];
    const set = changeSet(wrong);
    for (const { path: name, changeType, diff } of wrong) {
      assert.deepEqual(await sidesOf(set, name), changeType === 'added' ? ['absent', INEXACT] : [HUNKS_ONLY, 'absent']);
      assert.equal(await patchOf(set, name), diff);
    }
  });

  it('that were left out or are binary say so on both sides, and have no diff', async () => {
    const set = changeSet([
      { path: 'large', changeType: 'modified', diff: '', isTruncated: true },
      { path: 'missing', changeType: 'modified' },
      {
        path: 'image',
        changeType: 'modified',
        diff: 'index 1234abc..2345bcd 100644\nBinary files a/i and b/i differ\n',
      },
      { path: 'new image', changeType: 'added', diff: 'new file mode 100644\nBinary files /dev/null and b/i differ\n' },
    ]);
    const large = 'This file’s change is too large: the agent’s machine left it out.';
    const binary = 'This is a binary file. It can be seen once the agent has pushed it.';
    assert.deepEqual(await sidesOf(set, 'large'), [large, large]);
    assert.deepEqual(await sidesOf(set, 'missing'), [large, large]);
    assert.deepEqual(await sidesOf(set, 'image'), [binary, binary]);
    assert.deepEqual(await sidesOf(set, 'new image'), ['absent', binary]);
    for (const { path: name } of set.changes.files) {
      assert.equal(await patchOf(set, name), undefined, name);
    }
  });

  it('do not have a file that is in no list', async () => {
    const other = { path: 'x', status: 'modified', additions: 0, deletions: 0 } as const;
    assert.equal(shown(await changeSet([]).content(other, 'after')), 'absent');
    assert.equal(await changeSet([]).patch(other), undefined);
  });

  it('that would be too large for an editor say how large they are', async () => {
    const line = 'x'.repeat(MAX_FILE_BYTES / 5);
    const lines = Array<string>(6).fill(line);
    const rest = lines.join('\n');
    const files = blobs({ '1234abc': `a\nb\n${rest}` });
    const diff = DIFF.replace(AFTER, idOf(`a\nB\n${rest}`));
    const set = changeSet([{ path: 'a', changeType: 'modified', diff }], files);
    assert.match((await sidesOf(set, 'a'))[1] ?? '', /^This file is too large to be shown here: it has 26 MB\.$/);
  });

  describe('by real Git', function () {
    let git: RealGit;

    useRealGit((found) => {
      git = found;
      git.run(['init', '--quiet']);
    });

    it('are the files as they are there', async () => {
      const lines = Array.from({ length: 40 }, (_, index) => `line ${index}\n`).join('');
      const at = (name: string): string => path.join(git.root, name);
      const start: Readonly<Record<string, string>> = {
        edited: lines,
        crlf: 'a\r\nb\r\nc\r\n',
        bom: '\uFEFFa\nb\n',
        open: 'a\nb',
        closed: 'a\nb\n',
        gone: 'x\ny',
        emptied: 'a\n',
        filled: '',
        mode: 'm\n',
        'old name': lines.replaceAll('line', 'moved'),
        'old edited': lines.replaceAll('line', 'both'),
        ä: 'ö\n',
        'to link': 'text\n',
      };
      Object.entries(start).forEach(([name, content]) => git.write(name, content));
      const from = git.commit();
      git.write('edited', lines.replace('line 3\n', 'LINE 3\n').replace('line 30\n', ''));
      git.write('crlf', 'a\r\nB\r\nc\r\n');
      git.write('bom', '\uFEFFa\nB\n');
      git.write('open', 'a\nb\n');
      git.write('closed', 'a\nb');
      rmSync(at('gone'));
      git.write('emptied', '');
      git.write('filled', 'now\n');
      chmodSync(at('mode'), 0o755);
      renameSync(at('old name'), at('new name'));
      rmSync(at('old edited'));
      git.write('new edited', `${lines.replaceAll('line', 'both')}more`);
      git.write('ä', 'ü\n');
      git.write('brand new', 'a\nb');
      git.write('new and empty', '');
      rmSync(at('to link'));
      symlinkSync('edited', at('to link'));
      git.run(['add', '--all']);

      const statuses = { A: 'added', D: 'deleted', R: 'renamed', M: 'modified', T: 'modified' };
      const fields = git.run(['diff', '--cached', '--name-status', '-M', '-z', from]).split('\0');
      const changes: Record<string, unknown>[] = [];
      for (let status = fields.shift(); status; status = fields.shift()) {
        const letter = status.charAt(0) as keyof typeof statuses;
        const oldPath = letter === 'R' ? fields.shift() : undefined;
        const name = fields.shift() ?? '';
        const paths = oldPath === undefined ? [name] : [oldPath, name];
        const diff = git.run(['diff', '--cached', '-M', from, '--', ...paths]);
        changes.push({ path: name, oldPath, changeType: statuses[letter], diff });
      }
      const objects: BaseFiles = {
        read: (file, blob) => Promise.resolve(Buffer.from(git.run(['cat-file', 'blob', blob ?? `${from}:${file}`]))),
      };
      const set = changeSet(changes, objects);
      assert.equal(set.changes.files.length, 15);
      for (const file of set.changes.files) {
        if (file.path === 'to link') {
          // A change of the kind is two diffs in one: it is not applied to the one file. A runtime has the second only.
          assert.notEqual(await set.patch(file), undefined);
          continue;
        }
        const before = start[file.oldPath ?? file.path];
        const after = file.status === 'deleted' ? undefined : git.run(['show', `:${file.path}`]);
        assert.deepEqual(
          await sidesOf(set, file.path),
          [before, after].map((content) => (content === undefined ? 'absent' : `=${content}`)),
          file.path,
        );
        assert.equal(await set.patch(file), undefined, file.path);
      }
    });

    it('of a submodule are its commits', async () => {
      const [one, two] = ['1'.repeat(40), '2'.repeat(40)];
      const tree = (id: string | undefined): string => {
        git.run(['read-tree', '--empty']);
        if (id !== undefined) {
          git.run(['update-index', '--add', '--cacheinfo', `160000,${id},sub`]);
        }
        return git.run(['write-tree']).trim();
      };
      const [none, first, second] = [tree(undefined), tree(one), tree(two)];
      const of = (from: string, to: string, changeType: string) =>
        sidesOf(changeSet([{ path: 'sub', changeType, diff: git.run(['diff', from, to]) }]), 'sub');
      const line = (id: string) => `=Subproject commit ${id}\n`;
      assert.deepEqual(await of(first, second, 'modified'), [line(one), line(two)]);
      assert.deepEqual(await of(none, first, 'added'), ['absent', line(one)]);
      assert.deepEqual(await of(first, none, 'deleted'), [line(one), 'absent']);
    });
  });
});

import assert from 'node:assert/strict';
import { makeVariety } from '../../../support/missionControl/github/variety';
import type { WorkspaceChange } from '../../../support/missionControl/github/workspaceDiff';
import { MissionControl } from '../../../support/missionControl/missionControl';
import type { Task } from '../../../support/missionControl/task';
import { Client } from './client';

/*
 * What the emulator answers, in the form that runtime 1.0.102 was seen to answer.
 * `test/e2e/runtime/workspaceDiff.test.ts` compares both.
 */
describe('the emulated `session.workspaces.diff`', () => {
  let service: MissionControl;
  let client: Client;
  let task: Task;

  before(async () => {
    service = await MissionControl.start({ story: 'none' });
    client = new Client(service);
    task = service.createTask({ repository: { owner: 'octo-org', name: 'harbor' } });
    await makeVariety(service.agentFiles(task.id));
  });

  after(() => service.dispose());

  const byPath = async (mode: string, ignoreWhitespace = false): Promise<ReadonlyMap<string, WorkspaceChange>> =>
    new Map((await client.diff(task, mode, ignoreWhitespace)).changes.map((change) => [change.path, change]));

  it('compares the working tree with the merge base: committed, staged, unstaged and untracked files', async () => {
    const { changes } = await client.diff(task);
    assert.deepEqual(
      changes.map(
        ({ path, changeType, oldPath }) => `${changeType} ${oldPath === undefined ? '' : `${oldPath} > `}${path}`,
      ),
      [
        'added added.txt',
        'modified binary.bin',
        'modified blank.txt',
        'modified crlf.txt',
        'deleted deleted.txt',
        'deleted emptied.txt',
        'added empty.txt',
        'renamed moved and edited.txt > folder/moved.txt',
        'modified link',
        'modified modified.txt',
        'renamed moved.txt > moved to.txt',
        'added new link',
        'modified no newline.txt',
        'renamed mode.sh > staged mode.sh',
        'added staged.txt',
        'added submodule',
        'modified type.txt',
        'modified white space.txt',
        'added folder/untracked.txt',
        'added untracked crlf.txt',
        'added untracked empty.txt',
        'added untracked huge.txt',
        'added untracked link',
        'added untracked ü".txt',
        'added untracked.bin',
        'added untracked.sh',
      ],
    );
  });

  it('has Git’s own diffs, without carriage returns and without white space at their ends', async () => {
    const changes = await byPath('branch');
    const diff = (file: string): string => changes.get(file)?.diff ?? '';
    assert.match(
      diff('binary.bin'),
      /^index \w{7}\.\.\w{7} 100644\nBinary files a\/binary.bin and b\/binary.bin differ$/m,
    );
    assert.match(diff('blank.txt'), /@@ -1,3 \+1,3 @@\n-a\n\+b$/, 'shorter than it says');
    assert.match(diff('crlf.txt'), /@@ -1,3 \+1,3 @@\n one\n-two\n\+TWO\n three$/);
    assert.match(diff('empty.txt'), /new file mode 100644\nindex 0000000..e69de29$/);
    assert.match(
      diff('folder/moved.txt'),
      /^similarity index \d\d%\nrename from moved and edited.txt\nrename to folder\/moved.txt$/m,
    );
    assert.match(diff('moved to.txt'), /^similarity index 100%\nrename from moved.txt\nrename to moved to.txt$/m);
    assert.match(
      diff('link'),
      /^-modified.txt\n\\ No newline at end of file\n\+mode.sh\n\\ No newline at end of file$/m,
    );
    assert.match(diff('no newline.txt'), /\n\+no newline still\n\\ No newline at end of file$/);
    assert.match(diff('submodule'), /new file mode 160000\n[^]*\n\+Subproject commit 5c3ad1/);
    assert.match(diff('type.txt'), /^diff --git a\/type.txt b\/type.txt\nnew file mode 120000\n/, 'the new side only');
    assert.match(diff('modified.txt'), /\n\+MODIFIED\n[^]*\n\+last$/);
  });

  it('makes the diffs of untracked files itself', async () => {
    const changes = await byPath('branch');
    const head = (file: string): string =>
      `diff --git a/${file} b/${file}\nnew file mode 100644\n--- /dev/null\n+++ b/${file}`;
    assert.equal(
      changes.get('folder/untracked.txt')?.diff,
      `${head('folder/untracked.txt')}\n@@ -0,0 +1,2 @@\n+u\n+v\n\\ No newline at end of file`,
    );
    assert.equal(changes.get('untracked empty.txt')?.diff, head('untracked empty.txt'));
    assert.equal(changes.get('untracked.sh')?.diff, `${head('untracked.sh')}\n@@ -0,0 +1,1 @@\n+exit`);
    assert.equal(changes.get('untracked link')?.diff, `${head('untracked link')}\n@@ -0,0 +1,2 @@\n+added\n+line`);
    assert.equal(changes.get('untracked crlf.txt')?.diff, `${head('untracked crlf.txt')}\n@@ -0,0 +1,2 @@\n+x\r\n+y\r`);
    const [a, b] = ['"a/untracked \\303\\274\\".txt"', '"b/untracked \\303\\274\\".txt"'];
    assert.equal(
      changes.get('untracked ü".txt')?.diff,
      `diff --git ${a} ${b}\nnew file mode 100644\n--- /dev/null\n+++ ${b}\n@@ -0,0 +1,2 @@\n+ü\n+`,
    );
  });

  it('leaves out what is too large', async () => {
    const agent = service.agentFiles(task.id);
    const huge = { path: 'untracked huge.txt', changeType: 'added', diff: '', isTruncated: true };
    assert.deepEqual((await byPath('branch')).get('untracked huge.txt'), huge);
    await agent.run(['add', '--intent-to-add', 'untracked huge.txt']);
    try {
      for (const { path, diff, isTruncated } of (await byPath('branch')).values()) {
        const isTracked = !path.includes('untracked') || path === 'untracked huge.txt';
        assert.deepEqual([isTruncated, diff === ''], isTracked ? [true, true] : [undefined, false], path);
      }
      const uncommitted = await byPath('unstaged');
      assert.equal(uncommitted.get('untracked huge.txt')?.isTruncated, true);
      assert.equal(uncommitted.get('modified.txt')?.isTruncated, undefined);
    } finally {
      await agent.run(['reset', '--quiet', '--', 'untracked huge.txt']);
    }
  });

  it('leaves out what is only white space, if it is told to', async () => {
    assert.ok((await byPath('branch')).has('white space.txt'));
    assert.equal((await byPath('branch', true)).has('white space.txt'), false);
  });

  it('compares with the last commit', async () => {
    const { changes, ...rest } = await client.diff(task, 'unstaged');
    assert.deepEqual(rest, { requestedMode: 'unstaged', mode: 'unstaged', isFallback: false });
    assert.deepEqual(
      changes.filter(({ path }) => !path.includes('untracked')).map(({ path, changeType }) => `${changeType} ${path}`),
      [
        'modified added.txt',
        'deleted emptied.txt',
        'modified modified.txt',
        'renamed staged mode.sh',
        'added staged.txt',
      ],
    );
    const renamed = changes.find(({ changeType }) => changeType === 'renamed');
    assert.match(renamed?.diff ?? '', /^diff --git a\/mode.sh b\/mode.sh\ndeleted file mode 100755\n/);
    const session = await client.diff(task, 'session');
    assert.deepEqual(session, {
      requestedMode: 'session',
      mode: 'unstaged',
      changes,
      isFallback: true,
      unavailableReason: 'file-change-tracking-disabled',
    });
  });

  it('falls back to the last commit without a merge base', async () => {
    const other = service.createTask({ repository: { owner: 'octo-org', name: 'lighthouse' } });
    const agent = service.agentFiles(other.id);
    await agent.run(['checkout', '--quiet', '--orphan', 'alone']);
    await agent.commit('Begin anew');
    await agent.edit({ 'a.txt': 'a\n' });
    const { mode, isFallback, baseBranch, changes } = await client.diff(other);
    assert.deepEqual(
      [mode, isFallback, baseBranch, changes.map(({ path }) => path)],
      ['unstaged', true, 'main', ['a.txt']],
    );
  });
});

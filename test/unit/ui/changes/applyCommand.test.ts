import assert from 'node:assert/strict';
import { renameSync } from 'node:fs';
import {
  execute,
  fileUri,
  onMessage,
  replaceMembers,
  resetVscode,
  shown,
  workspaceWith,
} from '../../../support/vscodeStub';
import type { SessionRow } from '../../../../src/core/store/sessionRow';
import { AgentChangeSet } from '../../../../src/core/changes/agentChanges';
import type { ChangeSet } from '../../../../src/core/changes/changeSet';
import { readWorkspaceDiff } from '../../../../src/core/changes/workspaceDiff';
import type { SessionStore } from '../../../../src/core/store/sessionStore';
import { applyChanges } from '../../../../src/git/apply/applyChanges';
import { Command } from '../../../../src/manifest';
import { AppliedHere } from '../../../../src/ui/changes/appliedHere';
import { ApplyCommand } from '../../../../src/ui/changes/applyCommand';
import { UndoApply } from '../../../../src/ui/changes/undoApply';
import type { Clone } from '../../../../src/ui/git/clone';
import { eventually } from '../../../support/eventually';
import { sessionRow } from '../../../support/sessionRows';
import { skipWithoutGit, TestRepository } from '../../../support/testRepository';

describe('applying the changes of a session', function () {
  let row: SessionRow;
  let repository: TestRepository;
  let set: ChangeSet;
  let readIn: string;
  let fetched: string[];
  let inWorktrees: number;
  let executed: unknown[][];
  /** The titles that were shown while something took long. */
  let progress: string[];
  /** The documents that are open. */
  let documents: { uri: unknown; isDirty: boolean }[];
  let disposables: { dispose(): unknown }[];

  skipWithoutGit();

  const changeSet = (baseCommit: string | undefined, headCommit: string | undefined, files = 1): ChangeSet => ({
    changes: {
      ...{ source: 'git', base: 'main', head: 'topic', readAt: new Date(0) },
      ...(baseCommit === undefined || headCommit === undefined ? {} : { baseCommit, headCommit }),
      files: Array.from({ length: files }, () => ({ path: 'a', status: 'modified', additions: 1, deletions: 1 })),
    },
    content: () => Promise.resolve({ kind: 'absent' }),
  });

  beforeEach(() => {
    repository = TestRepository.create();
    const base = repository.commit({ 'README.md': 'Harbor\n', 'b.txt': 'b\n' });
    repository.run('switch', '--quiet', '--detach');
    const head = repository.commit({ 'README.md': 'Harbor of ships\n', 'b.txt': 'B\n' });
    repository.run('switch', '--quiet', 'main');
    set = changeSet(base, head);
    readIn = repository.root;
    fetched = [];
    inWorktrees = 0;
    executed = [];
    documents = [];
    progress = [];
    row = sessionRow('a', { title: 'Add ships' });
    resetVscode();
    const clone: Clone = {
      ...{ git: repository.git, remote: 'origin', root: fileUri(repository.root), isCurrent: true },
      refresh: () => Promise.resolve(),
      fetch: (branch) => {
        fetched.push(branch);
        return Promise.resolve(undefined);
      },
    };
    const store = { rows: [row], find: (id: string) => (id === 'a' ? row : undefined) } as unknown as SessionStore;
    const applied = new AppliedHere((opened) => {
      opened(repository.root);
      return { dispose: () => undefined };
    });
    const undoing = new UndoApply(store, applied, { at: () => Promise.resolve(clone) });
    const command = new ApplyCommand(
      store,
      { find: () => Promise.resolve(clone) },
      { read: () => Promise.resolve({ set, root: fileUri(readIn) }) },
      {
        forPerson: () => {
          inWorktrees++;
          return Promise.resolve();
        },
        elsewhere: () => ({
          clone: () => undefined,
          openRemote: () => undefined,
          askToPush: () => executed.push(['ask']),
        }),
      },
      undoing,
      applied,
      () => Promise.resolve(undefined),
    );
    const restore = replaceMembers({
      api: {
        env: { language: 'en' },
        workspace: workspaceWith(() => documents),
      },
      window: {
        withProgress: ({ title }: { title: string }, task: (report: unknown, token: unknown) => unknown) => {
          progress.push(title);
          return task(undefined, { onCancellationRequested: () => ({ dispose: () => undefined }) });
        },
      },
      commands: { executeCommand: (...args: unknown[]) => Promise.resolve(executed.push(args)) },
    });
    disposables = [command.register(), applied, undoing.register(), { dispose: restore }];
  });

  afterEach(() => {
    disposables.forEach((one) => one.dispose());
    resetVscode();
    repository.dispose();
  });

  const byPerson = async (button?: string): Promise<(typeof shown)[number]> => {
    shown.length = 0;
    onMessage(({ buttons }) => buttons.find((each) => each === button));
    await execute(Command.applyChanges, { key: 'a' });
    await eventually(
      'a message',
      () => shown.length,
      (count) => count > 0,
    );
    return shown[0]!;
  };

  it('answers code with the files, and asks nothing', async () => {
    for (const argument of ['a', { sessionId: 'a' }]) {
      const expected = { files: ['README.md', 'b.txt'], conflicts: [] };
      assert.deepEqual(await execute(Command.applyChanges, argument), expected);
      assert.equal(repository.read('README.md'), 'Harbor of ships\n');
      repository.run('checkout', '--quiet', '.');
    }
    assert.deepEqual([shown, fetched], [[], []]);
    await assert.rejects(async () => execute(Command.applyChanges, { sessionId: 'a', worktree: true }), {
      code: 'invalid-argument',
    });
  });

  it('tells a person how many files there are, and undoes it', async () => {
    const before = repository.files();
    const message = await byPerson('Undo');
    assert.equal(message.text, 'The changes of “Add ships” are applied to 2 files.');
    assert.deepEqual(message.buttons, ['Undo', 'Show Changes']);
    await eventually(
      'what undid it',
      () => shown[1]?.text,
      (text) => text === 'Undone: 2 files are as they were before.',
    );
    assert.deepEqual(repository.files(), before);
  });

  it('does not undo over what was edited since', async () => {
    onMessage(({ buttons }) => {
      repository.write('b.txt', 'mine\n');
      return buttons.find((each) => each === 'Undo');
    });
    await execute(Command.applyChanges, { key: 'a' });
    await eventually(
      'the failure',
      () => shown[1],
      (failure) => failure !== undefined,
    );
    assert.match(shown[1]?.text ?? '', /Not undone, because these files were edited since: b\.txt/);
    assert.deepEqual(shown[1]?.buttons, ['Show Changes', 'Try Again', 'Keep Changes']);
    assert.equal(repository.read('b.txt'), 'mine\n');
  });

  it('shows no link of a title while it is read', async () => {
    row = { ...row, title: 'Add [ships](command:evil)' };
    await execute(Command.applyChanges, 'a');
    assert.equal(progress[0], 'Reading the changes of “Add [ships] (command:evil)”…');
  });

  it('lists the files that do not merge, and offers a worktree', async () => {
    repository.commit({ 'README.md': 'Mine\n' });
    assert.deepEqual(await execute(Command.applyChanges, 'a'), { files: [], conflicts: ['README.md'] });
    const { level, text, buttons } = await byPerson('Check Out in a Worktree');
    assert.equal(level, 'warning');
    assert.match(text, /do not merge with yours: README\.md$/);
    assert.deepEqual(buttons, ['Check Out in a Worktree']);
    assert.equal(inWorktrees, 1);
  });

  it('is refused over uncommitted work in the files concerned: by a worktree it is possible', async () => {
    repository.write('b.txt', 'mine\n');
    await assert.rejects(async () => execute(Command.applyChanges, 'a'), { obstacle: 'uncommitted' });
    assert.deepEqual((await byPerson('Use a Worktree')).buttons, ['Use a Worktree', 'Show Changes']);
    assert.equal(inWorktrees, 1);
    assert.equal(repository.read('b.txt'), 'mine\n');
  });

  it('is refused over edits that are not saved, in the files concerned alone', async () => {
    const edit = (file: string) => ({ uri: fileUri(repository.path(file)), isDirty: true });
    documents = [edit('b.txt'), { ...edit('README.md'), isDirty: false }, edit('mine.txt')];
    const before = repository.files();
    const { text, buttons } = await byPerson();
    assert.match(text, /not saved are in the way, and nothing was changed: b\.txt\. Save or revert/);
    assert.deepEqual(buttons, ['Use a Worktree', 'Try Again']);
    assert.deepEqual(repository.files(), before);
    documents = [edit('mine.txt')];
    assert.match((await byPerson()).text, /are applied to 2 files/);
  });

  it('says so if nothing has changed, the files have it already, or the commits are unknown', async () => {
    const { baseCommit, headCommit } = set.changes;
    set = changeSet(headCommit, headCommit, 0);
    assert.match((await byPerson()).text, /“Add ships” has changed nothing yet/);
    repository.run('merge', '--quiet', headCommit ?? '');
    set = changeSet(baseCommit, headCommit);
    assert.match((await byPerson()).text, /have the changes of “Add ships” already/);
    set = changeSet(undefined, undefined);
    await assert.rejects(async () => execute(Command.applyChanges, 'a'), { code: 'session-not-ready' });
  });

  it('fetches the branch if the changes were read elsewhere', async () => {
    readIn = '/w/other';
    await execute(Command.applyChanges, 'a');
    assert.deepEqual(fetched, ['topic']);
  });

  it('does not apply what came without its secrets, and asks the agent to push it', async () => {
    const diff = readWorkspaceDiff({
      changes: [{ path: 'key.txt', changeType: 'added', diff: '@@ -0,0 +1 @@\n+key [redacted]\n' }],
      isFallback: false,
    });
    assert(diff !== undefined);
    const none = { read: () => Promise.resolve(undefined) };
    set = new AgentChangeSet(diff, { base: 'main', head: undefined }, none, new Date(0));
    const before = repository.snapshot();
    const { text, buttons } = await byPerson('Ask the Agent');
    assert.match(text, /secret was removed.*: key\.txt\. Ask the agent to push/);
    assert.deepEqual(buttons, ['Ask the Agent', 'Try Again']);
    assert.deepEqual(executed, [['ask']]);
    assert.deepEqual(repository.snapshot(), before);
  });

  it('offers to undo what was applied only in part', async () => {
    const { baseCommit: base = '', headCommit: head = '' } = set.changes;
    const before = repository.files();
    const { undo = '' } = await applyChanges(repository.git, { base, head });
    // As a crash leaves it.
    const folder = repository.path('.git/cloud-sessions');
    renameSync(`${folder}/${undo}`, `${folder}/${undo.replace(/^undo-/, 'apply-')}`);
    repository.run('checkout', '--quiet', 'b.txt');
    shown.length = 0;
    onMessage(({ level }) => (level === 'error' ? 'Undo' : undefined));
    await execute(Command.applyChanges, { key: 'a' });
    const texts = await eventually(
      'what undid it',
      () => shown.map(({ text }) => text),
      (all) => all.includes('Undone: 2 files are as they were before.'),
    );
    const { text, buttons } = shown.find(({ level }) => level === 'error') ?? assert.fail(texts.join());
    assert.match(text, /was interrupted/);
    assert.deepEqual(buttons, ['Undo', 'Keep Changes']);
    assert.deepEqual(repository.files(), before);
  });
});

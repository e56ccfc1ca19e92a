import assert from 'node:assert/strict';
import { readFileSync, renameSync, rmSync } from 'node:fs';
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
import type { SessionStore } from '../../../../src/core/store/sessionStore';
import { applyChanges } from '../../../../src/git/apply/applyChanges';
import { Command, ContextKey } from '../../../../src/manifest';
import { AppliedHere } from '../../../../src/ui/changes/appliedHere';
import { UndoApply } from '../../../../src/ui/changes/undoApply';
import { eventually } from '../../../support/eventually';
import { sessionRow } from '../../../support/sessionRows';
import { skipWithoutGit, TestRepository } from '../../../support/testRepository';

describe('undoing what was applied', function () {
  const rows: readonly SessionRow[] = [
    sessionRow('a', { title: 'Add ships', taskId: 'task' }),
    sessionRow('b', { title: 'Other' }),
  ];
  let repository: TestRepository;
  let heads: string[];
  let base: string;
  let original: object;
  let opened: (root: string) => void;
  let closed: (root: string) => void;
  let focus: (state: { focused: boolean }) => void;
  let applied: AppliedHere;
  let contexts: unknown[];
  let documents: { uri: unknown; isDirty: boolean }[];
  let picks: { items: readonly { label: string; description: string; detail: string }[]; choose: string } | undefined;
  let disposables: { dispose(): unknown }[];

  skipWithoutGit();

  beforeEach(() => {
    repository = TestRepository.create();
    base = repository.commit({ 'a.txt': 'a\n', 'b.txt': 'b\n', 'c.txt': 'c\n' });
    repository.run('switch', '--quiet', '--detach');
    heads = [repository.commit({ 'a.txt': 'A\n', 'b.txt': 'B\n' })];
    repository.run('switch', '--quiet', '--detach', 'main');
    heads.push(repository.commit({ 'c.txt': 'C\n' }));
    repository.run('switch', '--quiet', 'main');
    original = { ...repository.files() };
    contexts = [];
    documents = [];
    picks = undefined;
    resetVscode();
    const restore = replaceMembers({
      api: {
        env: { language: 'en' },
        workspace: workspaceWith(() => documents),
      },
      window: {
        onDidChangeWindowState: (listener: typeof focus) => {
          focus = listener;
          return { dispose: () => undefined };
        },
        showQuickPick: (items: NonNullable<typeof picks>['items']) => {
          assert(picks !== undefined);
          picks = { ...picks, items };
          return Promise.resolve(items.find(({ label }) => label.includes(picks?.choose ?? '')));
        },
      },
      commands: {
        executeCommand: (...args: unknown[]) => Promise.resolve(contexts.push(args)),
      },
    });
    applied = new AppliedHere((open, close) => {
      [opened, closed] = [open, close];
      return { dispose: () => undefined };
    });
    const store = {
      ...{ rows, find: (id: string) => rows.find(({ key, taskId }) => key === id || taskId === id) },
    } as unknown as SessionStore;
    const undoing = new UndoApply(store, applied, {
      at: (root) =>
        Promise.resolve(
          root === repository.root ? { git: repository.git, refresh: () => Promise.resolve() } : undefined,
        ),
    });
    disposables = [applied, undoing.register(), { dispose: restore }];
  });

  afterEach(() => {
    disposables.forEach((one) => one.dispose());
    resetVscode();
    repository.dispose();
  });

  const apply = async (index = 0, sessionId = 'a'): Promise<string> => {
    const origin = { sessionId, title: 'As it was called', ...(sessionId === 'a' ? { taskId: 'task' } : {}) };
    const { undo = '' } = await applyChanges(repository.git, { base, head: heads[index]! }, { origin });
    return undo;
  };
  /** As a crash leaves it, in a process that is gone. */
  const interrupt = async (...undone: readonly string[]): Promise<void> => {
    const undo = await apply();
    const folder = repository.path('.git/cloud-sessions');
    renameSync(`${folder}/${undo}`, `${folder}/${undo.replace(/^undo-/, 'apply-')}`);
    undone.forEach((file) => repository.run('checkout', '--quiet', file));
  };
  const known = () =>
    eventually(
      'it to be known',
      () => applied.all.length,
      (count) => count > 0,
    );
  const told = async (index = 0): Promise<(typeof shown)[number]> => {
    await eventually(
      'a message',
      () => shown.length,
      (count) => count > index,
    );
    return shown[index]!;
  };

  it('is offered as long as it is possible, also what an earlier window has applied', async () => {
    opened(repository.root);
    await execute(Command.undoApply);
    assert.equal((await told()).text, 'Nothing that was applied here can be undone.');
    await apply();
    assert.equal(applied.all.length, 0);
    focus({ focused: true });
    await known();
    assert.deepEqual(contexts, [['setContext', ContextKey.applied, true]]);
    assert.deepEqual(
      rows.map((row) => applied.of(row).length),
      [1, 0],
    );
    assert.equal(applied.of(sessionRow('other', { taskId: 'task' })).length, 1);

    await execute(Command.undoApply);
    assert.equal((await told(1)).text, 'Undone: 2 files are as they were before.');
    assert.deepEqual({ ...repository.files() }, original);
    assert.deepEqual(contexts.at(-1), ['setContext', ContextKey.applied, false]);
    assert.deepEqual(applied.all, []);
  });

  it('answers code with the files of the last one, and refuses without any', async () => {
    opened(repository.root);
    await apply();
    assert.deepEqual(await execute(Command.undoApply, 'a'), { files: ['a.txt', 'b.txt'] });
    await assert.rejects(execute(Command.undoApply, { sessionId: 'a' }), {
      message: 'Nothing of “Add ships” that was applied here can be undone.',
    });
    await assert.rejects(execute(Command.undoApply, { sessionId: 'a', id: '..' }), { code: 'invalid-argument' });
    assert.deepEqual(shown, []);
  });

  it('lets a person choose between several, and takes that of a row by itself', async () => {
    opened(repository.root);
    await apply();
    await apply(1, 'b');
    picks = { items: [], choose: 'Add ships' };
    await execute(Command.undoApply);
    assert.deepEqual(
      picks.items.map(({ label, description, detail }) => [label, description, detail]),
      [
        ['$(discard) Other', 'now', `${repository.root}: c.txt`],
        ['$(discard) Add ships', 'now', `${repository.root}: a.txt, b.txt`],
      ],
    );
    await told();
    assert.equal(repository.read('a.txt'), 'a\n');
    assert.equal(repository.read('c.txt'), 'C\n');
    picks = undefined;
    await execute(Command.undoApply, { key: 'b' });
    await told(1);
    assert.deepEqual({ ...repository.files() }, original);
  });

  it('refuses what was edited since, in the editor or on disk; it can be kept then', async () => {
    opened(repository.root);
    await apply();
    documents = [{ uri: fileUri(repository.path('a.txt')), isDirty: true }];
    await execute(Command.undoApply);
    const unsaved = await told();
    assert.match(unsaved.text, /not saved are in the way, and nothing was changed: a\.txt/);
    assert.deepEqual(unsaved.buttons, ['Try Again']);
    assert.equal(repository.read('b.txt'), 'B\n');
    documents = [];
    repository.write('a.txt', 'mine\n');
    onMessage(({ buttons }) => buttons.find((each) => each === 'Keep Changes'));
    await execute(Command.undoApply);
    assert.match((await told(1)).text, /edited since: a\.txt/);
    await eventually(
      'nothing to be left',
      () => applied.all.length,
      (count) => count === 0,
    );
    assert.deepEqual([repository.read('a.txt'), repository.read('b.txt')], ['mine\n', 'B\n']);
    assert.deepEqual(contexts.at(-1), ['setContext', ContextKey.applied, false]);
  });

  it('tells once of an apply that was interrupted, with the files that have it, and undoes it', async () => {
    await interrupt('b.txt');
    onMessage(({ buttons }) => buttons.find((each) => each === 'Undo'));
    opened(repository.root);
    const { level, text, buttons } = await told();
    assert.equal(level, 'warning');
    assert.equal(text, 'Applying the changes of “Add ships” was interrupted. Only these files have them: a.txt');
    assert.deepEqual(buttons, ['Undo', 'Keep Changes', 'Show Changes']);
    assert.match((await told(1)).text, /^Undone/);
    assert.deepEqual({ ...repository.files() }, original);
    focus({ focused: true });
    await applied.refresh();
    assert.equal(shown.length, 2);
  });

  it('keeps the part that there is, which can still be undone', async () => {
    await interrupt('b.txt');
    onMessage(({ buttons }) => buttons.find((each) => each === 'Keep Changes'));
    opened(repository.root);
    assert.match((await told(1)).text, /^The files stay as they are/);
    assert.deepEqual(
      applied.all.map(({ state }) => state),
      ['applied'],
    );
    await apply(1, 'b');
    onMessage(() => undefined);
    assert.deepEqual(await execute(Command.undoApply, 'a'), { files: ['a.txt', 'b.txt'] });
    assert.equal(repository.read('a.txt'), 'a\n');
  });

  it('says that all is applied, or nothing, if that is so', async () => {
    await interrupt();
    opened(repository.root);
    assert.equal((await told()).text, 'The changes of “Add ships” are applied to 2 files.');
    await eventually(
      'the record to be complete',
      () => applied.all[0]?.state,
      (state) => state === 'applied',
    );
    await execute(Command.undoApply, 'a');
    closed(repository.root);
    await interrupt('a.txt', 'b.txt');
    opened(repository.root);
    await eventually(
      'the record to be gone',
      () => applied.all.length === 0 && repository.attempt('diff', '--quiet') === 0,
      Boolean,
    );
    assert.equal(shown.length, 1);
  });

  it('does not take what another window applies just now for interrupted', async () => {
    await interrupt('b.txt');
    const folder = repository.path('.git/cloud-sessions');
    const id = (await listed())[0]?.id ?? '';
    const file = `${folder}/${id}/record.json`;
    repository.write(
      `.git/cloud-sessions/${id}/record.json`,
      readFileSync(file, 'utf8').replace(`"pid":${process.pid}`, `"pid":${process.ppid}`),
    );
    opened(repository.root);
    await applied.refresh();
    assert.deepEqual([applied.all, shown], [[], []]);
    await assert.rejects(apply(1), { message: 'Other changes are being applied here just now.' });
    rmSync(folder, { recursive: true });
  });

  const listed = async () => {
    opened(repository.root);
    await known();
    const { all } = applied;
    closed(repository.root);
    shown.length = 0;
    return all;
  };

  it('forgets a repository that is closed', async () => {
    await apply();
    opened(repository.root);
    await known();
    closed(repository.root);
    assert.deepEqual(applied.all, []);
    assert.deepEqual(contexts.at(-1), ['setContext', ContextKey.applied, false]);
  });
});

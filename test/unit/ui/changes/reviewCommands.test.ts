import assert from 'node:assert/strict';
import { Emitter } from 'vscode-jsonrpc/node';
import { execute, replaceMembers, resetVscode, shown } from '../../../support/vscodeStub';
import type { SessionStore } from '../../../../src/core/store/sessionStore';
import { Command } from '../../../../src/manifest';
import { ReviewCommands } from '../../../../src/ui/changes/reviewCommands';
import type { SessionChangesService } from '../../../../src/ui/changes/sessionChangesService';
import { sessionRow } from '../../../support/sessionRows';

interface Tab {
  readonly label: string;
  readonly input?: unknown;
}

describe('the review of what a session has changed', () => {
  const row = sessionRow('a', { title: 'Settings' });
  const settled = () => new Promise((resolve) => setImmediate(resolve));
  let changes: Emitter<string>;
  let paths: string[];
  let tabs: Tab[];
  let opened: unknown[][];
  let answer: ((button: string | undefined) => void) | undefined;
  let told: string[];
  let disposables: { dispose(): unknown }[];

  beforeEach(() => {
    resetVscode();
    changes = new Emitter();
    [paths, tabs, opened, told, answer] = [['a.ts'], [], [], [], undefined];
    const found = () => ({
      root: undefined,
      set: {
        changes: {
          ...{ source: 'agent', base: '', readAt: new Date(0) },
          files: paths.map((path) => ({ path, status: 'modified', additions: 1, deletions: 0 })),
        },
      },
    });
    const service = {
      ...{ get: found, read: () => Promise.resolve(found()), onDidChange: changes.event },
    } as unknown as SessionChangesService;
    const store = { rows: [row], find: (id: string) => (id === 'a' ? row : undefined) } as unknown as SessionStore;
    const restore = replaceMembers({
      api: { env: { language: 'en' } },
      window: {
        tabGroups: {
          get all() {
            return [{ tabs }];
          },
          close: (tab: Tab) => {
            tabs = tabs.filter((each) => each !== tab);
            return Promise.resolve(true);
          },
        },
        showInformationMessage: (text: string) => {
          told.push(text);
          return new Promise((resolve) => (answer = resolve));
        },
      },
      commands: {
        executeCommand: (id: string, title: string, files: readonly unknown[]) => {
          opened.push([id, title, files.length]);
          tabs.push({ label: `${title} (${files.length} files)`, input: { textDiffs: [] } });
          return Promise.resolve();
        },
      },
    });
    const commands = new ReviewCommands(store, service, () => Promise.resolve(undefined));
    disposables = [commands.register(), { dispose: restore }];
  });

  afterEach(() => {
    disposables.forEach((one) => one.dispose());
    resetVscode();
  });

  it('takes the place of the one before, and of nothing that is called alike', async () => {
    const others = [
      { label: 'Settings (mine).ts', input: { uri: 'file:///Settings (mine).ts' } },
      { label: 'Settings', input: undefined },
      { label: 'Settings.ts', input: { uri: 'file:///Settings.ts' } },
    ];
    tabs = [...others];
    await execute(Command.reviewChanges, 'a');
    tabs = tabs.slice(0, 3);
    await execute(Command.reviewChanges, 'a');
    assert.deepEqual(tabs.slice(0, 3), others);
    assert.equal(tabs.length, 4);
    await execute(Command.reviewChanges, 'a');
    assert.deepEqual(
      tabs.map(({ label }) => label),
      [...others.map(({ label }) => label), 'Settings (1 files)'],
    );
  });

  it('says once that there are other files, until that was read, and opens those of then', async () => {
    await execute(Command.reviewChanges, 'a');
    for (const path of ['b.ts', 'c.ts', 'd.ts']) {
      paths.push(path);
      changes.fire('a');
      await settled();
    }
    assert.deepEqual(told, ['“Settings” has changed other files since you opened the review.']);
    answer?.('Update Review');
    await settled();
    assert.deepEqual(opened.at(-1), ['vscode.changes', 'Settings', 4]);
    assert.equal(tabs.length, 1);
    paths.push('e.ts');
    changes.fire('a');
    await settled();
    assert.equal(told.length, 2);
    assert.deepEqual(shown, []);
  });
});

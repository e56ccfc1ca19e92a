import assert from 'node:assert/strict';
import { Emitter } from 'vscode-jsonrpc/node';
import { fileUri, replaceMembers } from '../../../support/vscodeStub';
import { watchWorkingTrees } from '../../../../src/ui/git/workingTrees';

describe('the working trees that are open', () => {
  const settled = () => new Promise((resolve) => setImmediate(resolve));
  const open = new Emitter<{ rootUri: unknown }>();
  const close = new Emitter<{ rootUri: unknown }>();
  const extensions = new Emitter<void>();
  let events: string[];
  let extension: { activate: () => Promise<unknown> } | undefined;
  let restore: () => void;

  const api = {
    repositories: [{ rootUri: fileUri('/w/harbor') }, { rootUri: { scheme: 'other', fsPath: '/w/other' } }],
    onDidOpenRepository: open.event,
    onDidCloseRepository: close.event,
  };
  const git = (enabled: boolean) => ({ activate: () => Promise.resolve({ enabled, getAPI: () => api }) });
  const watch = () =>
    watchWorkingTrees(
      (root) => events.push(`+${root}`),
      (root) => events.push(`-${root}`),
      () => extension as never,
    );

  beforeEach(() => {
    events = [];
    extension = git(true);
    restore = replaceMembers({ api: { extensions: { onDidChange: extensions.event } } });
  });

  afterEach(() => restore());

  it('are reported now, and when they are opened and closed', async () => {
    const watching = watch();
    await settled();
    open.fire({ rootUri: fileUri('/w/new') });
    close.fire({ rootUri: fileUri('/w/harbor') });
    watching.dispose();
    open.fire({ rootUri: fileUri('/w/late') });
    assert.deepEqual(events, ['+/w/harbor', '+/w/new', '-/w/harbor']);
  });

  it('are none while Git is away, disabled or fails, and come with it once', async () => {
    extension = undefined;
    const watching = watch();
    await settled();
    extension = git(true);
    extensions.fire();
    extensions.fire();
    await settled();
    assert.deepEqual(events, ['+/w/harbor']);
    watching.dispose();
    for (const other of [git(false), { activate: () => Promise.reject(new Error('It failed')) }]) {
      extension = other;
      const none = watch();
      await settled();
      none.dispose();
    }
    assert.deepEqual(events, ['+/w/harbor']);
  });
});

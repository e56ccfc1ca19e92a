import assert from 'node:assert/strict';
import { replaceMembers } from '../../../support/vscodeStub';
import { rowOfCreation } from '../../../../src/core/store/sessionRow';
import type { SessionStore } from '../../../../src/core/store/sessionStore';
import { rowCommand } from '../../../../src/ui/commands/rowCommand';

interface Asked {
  readonly placeHolder: string;
  readonly ignoreFocusOut: boolean;
}

describe('a command on a row', () => {
  const row = rowOfCreation({
    key: 'creation-1',
    options: { cloud: {}, prompt: 'Paint the pier' },
    startTime: new Date(),
    error: undefined,
  });
  const store = { rows: [row], find: () => row } as unknown as SessionStore;
  let asked: Asked[];
  let restore: () => void;

  beforeEach(() => {
    asked = [];
    restore = replaceMembers({
      api: { env: { language: 'en' } },
      window: {
        showQuickPick: (items: readonly unknown[], options: Asked) => {
          asked.push(options);
          return items[0];
        },
      },
    });
  });

  afterEach(() => restore());

  const run = (...args: readonly unknown[]): unknown =>
    rowCommand({
      store,
      title: 'Try Again',
      isApplicable: () => true,
      run: ({ key }) => key,
      ofCreations: true,
    })(...args);

  it('asks for the row that was lost while the list was fetched, and stays open until it is answered', async () => {
    assert.equal(await run(undefined, undefined), row.key);
    assert.deepEqual(
      asked.map(({ placeHolder, ignoreFocusOut }) => [placeHolder, ignoreFocusOut]),
      [['The list changed while you clicked. Choose the session here.', true]],
    );
  });

  it('asks for a row from the palette, and closes when the focus goes elsewhere', async () => {
    assert.equal(await run(), row.key);
    assert.deepEqual(
      asked.map(({ placeHolder, ignoreFocusOut }) => [placeHolder, ignoreFocusOut]),
      [['Choose a session', false]],
    );
  });

  it('asks nothing where the row is known', async () => {
    assert.equal(await run({ key: row.key }), row.key);
    assert.deepEqual(asked, []);
  });
});

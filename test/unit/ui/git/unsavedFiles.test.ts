import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileUri, replaceMembers } from '../../../support/vscodeStub';
import { unsavedFiles } from '../../../../src/ui/git/unsavedFiles';

class TabInputCustom {
  constructor(readonly uri: unknown) {}
}

describe('files that are not saved', () => {
  let folder: string;
  let restore: () => void;

  beforeEach(() => {
    folder = realpathSync(mkdtempSync(path.join(tmpdir(), 'unsaved-')));
    mkdirSync(path.join(folder, 'root/src'), { recursive: true });
    for (const file of ['root/src/a b.ts', 'root/c.ipynb', 'root/d.png', 'root/saved.ts', 'root-2.ts', 'root/..x']) {
      writeFileSync(path.join(folder, file), '');
    }
    symlinkSync(path.join(folder, 'root'), path.join(folder, 'link'));
    const uri = (file: string) => fileUri(path.join(folder, file));
    restore = replaceMembers({
      api: {
        workspace: {
          textDocuments: [
            { uri: uri('link/src/a b.ts'), isDirty: true },
            { uri: uri('root/saved.ts'), isDirty: false },
            { uri: uri('root-2.ts'), isDirty: true },
            { uri: uri('root/src/gone.ts'), isDirty: true },
            { uri: uri('root/..x'), isDirty: true },
            { uri: { scheme: 'untitled', fsPath: path.join(folder, 'root/new.ts') }, isDirty: true },
          ],
          notebookDocuments: [{ uri: uri('root/c.ipynb'), isDirty: true }],
        },
        TabInputCustom,
      },
      window: {
        tabGroups: {
          all: [
            {
              tabs: [
                { isDirty: true, input: new TabInputCustom(uri('root/d.png')) },
                { isDirty: false, input: new TabInputCustom(uri('root/saved.ts')) },
                { isDirty: true, input: undefined },
              ],
            },
          ],
        },
      },
    });
  });

  afterEach(() => {
    restore();
    rmSync(folder, { recursive: true });
  });

  it('are those of all editors within the root, however that was opened', async () => {
    const expected = ['src/a b.ts', 'src/gone.ts', '..x', 'c.ipynb', 'd.png'];
    assert.deepEqual(await unsavedFiles(path.join(folder, 'root')), expected);
    assert.deepEqual(await unsavedFiles(path.join(folder, 'link')), expected);
    assert.deepEqual(await unsavedFiles(path.join(folder, 'absent')), []);
  });
});

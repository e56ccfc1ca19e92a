import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { thisPlatform } from '../../../../src/runtime/platform/platform';
import { workingFolder } from '../../../../src/runtime/platform/workingFolder';

describe('the folder in which programs are started', () => {
  let folder: string;
  let storage: string;

  beforeEach(() => {
    folder = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), 'working-folder-')));
    storage = path.join(folder, 'storage', 'ours');
  });

  afterEach(() => fs.rmSync(folder, { recursive: true, force: true }));

  const isPrivate = (file: string): void => {
    const stat = fs.lstatSync(file);
    assert.ok(stat.isDirectory());
    if (process.platform !== 'win32') {
      assert.equal(stat.mode & 0o777, 0o700);
      assert.equal(stat.uid, process.getuid?.());
    }
  };

  it('is private, below the extension’s storage, the same each time, and made anew when it is gone', () => {
    const host = thisPlatform();
    const own = workingFolder(storage, host);
    assert.equal(own, path.join(storage, 'cwd'));
    isPrivate(own);
    assert.equal(workingFolder(storage, host), own);
    fs.rmSync(path.join(folder, 'storage'), { recursive: true });
    assert.equal(workingFolder(storage, host), own);
    isPrivate(own);
  });

  if (process.platform !== 'win32') {
    it('is taken over from nobody: what others could have written to, a link or a file goes aside', () => {
      const own = path.join(storage, 'cwd');
      const others: Readonly<Record<string, () => void>> = {
        'a folder that was open to all': () => {
          fs.mkdirSync(own);
          fs.writeFileSync(path.join(own, 'git'), '');
          fs.chmodSync(own, 0o777);
        },
        'a link': () => fs.symlinkSync(folder, own),
        'a link to nothing': () => fs.symlinkSync('/nowhere', own),
        'a file': () => fs.writeFileSync(own, ''),
      };
      fs.mkdirSync(storage, { recursive: true });
      for (const [name, make] of Object.entries(others)) {
        make();
        assert.equal(workingFolder(storage, thisPlatform()), own, name);
        isPrivate(own);
        assert.deepEqual(fs.readdirSync(own), [], name);
        fs.rmdirSync(own);
      }
      fs.mkdirSync(own, { mode: 0o755 });
      assert.equal(workingFolder(storage, thisPlatform()), own);
      isPrivate(own);
    });

    it('is a fresh one elsewhere where the storage cannot be written to, or lies in the workspace', () => {
      fs.writeFileSync(path.join(folder, 'storage'), 'in the way');
      const host = thisPlatform();
      const fallback = workingFolder(storage, host);
      assert.equal(path.dirname(fallback), os.tmpdir());
      isPrivate(fallback);
      assert.equal(workingFolder(storage, host), fallback, 'they do not add up');
      fs.rmdirSync(fallback);
      const fresh = workingFolder(storage, host);
      isPrivate(fresh);
      fs.rmSync(path.join(folder, 'storage'));
      assert.equal(workingFolder(storage, thisPlatform([folder])), fresh);
      assert.equal(fs.existsSync(storage), false, 'nothing is written into the workspace');
      assert.equal(workingFolder('storage', host), fresh, 'nor below the working directory');
    });

    it('is never in the workspace, not even among its temporary files', () => {
      const before = process.env['TMPDIR'];
      try {
        for (const temporary of [folder, 'relative', '.']) {
          process.env['TMPDIR'] = temporary;
          const fallback = workingFolder(storage, thisPlatform([folder]));
          assert.ok(path.isAbsolute(fallback));
          assert.ok(!fallback.startsWith(folder), fallback);
        }
      } finally {
        if (before === undefined) {
          delete process.env['TMPDIR'];
        } else {
          process.env['TMPDIR'] = before;
        }
      }
    });
  }
});

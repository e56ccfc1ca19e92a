import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { thisPlatform } from '../../../../src/runtime/platform/platform';
import { pathVariable, searchPath, workspaceOf } from '../../../../src/runtime/platform/searchPath';
import { fakeHost } from '../../../support/fakeHost';

describe('searchPath', () => {
  it('takes whole paths only, on Windows too', () => {
    const host = fakeHost({}, { platform: 'win32', workspaceFolders: ['C:\\w\\app'] });
    const value =
      'C:\\a;.;;"D:\\b;c";C:foo;\\foo;bin;%X%\\y;\\\\server\\share\\bin;c:\\W\\APP\\bin;C:/w/app/x;~\\z;D:/d;';
    const found = searchPath(host, value);
    assert.deepEqual(found.folders, ['C:\\a', 'D:\\b;c', '\\\\server\\share\\bin', 'D:/d']);
    assert.equal(found.dropped.length, 10);
    assert.equal(pathVariable(host, found), 'C:\\a;"D:\\b;c";\\\\server\\share\\bin;D:/d');
    assert.equal(pathVariable(host, searchPath(host, '.;')), 'C:\\Windows\\System32;C:\\Windows');
  });

  it('does not take the home folder or the whole system for a stranger’s, when that is what is open', () => {
    const env = { HOME: '/home/u', PATH: '/home/u/.local/bin:/usr/bin:/home/u/app/bin' };
    for (const workspace of ['/', '/home', '/home/u', '/home/u/', '/usr']) {
      assert.deepEqual(searchPath(fakeHost({}, { env, workspaceFolders: [workspace] })).dropped, [], workspace);
    }
    const both = fakeHost({}, { env, workspaceFolders: ['/home/u', '/home/u/app'] });
    assert.deepEqual(
      searchPath(both).dropped.map(({ entry }) => entry),
      ['/home/u/app/bin'],
    );
  });

  if (process.platform !== 'win32') {
    describe('on this machine', () => {
      let folder: string;
      let workspace: string;
      const at = (...parts: string[]): string => path.join(folder, ...parts);

      before(() => {
        folder = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), 'search-path-')));
        workspace = at('workspace');
        fs.mkdirSync(path.join(workspace, 'bin'), { recursive: true });
        fs.mkdirSync(at('outside'));
        fs.symlinkSync(workspace, at('link'));
        fs.symlinkSync(path.join(workspace, 'later'), at('dangling'));
        fs.symlinkSync(at('outside'), path.join(workspace, 'out'));
        fs.symlinkSync(path.join(workspace, 'out'), at('through'));
        fs.symlinkSync('/proc/self/cwd', at('here'));
      });

      after(() => fs.rmSync(folder, { recursive: true }));

      it('follows links, to what is not there yet as well, and sees whose links they are', () => {
        for (const opened of [workspace, at('link')]) {
          const host = thisPlatform([opened]);
          for (const name of [
            workspace,
            `${workspace}/bin`,
            at('link'),
            at('link', 'bin'),
            at('link', 'not', 'there', 'yet'),
            at('dangling'),
            at('dangling', 'below'),
            at('outside', '..', 'link'),
            path.join(workspace, 'out'),
            at('through'),
          ]) {
            assert.notEqual(workspaceOf(name, host), undefined, name);
            assert.deepEqual(searchPath(host, name).folders, [], name);
          }
          for (const name of [at('outside'), `${workspace}-2`, folder, '/usr/bin']) {
            assert.deepEqual(searchPath(host, name).folders, [name]);
          }
        }
      });

      it('sees what a path passes before it goes up again', () => {
        const host = thisPlatform([workspace]);
        const up = ['workspace/out/../outside', 'link/../outside', 'through/../outside', 'here/../x'].map((name) =>
          [folder, name].join('/'),
        );
        assert.deepEqual(searchPath(host, up.join(':')).folders, []);
        const whole = `${at('outside')}/../outside`;
        assert.deepEqual(searchPath(host, whole).folders, [whole]);
      });

      it('takes no path that is another folder for each process', () => {
        for (const name of ['/proc/self/cwd', '/proc/self/cwd/bin', '/proc/1/root', '/dev/fd/0', at('here')]) {
          assert.deepEqual(searchPath(thisPlatform(), name).folders, [], name);
        }
      });
    });
  }
});

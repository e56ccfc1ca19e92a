import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathOf, thisPlatform } from '../../../src/runtime/platform/platform';
import { locateRuntime, RuntimeNotFoundError } from '../../../src/runtime/locate';
import { fakeHost, type FakeFile } from '../../support/fakeHost';

const NATIVE = '@github/copilot-linux-x64/copilot';

function refusal(locate: () => unknown): RuntimeNotFoundError {
  try {
    locate();
  } catch (error) {
    assert.ok(error instanceof RuntimeNotFoundError, String(error));
    return error;
  }
  return assert.fail('it was found');
}

describe('locateRuntime', () => {
  describe('takes what the setting names', () => {
    const host = fakeHost(
      { '/opt/copilot': {}, '/opt/run.js': { executable: false }, '/home/u/c': {}, '/usr/bin/copilot': {} },
      { env: { HOME: '/home/u', PATH: '/usr/bin', COPILOT_CLI_PATH: '/usr/bin/copilot' } },
    );
    const source = 'cloudSessions.runtime.path';

    it('an executable', () => {
      assert.deepEqual(locateRuntime(' /opt/copilot ', host), {
        command: '/opt/copilot',
        args: [],
        asNode: false,
        source,
      });
    });

    it('a script, which Node runs and which need not be executable', () => {
      const found = { command: '/host/node', args: ['/opt/run.js'], asNode: false, source };
      assert.deepEqual(locateRuntime('/opt/run.js', host), found);
    });

    it('a path in the home folder', () => {
      assert.equal(locateRuntime('~/c', host).command, '/home/u/c');
    });

    it('the name of a command on the PATH', () => {
      assert.deepEqual(locateRuntime('copilot', host), {
        command: '/usr/bin/copilot',
        args: [],
        asNode: false,
        source,
      });
    });
  });

  describe('refuses what cannot be used, and tries nothing else', () => {
    const host = fakeHost(
      {
        '/usr/bin/copilot': {},
        '/opt/folder/x': {},
        '/opt/text': { executable: false },
        '/opt/empty': { kind: 'empty' },
        '/opt/empty.js': { kind: 'empty' },
        '/opt/pipe': { kind: 'special' },
        '/opt/secret': { kind: 'unreadable' },
      },
      { env: { PATH: '/usr/bin', HOME: '/home/u' } },
    );
    const cases: Readonly<Record<string, readonly [message: RegExp, nextStep: RegExp]>> = {
      '/opt/missing': [/“\/opt\/missing”, .*: it does not exist$/, /Correct/],
      '/opt/folder': [/is a folder/, /to the executable/],
      '/opt/text': [/is not executable/, /chmod \+x/],
      '/opt/empty': [/is an empty file/, /again/],
      '/opt/empty.js': [/is an empty file/, /again/],
      '/opt/pipe': [/is not a regular file/, /Correct/],
      '/opt/secret': [/permissions/, /Change/],
      'bin/copilot': [/is not an absolute path/, /to an absolute path/],
      'run.js': [/is not an absolute path/, /to an absolute path/],
      'no-such-command': [/is not on the PATH/, /Correct/],
    };
    for (const [file, [message, nextStep]] of Object.entries(cases)) {
      it(file, () => {
        for (const [source, locate] of [
          ['cloudSessions.runtime.path', () => locateRuntime(file, host)],
          ['COPILOT_CLI_PATH', () => locateRuntime('', { ...host, env: { ...host.env, COPILOT_CLI_PATH: file } })],
        ] as const) {
          const error = refusal(locate);
          assert.equal(error.code, 'runtime-path');
          assert.match(error.message, message);
          assert.ok(error.message.includes(source));
          assert.match(error.nextStep ?? '', nextStep);
          assert.ok(error.tried[0]?.where.includes(file));
        }
      });
    }
  });

  describe('when nothing is set', () => {
    it('takes COPILOT_CLI_PATH before the PATH', () => {
      const env = { COPILOT_CLI_PATH: '/opt/copilot', PATH: '/usr/bin' };
      const host = fakeHost({ '/opt/copilot': {}, '/usr/bin/copilot': {} }, { env });
      assert.deepEqual(locateRuntime('  ', host), {
        command: '/opt/copilot',
        args: [],
        asNode: false,
        source: 'COPILOT_CLI_PATH',
      });
    });

    it('takes the first on the PATH that can be used', () => {
      const host = fakeHost(
        {
          '/a/copilot/x': {},
          '/b/copilot': { executable: false },
          '/home/u/.config/Code/User/globalStorage/github.copilot-chat/copilotCli/copilot': {},
          '/c/copilot': {},
          '/d/copilot': {},
        },
        {
          env: { PATH: ':relative:/a:/b:/home/u/.config/Code/User/globalStorage/github.copilot-chat/copilotCli:/c:/d' },
        },
      );
      assert.deepEqual(locateRuntime('', host), { command: '/c/copilot', args: [], asNode: false, source: 'PATH' });
    });

    it('takes nothing from the working directory', () => {
      const host = fakeHost({ copilot: {}, './copilot': {} }, { env: { PATH: '.:' } });
      assert.equal(refusal(() => locateRuntime('', host)).code, 'runtime-not-found');
    });

    it('looks in npm’s folders last', () => {
      for (const [env, folder] of [
        [{ HOME: '/home/u' }, '/home/u/.npm-global/lib/node_modules'],
        [{}, '/usr/local/lib/node_modules'],
        [{}, '/usr/lib/node_modules'],
        [{}, '/opt/homebrew/lib/node_modules'],
        [{ NVM_BIN: '/n/v22.0.0/bin' }, '/n/v22.0.0/lib/node_modules'],
        [{ HOME: '/home/u' }, '/home/u/.nvm/versions/node/v22.9.0/lib/node_modules'],
        [{ HOME: '/home/u' }, '/home/u/.local/share/fnm/aliases/default/lib/node_modules'],
        [{ VOLTA_HOME: '/v' }, '/v/tools/image/packages/@github/copilot/lib/node_modules'],
        [{ NPM_CONFIG_PREFIX: '/p' }, '/p/lib/node_modules'],
      ] as const) {
        for (const place of [`${folder}/@github/copilot/node_modules/${NATIVE}`, `${folder}/${NATIVE}`]) {
          const found = locateRuntime('', fakeHost({ [place]: {} }, { env }));
          assert.deepEqual(found, { command: place, args: [], asNode: false, source: 'npm' });
        }
      }
    });

    it('looks beside the Node on the PATH, where npm’s own folder is', () => {
      const native = `/opt/node22/lib/node_modules/${NATIVE}`;
      const files = { '/usr/bin/node': { link: '/opt/node22/bin/node' }, '/opt/node22/bin/node': {}, [native]: {} };
      assert.equal(locateRuntime('', fakeHost(files, { env: { PATH: '/usr/bin' } })).command, native);
    });

    it('takes the newest of nvm’s versions', () => {
      const at = (version: string): string => `/home/u/.nvm/versions/node/${version}/lib/node_modules/${NATIVE}`;
      const host = fakeHost(
        { [at('v9.0.0')]: {}, [at('v22.10.0')]: {}, [at('v22.9.1')]: {} },
        { env: { HOME: '/home/u' } },
      );
      assert.equal(locateRuntime('', host).command, at('v22.10.0'));
    });

    it('takes what this extension installed last of all', () => {
      const installed = '/storage/runtimes/1.2.3/copilot';
      assert.deepEqual(locateRuntime('', fakeHost({ [installed]: {} }, { env: {} }), [installed]), {
        command: installed,
        args: [],
        asNode: false,
        source: 'this extension',
      });
      const host = fakeHost({ '/a/copilot': {} }, { env: { PATH: '/a' } });
      assert.equal(locateRuntime('', host, [installed]).source, 'PATH');
    });

    it('says all that it has tried, in order', () => {
      const host = fakeHost(
        { '/a/copilot': { executable: false }, '/usr/lib/node_modules/@github/copilot/npm-loader.js': {} },
        { env: { PATH: '/a:/b' } },
      );
      const error = refusal(() => locateRuntime('', host));
      assert.equal(error.code, 'runtime-not-found');
      assert.match(error.nextStep ?? '', /Install Copilot Runtime/);
      assert.deepEqual(error.tried.slice(0, 4), [
        { where: 'cloudSessions.runtime.path', why: 'not set' },
        { where: 'COPILOT_CLI_PATH', why: 'not set' },
        { where: '/a/copilot', why: 'it is not executable' },
        { where: 'PATH', why: 'no copilot in /a:/b' },
      ]);
      assert.deepEqual(error.tried.at(-2), {
        where: '/usr/lib/node_modules',
        why: 'its @github/copilot has no program for linux-x64',
      });
      assert.deepEqual(error.tried.at(-1), { where: 'this extension', why: 'it has installed no Copilot runtime' });
      assert.match(error.details ?? '', /^cloudSessions\.runtime\.path: not set\nCOPILOT_CLI_PATH: not set\n/);
    });
  });

  describe('goes on past what cannot be used, and says what it saw of each', () => {
    const elf = (machine: number): Uint8Array => {
      const head = Buffer.alloc(64);
      head.write('\x7fELF\x02\x01', 'latin1');
      head.writeUInt16LE(machine, 18);
      return head;
    };
    const standIn = '/home/u/.config/Code/User/globalStorage/github.copilot-chat/copilotCli';
    const installed = ['/storage/runtimes/1.2.3/copilot', '/storage/runtimes/1.0.0/copilot'];
    const useless: Readonly<Record<string, readonly [files: Readonly<Record<string, FakeFile>>, why: RegExp]>> = {
      'a folder': [{ '/a/copilot/x': {} }, /is a folder/],
      'a file that is not executable': [{ '/a/copilot': { executable: false } }, /not executable/],
      'an empty file': [{ '/a/copilot': { kind: 'empty' } }, /empty file/],
      'a pipe': [{ '/a/copilot': { kind: 'special' } }, /not a regular file/],
      'one that cannot be reached': [{ '/a/copilot': { kind: 'unreadable' } }, /permissions/],
      'a broken link': [{ '/a/copilot': { link: '/nowhere' } }, /leads to \/nowhere/],
      'a program for another processor': [{ '/a/copilot': { head: elf(0xb7) } }, /another processor than x64/],
      'a program for macOS': [
        { '/a/copilot': { head: Buffer.from('cffaedfe0c000001'.padEnd(64, '0'), 'hex') } },
        /macOS/,
      ],
      'a program for Windows': [{ '/a/copilot': { head: 'MZ'.padEnd(64, '\0') } }, /for Windows/],
      'a script without its interpreter': [
        { '/a/copilot': { head: '#!/no/such/sh\n' } },
        /\/no\/such\/sh does not exist/,
      ],
      'a script of an interpreter in the working directory': [{ '/a/copilot': { head: '#!./node\n' } }, /absolute/],
      'a script of an interpreter in the workspace': [
        { '/a/copilot': { head: '#!/w/app/node\n' }, '/w/app/node': {} },
        /not trusted/,
      ],
      'a script that needs what is not on the PATH': [
        { '/a/copilot': { head: '#!/usr/bin/env -S node --x\n' }, '/usr/bin/env': {} },
        /needs node/,
      ],
      'the stand-in, by a link': [
        { '/a/copilot': { link: `${standIn}/copilot` }, [`${standIn}/copilot`]: {} },
        /stand-in/,
      ],
      'the stand-in, by a link to its folder': [
        { '/a': { link: standIn }, '/a/copilot': { link: `${standIn}/copilot` }, [`${standIn}/copilot`]: {} },
        /stand-in/,
      ],
      'a link into the workspace': [{ '/a/copilot': { link: '/w/app/evil' }, '/w/app/evil': {} }, /\/w\/app/],
    };
    const rest = { '/b/copilot': {} };
    const options = { env: { PATH: '/a:/b', HOME: '/home/u' }, workspaceFolders: ['/w/app'] };
    for (const [name, [files, why]] of Object.entries(useless)) {
      it(name, () => {
        assert.equal(locateRuntime('', fakeHost({ ...files, ...rest }, options)).command, '/b/copilot');
        const last = installed[1] ?? '';
        const found = locateRuntime('', fakeHost({ ...files, [last]: {} }, options), installed);
        assert.deepEqual([found.command, found.source], [last, 'this extension']);
        const { tried } = refusal(() => locateRuntime('', fakeHost(files, options), installed));
        const seen = tried.find(({ where }) => where === '/a/copilot');
        assert.match(seen?.why ?? 'nothing was said of it', why);
        assert.ok(tried.some(({ where }) => where.includes(last)));
      });
    }

    it('the same, when it is given: it is refused', () => {
      const given = Object.entries(useless).filter(([name]) => name !== 'a link into the workspace');
      for (const [name, [files, why]] of given) {
        const host = fakeHost({ ...files, ...rest }, options);
        assert.match(refusal(() => locateRuntime('/a/copilot', host)).message, why, name);
      }
    });

    it('the stand-in, by its folder on the PATH in all spellings, COPILOT_CLI_PATH and the setting', () => {
      const files = { [`${standIn}/copilot`]: {}, [`${standIn}/copilotCLIShim.js`]: {} };
      for (const entry of [standIn, `${standIn}/`, `${standIn}//`, `${standIn}/../copilotCli`, standIn.toLowerCase()]) {
        const host = fakeHost(
          { ...files, [`${standIn.toLowerCase()}/copilot`]: {}, ...rest },
          { env: { PATH: `${entry}:/b` } },
        );
        assert.equal(locateRuntime('', host).command, '/b/copilot');
      }
      for (const file of Object.keys(files)) {
        const host = fakeHost({ ...files, ...rest }, { env: { PATH: '/b', COPILOT_CLI_PATH: file } });
        for (const error of [refusal(() => locateRuntime('', host)), refusal(() => locateRuntime(file, host))]) {
          assert.match(error.message, /stand-in of VS Code’s Copilot \(copilotCli\)/);
          assert.match(error.nextStep ?? '', /Install Copilot Runtime/);
        }
      }
    });

    it('scripts, where only a Node that is too old would run them', () => {
      const modules = '/usr/local/lib/node_modules';
      const files = {
        '/a/copilot': { link: `${modules}/@github/copilot/npm-loader.js` },
        [`${modules}/@github/copilot/npm-loader.js`]: {},
        [`${modules}/@github/copilot/index.js`]: {},
        ...rest,
      };
      const old = { env: { PATH: '/a:/b' }, nodeVersion: '20.18.1' };
      assert.equal(locateRuntime('', fakeHost(files, old)).command, '/b/copilot');
      const error = refusal(() => locateRuntime('', fakeHost(files, { ...old, env: { PATH: '/a' } })));
      assert.equal(error.tried.filter(({ why }) => why.includes('needs Node.js 22')).length, 2);
    });
  });

  describe('starts nothing from the workspace', () => {
    const files = { '/w/app/node_modules/.bin/copilot': {}, '/w/app/node_modules/.bin/node': {}, '/opt/run.js': {} };
    const bin = '/w/app/node_modules/.bin';
    const options = { workspaceFolders: ['/w/app'] };

    it('found on the PATH, the runtime or the Node that would run it', () => {
      const host = fakeHost(files, { ...options, env: { PATH: bin }, nodeVersion: '20.0.0' });
      const { tried } = refusal(() => locateRuntime('', host));
      assert.ok(tried.some(({ where, why }) => where === `PATH: ${bin}` && why.includes('/w/app')));
      assert.equal(locateRuntime('/opt/run.js', host).command, '/host/node');
      assert.match(refusal(() => locateRuntime('copilot', host)).message, /not on the PATH/);
    });

    it('named by COPILOT_CLI_PATH, or by npm’s variables', () => {
      const host = fakeHost(files, { ...options, env: { COPILOT_CLI_PATH: `${bin}/copilot` } });
      const error = refusal(() => locateRuntime('', host));
      assert.match(error.message, /is inside the workspace folder \/w\/app/);
      assert.match(error.nextStep ?? '', /cloudSessions\.runtime\.path/);
      for (const prefix of ['/w/app', '.', '']) {
        const place = pathOf(host).join(prefix, 'lib/node_modules', NATIVE);
        const env = { NPM_CONFIG_PREFIX: prefix, PNPM_HOME: prefix, NVM_DIR: prefix, VOLTA_HOME: prefix };
        const other = fakeHost({ [place]: {} }, { ...options, env });
        assert.equal(refusal(() => locateRuntime('', other)).code, 'runtime-not-found');
      }
    });

    it('but what the user’s own setting names', () => {
      assert.equal(locateRuntime(`${bin}/copilot`, fakeHost(files, options)).command, `${bin}/copilot`);
    });
  });

  describe('prefers the native program to npm’s loader, which would outlive its end', () => {
    const modules = '/usr/local/lib/node_modules';
    const loader = `${modules}/@github/copilot/npm-loader.js`;
    const bin = { '/usr/local/bin/copilot': { link: loader }, [loader]: {} };
    const env = { PATH: '/usr/local/bin' };

    it('behind a link on the PATH', () => {
      const native = `${modules}/@github/copilot/node_modules/${NATIVE}`;
      const found = locateRuntime('', fakeHost({ ...bin, [native]: {} }, { env }));
      assert.deepEqual(found, { command: native, args: [], asNode: false, source: 'PATH' });
    });

    it('named by the setting', () => {
      const native = `${modules}/${NATIVE}`;
      const found = locateRuntime(loader, fakeHost({ ...bin, [native]: {} }));
      assert.deepEqual(found, { command: native, args: [], asNode: false, source: 'cloudSessions.runtime.path' });
    });

    it('in pnpm’s folders, where packages are links', () => {
      const store = '/s/.pnpm/@github+copilot@1/node_modules';
      const files = {
        [`${store}/${NATIVE}`]: {},
        [`${store}/@github/copilot/npm-loader.js`]: {},
        [`${modules}/@github/copilot`]: { link: `${store}/@github/copilot` },
      };
      assert.equal(locateRuntime('', fakeHost(files)).command, `${store}/${NATIVE}`);
    });

    it('of the machine’s C library', () => {
      const musl = `${modules}/@github/copilot-linuxmusl-x64/copilot`;
      const both = { [musl]: {}, [`${modules}/${NATIVE}`]: {} };
      assert.equal(locateRuntime('', fakeHost(both, { isMusl: () => true })).command, musl);
      assert.equal(locateRuntime('', fakeHost(both)).command, `${modules}/${NATIVE}`);
      assert.equal(refusal(() => locateRuntime('', fakeHost({ [musl]: {} }))).code, 'runtime-not-found');
    });

    it('and falls back to the script', () => {
      const found = locateRuntime('', fakeHost(bin, { env }));
      assert.deepEqual(found, { command: '/host/node', args: [loader], asNode: false, source: 'PATH' });
      const index = `${modules}/@github/copilot/index.js`;
      assert.deepEqual(locateRuntime('', fakeHost({ [index]: {} })).args, [index]);
    });
  });

  describe('chooses the Node that runs a script', () => {
    const files = { '/opt/run.js': {}, '/usr/bin/node': {} };
    const env = { PATH: '/usr/bin' };

    it('ours, if it is new enough; an editor’s behaves as Node then', () => {
      for (const isElectron of [false, true]) {
        const { command, asNode } = locateRuntime('/opt/run.js', fakeHost(files, { env, isElectron }));
        assert.deepEqual([command, asNode], ['/host/node', isElectron]);
      }
    });

    it('the one on the PATH, if ours is too old', () => {
      const host = fakeHost(files, { env, nodeVersion: '20.18.1', isElectron: true });
      const { command, asNode } = locateRuntime('/opt/run.js', host);
      assert.deepEqual([command, asNode], ['/usr/bin/node', false]);
    });

    it('ours all the same, if there is no other', () => {
      const host = fakeHost(files, { nodeVersion: '20.18.1', isElectron: true });
      const { command, asNode } = locateRuntime('/opt/run.js', host);
      assert.deepEqual([command, asNode], ['/host/node', true]);
    });
  });

  describe('on Windows', () => {
    const windows = { platform: 'win32' } as const;
    const npm = 'C:\\Users\\u\\AppData\\Roaming\\npm';
    const native = `${npm}\\node_modules\\@github\\copilot\\node_modules\\@github\\copilot-win32-x64\\copilot.exe`;

    it('goes by PATHEXT, and finds the native program behind npm’s command file', () => {
      const env = { Path: `C:\\Windows;"${npm}"`, PATHEXT: '.COM;.EXE;.BAT;.CMD;.VBS;.JS' };
      const files = { [`${npm}\\copilot`]: {}, [`${npm}\\copilot.cmd`]: {}, [native]: {} };
      const found = locateRuntime('', fakeHost(files, { ...windows, env }));
      assert.deepEqual(found, { command: native, args: [], asNode: false, source: 'PATH' });
    });

    it('looks in npm’s folder', () => {
      const env = { APPDATA: 'C:\\Users\\u\\AppData\\Roaming' };
      assert.equal(locateRuntime('', fakeHost({ [native]: {} }, { ...windows, env })).command, native);
    });

    it('goes on past a command file that leads nowhere, as pnpm and Volta make them', () => {
      const env = { Path: 'C:\\pnpm;D:\\x', APPDATA: 'C:\\Users\\u\\AppData\\Roaming' };
      const files = { 'C:\\pnpm\\copilot.cmd': {}, 'C:\\pnpm\\copilot.ps1': {} };
      const host = fakeHost({ ...files, 'D:\\x\\copilot.exe': {} }, { ...windows, env });
      assert.equal(locateRuntime('', host).command, 'D:\\x\\copilot.exe');
      assert.equal(locateRuntime('', fakeHost({ ...files, [native]: {} }, { ...windows, env })).command, native);
      const installed = ['C:\\storage\\copilot.exe'];
      const last = fakeHost({ ...files, 'C:\\storage\\copilot.exe': {} }, { ...windows, env });
      assert.equal(locateRuntime('', last, installed).source, 'this extension');
      const { tried } = refusal(() => locateRuntime('', fakeHost(files, { ...windows, env })));
      assert.match(tried.find(({ where }) => where.endsWith('copilot.cmd'))?.why ?? '', /command file/);
    });

    it('refuses a command file that leads nowhere, and files of other kinds', () => {
      const host = fakeHost({ 'C:\\x\\copilot.cmd': {}, 'C:\\x\\copilot.txt': {} }, windows);
      assert.match(refusal(() => locateRuntime('C:\\x\\copilot.cmd', host)).nextStep ?? '', /\.exe or \.js/);
      assert.match(refusal(() => locateRuntime('C:\\x\\copilot.txt', host)).message, /not executable/);
    });
  });
});

describe('thisPlatform', () => {
  let folder: string;
  const at = (name: string): string => path.join(folder, name);

  before(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'cloud-sessions-locate-'));
    mkdirSync(at('folder'));
    writeFileSync(at('program'), '#!/bin/sh\n');
    chmodSync(at('program'), 0o755);
    writeFileSync(at('text'), 'text', { mode: 0o644 });
    writeFileSync(at('empty'), '');
    symlinkSync(at('program'), at('link'));
    symlinkSync(at('nowhere'), at('dangling'));
    symlinkSync(at('loop'), at('loop'));
  });

  after(() => rmSync(folder, { recursive: true }));

  it('knows what stands at a path, and never throws', () => {
    const host = thisPlatform();
    const kinds = ['folder', 'program', 'text', 'empty', 'link', 'dangling', 'loop', 'nowhere', 'text/below', 'a\0b'];
    assert.deepEqual(
      kinds.map((name) => host.kind(at(name))),
      ['folder', 'file', 'file', 'empty', 'file', 'missing', 'missing', 'missing', 'missing', 'missing'],
    );
    assert.equal(host.real(at('link')), host.real(at('program')));
    assert.equal(host.real(at('nowhere')), at('nowhere'));
    assert.deepEqual(host.list(at('nowhere')), []);
    assert.equal(host.list(folder).length, 7);
  });

  if (process.platform !== 'win32') {
    it('knows what is executable, and that devices are not files', () => {
      const host = thisPlatform();
      assert.deepEqual([host.isExecutable(at('program')), host.isExecutable(at('text'))], [true, false]);
      assert.equal(host.kind('/dev/null'), 'special');
    });
  }

  it('describes the Node that runs this', () => {
    const host = thisPlatform();
    assert.deepEqual([host.nodeVersion, host.isElectron], [process.versions.node, false]);
    const report = process.report.getReport() as unknown as { header: { glibcVersionRuntime?: string } };
    assert.equal(host.isMusl(), process.platform === 'linux' && report.header.glibcVersionRuntime === undefined);
  });
});

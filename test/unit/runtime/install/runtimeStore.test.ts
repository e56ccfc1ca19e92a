import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import fs from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import type { AddressInfo } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { CloudSessionsError } from '../../../../src/core/errors/cloudSessionsError';
import { thisPlatform } from '../../../../src/runtime/platform/platform';
import { openDownload } from '../../../../src/runtime/install/download';
import { readNpmConfig } from '../../../../src/runtime/install/npmConfig';
import { npmDefaultRegistry } from '../../../../src/runtime/install/npmDefaultRegistry';
import { PINNED_RUNTIME, PINNED_SHA512 } from '../../../../src/runtime/install/pinnedRuntime';
import { RuntimeStore, type InstallOptions } from '../../../../src/runtime/install/runtimeStore';
import { pinnedRuntimeSource } from '../../../../scripts/lib/pinnedRuntime';
import { NpmRegistry, paxRecord, tar, type TarEntry } from '../../../support/npmRegistry';

const NAME = '@github/copilot-linux-x64';
const PROGRAM: TarEntry = { name: 'package/copilot', content: '#!/bin/sh\necho it runs\n' };
const GOOD: readonly TarEntry[] = [PROGRAM, { name: 'package/package.json', content: '{}' }];

describe('the runtimes that are installed', () => {
  let folder: string;
  let registry: NpmRegistry;
  let store: RuntimeStore;
  let npmrc: string;
  const abort = { controller: new AbortController() };

  beforeEach(async () => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), 'runtimes-'));
    registry = await new NpmRegistry(NAME, '1.2.3', GOOD).listen();
    store = new RuntimeStore(path.join(folder, 'runtimes'), { platform: 'linux', arch: 'x64', isMusl: () => false });
    npmrc = '';
    abort.controller = new AbortController();
  });

  afterEach(async () => {
    await registry.close();
    fs.rmSync(folder, { recursive: true });
  });

  const options = (version: string): InstallOptions => ({
    version,
    config: readNpmConfig({}, folder, undefined, () => `@github:registry=${registry.address}\n${npmrc}`),
    signal: abort.controller.signal,
    limits: { files: 10, bytes: 100_000 },
  });

  const install = (version = '1.2.3', onProgress?: (fraction: number) => void): Promise<string> =>
    store.install({ ...options(version), ...(onProgress === undefined ? {} : { onProgress }) });

  /** Asserts that the installation fails for this reason and leaves nothing. */
  async function fails(reason: RegExp, version?: string): Promise<void> {
    await assert.rejects(install(version), (error) => {
      assert.ok(error instanceof CloudSessionsError);
      assert.equal(error.code, 'install-failed');
      assert.match(error.message, reason);
      assert.ok(error.nextStep);
      return true;
    });
    assert.deepEqual(fs.readdirSync(path.join(folder, 'runtimes')), []);
    assert.deepEqual(fs.readdirSync(folder), ['runtimes'], 'nothing is written elsewhere');
  }

  const serve = (entries: readonly TarEntry[]): void => {
    registry.tarball = gzipSync(tar(entries));
  };

  it('pins the version that the tests run against', () => {
    const manifest = path.join(__dirname, '../../../../node_modules/@github/copilot/package.json');
    assert.equal((JSON.parse(fs.readFileSync(manifest, 'utf8')) as { version: string }).version, PINNED_RUNTIME);
  });

  it('appear whole, executable and private, with progress, and nothing else stays', async () => {
    const seen: number[] = [];
    const program = await install(undefined, (fraction) => seen.push(fraction));
    assert.equal(program, path.join(folder, 'runtimes', '1.2.3', 'copilot'));
    assert.equal(fs.statSync(program).mode & 0o777, 0o755);
    assert.equal(fs.statSync(path.dirname(program)).mode & 0o777, 0o700);
    assert.equal(seen.at(-1), 1);
    assert.deepEqual(fs.readdirSync(path.join(folder, 'runtimes')), ['1.2.3']);
    assert.equal(store.programs()[0], program);
  });

  it('stand side by side, and one that is there is never changed', async () => {
    const first = await install();
    const { ino } = fs.statSync(first);
    serve([{ name: 'package/copilot', content: 'another' }]);
    await install();
    assert.equal(fs.statSync(first).ino, ino);
    await registry.close();
    registry = await new NpmRegistry(NAME, '1.10.0', GOOD).listen();
    await install('1.10.0');
    assert.deepEqual(store.versions(), ['1.10.0', '1.2.3']);
    assert.deepEqual(await store.remove(first), { removed: ['1.10.0'], kept: ['1.2.3'] });
    assert.deepEqual(fs.readdirSync(path.join(folder, 'runtimes')), ['1.2.3']);
  });

  it('are not removed while a process of another window runs one, and are when that has ended', async () => {
    const program = await install();
    const mark = (pid: number | undefined): string => path.join(folder, 'runtimes', `.used-1.2.3-${pid ?? 0}`);
    const other = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']);
    fs.writeFileSync(mark(other.pid), '');
    assert.deepEqual(await store.remove(undefined), { removed: [], kept: ['1.2.3'] });
    other.kill();
    await once(other, 'exit');
    // The caller decides about this process's own version; the marks of ended processes are removed.
    await store.use(program);
    const [ours = '', ...rest] = fs.readdirSync(path.join(folder, 'runtimes')).sort();
    assert.deepEqual([ours.startsWith(`.used-1.2.3-${process.pid}~`), rest], [true, ['1.2.3']]);
    await store.use(undefined);
    assert.deepEqual(await store.remove(undefined), { removed: ['1.2.3'], kept: [] });
    assert.deepEqual(fs.readdirSync(path.join(folder, 'runtimes')), []);
  });

  it('are refused when the hash differs', async () => {
    registry.integrity = `sha512-${Buffer.alloc(64).toString('base64')}`;
    await fails(/sha512 differs/);
  });

  it('are refused without a sha512', async () => {
    registry.integrity = 'sha1-abc';
    await fails(/has no sha512/);
  });

  it('are refused when the connection is cut', async () => {
    registry.cutAfter = 20;
    await fails(/connection to 127\.0\.0\.1:\d+ failed/);
  });

  it('leave nothing when cancelled', async () => {
    registry.cutAfter = 20;
    registry.hangs = true;
    registry.onTarball = () => abort.controller.abort();
    await assert.rejects(install(), { code: 'cancelled' });
    assert.deepEqual(fs.readdirSync(path.join(folder, 'runtimes')), []);
  });

  const outside: readonly TarEntry[] = [
    { name: 'package/../../../escaped', content: 'x' },
    { name: '/tmp/escaped', content: 'x' },
    { name: 'package/..\\escaped', content: 'x' },
    { name: 'package/C:escaped', content: 'x' },
    { name: 'package/deep/CON', content: 'x' },
    { name: 'package/lpt1.txt', content: 'x' },
    { name: 'package/link', type: '2', link: '../../..' },
    { name: 'package/link', type: '1', link: '/etc/passwd' },
    { name: 'package/device', type: '3' },
  ];
  for (const entry of outside) {
    it(`are refused with ${entry.name} of type ${entry.type ?? '0'}`, async () => {
      serve([...GOOD, entry]);
      await fails(/refused/);
    });
  }

  it('are refused when a pax header leads elsewhere; a harmless one is followed', async () => {
    serve([...GOOD, { name: 'pax', type: 'x', content: paxRecord('path', 'package/../../escaped') }, PROGRAM]);
    await fails(/is not safe/);
    serve([
      { name: 'pax', type: 'x', content: paxRecord('path', 'package/copilot') },
      { name: 'short', content: 'é' },
    ]);
    assert.equal(fs.readFileSync(await install(), 'utf8'), 'é');
  });

  it('are refused with a file twice, too many, too much, damaged, cut short, or without the program', async () => {
    for (const twice of [PROGRAM, { name: 'package/copilot/in it', content: 'x' }]) {
      serve([PROGRAM, twice]);
      await fails(/refused: two of its file names are the same/);
    }
    serve(Array.from({ length: 11 }, (_, at) => ({ name: `package/${at}` })));
    await fails(/too large/);
    serve([{ name: 'package/copilot', content: Buffer.alloc(100_001) }]);
    await fails(/too large/);
    const damaged = tar(GOOD);
    damaged[0] = 0x71;
    registry.tarball = gzipSync(damaged);
    await fails(/checksum/);
    registry.tarball = gzipSync(tar(GOOD).subarray(0, 530));
    await fails(/cut off/);
    registry.tarball = Buffer.from('no gzip');
    await fails(/damaged/);
    serve([{ name: 'package/README.md' }]);
    await fails(/no program/);
  });

  it('are refused with anything behind the end of the archive, but for zeros', async () => {
    // Larger than all buffers in between, so that the writer blocks until the data is read.
    const behind = Buffer.alloc(5_000_000, 1);
    for (const [filling, isRefused] of [
      [behind, true],
      [Buffer.alloc(behind.length), true],
      [Buffer.alloc(100_000), false],
    ] as const) {
      registry.tarball = gzipSync(Buffer.concat([tar(GOOD), filling]));
      await (isRefused ? fails(/data after its end/) : install());
    }
  });

  it('say what the registry does not have, and whom it does not let in', async () => {
    await fails(/not its version 9\.9\.9/, '9.9.9');
    registry.authorization = 'Bearer secret';
    await fails(/denies access \(401\)/);
    npmrc = `//${new URL(registry.address).host}/:_authToken=secret`;
    await install();
  });

  it('come through a redirect, which does not get the credentials', async () => {
    const elsewhere = await new NpmRegistry(NAME, '1.2.3', GOOD).listen();
    try {
      npmrc = `//${new URL(registry.address).host}/:_authToken=secret`;
      registry.redirect = `${elsewhere.address}tarball.tgz`;
      elsewhere.tarball = registry.tarball;
      // The same host with another port.
      await install();
      assert.deepEqual(elsewhere.requests, [{ url: '/tarball.tgz', authorization: undefined }]);
      assert.equal(registry.requests[0]?.authorization, 'Bearer secret');
    } finally {
      await elsewhere.close();
    }
  });

  const names = (): string[] => fs.readdirSync(path.join(folder, 'runtimes')).sort();

  const put = (name: string, content?: string): string => {
    const file = path.join(folder, 'runtimes', name);
    fs.mkdirSync(content === undefined ? file : path.dirname(file), { recursive: true });
    if (content !== undefined) {
      fs.writeFileSync(file, content);
    }
    return file;
  };

  /** The id of a process that has ended. The tests rely on it not being reused meanwhile. */
  async function deadPid(): Promise<number> {
    const child = spawn(process.execPath, ['-e', '']);
    await once(child, 'exit');
    return child.pid ?? 0;
  }

  it('clear away what an interrupted installation left, but not what another window does now', async () => {
    const old = put('.staging-old');
    put('.staging-fresh');
    put(`.staging-ours-${process.pid}~0/package.tgz`, 'x');
    fs.utimesSync(old, 1, 1);
    await install();
    assert.deepEqual(names(), ['.staging-fresh', `.staging-ours-${process.pid}~0`, '1.2.3']);
  });

  it('clear away at once what a killed process left, whoever has its number now', async () => {
    const dead = await deadPid();
    put(`.staging-x-${dead}~0/package/copilot`, 'half');
    put(`.used-1.2.3-${dead}~abc`, '');
    put('.removed-x/copilot', 'x');
    // These ids are of running processes that were started at another time.
    const isLinux = process.platform === 'linux';
    if (isLinux) {
      put(`.staging-y-${process.ppid}~abc/package.tgz`, 'half');
      put(`.staging-z-${process.pid}~abc/package.tgz`, 'half');
      put(`.used-1.2.3-${process.ppid}~abc`, '');
    }
    await store.clean();
    assert.deepEqual(names(), []);
  });

  describe('heal: a version that is damaged is none, is replaced by an installation, and can be removed', () => {
    const damage: Readonly<Record<string, (version: string, program: string) => void>> = {
      'without its program': (_version, program) => fs.rmSync(program),
      'with an empty program': (_version, program) => fs.writeFileSync(program, ''),
      'with half of its program': (_version, program) => fs.truncateSync(program, 5),
      'that cannot be executed': (_version, program) => fs.chmodSync(program, 0o644),
      'with a folder for its program': (_version, program) => {
        fs.rmSync(program);
        fs.mkdirSync(program);
      },
      'that is an empty folder': (version) => {
        fs.rmSync(version, { recursive: true });
        fs.mkdirSync(version);
      },
      'that is a file': (version) => {
        fs.rmSync(version, { recursive: true });
        fs.writeFileSync(version, 'x');
      },
      'that is a link to nothing': (version) => {
        fs.rmSync(version, { recursive: true });
        fs.symlinkSync('/nowhere', version);
      },
    };
    const posixOnly = ['that cannot be executed', 'that is a link to nothing'];
    for (const [name, spoil] of Object.entries(damage)) {
      it(name, async function () {
        if (process.platform === 'win32' && posixOnly.includes(name)) {
          this.skip();
        }
        const program = await install();
        spoil(path.dirname(program), program);
        assert.deepEqual([store.versions(), store.present()], [[], ['1.2.3']]);
        assert.equal(await install(), program);
        assert.match(fs.readFileSync(program, 'utf8'), /it runs/);
        assert.deepEqual([names(), store.versions(), await store.isIntact('1.2.3')], [['1.2.3'], ['1.2.3'], true]);
        spoil(path.dirname(program), program);
        assert.deepEqual(await store.remove(undefined), { removed: ['1.2.3'], kept: [] });
        assert.deepEqual(names(), []);
      });
    }

    it('with one byte that differs, which only reading it as a whole shows', async () => {
      const program = await install();
      fs.writeFileSync(program, fs.readFileSync(program, 'utf8').replace('runs', 'rums'));
      assert.equal(await store.isIntact('1.2.3'), false);
      await install();
      assert.match(fs.readFileSync(program, 'utf8'), /it runs/);
    });

    it('but one that is intact, and only lacks the record of it, stays', async () => {
      const program = await install();
      fs.rmSync(path.join(path.dirname(program), '.installed.json'));
      const { ino } = fs.statSync(program);
      await install();
      assert.deepEqual([fs.statSync(program).ino, await store.isIntact('1.2.3')], [ino, true]);
    });
  });

  describe('are held against the hash that the extension ships', () => {
    const sha512 = (bytes: Buffer): string => createHash('sha512').update(bytes).digest('base64');
    const shipping = (hash: string): void => {
      const linux = { platform: 'linux', arch: 'x64', isMusl: () => false } as const;
      store = new RuntimeStore(path.join(folder, 'runtimes'), linux, { '1.2.3': { [NAME]: hash } });
    };

    it('refused when the registry says another, before anything is fetched', async () => {
      shipping(sha512(Buffer.from('the tested one')));
      await fails(/has another @github\/copilot-linux-x64 1\.2\.3 than the one that this extension was tested with/);
      assert.ok(!registry.requests.some(({ url }) => url === '/tarball.tgz'));
    });

    it('refused when the registry says ours, and sends another', async () => {
      shipping(sha512(Buffer.from('the tested one')));
      registry.integrity = `sha512-${sha512(Buffer.from('the tested one'))}`;
      await fails(/sha512 differs/);
    });

    it('taken when it is the same, also from a registry that says none', async () => {
      shipping(sha512(registry.tarball));
      registry.integrity = 'sha1-abc';
      await install();
    });

    it('which is that of package-lock.json, for each platform of the pinned version', () => {
      const lock = JSON.parse(
        fs.readFileSync(path.join(__dirname, '../../../../package-lock.json'), 'utf8'),
      ) as unknown;
      const source = path.join(__dirname, '../../../../src/runtime/install/pinnedRuntime.ts');
      assert.equal(fs.readFileSync(source, 'utf8'), pinnedRuntimeSource(lock), 'run: tsx scripts/pinRuntime.ts');
      assert.equal(Object.keys(PINNED_SHA512).length, 8);
      assert.ok(PINNED_SHA512[new RuntimeStore('', thisPlatform()).packageName], 'this platform is among them');
    });
  });

  describe('are refused when they would take endless time or memory', () => {
    const floods: Readonly<Record<string, () => TarEntry[]>> = {
      'headers without end': () => many(5_000, () => ({ name: 'p', type: 'x', content: paxRecord('comment', 'x') })),
      'global headers without end': () => many(5_000, () => ({ name: 'p', type: 'g', content: '' })),
      'folders without end': () => many(5_000, (at) => ({ name: `package/${at}/`, type: '5' })),
      'files without content, without end': () => many(5_000, (at) => ({ name: `package/${at}` })),
      'a header that is too long': () => [{ name: 'p', type: 'x', content: paxRecord('comment', 'x'.repeat(70_000)) }],
      'folders in folders': () => [{ name: `package/${'a/'.repeat(40)}b` }],
    };
    const many = (count: number, entry: (at: number) => TarEntry): TarEntry[] =>
      Array.from({ length: count }, (_, at) => entry(at));

    for (const [name, entries] of Object.entries(floods)) {
      it(name, async () => {
        serve([...entries(), PROGRAM]);
        await fails(/refused/);
      });
    }

    it('many headers that are long in total', async () => {
      const entries = many(30, () => ({ name: 'p', type: 'x', content: paxRecord('comment', 'x'.repeat(60_000)) }));
      registry.tarball = gzipSync(tar(entries));
      await fails(/header is too long/);
    });

    it('a small archive that unpacks to a very large one', async () => {
      const zeros = Buffer.alloc(70 * 1_024 * 1_024);
      registry.tarball = gzipSync(tar([{ name: 'package/copilot', content: zeros }]));
      await assert.rejects(
        store.install({ ...options('1.2.3'), limits: { files: 10, bytes: 1_024 * 1_024 * 1_024 } }),
        /too large/,
      );
      assert.deepEqual(names(), []);
    });

    it('a download that is slow but never pauses', async () => {
      registry.drips = true;
      const patience = { silenceMs: 60_000, slowMs: 50, slowBytes: 1_000_000 };
      await assert.rejects(store.install({ ...options('1.2.3'), patience }), /sends data too slowly/);
      assert.deepEqual(names(), []);
    });

    it('a download that stops', async () => {
      registry.cutAfter = 20;
      registry.hangs = true;
      await assert.rejects(
        store.install({ ...options('1.2.3'), patience: { silenceMs: 50 } }),
        /silent|aborted|failed/,
      );
      assert.deepEqual(names(), []);
    });
  });
});

describe('a redirect', () => {
  it('gets no credentials when host, port or path is another, and does not lead from https to http', async function () {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'redirect-'));
    const certificate = (name: string): string => path.join(folder, name);
    const made = spawnSync(
      'openssl',
      [
        ...['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', '/CN=127.0.0.1'],
        ...['-addext', 'subjectAltName=IP:127.0.0.1', '-keyout', certificate('key.pem'), '-out', certificate('ca.pem')],
      ],
      { stdio: 'ignore' },
    );
    const seen: string[] = [];
    const note = (where: string, { url, headers }: http.IncomingMessage): void => {
      seen.push(`${where} ${url ?? ''} ${headers.authorization ?? 'nothing'}`);
    };
    const plain = http.createServer((request, response) => {
      note('http', request);
      response.end('x');
    });
    const listen = async (server: http.Server): Promise<number> => {
      server.listen(0, '127.0.0.1');
      await once(server, 'listening');
      return (server.address() as AddressInfo).port;
    };
    const port = await listen(plain);
    let secure: http.Server | undefined;
    try {
      if (made.status !== 0) {
        this.skip();
      }
      secure = https.createServer(
        { key: fs.readFileSync(certificate('key.pem')), cert: fs.readFileSync(certificate('ca.pem')) },
        (request, response) => {
          note('https', request);
          const target = { '/npm/down': `http://127.0.0.1:${port}/`, '/npm/out': '/other/x' }[request.url ?? ''];
          response.writeHead(target === undefined ? 200 : 302, target === undefined ? {} : { location: target }).end();
        },
      );
      const address = `127.0.0.1:${await listen(secure)}`;
      const npmrc = `cafile=${certificate('ca.pem')}\n//${address}/npm/:_authToken=secret`;
      const config = readNpmConfig({}, folder, `https://${address}/npm/`, () => npmrc);
      const { signal } = new AbortController();
      await assert.rejects(openDownload(new URL(`https://${address}/npm/down`), config, signal), /from https to http/);
      (await openDownload(new URL(`https://${address}/npm/out`), config, signal)).destroy();
      assert.deepEqual(seen, [
        'https /npm/down Bearer secret',
        'https /npm/out Bearer secret',
        'https /other/x nothing',
      ]);
      (await openDownload(new URL(`http://127.0.0.1:${port}/npm/x`), config, signal)).destroy();
      assert.equal(seen.at(-1), 'http /npm/x nothing', 'another port');
    } finally {
      for (const server of [plain, secure]) {
        server?.closeAllConnections();
        server?.close();
      }
      fs.rmSync(folder, { recursive: true });
    }
  });
});

describe("npm's settings", () => {
  it('are never those of the working directory', () => {
    const asked: string[] = [];
    const read = (file: string): string => {
      asked.push(file);
      return 'cafile=ca.pem';
    };
    const homes = ['.npmrc', './x/.npmrc', '~/.npmrc', undefined].map((userconfig) => {
      const env = userconfig === undefined ? {} : { npm_config_userconfig: userconfig };
      return readNpmConfig(env, '/home/me', 'https://npm.test', read).caFile;
    });
    assert.deepEqual(
      asked,
      ['.npmrc', 'x/.npmrc', '.npmrc', '.npmrc'].map((name) => path.resolve('/home/me', name)),
    );
    assert.deepEqual(new Set(homes), new Set([path.resolve('/home/me/ca.pem')]));
  });

  const read = (npmrc: string, env: Record<string, string> = {}): ReturnType<typeof readNpmConfig> =>
    readNpmConfig(env, '/home/me', 'https://npm.test', () => npmrc);

  it('give the registry: scope, environment, file, npm’s own', () => {
    assert.equal(read('').registry.href, 'https://npm.test/');
    assert.equal(read('registry = "https://a.test/npm"').registry.href, 'https://a.test/npm/');
    assert.equal(read('registry=https://a.test', { npm_config_registry: 'https://b.test' }).registry.host, 'b.test');
    assert.equal(read('registry=https://a.test', { NPM_CONFIG_REGISTRY: 'https://b.test' }).registry.host, 'b.test');
    assert.equal(read('registry=https://a.test\n@github:registry=https://c.test').registry.host, 'c.test');
    assert.throws(() => read('registry=file:///etc'), TypeError);
    assert.throws(() => readNpmConfig({}, '/home/me', undefined, () => ''), {
      code: 'install-failed',
      nextStep: /registry=/,
    });
  });

  it('give credentials only to the address that they are for', () => {
    const config = read('//a.test/npm/:_authToken=${TOKEN}\n//b.test/:_auth=abc', { TOKEN: 'secret' });
    assert.equal(config.authorizationFor(new URL('https://a.test/npm/x/y.tgz')), 'Bearer secret');
    assert.equal(config.authorizationFor(new URL('https://a.test/other')), undefined);
    assert.equal(config.authorizationFor(new URL('https://a.test.evil.test/npm/x')), undefined);
    assert.equal(config.authorizationFor(new URL('https://b.test/x')), 'Basic abc');
    assert.deepEqual(config.secrets, ['secret', 'abc']);
  });

  it('give the proxy, but not for what is excepted', () => {
    const config = read('https-proxy=http://proxy.test:8080\nnoproxy=.inside.test, localhost');
    assert.equal(config.proxyFor(new URL('https://a.test/'))?.host, 'proxy.test:8080');
    assert.equal(config.proxyFor(new URL('https://x.inside.test/')), undefined);
    assert.equal(read('', { HTTPS_PROXY: 'proxy.test:1' }).proxyFor(new URL('https://a.test/'))?.host, 'proxy.test:1');
    assert.equal(read('').proxyFor(new URL('https://a.test/')), undefined);
  });
});

describe('the registry that npm uses', () => {
  it('is asked of npm', async () => {
    const env = { ...process.env, npm_config_registry: 'http://127.0.0.1:1/npm/' };
    assert.equal(await npmDefaultRegistry({ ...thisPlatform(), env }, os.tmpdir()), 'http://127.0.0.1:1/npm/');
  });

  it('is unknown without npm', async () => {
    assert.equal(await npmDefaultRegistry({ ...thisPlatform(), env: { PATH: '' } }, os.tmpdir()), undefined);
  });
});

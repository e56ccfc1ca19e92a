import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { CloudSessionsError } from '../../../../src/core/errors';
import { thisHost } from '../../../../src/runtime/host';
import { readNpmConfig } from '../../../../src/runtime/install/npmConfig';
import { npmDefaultRegistry } from '../../../../src/runtime/install/npmDefaultRegistry';
import { compareVersions, PINNED_RUNTIME, RuntimeStore } from '../../../../src/runtime/install/runtimeStore';
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

  const install = (version = '1.2.3', onProgress?: (fraction: number) => void): Promise<string> =>
    store.install({
      version,
      config: readNpmConfig({}, folder, undefined, () => `@github:registry=${registry.address}\n${npmrc}`),
      signal: abort.controller.signal,
      limits: { files: 10, bytes: 100_000 },
      ...(onProgress === undefined ? {} : { onProgress }),
    });

  /** It fails for this reason, and leaves nothing behind. */
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
    // What this process uses is for its caller to say; marks of processes that are gone are cleared away.
    await store.use(program);
    assert.deepEqual(fs.readdirSync(path.join(folder, 'runtimes')).sort(), [`.used-1.2.3-${process.pid}`, '1.2.3']);
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
    await fails(/names no sha512/);
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
    await fails(/leads elsewhere/);
    serve([
      { name: 'pax', type: 'x', content: paxRecord('path', 'package/copilot') },
      { name: 'short', content: 'é' },
    ]);
    assert.equal(fs.readFileSync(await install(), 'utf8'), 'é');
  });

  it('are refused with a file twice, too many, too much, damaged, cut short, or without the program', async () => {
    serve([PROGRAM, PROGRAM]);
    await fails(/EEXIST/);
    serve(Array.from({ length: 11 }, (_, at) => ({ name: `package/${at}` })));
    await fails(/too large/);
    serve([{ name: 'package/copilot', content: Buffer.alloc(100_001) }]);
    await fails(/too large/);
    const damaged = tar(GOOD);
    damaged[0] = 0x71;
    registry.tarball = gzipSync(damaged);
    await fails(/checksum/);
    registry.tarball = gzipSync(tar(GOOD).subarray(0, 530));
    await fails(/cut short/);
    registry.tarball = Buffer.from('no gzip');
    await fails(/damaged/);
    serve([{ name: 'package/README.md' }]);
    await fails(/no program/);
  });

  it('say what the registry does not have, and whom it does not let in', async () => {
    await fails(/not its version 9\.9\.9/, '9.9.9');
    registry.authorization = 'Bearer secret';
    await fails(/does not let you in \(401\)/);
    npmrc = `//${new URL(registry.address).host}/:_authToken=secret`;
    await install();
  });

  it('come through a redirect, which does not get the credentials', async () => {
    const elsewhere = await new NpmRegistry(NAME, '1.2.3', GOOD).listen();
    try {
      npmrc = `//${new URL(registry.address).host}/:_authToken=secret`;
      registry.redirect = `${elsewhere.address}tarball.tgz`;
      elsewhere.tarball = registry.tarball;
      await install();
      assert.deepEqual(elsewhere.requests, [{ url: '/tarball.tgz', authorization: undefined }]);
      assert.equal(registry.requests[0]?.authorization, 'Bearer secret');
    } finally {
      await elsewhere.close();
    }
  });

  it('clear away what an interrupted installation left, but not what another window does now', async () => {
    const [old, fresh] = ['.staging-old', '.staging-fresh'].map((name) => path.join(folder, 'runtimes', name));
    assert.ok(old !== undefined && fresh !== undefined);
    fs.mkdirSync(old, { recursive: true });
    fs.mkdirSync(fresh);
    fs.utimesSync(old, 1, 1);
    await install();
    assert.deepEqual(fs.readdirSync(path.join(folder, 'runtimes')).sort(), ['.staging-fresh', '1.2.3']);
  });

  it('are ordered by number', () => {
    const sorted = ['1.0.9', '1.0.10', '1.0.10-2', '0.9.0'].sort(compareVersions);
    assert.deepEqual(sorted, ['0.9.0', '1.0.9', '1.0.10-2', '1.0.10']);
  });
});

describe("npm's settings", () => {
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
    assert.equal(await npmDefaultRegistry({ ...thisHost(), env }, os.tmpdir()), 'http://127.0.0.1:1/npm/');
  });

  it('is unknown without npm', async () => {
    assert.equal(await npmDefaultRegistry({ ...thisHost(), env: { PATH: '' } }, os.tmpdir()), undefined);
  });
});

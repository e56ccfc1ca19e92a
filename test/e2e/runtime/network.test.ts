import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { runtimeEnvironment } from '../../../src/runtime/platform/environment';
import { EDITOR_NETWORK_DEFAULTS, withNetwork, type EditorNetwork } from '../../../src/runtime/network/runtimeNetwork';
import { probeNetwork } from '../../../src/runtime/network/networkProbe';
import { CertificateAuthority } from '../../support/network/certificates';
import { Proxy, type ProxyOptions } from '../../support/network/proxy';
import { TlsFront } from '../../support/network/tlsFront';
import { MissionControl } from '../../support/missionControl/missionControl';
import { ensureOldestRuntime } from '../../support/oldestRuntime';
import { RawRuntime } from '../../support/rawRuntime';
import { installedRuntimes, type InstalledRuntime } from '../../support/runtimes';

/** A name that only the proxy can resolve: what reaches the service has gone through the proxy. */
const HOST = 'api.cloud.test';
const REPOSITORY = path.resolve(import.meta.dirname, '../../..');

/*
 * Network settings on the real runtimes. The emulated service can be reached only through a real proxy, over TLS with a
 * certificate authority that is not trusted by default. The result of the probe is compared with what the runtime does.
 */
describe('the network of the real runtimes', () => {
  const ca = new CertificateAuthority();
  const identity = ca.issue({ names: [HOST] });
  /** Home folder of the runtimes, shared by all tests, because the runtimes unpack themselves into it. */
  let home: string;
  let folder: string;
  let trusted: string;
  let service: MissionControl;
  let front: TlsFront;
  let proxy: Proxy;
  let oldest: InstalledRuntime;

  before(async () => {
    home = await mkdtemp(path.join(tmpdir(), 'network-home-'));
    oldest = await ensureOldestRuntime(() => undefined);
  });

  after(() => rm(home, { recursive: true, force: true, maxRetries: 5 }));

  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'network-'));
    trusted = path.join(folder, 'authority.pem');
    await writeFile(trusted, ca.cert);
    service = await MissionControl.start({ streaming: false });
    front = await TlsFront.start(identity, Number(new URL(service.url).port));
    proxy = await startProxy();
  });

  afterEach(async () => {
    await proxy.dispose();
    await front.dispose();
    await service.dispose();
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  });

  const startProxy = (options: ProxyOptions = {}): Promise<Proxy> =>
    Proxy.start({ hosts: { [HOST]: front.port }, ...options });

  interface Given {
    readonly editor?: Partial<EditorNetwork>;
    readonly inherited?: Readonly<Record<string, string>>;
    readonly extra?: Readonly<Record<string, string>>;
  }

  /** The environment that the extension would give to a runtime, with {@link HOST} as the address of the service. */
  const environment = ({ editor = {}, inherited = {}, extra = {} }: Given): Record<string, string> => {
    const settings = Object.fromEntries(
      Object.entries(service.environment(path.join(folder, 'copilot')))
        .filter(([name]) => !/proxy/i.test(name))
        .map(([name, value]) => [name, value.replace(service.url, `https://${HOST}`)]),
    );
    const sources = { inherited, extra: { ...settings, ...extra }, editor: { ...EDITOR_NETWORK_DEFAULTS, ...editor } };
    return withNetwork(runtimeEnvironment(inherited, { extra: sources.extra }), sources).environment;
  };

  /** Tries to create a session in such an environment, and runs the probe in it. */
  const tryOut = async (
    { executable }: InstalledRuntime,
    given: Given,
  ): Promise<{ works: boolean; probed: string }> => {
    const env = environment(given);
    const { PATH = '' } = process.env;
    const runtime = await RawRuntime.start({
      command: executable,
      env: { PATH, HOME: home, ...env },
      cwd: folder,
      isAlone: true,
    });
    try {
      await runtime.connect();
      const works = await runtime.request('session.create', { cloud: {} }).then(
        () => true,
        () => false,
      );
      const { endpoints } = await probeNetwork(env);
      return { works, probed: endpoints.map(({ fault }) => fault ?? 'works').join() };
    } finally {
      await runtime.stop();
    }
  };

  const WORKS = { works: true, probed: 'works' };
  const reached = (): boolean => service.requests.some(({ route }) => route === 'createTask');
  const tunnels = (): readonly number[] => proxy.requests.map(({ status }) => status);

  const runtimes = (): readonly InstalledRuntime[] => [
    ...installedRuntimes(REPOSITORY).filter(({ name }) => name === 'newest'),
    oldest,
  ];

  for (const which of ['newest', 'oldest']) {
    const runtime = (): InstalledRuntime => {
      const found = runtimes().find(({ name }) => name === which);
      assert.ok(found);
      return found;
    };

    describe(`the ${which}`, () => {
      const withCa = (extra: Record<string, string> = {}): Record<string, string> => ({
        NODE_EXTRA_CA_CERTS: trusted,
        ...extra,
      });

      it('reaches the service by http.proxy', async () => {
        assert.deepEqual(await tryOut(runtime(), { editor: { proxy: proxy.url }, extra: withCa() }), WORKS);
        assert.ok(reached());
        assert.ok(tunnels().length > 1 && tunnels().every((status) => status === 200));
      });

      it('reaches it by ALL_PROXY, with the certificates of SSL_CERT_FILE', async () => {
        const inherited = { ALL_PROXY: proxy.url, SSL_CERT_FILE: trusted };
        assert.deepEqual(await tryOut(runtime(), { inherited }), WORKS);
      });

      it('signs in to the proxy as http.proxyAuthorization says', async () => {
        await proxy.dispose();
        proxy = await startProxy({ credentials: 'octo:p@ss:w/rd' });
        const proxyAuthorization = `Basic ${Buffer.from('octo:p@ss:w/rd').toString('base64')}`;
        const editor = { proxy: proxy.url, proxyAuthorization };
        assert.deepEqual(await tryOut(runtime(), { editor, extra: withCa() }), WORKS);
        assert.ok(tunnels().every((status) => status === 200));
      });

      it('bypasses the proxy for the hosts of http.noProxy', async () => {
        const editor = { proxy: proxy.url, noProxy: [HOST] };
        assert.deepEqual(await tryOut(runtime(), { editor, extra: withCa() }), {
          works: false,
          probed: 'host-unknown',
        });
        assert.deepEqual(tunnels(), []);
      });

      it('does not reach it where the probe says so: authority, credentials, a dead proxy', async () => {
        const editor = { proxy: proxy.url };
        assert.deepEqual(await tryOut(runtime(), { editor }), { works: false, probed: 'authority-unknown' });
        await proxy.dispose();
        assert.deepEqual(await tryOut(runtime(), { editor, extra: withCa() }), {
          works: false,
          probed: 'proxy-refused',
        });
        proxy = await startProxy({ credentials: 'octo:secret' });
        const again = { proxy: proxy.url };
        assert.deepEqual(await tryOut(runtime(), { editor: again, extra: withCa() }), {
          works: false,
          probed: 'proxy-authentication',
        });
        assert.ok(!reached());
      });

      it('starts with any value of HTTPS_PROXY', async () => {
        for (const HTTPS_PROXY of ['socks5://127.0.0.1:9', 'http://:99999', 'not an address']) {
          const { probed } = await tryOut(runtime(), { inherited: { HTTPS_PROXY } });
          assert.equal(probed, 'host-unknown');
        }
      });
    });
  }
});

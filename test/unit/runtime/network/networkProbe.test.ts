import assert from 'node:assert/strict';
import { once } from 'node:events';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import * as net from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { NetworkFault } from '../../../../src/runtime/network/networkFault';
import { probeNetwork } from '../../../../src/runtime/network/networkProbe';
import { networkChecks } from '../../../../src/ui/runtime/networkDiagnosis';
import { CertificateAuthority, type Identity } from '../../../support/network/certificates';
import { Proxy, type ProxyOptions } from '../../../support/network/proxy';
import { TlsFront } from '../../../support/network/tlsFront';

const HOST = 'api.cloud.test';
const ORIGIN = `https://${HOST}`;

interface Disposable {
  dispose(): Promise<void>;
}

/** Everything runs on this machine: only the proxy resolves the names, to this machine. */
describe('the probe of the network', () => {
  const ca = new CertificateAuthority('Test Authority');
  let folder: string;
  let trusted: string;
  let backend: net.Server;
  let owned: Disposable[];
  /** Data that arrived, with or without TLS; the probe must never send any. */
  let said: string;

  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'network-'));
    trusted = path.join(folder, 'authority.pem');
    await writeFile(trusted, ca.cert);
    owned = [];
    said = '';
    const sockets = new Set<net.Socket>();
    backend = net.createServer((socket) => {
      sockets.add(socket);
      socket.on('error', () => undefined);
      socket.on('data', (chunk: Buffer) => (said += chunk.toString('latin1')));
    });
    backend.listen(0, '127.0.0.1');
    await once(backend, 'listening');
    owned.push({
      dispose: async () => {
        sockets.forEach((socket) => socket.destroy());
        await new Promise((resolve) => backend.close(resolve));
      },
    });
  });

  afterEach(async () => {
    for (const one of owned.reverse()) {
      await one.dispose();
    }
    await rm(folder, { recursive: true, force: true });
    assert.equal(said, '', 'something was said to the host');
  });

  const portOf = (server: net.Server): number => (server.address() as net.AddressInfo).port;

  const own = <D extends Disposable>(one: D): D => {
    owned.push(one);
    return one;
  };

  const front = async (identity: Identity): Promise<TlsFront> => own(await TlsFront.start(identity, portOf(backend)));

  /** A proxy that resolves the host to a server with this certificate. */
  const proxy = async (options: ProxyOptions = {}, identity = ca.issue({ names: [HOST] })): Promise<Proxy> =>
    own(await Proxy.start({ hosts: { [HOST]: (await front(identity)).port }, ...options }));

  /** A port of this machine without a listener. */
  const deadPort = async (): Promise<number> => {
    const server = net.createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const port = portOf(server);
    await new Promise((resolve) => server.close(resolve));
    return port;
  };

  const environment = (extra: Record<string, string>): Record<string, string> => ({
    COPILOT_API_URL: ORIGIN,
    COPILOT_DEBUG_GITHUB_API_URL: ORIGIN,
    COPILOT_MC_BASE_URL: `${ORIGIN}/agents`,
    COPILOT_GITHUB_TOKEN: 'gho_never',
    ...extra,
  });

  /** The fault, and the lines that the user sees for it. */
  async function probe(
    variables: Record<string, string>,
    timeoutMs = 10_000,
  ): Promise<{ fault: NetworkFault | undefined; detail: string; finding: string; remedy: string }> {
    const report = await probeNetwork(environment(variables), { timeoutMs, platform: 'linux' });
    assert.equal(report.endpoints.length, 1, 'one host is tried once');
    const [{ fault, detail = '' } = {}] = report.endpoints;
    const [check] = networkChecks({ notes: [], report: { ...report, problems: [] } });
    assert.equal(check?.verdict, fault === undefined ? 'works' : 'fails');
    return { fault, detail, finding: check.finding, remedy: check.remedy ?? '' };
  }

  const behind = (one: Proxy, userInfo = ''): Record<string, string> => ({
    HTTPS_PROXY: one.url.replace('//', `//${userInfo}`),
    SSL_CERT_FILE: trusted,
  });

  it('finds that all is well, by a proxy that wants a password too, and says nothing to the host', async () => {
    const one = await proxy({ credentials: 'octo:p@ss' });
    const { fault, finding } = await probe(behind(one, 'octo:p%40ss@'));
    assert.equal(fault, undefined);
    assert.match(finding, /can be reached through the proxy `127\.0\.0\.1:\d+`\.$/);
    assert.deepEqual(one.requests, [{ what: `CONNECT ${HOST}:443`, status: 200 }]);
  });

  it('goes to a proxy by TLS, with the same authorities', async () => {
    const one = await proxy({ identity: ca.issue({ names: ['127.0.0.1'] }) });
    assert.equal((await probe(behind(one))).fault, undefined);
    const stranger = await proxy({ identity: new CertificateAuthority('Other').issue({ names: ['127.0.0.1'] }) });
    assert.equal((await probe(behind(stranger))).fault, 'proxy-authority-unknown');
    const misnamed = await proxy({ identity: ca.issue({ names: ['other.test'] }) });
    assert.equal((await probe(behind(misnamed))).fault, 'proxy-certificate');
  });

  it('takes what NODE_EXTRA_CA_CERTS or a folder names as well', async () => {
    const one = await proxy();
    for (const trust of [{ NODE_EXTRA_CA_CERTS: trusted }, { SSL_CERT_DIR: folder }]) {
      assert.equal((await probe({ HTTPS_PROXY: one.url, ...trust })).fault, undefined);
    }
  });

  describe('tells faults apart:', () => {
    /** Each returns the variables of a network with one fault. */
    const faults: Readonly<Partial<Record<NetworkFault, () => Promise<Record<string, string>>>>> = {
      'proxy-refused': async () => ({ HTTPS_PROXY: `http://127.0.0.1:${await deadPort()}` }),
      'proxy-unknown': () => Promise.resolve({ HTTPS_PROXY: 'http://no-such-proxy.invalid:8080' }),
      'proxy-silent': async () => behind(await proxy({ silent: true })),
      'proxy-broken': async () => ({ HTTPS_PROXY: `http://127.0.0.1:${(await notAProxy()).port}` }),
      'proxy-authentication': async () => behind(await proxy({ credentials: 'octo:secret' })),
      'proxy-credentials': async () => behind(await proxy({ credentials: 'octo:secret' }), 'octo:wrong@'),
      'proxy-blocks': async () => behind(await proxy({ blocked: [HOST] })),
      'proxy-cannot-reach': async () => behind(await proxy({ hosts: {} })),
      'authority-unknown': async () => ({ HTTPS_PROXY: (await proxy()).url, SSL_CERT_FILE: await another() }),
      'certificate-expired': async () => behind(await proxy({}, ca.issue({ names: [HOST], expired: true }))),
      'certificate-early': async () => behind(await proxy({}, ca.issue({ names: [HOST], early: true }))),
      'certificate-name': async () => behind(await proxy({}, ca.issue({ names: ['portal.test'] }))),
      'host-no-tls': async () => behind(await proxy({ hosts: { [HOST]: (await notAProxy()).port } })),
      'host-reset': async () => direct((await cutting()).port),
      'host-refused': async () => direct(await deadPort()),
      'host-silent': () => Promise.resolve(direct(portOf(backend))),
      'host-unknown': () => Promise.resolve({ ...direct(443), COPILOT_API_URL: 'https://no-such-host.invalid' }),
    };
    const seen = new Map<string, string>();

    /** To a port of this machine, without a proxy. */
    const direct = (port: number): Record<string, string> => {
      const url = `https://127.0.0.1:${port}`;
      return {
        COPILOT_API_URL: url,
        COPILOT_DEBUG_GITHUB_API_URL: url,
        COPILOT_MC_BASE_URL: url,
        SSL_CERT_FILE: trusted,
      };
    };

    const another = async (): Promise<string> => {
      const file = path.join(folder, 'another.pem');
      await writeFile(file, new CertificateAuthority('Another').cert);
      return file;
    };

    const listening = async (onSocket: (socket: net.Socket) => void): Promise<{ port: number }> => {
      const server = net.createServer((socket) => {
        socket.on('error', () => undefined);
        socket.once('data', () => onSocket(socket));
      });
      server.listen(0, '127.0.0.1');
      await once(server, 'listening');
      own({ dispose: () => new Promise<void>((resolve) => void server.close(() => resolve())) });
      return { port: portOf(server) };
    };
    const notAProxy = (): Promise<{ port: number }> => listening((socket) => socket.end('220 mail.test ESMTP\r\n'));
    const cutting = (): Promise<{ port: number }> => listening((socket) => socket.resetAndDestroy());

    for (const [expected, make] of Object.entries(faults)) {
      it(expected, async () => {
        const variables = await make();
        if (expected === 'host-unknown') {
          variables['COPILOT_DEBUG_GITHUB_API_URL'] = variables['COPILOT_MC_BASE_URL'] = 'https://no-such-host.invalid';
        }
        const { fault, finding, remedy } = await probe(variables, expected.endsWith('silent') ? 300 : 10_000);
        assert.equal(fault, expected);
        // The silent host receives the first message of a TLS handshake, and nothing else.
        if (expected === 'host-silent') {
          assert.doesNotMatch(said, /HTTP|gho_/);
          said = '';
        }
        assert.notEqual(remedy, '');
        const words = finding.replaceAll(/\d+/g, 'N');
        assert.equal(seen.get(words), undefined, `it reads as ${seen.get(words) ?? ''} does`);
        seen.set(words, expected);
        assert.doesNotMatch(`${finding} ${remedy}`, /secret|wrong@|gho_/);
      });
    }

    it('missing, unreadable and senseless files of certificates', async () => {
      const files = {
        missing: path.join(folder, 'none.pem'),
        'not-pem': path.join(folder, 'junk.pem'),
        unreadable: folder,
      };
      await writeFile(files['not-pem'], '-----BEGIN CERTIFICATE-----\nbm9uc2Vuc2U=\n-----END CERTIFICATE-----\n');
      await chmod(folder, 0o700);
      const one = await proxy();
      for (const [reason, file] of Object.entries(files)) {
        for (const variable of ['NODE_EXTRA_CA_CERTS', 'SSL_CERT_FILE'] as const) {
          const report = await probeNetwork(environment({ HTTPS_PROXY: one.url, [variable]: file }), {
            platform: 'linux',
          });
          assert.deepEqual(report.problems, [{ variable, path: file, reason }]);
          const [check] = networkChecks({ notes: [], report });
          assert.equal(check?.verdict, 'fails');
          assert.ok(check.finding.includes(file) && check.remedy?.includes(variable) === true);
          assert.equal(report.endpoints[0]?.fault, 'authority-unknown');
        }
      }
    });
  });

  it('names who issued a certificate that is not trusted', async () => {
    const { detail } = await probe({ HTTPS_PROXY: (await proxy()).url });
    assert.equal(detail, 'Test Authority');
  });

  it('is over in its time, whatever is silent', async () => {
    const one = await proxy({ silent: true });
    assert.equal((await probe(behind(one), 50)).fault, 'proxy-silent');
  });
});

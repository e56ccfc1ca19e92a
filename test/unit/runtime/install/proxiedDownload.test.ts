import assert from 'node:assert/strict';
import { once } from 'node:events';
import * as fs from 'node:fs';
import * as http from 'node:http';
import type { AddressInfo } from 'node:net';
import * as os from 'node:os';
import * as path from 'node:path';
import { asDownloadError, openDownload } from '../../../../src/runtime/install/download';
import type { NpmConfig } from '../../../../src/runtime/install/npmConfig';
import { CertificateAuthority } from '../../../support/network/certificates';
import { Proxy } from '../../../support/network/proxy';
import { TlsFront } from '../../../support/network/tlsFront';

const SIZE = 3_000_000;

/**
 * Only the proxy resolves the registry's name. TLS certificates are from an authority that only npm's `cafile` names.
 */
for (const proxyScheme of ['http', 'https']) {
  for (const scheme of ['http', 'https']) {
    describe(`a download by ${scheme} through a proxy that is spoken to by ${proxyScheme}`, () => {
      const { signal } = new AbortController();
      let folder: string;
      let registry: http.Server;
      let front: TlsFront;
      let proxy: Proxy;
      let config: NpmConfig;
      let url: URL;

      before(async () => {
        folder = fs.mkdtempSync(path.join(os.tmpdir(), 'proxied-download-'));
        const authority = new CertificateAuthority();
        const caFile = path.join(folder, 'ca.pem');
        fs.writeFileSync(caFile, authority.cert);
        registry = http.createServer((request, response) => {
          response.write(Buffer.alloc(SIZE, 'x'));
          if (request.url === '/whole?x=1') {
            response.end();
          }
        });
        registry.listen(0, '127.0.0.1');
        await once(registry, 'listening');
        const { port } = registry.address() as AddressInfo;
        front = await TlsFront.start(authority.issue({ names: ['registry.test'] }), port);
        proxy = await Proxy.start({
          ...(proxyScheme === 'https' ? { identity: authority.issue({ names: ['127.0.0.1'] }) } : {}),
          hosts: { 'registry.test': scheme === 'https' ? front.port : port },
          credentials: 'user:pass@word',
        });
        url = new URL(`${scheme}://registry.test/`);
        const proxyUrl = new URL(proxy.url);
        proxyUrl.username = 'user';
        proxyUrl.password = 'pass@word';
        config = {
          registry: url,
          proxyFor: () => proxyUrl,
          authorizationFor: () => undefined,
          caFile,
          secrets: [],
        };
      });

      after(async () => {
        await proxy.dispose();
        await front.dispose();
        registry.closeAllConnections();
        registry.close();
        fs.rmSync(folder, { recursive: true });
      });

      it('arrives whole', async () => {
        const response = await openDownload(new URL('/whole?x=1', url), config, signal);
        let bytes = 0;
        for await (const chunk of response) {
          bytes += (chunk as Buffer).length;
        }
        assert.equal(bytes, SIZE);
        assert.deepEqual(proxy.requests, [
          {
            what: scheme === 'https' ? 'CONNECT registry.test:443' : 'GET http://registry.test/whole?x=1',
            status: 200,
          },
        ]);
      });

      it('fails when the proxy breaks off, and nothing else does', async () => {
        const response = await openDownload(new URL('/endless', url), config, signal);
        const failed = (async () => {
          for await (const chunk of response) {
            assert.ok((chunk as Buffer).length > 0);
            proxy.breakOff();
          }
        })();
        const error = await failed.then(
          () => assert.fail('it ended well'),
          (reason: unknown) => reason,
        );
        assert.match(asDownloadError(error, url.host, signal).message, /the connection to registry\.test failed/);
        // Let Node finish its work on both connections.
        await new Promise((resolve) => setTimeout(resolve, 100));
      });

      it('does not begin if the proxy refuses', async () => {
        const stranger = { ...config, proxyFor: () => new URL(proxy.url) };
        await assert.rejects(openDownload(url, stranger, signal), /requires a sign-in, or rejects/);
      });

      it('fails, and nothing else does, if the proxy is not there: with odd credentials, or given up before', async () => {
        const gone = http.createServer().listen(0, '127.0.0.1');
        await once(gone, 'listening');
        const { port } = gone.address() as AddressInfo;
        gone.close();
        await once(gone, 'close');
        const dead = { ...config, proxyFor: () => new URL(`${proxyScheme}://us%er:100%@127.0.0.1:${port}`) };
        await assert.rejects(openDownload(url, dead, signal), /ECONNREFUSED/);
        await assert.rejects(openDownload(url, dead, AbortSignal.abort()), /cancelled/);
        // A token that is not a valid header is not sent while the connection is being made.
        const unsendable = { ...dead, authorizationFor: () => 'Bearer \u0165oken' };
        await assert.rejects(openDownload(url, unsendable, signal), /ECONNREFUSED|ERR_INVALID_CHAR/);
        // An unhandled error of a connection would occur now, and end the process.
        await new Promise((resolve) => setTimeout(resolve, 50));
      });
    });
  }
}

import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server, type Socket } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { gitHubHostOf, pinnedHost } from '../../../src/core/github/gitHubHost';
import { eventually } from '../../support/eventually';
import { ensureOldestRuntime } from '../../support/oldestRuntime';
import { RawRuntime } from '../../support/rawRuntime';
import { newestRuntime, type InstalledRuntime } from '../../support/runtimes';

const REPOSITORY = path.resolve(__dirname, '../../..');

/** A proxy that refuses everything and records the targets of the requests. */
class ClosedProxy {
  readonly wanted: string[] = [];
  private readonly sockets = new Set<Socket>();
  private readonly server: Server = createServer((socket) => {
    this.sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => this.sockets.delete(socket));
    socket.once('data', (data) => {
      const target = /^(?:CONNECT|GET|POST) (\S+)/.exec(data.toString('latin1'))?.[1];
      if (target !== undefined) {
        this.wanted.push(target);
      }
      socket.end('HTTP/1.1 502 Bad Gateway\r\n\r\n');
    });
  });

  async listen(): Promise<string> {
    await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    this.sockets.forEach((socket) => socket.destroy());
    await new Promise((resolve) => this.server.close(resolve));
  }
}

/** Environments, each with the host that the extension reads from it. The runtime sends its token to that host only. */
const ENVIRONMENTS: readonly (readonly [Readonly<Record<string, string>>, string])[] = [
  [{}, 'github.com'],
  [{ GH_HOST: 'acme.ghe.com' }, 'acme.ghe.com'],
  [{ GH_HOST: 'a.ghe.com', COPILOT_GH_HOST: 'b.ghe.com' }, 'b.ghe.com'],
  [{ GH_HOST: 'a.ghe.com', COPILOT_GH_HOST: '' }, 'a.ghe.com'],
  [{ GH_HOST: 'a.ghe.com', COPILOT_GH_HOST: ' ' }, 'a.ghe.com'],
  [{ GH_HOST: '' }, 'github.com'],
  [{ GITHUB_SERVER_URL: 'https://acme.ghe.com' }, 'github.com'],
  [{ GH_HOST: 'https://acme.ghe.com/' }, 'acme.ghe.com'],
  [{ GH_HOST: 'HTTPS://ACME.ghe.com' }, 'acme.ghe.com'],
  [{ GH_HOST: 'http://acme.ghe.com' }, 'acme.ghe.com'],
  [{ GH_HOST: 'acme.ghe.com:443' }, 'acme.ghe.com'],
  [{ GH_HOST: ' acme.ghe.com. ' }, 'acme.ghe.com'],
  [{ GH_HOST: 'www.github.com' }, 'github.com'],
  [{ GH_HOST: 'api.acme.ghe.com' }, 'acme.ghe.com'],
  [{ GH_HOST: 'api.ghes.example.com' }, 'ghes.example.com'],
  [{ GH_HOST: 'ghes.example.com:8443' }, 'ghes.example.com:8443'],
  [{ GH_HOST: 'bücher.ghe.com' }, 'xn--bcher-kva.ghe.com'],
];

/** The extension pins the host for every runtime in the same form, so the oldest gets each host once. */
const ONE_FOR_EACH_HOST = ENVIRONMENTS.filter(
  ([, name], index) => ENVIRONMENTS.findIndex(([, other]) => other === name) === index,
);

const RUNTIMES = [
  { which: 'newest', environments: ENVIRONMENTS, find: () => Promise.resolve(newestRuntime(REPOSITORY)) },
  { which: 'oldest', environments: ONE_FOR_EACH_HOST, find: () => ensureOldestRuntime((line) => console.log(line)) },
];

for (const { which, environments, find } of RUNTIMES) {
  describe(`the host of the ${which} runtime`, function () {
    this.timeout(300_000);
    const proxy = new ClosedProxy();
    let address: string;
    let runtime: InstalledRuntime;
    let folder: string;

    before(async () => {
      runtime = await find();
      address = await proxy.listen();
      folder = await mkdtemp(path.join(tmpdir(), 'github-host-'));
    });

    after(async () => {
      await proxy.close();
      await rm(folder, { recursive: true, force: true, maxRetries: 5 });
    });

    for (const [environment, name] of environments) {
      it(`is ${name} with ${JSON.stringify(environment)}`, async () => {
        assert.equal(gitHubHostOf(environment, false).host?.name, name);
        proxy.wanted.length = 0;
        const child = await RawRuntime.start({
          command: runtime.executable,
          args: ['--auth-token-env', 'COPILOT_SDK_AUTH_TOKEN', '--no-auto-login'],
          env: {
            ...environment,
            ...pinnedHost(environment, false),
            HOME: folder,
            COPILOT_HOME: path.join(folder, 'copilot'),
            COPILOT_SDK_AUTH_TOKEN: `gho_${'a'.repeat(36)}`,
            HTTPS_PROXY: address,
            HTTP_PROXY: address,
            NO_PROXY: '',
          },
          cwd: folder,
        });
        try {
          await child.connect();
          await child.request('auth.getStatus', {});
          const isGitHubs = (target: string): boolean => target.startsWith('api.') && !target.includes('copilot');
          await eventually('it asks GitHub', () => proxy.wanted.some(isGitHubs), Boolean);
          const port = /:\d+$/.test(name) ? '' : ':443';
          for (const target of proxy.wanted.filter(isGitHubs)) {
            assert.equal(target, `api.${name}${port}`);
          }
        } finally {
          await child.stop();
        }
      });
    }
  });
}

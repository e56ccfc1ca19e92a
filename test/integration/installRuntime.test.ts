import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import * as vscode from 'vscode';
import { Command, EXTENSION_ID, Setting } from '../../src/manifest';
import { CertificateAuthority } from '../support/network/certificates';
import { Proxy } from '../support/network/proxy';
import { TlsFront } from '../support/network/tlsFront';
import { tar, type NpmRegistry } from '../support/npmRegistry';
import { registryOfPinnedRuntime } from '../support/pinnedPackage';

/** In this VS Code, from a registry on loopback that serves the real package. */
describe('installing the runtime', () => {
  let folder: string;
  let registry: NpmRegistry;
  // `npm test` passes its own settings in these variables.
  const names = ['registry', 'userconfig', 'https_proxy', 'cafile'].map((name) => `npm_config_${name}`);
  const environment = names.map((name) => [name, process.env[name]] as const);

  function restoreEnvironment(): void {
    for (const [name, value] of environment) {
      if (value === undefined) {
        Reflect.deleteProperty(process.env, name);
      } else {
        process.env[name] = value;
      }
    }
  }

  /** Writes npm's settings, with the registry of this test. */
  function useRegistry(more: Readonly<Record<string, string>> = {}): void {
    restoreEnvironment();
    const settings = { registry: registry.address, userconfig: path.join(folder, 'npmrc'), ...more };
    for (const [name, value] of Object.entries(settings)) {
      process.env[`npm_config_${name}`] = value;
    }
  }

  before(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'install-'));
    await vscode.extensions.getExtension(EXTENSION_ID)?.activate();
    await vscode.workspace
      .getConfiguration()
      .update(Setting.runtimePath, path.join(folder, 'none'), vscode.ConfigurationTarget.Global);
    registry = await registryOfPinnedRuntime(
      path.join(process.env['CLOUD_SESSIONS_REPOSITORY'] ?? '', '.vscode-test/packages'),
    );
    useRegistry();
  });

  after(async () => {
    restoreEnvironment();
    await vscode.workspace.getConfiguration().update(Setting.runtimePath, undefined, vscode.ConfigurationTarget.Global);
    await registry.close();
    await rm(folder, { recursive: true, force: true });
  });

  const run = (command: string): Thenable<unknown> => vscode.commands.executeCommand(command, {});

  it('says why it fails, then fetches it once, and removes it', async () => {
    const { tarball } = registry;
    registry.tarball = gzipSync(tar([{ name: 'package/copilot', content: '#!/bin/sh\nexit 7\n' }]));
    await assert.rejects(Promise.resolve(run(Command.installRuntime)), /another @github.* sha512 differs/);
    registry.integrity = `sha512-${createHash('sha512').update(tarball).digest('base64')}`;
    await assert.rejects(Promise.resolve(run(Command.installRuntime)), /sha512 differs/);
    registry.tarball = tarball;

    const fetched = (): number => registry.requests.filter(({ url }) => url === '/tarball.tgz').length;
    const earlier = fetched();
    // The setting names a path that does not exist, so the restart after the installation fails.
    await assert.rejects(Promise.resolve(run(Command.installRuntime)), /does not exist/);
    await assert.rejects(Promise.resolve(run(Command.updateRuntime)), /does not exist/);
    assert.equal(fetched(), earlier + 1);
    await run(Command.removeRuntime);
    await assert.rejects(Promise.resolve(run(Command.installRuntime)), /does not exist/);
    assert.equal(fetched(), earlier + 2, 'it had been removed');
    await run(Command.removeRuntime);
  });

  it('fetches it through npm’s proxy, by TLS within TLS, of an authority that only npm’s settings name', async () => {
    const authority = new CertificateAuthority();
    const front = await TlsFront.start(authority.issue({ names: ['registry.test'] }), registry.port);
    const proxy = await Proxy.start({
      identity: authority.issue({ names: ['127.0.0.1'] }),
      hosts: { 'registry.test': front.port },
      credentials: 'user:pass word',
    });
    const cafile = path.join(folder, 'ca.pem');
    try {
      await writeFile(cafile, authority.cert);
      registry.publicAddress = `https://registry.test:${front.port}/`;
      const proxyUrl = proxy.url.replace('://', '://user:pass%20word@');
      useRegistry({ registry: registry.publicAddress, https_proxy: proxyUrl, cafile });
      await assert.rejects(Promise.resolve(run(Command.installRuntime)), /does not exist/);
      assert.deepEqual(
        proxy.requests.map(({ what, status }) => `${what} ${status}`),
        Array(2).fill(`CONNECT registry.test:${front.port} 200`),
      );
      await run(Command.removeRuntime);
    } finally {
      registry.publicAddress = undefined;
      useRegistry();
      await proxy.dispose();
      await front.dispose();
    }
  });
});

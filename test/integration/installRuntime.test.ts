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

/** In this VS Code, from a registry on loopback, which has the real package. */
describe('installing the runtime', () => {
  let folder: string;
  let registry: NpmRegistry;
  const environment = {
    registry: process.env['npm_config_registry'],
    userconfig: process.env['npm_config_userconfig'],
  };

  before(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'install-'));
    await vscode.extensions.getExtension(EXTENSION_ID)?.activate();
    await vscode.workspace
      .getConfiguration()
      .update(Setting.runtimePath, path.join(folder, 'none'), vscode.ConfigurationTarget.Global);
    registry = await registryOfPinnedRuntime(
      path.join(process.env['CLOUD_SESSIONS_REPOSITORY'] ?? '', '.vscode-test/packages'),
    );
    process.env['npm_config_registry'] = registry.address;
    process.env['npm_config_userconfig'] = path.join(folder, 'npmrc');
  });

  after(async () => {
    for (const [name, value] of Object.entries(environment)) {
      if (value === undefined) {
        Reflect.deleteProperty(process.env, `npm_config_${name}`);
      } else {
        process.env[`npm_config_${name}`] = value;
      }
    }
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
    // What starts afterwards is the path in the settings, which is wrong on purpose.
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
    const npmrc = path.join(folder, 'npmrc');
    try {
      await writeFile(path.join(folder, 'ca.pem'), authority.cert);
      const proxyUrl = proxy.url.replace('://', '://user:pass%20word@');
      await writeFile(npmrc, `https-proxy=${proxyUrl}\ncafile=${path.join(folder, 'ca.pem')}\n`);
      registry.publicAddress = `https://registry.test:${front.port}/`;
      process.env['npm_config_registry'] = registry.publicAddress;
      await assert.rejects(Promise.resolve(run(Command.installRuntime)), /does not exist/);
      assert.deepEqual(
        proxy.requests.map(({ what, status }) => `${what} ${status}`),
        Array(2).fill(`CONNECT registry.test:${front.port} 200`),
      );
      await run(Command.removeRuntime);
    } finally {
      registry.publicAddress = undefined;
      process.env['npm_config_registry'] = registry.address;
      await rm(npmrc, { force: true });
      await proxy.dispose();
      await front.dispose();
    }
  });
});

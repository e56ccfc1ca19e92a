import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import * as vscode from 'vscode';
import { Command, EXTENSION_ID, Setting } from '../../src/manifest';
import { thisHost } from '../../src/runtime/host';
import { PINNED_RUNTIME } from '../../src/runtime/install/pinnedRuntime';
import { RuntimeStore } from '../../src/runtime/install/runtimeStore';
import { NpmRegistry } from '../support/npmRegistry';

/** In this VS Code, from a registry on loopback; a file that is no runtime stands for one. */
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
    const host = thisHost();
    const { packageName } = new RuntimeStore(folder, host);
    registry = await new NpmRegistry(packageName, PINNED_RUNTIME, [
      { name: 'package/copilot', content: '#!/bin/sh\nexit 7\n' },
    ]).listen();
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
    const { integrity } = registry;
    registry.integrity = `sha512-${Buffer.alloc(64).toString('base64')}`;
    await assert.rejects(Promise.resolve(run(Command.installRuntime)), /sha512 differs/);
    registry.integrity = integrity;

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
});

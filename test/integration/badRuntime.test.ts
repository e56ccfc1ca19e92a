import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import * as vscode from 'vscode';
import type { CloudSessionsApi } from '../../src/api';
import { Command, EXTENSION_ID, Setting } from '../../src/manifest';
import { eventually } from '../support/eventually';

/** Settings that name no runtime: each has its own message, and none breaks the extension. */
describe('a setting that names no runtime', () => {
  let folder: string;
  let api: CloudSessionsApi;

  before(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'no-runtime-'));
    const extension = vscode.extensions.getExtension<CloudSessionsApi>(EXTENSION_ID);
    assert.ok(extension);
    api = await extension.activate();
  });

  after(async () => {
    await configure(Setting.runtimePath, undefined);
    await configure(Setting.runtimeServer, undefined);
    await rm(folder, { recursive: true, force: true });
  });

  const configure = async (setting: string, value: string | undefined): Promise<void> => {
    await vscode.workspace.getConfiguration().update(setting, value, vscode.ConfigurationTarget.Global);
  };

  /** Sets it, restarts, and resolves with the error of the restart. */
  const failureOf = async (
    setting: string,
    value: string,
    expected: CloudSessionsApi['runtimeState'] = 'failed',
  ): Promise<Error & { code?: string; nextStep?: string }> => {
    await configure(setting, value);
    const error = await Promise.resolve(vscode.commands.executeCommand(Command.restartRuntime)).then(
      () => assert.fail('the restart succeeded'),
      (reason: unknown) => reason as Error,
    );
    await eventually(
      'the state',
      () => api.runtimeState,
      (state) => state === expected,
    );
    return error;
  };

  const script = async (name: string, text: string): Promise<string> => {
    const file = path.join(folder, name);
    await writeFile(file, text);
    return file;
  };

  it('a path that is not there', async () => {
    const missing = path.join(folder, 'missing');
    assert.match((await failureOf(Setting.runtimePath, missing)).message, /does not exist|no such|not exist/i);
  });

  it('a folder', async () => {
    assert.match((await failureOf(Setting.runtimePath, folder)).message, /is a folder/);
  });

  it('a file that is not executable', async function () {
    if (process.platform === 'win32') {
      this.skip();
    }
    const file = await script('plain.txt', 'text');
    assert.match((await failureOf(Setting.runtimePath, file)).message, /not executable/);
  });

  it('a program that exits at once, with what it said last', async () => {
    const file = await script('exits.js', 'console.error("no licence found"); process.exit(3);');
    const { message } = await failureOf(Setting.runtimePath, file);
    assert.match(message, /exit code 3|code 3/);
    assert.match(message, /no licence found/);
  });

  it('a program that prints garbage and never answers', async () => {
    const file = await script('garbage.js', 'console.log("hello\\r\\n\\r\\nworld"); setInterval(() => {}, 1000);');
    assert.match((await failureOf(Setting.runtimePath, file)).message, /20 s/);
  });

  it('a server that is not there', async () => {
    const server = createServer();
    const port = await new Promise<number>((resolve) => {
      server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port));
    });
    await new Promise((resolve) => server.close(resolve));
    await configure(Setting.runtimePath, undefined);
    // The server may still appear, so the extension keeps trying.
    const { message, code } = await failureOf(Setting.runtimeServer, `127.0.0.1:${port}`, 'restarting');
    assert.match(message, new RegExp(`127\\.0\\.0\\.1:${port}`));
    assert.equal(code, 'server-unreachable');
    await configure(Setting.runtimeServer, undefined);
  });

  it('an address that is none', async () => {
    assert.match((await failureOf(Setting.runtimeServer, 'not an address')).message, /not an address/);
    await configure(Setting.runtimeServer, undefined);
  });
});

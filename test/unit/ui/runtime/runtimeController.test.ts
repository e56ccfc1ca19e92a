import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import net from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type * as vscode from 'vscode';
import { eventually } from '../../../support/eventually';
import { anything, execute, replaceMembers, resetVscode } from '../../../support/vscodeStub';
import { Command, Setting } from '../../../../src/manifest';
import { createRuntimeServices, type RuntimeServices } from '../../../../src/ui/runtime/runtimeServices';
import { RuntimeCommands } from '../../../../src/ui/runtimeCommands';

const TOKEN = 'the-servers-token';

/** A server, and what it receives. The test sets the address that the system reports for it. */
describe('the token of a server', () => {
  let server: net.Server;
  let sockets: net.Socket[];
  let received: string;
  let folder: string;
  let secrets: Map<string, string>;
  let memento: Map<string, unknown>;
  let pressed: string | undefined;
  let asked: { text: string; options: unknown }[];
  let runtime: RuntimeServices | undefined;
  let commands: vscode.Disposable | undefined;
  let restore: (() => void)[];

  beforeEach(async () => {
    resetVscode();
    received = '';
    sockets = [];
    secrets = new Map();
    memento = new Map();
    asked = [];
    settings = {};
    pressed = undefined;
    folder = await mkdtemp(path.join(tmpdir(), 'runtime-host-'));
    server = net.createServer((socket) => {
      sockets.push(socket);
      socket.on('error', () => undefined);
      socket.on('data', (chunk: Buffer) => (received += chunk.toString()));
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    restore = [];
  });

  afterEach(async () => {
    commands?.dispose();
    runtime?.dispose();
    runtime = undefined;
    sockets.forEach((socket) => socket.destroy());
    await new Promise((resolve) => server.close(resolve));
    restore.forEach((undo) => undo());
    resetVscode();
    await rm(folder, { recursive: true, force: true });
  });

  /** `cloudSessions.runtime.server`; the test's own server if it is not set. */
  let settings: { server?: string };
  const address = (): string => `localhost:${(server.address() as net.AddressInfo).port}`;

  /** @param remote the address that the system reports for the other end of each connection */
  const start = (remote?: string): RuntimeServices['controller'] => {
    if (remote !== undefined) {
      const { connect } = net;
      const elsewhere = (): net.Socket =>
        Object.defineProperty(connect((server.address() as net.AddressInfo).port, '127.0.0.1'), 'remoteAddress', {
          value: remote,
        });
      Object.assign(net, { connect: elsewhere });
      restore.push(() => void Object.assign(net, { connect }));
    }
    restore.push(
      replaceMembers({
        api: {
          Uri: { joinPath: () => ({ fsPath: folder }) },
          workspace: {
            getConfiguration: () => ({
              inspect: (id: string) => ({
                globalValue: id === Setting.runtimeServer ? (settings.server ?? address()) : undefined,
              }),
              get: () => undefined,
            }),
            onDidChangeConfiguration: () => ({ dispose: () => undefined }),
          },
        },
        window: {
          showInputBox: () => Promise.resolve(TOKEN),
          showWarningMessage: (text: string, options: unknown) => {
            asked.push({ text, options });
            return Promise.resolve(pressed);
          },
        },
      }),
    );
    runtime = createRuntimeServices({
      extension: { packageJSON: { version: '0' } },
      globalStorageUri: { fsPath: folder },
      asAbsolutePath: (file: string) => path.join(folder, file),
      globalState: {
        get: (key: string) => memento.get(key),
        update: (key: string, value: unknown) => Promise.resolve(void memento.set(key, value)),
      },
      secrets: {
        get: (key: string) => Promise.resolve(secrets.get(key)),
        store: (key: string, value: string) => Promise.resolve(void secrets.set(key, value)),
        delete: (key: string) => Promise.resolve(void secrets.delete(key)),
      },
      subscriptions: anything,
    } as unknown as vscode.ExtensionContext);
    const { controller, log, serverTokens } = runtime;
    commands = new RuntimeCommands(controller, log, serverTokens, anything, anything).register();
    return controller;
  };

  const store = (): void => void secrets.set(`cloudSessions.serverToken:${address()}`, TOKEN);

  it('is sent to this machine', async () => {
    store();
    start().startInBackground();
    await eventually(
      'the token',
      () => received,
      (text) => text.includes(TOKEN),
    );
    assert.deepEqual(asked, []);
  });

  it('is not sent to another, whose name is localhost: the state says why, and what to do', async () => {
    store();
    const away = start('192.0.2.1');
    await assert.rejects(away.ready(), { code: 'server-address' });
    assert.equal(away.state, 'failed');
    assert.match(away.error?.message ?? '', /192\.0\.2\.1.*not encrypted/);
    assert.match(away.error?.nextStep ?? '', /SSH tunnel.*Set Runtime Server Token/);
    await away.stop();
    assert.doesNotMatch(received, new RegExp(TOKEN));
  });

  it('is asked about before it is kept for another machine: a no keeps and sends nothing', async () => {
    const away = start('192.0.2.1');
    Object.assign(settings, { server: '192.0.2.1:3000' });
    await execute(Command.setServerToken);
    assert.equal(asked.length, 1);
    assert.match(asked[0]?.text ?? '', /192\.0\.2\.1 unencrypted/);
    assert.ok((asked[0]?.options as { modal?: boolean }).modal);
    assert.equal(secrets.size, 0);
    assert.equal(away.state, 'stopped');
  });

  it('is kept and sent after a yes, which is for that address', async () => {
    start('192.0.2.1');
    Object.assign(settings, { server: '192.0.2.1:3000' });
    pressed = 'Send Unencrypted';
    const connecting = execute(Command.setServerToken);
    await eventually(
      'the token',
      () => received,
      (text) => text.includes(TOKEN),
    );
    assert.deepEqual([...memento.values()], [['192.0.2.1:3000']]);
    runtime?.dispose();
    await connecting;
  });

  it('is kept without a question for this machine', async () => {
    // It goes on connecting, because this server never answers.
    start();
    const connecting = execute(Command.setServerToken);
    await eventually(
      'the token is kept',
      () => [...secrets.values()],
      (kept) => kept.includes(TOKEN),
    );
    runtime?.dispose();
    await connecting;
    assert.deepEqual(asked, []);
  });

  it('is sent there once the user has said so for that address', async () => {
    store();
    memento.set('serverTokensInClear', [address()]);
    start('192.0.2.1').startInBackground();
    await eventually(
      'the token',
      () => received,
      (text) => text.includes(TOKEN),
    );
  });
});

import assert from 'node:assert/strict';
import { getEventListeners, once } from 'node:events';
import net, { type AddressInfo } from 'node:net';
import { CloudSessionsError } from '../../../src/core/errors/cloudSessionsError';
import {
  connectToServer,
  formatServerAddress,
  isLoopbackAddress,
  isThisMachine,
  parseServerAddress,
} from '../../../src/runtime/transport';

describe('parseServerAddress', () => {
  const good: Readonly<Record<string, readonly [string, number]>> = {
    'localhost:3000': ['localhost', 3000],
    '127.0.0.1:1': ['127.0.0.1', 1],
    '[::1]:4000': ['::1', 4000],
    ' host-1.example.com:65535 ': ['host-1.example.com', 65_535],
    'copilot_runtime:80': ['copilot_runtime', 80],
    '[fe80::1%eth0]:80': ['fe80::1%eth0', 80],
  };
  for (const [text, [host, port]] of Object.entries(good)) {
    it(`reads ${text.trim()}`, () => {
      assert.deepEqual(parseServerAddress(text), { host, port });
      assert.equal(formatServerAddress({ host, port }), text.trim());
    });
  }

  const bad: Readonly<Record<string, RegExp>> = {
    '': /host:port/,
    localhost: /no port/,
    '3000': /is not a host/,
    ':3000': /host:port/,
    'localhost:': /host:port/,
    'localhost:0': /1 to 65535/,
    'localhost:65536': /1 to 65535/,
    'localhost:99999999999999999999': /1 to 65535/,
    'localhost:3000x': /host:port/,
    'localhost:-1': /host:port/,
    'localhost:0x10': /host:port/,
    'http://localhost:3000': /without a scheme/,
    'localhost:3000/path': /host:port/,
    'user@localhost:3000': /host:port/,
    '::1': /brackets/,
    '::1:3000': /brackets/,
    '[::1]': /no port/,
    '[]:3000': /is not a host/,
    '[localhost]:3000': /is not a host/,
    '256.1.1.1:3000': /is not a host/,
    '1.2.3:80': /is not a host/,
    '-x:80': /is not a host/,
    'a..b:80': /is not a host/,
    'a b:80': /host:port/,
    'a\nb:80': /host:port/,
  };
  for (const [text, reason] of Object.entries(bad)) {
    it(`refuses ${JSON.stringify(text)}`, () => {
      assert.throws(
        () => parseServerAddress(text),
        (error) =>
          error instanceof CloudSessionsError &&
          error.code === 'server-address' &&
          reason.test(error.message) &&
          error.nextStep?.includes('127.0.0.1:3000') === true,
      );
    });
  }
});

describe('isLoopbackAddress', () => {
  const table: Readonly<Record<string, boolean>> = {
    '127.0.0.1': true,
    '127.255.255.254': true,
    '::1': true,
    '0:0:0:0:0:0:0:1': true,
    '::ffff:127.0.0.1': true,
    '0.0.0.0': false,
    '128.0.0.1': false,
    '::': false,
    '::ffff:192.0.2.1': false,
    'fe80::1': false,
    localhost: false,
    '127.1': false,
    '2130706433': false,
    '0x7f000001': false,
    '': false,
  };
  for (const [address, expected] of Object.entries(table)) {
    it(`${address}: ${expected}`, () => assert.equal(isLoopbackAddress(address), expected));
  }

  it('no address: false', () => assert.equal(isLoopbackAddress(undefined), false));

  it('decides on a host by all of its addresses', async () => {
    assert.equal(await isThisMachine('127.0.0.1'), true);
    assert.equal(await isThisMachine('::1'), true);
    assert.equal(await isThisMachine('192.0.2.1'), false);
    assert.equal(await isThisMachine('no-such-host.invalid'), false);
  });
});

describe('connectToServer', () => {
  let server: net.Server;
  let sockets: net.Socket[];
  let port: number;

  beforeEach(async () => {
    sockets = [];
    server = net.createServer((socket) => sockets.push(socket)).listen(0, '127.0.0.1');
    await once(server, 'listening');
    port = (server.address() as AddressInfo).port;
  });

  afterEach(async () => {
    sockets.forEach((socket) => socket.destroy());
    server.close();
    await once(server, 'close');
  });

  async function connected(): Promise<[Awaited<ReturnType<typeof connectToServer>>, net.Socket]> {
    const accepted = once(server, 'connection') as Promise<[net.Socket]>;
    const transport = await connectToServer({ host: '127.0.0.1', port });
    return [transport, (await accepted)[0]];
  }

  it('carries bytes in both directions', async () => {
    const [transport, socket] = await connected();
    const { reader, writer } = transport;
    writer.write('there');
    socket.write('back');
    const [[there], [back]] = (await Promise.all([once(socket, 'data'), once(reader, 'data')])) as [Buffer[], Buffer[]];
    assert.deepEqual([String(there), String(back)], ['there', 'back']);
    transport.dispose();
    await once(socket, 'close');
  });

  it('tells where it leads: what was asked for, and the address that it has', async () => {
    const [{ remote }] = await connected();
    assert.deepEqual(remote, { server: `127.0.0.1:${port}`, address: '127.0.0.1' });
  });

  it('tells when the server ends it', async () => {
    const [{ reader, closed }, socket] = await connected();
    reader.resume();
    socket.end();
    assert.deepEqual(await closed, { kind: 'end' });
  });

  it('tells when the server breaks it, and why', async () => {
    const [{ reader, closed }, socket] = await connected();
    reader.resume();
    socket.resetAndDestroy();
    const reason = await closed;
    assert.ok(reason.kind === 'end');
    assert.match(reason.error?.message ?? '', /ECONNRESET/);
  });

  it('tells when it is let go of here', async () => {
    const [transport] = await connected();
    transport.dispose();
    assert.deepEqual(await transport.closed, { kind: 'end' });
  });

  it('says that nothing listens, and how to start one', async () => {
    const closed = net.createServer().listen(0, '127.0.0.1');
    await once(closed, 'listening');
    const free = (closed.address() as AddressInfo).port;
    closed.close();
    await once(closed, 'close');
    await assert.rejects(connectToServer({ host: '127.0.0.1', port: free }), (error) => {
      assert.ok(error instanceof CloudSessionsError);
      assert.equal(error.code, 'server-unreachable');
      assert.match(error.message, new RegExp(`127\\.0\\.0\\.1:${free}: nothing listens there`));
      assert.match(error.nextStep ?? '', /copilot --headless --port/);
      return true;
    });
  });

  it('says that there is no such host', async () => {
    await assert.rejects(
      connectToServer({ host: 'no-such-host.invalid', port: 1 }),
      (error) =>
        error instanceof CloudSessionsError &&
        error.code === 'server-unreachable' &&
        /no such host|could not be looked up/.test(error.message),
    );
  });

  it('gives up after its time', async () => {
    const { connect } = net;
    // A host that never answers: a socket that is never connected.
    Object.assign(net, { connect: () => new net.Socket() });
    try {
      await assert.rejects(
        connectToServer({ host: '127.0.0.1', port }, { timeoutMs: 50 }),
        (error) =>
          error instanceof CloudSessionsError &&
          error.code === 'server-unreachable' &&
          error.message.includes('did not answer within 0.05 s'),
      );
    } finally {
      Object.assign(net, { connect });
    }
  });

  it('is given up by its signal, before and after it has begun', async () => {
    const isCancelled = (error: unknown): boolean => error instanceof CloudSessionsError && error.code === 'cancelled';
    await assert.rejects(connectToServer({ host: '127.0.0.1', port }, { signal: AbortSignal.abort() }), isCancelled);
    const controller = new AbortController();
    const connecting = connectToServer({ host: '127.0.0.1', port }, { signal: controller.signal });
    controller.abort();
    await assert.rejects(connecting, isCancelled);
    const { signal } = new AbortController();
    (await connectToServer({ host: '127.0.0.1', port }, { signal })).dispose();
    assert.deepEqual(getEventListeners(signal, 'abort'), [], 'a listener was left behind');
  });
});

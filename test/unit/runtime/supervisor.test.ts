import assert from 'node:assert/strict';
import { once } from 'node:events';
import net, { type AddressInfo } from 'node:net';
import { Event, StreamMessageWriter } from 'vscode-jsonrpc/node';
import { CloudSessionsError, type ErrorCode } from '../../../src/core/errors/cloudSessionsError';
import { FrameReader } from '../../../src/core/frames/frameReader';
import { Watchdog } from '../../../src/core/rpc/watchdog';
import { RECONNECT_LIMITS, RestartPolicy } from '../../../src/runtime/restartPolicy';
import { RuntimeClient } from '../../../src/core/client/runtimeClient';
import { runtimeEnvironment } from '../../../src/runtime/platform/environment';
import type { LaunchLimits, RuntimeTarget } from '../../../src/runtime/launch';
import { RuntimeSupervisor, type RuntimeState, type SupervisorOptions } from '../../../src/runtime/supervisor';
import { ManualTimers } from '../../support/manualTimers';
import { isRunning, scriptedRuntime, until } from '../../support/processes';

const QUICK: Partial<LaunchLimits> = { shutdownMs: 5_000, answeredMs: 5_000, stdinMs: 200, sigtermMs: 200 };

/** A supervisor of scripted runtimes, and what was observed. */
class Stage {
  target: () => RuntimeTarget | Promise<RuntimeTarget> = () => runtime('crashes');
  /** The state at each change, with the code of its error. */
  readonly states: string[] = [];
  readonly connections: (RuntimeClient | undefined)[] = [];
  readonly log: string[] = [];
  /** The ids of all runtime processes, in the order of their start. */
  readonly pids: number[] = [];
  /** The largest number of processes at the same time. */
  mostAtOnce = 0;
  readonly supervisor: RuntimeSupervisor<RuntimeClient>;

  /** Reports a hang of the most recently watched connection. */
  hang: (() => void) | undefined;
  /** Number of watches that are not disposed. */
  watching = 0;

  constructor({
    limits = {},
    watch,
    ...policies
  }: {
    limits?: Partial<LaunchLimits>;
    watch?: SupervisorOptions<RuntimeClient>['watch'];
    restartPolicy?: RestartPolicy;
    reconnectPolicy?: RestartPolicy;
  } = {}) {
    this.supervisor = new RuntimeSupervisor<RuntimeClient>({
      target: async () => this.target(),
      open: ({ reader, writer }) => new RuntimeClient(new FrameReader(reader), new StreamMessageWriter(writer)),
      handshake: async (client) => {
        await client.handshake();
      },
      watch: (client, onHang) => {
        if (watch !== undefined) {
          return watch(client, onHang);
        }
        this.hang = onHang;
        this.watching++;
        return { dispose: () => this.watching-- };
      },
      onLine: (line) => this.log.push(line),
      info: (message) => {
        this.log.push(message);
        const pid = Number(/^Started .*\(process (\d+)\)\.$/.exec(message)?.[1]);
        if (pid > 0) {
          this.pids.push(pid);
          this.mostAtOnce = Math.max(this.mostAtOnce, this.pids.filter(isRunning).length);
        }
      },
      limits: { ...QUICK, ...limits },
      ...policies,
    });
    this.supervisor.onDidChangeState((state) => {
      assert.equal(state, this.supervisor.state, 'the event says what is the case');
      const { error } = this.supervisor.detail;
      this.states.push(error === undefined ? state : `${state}: ${error.code}`);
    });
    this.supervisor.onDidChangeConnection((connection) => this.connections.push(connection));
  }

  /** Ends everything, and asserts that no process is left and that two never ran at once. */
  async close(): Promise<void> {
    await this.supervisor.stop();
    this.supervisor.dispose();
    assert.deepEqual(this.pids.filter(isRunning), []);
    assert.ok(this.mostAtOnce <= 1, `${this.mostAtOnce} runtimes ran at once`);
  }
}

function runtime(name: string, extra: Readonly<Record<string, string>> = {}): RuntimeTarget {
  const env = runtimeEnvironment(process.env, { extra });
  const command = { command: process.execPath, args: [scriptedRuntime(name)], env };
  return { kind: 'process', command };
}

function isError(code: ErrorCode, ...texts: readonly RegExp[]): (error: unknown) => boolean {
  return (error) => {
    assert.ok(error instanceof CloudSessionsError, String(error));
    assert.equal(error.code, code, error.message);
    texts.forEach((text) => assert.match(error.message, text));
    return true;
  };
}

const crash = (client: RuntimeClient, params: object = {}): Promise<unknown> =>
  client.request({ method: 'crash', read: (answer) => answer }, params);

const untilState = (stage: Stage, state: RuntimeState): Promise<void> =>
  until(() => stage.supervisor.state === state, `it is ${state}; it was ${stage.states.join(', ')}`);

describe('RuntimeSupervisor', () => {
  let stage: Stage;

  function open(options?: ConstructorParameters<typeof Stage>[0]): Stage {
    stage = new Stage(options);
    return stage;
  }

  afterEach(() => stage.close());

  describe('starts', () => {
    it('and stops', async () => {
      const { supervisor, states, connections, pids } = open();
      assert.deepEqual([supervisor.state, supervisor.connection, supervisor.pid], ['stopped', undefined, undefined]);
      const starting = supervisor.start();
      assert.deepEqual([supervisor.state, supervisor.connection], ['starting', undefined]);
      const client = await starting;
      assert.deepEqual([supervisor.state, supervisor.connection, supervisor.pid], ['running', client, pids[0]]);
      assert.deepEqual(supervisor.detail, { state: 'running', pid: pids[0] });
      assert.equal(await supervisor.start(), client, 'one that runs is not started again');
      await supervisor.stop();
      assert.deepEqual([supervisor.state, supervisor.connection, supervisor.pid], ['stopped', undefined, undefined]);
      await assert.rejects(client.listSessions('all'), { code: 'connection-closed' });
      assert.deepEqual(states, ['starting', 'running', 'stopped']);
      assert.deepEqual(connections, [client, undefined]);
      assert.match(stage.log.at(-1) ?? '', /^The runtime has ended \(shutdown, after \d+ ms\)\.$/);
    });

    it('once for all who ask at the same time', async () => {
      const { supervisor, pids } = open();
      const clients = await Promise.all([supervisor.start(), supervisor.start(), supervisor.start()]);
      assert.equal(new Set(clients).size, 1);
      assert.equal(pids.length, 1);
    });

    it('an older runtime, which knows only `ping`', async () => {
      open().target = () => runtime('onlyPing');
      await stage.supervisor.start();
      assert.equal(stage.supervisor.state, 'running');
    });

    it('again after a failure, with the settings as they are then', async () => {
      open().target = () => runtime('exitsAtOnce');
      await assert.rejects(stage.supervisor.start());
      stage.target = () => runtime('crashes');
      await stage.supervisor.start();
      assert.deepEqual(stage.states, ['starting', 'failed: runtime-start-failed', 'starting', 'running']);
      assert.equal(stage.supervisor.error, undefined);
    });
  });

  describe('says why it cannot be started', () => {
    async function fails(code: ErrorCode, ...texts: readonly RegExp[]): Promise<void> {
      await assert.rejects(stage.supervisor.start(), isError(code, ...texts));
      assert.deepEqual(stage.states, ['starting', `failed: ${code}`]);
      assert.equal(stage.supervisor.error, stage.supervisor.detail.error);
      assert.equal(stage.supervisor.connection, undefined);
    }

    it('it ends at once', async () => {
      open().target = () => runtime('exitsAtOnce');
      await fails('runtime-start-failed', /exit code 3/, /the configuration is upside down/);
      assert.match(stage.supervisor.error?.details ?? '', /reading the configuration/);
    });

    it('it never answers', async () => {
      open({ limits: { handshakeMs: 100 } }).target = () => runtime('neverAnswers');
      await fails('timeout', /neverAnswers\.cjs/, /did not answer within 0\.1 s/);
    });

    it('it is another program, which prints what it likes', async () => {
      open({ limits: { handshakeMs: 300 } }).target = () => runtime('printsGarbage');
      await fails('timeout', /did not answer/);
    });

    it('it speaks another version of the protocol', async () => {
      open().target = () => runtime('otherProtocol');
      await fails('protocol-version', /version 2/);
    });

    it('it is not there', async () => {
      open().target = () => ({ kind: 'process', command: { command: '/no/such/runtime', args: [], env: {} } });
      await fails('runtime-start-failed', /does not exist/);
    });

    it('it is found nowhere', async () => {
      open().target = () => {
        throw new CloudSessionsError('runtime-not-found', 'Nowhere.');
      };
      await fails('runtime-not-found');
    });

    it('at once, though the process takes its time to end; the next start waits for that', async () => {
      open().target = () => runtime('stubborn', { STUBBORN_PROTOCOL: '2' });
      const { supervisor, pids } = stage;
      await assert.rejects(supervisor.start(), isError('protocol-version'));
      assert.equal(supervisor.state, 'failed');
      assert.ok(isRunning(pids[0] ?? 0), 'it is still being ended');
      stage.target = () => runtime('crashes');
      await supervisor.start();
      assert.deepEqual(pids.map(isRunning), [false, true]);
    });
  });

  describe('when the runtime crashes', () => {
    it('rejects what is in flight at once, and says how it ended', async () => {
      const { supervisor, states, connections } = open();
      const client = await supervisor.start();
      const inFlight = client.request({ method: 'never', read: (answer) => answer }, {});
      const rejected = inFlight.then(
        () => assert.fail('it was answered'),
        () => performance.now(),
      );
      crash(client).catch(() => undefined);
      await untilState(stage, 'failed');
      const failedAt = performance.now();
      assert.ok((await rejected) <= failedAt, 'in-flight requests do not outlive the state');
      isError('runtime-exited', /exit code 70/, /panic: the lamp is out/)(supervisor.error);
      assert.match(supervisor.error?.details ?? '', /something unwise/);
      assert.deepEqual([supervisor.connection, supervisor.pid], [undefined, undefined]);
      assert.deepEqual(states, ['starting', 'running', 'failed: runtime-exited']);
      assert.deepEqual(connections, [client, undefined]);
    });

    it('notices by itself, and lets go of a connection that has not before it says so', async () => {
      let disposed = false;
      let write: ((text: string) => void) | undefined;
      const supervisor = new RuntimeSupervisor({
        target: async () => Promise.resolve(runtime('crashes')),
        open: ({ reader, writer }) => {
          reader.resume();
          write = (text) => writer.write(text);
          return { onDidClose: Event.None, shutdown: () => Promise.resolve(), dispose: () => (disposed = true) };
        },
        handshake: () => Promise.resolve(),
        onLine: () => undefined,
        info: () => undefined,
      });
      open();
      await supervisor.start();
      const failed = new Promise<boolean>((resolve) => {
        supervisor.onDidChangeState(() => resolve(disposed));
      });
      const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'crash', params: { closeStdout: true } });
      write?.(`Content-Length: ${body.length}\r\n\r\n${body}`);
      assert.equal(await failed, true);
      await supervisor.stop();
    });

    it('names the signal that killed it', async () => {
      const { supervisor, pids } = open();
      await supervisor.start();
      process.kill(pids[0] ?? 0, 'SIGKILL');
      await untilState(stage, 'failed');
      isError('runtime-exited', /signal SIGKILL/)(supervisor.error);
    });

    it('takes the end of its stream for its end, and ends the process', async () => {
      const { supervisor, pids } = open();
      const client = await supervisor.start();
      crash(client, { closeStdout: true }).catch(() => undefined);
      await untilState(stage, 'failed');
      isError('runtime-exited', /closed its connection without ending/)(supervisor.error);
      await until(() => !isRunning(pids[0] ?? 0), 'the process is gone');
    });

    it('starts it again when asked to', async () => {
      const { supervisor } = open();
      const client = await supervisor.start();
      crash(client).catch(() => undefined);
      await untilState(stage, 'failed');
      const next = await supervisor.restart();
      assert.notEqual(next, client);
      assert.equal(supervisor.connection, next);
      assert.deepEqual(stage.states.slice(-2), ['restarting', 'running']);
    });

    it('does not give a dead connection to those who ask in that moment', async () => {
      const { supervisor } = open();
      const client = await supervisor.start();
      const asked = new Promise<RuntimeClient>((resolve, reject) => {
        supervisor.onDidChangeConnection((connection) => {
          if (connection === undefined) {
            supervisor.start().then(resolve, reject);
          }
        });
      });
      crash(client).catch(() => undefined);
      const next = await asked;
      assert.notEqual(next, client);
      await next.ping();
    });
  });

  describe('with a restart policy', () => {
    const policy = (delayMs: number, maxCrashes = 5): { restartPolicy: RestartPolicy } => ({
      restartPolicy: new RestartPolicy({ delaysMs: [delayMs], maxCrashes }),
    });

    it('starts it again after a crash', async () => {
      const { supervisor, states } = open(policy(10));
      const client = await supervisor.start();
      crash(client).catch(() => undefined);
      await until(() => {
        const { connection } = supervisor;
        return connection !== undefined && connection !== client;
      }, 'it runs again');
      assert.deepEqual(states, ['starting', 'running', 'restarting: runtime-exited', 'restarting', 'running']);
    });

    it('ends one that hangs, and starts it again', async () => {
      const { supervisor, states, pids } = open(policy(10));
      const client = await supervisor.start();
      assert.equal(stage.watching, 1);
      const call = crash(client, { never: true });
      call.catch(() => undefined);
      stage.hang?.();
      assert.equal(stage.watching, 0);
      await until(() => supervisor.connection !== undefined && supervisor.connection !== client, 'it runs again');
      await assert.rejects(call);
      assert.deepEqual(states, ['starting', 'running', 'restarting: timeout', 'restarting', 'running']);
      assert.equal(isRunning(pids[0] ?? 0), false, 'the one that hung is gone');
      assert.equal(stage.watching, 1);
      await supervisor.stop();
      assert.equal(stage.watching, 0);
    });

    it('ends one that is frozen while a session is busy, though no call is open, and starts it again', async function () {
      if (process.platform === 'win32') {
        this.skip();
      }
      const timers = new ManualTimers();
      const { supervisor, pids } = open({
        ...policy(0),
        watch: (client, onHang) => new Watchdog(client, onHang, timers.create, () => true),
      });
      const client = await supervisor.start();
      const [pid = 0] = pids;
      process.kill(pid, 'SIGSTOP');
      assert.equal(client.pendingCalls, 0);
      timers.advance(54_000);
      assert.equal(supervisor.connection, client, 'not yet');
      timers.advance(6_000);
      await until(() => supervisor.connection !== undefined && supervisor.connection !== client, 'it runs again');
      assert.equal(isRunning(pid), false);
      assert.ok(stage.states.includes('restarting: timeout'), stage.states.join());
    });

    it('says what it waits for', async () => {
      const { supervisor } = open(policy(60_000));
      crash(await supervisor.start()).catch(() => undefined);
      await untilState(stage, 'restarting');
      const { error, ...detail } = supervisor.detail;
      assert.deepEqual(detail, { state: 'restarting', restartDelayMs: 60_000 });
      isError('runtime-exited', /exit code 70/)(error);
      assert.equal(supervisor.error, undefined, 'it has not failed');
    });

    it('gives up when it crashes too often', async () => {
      const { supervisor, pids } = open(policy(1, 2));
      supervisor.onDidChangeConnection((client) => {
        if (client !== undefined) {
          crash(client).catch(() => undefined);
        }
      });
      await supervisor.start();
      await untilState(stage, 'failed');
      isError('runtime-exited', /crashed too often/)(supervisor.error);
      assert.equal(pids.length, 3);
    });

    it('counts a restart that fails, and gives up when that is no use', async () => {
      const { supervisor } = open(policy(1, 2));
      const client = await supervisor.start();
      stage.target = () => runtime('exitsAtOnce');
      crash(client).catch(() => undefined);
      await untilState(stage, 'failed');
      isError('runtime-start-failed', /exit code 3/, /crashed too often/)(supervisor.error);
      assert.equal(stage.pids.length, 3);
    });

    it('does not try again what will not mend', async () => {
      const { supervisor } = open(policy(1));
      const client = await supervisor.start();
      stage.target = () => {
        throw new CloudSessionsError('runtime-not-found', 'Uninstalled.');
      };
      crash(client).catch(() => undefined);
      await untilState(stage, 'failed');
      isError('runtime-not-found', /^Uninstalled\.$/)(supervisor.error);
    });

    it('does not try again a first start that fails', async () => {
      open(policy(1)).target = () => runtime('exitsAtOnce');
      await assert.rejects(stage.supervisor.start(), isError('runtime-start-failed', /upside down\.?$/));
      assert.equal(stage.supervisor.state, 'failed');
    });

    it('cuts the pause short for those who ask, and ends it for good when stopped', async () => {
      const { supervisor, states } = open(policy(60_000));
      crash(await supervisor.start()).catch(() => undefined);
      await untilState(stage, 'restarting');
      const client = await supervisor.start();
      assert.equal(supervisor.connection, client);
      assert.deepEqual(states.slice(-2), ['restarting', 'running']);
      crash(client).catch(() => undefined);
      await untilState(stage, 'restarting');
      await supervisor.stop();
      assert.equal(supervisor.state, 'stopped');
    });
  });

  describe('restarts', () => {
    it('one that runs, with the settings as they are then', async () => {
      const { supervisor, states, connections, pids } = open();
      const first = await supervisor.start();
      stage.target = () => runtime('onlyPing');
      const second = await supervisor.restart();
      assert.deepEqual(states, ['starting', 'running', 'restarting', 'running']);
      assert.deepEqual(connections, [first, undefined, second]);
      assert.deepEqual(pids.map(isRunning), [false, true]);
      await assert.rejects(first.listSessions('all'), { code: 'connection-closed' });
      assert.match(stage.log.find((line) => line.startsWith('Started') && line.includes('onlyPing')) ?? '', /Started/);
    });

    it('once for all who ask before the settings are read', async () => {
      const { supervisor, pids } = open();
      await supervisor.start();
      const clients = await Promise.all([supervisor.restart(), supervisor.restart(), supervisor.start()]);
      assert.equal(new Set(clients).size, 1);
      assert.equal(pids.length, 2);
    });

    it('anew for one who asks later, and all get what that gives', async () => {
      const { supervisor } = open();
      let reads = 0;
      stage.target = () => runtime(reads++ === 0 ? 'neverAnswers' : 'crashes');
      const first = supervisor.start();
      await until(() => stage.pids.length === 1, 'the first is in its handshake');
      const second = supervisor.restart();
      const third = supervisor.restart();
      const clients = await Promise.all([first, second, third]);
      assert.equal(new Set(clients).size, 1);
      assert.equal(stage.pids.length, 2);
      assert.deepEqual(stage.states, ['starting', 'restarting', 'running']);
    });
  });

  describe('stops', () => {
    it('a start that is under way, whose callers are told', async () => {
      open().target = () => runtime('neverAnswers');
      const { supervisor, pids } = stage;
      const starting = supervisor.start();
      await until(() => pids.length === 1, 'it is in its handshake');
      const stopping = supervisor.stop();
      await assert.rejects(starting, isError('cancelled'));
      await stopping;
      assert.equal(supervisor.state, 'stopped');
      assert.ok(!isRunning(pids[0] ?? 0));
      assert.deepEqual(stage.states, ['starting', 'stopped']);
    });

    it('in its state at once: nothing can be asked of it while it ends', async () => {
      const { supervisor } = open();
      await supervisor.start();
      const stopping = supervisor.stop();
      assert.equal(supervisor.state, 'stopped');
      await stopping;
    });

    it('and tells of one that could not be ended only as long as it is there', async function () {
      if (process.platform === 'win32') {
        this.skip();
      }
      const { supervisor, pids, states } = open({
        limits: { shutdownMs: 10, stdinMs: 10, sigtermMs: 10, sigkillMs: 10 },
      });
      stage.target = () => runtime('stubborn');
      await supervisor.start();
      const kill = process.kill.bind(process);
      // Simulates an uninterruptible sleep: signals have no effect.
      process.kill = () => true;
      try {
        await supervisor.stop();
      } finally {
        process.kill = kill;
      }
      assert.equal(supervisor.error?.message, `The Copilot runtime (process ${pids[0]}) could not be ended.`);
      // End its child in another group too, by the printed id.
      const children = /^children (\d+) (\d+)$/.exec(stage.log.find((line) => line.startsWith('children')) ?? '');
      const pidsLeft = (children ?? []).slice(1).map(Number);
      assert.equal(pidsLeft.length, 2);
      process.kill(-(pids[0] ?? 0), 'SIGKILL');
      process.kill(pidsLeft[1] ?? 0, 'SIGKILL');
      await until(() => !pidsLeft.some(isRunning), 'its children are gone');
      await until(() => supervisor.state === 'stopped', 'it is withdrawn');
      assert.deepEqual(states, ['starting', 'running', 'stopped', 'failed: runtime-exited', 'stopped']);
    });

    it('one that still reads the settings', async () => {
      open().target = () => new Promise(() => undefined);
      const starting = stage.supervisor.start();
      await stage.supervisor.stop();
      await assert.rejects(starting, isError('cancelled'));
    });

    it('a restart that is under way, for good', async () => {
      const { supervisor, pids } = open();
      await supervisor.start();
      const restarting = supervisor.restart();
      await Promise.all([supervisor.stop(), assert.rejects(restarting, isError('cancelled'))]);
      assert.equal(supervisor.state, 'stopped');
      assert.equal(pids.length, 1);
    });

    it('before another start begins', async () => {
      const { supervisor, pids } = open();
      await supervisor.start();
      const stopping = supervisor.stop();
      const starting = supervisor.start();
      assert.equal(supervisor.state, 'starting');
      await Promise.all([stopping, starting]);
      assert.equal(supervisor.state, 'running', 'the later word counts');
      assert.deepEqual(pids.map(isRunning), [false, true]);
    });

    it('for all who ask, and what has stopped stays so', async () => {
      const { supervisor, states } = open();
      await supervisor.start();
      await Promise.all([supervisor.stop(), supervisor.stop()]);
      await supervisor.stop();
      assert.deepEqual(states, ['starting', 'running', 'stopped']);
    });

    it('starts nothing once it is disposed', async () => {
      const { supervisor, pids } = open();
      await supervisor.start();
      supervisor.dispose();
      await assert.rejects(supervisor.start(), isError('cancelled'));
      await assert.rejects(supervisor.restart(), isError('cancelled'));
      await until(() => !isRunning(pids[0] ?? 0), 'the process is gone');
    });
  });

  describe('over TCP', () => {
    let server: net.Server;
    let sockets: net.Socket[];
    let address: string;

    beforeEach(async () => {
      sockets = [];
      server = net
        .createServer((socket) => {
          sockets.push(socket);
          socket.on('error', () => undefined);
          socket.once('data', () => {
            const body = JSON.stringify({
              jsonrpc: '2.0',
              id: 0,
              result: { ok: true, protocolVersion: 3, version: '1' },
            });
            socket.write(`Content-Length: ${body.length}\r\n\r\n${body}`);
          });
        })
        .listen(0, '127.0.0.1');
      await once(server, 'listening');
      address = `127.0.0.1:${(server.address() as AddressInfo).port}`;
    });

    afterEach(() => {
      sockets.forEach((socket) => socket.destroy());
      server.close();
    });

    it('connects, and lets go without ending the server', async () => {
      open().target = () => ({ kind: 'server', address });
      await stage.supervisor.start();
      assert.deepEqual(stage.supervisor.detail, { state: 'running' });
      const said: Buffer[] = [];
      sockets[0]?.on('data', (chunk) => said.push(chunk));
      const closed = once(sockets[0]!, 'close');
      await stage.supervisor.stop();
      await closed;
      assert.doesNotMatch(Buffer.concat(said).toString(), /shutdown/);
      assert.ok(server.listening);
    });

    it('says that the server has closed the connection', async () => {
      open().target = () => ({ kind: 'server', address });
      await stage.supervisor.start();
      sockets[0]?.end();
      await untilState(stage, 'failed');
      isError('connection-closed', new RegExp(address))(stage.supervisor.error);
    });

    const quickly = (): ConstructorParameters<typeof Stage>[0] => ({
      restartPolicy: new RestartPolicy(),
      reconnectPolicy: new RestartPolicy({ ...RECONNECT_LIMITS, delaysMs: [0, 5] }),
    });
    const leave = async (): Promise<void> => {
      const closed = once(server, 'close');
      server.close();
      sockets.forEach((socket) => socket.destroy());
      await closed;
    };
    const comeBack = async (): Promise<void> => {
      server.listen(Number(address.split(':')[1]), '127.0.0.1');
      await once(server, 'listening');
    };

    it('tries a server that is away until it is back, and says so once, in other words than of a crash', async () => {
      const policy = quickly();
      open(policy).target = () => ({ kind: 'server', address });
      const { supervisor, states } = stage;
      const first = await supervisor.start();
      let tries = 0;
      stage.target = () => (tries++, { kind: 'server', address });
      await leave();
      await until(() => tries > 20, 'it is tried again and again');
      const { state, isAway, error } = supervisor.detail;
      assert.deepEqual([state, isAway], ['restarting', true]);
      isError('server-unreachable', new RegExp(address))(error);
      assert.doesNotMatch(`${error?.message} ${error?.nextStep}`, /crash|restart/i);
      await comeBack();
      await until(() => supervisor.connection !== undefined, 'it is connected again');
      assert.notEqual(supervisor.connection, first);
      assert.deepEqual(states, [
        'starting',
        'running',
        'restarting: connection-closed',
        'restarting: server-unreachable',
        'running',
      ]);
    });

    it('keeps trying from the first start on, whose callers are told', async () => {
      await leave();
      open(quickly()).target = () => ({ kind: 'server', address });
      const { supervisor } = stage;
      await assert.rejects(supervisor.start(), isError('server-unreachable'));
      assert.equal(supervisor.state, 'restarting');
      await assert.rejects(supervisor.start(), isError('server-unreachable'));
      assert.equal(supervisor.detail.isAway, true);
      await comeBack();
      await until(() => supervisor.state === 'running', 'it is connected');
    });

    it('takes a connection that is closed before an answer for one that is away', async () => {
      let tries = 0;
      server.removeAllListeners('connection');
      server.on('connection', (socket) => (tries++, socket.destroy()));
      open(quickly()).target = () => ({ kind: 'server', address });
      await assert.rejects(stage.supervisor.start(), isError('connection-closed', new RegExp(address)));
      await until(() => tries > 3, 'it is tried again');
      assert.deepEqual(new Set(stage.states), new Set(['starting', 'restarting: connection-closed']));
    });

    it('does not try a wrong token or protocol again, also after the server was away', async () => {
      const answers = [
        { error: { code: -32000, message: 'AUTHENTICATION_FAILED: the token is wrong' } },
        { result: { ok: true, protocolVersion: 2, version: '1' } },
      ];
      for (const answer of answers) {
        await leave();
        open(quickly()).target = () => ({ kind: 'server', address });
        await assert.rejects(stage.supervisor.start(), isError('server-unreachable'));
        server.removeAllListeners('connection');
        let tries = 0;
        server.on('connection', (socket: net.Socket) => {
          tries++;
          sockets.push(socket);
          socket.once('data', () => {
            const body = JSON.stringify({ jsonrpc: '2.0', id: 0, ...answer });
            // As the runtime does: it closes the connection when it refuses.
            socket.end(`Content-Length: ${body.length}\r\n\r\n${body}`);
          });
        });
        await comeBack();
        await untilState(stage, 'failed');
        isError('error' in answer ? 'handshake-failed' : 'protocol-version')(stage.supervisor.error);
        assert.equal(tries, 1);
        await stage.close();
      }
    });

    it('is no longer tried once it is stopped, or another is wanted', async () => {
      await leave();
      open(quickly()).target = () => ({ kind: 'server', address });
      const { supervisor } = stage;
      await assert.rejects(supervisor.start());
      await supervisor.stop();
      let tries = 0;
      stage.target = () => (tries++, { kind: 'server', address });
      await new Promise((resolve) => setTimeout(resolve, 30));
      assert.deepEqual([supervisor.state, tries], ['stopped', 0]);
      await assert.rejects(supervisor.start());
      stage.target = () => runtime('crashes');
      await supervisor.restart();
      assert.deepEqual([supervisor.state, supervisor.detail.isAway], ['running', undefined]);
    });

    it('says that it cannot be reached, or is no address', async () => {
      open().target = () => ({ kind: 'server', address });
      server.close();
      await once(server, 'close');
      await assert.rejects(stage.supervisor.start(), isError('server-unreachable', new RegExp(address)));
      stage.target = () => ({ kind: 'server', address: 'nonsense' });
      await assert.rejects(stage.supervisor.start(), isError('server-address'));
    });
  });
});

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { runtimeEnvironment } from '../../../src/runtime/platform/environment';
import { RuntimeProcess, serverArguments } from '../../../src/runtime/runtimeProcess';
import { RuntimeStartError, spawnError, startExitError } from '../../../src/runtime/runtimeErrors';
import { isRunning, scriptedRuntime, until } from '../../support/processes';
import type { RuntimeCommand } from '../../../src/runtime/runtimeCommand';

/** Time limits for stopping that a test can wait for. The long ones must not be reached. */
const QUICK = { shutdownMs: 5_000, answeredMs: 100, stdinMs: 100, sigtermMs: 100, sigkillMs: 5_000, restMs: 50 };
const PATIENT = {
  shutdownMs: 5_000,
  answeredMs: 5_000,
  stdinMs: 5_000,
  sigtermMs: 5_000,
  sigkillMs: 5_000,
  restMs: 50,
};

function scripted(name: string, env: Readonly<Record<string, string>> = {}): RuntimeCommand {
  return {
    command: process.execPath,
    args: [scriptedRuntime(name), ...serverArguments([])],
    env: { ...runtimeEnvironment(process.env), ...env },
  };
}

const HELLO = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'connect', params: {} });

/** Sends a message and waits for the answer. */
async function greet({ input, output }: RuntimeProcess): Promise<void> {
  input.write(`Content-Length: ${HELLO.length}\r\n\r\n${HELLO}`);
  await once(output, 'data');
  output.resume();
}

const never = (): Promise<void> => new Promise(() => undefined);

describe('serverArguments', () => {
  it('makes a server of it, with the token named and never given', () => {
    const plain = ['--headless', '--no-auto-update', '--log-level', 'info', '--stdio'];
    assert.deepEqual(serverArguments(['--x', 'y']), [...plain, '--x', 'y']);
    const withToken = serverArguments([], { tokenVariable: 'COPILOT_SDK_AUTH_TOKEN' });
    assert.deepEqual(withToken, [...plain, '--auth-token-env', 'COPILOT_SDK_AUTH_TOKEN', '--no-auto-login']);
  });
});

describe('RuntimeProcess', () => {
  let lines: string[];
  let started: RuntimeProcess[];
  let exitListeners: number;

  async function start(command: RuntimeCommand, limits = QUICK): Promise<RuntimeProcess> {
    const runtime = await RuntimeProcess.start(command, (line) => lines.push(line), limits);
    started.push(runtime);
    return runtime;
  }

  beforeEach(() => {
    lines = [];
    started = [];
    exitListeners = process.listenerCount('exit');
  });

  afterEach(async () => {
    await Promise.all(started.map((runtime) => runtime.stop()));
    assert.deepEqual(
      started.filter(({ pid }) => isRunning(pid)),
      [],
    );
    assert.equal(process.listenerCount('exit'), exitListeners, 'a listener was left behind');
  });

  it('tells how it ended, and its last words', async () => {
    const { exited } = await start(scripted('exitsAtOnce'));
    const lastLines = ['scripted: reading the configuration', 'scripted: the configuration is upside down'];
    assert.deepEqual(await exited, { code: 3, signal: null, lastLines });
    assert.deepEqual(lines, lastLines);
  });

  it('keeps the secrets of its environment out of all that it says', async () => {
    const script = 'process.stderr.write(`got ${process.env.MY_TOKEN}\\nand ghp_${"a1".repeat(18)}\\n`)';
    const env = { ...runtimeEnvironment(process.env), MY_TOKEN: 'planted-secret' };
    const { exited } = await start({ command: process.execPath, args: ['-e', script], env });
    assert.deepEqual((await exited).lastLines, ['got [redacted]', 'and [redacted]']);
    assert.deepEqual(lines, ['got [redacted]', 'and [redacted]']);
  });

  it('survives a flood on stderr, and still knows its last words', async () => {
    const runtime = await start(scripted('floodsStderr', { FLOOD_LINES: '100000' }), PATIENT);
    await greet(runtime);
    await until(() => lines.some((line) => line.includes('left out')), 'the flood is told of');
    runtime.input.end();
    const { lastLines } = await runtime.exited;
    assert.equal(lastLines.at(-1), 'scripted: the last word');
    assert.ok(lines.length < 10_000, `${lines.length} lines were passed on`);
    const omitted = lines.map((line) => Number(/… (\d+) more lines/.exec(line)?.[1] ?? 0));
    // Includes the long line and the last one.
    assert.equal(lines.length - omitted.filter(Boolean).length + omitted.reduce((a, b) => a + b), 100_002);
  });

  describe('stop', () => {
    it('asks it to end, and that is enough', async () => {
      const runtime = await start(scripted('crashes'), PATIENT);
      await greet(runtime);
      const shutdown = JSON.stringify({ jsonrpc: '2.0', id: 2, method: 'runtime.shutdown' });
      const { endedBy } = await runtime.stop(async () => {
        runtime.input.write(`Content-Length: ${shutdown.length}\r\n\r\n${shutdown}`);
        await once(runtime.output, 'data');
      });
      assert.equal(endedBy, 'shutdown');
      assert.equal((await runtime.exited).code, 0);
    });

    it('ends its stdin when it refuses, has answered and goes on, or never answers', async () => {
      const answers: readonly (() => Promise<void>)[] = [
        () => Promise.reject(new Error('Unhandled method runtime.shutdown')),
        () => {
          throw new Error('The connection is closed.');
        },
        () => Promise.resolve(),
        never,
      ];
      for (const answer of answers) {
        const runtime = await start(scripted('neverAnswers'), {
          ...PATIENT,
          answeredMs: 50,
          shutdownMs: answer === never ? 50 : 5_000,
        });
        assert.equal((await runtime.stop(answer)).endedBy, 'end of stdin');
      }
    });

    it('does not wait for a refusal longer than it takes', async () => {
      const runtime = await start(scripted('neverAnswers'), { ...PATIENT, shutdownMs: 60_000, answeredMs: 60_000 });
      await runtime.stop(() => Promise.reject(new Error('no')));
    });

    it('goes on to SIGTERM', async () => {
      const script = 'process.stdin.resume(); setInterval(() => {}, 1000)';
      const runtime = await start(
        { command: process.execPath, args: ['-e', script], env: runtimeEnvironment(process.env) },
        { ...PATIENT, stdinMs: 50 },
      );
      assert.equal((await runtime.stop()).endedBy, 'SIGTERM');
      assert.equal((await runtime.exited).signal, 'SIGTERM');
    });

    it('goes on to SIGKILL, of all that it has started', async () => {
      const runtime = await start(scripted('stubborn'), { ...QUICK, shutdownMs: 100 });
      await greet(runtime);
      await until(() => lines.length > 0, 'its children run');
      const children = (lines[0] ?? '').split(' ').slice(1).map(Number);
      assert.equal(children.filter(isRunning).length, 2);
      assert.equal((await runtime.stop(never)).endedBy, 'SIGKILL');
      await until(() => !children.some(isRunning), 'its children are gone');
      assert.deepEqual(lines.slice(1), ['scripted: end of stdin? no', 'scripted: SIGTERM? no']);
    });

    it('takes along what it leaves behind, though that holds its streams', async () => {
      const runtime = await start(scripted('leavesChild'), PATIENT);
      await until(() => lines.length > 0, 'its child runs');
      const child = Number(lines[0]?.split(' ')[1]);
      assert.ok(isRunning(child));
      assert.equal((await runtime.stop()).endedBy, 'end of stdin');
      await until(() => !isRunning(child), 'its child is gone');
    });

    it('takes along what it leaves behind in a session of its own', async () => {
      const runtime = await start(scripted('leavesChild', { DETACHED: '1' }), PATIENT);
      await until(() => lines.length > 0, 'its child runs');
      const child = Number(lines[0]?.split(' ')[1]);
      assert.ok(isRunning(child));
      const { endedBy, left } = await runtime.stop();
      assert.deepEqual([endedBy, left, isRunning(child)], ['end of stdin', [], false]);
    });

    it('signals nobody while only the rest of its output is waited for', async () => {
      const limits = { ...PATIENT, stdinMs: 2_000, restMs: 4_000 };
      const runtime = await start(scripted('leavesChild', { DETACHED: '1' }), limits);
      await until(() => lines.length > 0, 'its child runs');
      const child = Number(lines[0]?.split(' ')[1]);
      const real = process.kill.bind(process);
      const signals: (string | number | undefined)[] = [];
      process.kill = (pid, signal) => {
        if (pid === -runtime.pid) {
          signals.push(signal);
        }
        return real(pid, signal);
      };
      try {
        assert.equal((await runtime.stop()).endedBy, 'end of stdin');
        assert.deepEqual(signals, ['SIGKILL'], 'of what it had left in its group, at its exit');
      } finally {
        process.kill = real;
      }
      assert.ok(!isRunning(child));
    });

    it('is one ladder, however often it is called', async () => {
      const runtime = await start(scripted('neverAnswers'), PATIENT);
      let asked = 0;
      const shutdown = (): Promise<void> => {
        asked++;
        return Promise.reject(new Error('no'));
      };
      const reports = await Promise.all([runtime.stop(shutdown), runtime.stop(shutdown), runtime.stop()]);
      assert.equal(reports[0], reports[1]);
      assert.equal(reports[0], reports[2]);
      assert.equal(await runtime.stop(shutdown), reports[0]);
      assert.equal(asked, 1);
    });

    it('signals nobody once it has ended by itself: its number may be another’s', async () => {
      const runtime = await start(scripted('exitsAtOnce'));
      await runtime.exited;
      const real = process.kill.bind(process);
      const signalled: number[] = [];
      process.kill = (pid, signal) => {
        signalled.push(pid);
        return real(pid, signal);
      };
      try {
        assert.deepEqual((await runtime.stop(never)).endedBy, 'exited');
      } finally {
        process.kill = real;
      }
      assert.deepEqual(signalled, []);
    });

    it('takes along a child whose parent has crashed', async () => {
      const runtime = await start(scripted('leavesChild'));
      await until(() => lines.length > 0, 'its child runs');
      const child = Number(lines[0]?.split(' ')[1]);
      process.kill(runtime.pid, 'SIGKILL');
      assert.equal((await runtime.exited).signal, 'SIGKILL');
      await until(() => !isRunning(child), 'its child is gone');
    });
  });

  it('is killed with all that it has started when our own process ends before it has stopped it', async () => {
    const script = path.resolve(__dirname, '../../support/runtimeParent.ts');
    const parent = spawn(
      process.execPath,
      ['--require', 'tsx/cjs', script, 'exit', process.execPath, scriptedRuntime('stubborn')],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    );
    let said = '';
    parent.stdout.on('data', (chunk: Buffer) => (said += chunk.toString()));
    assert.deepEqual(await once(parent, 'close'), [0, null]);
    const pids = said.match(/\d+/g)?.map(Number) ?? [];
    assert.equal(pids.length, 3, said);
    await until(() => !pids.some(isRunning), 'the runtime and its children are gone');
  });

  describe('says why it cannot be started', () => {
    let folder: string;
    const at = (name: string): string => path.join(folder, name);

    before(() => {
      folder = mkdtempSync(path.join(tmpdir(), 'cloud-sessions-process-'));
      writeFileSync(at('text'), 'text', { mode: 0o644 });
      writeFileSync(at('orphan'), '#!/no/such/interpreter\n');
      chmodSync(at('orphan'), 0o755);
    });

    after(() => rmSync(folder, { recursive: true }));

    async function failure(command: Partial<RuntimeCommand>): Promise<RuntimeStartError> {
      try {
        await start({ command: process.execPath, args: [], env: {}, ...command });
      } catch (error) {
        assert.ok(error instanceof RuntimeStartError, String(error));
        assert.equal(error.code, 'runtime-start-failed');
        assert.ok(error.nextStep);
        return error;
      }
      return assert.fail('it was started');
    }

    it('a program that is not there', async () => {
      assert.match(
        (await failure({ command: at('missing') })).message,
        /missing” could not be started: it does not exist$/,
      );
    });

    it('one that may not be executed', async () => {
      assert.match((await failure({ command: at('text') })).message, /does not allow/);
      assert.match((await failure({ command: folder })).message, /does not allow/);
    });

    it('one whose interpreter is not there', async () => {
      assert.match((await failure({ command: at('orphan') })).message, /interpreter/);
    });

    it('a working folder that is not there', async () => {
      assert.match((await failure({ cwd: at('nowhere') })).message, /working folder .*nowhere does not exist/);
    });

    it('an argument or a variable that no program can be given', async () => {
      assert.match((await failure({ args: ['a\0b'] })).message, /not valid/);
      assert.match((await failure({ env: { A: 'a\0b' } })).message, /not valid/);
    });

    it('arguments that are too large', async () => {
      assert.match((await failure({ args: ['x'.repeat(4_000_000)] })).message, /too large/);
    });

    it('and what else the system says', () => {
      const command = { command: '/x', args: [], env: {} };
      const said = (code: string): string =>
        spawnError(command, Object.assign(new Error(`spawn ${code}`), { code })).message;
      assert.match(said('ENOEXEC'), /not a program for this machine/);
      assert.match(said('EMFILE'), /out of resources \(EMFILE\)/);
      assert.match(said('EIO'), /spawn EIO/);
    });
  });
});

describe('startExitError', () => {
  const exit = { code: 3, signal: null, lastLines: ['first', '\u001b[31mlast\u001b[0m'] };

  it('has the exit code, the last line made harmless, and the rest for the log', async () => {
    const error = await startExitError({ command: '/opt/copilot', args: [], env: {} }, exit);
    assert.match(error.message, /\(exit code 3\): /);
    assert.ok(error.message.includes('last') && !error.message.includes('\u001b'), error.message);
    assert.match(error.details ?? '', /first\n/);
    assert.equal(error.exit, exit);
  });

  it('says so when it has said nothing, and names a signal', async () => {
    const silent = { code: null, signal: 'SIGSEGV', lastLines: [] } as const;
    const error = await startExitError({ command: '/opt/copilot', args: [], env: {} }, silent);
    assert.match(error.message, /\(signal SIGSEGV\)\. It wrote nothing to stderr\./);
  });

  it('names a Node that is too old for a script, and only for a script', async () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'cloud-sessions-node-'));
    try {
      const node = path.join(folder, 'node');
      for (const [version, isOld] of [
        ['v20.18.1', true],
        ['v22.0.0', false],
        ['nonsense', false],
      ] as const) {
        writeFileSync(node, `#!/bin/sh\necho ${version}\n`, { mode: 0o755 });
        const error = await startExitError({ command: node, args: ['/opt/index.js'], env: {} }, exit);
        assert.equal(/run with Node\.js v20\.18\.1 .*Node\.js 22 or newer/.test(error.nextStep ?? ''), isOld, version);
      }
      writeFileSync(node, '#!/bin/sh\necho v20.18.1\n');
      const native = await startExitError({ command: node, args: ['--headless'], env: {} }, exit);
      assert.doesNotMatch(native.nextStep ?? '', /Node/);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

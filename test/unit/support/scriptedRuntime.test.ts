import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { StreamMessageWriter } from 'vscode-jsonrpc/node';
import { FrameReader } from '../../../src/core/frames/frameReader';
import { RuntimeClient } from '../../../src/core/client/runtimeClient';
import { runtimeEnvironment } from '../../../src/runtime/platform/environment';
import { RuntimeProcess } from '../../../src/runtime/runtimeProcess';
import { scriptedRuntime, until } from '../../support/processes';

describe('the runtime that follows a script', () => {
  let folder: string;
  let runtime: RuntimeProcess;
  let client: RuntimeClient;
  const lines: string[] = [];

  async function start(script: object): Promise<RuntimeClient> {
    folder = mkdtempSync(path.join(tmpdir(), 'cloud-sessions-scripted-'));
    writeFileSync(path.join(folder, 'script.json'), JSON.stringify(script));
    const extra = {
      SCRIPTED_RUNTIME: path.join(folder, 'script.json'),
      SCRIPTED_RUNTIME_LOG: path.join(folder, 'log.jsonl'),
    };
    const env = runtimeEnvironment(process.env, { extra });
    const command = { command: process.execPath, args: [scriptedRuntime('scripted')], env };
    runtime = await RuntimeProcess.start(command, (line) => lines.push(line));
    client = new RuntimeClient(new FrameReader(runtime.output), new StreamMessageWriter(runtime.input));
    await client.handshake();
    return client;
  }

  const log = (): Record<string, unknown>[] =>
    readFileSync(path.join(folder, 'log.jsonl'), 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
  const ask = (method: string): Promise<unknown> => client.request({ method, read: (answer) => answer }, {});

  afterEach(async () => {
    client.dispose();
    await runtime.stop();
    rmSync(folder, { recursive: true });
  });

  it('sends events and requests before the answer, and waits for what it asked', async () => {
    await start({
      onRequest: {
        'session.create': [
          { lifecycle: 'session.created', sessionId: 'cloud-$n' },
          { event: { data: { message: 'early $i' } }, sessionId: 'cloud-$n', times: 3 },
          { request: 'userInput.request', params: { sessionId: 'cloud-$n', question: 'Which?' } },
          { event: { id: 'last', data: { message: 'last' } }, sessionId: 'cloud-$n' },
          { result: { sessionId: 'cloud-$n' } },
          { answered: 1 },
          { event: { id: 'after', data: { message: 'after' } }, sessionId: 'cloud-$n' },
        ],
      },
    });
    const session = await client.createCloudSession({ cloud: {} });
    assert.equal(session.sessionId, 'cloud-1');
    await until(() => session.events.length === 5, 'all events are there');
    assert.deepEqual(
      session.events.map(({ id }) => id),
      ['event-1', 'event-2', 'event-3', 'last', 'after'],
    );
    // Nothing handles it, so the answer was a refusal.
    assert.ok(log().some(({ id, error }) => id === 'r1' && error !== undefined));
  });

  it('answers each call as its own list says, and the last list from then on', async () => {
    await start({
      onRequest: {
        'session.create': [[{ result: { sessionId: 'first' } }], [{ error: { code: -32603, message: 'no more' } }]],
        other: [{ result: '$n' }],
      },
    });
    assert.equal((await client.createCloudSession({ cloud: {} })).sessionId, 'first');
    for (let call = 2; call <= 3; call++) {
      await assert.rejects(client.createCloudSession({ cloud: {} }), /no more/);
    }
    assert.deepEqual([await ask('other'), await ask('other')], ['1', '2']);
    await assert.rejects(ask('unknown'), /Unhandled method unknown/);
  });

  it('writes what it is told to, and ends as it is told to', async () => {
    await start({
      onRequest: {
        end: [{ stderr: 'about to go\n' }, { raw: 'garbage\r\n\r\n' }, { sleep: 5 }, { exit: 9 }],
      },
    });
    ask('end').catch(() => undefined);
    const { code, lastLines } = await runtime.exited;
    assert.deepEqual([code, lastLines], [9, ['about to go']]);
  });
});

import assert from 'node:assert/strict';
import type { Message } from 'vscode-jsonrpc/node';
import { LogRenderer } from '../../src/core/rendering/log/logRenderer';
import { MemoryRuntime } from '../support/memoryRuntime';
import { agentStart, event } from '../support/sessionEvents';
import { seeded } from '../support/seeded';
import { SCALE, SEED } from './seed';

const MESSAGES = 10_000 * SCALE;
const SESSION = 'fuzzed';

/** Values of any type, to put in the place of valid ones. */
const NONSENSE: readonly unknown[] = [
  ...[null, true, false, 0, -1, 1.5, 1e308, '', 'x', '\u202e\u0000\u001b[2J', '__proto__', 'session.event'],
  ...[[], [[]], {}, { sessionId: SESSION }, { __proto__: null }, 'y'.repeat(10_000), '2026-02-30T25:61:61Z'],
];

/** Valid messages of a runtime, to be corrupted. */
const MODELS: readonly object[] = [
  { method: 'session.event', params: { sessionId: SESSION, event: agentStart('s') } },
  {
    method: 'session.event',
    params: { sessionId: SESSION, event: event('m', 'assistant.message', { messageId: 'm', content: 'Hi' }) },
  },
  {
    method: 'session.event',
    params: { sessionId: SESSION, event: event('d', 'assistant.message_delta', { messageId: 'm', deltaContent: 'H' }) },
  },
  {
    method: 'session.event',
    params: {
      sessionId: SESSION,
      event: event('t', 'tool.execution_start', { toolCallId: 't', toolName: 'bash', arguments: { command: 'ls' } }),
    },
  },
  {
    method: 'session.event',
    params: {
      sessionId: SESSION,
      event: event('c', 'tool.execution_complete', { toolCallId: 't', success: true, result: { content: 'x' } }),
    },
  },
  {
    method: 'session.event',
    params: {
      sessionId: SESSION,
      event: event('p', 'permission.requested', {
        requestId: 'p',
        permissionRequest: { kind: 'shell', fullCommandText: 'ls' },
      }),
    },
  },
  {
    method: 'session.event',
    params: {
      sessionId: SESSION,
      event: event('i', 'session.info', { infoType: 'remote', message: 'x', url: 'https://github.com/x' }),
    },
  },
  {
    method: 'session.event',
    params: { sessionId: SESSION, event: event('e', 'session.error', { errorType: 'x', message: 'x' }) },
  },
  {
    method: 'session.lifecycle',
    params: { sessionId: SESSION, type: 'session.updated', metadata: { startTime: 'x' } },
  },
  { id: 'r', method: 'userInput.request', params: { sessionId: SESSION, question: 'Which?', choices: ['a'] } },
  { method: '$/cancelRequest', params: { id: 'r' } },
  { id: 3, result: { events: [event('h', 'user.message', { content: 'x' })] } },
  { id: 4, error: { code: -32603, message: 'x' } },
];

describe('messages that are not what they should be', function () {
  this.timeout(30_000 + MESSAGES);

  it(`end in no unhandled error, ${MESSAGES} of them, and what follows is understood (seed ${SEED})`, async () => {
    const random = seeded(SEED);
    const pick = <T>(values: readonly T[]): T => values[Math.floor(random() * values.length)]!;
    const runtime = new MemoryRuntime();
    runtime.on('session.getMessages', ({ id }) => runtime.respond(id, { events: [] }));
    runtime.onCreate(({ id }) => runtime.respond(id, { sessionId: SESSION }));
    const session = await runtime.client.createCloudSession({ cloud: {} });
    const renderer = new LogRenderer();
    let log = '';
    session.onEvent((one) => {
      log += renderer.render(one);
    });
    const unhandled: unknown[] = [];
    const note = (reason: unknown): void => void unhandled.push(reason);
    process.on('uncaughtExceptionMonitor', note);
    try {
      for (let count = 0; count < MESSAGES; count++) {
        const message = mutate(structuredClone(pick(MODELS)), random, pick);
        if (random() < 0.1) {
          runtime.write(corrupt(frameOf(message), random));
        } else {
          runtime.send(message);
        }
        if (count % 100 === 0) {
          await runtime.settle();
          assert.ok(session.activity.status.length > 0);
        }
      }
      // Satisfies a corrupted length that the reader still waits for.
      runtime.write('\n'.repeat(70_000));
      await runtime.settle();
      runtime.event(SESSION, event('after all', 'assistant.message', { messageId: 'z', content: 'Still understood' }));
      await runtime.settle();
    } finally {
      process.off('uncaughtExceptionMonitor', note);
    }
    assert.deepEqual(unhandled, []);
    assert.ok(session.isAttached);
    assert.equal(session.events.at(-1)?.id, 'after all');
    assert.match(log, /Still understood/);
    runtime.client.dispose();
  });
});

/** Replaces, removes or adds members at one to three places. */
function mutate(message: object, random: () => number, pick: <T>(values: readonly T[]) => T): object {
  for (let times = Math.ceil(random() * 3); times > 0; times--) {
    const places = placesIn(message);
    if (places.length === 0) {
      break;
    }
    const [owner, key] = pick(places);
    if (random() < 0.2) {
      Reflect.deleteProperty(owner, key);
    } else {
      owner[random() < 0.9 ? key : 'surprise'] = structuredClone(pick(NONSENSE));
    }
  }
  return message;
}

type Place = readonly [owner: Record<string, unknown>, key: string];

function placesIn(value: object): readonly Place[] {
  const owner = value as Record<string, unknown>;
  return Object.keys(owner).flatMap((key) => {
    const member = owner[key];
    const inner = typeof member === 'object' && member !== null ? placesIn(member) : [];
    return [[owner, key] as const, ...inner];
  });
}

function frameOf(message: object): Buffer {
  const body = Buffer.from(JSON.stringify({ jsonrpc: '2.0', ...message } satisfies Message & object));
  return Buffer.concat([Buffer.from(`Content-Length: ${body.length}\r\n\r\n`), body]);
}

/** Cuts the frame off, changes a byte, inserts bytes, or changes the length. */
function corrupt(frame: Buffer, random: () => number): Buffer {
  const at = Math.floor(random() * frame.length);
  const kind = random();
  if (kind < 0.25) {
    return frame.subarray(0, at);
  }
  if (kind < 0.5) {
    const changed = Buffer.from(frame);
    changed[at] = Math.floor(random() * 256);
    return changed;
  }
  if (kind < 0.75) {
    return Buffer.concat([Buffer.from('Warning: something\r\n\r\n'), frame]);
  }
  return Buffer.from(frame.toString('latin1').replace(/\d+/, String(Math.floor(random() * 5_000))), 'latin1');
}

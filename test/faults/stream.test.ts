import assert from 'node:assert/strict';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { SessionEvent } from '@github/copilot-sdk';
import { CancellationTokenSource } from 'vscode-jsonrpc/node';
import { Rpc } from '../../src/core/rpc/methods';
import type { CloudSession } from '../../src/core/session/session';
import { PATIENCE_MS } from '../support/eventually';
import { createdSession, MemoryRuntime, turn } from '../support/memoryRuntime';
import { leavingNothing } from '../support/openHandles';
import { seeded } from '../support/seeded';
import { event, ids } from '../support/sessionEvents';
import { SCALE, SEED } from './seed';

const SESSION = 's1';
const MEGABYTE = 1024 * 1024;
/** The client's limit for one message; see `FrameReader`. */
const LARGEST_FRAME = 64 * MEGABYTE;
const EARLY_IDS = 1_000;
const EARLY_EVENTS = 100_000;
const REQUESTS = 300 * SCALE;

type Random = () => number;

describe('a stream that is not what it should be', function () {
  this.timeout(60_000 + SCALE * 10_000);

  it(`garbage between frames costs no frame (seed ${SEED})`, () =>
    onSession(async (runtime, session) => {
      const random = seeded(SEED);
      const sent: string[] = [];
      for (let count = 0; count < 150 * SCALE; count++) {
        const id = `e${count}`;
        sent.push(id);
        writeInPieces(runtime, Buffer.concat([garbage(random), frameOf(id)]), random);
        if (count % 20 === 0) {
          await runtime.settle();
        }
      }
      await runtime.settle();
      assert.deepEqual(missing(sent, session), []);
      assert.equal(session.events.length, sent.length);
    }));

  it('frames that are split at every byte are all understood', () =>
    onSession(async (runtime, session) => {
      const sent: string[] = [];
      const make = (label: string): Buffer => {
        const own = [`${label}a`, `${label}b`];
        sent.push(...own);
        return Buffer.concat(own.map((id) => frameOf(id)));
      };
      const { length } = make('length');
      sent.length = 0;
      for (let at = 0; at <= length; at++) {
        // The number always has three digits, so that all frames have the same length.
        const frames = make(`split${String(at).padStart(3, '0')}`);
        runtime.write(frames.subarray(0, at));
        await turn();
        runtime.write(frames.subarray(at));
        await turn();
      }
      for (const byte of make('single')) {
        runtime.write(Buffer.from([byte]));
      }
      await runtime.settle();
      assert.deepEqual(ids(session.events), sent);
      assert.deepEqual(runtime.warnings, []);
    }));

  it('a frame that is cut at any byte costs what its length covers, and nothing after that', () =>
    onSession(async (runtime, session) => {
      const whole = frameOf('cut-off');
      const body = whole.indexOf('{');
      for (let at = 1; at < whole.length; at++) {
        const followers = [`${at}-0`, `${at}-1`, `${at}-2`, `${at}-3`];
        const frames = followers.map((id) => frameOf(id));
        const covered = at < body ? 0 : whole.length - at;
        runtime.write(Buffer.concat([whole.subarray(0, at), ...frames]));
        await runtime.settle();
        assert.deepEqual(missing(beginningAt(covered, followers, frames), session), [], `cut at ${at}`);
      }
      assert.ok(session.isAttached);
    }));

  it('a stream that ends within a frame, wherever that is, ends what waits for an answer', async () => {
    const whole = frameOf('last');
    await leavingNothing(async () => {
      for (let at = 0; at < whole.length; at += SCALE > 1 ? 1 : 4) {
        const runtime = new MemoryRuntime();
        const session = await createdSession(runtime, SESSION);
        let closes = 0;
        runtime.client.onDidClose(() => closes++);
        const waiting = assert.rejects(runtime.client.listSessions('all'));
        runtime.write(whole.subarray(0, at));
        runtime.end();
        await waiting;
        assert.deepEqual([session.isAttached, closes], [false, 1], `ended at ${at}`);
        session.dispose();
        assert.equal(runtime.timers.pending, 0, `timers, ended at ${at}`);
      }
    });
  });

  it(`a wrong Content-Length costs what it covers, and nothing after that (seed ${SEED})`, () =>
    onSession(async (runtime, session) => {
      const random = seeded(SEED);
      const body = bodyOf('wrong length');
      for (let count = 0; count < 100 * SCALE; count++) {
        const followers = Array.from({ length: 8 }, (_, index) => `${count}-${index}`);
        const frames = followers.map((id) => frameOf(id));
        const length = Math.floor(random() * body.length * 4);
        const header = Buffer.from(`Content-Length: ${pickHeader(random, length)}\r\n\r\n`);
        runtime.write(Buffer.concat([header, body, ...frames]));
        await runtime.settle();
        const swallowed = header.includes(`: ${length}\r`) ? Math.max(0, length - body.length) : 0;
        assert.deepEqual(missing(beginningAt(swallowed, followers, frames), session), [], `length ${length}`);
      }
      assert.ok(session.isAttached);
    }));

  it('a frame of 64 MB is taken, one that is longer is left out without being held', () =>
    onSession(async (runtime, session) => {
      const content = 'x'.repeat(LARGEST_FRAME - bodyOf('large', '').length);
      const frame = frameOf('large', content);
      await writeSlowly(runtime, frame);
      runtime.write(frameOf('after the large one'));
      await until(() => session.events.length === 2, 'the large event and the next');
      assert.deepEqual(runtime.warnings, []);

      const before = process.memoryUsage();
      let most = 0;
      const chunk = Buffer.alloc(MEGABYTE, 'y');
      runtime.write(`Content-Length: ${LARGEST_FRAME * 2}\r\n\r\n`);
      for (let written = 0; written < LARGEST_FRAME * 2; written += MEGABYTE) {
        runtime.write(chunk);
        await turn();
        await turn();
        most = Math.max(most, process.memoryUsage().arrayBuffers - before.arrayBuffers);
      }
      runtime.write(frameOf('after the one that is too large'));
      await until(() => session.events.length === 3, 'the event behind the one that is too large');
      assert.deepEqual(ids(session.events), ['large', 'after the large one', 'after the one that is too large']);
      assert.match(runtime.warnings.join(), /over the limit/);
      assert.ok(most < 8 * MEGABYTE, `${most} bytes were held`);
    }));

  it(`${EARLY_EVENTS} events from ${EARLY_IDS} ids before the answer take little memory, and none of the session's is lost`, () =>
    leavingNothing(async () => {
      const runtime = new MemoryRuntime();
      const chosen = `early-${Math.floor(seeded(SEED)() * EARLY_IDS)}`;
      const all: SessionEvent[] = [];
      const creating = runtime.client.createCloudSession({ cloud: {} });
      const { id } = await runtime.received('session.create');
      const before = heapUsed();
      for (let index = 0; index < EARLY_EVENTS; index += EARLY_IDS) {
        runtime.inOneChunk(() => {
          for (let owner = 0; owner < EARLY_IDS; owner++) {
            const sessionId = `early-${owner}`;
            const one = event(`${sessionId}-${index}`, 'assistant.message', { messageId: 'm', content: `At ${index}` });
            if (sessionId === chosen) {
              all.push(one);
            }
            runtime.event(sessionId, one);
          }
        });
        await runtime.settle();
      }
      const held = heapUsed() - before;
      runtime.history.set(chosen, all);
      runtime.respond(id, { sessionId: chosen });
      const session = await creating;
      assert.deepEqual(ids(session.events), ids(all));
      session.dispose();
      runtime.client.dispose();
      assert.equal(runtime.timers.pending, 0);
      // At most one warning for each id, and one for each id that was never claimed.
      assert.ok(runtime.warnings.length <= EARLY_IDS * 2, `${runtime.warnings.length} warnings`);
      const left = heapUsed() - before;
      // At most 8 MB are held for each id. Of dropped events only the ids are held, to look for them in the history.
      assert.ok(held < 40 * MEGABYTE, `${held} bytes were held`);
      assert.ok(left < 5 * MEGABYTE, `${left} bytes are still held`);
      console.log(
        `      held ${megabytes(held)} of ${megabytes(EARLY_EVENTS * bodyOf('x').length)}, then ${megabytes(left)}`,
      );
    }));

  it(`requests that are never answered, cancelled, answered twice all end, ${REQUESTS} of them (seed ${SEED})`, () =>
    onSession(async (runtime, session) => {
      const random = seeded(SEED);
      runtime.on('session.getMessages', undefined);
      const outcomes: Promise<string>[] = [];
      let unanswered = 0;
      for (let count = 0; count < REQUESTS; count++) {
        const source = new CancellationTokenSource();
        const { method, ask } = calls(runtime, session, source)[Math.floor(random() * 4)]!;
        const earlier = runtime.requestsOf(method).length;
        outcomes.push(
          ask().then(
            () => 'answered',
            () => 'rejected',
          ),
        );
        const { id } = await runtime.received(method, earlier + 1);
        const fate = random();
        if (fate < 0.2) {
          unanswered++;
        } else if (fate < 0.4) {
          source.cancel();
          // As if the runtime had ignored the cancellation, or received it too late.
          runtime.respond(id, answerTo(method, count));
        } else if (fate < 0.6) {
          runtime.respond(id, answerTo(method, count));
          runtime.respond(id, answerTo(method, count));
          runtime.fail(id, -32603, 'Once more');
        } else if (fate < 0.8) {
          runtime.fail(id, -32603, 'No');
          runtime.respond(id, answerTo(method, count));
          source.cancel();
        } else {
          source.cancel();
          runtime.fail(id, -32800, 'Cancelled');
          runtime.respond('nobody asked', {});
        }
      }
      await runtime.settle();
      assert.ok(runtime.client.pendingCalls <= unanswered + outcomes.length);
      runtime.event(SESSION, event('still heard'));
      await until(() => session.events.at(-1)?.id === 'still heard', 'an event behind them');
      runtime.client.dispose();
      const all = await Promise.all(outcomes);
      assert.equal(all.length, REQUESTS);
      assert.ok(all.includes('answered') && all.includes('rejected'));
      assert.equal(runtime.client.pendingCalls, 0);
    }));

  it(`requests of the runtime's get one answer each, whether they are cancelled, repeated or for nobody (seed ${SEED})`, () =>
    onSession(
      async (runtime) => {
        const random = seeded(SEED);
        const asked: ReturnType<MemoryRuntime['request']>[] = [];
        for (let count = 0; count < REQUESTS; count++) {
          const sessionId = random() < 0.6 ? SESSION : `unknown-${Math.floor(random() * 5)}`;
          const request = runtime.request('userInput.request', { sessionId, question: 'Which?' });
          asked.push(request);
          const fate = random();
          if (fate < 0.4) {
            runtime.cancelRequest(request.id);
            runtime.cancelRequest(request.id);
          } else if (fate < 0.5) {
            runtime.cancelRequest('nobody asked');
          }
        }
        await runtime.settle();
        // Withdraw the unanswered requests.
        for (const request of asked) {
          runtime.cancelRequest(request.id);
        }
        await runtime.settle();
        assert.deepEqual(
          asked.map((request) => runtime.answersTo(request).length),
          asked.map(() => 1),
        );
      },
      // Accept the request and never answer.
      () => true,
    ));
});

/** Runs with an open session, then checks that nothing of it is left. */
async function onSession(
  run: (runtime: MemoryRuntime, session: CloudSession) => Promise<void>,
  handleRequest: () => boolean = () => false,
): Promise<void> {
  await leavingNothing(async () => {
    const runtime = new MemoryRuntime({ handleRequest });
    const session = await createdSession(runtime, SESSION);
    await run(runtime, session);
    session.dispose();
    runtime.client.dispose();
    await runtime.settle();
    assert.equal(runtime.timers.pending, 0, 'timers of the client');
  });
}

/** Unique per call: calls for the same task share the runtime's answer. */
let nextTask = 1;

interface Call {
  readonly method: string;
  readonly ask: () => Promise<unknown>;
}

function calls({ client }: MemoryRuntime, session: CloudSession, { token }: CancellationTokenSource): readonly Call[] {
  return [
    { method: 'sessions.list', ask: () => client.request(Rpc.listSessions, { source: 'all' }, token) },
    { method: 'session.create', ask: () => client.createCloudSession({ cloud: {} }, token) },
    { method: 'session.getMessages', ask: () => session.reconcile() },
    { method: 'sessions.connect', ask: () => client.connectSession(`task ${nextTask++}`) },
  ];
}

function answerTo(method: string, count: number): object {
  switch (method) {
    case 'sessions.list':
      return { sessions: [] };
    case 'session.getMessages':
      return { events: [] };
    default:
      return { sessionId: `other-${count}` };
  }
}

function bodyOf(id: string, content = 'Zürich 🚢'): Buffer {
  const params = { sessionId: SESSION, event: event(id, 'assistant.message', { messageId: id, content }) };
  return Buffer.from(JSON.stringify({ jsonrpc: '2.0', method: 'session.event', params }));
}

function frameOf(id: string, content?: string): Buffer {
  const body = bodyOf(id, content);
  return Buffer.concat([Buffer.from(`Content-Length: ${body.length}\r\n\r\n`), body]);
}

/** Bytes between frames, without anything that is a header by itself. */
function garbage(random: Random): Buffer {
  const bytes = (length: number): Buffer => Buffer.from(Array.from({ length }, () => Math.floor(random() * 256)));
  const kinds: readonly (() => Buffer)[] = [
    () => bytes(Math.ceil(random() * 300)),
    () => Buffer.from('Warning: the cache is not writable\n'),
    () => Buffer.from('Warning: something\r\n\r\n'),
    () => Buffer.from('Content-Length: many\r\n\r\n'),
    () => Buffer.from('{"jsonrpc":"2.0","method":"session.event"}\r\n'),
    () => Buffer.from('\r\n\r\n\r\n'),
    () => Buffer.from('Content-Le'),
    // Longer than the limit for a header, from just below to just above it.
    () => Buffer.alloc(8 * 1024 - 40 + Math.floor(random() * 80), '.'),
    () => Buffer.alloc(20_000, 'at Object.<anonymous> (file.js:1:2)\n'),
  ];
  return kinds[Math.floor(random() * kinds.length)]!();
}

function writeInPieces(runtime: MemoryRuntime, bytes: Buffer, random: Random): void {
  for (let at = 0; at < bytes.length;) {
    const end = at + Math.ceil(random() * (random() < 0.5 ? 40 : bytes.length));
    runtime.write(bytes.subarray(at, end));
    at = end;
  }
}

/** A valid header, or an invalid one. */
function pickHeader(random: Random, length: number): string {
  const others = ['-1', '', 'NaN', '1e3', '9'.repeat(15), '9'.repeat(30), '0x10'];
  return random() < 0.7 ? String(length) : others[Math.floor(random() * others.length)]!;
}

/** Names of the frames that begin at that byte or later. */
function beginningAt(byte: number, names: readonly string[], frames: readonly Buffer[]): readonly string[] {
  let start = 0;
  return names.filter((_, index) => {
    const isAfter = start >= byte;
    start += frames[index]!.length;
    return isAfter;
  });
}

function missing(expected: readonly string[], session: CloudSession): readonly string[] {
  const found = new Set(ids(session.events));
  return expected.filter((id) => !found.has(id));
}

async function writeSlowly(runtime: MemoryRuntime, bytes: Buffer): Promise<void> {
  for (let at = 0; at < bytes.length; at += MEGABYTE) {
    runtime.write(bytes.subarray(at, at + MEGABYTE));
    await turn();
  }
}

async function until(condition: () => boolean, what: string): Promise<void> {
  const end = performance.now() + PATIENCE_MS;
  while (!condition()) {
    assert.ok(performance.now() < end, `It never came: ${what}`);
    await turn();
  }
}

function heapUsed(): number {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
  const { heapUsed: heap, arrayBuffers } = process.memoryUsage();
  return heap + arrayBuffers;
}

function megabytes(bytes: number): string {
  return `${(bytes / MEGABYTE).toFixed(1)} MB`;
}

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import * as path from 'node:path';
import { CopilotClient, RuntimeConnection } from '@github/copilot-sdk';
import { StreamMessageWriter } from 'vscode-jsonrpc/node';
import { FrameReader } from '../../src/core/frames/frameReader';
import { RuntimeClient } from '../../src/core/client/runtimeClient';

const RUNTIME = path.join(__dirname, 'eventRuntime.cjs');

/** Numbers of events before and after the answer to `session.create`. */
export interface Stream {
  readonly early: number;
  readonly live: number;
}

export interface Outcome {
  /** Events that reached the listener. */
  readonly received: number;
  /** Milliseconds from the first bytes of the stream to the last event. */
  readonly elapsed: number;
}

const QUIET_MS = 1_000;

function environment({ early, live }: Stream): NodeJS.ProcessEnv {
  return { ...process.env, BENCH_EARLY: String(early), BENCH_LIVE: String(live) };
}

function startRuntime(stream: Stream) {
  return spawn(process.execPath, [RUNTIME], { env: environment(stream), stdio: ['pipe', 'pipe', 'inherit'] });
}

/** Counts events until all have arrived, or none has for a while. */
class Counter {
  private received = 0;
  private started = 0;
  private last = 0;
  private finish!: () => void;
  private readonly done = new Promise<void>((resolve) => {
    this.finish = resolve;
  });

  constructor(private readonly expected: number) {}

  start(): void {
    this.started = performance.now();
    this.last = this.started;
  }

  readonly count = (): void => {
    this.received++;
    this.last = performance.now();
    if (this.received === this.expected) {
      this.finish();
    }
  };

  async outcome(): Promise<Outcome> {
    const quiet = setInterval(() => {
      if (performance.now() - this.last > QUIET_MS) {
        this.finish();
      }
    }, QUIET_MS / 4);
    await this.done;
    clearInterval(quiet);
    return { received: this.received, elapsed: this.last - this.started };
  }
}

/** Our client, with the limit of the routing buffer raised to the length of the stream. */
export async function ourClient(stream: Stream): Promise<Outcome> {
  const runtime = startRuntime(stream);
  const counter = new Counter(stream.early + stream.live);
  const client = new RuntimeClient(new FrameReader(runtime.stdout), new StreamMessageWriter(runtime.stdin), {
    limits: { eventsPerSession: Math.max(stream.early, 128), totalBytes: Number.MAX_SAFE_INTEGER },
  });
  await client.handshake();
  counter.start();
  const session = await client.createCloudSession({ cloud: {} });
  session.onEvent(counter.count);
  const outcome = await counter.outcome();
  client.dispose();
  runtime.kill();
  return outcome;
}

/** The published SDK's client on the same stream. */
export async function sdkClient(stream: Stream): Promise<Outcome> {
  const counter = new Counter(stream.early + stream.live);
  const client = new CopilotClient({
    connection: RuntimeConnection.forStdio({ path: RUNTIME }),
    env: environment(stream),
  });
  await client.start();
  counter.start();
  await client.createSession({ cloud: {}, onEvent: counter.count });
  const outcome = await counter.outcome();
  await client.forceStop();
  return outcome;
}

/** The minimum of a reader: finds the frames and parses them. */
export async function bareLoop(stream: Stream): Promise<Outcome> {
  const runtime = startRuntime(stream);
  const counter = new Counter(stream.early + stream.live);
  const send = (message: object): void => {
    const request = JSON.stringify({ jsonrpc: '2.0', ...message });
    runtime.stdin.write(`Content-Length: ${Buffer.byteLength(request)}\r\n\r\n${request}`);
  };
  let buffer: Buffer = Buffer.alloc(0);
  runtime.stdout.on('data', (chunk: Buffer) => {
    buffer = buffer.length > 0 ? Buffer.concat([buffer, chunk]) : chunk;
    let offset = 0;
    for (;;) {
      const end = buffer.indexOf('\r\n\r\n', offset);
      if (end < 0) {
        break;
      }
      const length = Number(buffer.toString('latin1', offset + 'Content-Length: '.length, end));
      if (buffer.length < end + 4 + length) {
        break;
      }
      const message = JSON.parse(buffer.toString('utf8', end + 4, end + 4 + length)) as {
        id?: number;
        method?: string;
      };
      if (message.method === 'session.event') {
        counter.count();
      } else if (message.id === 1) {
        // The process has started and built its stream; from here on only reading is measured.
        counter.start();
        send({ id: 2, method: 'session.create', params: { cloud: {} } });
      }
      offset = end + 4 + length;
    }
    buffer = buffer.subarray(offset);
  });
  send({ id: 1, method: 'connect', params: {} });
  await once(runtime.stdout, 'data');
  const outcome = await counter.outcome();
  runtime.kill();
  return outcome;
}

#!/usr/bin/env node
/**
 * A scripted runtime for the benchmark: on `session.create` it sends BENCH_EARLY events, then the answer, then
 * BENCH_LIVE events, as fast as the pipe takes them. It builds them beforehand, so that only the reader is measured.
 */
const SESSION_ID = '6f1c1f0e-0000-4000-8000-000000000001';
const early = Number(process.env.BENCH_EARLY ?? 0);
const live = Number(process.env.BENCH_LIVE ?? 0);

const frame = (message) => {
  const body = Buffer.from(JSON.stringify({ jsonrpc: '2.0', ...message }));
  return Buffer.concat([Buffer.from(`Content-Length: ${body.length}\r\n\r\n`), body]);
};
const event = (index) =>
  frame({
    method: 'session.event',
    params: {
      sessionId: SESSION_ID,
      event: {
        id: `event-${index}`,
        timestamp: new Date(1_700_000_000_000 + index).toISOString(),
        parentId: index === 0 ? null : `event-${index - 1}`,
        ephemeral: true,
        type: 'assistant.message_delta',
        data: {
          messageId: `message-${Math.floor(index / 100)}`,
          deltaContent: `Some words of the answer that the agent is writing, number ${index}. `,
        },
      },
    },
  });
const range = (from, count) => Buffer.concat(Array.from({ length: count }, (_, index) => event(from + index)));
const before = range(0, early);
const after = range(early, live);

const answers = {
  connect: () => ({ ok: true, protocolVersion: 3, version: 'bench' }),
  ping: () => ({ message: '', timestamp: Date.now(), protocolVersion: 3 }),
  'session.getMessages': () => ({ events: [] }),
  'session.create': () => ({ sessionId: SESSION_ID, capabilities: {} }),
};

function receive({ id, method }) {
  if (id === undefined) {
    return;
  }
  const answer = answers[method];
  const response = frame(
    answer === undefined
      ? { id, error: { code: -32601, message: `Unhandled method ${method}` } }
      : { id, result: answer() },
  );
  process.stdout.write(method === 'session.create' ? Buffer.concat([before, response, after]) : response);
  if (method === 'runtime.shutdown') {
    process.stdin.pause();
  }
}

let buffer = Buffer.alloc(0);
process.stdin.on('data', (chunk) => {
  buffer = Buffer.concat([buffer, chunk]);
  for (;;) {
    const end = buffer.indexOf('\r\n\r\n');
    const length = end < 0 ? NaN : Number(/content-length: *(\d+)/i.exec(buffer.toString('latin1', 0, end))?.[1]);
    if (Number.isNaN(length) || buffer.length < end + 4 + length) {
      return;
    }
    const message = JSON.parse(buffer.toString('utf8', end + 4, end + 4 + length));
    buffer = buffer.subarray(end + 4 + length);
    receive(message);
  }
});
process.stdin.on('end', () => process.exit(0));

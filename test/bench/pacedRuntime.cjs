#!/usr/bin/env node
/**
 * A scripted runtime for the benchmark: it opens the requested sessions, then waits for `bench.begin`. With BENCH_RATE
 * it then sends that many events a second, over all sessions in turn, each with its time of sending, until BENCH_EVENTS
 * are sent; without, all of them at once.
 */
const rate = Number(process.env.BENCH_RATE ?? 0);
const total = Number(process.env.BENCH_EVENTS ?? 0);
const ids = [];

const frame = (message) => {
  const body = JSON.stringify({ jsonrpc: '2.0', ...message });
  return `Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
};
const now = () => performance.timeOrigin + performance.now();
const event = (index) =>
  frame({
    method: 'session.event',
    params: {
      sessionId: ids[index % ids.length],
      event: {
        id: `event-${index}`,
        timestamp: new Date().toISOString(),
        parentId: null,
        type: 'session.info',
        data: { infoType: 'notification', message: `Line ${index} sent at <${now().toFixed(3)}> by the agent.` },
      },
    },
  });

function begin() {
  if (rate === 0) {
    for (let index = 0; index < total; index += 100) {
      process.stdout.write(Array.from({ length: Math.min(100, total - index) }, (_, at) => event(index + at)).join(''));
    }
    return;
  }
  const started = performance.now();
  let sent = 0;
  const timer = setInterval(() => {
    const due = Math.min(total, Math.floor(((performance.now() - started) / 1000) * rate));
    while (sent < due) {
      process.stdout.write(event(sent++));
    }
    if (sent === total) {
      clearInterval(timer);
    }
  }, 1);
}

const answers = {
  connect: () => ({ ok: true, protocolVersion: 3, version: 'bench' }),
  'session.getMessages': () => ({ events: [] }),
  'sessions.list': () => ({ sessions: [] }),
  'session.create': () => {
    ids.push(`00000000-0000-4000-8000-${String(ids.length).padStart(12, '0')}`);
    return { sessionId: ids.at(-1), capabilities: {} };
  },
};

let buffer = Buffer.alloc(0);
process.stdin.on('data', (chunk) => {
  buffer = Buffer.concat([buffer, chunk]);
  for (;;) {
    const end = buffer.indexOf('\r\n\r\n');
    const length = end < 0 ? NaN : Number(/content-length: *(\d+)/i.exec(buffer.toString('latin1', 0, end))?.[1]);
    if (Number.isNaN(length) || buffer.length < end + 4 + length) {
      return;
    }
    const { id, method } = JSON.parse(buffer.toString('utf8', end + 4, end + 4 + length));
    buffer = buffer.subarray(end + 4 + length);
    if (method === 'bench.begin') {
      process.stdout.write(frame({ id, result: null }));
      begin();
    } else if (id !== undefined) {
      const answer = answers[method];
      process.stdout.write(
        frame(
          answer === undefined
            ? { id, error: { code: -32601, message: `Unhandled method ${method}` } }
            : { id, result: answer() },
        ),
      );
    }
  }
});
process.stdin.on('end', () => process.exit(0));

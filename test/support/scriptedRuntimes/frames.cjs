'use strict';
// Shared by the scripted runtimes: JSON-RPC messages over the standard streams, framed with Content-Length.

/** Writes one message to stdout. */
function send(message) {
  const body = JSON.stringify({ jsonrpc: '2.0', ...message });
  process.stdout.write(`Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`);
}

/** Calls back with each message from stdin. `onEnd` is called when stdin ends; by default the process exits. */
function listen(onMessage, onEnd = () => process.exit(0)) {
  let rest = Buffer.alloc(0);
  process.stdin.on('data', (chunk) => {
    rest = Buffer.concat([rest, chunk]);
    for (;;) {
      const headerEnd = rest.indexOf('\r\n\r\n');
      const length = Number(/Content-Length: (\d+)/i.exec(rest.toString('latin1', 0, Math.max(0, headerEnd)))?.[1]);
      if (headerEnd < 0 || rest.length < headerEnd + 4 + length) {
        return;
      }
      const body = rest.subarray(headerEnd + 4, headerEnd + 4 + length);
      rest = rest.subarray(headerEnd + 4 + length);
      onMessage(JSON.parse(body.toString()));
    }
  });
  process.stdin.on('end', onEnd);
}

/** The answers of a well-behaved runtime; `undefined` for an unknown method. */
function wellBehaved({ method }) {
  switch (method) {
    case 'connect':
      return { ok: true, protocolVersion: 3, version: '0.0.0-scripted' };
    case 'ping':
      return { message: 'pong', protocolVersion: 3 };
    case 'auth.getStatus':
      return { isAuthenticated: true, authType: 'user', host: 'https://github.com', login: 'octocat' };
    case 'sessions.list':
      return { sessions: [] };
    case 'session.getMessages':
      return { events: [] };
    case 'session.destroy':
      return { success: true };
    case 'runtime.shutdown':
      return {};
    default:
      return undefined;
  }
}

/** Answers a request, by default as `wellBehaved` does, and ends after `runtime.shutdown`. */
function answer(request, result = wellBehaved(request)) {
  if (request.id === undefined) {
    return;
  }
  if (result === undefined) {
    send({ id: request.id, error: { code: -32601, message: `Unhandled method ${request.method}` } });
  } else {
    send({ id: request.id, result });
  }
  if (request.method === 'runtime.shutdown') {
    process.exit(0);
  }
}

module.exports = { answer, listen, send, wellBehaved };

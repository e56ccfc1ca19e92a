import { Message, StreamMessageReader } from 'vscode-jsonrpc/node';
import { historyOfSession } from './longHistory';

/**
 * A scripted runtime with long sessions, in its own process. Arguments: the number of events of each session, and the
 * ids of the sessions. It builds the histories before it answers the handshake.
 */
const [events, ...ids] = process.argv.slice(2);
const histories = new Map<unknown, Buffer>(
  // The ids differ from the stored ones, as after every connect.
  ids.map((id) => [id, Buffer.from(JSON.stringify(historyOfSession(id, 'b', Number(events))))]),
);

function answer(method: string, params: Readonly<Record<string, unknown>>): object {
  switch (method) {
    case 'connect':
      return { ok: true, protocolVersion: 3, version: 'bench' };
    case 'sessions.list':
      return { sessions: [] };
    case 'sessions.connect': {
      const taskId = String(params['sessionId']);
      return { sessionId: taskId.slice('task-'.length), metadata: { resourceId: taskId } };
    }
    default:
      return {};
  }
}

function write(...body: readonly (string | Buffer)[]): void {
  const bytes = Buffer.concat(body.map((part) => Buffer.from(part)));
  process.stdout.write(`Content-Length: ${bytes.length}\r\n\r\n`);
  process.stdout.write(bytes);
}

new StreamMessageReader(process.stdin).listen((message) => {
  if (!Message.isRequest(message)) {
    return;
  }
  const { id, method } = message;
  const params = message.params as Readonly<Record<string, unknown>>;
  const head = `{"jsonrpc":"2.0","id":${JSON.stringify(id)},"result":`;
  const history = method === 'session.getMessages' ? histories.get(params['sessionId']) : undefined;
  if (history === undefined) {
    write(head, JSON.stringify(answer(method, params)), '}');
  } else {
    write(head, '{"events":', history, '}}');
  }
});
process.stdin.on('end', () => process.exit(0));

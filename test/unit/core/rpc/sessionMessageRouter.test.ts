import assert from 'node:assert/strict';
import {
  AbstractMessageReader,
  AbstractMessageWriter,
  createMessageConnection,
  NullLogger,
  type DataCallback,
  type Disposable,
  type Message,
} from 'vscode-jsonrpc/node';
import { SessionMessageRouter, type SessionMessageSink } from '../../../../src/core/rpc/sessionMessageRouter';
import { turn } from '../../../support/memoryRuntime';
import { InboundRequest } from '../../../../src/core/rpc/inboundRequest';

class Reader extends AbstractMessageReader {
  private callback: DataCallback | undefined;

  override listen(callback: DataCallback): Disposable {
    this.callback = callback;
    return { dispose: () => (this.callback = undefined) };
  }

  emit(message: object): void {
    this.callback?.({ jsonrpc: '2.0', ...message });
  }

  close(): void {
    this.fireClose();
  }
}

class Writer extends AbstractMessageWriter {
  readonly written: Readonly<Record<string, unknown>>[] = [];

  write(message: Message): Promise<void> {
    this.written.push({ ...message });
    return Promise.resolve();
  }

  end(): void {}
}

/** A router under a real connection, and everything it delivers, in order. */
function tapped(onItem: (item: string, request?: InboundRequest) => void = () => undefined) {
  const reader = new Reader();
  const writer = new Writer();
  const seen: string[] = [];
  const requests: InboundRequest[] = [];
  const errors: string[] = [];
  const note = (item: string, request?: InboundRequest): void => {
    seen.push(item);
    onItem(item, request);
  };
  const sink: SessionMessageSink = {
    notification: (sessionId, method) => note(`${sessionId} ${method}`),
    request: (sessionId, request) => {
      requests.push(request);
      note(`${sessionId} ${request.method}?`, request);
    },
    malformed: (description) => note(`malformed ${description}`),
  };
  const tap = new SessionMessageRouter(reader, writer, sink);
  const connection = createMessageConnection(tap, writer, NullLogger, { messageStrategy: tap.messageStrategy });
  connection.onError(([error]) => errors.push(error.message));
  connection.onClose(() => seen.push('closed'));
  connection.listen();
  const turns = async (): Promise<void> => {
    for (let i = 0; i < 12; i++) {
      await turn();
    }
  };
  return { reader, writer, seen, requests, errors, tap, connection, turns };
}

const event = (sessionId: unknown, n = 0) => ({ method: 'session.event', params: { sessionId, n } });

describe('InboundRequest', () => {
  function answered(act: (request: InboundRequest) => void): unknown[] {
    const answers: unknown[] = [];
    act(new InboundRequest('r1', 'm', {}, (request, response) => answers.push({ id: request.id, ...response })));
    return answers;
  }

  it('is answered once, whatever comes later', () => {
    const answers = answered((request) => {
      assert.equal(request.isAnswered, false);
      request.respond({ yes: true });
      assert.equal(request.isAnswered, true);
      request.respond('no');
      request.reject(-1, 'no');
      request.cancel();
    });
    assert.deepEqual(answers, [{ id: 'r1', result: { yes: true } }]);
  });

  it('answers null for no result, and errors with code and text as they are', () => {
    assert.deepEqual(
      answered((request) => request.respond(undefined)),
      [{ id: 'r1', result: null }],
    );
    assert.deepEqual(
      answered((request) => request.reject(-32603, 'pending session buffer overflow')),
      [{ id: 'r1', error: { code: -32603, message: 'pending session buffer overflow' } }],
    );
  });

  it('tells its handler of a cancellation, and answers -32800 if that does not', () => {
    assert.deepEqual(
      answered((request) => request.cancel()),
      [{ id: 'r1', error: { code: -32800, message: 'Request cancelled' } }],
    );
    const answers = answered((request) => {
      request.token.onCancellationRequested(() => request.respond('rest'));
      request.cancel();
    });
    assert.deepEqual(answers, [{ id: 'r1', result: 'rest' }]);
  });

  it('tells once how it came to its end, after the answer is sent, also whoever asks late', () => {
    for (const [how, end] of [
      ['answered', (request: InboundRequest) => request.respond(1)],
      ['rejected', (request: InboundRequest) => request.reject(-32603, 'no')],
      ['cancelled', (request: InboundRequest) => request.cancel()],
      ['abandoned', (request: InboundRequest) => request.abandon()],
    ] as const) {
      const told: unknown[] = [];
      const sent: unknown[] = [];
      const request = new InboundRequest('r1', 'm', {}, (_, response) => sent.push(response));
      request.onDidSettle((settlement) => told.push([settlement, sent.length]));
      end(request);
      for (const again of ['respond', 'reject', 'cancel', 'abandon'] as const) {
        request[again](-1, 'again');
      }
      request.onDidSettle((settlement) => told.push(settlement));
      assert.deepEqual(told, [[how, how === 'abandoned' ? 0 : 1], how]);
      assert.equal(sent.length, how === 'abandoned' ? 0 : 1);
    }
  });

  it('answers nothing once it is abandoned, and tells its handler', () => {
    let told = false;
    const answers = answered((request) => {
      request.token.onCancellationRequested(() => (told = true));
      request.abandon();
      request.respond('too late');
    });
    assert.deepEqual([answers, told], [[], true]);
  });
});

describe('SessionMessageRouter', () => {
  it('hands over what names a session at once and in order, whatever the methods', () => {
    const { reader, seen } = tapped();
    reader.emit(event('a'));
    reader.emit({ id: 7, method: 'userInput.request', params: { sessionId: 'a' } });
    reader.emit({ method: 'session.lifecycle', params: { sessionId: 'b', type: 'session.created' } });
    reader.emit({ method: 'something.new', params: { sessionId: 'a' } });
    reader.emit({ id: 'x', method: 'another.new', params: { sessionId: '' } });
    assert.deepEqual(seen, [
      'a session.event',
      'a userInput.request?',
      'b session.lifecycle',
      'a something.new',
      ' another.new?',
    ]);
  });

  it('writes answers with the id that the request had', () => {
    const { reader, writer, requests } = tapped();
    reader.emit({ id: 7, method: 'm', params: { sessionId: 'a' } });
    reader.emit({ id: '7', method: 'm', params: { sessionId: 'a' } });
    requests[1]!.respond('text');
    requests[0]!.reject(-5, 'number');
    assert.deepEqual(writer.written, [
      { jsonrpc: '2.0', id: '7', result: 'text' },
      { jsonrpc: '2.0', id: 7, error: { code: -5, message: 'number' } },
    ]);
  });

  it('leaves requests that name no session to the connection, which refuses them', async () => {
    const { reader, writer, seen, turns } = tapped();
    for (const [id, params] of [{}, { sessionId: 5 }, { sessionId: null }, ['a'], null, undefined].entries()) {
      reader.emit({ id, method: 'm', params });
    }
    await turns();
    assert.deepEqual(seen, []);
    assert.deepEqual(
      writer.written.map(({ id, error }) => [id, (error as { code: number }).code]),
      [0, 1, 2, 3, 4, 5].map((id) => [id, -32601]),
    );
  });

  it('tells of malformed notifications, ignores others, and goes on', async () => {
    const { reader, seen, errors, turns } = tapped();
    reader.emit({ method: 'session.event' });
    reader.emit({ method: 'session.event', params: null });
    reader.emit({ method: 'session.event', params: ['a'] });
    reader.emit({ method: 'session.lifecycle', params: { sessionId: 5 } });
    reader.emit({ method: '$/cancelRequest' });
    reader.emit({ method: '$/cancelRequest', params: { id: null } });
    reader.emit({ method: 'gitHubTelemetry.event', params: {} });
    reader.emit({ method: 'host.event' });
    reader.emit({ neither: 'nor' });
    reader.emit({ id: null, method: 'm', params: { sessionId: 'a' } });
    reader.emit({ id: 99, result: 'of nothing that was asked' });
    reader.emit({ id: null, error: { code: 1, message: 'm' } });
    reader.emit(event('a'));
    await turns();
    assert.deepEqual(seen, [
      'malformed notification session.event without a sessionId',
      'malformed notification session.event without a sessionId',
      'malformed notification session.event without a sessionId',
      'malformed notification session.lifecycle without a sessionId',
      'malformed $/cancelRequest without an id',
      'malformed $/cancelRequest without an id',
      'a session.event',
    ]);
    assert.deepEqual(errors, []);
  });

  it('keeps the order of the wire across responses: what a call continues with comes before what follows', async () => {
    const { reader, seen, connection, turns } = tapped();
    const call = async (name: string): Promise<void> => {
      await connection.sendRequest(name, {});
      await Promise.resolve();
      seen.push(name);
    };
    const calls = [call('first'), call('second'), call('third')];
    reader.emit(event('a'));
    reader.emit({ id: 0, result: {} });
    reader.emit(event('b'));
    reader.emit({ id: 1, result: {} });
    // None of these may release what waits for another response.
    reader.emit({ method: 'telemetry.event', params: {} });
    reader.emit({ method: '$/cancelRequest', params: { id: 'unknown' } });
    reader.emit({ id: 5, method: 'no.session', params: {} });
    reader.emit({ id: 2, result: {} });
    reader.emit(event('c'));
    await Promise.all(calls);
    await turns();
    assert.deepEqual(seen, ['a session.event', 'first', 'b session.event', 'second', 'third', 'c session.event']);
  });

  it('does not wait behind notifications and requests that name no session', () => {
    const { reader, seen } = tapped();
    reader.emit({ method: 'telemetry.event', params: {} });
    reader.emit({ id: 5, method: 'no.session', params: {} });
    reader.emit(event('a'));
    assert.deepEqual(seen, ['a session.event']);
  });

  it('tells of the end of the stream after what came before it', async () => {
    const { reader, seen, connection, turns } = tapped();
    const call = connection.sendRequest('call', {}).then(() => seen.push('answer'));
    reader.emit({ id: 0, result: {} });
    reader.emit(event('a'));
    reader.close();
    await call;
    await turns();
    assert.deepEqual(seen, ['answer', 'a session.event', 'closed']);
  });

  it('goes on after a sink that throws, also behind a response', async () => {
    const { reader, seen, errors, connection, turns } = tapped((item) => {
      if (item.startsWith('bad')) {
        throw new Error(item);
      }
    });
    reader.emit(event('bad1'));
    reader.emit(event('a'));
    void connection.sendRequest('call', {});
    reader.emit({ id: 0, result: {} });
    reader.emit(event('bad2'));
    reader.emit(event('b'));
    await turns();
    assert.deepEqual(seen, ['bad1 session.event', 'a session.event', 'bad2 session.event', 'b session.event']);
    assert.deepEqual(errors, ['bad1 session.event', 'bad2 session.event']);
  });

  it('delivers a message that a listener causes after those that had arrived', async () => {
    const { reader, seen, connection, turns } = tapped((item) => {
      if (item === 'a session.event') {
        reader.emit(event('caused'));
        seen.push('a is done');
      }
    });
    void connection.sendRequest('call', {});
    reader.emit({ id: 0, result: {} });
    reader.emit(event('a'));
    reader.emit(event('b'));
    await turns();
    assert.deepEqual(seen, ['a session.event', 'a is done', 'b session.event', 'caused session.event']);
  });

  it('does so while nothing waits for a response, too, and tells of an end that a listener causes after all', async () => {
    for (const behindResponse of [false, true]) {
      const { reader, seen, connection, turns } = tapped((item) => {
        if (item === 'a session.event') {
          reader.emit(event('caused'));
          reader.close();
          seen.push('a is done');
        }
      });
      if (behindResponse) {
        void connection.sendRequest('call', {});
        reader.emit({ id: 0, result: {} });
      }
      reader.emit(event('a'));
      await turns();
      assert.deepEqual(seen, ['a session.event', 'a is done', 'caused session.event', 'closed']);
    }
  });

  it('cancels the request that the runtime names, and no other', async () => {
    const { reader, writer, requests, turns } = tapped();
    reader.emit({ id: 1, method: 'm', params: { sessionId: 'a' } });
    reader.emit({ id: '1', method: 'm', params: { sessionId: 'a' } });
    reader.emit({ method: '$/cancelRequest', params: { id: 1 } });
    reader.emit({ method: '$/cancelRequest', params: { id: 1 } });
    await turns();
    assert.deepEqual(
      requests.map(({ isAnswered }) => isAnswered),
      [true, false],
    );
    assert.deepEqual(writer.written, [
      { jsonrpc: '2.0', id: 1, error: { code: -32800, message: 'Request cancelled' } },
    ]);
  });

  it('can still cancel the later of two requests with the same id', () => {
    const { reader, requests } = tapped();
    reader.emit({ id: 1, method: 'm', params: { sessionId: 'a' } });
    reader.emit({ id: 1, method: 'm', params: { sessionId: 'a' } });
    requests[0]!.respond('first');
    reader.emit({ method: '$/cancelRequest', params: { id: 1 } });
    assert.equal(requests[1]!.token.isCancellationRequested, true);
  });

  it('delivers nothing of what waits behind a response whose call disposes it', async () => {
    const { reader, seen, connection, turns } = tapped();
    const disposed = connection.sendRequest('call', {}).then(() => connection.dispose());
    reader.emit({ id: 0, result: {} });
    reader.emit(event('waiting'));
    await disposed;
    await turns();
    assert.deepEqual(seen, []);
  });

  it('abandons what is open when it is disposed, and hears nothing more', async () => {
    const { reader, writer, seen, requests, connection, turns } = tapped();
    reader.emit({ id: 1, method: 'm', params: { sessionId: 'a' } });
    connection.sendRequest('call', {}).catch(() => undefined);
    const before = writer.written.length;
    reader.emit({ id: 0, result: {} });
    reader.emit(event('waiting'));
    connection.dispose();
    reader.emit(event('late'));
    reader.close();
    await turns();
    requests[0]!.respond('late');
    const idle = tapped();
    idle.connection.dispose();
    idle.reader.emit(event('late'));
    assert.deepEqual(idle.seen, []);
    assert.equal(requests[0]!.token.isCancellationRequested, true);
    assert.deepEqual(seen, ['a m?']);
    assert.equal(writer.written.length, before);
  });
});

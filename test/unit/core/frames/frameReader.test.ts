import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import { PassThrough } from 'node:stream';
import { mock } from 'node:test';
import fc from 'fast-check';
import type { Message } from 'vscode-jsonrpc/node';
import { FrameReader, type FramingLimits } from '../../../../src/core/frames/frameReader';

/** A source that delivers each chunk at once. */
class Source extends EventEmitter {
  push(chunk: Buffer | string): void {
    this.emit('data', typeof chunk === 'string' ? Buffer.from(chunk) : chunk);
  }
}

function read(limits?: Partial<FramingLimits>) {
  const source = new Source();
  const reader = new FrameReader(source, limits);
  const messages: unknown[] = [];
  const errors: string[] = [];
  const closes: unknown[] = [];
  reader.onError((error) => errors.push(error.message));
  reader.onClose((close) => closes.push(close));
  const listening = reader.listen((message) => messages.push(message));
  return { source, reader, messages, errors, closes, listening };
}

function frame(message: unknown, header = 'Content-Length: '): Buffer {
  return framed(JSON.stringify(message), header);
}

function framed(body: string, header = 'Content-Length: '): Buffer {
  const bytes = Buffer.from(body);
  return Buffer.concat([Buffer.from(`${header}${bytes.length}\r\n\r\n`), bytes]);
}

/** Cuts `buffer` at these places. */
function cut(buffer: Buffer, places: readonly number[]): Buffer[] {
  const ends = [...new Set(places.map((place) => place % (buffer.length + 1))), buffer.length].sort((a, b) => a - b);
  return ends.map((end, index) => buffer.subarray(ends[index - 1] ?? 0, end));
}

const message = fc.record({ jsonrpc: fc.constant('2.0'), method: fc.string({ unit: 'binary' }), params: fc.json() });
const places = fc.array(fc.nat(), { maxLength: 12 });

describe('FrameReader', () => {
  it('reads messages that come whole, several in a chunk', () => {
    const { source, messages, errors } = read();
    source.push(Buffer.concat([frame({ a: 1 }), frame({ b: 'ü €😀' }), frame({ c: [null] })]));
    assert.deepEqual(messages, [{ a: 1 }, { b: 'ü €😀' }, { c: [null] }]);
    assert.deepEqual(errors, []);
  });

  it('leaves the event loop its turns in a flood, and loses nothing by it', async () => {
    const source = new PassThrough({ highWaterMark: 1024 * 1024 });
    const messages: unknown[] = [];
    const flood = Array.from({ length: 500 }, (_, index) => ({ index, text: 'x'.repeat(100) }));
    for (const one of flood) {
      source.write(frame(one));
    }
    source.end();
    const turns: number[] = [];
    // One for each turn of the event loop: a timer would count milliseconds.
    let turn = setImmediate(function count() {
      turns.push(messages.length);
      turn = setImmediate(count);
    });
    const reader = new FrameReader(source, { bytesPerTurn: 4 * 1024 });
    const closed = new Promise<void>((resolve) => reader.onClose(resolve));
    reader.listen((one) => messages.push(one));
    await closed;
    clearImmediate(turn);
    assert.deepEqual(messages, flood);
    assert.ok(new Set(turns).size > 3, `the event loop had its turns at ${turns.join()}`);
  });

  it('leaves a source that it held up flowing when it is disposed', async () => {
    const source = new PassThrough();
    const reader = new FrameReader(source, { bytesPerTurn: 1 });
    reader.listen(() => reader.dispose());
    const ended = new Promise((resolve) => source.on('end', resolve));
    source.end(frame({ a: 1 }));
    await ended;
  });

  it('reads messages that come byte by byte, in the middle of characters and headers', () => {
    const { source, messages, errors } = read();
    for (const byte of Buffer.concat([frame({ text: 'ü €😀' }), frame({ b: 2 })])) {
      source.push(Buffer.from([byte]));
    }
    assert.deepEqual(messages, [{ text: 'ü €😀' }, { b: 2 }]);
    assert.deepEqual(errors, []);
  });

  it('returns random messages unchanged, wherever the stream is cut', () => {
    fc.assert(
      fc.property(fc.array(message, { maxLength: 6 }), places, (sent, at) => {
        const { source, messages, errors } = read();
        cut(Buffer.concat(sent.map((one) => frame(one))), at).forEach((chunk) => source.push(chunk));
        assert.deepEqual(messages, JSON.parse(JSON.stringify(sent)));
        assert.deepEqual(errors, []);
      }),
    );
  });

  it('takes header fields of any case, order and number', () => {
    const { source, messages, errors } = read();
    const type = 'Content-Type: application/vscode-jsonrpc; charset=utf-8\r\n';
    source.push(frame({ a: 1 }, `${type}content-length:`));
    source.push(frame({ b: 2 }, 'CONTENT-LENGTH:   '));
    source.push(`Content-Length: 7\r\n${type}\r\n{"c":3}`);
    assert.deepEqual(messages, [{ a: 1 }, { b: 2 }, { c: 3 }]);
    assert.deepEqual(errors, []);
  });

  it('reports a line of garbage between messages once, and reads on', () => {
    const { source, messages, errors } = read();
    source.push(frame({ a: 1 }));
    for (const character of 'warning: something\nelse, at some length\n') {
      source.push(character);
    }
    source.push(frame({ b: 2 }));
    source.push('more of it\r\n\r\n');
    source.push('and more\r\n\r\n');
    source.push(frame({ c: 3 }));
    assert.deepEqual(messages, [{ a: 1 }, { b: 2 }, { c: 3 }]);
    assert.equal(errors.length, 2);
    assert.match(errors[0]!, /not a JSON-RPC message.*warning: something/);
  });

  it('reads what follows a body that is no JSON, no object or empty', () => {
    for (const [body, reason] of [
      ['{"a":', /not valid JSON/],
      ['', /not valid JSON/],
      ['42', /not a JSON object/],
      ['null', /not a JSON object/],
      ['[{"a":1}]', /not a JSON object/],
    ] as const) {
      const { source, messages, errors } = read();
      source.push(Buffer.concat([framed(body), frame({ after: body })]));
      assert.deepEqual(messages, [{ after: body }]);
      assert.equal(errors.length, 1, body);
      assert.match(errors[0]!, reason);
    }
  });

  it('finds the next header after a length that was too short or too long', () => {
    for (const wrong of [-3, 5]) {
      const { source, messages, errors } = read();
      const body = JSON.stringify({ text: 'cut off, or running over' });
      source.push(`Content-Length: ${body.length + wrong}\r\n\r\n${body}`);
      source.push(frame({ next: 1 }));
      source.push(frame({ next: 2 }));
      // The longer body includes the start of the header behind it.
      assert.deepEqual(messages, wrong < 0 ? [{ next: 1 }, { next: 2 }] : [{ next: 2 }]);
      assert.ok(errors.length >= 1);
    }
  });

  it('takes a length that is no number, or that nothing could have, for garbage', () => {
    for (const length of ['-1', '1e3', '0x10', '', 'abc', '7 7', '999999999999999', '99999999999999999999']) {
      const { source, messages, errors } = read();
      source.push(`Content-Length: ${length}\r\n\r\n`);
      source.push(frame({ after: length }));
      assert.deepEqual(messages, [{ after: length }], length);
      assert.equal(errors.length, 1, length);
    }
  });

  it('leaves out a body over the limit, however it is cut, and reads what follows', () => {
    const big = frame({ text: 'x'.repeat(5_000) });
    const stream = Buffer.concat([frame({ a: 1 }), big, frame({ b: 2 }), big, frame({ c: 3 })]);
    for (const size of [1, 7, 100, 4_000, 20_000]) {
      const { source, messages, errors } = read({ maxBodyBytes: 4_096 });
      for (let at = 0; at < stream.length; at += size) {
        source.push(stream.subarray(at, at + size));
      }
      assert.deepEqual(messages, [{ a: 1 }, { b: 2 }, { c: 3 }], `in chunks of ${size}`);
      assert.equal(errors.length, 2);
      assert.match(errors[0]!, /over the limit of 4096 bytes/);
    }
  });

  describe('puts in place of a body over the limit', () => {
    const LIMIT = 2_000;
    const filler = fc.integer({ min: LIMIT, max: 4 * LIMIT }).map((length) => 'x"\\}'.repeat(Math.ceil(length / 4)));
    const id = fc.oneof(fc.nat(), fc.string({ maxLength: 20 }));
    /** JSON of these members in that order, with the white space of some serializers. */
    const json = (order: readonly string[], members: Readonly<Record<string, unknown>>, spaced: boolean) =>
      JSON.stringify(
        Object.fromEntries(order.filter((key) => key in members).map((key) => [key, members[key]])),
        null,
        spaced ? 2 : undefined,
      );
    const reading = (body: string, at: readonly number[]) => {
      const result = read({ maxBodyBytes: LIMIT });
      for (const chunk of cut(Buffer.concat([framed(body), frame({ after: 1 })]), at)) {
        result.source.push(chunk);
      }
      return result;
    };

    it('an error for the call that it answers', () => {
      // An id between a nested member and another member is not recognised; no known serializer writes that.
      const orders = [
        'jsonrpc id VALUE',
        'id jsonrpc VALUE',
        'id VALUE jsonrpc',
        'jsonrpc VALUE id',
        'VALUE jsonrpc id',
      ];
      const answers = fc.record({
        expected: id,
        text: filler,
        order: fc.constantFrom(...orders),
        key: fc.constantFrom('result', 'error'),
        spaced: fc.boolean(),
      });
      fc.assert(
        fc.property(answers, places, ({ expected, text, order, key, spaced }, at) => {
          const value = { nested: { id: 'of something else', text }, list: [{ id: 5 }] };
          const members = { jsonrpc: '2.0', id: expected, [key]: value };
          const body = json(order.replace('VALUE', key).split(' '), members, spaced);
          const { messages, errors } = reading(body, at);
          assert.equal(messages.length, 2);
          const [answer, after] = messages as [{ id: unknown; error: { code: number; data: unknown } }, unknown];
          assert.deepEqual(after, { after: 1 });
          assert.equal(answer.id, expected);
          assert.equal(answer.error.code, -32098);
          const bytes = Buffer.byteLength(body);
          assert.deepEqual(answer.error.data, { kind: 'response-too-large', bytes, limitBytes: LIMIT });
          assert.equal(errors.length, 1);
          assert.match(errors[0]!, new RegExp(`answer to request .* of ${bytes} bytes is over the limit`, 's'));
        }),
      );
    });

    it('the bare request, which is then refused, and nothing for a notification', () => {
      const orders = [
        'jsonrpc id method params',
        'jsonrpc method id params',
        'id jsonrpc method params',
        'jsonrpc method params id',
        'method params jsonrpc id',
      ];
      const calls = fc.record({
        name: fc.constantFrom('userInput.request', 'session.event'),
        text: filler,
        theId: fc.option(id, { nil: undefined }),
        order: fc.constantFrom(...orders),
        spaced: fc.boolean(),
      });
      fc.assert(
        fc.property(calls, places, ({ name, text, theId, order, spaced }, at) => {
          const params = { sessionId: 's', id: 7, text, event: { id: 8 } };
          const members = { jsonrpc: '2.0', method: name, params, ...(theId === undefined ? {} : { id: theId }) };
          const body = json(order.split(' '), members, spaced);
          const { messages, errors } = reading(body, at);
          assert.deepEqual(messages, [
            ...(theId === undefined ? [] : [{ jsonrpc: '2.0', id: theId, method: name }]),
            { after: 1 },
          ]);
          assert.match(errors.join(), new RegExp(`The (request|notification) ${name} of`));
        }),
      );
    });

    it('the error as soon as the id is known, and once', () => {
      const { source, messages, errors } = read({ maxBodyBytes: LIMIT });
      source.push('Content-Length: 5000\r\n\r\n{"jsonrpc":"2.0","id":');
      assert.equal(messages.length, 0);
      source.push('12,"result":{');
      assert.equal(messages.length, 1);
      source.push('x'.repeat(1_000));
      source.emit('end');
      assert.equal(messages.length, 1);
      assert.match(errors.join('\n'), /request 12 of 5000 bytes.*\n.*ended in the middle/);
    });

    it('only a line in the log where nobody can say whose it was', () => {
      const { messages, errors } = reading(JSON.stringify({ result: 'x'.repeat(LIMIT), id: 3, more: [] }), []);
      assert.deepEqual(messages, [{ after: 1 }]);
      assert.match(errors.join(), /An answer of \d+ bytes is over the limit/);
    });
  });

  it('does not hold garbage without end', () => {
    const { source, messages, errors } = read({ maxHeaderBytes: 1_024 });
    for (let i = 0; i < 100; i++) {
      source.push('x'.repeat(1_000));
    }
    source.push(frame({ after: 1 }));
    assert.deepEqual(messages, [{ after: 1 }]);
    assert.equal(errors.length, 1);
    source.push('y'.repeat(100_000));
    source.emit('end');
    assert.ok(Number(/\((\d+) bytes were left over/.exec(errors.at(-1)!)![1]) <= 1_024);
  });

  it('finds the header behind garbage without end, wherever in it the garbage becomes too long', () => {
    const limits = { maxHeaderBytes: 100 };
    const header = frame({ a: 1 }).indexOf('{');
    for (let at = 0; at < header; at++) {
      const { source, messages } = read(limits);
      const stream = Buffer.concat([Buffer.alloc(200, '.'), frame({ a: 1 })]);
      source.push(stream.subarray(0, 200 + at));
      source.push(stream.subarray(200 + at));
      assert.deepEqual(messages, [{ a: 1 }], `after ${at} bytes of the header`);
    }
  });

  it('reads what follows a header that was cut off, wherever that was', () => {
    const whole = frame({ cut: true });
    for (let at = 0; at < whole.indexOf('{'); at++) {
      const { source, messages } = read();
      source.push(Buffer.concat([whole.subarray(0, at), frame({ a: 1 })]));
      assert.deepEqual(messages, [{ a: 1 }], `cut off after ${at} bytes`);
    }
  });

  it('never throws at random bytes, and reads on after a header of its own', () => {
    const noise = fc.oneof(
      fc.uint8Array({ maxLength: 60 }).map((bytes) => Buffer.from(bytes)),
      fc
        .constantFrom(
          'Content-Length: ',
          'Content-Length: 12\r\n',
          '\r\n\r\n',
          '\r\n',
          ': ',
          'Content-Length: 3\r\n\r\n',
        )
        .map((text) => Buffer.from(text)),
    );
    fc.assert(
      fc.property(fc.array(noise, { maxLength: 8 }), message, places, (noises, last, at) => {
        const { source, messages } = read({ maxBodyBytes: 2_000 });
        // The padding is longer than any body that the noise has announced.
        const stream = Buffer.concat([...noises, Buffer.from(`\r\n\r\n${' '.repeat(3_000)}\r\n\r\n`), frame(last)]);
        cut(stream, at).forEach((chunk) => source.push(chunk));
        assert.deepEqual(messages.at(-1), JSON.parse(JSON.stringify(last)));
      }),
      { numRuns: 300 },
    );
  });

  it('goes on after a listener that throws', () => {
    const source = new Source();
    const reader = new FrameReader(source);
    const seen: unknown[] = [];
    const errors: string[] = [];
    reader.onError((error) => errors.push(error.message));
    reader.listen((one) => {
      seen.push(one);
      throw new Error('listener');
    });
    source.push(Buffer.concat([frame({ a: 1 }), frame({ b: 2 })]));
    assert.deepEqual(seen, [{ a: 1 }, { b: 2 }]);
    assert.deepEqual(errors, ['listener', 'listener']);
  });

  it('keeps the order when a listener causes another chunk', () => {
    const source = new Source();
    const reader = new FrameReader(source);
    const seen: unknown[] = [];
    reader.listen((one: Message & { n?: number }) => {
      seen.push(one.n);
      if (one.n === 1) {
        source.push(frame({ n: 3 }));
      }
    });
    source.push(Buffer.concat([frame({ n: 1 }), frame({ n: 2 })]));
    assert.deepEqual(seen, [1, 2, 3]);
  });

  it('stops in the middle of a chunk when it is disposed, and leaves its source alone but for errors', () => {
    for (const way of ['reader', 'listening'] as const) {
      const { source, reader, messages, listening } = read();
      const seen: unknown[] = [];
      reader.onError(() => undefined);
      messages.push = (one: unknown) => {
        (way === 'reader' ? reader : listening).dispose();
        return seen.push(one);
      };
      source.push(Buffer.concat([frame({ a: 1 }), frame({ b: 2 })]));
      source.push(frame({ c: 3 }));
      assert.deepEqual(seen, [{ a: 1 }]);
      assert.equal(source.listenerCount('data') + source.listenerCount('end') + source.listenerCount('close'), 0);
      // An 'error' event without a listener would throw.
      source.emit('error', new Error('late'));
    }
  });

  it('reports the end of the stream, and a message that it cut off', () => {
    const whole = read();
    whole.source.push(frame({ a: 1 }));
    whole.source.emit('end');
    assert.deepEqual([whole.errors.length, whole.closes.length], [0, 1]);

    for (const rest of ['Content-Le', 'Content-Length: 100\r\n\r\n', 'Content-Length: 100\r\n\r\n{"a"']) {
      const { source, errors, closes } = read();
      source.push(rest);
      source.emit('end');
      assert.equal(errors.length, 1, rest);
      assert.match(errors[0]!, /ended in the middle of a message/);
      assert.equal(closes.length, 1);
    }
    const skipping = read({ maxBodyBytes: 10 });
    skipping.source.push('Content-Length: 100\r\n\r\nxxx');
    skipping.source.emit('end');
    assert.match(skipping.errors[1]!, /ended in the middle of a message/);
  });

  it('passes errors of the stream on, and reads from a real stream', async () => {
    const stream = new PassThrough();
    const reader = new FrameReader(stream);
    const errors: string[] = [];
    reader.onError((error) => errors.push(error.message));
    const first = new Promise((resolve) => reader.listen(resolve));
    const closed = new Promise<void>((resolve) => reader.onClose(resolve));
    stream.write(frame({ a: 1 }));
    assert.deepEqual(await first, { a: 1 });
    stream.destroy(new Error('reset'));
    await closed;
    assert.deepEqual(errors, ['reset']);
  });

  it('parses long bodies in slices, in the order of the wire, whatever is wrong with them and wherever the stream ends', async () => {
    const long = (id: number) => ({ jsonrpc: '2.0', id, result: { events: Array(50).fill({ text: `"],${id}` }) } });
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.constantFrom('long', 'short', 'broken'), { maxLength: 12 }),
        places,
        async (plan, cuts) => {
          const bytes = plan.map((kind, id) => {
            const text = JSON.stringify(kind === 'short' ? { id } : long(id));
            return framed(kind === 'broken' ? text.replace('{"text"', ',{"text"') : text);
          });
          const source = new PassThrough();
          const reader = new FrameReader(source, { bytesAtOnce: 200 });
          const [ids, errors]: [unknown[], Error[]] = [[], []];
          reader.onError((error) => errors.push(error));
          const closed = new Promise<void>((resolve) => reader.onClose(resolve));
          reader.listen((one) => ids.push((one as { id?: unknown }).id));
          cut(Buffer.concat(bytes), cuts).forEach((chunk) => source.write(chunk));
          source.end();
          await closed;
          assert.deepEqual(
            ids,
            plan.flatMap((kind, id) => (kind === 'broken' ? [] : [id])),
          );
          assert.equal(errors.length, plan.filter((kind) => kind === 'broken').length);
        },
      ),
      { numRuns: 50 },
    );
  });

  it('takes a large body in many chunks without joining them each time', () => {
    const { source, messages } = read();
    const body = frame({ text: 'x'.repeat(8_000_000) });
    const concat = mock.method(Buffer, 'concat');
    try {
      for (let at = 0; at < body.length; at += 1_000) {
        source.push(body.subarray(at, at + 1_000));
      }
    } finally {
      concat.mock.restore();
    }
    assert.equal(messages.length, 1);
    assert.ok(concat.mock.callCount() <= 2, `${concat.mock.callCount()} times`);
  });
});

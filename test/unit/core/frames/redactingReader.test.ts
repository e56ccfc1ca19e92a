import assert from 'node:assert/strict';
import { AbstractMessageReader, type DataCallback } from 'vscode-jsonrpc/node';
import { RedactingReader } from '../../../../src/core/frames/redactingReader';
import { secrets } from '../../../../src/core/redaction/secrets';

const SECRET = 'k3ep-0ut+of/Sight=4711';

class GivenMessages extends AbstractMessageReader {
  private callback: DataCallback = () => undefined;

  override listen(callback: DataCallback): { dispose(): void } {
    this.callback = callback;
    return { dispose: () => undefined };
  }

  give(message: object): void {
    this.callback({ jsonrpc: '2.0', ...message });
  }
}

describe('RedactingReader', () => {
  const source = new GivenMessages();
  const seen: { params?: { event?: { data: { deltaContent: string } } } }[] = [];

  const delta = (sessionId: string, messageId: string, deltaContent: string): void =>
    source.give({
      method: 'session.event',
      params: { sessionId, event: { type: 'assistant.message_delta', data: { messageId, deltaContent } } },
    });
  const passed = (): string => seen.map(({ params }) => params?.event?.data.deltaContent ?? '').join('');

  before(() => {
    secrets.add(SECRET);
    new RedactingReader(source).listen((message) => seen.push(message as object));
  });

  beforeEach(() => {
    seen.length = 0;
  });

  it('takes secrets out of answers, errors and events of any reader', () => {
    source.give({ id: 1, result: { [SECRET]: [SECRET] } });
    source.give({ id: 2, error: { code: 1, message: `no ${SECRET}`, data: { password: 'whatever' } } });
    source.give({ method: 'session.event', params: { sessionId: 's', event: { type: 'x', data: { a: SECRET } } } });
    assert.ok(!JSON.stringify(seen).includes(SECRET));
    assert.ok(!JSON.stringify(seen).includes('whatever'));
    assert.equal(seen.length, 3);
  });

  it('puts a streamed text together, each for itself', () => {
    for (const character of `a ${SECRET} b`) {
      delta('s', 'm', character);
      delta('s', 'n', character === '-' ? 'c' : 'd');
    }
    const texts = { m: '', n: '' };
    for (const [at, { params }] of seen.entries()) {
      texts[at % 2 === 0 ? 'm' : 'n'] += params?.event?.data.deltaContent ?? '';
    }
    assert.ok(!texts.m.includes(SECRET), texts.m);
    assert.match(texts.m, /^a .*\[redacted\] b$/);
    assert.match(texts.n, /^[cd]+$/);
    assert.equal(texts.n.length, SECRET.length + 4);
  });

  it('passes on what is no secret as it is, to the last character', () => {
    const text = 'k k3 k3ep k3ep-0 k3ep-0ut+of/Si and gh ghost ghp_ then ghp_short end. ';
    for (const character of text) {
      delta('t', 'm', character);
    }
    assert.equal(passed(), text);
  });
});

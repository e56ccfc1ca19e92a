import assert from 'node:assert/strict';
import type { SessionEvent } from '@github/copilot-sdk';
import { TranscriptQueue } from '../../../src/storage/transcriptQueue';

describe('the queue of a transcript', () => {
  let queue: TranscriptQueue;
  let next: number;

  beforeEach(() => {
    queue = new TranscriptQueue();
    next = 0;
  });

  const event = (type: string, data: object): SessionEvent =>
    ({ id: `${next++}`, timestamp: '2026-01-01T00:00:00.000Z', parentId: null, type, data }) as unknown as SessionEvent;
  const delta = (): SessionEvent => event('assistant.message_delta', { messageId: 'a', deltaContent: 'Hel' });
  const whole = (): SessionEvent => event('assistant.message', { messageId: 'a', content: 'Hello' });
  const add = (...events: readonly SessionEvent[]): void => {
    for (const one of events) {
      queue.observe(one);
      queue.addEvent(one);
    }
  };
  const types = (held = 0): readonly string[] =>
    queue.take(held).map((record) => (record.kind === 'event' ? record.event.type : record.kind));

  it('drops the deltas of a text that has come whole', () => {
    add(delta(), delta(), whole());
    assert.deepEqual(types(), ['assistant.message']);
    assert.equal(queue.supersededBytes, 0);
  });

  it('counts those that are in the file already', () => {
    const written = delta();
    add(written);
    for (const record of queue.take(0)) {
      queue.written(record, 'ä\n');
    }
    add(whole());
    assert.equal(queue.supersededBytes, 3);
    queue.reset();
    assert.deepEqual([queue.supersededBytes, queue.length], [0, 0]);
  });

  it('holds deltas at the end, and what stands before them is taken', () => {
    add(whole());
    queue.addNote({ level: 'info', text: 'A note.', at: new Date(0) });
    add(event('assistant.message_delta', { messageId: 'b', deltaContent: 'x' }));
    assert.equal(queue.countHeld(), 1);
    assert.deepEqual(types(1), ['assistant.message', 'note']);
    assert.deepEqual(types(), ['assistant.message_delta']);
  });

  it('takes nothing if more is held than there is by now', () => {
    add(delta(), delta());
    assert.deepEqual(types(3), []);
    assert.equal(queue.length, 2);
  });
});

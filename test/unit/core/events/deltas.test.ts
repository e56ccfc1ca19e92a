import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { SessionEvent } from '@github/copilot-sdk';
import { EventLog } from '../../../../src/core/eventLog/eventLog';
import { ephemeral, event, ids } from '../../../support/sessionEvents';

const KINDS = {
  message: {
    delta: (id: string, key: string) => ephemeral(id, 'assistant.message_delta', { messageId: key, deltaContent: 'x' }),
    whole: (id: string, key: string, text: string) => event(id, 'assistant.message', { messageId: key, content: text }),
  },
  reasoning: {
    delta: (id: string, key: string) =>
      ephemeral(id, 'assistant.reasoning_delta', { reasoningId: key, deltaContent: 'x' }),
    whole: (id: string, key: string, text: string) =>
      event(id, 'assistant.reasoning', { reasoningId: key, content: text }),
  },
  output: {
    delta: (id: string, key: string) =>
      ephemeral(id, 'tool.execution_partial_result', { toolCallId: key, partialOutput: 'x' }),
    whole: (id: string, key: string, text: string) =>
      event(id, 'tool.execution_complete', { toolCallId: key, success: true, result: { content: text } }),
  },
} as const;

function logWith(): { log: EventLog; heard: string[] } {
  const log = new EventLog((error) => {
    throw error;
  });
  const heard: string[] = [];
  log.listen(({ id }) => heard.push(id));
  return { log, heard };
}

describe('deltas', () => {
  for (const [kind, { delta, whole }] of Object.entries(KINDS)) {
    it(`of a ${kind} go when the whole is there, and stay when it is blank or another's`, () => {
      const { log, heard } = logWith();
      [delta('d1', 'a'), delta('d2', 'b'), event('e'), delta('d3', 'a')].forEach((one) => log.append(one));
      log.append(whole('w1', 'a', 'xx'));
      assert.deepEqual(ids(log.all), ['d2', 'e', 'w1']);
      log.append(whole('w2', 'b', ' \n'));
      assert.deepEqual(ids(log.all), ['d2', 'e', 'w1', 'w2']);
      assert.equal(log.append(delta('late', 'a')), false);
      assert.deepEqual(heard, ['d1', 'd2', 'e', 'd3', 'w1', 'w2']);
    });
  }

  it('of reasoning go with the message that has all of it', () => {
    const { log } = logWith();
    log.append(ephemeral('d1', 'assistant.reasoning_delta', { reasoningId: 'r', deltaContent: 'Hm. ' }));
    log.append(ephemeral('d2', 'assistant.reasoning_delta', { reasoningId: 'r', deltaContent: 'Yes.' }));
    log.append(ephemeral('d3', 'assistant.reasoning_delta', { reasoningId: 'q', deltaContent: 'No.' }));
    log.append(event('w', 'assistant.message', { messageId: 'm', content: '', reasoningText: 'Hm. Yes.' }));
    assert.deepEqual(ids(log.all), ['d3', 'w']);
  });

  it('go also when the whole comes with a history', () => {
    const { log } = logWith();
    [KINDS.message.delta('d1', 'a'), event('e')].forEach((one) => log.append(one));
    log.merge([event('e'), KINDS.message.whole('w', 'a', 'x')]);
    assert.deepEqual(ids(log.all), ['e', 'w']);
  });

  it('leave listeners, cursors and late listeners with the right events, in any order of streams', () => {
    const step = fc.record({
      key: fc.constantFrom('a', 'b', 'c'),
      kind: fc.constantFrom('delta', 'whole', 'other'),
      read: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (plan) => {
        const { log, heard } = logWith();
        const cursor = log.cursor();
        const read: string[] = [];
        const readOn = (): void => {
          for (const one of log.all.slice(cursor.next)) {
            read.push(one.id);
          }
          cursor.next = log.all.length;
        };
        const accepted: string[] = [];
        const round = { a: 0, b: 0, c: 0 };
        const expected: { id: string; text: string | undefined }[] = [];
        plan.forEach(({ key, kind, read: reads }, index) => {
          const id = `${kind}${index}`;
          const text = `${key}${round[key as 'a']}`;
          const one: SessionEvent =
            kind === 'delta'
              ? KINDS.message.delta(id, text)
              : kind === 'whole'
                ? KINDS.message.whole(id, text, 'x')
                : event(id, 'session.info', {});
          if (log.append(one)) {
            accepted.push(id);
          }
          if (kind === 'whole') {
            expected.splice(0, expected.length, ...expected.filter((other) => other.text !== text));
            round[key as 'a']++;
          }
          expected.push({ id, text: kind === 'delta' ? text : undefined });
          if (reads) {
            readOn();
          }
        });
        readOn();
        assert.deepEqual(
          ids(log.all),
          expected.map(({ id }) => id),
        );
        assert.deepEqual(heard, accepted);
        // No event is read twice, and none that still exists is missing.
        assert.equal(new Set(read).size, read.length);
        assert.deepEqual(
          read.filter((id) => expected.some((other) => other.id === id)),
          ids(log.all),
        );
      }),
    );
  });
});

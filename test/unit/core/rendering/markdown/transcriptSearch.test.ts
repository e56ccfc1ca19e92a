import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { DocumentRecord } from '../../../../../src/core/rendering/markdown/documentRenderer';
import { matcherOf } from '../../../../../src/core/rendering/markdown/transcriptSearch';
import { event } from '../../../../support/sessionEvents';

const told = (type: string, data: unknown, id = 'e'): DocumentRecord => ({
  kind: 'event',
  event: event(id, type, data),
});
const find = (query: string, record: DocumentRecord) => matcherOf(query)?.(record);

describe('matcherOf', () => {
  it('finds words in messages, whatever their case and spaces, and says where', () => {
    const hit = find('the  LAMP', told('assistant.message', { content: 'I repair the\nlamp now.' }, 'm1'));
    assert.deepEqual(hit, {
      eventId: 'm1',
      at: new Date('2026-01-02T03:04:05.678Z'),
      excerpt: 'I repair the ⏎ lamp now.',
    });
    assert.equal(find('oar', told('assistant.message', { content: 'the lamp' })), undefined);
  });

  it('finds what is in tool calls and notes, and nothing for a blank text', () => {
    const call = told('tool.execution_start', { toolName: 'bash', arguments: { command: 'npm run tide' } });
    assert.ok(find('run tide', call));
    const note: DocumentRecord = { kind: 'note', note: { level: 'info', text: 'Connected again.', at: new Date(0) } };
    assert.deepEqual(find('again', note), { eventId: undefined, at: new Date(0), excerpt: 'Connected again.' });
    assert.equal(matcherOf(' \n '), undefined);
  });

  it('passes over what nobody is shown: pieces of a text, ids, what is for machines', () => {
    assert.equal(find('lamp', told('assistant.message_delta', { deltaContent: 'lamp' })), undefined);
    assert.equal(find('lamp', told('tool.shell_output', { toolCallId: 't', text: 'lamp', sequence: 0 })), undefined);
    assert.equal(find('lamp', told('vendor.new', { content: 'lamp' })), undefined);
    assert.equal(find('lamp', told('session.usage_record', { content: 'lamp' })), undefined);
    assert.ok(
      find('lamp', { kind: 'event', event: { data: { content: 'lamp' } } as never }),
      'it is shown as malformed',
    );
    assert.equal(find('lamp', told('assistant.message', { messageId: 'lamp', content: '' })), undefined);
    assert.equal(find('lamp', told('assistant.message', { encryptedContent: 'lamp', content: '' })), undefined);
  });

  it('shows no more than the words around it, without control characters', () => {
    const content = `${'a'.repeat(10_000)}\u001b[31mlamp\u202e${'b'.repeat(10_000)}`;
    const excerpt = find('lamp', told('assistant.message', { content }))?.excerpt ?? '';
    assert.ok(excerpt.includes('lamp') && excerpt.length < 500, excerpt);
    // eslint-disable-next-line no-control-regex -- the test is that these are absent
    assert.doesNotMatch(excerpt, /[\u0000-\u001f\u202e]/);
  });

  it('takes every text for what it is, never for a pattern', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1, maxLength: 30, unit: 'grapheme-ascii' }), (query) => {
        fc.pre(query.trim() !== '');
        assert.ok(find(query, told('assistant.message', { content: `before ${query} after` })));
        assert.equal(find(query, told('assistant.message', { content: '\u0416' })), undefined);
      }),
    );
  });

  it('looks into no more depth than there can be use for, and never throws', () => {
    let deep: unknown = 'lamp';
    for (let depth = 0; depth < 10_000; depth++) {
      deep = { in: deep };
    }
    assert.equal(find('lamp', told('assistant.message', deep)), undefined);
    for (const odd of [{}, { type: 5 }, null]) {
      assert.equal(find('lamp', { kind: 'event', event: odd as never }), undefined);
    }
  });
});

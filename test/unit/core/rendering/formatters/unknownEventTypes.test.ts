import assert from 'node:assert/strict';
import { EVENT_TYPES } from '../../../../../src/core/rendering/formatters/eventFormatters';
import { UnknownEventTypes } from '../../../../../src/core/rendering/formatters/unknownEventTypes';
import { FORBIDDEN } from '../../hostileText';

describe('UnknownEventTypes', () => {
  const said = (...types: readonly unknown[]): readonly string[] => {
    const messages: string[] = [];
    const unknown = new UnknownEventTypes((message) => messages.push(message));
    types.forEach((type) => unknown.observe(type));
    return messages;
  };

  it('names each type once', () => {
    assert.deepEqual(said('vendor.new', 'user.message', 'vendor.new', 'session.new'), [
      'The runtime sends events of the type "vendor.new", which this version does not know. They are kept in the transcript and not shown.',
      'The runtime sends events of the type "session.new", which this version does not know. They are kept in the transcript and not shown.',
    ]);
  });

  it('says nothing of types that are known, and of what is no type', () => {
    assert.deepEqual(said(...EVENT_TYPES, '', undefined, null, 7, {}), []);
  });

  it('is bounded, and lets nothing harmful through', () => {
    const messages = said(
      ...Array.from({ length: 1000 }, (_, index) => `${index} \u001b[31m\n\u202e${'x'.repeat(10_000)}`),
    );
    assert.equal(messages.length, 50);
    assert.match(messages.at(-1) ?? '', /No more of them are named/);
    for (const message of messages) {
      assert.ok(message.length < 400, message);
      assert.doesNotMatch(message, FORBIDDEN);
      assert.doesNotMatch(message, /\n/);
    }
  });
});

import assert from 'node:assert/strict';
import { atOnce } from '../../../../src/core/common/timeSlices';
import { EventIds, IdsToBe } from '../../../../src/core/events/eventIds';
import { isReadAgain } from '../../../../src/core/eventLog/mergeShortcuts';
import { event } from '../../../support/sessionEvents';

describe('a history that is read again', () => {
  const known = new EventIds();
  known.add(event('a'));
  const merged = new IdsToBe();
  merged.aliases.add('b');
  known.join(merged, true);
  const isAgain = (type: string): boolean =>
    atOnce(isReadAgain(known, [event('b'), event('a', type, {}, { parentId: 'unknown' })]));

  it('is not planned again for the parent of a usage, which the runtime never sends', () => {
    assert.equal(isAgain('assistant.usage'), true);
  });

  it('is planned again where another event follows one that nobody knows', () => {
    assert.equal(isAgain('assistant.turn_end'), false);
  });
});

import assert from 'node:assert/strict';
import { promptHint } from '../../../../src/ui/create/createSessionRows';

describe('the first prompt', () => {
  it('is asked for with what becomes of the branch', () => {
    assert.equal(promptHint(undefined, undefined), 'First prompt. If you leave it empty, the session waits for one.');
    assert.equal(
      promptHint({ owner: 'o', name: 'r' }, undefined),
      'First prompt for o/r. If you leave it empty, the session waits for one.',
    );
    assert.match(
      promptHint({ owner: 'o', name: 'r' }, 'dev'),
      / branch dev is added to it, because .* start from the default branch/,
    );
  });
});

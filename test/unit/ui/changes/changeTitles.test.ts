import assert from 'node:assert/strict';
import { fileTitle, reviewTitle } from '../../../../src/ui/changes/changeTitles';

describe('the titles of editors with changes', () => {
  it('name what is compared', () => {
    assert.equal(reviewTitle('Fix it', { base: 'main', head: 'topic' }), 'Fix it (main ← topic)');
    assert.equal(fileTitle('src/ships.ts', { base: 'main', head: 'topic' }), 'ships.ts (main ↔ topic)');
    assert.equal(reviewTitle('Fix it', { base: 'main' }), 'Fix it (main)');
    assert.equal(fileTitle('ships.ts', { base: '' }), 'ships.ts');
  });

  it('are short, and those of two sessions with the same prompt differ', () => {
    const prompt = 'Move the pilot into a folder of its own, and test it with every tide there is';
    const [first, second] = ['70b6d954', '81c7ea65'].map((id) =>
      reviewTitle(prompt, { base: 'main', head: `copilot/move-the-pilot-into-a-folder-of-its-own-${id}` }),
    );
    assert.equal(first, 'Move the pilot into a folder of its own… (main ← copilot/move-the-p…-70b6d954)');
    assert.notEqual(first, second);
  });

  it('have no half characters', () => {
    assert.doesNotMatch(reviewTitle('⚓'.repeat(25) + '🚢'.repeat(25), { base: '🚢'.repeat(50) }), /\p{Cs}/u);
  });
});

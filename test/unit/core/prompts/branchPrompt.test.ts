import assert from 'node:assert/strict';
import fc from 'fast-check';
import { namesBranch, promptWithBranch } from '../../../../src/core/prompts/branchPrompt';
import { branchNameProblem } from '../../../../src/core/github/branchName';

const branches = fc
  .oneof(
    fc.constantFrom('main', 'dev', 'a.b', 'release/1', 'release/1.2', 'fix(x)', "o'neil", '`x`', '$&', 'ünïcode'),
    fc.string({ maxLength: 20 }),
  )
  .filter((branch) => branchNameProblem(branch) === undefined);

describe('promptWithBranch', () => {
  it('names the branch at the end, so that the first line stays what the session is called after', () => {
    assert.equal(promptWithBranch('Fix it\n', 'dev'), 'Fix it\n\nWork on the branch `dev`.');
  });

  it('leaves a prompt that names it, in a person’s words too', () => {
    for (const prompt of [
      'Work on the branch dev. Fix it',
      'Fix it on `dev`.',
      'on branch dev',
      'Please work ON THE BRANCH “dev”, and fix it',
      'Work on branch dev',
    ]) {
      assert.equal(promptWithBranch(prompt, 'dev'), prompt);
    }
  });

  it('is not taken in by a word, a longer name or another branch', () => {
    for (const prompt of [
      'Repair the main loop',
      'main',
      'Work on the branch main2',
      'Work on the branch main.2.',
      'Work on the branch main/x',
      'Work on the branch domain',
      'Do not touch main',
    ]) {
      assert.equal(namesBranch(prompt, 'main'), false, prompt);
      assert.match(promptWithBranch(prompt, 'main'), /Work on the branch `main`\.$/);
    }
  });

  it('names any branch in any prompt exactly once', () => {
    fc.assert(
      fc.property(fc.string(), branches, (prompt, branch) => {
        const named = promptWithBranch(prompt, branch);
        assert.ok(namesBranch(named, branch));
        assert.equal(promptWithBranch(named, branch), named);
        assert.ok(named.startsWith(prompt.trimEnd()));
      }),
    );
  });
});

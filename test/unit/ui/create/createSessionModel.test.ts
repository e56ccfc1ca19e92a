import assert from 'node:assert/strict';
import {
  draftOf,
  stepAfter,
  stepBefore,
  stepsOf,
  targetOf,
  withBranch,
  withRepository,
} from '../../../../src/ui/create/createSessionModel';

const empty = draftOf(undefined);
const octo = { owner: 'octo', name: 'web' };
const answer = { text: '', key: 'k' };

describe('the steps of New Cloud Session', () => {
  it('are three, and two without a repository', () => {
    const some = withRepository(empty, octo, answer);
    assert.deepEqual(stepsOf(some), ['repository', 'branch', 'prompt']);
    assert.deepEqual(
      [stepAfter(some, 'repository'), stepAfter(some, 'branch'), stepAfter(some, 'prompt')],
      ['branch', 'prompt', undefined],
    );
    assert.deepEqual([stepBefore(some, 'repository'), stepBefore(some, 'prompt')], [undefined, 'branch']);
    const none = withRepository(empty, 'none', answer);
    assert.deepEqual(stepsOf(none), ['repository', 'prompt']);
    assert.equal(stepAfter(none, 'repository'), 'prompt');
    assert.equal(stepBefore(none, 'prompt'), 'repository');
  });
});

describe('the answers', () => {
  it('make a target of just what was said', () => {
    const some = withRepository(empty, octo, answer);
    assert.deepEqual(targetOf(some), { repository: octo });
    assert.deepEqual(targetOf(withBranch(some, 'dev', answer)), { repository: { ...octo, branch: 'dev' } });
    assert.deepEqual(targetOf(withBranch(withBranch(some, 'dev', answer), undefined, answer)), { repository: octo });
    assert.deepEqual(targetOf({ ...some, prompt: '  Fix it ' }), { repository: octo, prompt: '  Fix it ' });
    assert.deepEqual(targetOf({ ...some, prompt: ' \t ' }), { repository: octo });
    assert.deepEqual(targetOf(withRepository(withBranch(some, 'dev', answer), 'none', answer)), {});
  });

  it('keep the branch for the same repository, and forget it for another', () => {
    const some = withBranch(withRepository(empty, octo, answer), 'dev', { text: 'de', key: 'branch:dev' });
    const same = withRepository(some, { owner: 'Octo', name: 'WEB' }, answer);
    assert.deepEqual(same.branch, { text: 'de', key: 'branch:dev', value: 'dev' });
    assert.deepEqual(withRepository(some, { owner: 'octo', name: 'api' }, answer).branch, { text: '' });
  });

  it('propose the branch that is named with the repository', () => {
    const some = withRepository(empty, { ...octo, branch: 'dev' }, answer);
    assert.deepEqual(some.branch, { text: 'dev' });
    assert.deepEqual(withRepository(some, { ...octo, branch: 'main' }, answer).branch, { text: 'main' });
    assert.deepEqual(withRepository(some, octo, answer).branch, { text: '' });
  });

  it('start with what is given', () => {
    const draft = draftOf({ repository: { ...octo, branch: 'dev' }, prompt: 'Fix it' });
    assert.equal(draft.repository.text, 'octo/web');
    assert.equal(draft.prompt, 'Fix it');
    // The branch is proposed, and stays when the repository is confirmed.
    assert.equal(withRepository(draft, octo, answer).branch.text, 'dev');
    assert.equal(draftOf({ prompt: 'Fix it' }).repository.key, 'none');
  });
});

import assert from 'node:assert/strict';
import {
  isSameRepository,
  ownerProblem,
  repositoryNameProblem,
  repositoryOf,
} from '../../../../src/core/github/repository';

describe('isSameRepository', () => {
  it('does not mind the case', () => {
    assert.ok(isSameRepository({ owner: 'Octo', name: 'R' }, { owner: 'octo', name: 'r' }));
    assert.ok(!isSameRepository({ owner: 'octo', name: 'r' }, { owner: 'octo', name: 'r2' }));
    assert.ok(!isSameRepository({ owner: 'octo', name: 'r' }, { owner: 'octa', name: 'r' }));
  });
});

describe('repositoryOf', () => {
  it('takes a name with and without .git, and says what is wrong with all others', () => {
    assert.deepEqual(repositoryOf('octo', 'app.git'), { owner: 'octo', name: 'app' });
    assert.deepEqual(repositoryOf('octo', '.github'), { owner: 'octo', name: '.github' });
    for (const [owner, name, problem] of [
      ['', 'r', /owner is missing/],
      ['-o', 'r', /owner’s name has only/],
      ['o', '.git', /name of the repository is missing/],
      ['o', '..', /repository’s name has only/],
      ['o', 'r.wiki.git', /wiki/],
    ] as const) {
      const result = repositoryOf(owner, name);
      assert.match('problem' in result ? result.problem : '', problem, `${owner}/${name}`);
    }
    assert.equal(ownerProblem('octo'), undefined);
    assert.match(repositoryNameProblem('app.git') ?? '', /does not end with/);
  });
});

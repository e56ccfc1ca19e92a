import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fc from 'fast-check';
import { branchNameProblem, branchOfPath } from '../../../../src/core/github/branchName';

describe('branchNameProblem', () => {
  for (const name of ['main', 'feature/x', 'release/1.2', 'fix-#12', 'ünïcode', 'a.b', 'x@y', '@', '{x}', 'deadbeef']) {
    it(`accepts ${name}`, () => assert.equal(branchNameProblem(name), undefined));
  }

  const refused: Record<string, RegExp> = {
    '': /needs a name/,
    'a b': /spaces/,
    'a~b': /“~”/,
    'a\u0007b': /control characters/,
    '-a': /start with “-”/,
    'a//b': /“\/”/,
    '/a': /“\/”/,
    'a/': /“\/”/,
    'a..b': /contain “\.\.”/,
    'a/.b': /start with “\.”/,
    'a.': /end with “\.”/,
    'a.lock/b': /\.lock/,
    'a@{b': /“@\{”/,
    HEAD: /“HEAD”/,
    ['0123456789'.repeat(4)]: /commit’s id/,
  };
  for (const [name, problem] of Object.entries(refused)) {
    it(`refuses ${JSON.stringify(name)} and says why`, () => assert.match(branchNameProblem(name) ?? '', problem));
  }

  it('agrees with git', function () {
    if (spawnSync('git', ['--version']).status !== 0) {
      this.skip();
    }
    const part = fc.oneof(
      { weight: 3, arbitrary: fc.constantFrom('a', 'Z', '9', 'ü', '🚀', '%', '!', '(', '$', '"', '\u00a0', '\u200b') },
      { weight: 2, arbitrary: fc.constantFrom('.', '/', '@', '{', '-', '.lock', '..', '@{', '#', '}') },
      { weight: 1, arbitrary: fc.constantFrom(' ', '~', '^', ':', '?', '*', '[', '\\', '\t', '\x7f', '\x80') },
    );
    fc.assert(
      fc.property(fc.array(part, { minLength: 1, maxLength: 6 }), (parts) => {
        const name = parts.join('');
        // Not `--branch`, which expands `@{-1}` and the like. It also refuses a leading `-` and `HEAD`.
        const git = spawnSync('git', ['check-ref-format', `refs/heads/${name}`]);
        const isBranch = git.status === 0 && !name.startsWith('-');
        assert.equal(branchNameProblem(name) === undefined, isBranch);
      }),
      { numRuns: 500 },
    );
  });
});

describe('branchOfPath', () => {
  const known = ['main', 'feature', 'feature/x', 'feature/x-y'];

  it('finds the branch that a path starts with', () => {
    assert.equal(branchOfPath('main/src/a.ts', known), 'main');
    assert.equal(branchOfPath('feature/x', known), 'feature/x');
    assert.equal(branchOfPath('feature/x/src', known), 'feature/x');
    assert.equal(branchOfPath('feature/z', known), 'feature');
  });

  it('ends branches at slashes only', () => {
    assert.equal(branchOfPath('mainline/src', known), undefined);
    assert.equal(branchOfPath('feature/x-yz', ['feature/x', 'feature/x-y']), undefined);
  });
});

import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { SshTarget } from '../../../../src/core/github/gitRemote';
import { parseRepositoryInput } from '../../../../src/core/github/repositoryInput';

const LETTERS = 'abcXYZ019'.split('');
const owners = fc
  .tuple(fc.constantFrom(...LETTERS), fc.string({ unit: fc.constantFrom(...LETTERS, '-'), maxLength: 38 }))
  .map((parts) => parts.join(''));
const names = fc
  .string({ unit: fc.constantFrom(...LETTERS, '-', '_', '.'), minLength: 1, maxLength: 100 })
  .filter((name) => !/^\.{1,2}$|\.(git|wiki)$/i.test(name));
const hosts = fc.constantFrom('github.com', 'acme.ghe.com', 'ghes.example.com', 'git.internal', 'work', '[fd00::1]');

describe('parseRepositoryInput', () => {
  const repository = { owner: 'o', name: 'r' };
  const at = (host: string, ssh?: SshTarget) => ({
    ...repository,
    remote: { ...repository, host, ...(ssh && { ssh }) },
  });
  const forms: Record<string, object> = {
    'o/r': repository,
    ' o/r ': repository,
    'o/r/': repository,
    'o/r.git': repository,
    'o/r#123': repository,
    'o/r@main': { ...repository, branch: 'main' },
    'o/r@feature/x@2': { ...repository, branch: 'feature/x@2' },
    'github.com/o/r': at('github.com'),
    'https://github.com/o/r': at('github.com'),
    'https://github.com/o/r.git': at('github.com'),
    'https://github.com/o/r?tab=readme-ov-file#install': at('github.com'),
    'https://user:token@github.com/o/r': at('github.com'),
    'https://github.com/o/r/issues': at('github.com'),
    'https://github.com/o/r/issues/12#issuecomment-3': at('github.com'),
    'https://github.com/o/r/pull/7/files': at('github.com'),
    'https://github.com/o/r/constructor/x': at('github.com'),
    'https://github.com/o/r/tree/main': { ...at('github.com'), branch: 'main', refPath: 'main' },
    'https://github.com/o/r/tree/feature/x': {
      ...at('github.com'),
      branch: 'feature/x',
      refPath: 'feature/x',
    },
    'https://github.com/o/r/tree/fix%23%31': { ...at('github.com'), branch: 'fix#1', refPath: 'fix#1' },
    'https://github.com/o/r/blob/main/src/a.ts#L3': {
      ...at('github.com'),
      branch: 'main',
      refPath: 'main/src/a.ts',
    },
    [`https://github.com/o/r/tree/${'0123456789'.repeat(4)}`]: at('github.com'),
    'https://acme.ghe.com/o/r/pull/1': at('acme.ghe.com'),
    'git@github.com:o/r.git': at('github.com', { host: 'github.com', user: 'git' }),
    'ssh://git@ssh.github.com:443/o/r.git': at('ssh.github.com', { host: 'ssh.github.com', user: 'git', port: '443' }),
    'work:o/r': at('work', { host: 'work' }),
    'git@Work:o/r': at('work', { host: 'Work', user: 'git' }),
    'git clone https://github.com/o/r.git': at('github.com'),
    'gh repo clone o/r': repository,
    '<https://github.com/o/r>': at('github.com'),
    '"o/r"': repository,
  };
  for (const [text, expected] of Object.entries(forms)) {
    it(`reads ${JSON.stringify(text)}`, () => {
      assert.deepEqual(parseRepositoryInput(text), { repository: expected });
    });
  }

  const wrong: Record<string, RegExp> = {
    '': /No repository is named/,
    r: /owner is missing/,
    'a word': /not a repository’s name/,
    '/r': /owner is missing/,
    'o/': /name of the repository is missing/,
    'o/.git': /name of the repository is missing/,
    'o/r/x': /too many parts/,
    '-o/r': /owner’s name has only letters/,
    'o.x/r': /owner’s name has only letters/,
    [`${'o'.repeat(40)}/r`]: /at most 39/,
    'o/r r': /repository’s name has only/,
    'o/rä': /repository’s name has only/,
    'o/..': /repository’s name has only/,
    [`o/${'r'.repeat(101)}`]: /at most 100/,
    'o/r.wiki': /wiki/,
    'o/r@': /branch needs a name/,
    'o/r@a b': /spaces/,
    [`o/${'.'.repeat(5_000_000)}`]: /too long/,
    'https://github.com/o': /page of GitHub/,
    'https://github.com/copilot/tasks/0123': /page of GitHub/,
    'https://github.com/orgs/o/repositories': /page of GitHub/,
    'https://github.com/o/r.wiki': /wiki/,
    'https://gitlab.com/o/r': /not the address of a page on GitHub/,
    'https://': /not the address/,
    'git@gitlab.com:o/r': /not the address of a GitHub repository/,
    'file:///home/me/r': /not the address of a GitHub repository/,
    'C:\\src\\r': /not the address of a GitHub repository/,
    'javascript:alert(1)': /not the address of a GitHub repository/,
  };
  for (const [text, problem] of Object.entries(wrong)) {
    it(`says what is wrong with ${JSON.stringify(text).slice(0, 50)}`, () => {
      const result = parseRepositoryInput(text);
      assert.match(result.problem ?? '', problem);
    });
  }

  it('reads every owner/name@branch that it can write', () => {
    const branches = fc
      .stringMatching(/^[a-z\d][a-z\d_@#]{0,8}(\/[a-z\d][a-z\d-]{0,8})?$/)
      .filter((b) => !/#\d+$/.test(b));
    fc.assert(
      fc.property(owners, names, fc.option(branches, { nil: undefined }), (owner, name, branch) => {
        assert.deepEqual(parseRepositoryInput(`${owner}/${name}${branch === undefined ? '' : `@${branch}`}`), {
          repository: { owner, name, ...(branch === undefined ? {} : { branch }) },
        });
      }),
    );
  });

  it('never says anything of a secret in a URL', () => {
    const secret = 's3cretT0ken';
    const paths = fc.array(fc.constantFrom('o', 'r', '-', '..', 'tree', 'a b', '', '%', '?', '#', '@', ':'));
    const starts = fc.constantFrom('https://u:', 'ssh://u:', 'git://', 'u:', 'https://', 'file://u:', 'x');
    fc.assert(
      fc.property(starts, hosts, paths, (start, host, path) => {
        const result = parseRepositoryInput(`${start}${secret}@${host}/${path.join('/')}`);
        assert.ok(!JSON.stringify(result).includes(secret));
      }),
    );
  });

  it('never throws', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const { repository: found, problem } = parseRepositoryInput(text);
        assert.notEqual(found === undefined, problem === undefined);
      }),
    );
  });
});

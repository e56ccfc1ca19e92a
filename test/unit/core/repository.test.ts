import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  isSameRepository,
  normalizeHost,
  parseRemoteUrl,
  parseRepositoryInput,
  relateHost,
} from '../../../src/core/repository';

const LETTERS = 'abcXYZ019'.split('');
const owners = fc
  .tuple(fc.constantFrom(...LETTERS), fc.string({ unit: fc.constantFrom(...LETTERS, '-'), maxLength: 38 }))
  .map((parts) => parts.join(''));
const names = fc
  .string({ unit: fc.constantFrom(...LETTERS, '-', '_', '.'), minLength: 1, maxLength: 100 })
  .filter((name) => !/^\.{1,2}$|\.(git|wiki)$/i.test(name));
const hosts = fc.constantFrom('github.com', 'acme.ghe.com', 'ghes.example.com', 'git.internal', 'work', '[fd00::1]');
const users = fc.constantFrom('', 'git@', 'org-123@', 'someone:s3cret-t0ken@', 'x-access-token:ghs_0123456789abcdef@');

describe('parseRemoteUrl', () => {
  const forms: Record<string, string> = {
    'https://github.com/o/r': 'github.com',
    'https://github.com/o/r.git': 'github.com',
    'https://github.com/o/r/': 'github.com',
    'https://github.com/o/r.git/': 'github.com',
    'http://github.com/o/r': 'github.com',
    'https://www.github.com/o/r': 'github.com',
    'HTTPS://GitHub.COM/o/r': 'github.com',
    'https://github.com:443/o/r': 'github.com',
    'https://github.com./o/r': 'github.com',
    'https://github.com//o//r': 'github.com',
    'https://user@github.com/o/r.git': 'github.com',
    'https://user:token@github.com/o/r.git': 'github.com',
    'https://x-access-token:ghp_abc%40def@github.com/o/r': 'github.com',
    ' https://github.com/o/r\n': 'github.com',
    'git@github.com:o/r.git': 'github.com',
    'git@github.com:o/r': 'github.com',
    'git@github.com:/o/r.git': 'github.com',
    'git@GitHub.com:o/r.git/': 'github.com',
    'github.com:o/r': 'github.com',
    'org-123@github.com:o/r.git': 'github.com',
    'git@ssh.github.com:o/r.git': 'github.com',
    'ssh://git@github.com/o/r': 'github.com',
    'ssh://git@github.com:22/o/r': 'github.com',
    'ssh://git@ssh.github.com:443/o/r.git': 'github.com',
    'ssh://org-123@github.com/o/r.git': 'github.com',
    'git://github.com/o/r.git': 'github.com',
    'git+ssh://git@github.com/o/r.git': 'github.com',
    'ssh+git://git@github.com/o/r.git': 'github.com',
    'git+https://github.com/o/r.git': 'github.com',
    'https://acme.ghe.com/o/r': 'acme.ghe.com',
    'acme@acme.ghe.com:o/r.git': 'acme.ghe.com',
    'https://ghes.example.com/o/r.git': 'ghes.example.com',
    'https://ghes.example.com:8443/o/r.git': 'ghes.example.com',
    'git@ghes.example.com:o/r.git': 'ghes.example.com',
    'ssh://git@ghes.example.com:122/o/r.git': 'ghes.example.com',
    'https://10.0.0.7/o/r': '10.0.0.7',
    'ssh://git@[fd00::1]:22/o/r': '[fd00::1]',
    'git@[fd00::1]:o/r.git': '[fd00::1]',
    'work:o/r.git': 'work',
    'git@github.com-work:o/r.git': 'github.com-work',
  };
  for (const [url, host] of Object.entries(forms)) {
    it(`reads ${JSON.stringify(url)}`, () => {
      assert.deepEqual(parseRemoteUrl(url), { host, owner: 'o', name: 'r' });
    });
  }

  it('decodes what is percent-encoded in URLs, and only there', () => {
    assert.deepEqual(parseRemoteUrl('https://github.com/o%2Dx/r%2Ejs.git'), {
      host: 'github.com',
      owner: 'o-x',
      name: 'r.js',
    });
    assert.equal(parseRemoteUrl('git@github.com:o%2Dx/r'), undefined);
    assert.equal(parseRemoteUrl('https://github.com/o%2Fx/r'), undefined);
    assert.equal(parseRemoteUrl('https://github.com/o/%E0%A4%A'), undefined);
  });

  it('keeps the case and the dots of names', () => {
    assert.deepEqual(parseRemoteUrl('git@github.com:Octo-Org/.github.git'), {
      host: 'github.com',
      owner: 'Octo-Org',
      name: '.github',
    });
    assert.equal(parseRemoteUrl('https://github.com/o/Chart.js.git')?.name, 'Chart.js');
    assert.equal(parseRemoteUrl('https://github.com/someone_acme/r')?.owner, 'someone_acme');
  });

  const others = [
    '',
    'o/r',
    '/home/me/o/r',
    './o/r',
    '../o/r.git',
    '~/o/r',
    'C:\\src\\o\\r',
    'C:/o/r',
    'c:o/r',
    '\\\\server\\o\\r',
    '//server/o/r',
    'file:///o/r',
    'file://host/o/r',
    'ext::ssh git@github.com o/r',
    'gcrypt::git@github.com:o/r',
    'codecommit://o/r',
    'ftp://github.com/o/r',
    'https://github.com',
    'https://github.com/o',
    'https://github.com/o/.git',
    'https://github.com/o/..',
    'https://github.com/-o/r',
    'https://github.com/o/r.wiki.git',
    'https://github.com/o/r/tree/main',
    'https://github.com/o/r r',
    'https://gist.github.com/o/0123456789abcdef',
    'https://raw.githubusercontent.com/o/r',
    'https://api.github.com/o/r',
    'https://gitlab.com/o/r.git',
    'https://gitlab.example.com/o/r.git',
    'git@gitlab.com:o/r.git',
    'https://bitbucket.org/o/r',
    'git@bitbucket.org:o/r.git',
    'https://dev.azure.com/org/project/_git/r',
    'git@ssh.dev.azure.com:v3/org/project/r',
    'https://org.visualstudio.com/project/_git/r',
    'https://codeberg.org/o/r',
    'https://git-codecommit.eu-west-1.amazonaws.com/v1/repos/r',
    'https://ghes.example.com/prefix/o/r.git',
    'ssh://git@github.com:o/r.git',
    'git@-oProxyCommand=x:o/r',
    'someone:s3cret@github.com:o/r',
    `https://github.com/o/${'r'.repeat(3000)}`,
  ];
  for (const url of others) {
    it(`refuses ${JSON.stringify(url).slice(0, 60)}`, () => assert.equal(parseRemoteUrl(url), undefined));
  }

  it('reads every repository in every form, and shows nothing of the user', () => {
    fc.assert(
      fc.property(hosts, users, owners, names, fc.nat(6), (host, user, owner, name, form) => {
        const url = [
          `https://${user}${host}/${owner}/${name}`,
          `https://${user}${host}:8443/${owner}/${name}.git/`,
          `ssh://${user}${host}:22/${owner}/${name}.git`,
          `git+ssh://${user}${host.toUpperCase()}/${owner}/${name}`,
          `${user.includes(':') ? '' : user}${host}:${owner}/${name}.git`,
          `${user.includes(':') ? '' : user}${host.toUpperCase()}:/${owner}/${name}/`,
          `git://${host}/${owner}/${name}`,
        ][form]!;
        assert.deepEqual(parseRemoteUrl(url), { host, owner, name });
      }),
    );
  });

  it('gives a clean name for any text, or nothing', () => {
    const text = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.webUrl({ withQueryParameters: true, withFragments: true }),
      fc
        .array(fc.constantFrom('git', '@', ':', '//', '/', 'github.com', '.git', 'o', '%', '\\', '::', '..'))
        .map((all) => all.join('')),
    );
    fc.assert(
      fc.property(text, (url) => {
        const result = parseRemoteUrl(url);
        if (result !== undefined) {
          assert.match(result.owner, /^[A-Za-z\d][\w-]{0,38}$/);
          assert.match(result.name, /^[\w.-]{1,100}$/);
          assert.match(result.host, /^[a-z\d_][a-z\d_.-]*$|^\[[\da-f:.]+\]$/);
        }
      }),
      { numRuns: 500 },
    );
  });
});

describe('parseRepositoryInput', () => {
  const repository = { owner: 'o', name: 'r' };
  const forms: Record<string, object> = {
    'o/r': repository,
    ' o/r ': repository,
    'o/r/': repository,
    'o/r.git': repository,
    'o/r#123': repository,
    'o/r@main': { ...repository, branch: 'main' },
    'o/r@feature/x@2': { ...repository, branch: 'feature/x@2' },
    'github.com/o/r': { ...repository, host: 'github.com' },
    'https://github.com/o/r': { ...repository, host: 'github.com' },
    'https://github.com/o/r.git': { ...repository, host: 'github.com' },
    'https://github.com/o/r?tab=readme-ov-file#install': { ...repository, host: 'github.com' },
    'https://user:token@github.com/o/r': { ...repository, host: 'github.com' },
    'https://github.com/o/r/issues': { ...repository, host: 'github.com' },
    'https://github.com/o/r/issues/12#issuecomment-3': { ...repository, host: 'github.com' },
    'https://github.com/o/r/pull/7/files': { ...repository, host: 'github.com' },
    'https://github.com/o/r/constructor/x': { ...repository, host: 'github.com' },
    'https://github.com/o/r/tree/main': { ...repository, host: 'github.com', branch: 'main', refPath: 'main' },
    'https://github.com/o/r/tree/feature/x': {
      ...repository,
      host: 'github.com',
      branch: 'feature/x',
      refPath: 'feature/x',
    },
    'https://github.com/o/r/tree/fix%23%31': { ...repository, host: 'github.com', branch: 'fix#1', refPath: 'fix#1' },
    'https://github.com/o/r/blob/main/src/a.ts#L3': {
      ...repository,
      host: 'github.com',
      branch: 'main',
      refPath: 'main/src/a.ts',
    },
    [`https://github.com/o/r/tree/${'0123456789'.repeat(4)}`]: { ...repository, host: 'github.com' },
    'https://acme.ghe.com/o/r/pull/1': { ...repository, host: 'acme.ghe.com' },
    'git@github.com:o/r.git': { ...repository, host: 'github.com' },
    'ssh://git@ssh.github.com:443/o/r.git': { ...repository, host: 'github.com' },
    'work:o/r': { ...repository, host: 'work' },
    'git clone https://github.com/o/r.git': { ...repository, host: 'github.com' },
    'gh repo clone o/r': repository,
    '<https://github.com/o/r>': { ...repository, host: 'github.com' },
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

describe('relateHost', () => {
  const relations: readonly [string, string, string][] = [
    ['github.com', 'github.com', 'same'],
    ['github.com', 'https://GitHub.com/', 'same'],
    ['acme.ghe.com', 'ACME.ghe.com', 'same'],
    ['acme.ghe.com', 'github.com', 'other'],
    ['github.com', 'acme.ghe.com', 'other'],
    ['10.0.0.7', 'github.com', 'other'],
    ['[fd00::1]', 'github.com', 'other'],
    ['localhost', 'github.com', 'other'],
    ['xn--bcher-kva.example.xn--p1ai', 'github.com', 'other'],
    ['work', 'github.com', 'alias'],
    ['github.com-work', 'github.com', 'alias'],
    ['me.github', 'github.com', 'other'],
  ];
  for (const [host, runtimeHost, relation] of relations) {
    it(`${host} is ${relation} to ${runtimeHost}`, () => assert.equal(relateHost(host, runtimeHost), relation));
  }
});

describe('normalizeHost', () => {
  it('takes a host out of what GH_HOST may be', () => {
    for (const text of [
      'acme.ghe.com',
      ' ACME.ghe.com ',
      'https://acme.ghe.com/',
      'acme.ghe.com:443',
      'acme.ghe.com.',
    ]) {
      assert.equal(normalizeHost(text), 'acme.ghe.com');
    }
    assert.equal(normalizeHost('[fd00::1]:22'), '[fd00::1]');
  });
});

describe('isSameRepository', () => {
  it('does not mind the case', () => {
    assert.ok(isSameRepository({ owner: 'Octo', name: 'R' }, { owner: 'octo', name: 'r' }));
    assert.ok(!isSameRepository({ owner: 'octo', name: 'r' }, { owner: 'octo', name: 'r2' }));
    assert.ok(!isSameRepository({ owner: 'octo', name: 'r' }, { owner: 'octa', name: 'r' }));
  });
});

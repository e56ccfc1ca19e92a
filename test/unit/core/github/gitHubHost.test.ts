import assert from 'node:assert/strict';
import fc from 'fast-check';
import { GitHubHost, gitHubHostOf, pinnedHost } from '../../../../src/core/github/gitHubHost';
import { runtimeEnvironment } from '../../../../src/runtime/platform/environment';

const nameOf = (text: string) => GitHubHost.read(text, 'GH_HOST')?.host?.name;

describe('a GitHub host', () => {
  const spellings: Readonly<Record<string, readonly string[]>> = {
    'github.com': [
      'github.com',
      'GitHub.COM',
      'https://github.com',
      'https://github.com/',
      'HTTPS://GITHUB.COM/octo/app?x#y',
      'http://github.com',
      'http://github.com:80/',
      'github.com:443',
      'github.com.',
      'github.com/',
      'www.github.com',
      'api.github.com',
      'https://api.github.com/',
      'ssh.github.com',
      ' github.com\n',
      'ｇｉｔｈｕｂ.com',
    ],
    'acme.ghe.com': [
      'acme.ghe.com',
      'https://acme.ghe.com/',
      'acme.ghe.com/',
      'acme.ghe.com:443',
      'https://acme.ghe.com:443/',
      'ACME.GHE.com',
      'acme.ghe.com.',
      'www.acme.ghe.com',
      'api.acme.ghe.com',
      'https://api.acme.ghe.com/api/v3',
      'http://acme.ghe.com',
    ],
    'xn--bcher-kva.ghe.com': ['bücher.ghe.com', 'https://BÜCHER.ghe.com/', 'xn--bcher-kva.ghe.com'],
    'ghes.example.com': [
      'ghes.example.com',
      'https://GHES.example.com/',
      'api.ghes.example.com',
      'ghes.example.com:443',
    ],
    'ghes.example.com:8443': ['ghes.example.com:8443', 'https://ghes.example.com:8443/', 'GHES.example.com.:8443'],
    'www.ghes.example.com': ['www.ghes.example.com'],
    ghes: ['ghes', 'https://ghes/'],
    localhost: ['localhost'],
    '10.0.0.7': ['10.0.0.7', 'https://10.0.0.7/'],
    '[fd00::1]': ['[fd00::1]', 'https://[FD00::1]/'],
    '[fd00::1]:8443': ['[fd00::1]:8443'],
    'github.com.evil.example': ['github.com.evil.example'],
    'notgithub.com': ['notgithub.com'],
    'xn--gthub-n2e.com': ['gіthub.com'],
  };
  for (const [name, texts] of Object.entries(spellings)) {
    it(`${name} is one, in ${texts.length} spellings`, () => {
      for (const text of texts) {
        assert.equal(nameOf(text), name, JSON.stringify(text));
        assert.ok(GitHubHost.read(text, '')?.host?.equals(GitHubHost.read(name, '')?.host));
      }
    });
  }

  it('is absent where nothing is said', () => {
    for (const text of ['', ' ', '\t\n']) {
      assert.equal(GitHubHost.read(text, 'GH_HOST'), undefined);
    }
  });

  const garbage = [
    'not a host',
    'https://',
    'http://',
    '://github.com',
    'ssh://github.com',
    'git@github.com',
    'https://user:s3cret@github.com',
    '@github.com',
    'github.com\\@evil.example',
    'github.com\u0000',
    'git\u202ehub.com',
    'a\nb.example',
    'acme..ghe.com',
    '-x.example',
    'x-.example',
    'https://https://github.com',
    'ghe.com',
    'api.ghe.com',
    'www.api.ghe.com',
    'a.acme.ghe.com',
    'gist.github.com',
    'github.com:8443',
    'github.com:99999',
    'github.com:x',
    '$(id)',
    '`id`',
    "'github.com'",
    '"github.com"',
    '<github.com>',
    '{"a":1}',
    '..',
    '[::1',
    `${'a'.repeat(64)}.example`,
    'a.'.repeat(200),
    'x'.repeat(10_000),
  ];
  for (const text of garbage) {
    it(`is not what ${JSON.stringify(text).slice(0, 40)} says, in a sentence that helps`, () => {
      const reading = GitHubHost.read(text, 'GH_HOST');
      assert.match(reading?.problem ?? '', /^GH_HOST .*\. Write the name of the host alone, such as .*\.$/s);
      assert.ok(!reading?.problem?.includes('s3cret'));
    });
  }

  it('is read from any text, or refused', () => {
    const text = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.webUrl(),
      fc.domain(),
      fc
        .array(
          fc.constantFrom('api.', 'www.', 'github.com', '.ghe.com', 'acme', ':', '443', '/', '@', '.', 'https://', ' '),
        )
        .map((all) => all.join('')),
    );
    fc.assert(
      fc.property(text, (input) => {
        const host = GitHubHost.read(input, 'GH_HOST')?.host;
        if (host !== undefined) {
          assert.match(host.name, /^([a-z\d_][a-z\d_.-]*|\[[\da-f:.]+\])(:\d+)?$/);
          assert.equal(nameOf(host.name), host.name, 'its name is one of its spellings');
          assert.equal(nameOf(host.webBase), host.name);
        }
      }),
      { numRuns: 1_000 },
    );
  });

  it('knows where its pages, its API and its repositories are, and who has its accounts', () => {
    const facts = (text: string) => {
      const { host } = GitHubHost.read(text, '')!;
      return host && [host.kind, host.webBase, host.apiBase, host.hosts('ssh'), host.accountProvider];
    };
    assert.deepEqual(facts('github.com'), [
      'github.com',
      'https://github.com',
      'https://api.github.com',
      ['github.com', 'ssh.github.com', 'www.github.com'],
      'github',
    ]);
    assert.deepEqual(facts('acme.ghe.com'), [
      'ghe.com',
      'https://acme.ghe.com',
      'https://api.acme.ghe.com',
      ['acme.ghe.com', 'ssh.acme.ghe.com', 'www.acme.ghe.com'],
      'github-enterprise',
    ]);
    assert.deepEqual(facts('ghes.example.com:8443'), [
      'server',
      'https://ghes.example.com:8443',
      'https://ghes.example.com:8443/api/v3',
      ['ghes.example.com'],
      'github-enterprise',
    ]);
    for (const text of ['github.com.example', 'mygithub.com', 'octo.ghe.com']) {
      assert.equal(GitHubHost.read(text, '')?.host?.accountProvider, 'github-enterprise', text);
    }
  });

  it('serves repositories at its own names, and at no other', () => {
    const serving = (name: string, transport: 'web' | 'ssh') => GitHubHost.serving(name, transport)?.name;
    for (const name of ['github.com', 'www.github.com']) {
      assert.equal(serving(name, 'web'), 'github.com');
    }
    assert.equal(serving('ssh.github.com', 'ssh'), 'github.com');
    assert.equal(serving('ssh.acme.ghe.com', 'ssh'), 'acme.ghe.com');
    for (const name of [
      'ssh.github.com',
      'api.github.com',
      'gist.github.com',
      'ghes.example.com',
      'ghe.com',
      'github.com:8443',
      '',
    ]) {
      assert.equal(serving(name, 'web'), undefined, name);
    }
    assert.equal(serving('api.github.com', 'ssh'), undefined);
  });
});

describe('the host of an environment', () => {
  const of = (environment: Record<string, string>, ignoreCase = false) => {
    const { host, problem } = gitHubHostOf(environment, ignoreCase);
    return host?.name ?? problem;
  };

  it('is COPILOT_GH_HOST, then GH_HOST, then github.com; what is empty is absent', () => {
    assert.equal(of({}), 'github.com');
    assert.equal(of({ GH_HOST: 'a.ghe.com' }), 'a.ghe.com');
    assert.equal(of({ GH_HOST: 'a.ghe.com', COPILOT_GH_HOST: 'b.ghe.com' }), 'b.ghe.com');
    assert.equal(of({ GH_HOST: 'a.ghe.com', COPILOT_GH_HOST: '' }), 'a.ghe.com');
    assert.equal(of({ GH_HOST: '' }), 'github.com');
    assert.equal(of({ GITHUB_SERVER_URL: 'https://acme.ghe.com' }), 'github.com', 'the runtime does not read it');
    // An invalid value is not skipped: the next variable could name a host that the runtime does not use.
    assert.match(of({ GH_HOST: 'a.ghe.com', COPILOT_GH_HOST: 'no host' }) ?? '', /^COPILOT_GH_HOST is not/);
  });

  it('is that of the environment that the runtime gets, not of the settings and of ours apart', () => {
    const started = (
      inherited: Record<string, string>,
      extra: Record<string, string>,
      platform: NodeJS.Platform = 'linux',
    ) => of(runtimeEnvironment(inherited, { extra, platform }), platform === 'win32');
    assert.equal(started({ COPILOT_GH_HOST: 'b.ghe.com' }, { GH_HOST: 'a.ghe.com' }), 'b.ghe.com');
    assert.equal(started({ COPILOT_GH_HOST: 'b.ghe.com' }, { COPILOT_GH_HOST: '' }), 'github.com');
    assert.equal(started({ GH_HOST: 'b.ghe.com' }, { GH_HOST: '' }), 'github.com');
    assert.equal(started({ GH_HOST: 'b.ghe.com', COPILOT_GH_HOST: '' }, {}), 'b.ghe.com');
    assert.equal(started({ GH_HOST: 'b.ghe.com' }, { gh_host: 'a.ghe.com' }), 'b.ghe.com');
    assert.equal(started({ GH_HOST: 'b.ghe.com' }, { gh_host: 'a.ghe.com' }, 'win32'), 'a.ghe.com');
  });

  it('has names without case where the system has', () => {
    assert.equal(of({ gh_host: 'a.ghe.com' }), 'github.com');
    assert.equal(of({ gh_host: 'a.ghe.com' }, true), 'a.ghe.com');
    assert.equal(of({ Copilot_Gh_Host: 'b.ghe.com', GH_HOST: 'a.ghe.com' }, true), 'b.ghe.com');
  });

  it('is pinned where the runtime would read another one out of the spelling', () => {
    for (const environment of [{}, { GH_HOST: '' }, { GH_HOST: 'acme.ghe.com' }, { GH_HOST: 'no host' }]) {
      assert.deepEqual(pinnedHost(environment, false), {}, JSON.stringify(environment));
    }
    for (const [environment, name] of [
      [{ GH_HOST: 'http://acme.ghe.com' }, 'acme.ghe.com'],
      [{ GH_HOST: ' acme.ghe.com ' }, 'acme.ghe.com'],
      [{ GH_HOST: 'www.github.com' }, 'github.com'],
      [{ COPILOT_GH_HOST: ' ', GH_HOST: 'acme.ghe.com' }, 'acme.ghe.com'],
      [{ COPILOT_GH_HOST: ' ' }, 'github.com'],
      [{ COPILOT_GH_HOST: 'HTTPS://A.ghe.com/', GH_HOST: 'b.ghe.com' }, 'a.ghe.com'],
    ] as const) {
      assert.deepEqual(pinnedHost(environment, false), { COPILOT_GH_HOST: name }, JSON.stringify(environment));
      assert.equal(of({ ...environment, ...pinnedHost(environment, false) }), name);
    }
  });
});

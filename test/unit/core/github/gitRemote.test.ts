import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  hostOfRemote,
  isForeign,
  readRemote,
  sshQuestion,
  type RemoteReading,
} from '../../../../src/core/github/gitRemote';
import { REMOTES, SSH_ANSWERS } from './remotes';

/** In the format of the table: the repository, and its kind or host. */
function tableRow(reading: RemoteReading): readonly [string, string] {
  if (reading.kind !== 'repository') {
    return ['', reading.kind];
  }
  const { repository } = reading;
  const what = sshQuestion(repository) === undefined ? hostOfRemote(repository) : 'alias';
  return [`${repository.owner}/${repository.name}`, what];
}

describe('a remote', () => {
  for (const [url, repository, what] of REMOTES) {
    it(`${JSON.stringify(url).slice(0, 70)} is ${what}`, () => {
      assert.deepEqual(tableRow(readRemote(url)), [repository, what]);
    });
  }

  it('is in the table once, in more than 200 forms', () => {
    assert.equal(new Set(REMOTES.map(([url]) => url)).size, REMOTES.length);
    assert.ok(REMOTES.length >= 200);
  });

  it('is a folder on Windows, where one letter is a drive', () => {
    for (const url of ['c:octo/app', 'C:/octo/app', 'w:octo/app']) {
      assert.equal(readRemote(url).kind, 'repository', url);
      assert.equal(readRemote(url, { drives: true }).kind, 'none', url);
    }
    assert.equal(readRemote('git@w:octo/app', { drives: true }).kind, 'repository');
  });

  it('hands to SSH nothing but what SSH needs, as it is written', () => {
    const question = (url: string) => {
      const reading = readRemote(url);
      return reading.kind === 'repository' ? sshQuestion(reading.repository) : undefined;
    };
    assert.deepEqual(question('git@Work:o/r'), { host: 'Work', user: 'git' });
    assert.deepEqual(question('[git@work:443]:o/r'), { host: 'work', user: 'git', port: '443' });
    assert.deepEqual(question('ssh://me@[work:2222]/o/r'), { host: 'work', user: 'me', port: '2222' });
    assert.deepEqual(question('ssh://someone:s3cret@work/o/r'), { host: 'work' });
    assert.deepEqual(question('ssh://-lroot@work/o/r'), { host: 'work' });
    assert.deepEqual(question('https://work/o/r'), undefined);
    assert.deepEqual(question('git://work/o/r'), undefined);
  });

  it('is where SSH says', () => {
    const at = (url: string, answer?: string) => {
      const reading = readRemote(url);
      assert.ok(reading.kind === 'repository');
      return hostOfRemote(reading.repository, answer);
    };
    assert.equal(at('git@work:o/r', 'ssh.github.com'), 'github.com');
    assert.equal(at('git@work:o/r', 'GitHub.com.'), 'github.com');
    assert.equal(at('git@work:o/r', 'ssh.acme.ghe.com'), 'acme.ghe.com');
    assert.equal(at('git@work:o/r', 'ghes.example.com'), 'ghes.example.com');
    assert.equal(at('git@work:o/r'), 'work');
    assert.ok(isForeign(at('git@work:o/r', 'gitlab.example.com')));
    assert.ok(isForeign(at('git@gist.github.com:o/r', 'gist.github.com')));
    assert.ok(!isForeign(at('git@gitlab.work:o/r', SSH_ANSWERS['gitlab.work'])));
  });

  it('is one clean name in one form, whatever the text', () => {
    const text = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.webUrl({ withQueryParameters: true, withFragments: true }),
      fc
        .array(
          fc.constantFrom(
            'git',
            '@',
            ':',
            '//',
            '/',
            'github.com',
            '.git',
            'o',
            '%',
            '\\',
            '::',
            '..',
            '[',
            ']',
            '-o',
            '%40',
          ),
        )
        .map((all) => all.join('')),
      fc
        .constantFrom(...REMOTES.map(([url]) => url))
        .chain((url) =>
          fc
            .tuple(fc.nat(url.length), fc.string({ unit: 'binary', maxLength: 3 }))
            .map(([at, more]) => url.slice(0, at) + more + url.slice(at)),
        ),
    );
    fc.assert(
      fc.property(text, (url) => {
        const reading = readRemote(url);
        if (reading.kind === 'repository') {
          const { owner, name, host, ssh } = reading.repository;
          assert.match(owner, /^[A-Za-z\d][\w-]{0,38}$/);
          assert.match(name, /^[\w.-]{1,100}$/);
          assert.match(host, /^[a-z\d_][a-z\d_.-]*(:\d+)?$|^\[[\da-f:.]+\](:\d+)?$/);
          assert.ok(ssh === undefined || ssh.host.toLowerCase().replace(/\.$/, '') === host);
          assert.ok(ssh?.user === undefined || /^\w[\w.-]*$/.test(ssh.user));
          assert.ok(ssh?.port === undefined || /^\d+$/.test(ssh.port));
        }
      }),
      { numRuns: 1_000 },
    );
  });

  it('says nothing of a secret in it', () => {
    const forms = [
      'https://u:s3cret@github.com/o/r',
      'ssh://u:s3cret@work/o/r',
      'https://s3cret@gitlab.com/o/r',
      'u:s3cret@work:o/r',
    ];
    for (const url of forms) {
      assert.ok(!JSON.stringify(readRemote(url)).includes('s3cret'), url);
    }
  });
});

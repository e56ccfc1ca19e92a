import assert from 'node:assert/strict';
import { formatTime } from '../../../src/core/common/localTime';
import { eventually } from '../../support/eventually';
import { ScriptedGitHub, type GitHubAnswer, type GitHubRequest } from '../../support/scriptedGitHub';
import { clientOf, failure, REPOSITORY, TOKEN } from './client';

const APP = { name: 'app', owner: { login: 'octo' }, default_branch: 'main', html_url: 'https://github.com/octo/app' };
/** GitHub's clock, which is a year behind, and a time by it. */
const DATE = 'Thu, 02 Jan 2025 03:04:05 GMT';
const inSeconds = (seconds: number): string => String(Date.parse(DATE) / 1000 + seconds);

describe('requests to GitHub', () => {
  let github: ScriptedGitHub;

  beforeEach(async () => {
    github = await ScriptedGitHub.start();
    github.script = () => ({ body: APP });
  });

  afterEach(() => github.dispose());

  it('say who asks, for whom, and for which version', async () => {
    await clientOf(github).repository(REPOSITORY);
    const { headers, method } = github.requests[0]!;
    assert.deepEqual(
      [method, headers.authorization, headers['user-agent'], headers.accept, headers['x-github-api-version']],
      ['GET', `Bearer ${TOKEN}`, 'cloud-sessions/test', 'application/vnd.github+json', '2022-11-28'],
    );
  });

  it('are at most four at a time', async () => {
    const held: (() => void)[] = [];
    github.script = () => (response) => held.push(() => response.end(JSON.stringify(APP)));
    const client = clientOf(github);
    const calls = Promise.all(Array.from({ length: 10 }, async () => await client.repository(REPOSITORY)));
    let answered = 0;
    while (answered < 10) {
      await eventually(
        'the next request',
        () => held.length,
        (count) => count > 0,
      );
      const expected = Math.min(4, 10 - answered);
      await eventually(
        'as many as may be',
        () => held.length,
        (count) => count === expected,
      );
      assert.equal(client.requests.sent, answered + expected);
      held.shift()?.();
      answered++;
    }
    assert.equal((await calls).length, 10);
  });

  describe('that are redirected', () => {
    it('follow a renamed repository, and report its name', async () => {
      github.script = ({ url }) =>
        url === '/repositories/42'
          ? { body: { ...APP, name: 'new', owner: { login: 'Acme' }, permissions: { push: true } } }
          : { status: 301, headers: { location: `${github.url}/repositories/42` } };
      assert.deepEqual(await clientOf(github).repository(REPOSITORY), {
        owner: 'Acme',
        name: 'new',
        defaultBranch: 'main',
        isRenamed: true,
        url: 'https://github.com/octo/app',
        canPush: true,
      });
      github.script = () => ({ body: { ...APP, name: 'App' } });
      assert.equal((await clientOf(github).repository(REPOSITORY)).isRenamed, false);
    });

    it('are made again as they were', async () => {
      github.script = ({ url }) =>
        url === '/repositories/42/pulls?x=a:b'
          ? { status: 422, body: { message: 'Said by the second' } }
          : { status: 307, headers: { location: '/repositories/42/pulls?x=a:b' } };
      const pull = { title: 'T', head: 'x', base: 'main', body: 'B', draft: false };
      const error = await failure(clientOf(github).createPullRequest(REPOSITORY, pull), 'invalid-argument');
      assert.match(error.message, /Said by the second/);
      assert.deepEqual(
        github.requests.map(({ method, body }) => [method, JSON.parse(body) as unknown]),
        [
          ['POST', pull],
          ['POST', pull],
        ],
      );
    });

    it('take the token to no other host', async () => {
      const other = await ScriptedGitHub.start();
      try {
        for (const location of [
          other.url,
          other.url.replace('127.0.0.1', 'localhost'),
          github.url.replace('http:', 'https:'),
          `//${new URL(other.url).host}/`,
          'file:///etc/passwd',
          'javascript:alert(1)',
        ]) {
          for (const status of [301, 302, 307, 308]) {
            github.script = () => ({ status, headers: { location } });
            const error = await failure(clientOf(github).repository(REPOSITORY), 'service-unavailable');
            assert.match(error.message, /must not receive the sign-in/, location);
          }
        }
        assert.deepEqual(other.requests, []);
      } finally {
        await other.dispose();
      }
    });

    it('end where they lead nowhere', async () => {
      for (const location of ['/repos/octo/app', undefined, 'http://']) {
        github.script = () => ({ status: 301, headers: location === undefined ? {} : { location } });
        const error = await failure(clientOf(github).repository(REPOSITORY), 'service-unavailable');
        assert.match(error.message, /too often, or to no address/);
      }
      assert.equal(github.requests.length, 4 + 1 + 1);
    });
  });

  it('do not show a token that no header can carry', async () => {
    const token = 'planted-first-half\nplanted-second-half';
    const client = clientOf(github, { token: () => Promise.resolve(token) });
    const error = await failure(client.repository(REPOSITORY), 'service-unavailable');
    assert.doesNotMatch(JSON.stringify([error.message, error.stack, String(error.cause)]), /planted-(first|second)/);
  });

  it('send the token to no host without encryption, but this machine', async () => {
    let asked = 0;
    const client = clientOf(github, {
      base: () => ({ url: 'http://github.example', webHost: 'github.example' }),
      fetch: () => {
        asked++;
        return Promise.resolve(Response.json(APP));
      },
    });
    await failure(client.repository(REPOSITORY), 'service-unavailable');
    assert.equal(asked, 0);
  });

  it('go to the base of the time', async () => {
    const other = await ScriptedGitHub.start();
    try {
      other.script = () => ({ body: { ...APP, default_branch: 'other' } });
      let base = github.base;
      const client = clientOf(github, { base: () => base });
      await client.repository(REPOSITORY);
      base = { ...other.base, url: `${other.url}/api/v3` };
      assert.equal((await client.repository(REPOSITORY)).defaultBranch, 'other');
      assert.deepEqual(other.paths, ['/api/v3/repos/octo/app']);
    } finally {
      await other.dispose();
    }
  });

  describe('that are repeated', () => {
    /** Answers with an ETag, and with 304 to whoever knows it. */
    const tagged = ({ headers }: GitHubRequest): GitHubAnswer =>
      headers['if-none-match'] === '"v1"' ? { status: 304 } : { headers: { etag: '"v1"' }, body: APP };

    it('are confirmed by their ETag', async () => {
      github.script = tagged;
      const client = clientOf(github);
      const first = await client.repository(REPOSITORY);
      assert.deepEqual(await client.repository(REPOSITORY), first);
      assert.deepEqual(
        github.requests.map(({ headers }) => headers['if-none-match']),
        [undefined, '"v1"'],
      );
      github.script = () => ({ headers: { etag: '"v2"' }, body: { ...APP, default_branch: 'trunk' } });
      assert.equal((await client.repository(REPOSITORY)).defaultBranch, 'trunk');
      await client.repository(REPOSITORY);
      assert.equal(github.requests.at(-1)?.headers['if-none-match'], '"v2"');
      assert.equal(client.requests.sent, 4);
    });

    it('are not confirmed for another account', async () => {
      github.script = tagged;
      let token = TOKEN;
      const client = clientOf(github, { token: () => Promise.resolve(token) });
      await client.repository(REPOSITORY);
      token = 'another-secret-0815';
      await client.repository(REPOSITORY);
      assert.equal(github.requests[1]?.headers['if-none-match'], undefined);
    });

    it('do not fill the memory', async () => {
      github.script = ({ url }) => ({ headers: { etag: `"${url}"` }, body: { ...APP, filler: 'x'.repeat(500_000) } });
      const client = clientOf(github);
      const name = (index: number): { owner: string; name: string } => ({ owner: 'octo', name: `app${index}` });
      for (let index = 0; index < 20; index++) {
        await client.repository(name(index));
      }
      await client.repository(name(19));
      assert.equal(github.requests.at(-1)?.headers['if-none-match'], '"/repos/octo/app19"');
      await client.repository(name(0));
      assert.equal(github.requests.at(-1)?.headers['if-none-match'], undefined);
    });
  });

  describe('over the limits', () => {
    const START = 1_700_000_000_000;
    /** With the seconds until the next request: one more than GitHub says, whose times have no fractions. */
    const refusals: readonly (readonly [string, GitHubAnswer, number])[] = [
      [
        'the hourly limit',
        { status: 403, headers: { date: DATE, 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': inSeconds(1800) } },
        1801,
      ],
      ['a limit of 429', { status: 429, headers: { 'retry-after': '120' } }, 121],
      ['a secondary limit', { status: 403, headers: { 'retry-after': '30' } }, 31],
      [
        'a secondary limit without a time',
        { status: 403, body: { message: 'You have exceeded a secondary rate limit.' } },
        61,
      ],
      ['a limit with nonsense', { status: 429, headers: { 'retry-after': 'soon', 'x-ratelimit-reset': '-1' } }, 61],
      ['a limit of years', { status: 429, headers: { 'retry-after': '99999999' } }, 3660],
    ];

    for (const [name, answer, seconds] of refusals) {
      it(`wait until they are accepted again: ${name}`, async () => {
        let now = START;
        github.script = () => answer;
        const client = clientOf(github, { now: () => now });
        const first = await failure(client.repository(REPOSITORY), 'rate-limited');
        const until = client.requests.blockedUntil ?? 0;
        assert.equal(until - START, seconds * 1000);
        assert.ok(first.message.includes(formatTime(new Date(until))), first.message);
        github.script = () => ({ body: APP });
        now = until - 1;
        await failure(client.repository(REPOSITORY), 'rate-limited');
        assert.equal(client.requests.sent, 1);
        now = until;
        await client.repository(REPOSITORY);
        assert.equal(client.requests.blockedUntil, undefined);
      });
    }

    it('are not tried when the last answer used up the limit', async () => {
      github.script = () => ({
        headers: { date: DATE, 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': inSeconds(600) },
        body: APP,
      });
      const client = clientOf(github);
      await client.repository(REPOSITORY);
      await failure(client.repository(REPOSITORY), 'rate-limited');
      assert.equal(client.requests.sent, 1);
    });

    it('are not held up for another account, nor by a limit that is over', async () => {
      github.script = () => ({ status: 429, headers: { 'retry-after': '120' } });
      let token = TOKEN;
      const client = clientOf(github, { token: () => Promise.resolve(token) });
      await failure(client.repository(REPOSITORY), 'rate-limited');
      token = 'another-secret-0815';
      github.script = () => ({
        headers: { date: DATE, 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': inSeconds(-60) },
        body: APP,
      });
      await client.repository(REPOSITORY);
      await client.repository(REPOSITORY);
    });

    it('also end for those that waited for their turn', async () => {
      github.script = () => ({ status: 429, headers: { 'retry-after': '120' } });
      const client = clientOf(github);
      await Promise.all(Array.from({ length: 20 }, () => failure(client.repository(REPOSITORY), 'rate-limited')));
      assert.ok(client.requests.sent <= 4, String(client.requests.sent));
    });
  });
});

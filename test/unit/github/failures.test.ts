import assert from 'node:assert/strict';
import type { ErrorCode } from '../../../src/core/errors/cloudSessionsError';
import { ManualTimers } from '../../support/manualTimers';
import { ScriptedGitHub, type GitHubAnswer } from '../../support/scriptedGitHub';
import { eventually } from '../../support/eventually';
import { clientOf, failure, REPOSITORY, TOKEN } from './client';

const SSO = 'https://github.com/orgs/acme/sso?authorization_request=AYQABCDEFTZT2MGKQ4N2DPWDE5XQ7G6TLVLXAJ';
const NOT_FOUND: GitHubAnswer = { status: 404, body: { message: 'Not Found' } };

describe('a request that GitHub does not answer as it should', () => {
  let github: ScriptedGitHub;

  beforeEach(async () => {
    github = await ScriptedGitHub.start();
  });

  afterEach(() => github.dispose());

  /** The error of a request, as a person reads it. */
  async function told(answer: GitHubAnswer, code: ErrorCode, token: string | undefined = TOKEN): Promise<string> {
    github.script = () => answer;
    const client = clientOf(github, { token: () => Promise.resolve(token) });
    const { message, nextStep } = await failure(client.repository(REPOSITORY), code);
    return `${message} → ${nextStep ?? ''}`;
  }

  it('asks to sign in again when the sign-in is refused', async () => {
    const text = await told({ status: 401, body: { message: `No ${TOKEN} is known` } }, 'not-signed-in');
    assert.match(text, /expired.* → Sign in again\.$/);
  });

  it('names the page of the single sign-on, if it is one of GitHub', async () => {
    const answer = (url: string): GitHubAnswer => ({
      status: 403,
      headers: { 'x-github-sso': `required; url=${url}` },
      body: { message: 'Resource protected by organization SAML enforcement.' },
    });
    github.script = () => answer(SSO);
    const error = await failure(clientOf(github).repository(REPOSITORY), 'forbidden');
    assert.equal(error.link, SSO);
    assert.ok(error.nextStep?.includes(SSO), error.nextStep);
    assert.match(error.message, /octo\/app requires single sign-on/);
    for (const url of [
      'https://evil.example/orgs/acme/sso',
      'http://github.com/orgs/acme/sso',
      'https://github.com.evil.example/sso',
      'https://github.com@evil.example/sso',
      'https://user:password@github.com/sso',
      'https://github.com:444/sso',
      'javascript:alert(1)',
      'command:x',
      '',
    ]) {
      github.script = () => answer(url);
      const other = await failure(clientOf(github).repository(REPOSITORY), 'forbidden');
      assert.equal(other.link, undefined, url);
      assert.match(
        other.nextStep ?? '',
        /^Authorize the account for the organization’s single sign-on on the web/,
        url,
      );
    }
  });

  it('says what GitHub says of a denied access', async () => {
    const text = await told({ status: 403, body: { message: 'Resource not accessible by integration' } }, 'forbidden');
    assert.match(text, /denies this account access to octo\/app: Resource not accessible by integration\. → Check/);
    assert.match(await told({ status: 403 }, 'forbidden'), /denies this account access to octo\/app\. →/);
  });

  it('says which account or scope may help for what is missing', async () => {
    assert.match(await told(NOT_FOUND, 'repository-not-found'), /no repository octo\/app .*use an account/);
    const scoped = { ...NOT_FOUND, headers: { 'x-oauth-scopes': 'read:user, user:email' } };
    assert.match(await told(scoped, 'repository-not-found'), /allow the scope “repo”/);
    const full = { ...NOT_FOUND, headers: { 'x-oauth-scopes': 'read:user, repo' } };
    assert.match(await told(full, 'repository-not-found'), /use an account that has access/);
    assert.match(await told(NOT_FOUND, 'repository-not-found', ''), /Check the names/);
    github.script = () => NOT_FOUND;
    const anonymous = clientOf(github, { token: () => Promise.resolve(undefined) });
    const error = await failure(anonymous.repository(REPOSITORY), 'repository-not-found');
    assert.match(error.nextStep ?? '', /^Sign in to GitHub/);
    assert.equal(github.requests.at(-1)?.headers.authorization, undefined);
  });

  it('repeats GitHub’s own sentences of what it refused, and nothing else', async () => {
    const refused = async (body: unknown): Promise<string> => await told({ status: 422, body }, 'invalid-argument');
    assert.match(
      await refused({
        message: 'Validation Failed',
        errors: [{ message: 'A pull request already exists for octo:x.' }],
      }),
      /^GitHub refused the request: A pull request already exists for octo:x\. → /,
    );
    assert.match(
      await refused({ message: 'Validation Failed', errors: [{ field: 'base', code: 'invalid' }, 'No commits'] }),
      /: base: invalid\. No commits\. → /,
    );
    assert.match(await refused({ message: 'Draft pull requests are not supported.' }), /: Draft pull requests are not/);
    assert.match(await refused({ message: 7, errors: [null, 3, {}] }), /^GitHub refused the request\. → /);
    const hostile = await refused({ errors: [{ message: `\u001b[31m${'x'.repeat(100_000)} ${TOKEN}` }] });
    assert.ok(hostile.length < 1_000 && !hostile.includes('\u001b'), hostile.slice(0, 200));
  });

  it('blames the service for its failures', async () => {
    for (const status of [500, 502, 503, 504, 599]) {
      const text = await told(
        { status, body: '<html>Unicorn!</html>', headers: { 'content-type': 'text/html' } },
        'service-unavailable',
      );
      assert.match(text, new RegExp(`\\(HTTP ${status}\\).*githubstatus`));
      assert.doesNotMatch(text, /html/);
    }
    assert.match(await told({ status: 418 }, 'invalid-argument'), /HTTP 418/);
    assert.match(await told({ status: 304 }, 'invalid-argument'), /HTTP 304/);
  });

  it('says that it cannot read what is not JSON, or has another form', async () => {
    for (const body of ['{"name": "app", ', '<html>Sign in to the hotel</html>', '', undefined]) {
      assert.match(
        await told({ ...(body === undefined ? { status: 204 } : { body }) }, 'service-unavailable'),
        /not JSON/,
      );
    }
    for (const body of [null, [], {}, { name: 'app', owner: null, default_branch: 'main' }, 7]) {
      assert.match(await told({ body: JSON.stringify(body) }, 'service-unavailable'), /expected form/);
    }
    const odd = { headers: { 'content-type': 'no/such; ===' }, body: '{}', status: 500 };
    assert.match(await told(odd, 'service-unavailable'), /HTTP 500/);
  });

  it('does not read more than it can use', async () => {
    github.script = () => (response) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      const more = (): void => {
        while (!response.destroyed && response.write('"'.repeat(1_000_000)));
      };
      response.on('drain', more);
      more();
    };
    await failure(clientOf(github).repository(REPOSITORY), 'response-too-large');
  });

  it('names the host that cannot be reached, or breaks off', async () => {
    github.script = () => (response) => {
      response.writeHead(200, { 'content-length': '100', 'content-type': 'application/json' });
      response.write('{');
      setImmediate(() => response.destroy());
    };
    const { host } = new URL(github.url);
    const broken = await failure(clientOf(github).repository(REPOSITORY), 'service-unavailable');
    assert.ok(broken.message.startsWith(`The connection to ${host} failed: `), broken.message);
    await github.down();
    const down = await failure(clientOf(github).repository(REPOSITORY), 'service-unavailable');
    assert.ok(
      down.message.startsWith(`The connection to ${host} failed: `) && down.message.includes('ECONNREFUSED'),
      down.message,
    );
  });

  it('does not wait for ever, neither for an answer nor in the midst of one', async () => {
    for (const begins of [false, true]) {
      const timers = new ManualTimers();
      let isAsked = false;
      github.script = () => (response) => {
        timers.advance(1);
        if (begins) {
          response.writeHead(200, { 'content-type': 'application/json' });
          response.write('{');
        }
        isAsked = true;
      };
      const call = failure(clientOf(github, { timers: timers.create }).repository(REPOSITORY), 'service-unavailable');
      const due = begins ? 15_001 : 15_000;
      await eventually(
        'the request, and its first byte',
        () => isAsked && timers.nextAt,
        (at) => at === due,
      );
      timers.advance(due - 2);
      assert.equal(timers.pending, 1);
      timers.advance(1);
      assert.match((await call).message, /does not answer/);
      assert.equal(timers.pending, 0);
    }
  });

  it('waits for a slow answer as long as bytes come', async () => {
    const timers = new ManualTimers();
    const pieces = JSON.stringify({ name: 'app', owner: { login: 'octo' }, default_branch: 'main' }).match(/.{1,15}/g)!;
    let write = (_piece: string): void => undefined;
    let isAsked = false;
    github.script = () => (response) => {
      write = (piece) => void response.write(piece, () => piece === pieces.at(-1) && response.end());
      isAsked = true;
    };
    const call = clientOf(github, { timers: timers.create }).repository(REPOSITORY);
    await eventually('the request', () => isAsked, Boolean);
    for (const piece of pieces) {
      const before = timers.nextAt!;
      timers.advance(14_000);
      write(piece);
      await eventually(
        'the piece',
        () => timers.nextAt,
        (at) => at === undefined || at > before,
      );
    }
    assert.equal((await call).defaultBranch, 'main');
    assert.equal(timers.pending, 0);
  });

  it('ends when it is cancelled: before it, in its wait, and while it is under way', async () => {
    let asked = 0;
    github.script = () => () => {
      asked++;
    };
    const client = clientOf(github);
    const first = new AbortController();
    const hanging = Array.from({ length: 4 }, () =>
      failure(client.repository(REPOSITORY, { signal: first.signal }), 'cancelled'),
    );
    await eventually(
      'four requests',
      () => asked,
      (count) => count === 4,
    );
    const second = new AbortController();
    const waiting = failure(client.repository(REPOSITORY, { signal: second.signal }), 'cancelled');
    await new Promise(setImmediate);
    second.abort();
    await waiting;
    await failure(client.repository(REPOSITORY, { signal: second.signal }), 'cancelled');
    first.abort();
    await Promise.all(hanging);
    assert.equal(client.requests.sent, 4);
    github.script = () => NOT_FOUND;
    await failure(client.repository(REPOSITORY), 'repository-not-found');
  });
});

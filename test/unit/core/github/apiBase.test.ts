import assert from 'node:assert/strict';
import { apiBaseOf, type ApiBase } from '../../../../src/core/github/apiBase';
import { GitHubHost } from '../../../../src/core/github/gitHubHost';

const VARIABLE = 'COPILOT_DEBUG_GITHUB_API_URL';

function baseOf(host: string, environment: Record<string, string> = {}, ignoreCase = false): ApiBase {
  const reading = GitHubHost.read(host, 'GH_HOST')?.host;
  assert.ok(reading !== undefined);
  return apiBaseOf(reading, environment, ignoreCase);
}

describe('the base of GitHub’s REST API', () => {
  it('is that of the host', () => {
    assert.deepEqual(baseOf('github.com'), { url: 'https://api.github.com', webHost: 'github.com' });
    assert.deepEqual(baseOf('acme.ghe.com'), { url: 'https://api.acme.ghe.com', webHost: 'acme.ghe.com' });
    assert.deepEqual(baseOf('git.example:8443'), {
      url: 'https://git.example:8443/api/v3',
      webHost: 'git.example:8443',
    });
    assert.equal(baseOf('github.com', { [VARIABLE]: ' ' }).ignored, undefined);
  });

  it('is an address of this machine that the environment names', () => {
    for (const [text, url] of [
      ['http://127.0.0.1:4711', 'http://127.0.0.1:4711'],
      ['https://localhost:4711/api/v3/', 'https://localhost:4711/api/v3'],
      [' http://[::1]:4711/ ', 'http://[::1]:4711'],
    ] as const) {
      assert.deepEqual(baseOf('github.com', { [VARIABLE]: text }), { url, webHost: 'github.com' });
    }
    const windows = { Copilot_Debug_GitHub_API_url: 'http://127.0.0.1:1' };
    assert.equal(baseOf('github.com', windows, true).url, 'http://127.0.0.1:1');
    assert.equal(baseOf('github.com', windows).url, 'https://api.github.com');
  });

  it('is no other address, and says why', () => {
    for (const text of [
      'https://evil.example',
      'http://127.0.0.1.evil.example',
      'http://localhost.evil.example:80',
      'http://evil.example/127.0.0.1',
      'ftp://127.0.0.1',
      'file:///127.0.0.1',
      'no address',
      '127.0.0.1:4711',
      'http://user:password@127.0.0.1',
      'http://127.0.0.1@evil.example',
      'http://127.0.0.1/?a=b',
    ]) {
      const base = baseOf('github.com', { [VARIABLE]: text });
      assert.equal(base.url, 'https://api.github.com', text);
      assert.match(base.ignored ?? '', /^COPILOT_DEBUG_GITHUB_API_URL is ignored: /, text);
      assert.doesNotMatch(base.ignored ?? '', /password|evil/, text);
    }
  });
});

import assert from 'node:assert/strict';
import { endpointsOf } from '../../../../src/runtime/network/endpoints';

describe('the hosts that the runtime needs', () => {
  const urls = (environment: Record<string, string>): readonly string[] =>
    endpointsOf(environment).map(({ role, url }) => `${role} ${url.origin}`);

  it('are GitHub’s and Copilot’s, or those that the variables name', () => {
    assert.deepEqual(urls({}), ['GitHub https://api.github.com', 'Copilot https://api.githubcopilot.com']);
    assert.deepEqual(urls({ GH_HOST: 'https://Acme.ghe.com/', COPILOT_GH_HOST: '' }), [
      'GitHub https://api.acme.ghe.com',
      'Copilot https://copilot-api.acme.ghe.com',
    ]);
    assert.deepEqual(urls({ COPILOT_GH_HOST: 'git.example', GH_HOST: 'other.example' }), [
      'GitHub https://git.example',
      'Copilot https://api.githubcopilot.com',
    ]);
    assert.deepEqual(
      urls({
        COPILOT_API_URL: 'http://127.0.0.1:1',
        COPILOT_MC_BASE_URL: 'http://127.0.0.1:2/agents',
        COPILOT_DEBUG_GITHUB_API_URL: 'no address',
      }),
      ['Copilot http://127.0.0.1:1', 'Copilot http://127.0.0.1:2'],
    );
  });
});

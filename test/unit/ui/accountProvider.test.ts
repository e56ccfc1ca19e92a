import assert from 'node:assert/strict';
import { accountProviderFor } from '../../../src/ui/accountProvider';

it('VS Code’s provider of accounts goes by the host that the runtime works with', () => {
  for (const host of ['github.com', 'GitHub.com', 'www.github.com', 'api.github.com']) {
    assert.equal(accountProviderFor(host), 'github', host);
  }
  for (const host of ['octo.ghe.com', 'ghe.example', 'github.com.example', 'mygithub.com', '']) {
    assert.equal(accountProviderFor(host), 'github-enterprise', host);
  }
});

import assert from 'node:assert/strict';
import { Emitter } from 'vscode-jsonrpc/node';
import { GitHubAccount, type Accounts } from '../../../src/ui/gitHubAccount';

interface Asked {
  readonly provider: string;
  readonly options: Parameters<Accounts['getSession']>[2];
}

describe('VS Code’s GitHub account', () => {
  let token: string | undefined;
  let failure: Error | undefined;
  let uri: unknown;
  let host: string;
  let asked: Asked[];
  let warnings: string[];
  let changes: number;
  let sessions: Emitter<{ provider: { id: string; label: string } }>;
  let account: GitHubAccount;

  beforeEach(() => {
    [token, failure, uri, host, changes] = ['first-token', undefined, undefined, 'github.com', 0];
    asked = [];
    warnings = [];
    sessions = new Emitter();
    account = new GitHubAccount(
      {
        getSession: (provider, _scopes, options) => {
          asked.push({ provider, options });
          return failure === undefined
            ? Promise.resolve(token === undefined ? undefined : { accessToken: token })
            : Promise.reject(failure);
        },
        onDidChangeSessions: sessions.event,
        enterpriseUri: () => uri,
      },
      () => host,
      (message) => warnings.push(message),
    );
    account.onDidChange(() => changes++);
  });

  afterEach(() => account.dispose());

  const settle = () => new Promise((resolve) => setImmediate(resolve));
  const change = async (id: string): Promise<void> => {
    sessions.fire({ provider: { id, label: id } });
    await settle();
  };

  it('is handed over without anybody being asked', async () => {
    assert.equal(await account.handOver(), 'first-token');
    assert.deepEqual(asked, [{ provider: 'github', options: { silent: true } }]);
  });

  it('is the one of the enterprise server that the runtime works with', async () => {
    host = 'ghe.example';
    uri = 'https://ghe.example/';
    await account.handOver();
    assert.equal(asked[0]?.provider, 'github-enterprise');
  });

  it('is sent to no other server than its own', async () => {
    host = 'ghe.example';
    uri = 'https://ghe.other';
    await assert.rejects(account.handOver(), { code: 'invalid-argument', message: /ghe\.other.*ghe\.example/ });
    await assert.rejects(account.signIn(undefined), { code: 'invalid-argument' });
    assert.deepEqual(asked, []);
  });

  it('says once that there is another token than the one handed over, or none', async () => {
    await account.handOver();
    await change('github');
    assert.equal(changes, 0, 'it is the same token');
    token = 'second-token';
    await change('gitlab');
    assert.equal(changes, 0, 'another provider');
    await change('github');
    assert.equal(changes, 1);
    await account.handOver();
    token = undefined;
    await change('github');
    assert.equal(changes, 2);
  });

  it('is none if VS Code cannot say, and the log has the reason', async () => {
    failure = new Error('no such provider');
    assert.equal(await account.handOver(), undefined);
    assert.match(warnings[0] ?? '', /no such provider/);
  });

  it('is asked for anew, or for another, when the user wants that', async () => {
    await account.signIn(undefined);
    await account.signIn('other');
    await account.signIn('again');
    assert.deepEqual(asked[0]?.options, { createIfNone: true });
    assert.deepEqual(asked[1]?.options, { createIfNone: true, clearSessionPreference: true });
    assert.ok(asked[2]?.options.forceNewSession);
    assert.equal(asked[2].options.createIfNone, undefined);
  });

  it('takes a refusal of the user for that, and anything else for a failure', async () => {
    failure = new Error('User did not consent to login.');
    await assert.rejects(account.signIn(undefined), { code: 'cancelled' });
    failure = new Error('No network');
    await assert.rejects(account.signIn(undefined), { code: 'not-signed-in', message: /No network/ });
  });
});

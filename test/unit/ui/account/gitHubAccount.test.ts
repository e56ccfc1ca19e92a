import assert from 'node:assert/strict';
import { Emitter } from 'vscode-jsonrpc/node';
import { ManualTimers } from '../../../support/manualTimers';
import { GitHubHost, type GitHubHostReading } from '../../../../src/core/github/gitHubHost';
import { ACCOUNT_SCOPES, REPOSITORY_SCOPES } from '../../../../src/ui/account/accountProvider';
import { GitHubAccount, type Accounts } from '../../../../src/ui/account/gitHubAccount';

const reading = (text: string): GitHubHostReading => GitHubHost.read(text, 'GH_HOST') ?? { host: GitHubHost.dotCom };

interface Asked {
  readonly provider: string;
  readonly scopes: readonly string[];
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
  let timers: ManualTimers;
  /** Answers that are still pending, when VS Code is slow. */
  let slow: (() => void)[] | undefined;

  beforeEach(() => {
    [token, failure, uri, host, changes] = ['first-token', undefined, undefined, 'github.com', 0];
    timers = new ManualTimers();
    slow = undefined;
    asked = [];
    warnings = [];
    sessions = new Emitter();
    account = new GitHubAccount(
      {
        getSession: (provider, scopes, options) => {
          asked.push({ provider, scopes, options });
          const answer = () =>
            failure === undefined
              ? Promise.resolve(
                  token === undefined ? undefined : { accessToken: token, account: { label: `owner of ${token}` } },
                )
              : Promise.reject(failure);
          return slow === undefined ? answer() : new Promise<void>((resolve) => slow?.push(resolve)).then(answer);
        },
        onDidChangeSessions: sessions.event,
        enterpriseUri: () => uri,
      },
      {
        get ofEnvironment() {
          return reading(host);
        },
      },
      { warn: (message) => void warnings.push(message) },
      timers.create,
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
    assert.equal(await account.handOver(reading(host)), 'first-token');
    assert.deepEqual(asked, [{ provider: 'github', scopes: ACCOUNT_SCOPES, options: { silent: true } }]);
  });

  it('is the one of the enterprise server that the runtime works with', async () => {
    host = 'ghe.example';
    uri = 'https://ghe.example/';
    await account.handOver(reading(host));
    assert.equal(asked[0]?.provider, 'github-enterprise');
  });

  it('is sent to no other server than its own', async () => {
    host = 'ghe.example';
    uri = 'https://ghe.other';
    await assert.rejects(account.handOver(reading(host)), {
      code: 'invalid-argument',
      message: /ghe\.other.*ghe\.example/,
    });
    await assert.rejects(account.signIn(undefined), { code: 'invalid-argument' });
    assert.deepEqual(asked, []);
  });

  it('is known by its server in all spellings of it', async () => {
    for (const [theirs, ours] of [
      ['https://acme.ghe.com/', 'acme.ghe.com'],
      ['https://ACME.ghe.com', 'https://acme.ghe.com/'],
      ['acme.ghe.com', 'acme.ghe.com:443'],
      ['https://acme.ghe.com:443/', 'api.acme.ghe.com'],
      ['https://www.acme.ghe.com', 'acme.ghe.com.'],
      ['http://ghes.example.com', 'https://ghes.example.com'],
      ['https://ghes.example.com:8443/', 'ghes.example.com:8443'],
      ['https://bücher.ghe.com', 'xn--bcher-kva.ghe.com'],
    ] as const) {
      [uri, host, asked] = [theirs, ours, []];
      assert.equal(await account.handOver(reading(host)), 'first-token', `${theirs} and ${ours}`);
      assert.equal(asked[0]?.provider, 'github-enterprise');
    }
    for (const ours of ['github.com', 'https://github.com/', 'GITHUB.com:443', 'www.github.com', 'api.github.com']) {
      [uri, host, asked] = ['https://acme.ghe.com', ours, []];
      await account.handOver(reading(host));
      assert.equal(asked[0]?.provider, 'github', ours);
    }
  });

  it('is sent nowhere while it is not known whose it is, or where to', async () => {
    for (const [theirs, ours, message] of [
      [undefined, 'acme.ghe.com', /github-enterprise\.uri is not set/],
      ['  ', 'acme.ghe.com', /github-enterprise\.uri is not set/],
      [42, 'acme.ghe.com', /github-enterprise\.uri is not set/],
      ['not a server', 'acme.ghe.com', /github-enterprise\.uri is not the name of a host/],
      ['https://github.com', 'acme.ghe.com', /github\.com \(github-enterprise\.uri\).*works with acme\.ghe\.com/],
      ['https://acme.ghe.com.evil.example', 'acme.ghe.com', /evil\.example/],
      ['https://acme.ghe.com@evil.example', 'acme.ghe.com', /user name or a password/],
      ['https://ghes.example.com', 'ghes.example.com:8443', /works with ghes\.example\.com:8443/],
      ['https://acme.ghe.com', 'no host', /GH_HOST is not the name of a host/],
      ['https://acme.ghe.com', 'u:p@acme.ghe.com', /GH_HOST has a user name or a password/],
    ] as const) {
      [uri, host] = [theirs, ours];
      await assert.rejects(account.handOver(reading(host)), { code: 'invalid-argument', message });
      await assert.rejects(account.signIn(undefined), { code: 'invalid-argument', message });
    }
    assert.deepEqual(asked, []);
  });

  it('is not handed over if its server was changed while VS Code was asked', async () => {
    [uri, host, slow] = ['https://acme.ghe.com', 'acme.ghe.com', []];
    const answer = account.handOver(reading(host));
    await settle();
    uri = 'https://other.ghe.com';
    slow.shift()?.();
    assert.equal(await answer, undefined);
    assert.equal(account.label, undefined);
  });

  it('goes to the host that is asked for, though settings name another by then', async () => {
    slow = [];
    const answer = account.handOver(reading('github.com'));
    await settle();
    [host, uri] = ['acme.ghe.com', 'https://acme.ghe.com'];
    slow.shift()?.();
    assert.equal(await answer, 'first-token');
    assert.deepEqual(
      asked.map(({ provider }) => provider),
      ['github'],
    );
    assert.equal(account.isUnknown, true, 'nothing is known of the other host');
  });

  it('says once that there is another token than the one handed over, or none', async () => {
    await account.handOver(reading(host));
    await change('github');
    assert.equal(changes, 0, 'it is the same token');
    token = 'second-token';
    await change('gitlab');
    assert.equal(changes, 0, 'another provider');
    await change('github');
    assert.equal(changes, 1);
    await account.handOver(reading(host));
    token = undefined;
    await change('github');
    assert.equal(changes, 2);
  });

  it('is none if VS Code cannot say, and the log has the reason', async () => {
    failure = new Error('no such provider');
    assert.equal(await account.handOver(reading(host)), undefined);
    assert.match(warnings[0] ?? '', /no such provider/);
  });

  describe('while VS Code does not say which it is', () => {
    const failures: Readonly<Record<string, () => void>> = {
      'does not answer': () => (slow = []),
      'fails, as before its providers are there': () => (failure = new Error('Timed out waiting for github')),
    };
    /** Waits until the request is given up. */
    const giveUp = async (): Promise<void> => {
      await settle();
      timers.advance(10_000);
      await settle();
    };

    for (const [how, fail] of Object.entries(failures)) {
      it(`is the one that it was: VS Code ${how}`, async () => {
        await account.handOver(reading(host));
        fail();
        sessions.fire({ provider: { id: 'github', label: 'GitHub' } });
        await giveUp();
        assert.equal(changes, 0, 'no answer is no change');
        assert.deepEqual([account.isUnknown, account.label], [false, 'owner of first-token']);
        const again = account.handOver(reading(host));
        await giveUp();
        assert.equal(await again, 'first-token', 'a restart keeps the sign-in');
      });

      it(`is asked for again, ever more seldom, and told of when it is known: VS Code ${how}`, async () => {
        fail();
        const first = account.handOver(reading(host));
        await giveUp();
        assert.equal(await first, undefined);
        assert.equal(account.isUnknown, true);
        const times: number[] = [];
        for (let second = 0; second < 900; second++) {
          const before = asked.length;
          timers.advance(1_000);
          await settle();
          if (asked.length > before) {
            times.push(second);
          }
        }
        const pauses = times.map((time, index) => time - (times[index - 1] ?? 0));
        assert.ok(pauses.length >= 5 && pauses.length <= 8, pauses.join());
        assert.ok(
          pauses.slice(1).every((pause, index) => pause >= (pauses[index] ?? 0)),
          pauses.join(),
        );
        assert.equal(warnings.length, 1, 'one line for a run of the same trouble');
        assert.equal(changes, 0);
        slow = undefined;
        failure = undefined;
        for (let second = 0; second < 300; second++) {
          timers.advance(1_000);
          await settle();
        }
        assert.deepEqual([changes, account.isUnknown, account.label], [1, false, 'owner of first-token']);
        assert.equal(timers.pending, 0);
      });
    }

    it('is told of at once when the answer comes late', async () => {
      slow = [];
      const first = account.handOver(reading(host));
      await giveUp();
      await first;
      const late = slow;
      slow = undefined;
      late.forEach((answer) => answer());
      await settle();
      assert.deepEqual([changes, account.isUnknown], [1, false]);
      assert.equal(timers.pending, 0);
    });

    it('signed out is something that VS Code says', async () => {
      await account.handOver(reading(host));
      token = undefined;
      await change('github');
      assert.deepEqual([changes, account.isUnknown, account.label], [1, false, undefined]);
    });

    it('is not taken over from another host, nor asked for after the end', async () => {
      await account.handOver(reading(host));
      host = 'ghe.example';
      uri = 'https://ghe.example';
      failure = new Error('no');
      assert.equal(await account.handOver(reading(host)), undefined);
      assert.equal(account.isUnknown, true);
      account.dispose();
      assert.equal(timers.pending, 0);
    });
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

  describe('for repositories', () => {
    it('is the one that is there, without anybody being asked', async () => {
      await account.requestAccess(reading(host));
      assert.deepEqual(
        asked.map(({ options }) => options),
        [{ silent: true }],
      );
      assert.equal(await account.silentToken(reading(host)), 'first-token');
    });

    it('is asked for with the least scope, and found by that scope afterwards', async () => {
      token = undefined;
      await account.requestAccess(reading(host));
      const silently = [ACCOUNT_SCOPES, REPOSITORY_SCOPES].map((scopes) => ({
        ...{ provider: 'github', scopes, options: { silent: true } },
      }));
      assert.deepEqual(asked, [
        ...silently,
        { provider: 'github', scopes: REPOSITORY_SCOPES, options: { createIfNone: true } },
      ]);
      asked = [];
      assert.equal(await account.silentToken(reading(host)), undefined);
      assert.deepEqual(asked, silently);
    });

    it('is asked for at no other host than the runtime’s', async () => {
      [uri, token] = ['https://ghe.example', undefined];
      await assert.rejects(account.requestAccess(reading('other.example')), { code: 'invalid-argument' });
      assert.deepEqual(asked, []);
    });
  });

  it('takes a refusal of the user for that, and anything else for a failure', async () => {
    failure = new Error('User did not consent to login.');
    await assert.rejects(account.signIn(undefined), { code: 'cancelled' });
    failure = new Error('No network');
    await assert.rejects(account.signIn(undefined), { code: 'not-signed-in', message: /No network/ });
  });
});

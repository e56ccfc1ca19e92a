import assert from 'node:assert/strict';
import '../../../support/vscodeStub';
import type { GetAuthStatusResponse } from '@github/copilot-sdk';
import type { RuntimeClient } from '../../../../src/core/client/runtimeClient';
import { RuntimeAccount } from '../../../../src/ui/account/runtimeAccount';
import { RuntimeGitHub } from '../../../../src/ui/account/runtimeGitHub';

describe('the account of the runtime', () => {
  let account: RuntimeAccount;
  let gitHub: RuntimeGitHub;
  let calls: string[];
  let changes: number;

  beforeEach(() => {
    calls = [];
    changes = 0;
    gitHub = new RuntimeGitHub();
    account = new RuntimeAccount(
      { isUnknown: false, label: undefined },
      gitHub,
      { forgetAccount: () => void calls.push('forget'), refresh: () => Promise.resolve(void calls.push('refresh')) },
      { info: () => undefined },
    );
    account.onDidChange(() => changes++);
  });

  afterEach(() => account.dispose());

  /** Connects a runtime. @returns a function that answers its status request */
  const connect = (): ((status: Partial<GetAuthStatusResponse>) => Promise<void>) => {
    let answer: (status: Partial<GetAuthStatusResponse>) => void = () => undefined;
    let running: Promise<void> | undefined;
    const client = {
      getAuthStatus: () => new Promise((resolve) => (answer = resolve)),
      retries: { keepTrying: (call: { run(): Promise<void> }) => (running = call.run()) },
    };
    account.reset();
    account.ask(client as unknown as RuntimeClient);
    return async (status) => {
      answer(status);
      await running;
    };
  };
  const octo = { isAuthenticated: true, login: 'octo', host: 'https://octo.ghe.com' };

  it('is unknown until the runtime has said it, then named with its host', async () => {
    const answer = connect();
    assert.deepEqual(account.signIn, { kind: 'unknown' });
    await answer(octo);
    assert.deepEqual(account.signIn, { kind: 'signed-in', login: 'octo' });
    assert.deepEqual(account.subject, { account: 'octo', host: 'octo.ghe.com' });
    assert.equal(gitHub.text, '`octo.ghe.com`');
    assert.equal(changes, 1);
  });

  it('is unknown again once the connection is gone, and its late answer changes nothing', async () => {
    await connect()(octo);
    const late = connect();
    account.reset();
    assert.deepEqual(account.signIn, { kind: 'unknown' });
    await late(octo);
    assert.deepEqual(account.signIn, { kind: 'unknown' });
    assert.equal(gitHub.text, '`github.com`');
    assert.equal(changes, 1);
  });

  it('removes what was listed for another account, and lists anew', async () => {
    await connect()(octo);
    await connect()(octo);
    assert.deepEqual(calls, []);
    await connect()({ ...octo, login: 'hubot' });
    assert.deepEqual(calls, ['forget', 'refresh']);
  });
});

import assert from 'node:assert/strict';
import { CloudSessionsError } from '../../../../src/core/errors/cloudSessionsError';
import { ServerTokens } from '../../../../src/ui/account/serverTokens';

const SERVER = 'build.example:3000';
const TOKEN = 'the-token';

describe('ServerTokens', () => {
  let secrets: Map<string, string>;
  let saved: Map<string, unknown>;
  let tokens: ServerTokens;

  const fresh = (): ServerTokens =>
    new ServerTokens(
      {
        get: (key) => Promise.resolve(secrets.get(key)),
        store: (key, value) => Promise.resolve(void secrets.set(key, value)),
        delete: (key) => Promise.resolve(void secrets.delete(key)),
      },
      {
        get: (key: string) => saved.get(key) as never,
        update: (key, value) => Promise.resolve(void saved.set(key, value)),
      },
    );

  beforeEach(() => {
    secrets = new Map();
    saved = new Map();
    tokens = fresh();
  });

  const refuses = (server: string, address: string | undefined): Promise<void> =>
    assert.rejects(tokens.forConnection({ server, address }), (error) => {
      assert.ok(error instanceof CloudSessionsError);
      assert.equal(error.code, 'server-address');
      assert.ok(error.message.includes(server) && error.message.includes('not encrypted'));
      assert.match(error.nextStep ?? '', /ssh -L 3000:127\.0\.0\.1:3000/);
      assert.ok(!`${error.message}${error.nextStep ?? ''}`.includes(TOKEN));
      return true;
    });

  it('gives a token to this machine, whatever it is called', async () => {
    await tokens.store(SERVER, TOKEN);
    for (const address of ['127.0.0.1', '127.8.9.10', '::1', '::ffff:127.0.0.1']) {
      assert.equal(await tokens.forConnection({ server: SERVER, address }), TOKEN);
    }
  });

  it('gives none to another, whatever it is called, without a yes', async () => {
    for (const server of [SERVER, 'localhost:3000', '127.0.0.1:3000', '[::1]:3000']) {
      await tokens.store(server, TOKEN);
      for (const address of ['192.0.2.1', '0.0.0.0', '::ffff:192.0.2.1', '2001:db8::1', '::', 'localhost', undefined]) {
        await refuses(server, address);
      }
    }
  });

  it('names the address that a name has led to', async () => {
    await tokens.store('localhost:3000', TOKEN);
    await assert.rejects(tokens.forConnection({ server: 'localhost:3000', address: '192.0.2.1' }), /192\.0\.2\.1/);
  });

  it('remembers a yes, for that address alone', async () => {
    await tokens.store(SERVER, TOKEN);
    await tokens.confirm(SERVER);
    tokens = fresh();
    assert.equal(await tokens.forConnection({ server: SERVER, address: '192.0.2.1' }), TOKEN);
    for (const other of ['build.example:3001', 'other.example:3000']) {
      await tokens.store(other, TOKEN);
      assert.equal(tokens.isConfirmed(other), false);
      await assert.rejects(tokens.forConnection({ server: other, address: '192.0.2.1' }));
    }
  });

  it('forgets the yes together with the token', async () => {
    await tokens.store(SERVER, TOKEN);
    await tokens.confirm(SERVER);
    await tokens.delete(SERVER);
    assert.equal(await tokens.forConnection({ server: SERVER, address: '192.0.2.1' }), undefined);
    await tokens.store(SERVER, TOKEN);
    await refuses(SERVER, '192.0.2.1');
  });

  it('has nothing against another machine where there is no token, and trusts no broken memory', async () => {
    assert.equal(await tokens.forConnection({ server: SERVER, address: '192.0.2.1' }), undefined);
    await tokens.store(SERVER, TOKEN);
    for (const broken of ['build.example:3000', { [SERVER]: true }, [[SERVER]], null]) {
      saved.set([...saved.keys()][0] ?? 'serverTokensInClear', broken);
      await refuses(SERVER, '192.0.2.1');
    }
  });
});

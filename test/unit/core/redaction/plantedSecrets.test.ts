import assert from 'node:assert/strict';
import { ResponseError } from 'vscode-jsonrpc/node';
import { Redactor } from '../../../../src/core/redaction/redactor';
import { explainRequestError } from '../../../../src/core/rpc/rpcErrors';
import { runtimeEnvironment, TOKEN_VARIABLE } from '../../../../src/runtime/platform/environment';
import { secretsOf } from '../../../../src/runtime/platform/secretSources';
import { describeCause } from '../../../support/describeCause';

/** Invented secrets, in the form of real ones. */
const SECRETS = {
  account: `gho_${'aB3d'.repeat(9)}`,
  personal: `ghp_${'xY7z'.repeat(9)}`,
  user: `ghu_${'qW5e'.repeat(9)}`,
  installation: `ghs_${'mN8b'.repeat(9)}`,
  refresh: `ghr_${'kL2j'.repeat(9)}`,
  fineGrained: `github_pat_${'aB3_'.repeat(12)}`,
  bearer: 'opaque-bearer-0a1b2c3d4e',
  proxy: 'pr0xy-pass%40word',
  proxySent: 'pr0xy-pass@word',
  /** Has no known form; only the variable's name identifies it. */
  custom: 'Unknown+Form/Of=Secret',
} as const;

const ENVIRONMENT = {
  PATH: '/usr/bin',
  HTTPS_PROXY: `http://octo:${SECRETS.proxy}@proxy.example:8080`,
  COPILOT_PROVIDER_API_KEY: SECRETS.custom,
  GITHUB_TOKEN: SECRETS.personal,
};

/** Every way in which text reaches the log, the report or a message, each containing a secret. */
const CARRIERS: Readonly<Record<string, (secret: string) => string>> = {
  'a line of stderr': (secret) => `[ERROR] request failed (${secret})`,
  'a header on stderr': (secret) => `> Authorization: Bearer ${secret}\r`,
  'a header in JSON': (secret) => JSON.stringify({ headers: { authorization: `token ${secret}` } }),
  'an error of the runtime': (secret) =>
    explainRequestError(
      (reason) => `Could not create it: ${reason}`,
      new ResponseError(-32603, `Request x failed with message: no ${secret}`),
    ).message,
  'the cause of an error': (secret) =>
    describeCause(explainRequestError((reason) => `Could not list: ${reason}`, new Error(`it had ${secret} in it`))),
  'a proxy that refuses': (secret) => `connect http://octo:${encodeURIComponent(secret)}@proxy:8080 failed`,
  'an event': (secret) => JSON.stringify({ type: 'tool.execution_complete', data: { output: `env: ${secret}\n` } }),
  'a query': (secret) => `GET https://api.example/x?access_token=${encodeURIComponent(secret)}&a=1`,
  'a Basic header': (secret) => `Authorization: Basic ${Buffer.from(`x:${secret}`).toString('base64')}`,
};

describe('planted secrets', () => {
  const environment = runtimeEnvironment(ENVIRONMENT, { token: SECRETS.account });
  const redactor = new Redactor([...secretsOf(environment), SECRETS.bearer]);

  it('are where they were planted', () => {
    assert.equal(environment[TOKEN_VARIABLE], SECRETS.account);
    assert.ok(secretsOf(environment).includes(SECRETS.proxySent));
  });

  for (const [name, carry] of Object.entries(CARRIERS)) {
    it(`are not found in ${name}`, () => {
      for (const [kind, secret] of Object.entries(SECRETS)) {
        const shown = redactor.redact(carry(secret));
        const forms = [secret, encodeURIComponent(secret), Buffer.from(secret).toString('base64').slice(4, -4)];
        assert.deepEqual(
          forms.filter((form) => shown.includes(form)),
          [],
          `${kind}: ${shown}`,
        );
      }
    });
  }

  it('are not found by their forms alone, in text of a runtime that was told of none', () => {
    const untold = new Redactor();
    for (const kind of ['account', 'personal', 'user', 'installation', 'refresh', 'fineGrained'] as const) {
      for (const carry of Object.values(CARRIERS)) {
        assert.ok(!untold.redact(carry(SECRETS[kind])).includes(SECRETS[kind]), kind);
      }
    }
    assert.ok(!untold.redact(ENVIRONMENT.HTTPS_PROXY).includes(SECRETS.proxy));
  });

  it('are not handed on where the editor’s account is used', () => {
    const handed = Object.values(runtimeEnvironment(ENVIRONMENT, { token: SECRETS.account, ownSignIn: false }));
    assert.ok(!handed.includes(SECRETS.personal));
    assert.ok(handed.includes(SECRETS.account));
  });
});

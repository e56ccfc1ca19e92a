import assert from 'node:assert/strict';
import fc from 'fast-check';
import { Redactor } from '../../../../src/core/redaction/redactor';

const GHP = `ghp_${'aB3'.repeat(12)}`;
const PAT = `github_pat_${'aB3_'.repeat(12)}`;
const STATELESS = `ghs_123456_${'eyJ0'.repeat(5)}.${'eyJz-_'.repeat(5)}.${'c2ln'.repeat(5)}`;
const PLANTED = 'pl4nted+S3cret/value=';

/** Compiling the pattern of a secret takes 100 ms. REDACTOR_RUNS=1000 looks for rare failures. */
const RUNS = Number(process.env['REDACTOR_RUNS'] ?? 25);

describe('Redactor', () => {
  describe('takes out what looks like a secret', () => {
    const shapes: Readonly<Record<string, readonly [text: string, secret: string]>> = {
      'a personal token': [`remote: ${GHP} is refused`, GHP],
      'an OAuth token': [GHP.replace('ghp', 'gho'), GHP.slice(4)],
      'a fine-grained token': [`using ${PAT}.`, PAT],
      'an installation token of the newer form, to its end': [`with ${STATELESS}, then`, 'c2ln'],
      'a token within a word': [`X${GHP}`, GHP],
      'a JSON web token': ['jwt eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.c2lnbmF0dXJl', 'c2lnbmF0dXJl'],
      'a session token of Copilot': ['got tid=0123456789abcdef;exp=17;sku=x:c1gn4ture end', 'c1gn4ture'],
      'a bearer header': ['Authorization: Bearer abc.def-ghi', 'abc.def-ghi'],
      'a bearer header in JSON': ['{"authorization":"Bearer opaqueopaque"}', 'opaqueopaque'],
      'a basic header': ['authorization: basic dXNlcjpwYXNz', 'dXNlcjpwYXNz'],
      'a token header': ['Authorization: token 0123456789abcdef', '0123456789abcdef'],
      'a bearer without its header': ['sent bearer 0a1b2c3d4e5f', '0a1b2c3d4e5f'],
      'a value in a URL': ['GET /x?token=opaque-value&a=1', 'opaque-value'],
      'a value in JSON': ['{"token": "opaque-value", "a": 1}', 'opaque-value'],
      'a value in JSON within JSON': [JSON.stringify(JSON.stringify({ accessToken: 'opaque-value' })), 'opaque-value'],
      'a variable': ['GITHUB_COPILOT_TOKEN=opaque-value npm start', 'opaque-value'],
      'a client secret': ['client_secret: opaque-value', 'opaque-value'],
      'an API key': ['x-api-key: opaque-value', 'opaque-value'],
      'a password': ["password='opaque-value'", 'opaque-value'],
      'credentials in a URL': ['clone https://user:opaque-value@example.com/x.git', 'opaque-value'],
      'credentials with an @ in a URL': ['clone https://user:opaque@v@lue@example.com/x.git', 'v@lue'],
      'an option and its value': ['failed: login --password opaque-va1ue -u me', 'opaque-va1ue'],
      'credentials without a name in a URL': ['proxy http://:opaque-value@proxy:8080', 'opaque-value'],
    };
    for (const [name, [text, secret]] of Object.entries(shapes)) {
      it(name, () => {
        assert.ok(text.includes(secret), 'the secret is planted');
        const redacted = new Redactor().redact(text);
        assert.ok(!redacted.includes(secret), redacted);
        assert.match(redacted, /\[redacted\]/);
      });
    }
  });

  it('leaves what surrounds a secret', () => {
    const redactor = new Redactor();
    assert.equal(redactor.redact(`GET /x?token=opaque-value&a=1`), 'GET /x?token=[redacted]&a=1');
    assert.equal(redactor.redact('{"token": "opaque-value", "a": 1}'), '{"token": "[redacted]", "a": 1}');
    assert.equal(redactor.redact(`fatal: ${GHP}: refused`), 'fatal: [redacted]: refused');
    assert.equal(redactor.redact('http://u:pass@host:80/p'), 'http://[redacted]@host:80/p');
  });

  it('leaves text without secrets as it is', () => {
    const texts = [
      'Unexpected token something in JSON at position 4',
      'totalTokens: 12345, maxTokens=800',
      'The token was not accepted; basic information follows.',
      'http://127.0.0.1:4000/agents and [::1]:4000',
      'ssh://git@github.com/owner/name',
      'ghost_writer wrote github_pat tests',
      'the tokenizer: gpt',
    ];
    for (const text of texts) {
      assert.equal(new Redactor().redact(text), text);
    }
  });

  describe('takes out a secret that it was told of', () => {
    const redactor = new Redactor([PLANTED]);
    const forms: Readonly<Record<string, string>> = {
      'as it is': PLANTED,
      'in a URL': encodeURIComponent(PLANTED),
      'in JSON': JSON.stringify({ value: PLANTED }),
      'in base64': Buffer.from(PLANTED).toString('base64'),
      'in base64url': Buffer.from(PLANTED).toString('base64url'),
    };
    for (const [name, form] of Object.entries(forms)) {
      it(name, () => {
        const redacted = redactor.redact(`before <${form}> after`);
        assert.ok(!redacted.includes(form) && !redacted.includes(PLANTED), redacted);
        assert.match(redacted, /^before <.*\[redacted\].*> after$/);
      });
    }

    it('wherever it stands within base64', () => {
      fc.assert(
        fc.property(fc.string({ maxLength: 8 }), fc.string({ maxLength: 8 }), (before, after) => {
          const encoded = Buffer.from(before + PLANTED + after).toString('base64');
          const redacted = redactor.redact(encoded);
          assert.match(redacted, /\[redacted\]/);
          // The rest decodes to nothing of the secret except, at most, a character at either end.
          for (const part of redacted.split('[redacted]')) {
            assert.ok(!Buffer.from(part, 'base64').toString().includes(PLANTED.slice(2, -2)));
          }
        }),
      );
    });

    it('line by line, for it is logged line by line', () => {
      const key = new Redactor(['-----BEGIN KEY-----\nMIIBVgIBADANBg\r\nkqhkiG9w0BAQEF\n-----END KEY-----\n']);
      assert.equal(key.redact('[runtime] MIIBVgIBADANBg'), '[runtime] [redacted]');
      assert.equal(key.redact('[runtime] kqhkiG9w0BAQEF'), '[runtime] [redacted]');
    });

    it('the longer one first, if one contains another', () => {
      assert.equal(new Redactor(['secret', 'secretive-value']).redact('a secretive-value b'), 'a [redacted] b');
    });

    it('whatever characters it is made of', () => {
      // Among all characters, the ASCII ones that are special in patterns would occur once in 10,000.
      for (const unit of ['binary', 'binary-ascii'] as const) {
        fc.assert(
          fc.property(fc.string({ unit, minLength: 6, maxLength: 20 }), (secret) => {
            assert.ok(!new Redactor([secret]).redact(`<${secret}>`).includes(secret));
          }),
          { numRuns: RUNS },
        );
      }
      assert.doesNotThrow(() => new Redactor(['half \ud800 pair']));
    });

    it('unless it is too short to be told from a word', () => {
      assert.equal(new Redactor(['', 'true', '12345']).redact('it is true: 12345'), 'it is true: 12345');
    });
  });

  it('does not hang over long text that almost matches', () => {
    const redactor = new Redactor([PLANTED]);
    for (const piece of [
      'a',
      '/',
      '//a:',
      'token',
      'token ',
      'gh',
      'eyJ',
      'tid=',
      'bearer ',
      '\\"',
      'token\\\\',
      'ghp_a',
    ]) {
      redactor.redact(piece.repeat(200_000 / piece.length));
    }
  });
});
